"""The best suggestions for a report that must not wait for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from slugtrim.cache import SizeCache
from slugtrim.files import File
from slugtrim.scanner import Slug
from slugtrim.sizer import Sizing
from slugtrim.suggester.compose import entries
from slugtrim.suggester.examine import TooMuch, examine, named_lots
from slugtrim.suggester.outline import written
from slugtrim.suggester.record import Advised, Candidate, Evidence, EvidenceKind, Suggestion, Tier
from slugtrim.suggester.search import Lot, may_read

BEST = 3

_LEAST_BYTES = 1024
"""An entry that saves less is not worth a line of a report on other things."""

_SEARCHED_SHARE = 64
"""One part in so many of the slug may be searched, which takes a twentieth of the time that gzip takes for all."""
_SEARCHED_BYTES = 512 << 10
"""So much may be searched in any case."""
_SEEN_PARTS = 4
"""What lies deeper than this is seen as one, where nothing is searched."""

_UNCHECKED = Evidence(kind=EvidenceKind.UNCHECKED, text="not checked: run slugtrim suggest")


def best_suggestions(slug: Slug, sizing: Sizing, evidence: SizeCache | None = None) -> tuple[Advised, ...]:
    """The ``BEST`` entries for the slug measured as ``sizing``.

    What is not remembered in ``evidence`` is searched for readers if it is little; else the entries are directories
    that the catalog names, marked as not checked.
    """
    most_bytes = max(sum(file.size_bytes for file in slug.kept) // _SEARCHED_SHARE, _SEARCHED_BYTES)
    nothing_known = evidence is None or evidence.is_empty
    try:
        if nothing_known and sum(file.size_bytes for file in slug.kept if may_read(file)) > most_bytes:
            raise TooMuch
        found = [_advised(entry) for entry in entries(slug, examine(slug, evidence, most_bytes=most_bytes), sizing)]
    except TooMuch:
        found = _unchecked(slug, sizing)
    return tuple(entry for entry in found[:BEST] if entry.saves_compressed_bytes >= _LEAST_BYTES)


def _unchecked(slug: Slug, sizing: Sizing) -> list[Advised]:
    """The heaviest things that the catalog names and nothing is known to speak against."""
    sizes, shares, counts = Counter[bytes](), Counter[bytes](), Counter[bytes]()
    for file in slug.kept:
        path = b"/".join(file.path.split(b"/", _SEEN_PARTS)[:_SEEN_PARTS])
        sizes[path] += file.size_bytes
        shares[path] += sizing.shares[file.path]
        counts[path] += 1
    seen = [File(path, size_bytes, 0, None) for path, size_bytes in sizes.items()]
    every = Counter(above for path in sizes for above in _above(path))
    found = [
        Advised(
            pattern=b"/" + written(path),
            tier=Tier.CONDITIONAL,  # whatever it is, nobody looked who reads it
            files=sum(counts[each] for each in paths),
            size_bytes=sum(sizes[each] for each in paths),
            saves_compressed_bytes=sum(shares[each] for each in paths),
            reason=first.reason,
            evidence=(_UNCHECKED,),
        )
        for path, first, paths in _wholes(named_lots(slug, seen), every)
    ]
    return sorted(found, key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))


def _wholes(lots: Iterable[Lot], every: Counter[bytes]) -> Iterator[tuple[bytes, Candidate, list[bytes]]]:
    """The topmost directories of which all is of one category, and other files: path, what names it, what is in it."""
    by_category: dict[str, dict[bytes, Candidate]] = defaultdict(dict)
    for lot in lots:
        by_category[lot.candidate.category].update(dict.fromkeys(lot.gone, lot.candidate))
    for gone in by_category.values():
        inside = Counter(above for path in gone for above in _above(path))
        tops: dict[bytes, list[bytes]] = defaultdict(list)
        for path in gone:
            whole = [above for above in _above(path) if inside[above] == every[above]]
            tops[whole[-1] if whole else path].append(path)
        for top, paths in tops.items():
            yield top, gone[paths[0]], paths


def _above(path: bytes) -> Iterator[bytes]:
    while path := path.rpartition(b"/")[0]:
        yield path


def _advised(entry: Suggestion) -> Advised:
    return Advised(
        pattern=entry.pattern,
        tier=entry.tier,
        files=len(entry.files),
        size_bytes=entry.size_bytes,
        saves_compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=entry.evidence,
    )
