"""Divide a compiled slug: each file into one group, each wasted byte into one kind of waste."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.anatomy.catalog import Anatomy, Bulk, Group, GroupRule, Package
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.packages import Installed, Placed, place, same_name
from slugtrim.anatomy.removal import Claimed, Removal, removals
from slugtrim.anatomy.waste import Ground, find_waste
from slugtrim.archive.entries import Packed
from slugtrim.files import File


def dissect(packed: Packed, seen: Seen, claimed: list[Claimed] | None = None) -> Anatomy:
    """Return the contents of a slug. ``seen`` is what the looks collected while it was read.

    ``claimed`` gets the files of safe waste.
    """
    placed = place(packed.tree.files, seen)
    ground = Ground(placed, seen, links=packed.tree.links, hard_links=packed.hard_links)
    return Anatomy(groups=_groups(placed, packed.shares), waste=find_waste(ground, packed.shares, claimed))


def removed_waste(packed: Packed, claimed: Iterable[Claimed]) -> tuple[Removal, ...]:
    """Return how a build removes the safe waste that was claimed."""
    files = {file.path: file for file in packed.tree.files}
    return tuple(
        removals(claimed, frozenset(files), lambda paths: Bulk.of((files[path] for path in paths), packed.shares))
    )


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
    """Return the packages, with all copies of each."""
    by_name: dict[str, list[Installed]] = defaultdict(list)
    for copy in copies:
        by_name[same_name(copy)].append(copy)
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
