"""What a compiled slug is made of: every file in one group, every wasted byte in one kind of waste."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.anatomy.catalog import WasteRule, waste_rules
from slugtrim.anatomy.claims import Claim, Claims
from slugtrim.anatomy.groups import GroupRule
from slugtrim.anatomy.installed import Installed
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.names import normalized
from slugtrim.anatomy.placing import Placed, place
from slugtrim.anatomy.record import Anatomy, Bulk, Group, Package, Place, Waste
from slugtrim.archive import Packed
from slugtrim.files import File


def dissect(packed: Packed, seen: Seen) -> Anatomy:
    """What is in a slug that was read; ``seen`` is what looks saw meanwhile."""
    placed = place(packed.tree.files, seen)
    claims = Claims(placed, seen, packed.tree.links, packed.hard_links)
    return Anatomy(groups=_groups(placed, packed.shares), waste=_waste(placed, claims, packed.shares))


def _groups(placed: Sequence[Placed], shares: Mapping[bytes, int]) -> tuple[Group, ...]:
    files: dict[str, list[File]] = defaultdict(list)
    rules: dict[str, GroupRule] = {}
    copies: dict[str, dict[Installed, list[File]]] = defaultdict(lambda: defaultdict(list))
    for each in placed:
        files[each.group.id].append(each.file)
        rules.setdefault(each.group.id, each.group)
        if each.package is not None:
            copies[each.group.id][each.package].append(each.file)
    groups = [
        Group(
            id=id_,
            name=rules[id_].name,
            origin=rules[id_].origin,
            bulk=Bulk.of(files[id_], shares),
            packages=_packages(copies[id_], shares),
        )
        for id_ in files
    ]
    return tuple(sorted(groups, key=lambda group: (-group.bulk.compressed_bytes, group.id)))


def _packages(copies: Mapping[Installed, Sequence[File]], shares: Mapping[bytes, int]) -> tuple[Package, ...]:
    """All copies of a package as one."""
    by_name: dict[str, list[Installed]] = defaultdict(list)
    for copy in copies:
        by_name[_key(copy)].append(copy)
    packages = []
    for each in by_name.values():
        each.sort(key=lambda copy: (copy.root.count(b"/"), copy.root))
        packages.append(
            Package(
                name=each[0].name,
                versions=tuple(dict.fromkeys(copy.version for copy in each if copy.version)),
                copies=len(each),
                group=each[0].group,
                bulk=Bulk.of((file for copy in each for file in copies[copy]), shares),
                paths=tuple(copy.root for copy in each),
            )
        )
    return tuple(sorted(packages, key=lambda package: (-package.bulk.compressed_bytes, package.name)))


def _key(copy: Installed) -> str:
    return normalized(copy.name) if copy.group == "python-packages" else copy.name


def _waste(placed: Sequence[Placed], claims: Claims, shares: Mapping[bytes, int]) -> tuple[Waste, ...]:
    gone: set[int] = set()
    found = []
    for rule in waste_rules():
        if not rule.saves:
            claimed = list(claims.of(rule))
        else:
            claimed = [claim for claim in claims.of(rule) if claim.at not in gone]
            gone.update(claim.at for claim in claimed)
        if claimed:
            found.append(_kind(rule, claimed, placed, shares))
    return tuple(sorted(found, key=lambda waste: -waste.saves.compressed_bytes if waste.saves is not None else 1))


def _kind(rule: WasteRule, claimed: Iterable[Claim], placed: Sequence[Placed], shares: Mapping[bytes, int]) -> Waste:
    whole = Bulk()
    saves: dict[bytes, list[int]] = defaultdict(lambda: [0, 0, 0])
    files = []
    for claim in claimed:
        file = placed[claim.at].file
        files.append(file)
        share = shares[file.path]
        goes = file.size_bytes if claim.goes_bytes is None else claim.goes_bytes
        sums = saves[claim.place]
        sums[0] += 1
        sums[1] += goes
        sums[2] += share if claim.goes_bytes is None else share * goes // max(file.size_bytes, 1)
    whole = Bulk.of(files, shares)
    places = [
        Place(path=path, saves=Bulk(files=files_, size_bytes=size, compressed_bytes=compressed))
        for path, (files_, size, compressed) in saves.items()
    ]
    places.sort(key=lambda place_: (-place_.saves.compressed_bytes, place_.path))
    return Waste(
        id=rule.id,
        tier=rule.tier,
        lever=rule.lever,
        reason=rule.reason,
        cure=rule.cure,
        bulk=whole,
        saves=sum((place_.saves for place_ in places), Bulk()) if rule.saves else None,
        places=tuple(places),
    )
