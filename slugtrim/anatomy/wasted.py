"""All waste in a slug, with every file in one kind of it at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from slugtrim.anatomy import by_content, by_name, by_package
from slugtrim.anatomy.catalog import Sign, WasteRule, waste_rules
from slugtrim.anatomy.claims import Ground, WasteClaim
from slugtrim.anatomy.placing import Placed
from slugtrim.anatomy.record import Bulk, Waste, WastePlace

SIGNS: Mapping[Sign, Callable[[Ground, WasteRule], Iterable[WasteClaim]]] = {
    Sign.PACKAGES: by_package.packages,
    Sign.DEVELOPMENT: by_package.development,
    Sign.BUILD_ONLY: by_package.build_only,
    Sign.COPIES: by_package.copies,
    Sign.FOREIGN_BYTECODE: by_content.foreign_bytecode,
    Sign.OPTIMIZED_BYTECODE: by_content.optimized_bytecode,
    Sign.BYTECODE: by_content.bytecode,
    Sign.SYMBOLS: by_content.symbols,
    Sign.DUPLICATES: by_content.duplicates,
    Sign.RIVALS: by_name.rivals,
    Sign.SOURCE: by_name.source,
}
"""Who looks for it; names are looked for all at once (``by_name.NamedWaste``)."""


def find_waste(ground: Ground, shares: Mapping[bytes, int]) -> tuple[Waste, ...]:
    """What saves most first, then what nobody knows the saving of. ``shares``: path to compressed bytes."""
    named = by_name.NamedWaste(ground)
    gone: set[int] = set()
    found = []
    for rule in waste_rules():
        claims = list(named.claims(rule) if rule.sign is Sign.NAMES else SIGNS[rule.sign](ground, rule))
        if rule.saves:
            claims = [claim for claim in claims if claim.at not in gone]
            gone.update(claim.at for claim in claims)
        if claims:
            found.append(_waste(rule, claims, ground.placed, shares))
    return tuple(sorted(found, key=_rank))


def _rank(waste: Waste) -> tuple[bool, int, str]:
    weight = waste.bulk if waste.saves is None else waste.saves
    return waste.saves is None, -weight.compressed_bytes, waste.id


def _waste(
    rule: WasteRule, claims: Sequence[WasteClaim], placed: Sequence[Placed], shares: Mapping[bytes, int]
) -> Waste:
    places: dict[bytes, Bulk] = defaultdict(Bulk)
    for claim in claims:
        file = placed[claim.at].file
        places[claim.place] += _goes(claim, file.size_bytes, shares[file.path])
    heaviest = sorted(places.items(), key=lambda item: (-item[1].compressed_bytes, item[0]))
    return Waste(
        id=rule.id,
        tier=rule.tier,
        lever=rule.lever,
        reason=rule.reason,
        cure=rule.cure,
        bulk=Bulk.of((placed[claim.at].file for claim in claims), shares),
        saves=sum(places.values(), Bulk()) if rule.saves else None,
        places=tuple(WastePlace(path=path, saves=saves) for path, saves in heaviest),
    )


def _goes(claim: WasteClaim, size_bytes: int, share_bytes: int) -> Bulk:
    """Of a part of a file, as much of its share as it is of its bytes."""
    if claim.goes_bytes is None:
        return Bulk(files=1, size_bytes=size_bytes, compressed_bytes=share_bytes)
    compressed = share_bytes * claim.goes_bytes // max(size_bytes, 1)
    return Bulk(files=1, size_bytes=claim.goes_bytes, compressed_bytes=compressed)
