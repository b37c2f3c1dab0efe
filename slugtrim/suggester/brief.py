"""The best suggestions for a report that must not wait for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from slugtrim import __version__
from slugtrim.files import File, directories_above
from slugtrim.scanner import Slug
from slugtrim.sizer import Sizing
from slugtrim.store import CacheTable
from slugtrim.suggester.record import Advised, Candidate, Evidence, EvidenceKind, Suggestion, Tier
from slugtrim.suggester.searched import is_searched, slug_key

if TYPE_CHECKING:
    from slugtrim.suggester.search import Lot

BEST = 3

_LEAST_BYTES = 1024
"""An entry that saves less is not worth a line of a report on other things."""

_SEARCHED_BYTES = 512 << 10
"""So much is searched at once: it takes a few hundredths of a second."""
_MEDIA = (
    b".png",
    b".jpg",
    b".jpeg",
    b".gif",
    b".webp",
    b".mp4",
    b".mp3",
    b".pdf",
    b".zip",
    b".gz",
    b".woff",
    b".woff2",
)
"""The most common of what is not searched."""
_REMEMBERED = 24
_SEEN_PARTS = 4
"""What lies deeper than this is seen as one, where nothing is searched."""
_SEEN_PATHS = 20_000
"""More than so many are not told apart, so that memory does not follow the number of files."""

_rows = msgspec.msgpack.Decoder(list[tuple[bytes, str, list[int]]])

_UNCHECKED = Evidence(kind=EvidenceKind.UNCHECKED, text="not checked: run slugtrim suggest")


def best_suggestions(slug: Slug, sizing: Sizing, evidence: CacheTable | None = None) -> tuple[Advised, ...]:
    """The ``BEST`` entries for the slug measured as ``sizing``.

    A small slug is searched for readers, and so is one of which ``evidence`` knows all; else the entries are
    directories that the catalog names, marked as not checked.
    """
    evidence = evidence if evidence is not None else CacheTable()
    is_small = sum(file.size_bytes for file in slug.kept if _may_speak(file)) <= _SEARCHED_BYTES
    if is_small or is_searched(slug, evidence):
        from slugtrim.suggester.compose import entries
        from slugtrim.suggester.examine import examine

        found = [_advised(entry) for entry in entries(slug, examine(slug, evidence), sizing)]
    else:
        found = _unchecked(slug, sizing, evidence)
    return tuple(entry for entry in found[:BEST] if entry.saves_compressed_bytes >= _LEAST_BYTES)


def _may_speak(file: File) -> bool:
    return not file.path.endswith(_MEDIA)


def _unchecked(slug: Slug, sizing: Sizing, evidence: CacheTable) -> list[Advised]:
    """The heaviest things that the catalog names and nothing is known to speak against."""
    sizes, shares, counts = Counter[bytes](), Counter[bytes](), Counter[bytes]()
    parts = _SEEN_PARTS
    while parts > 1 and len({_upper(file.path, parts) for file in slug.kept}) > _SEEN_PATHS:
        parts -= 1
    for file in slug.kept:
        path = _upper(file.path, parts)
        sizes[path] += file.size_bytes
        shares[path] += sizing.shares[file.path]
        counts[path] += 1
    found = [
        Advised(
            pattern=pattern,
            tier=Tier.CONDITIONAL,  # whatever it is, nobody looked who reads it
            files=sum(counts[each] for each in paths),
            size_bytes=sum(sizes[each] for each in paths),
            saves_compressed_bytes=sum(shares[each] for each in paths),
            reason=reason,
            evidence=(_UNCHECKED,),
        )
        for pattern, reason, paths in _named(slug, sizes, evidence)
    ]
    return sorted(found, key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))


def _upper(path: bytes, parts: int) -> bytes:
    """The first parts of a path."""
    return b"/".join(path.split(b"/", parts)[:parts])


def _named(slug: Slug, sizes: Mapping[bytes, int], evidence: CacheTable) -> list[tuple[bytes, str, list[bytes]]]:
    """Pattern, reason and paths of what the catalog names. Remembered by the names: finding them takes 0.1 s."""
    names = sorted(sizes)
    large = (b"%d" % (sizes[name].bit_length()) for name in names)  # some rules are for large files only
    key = slug_key([__version__.encode(), *names, *large])
    known = _known(evidence.get(key), names)
    if known is not None:
        return known
    from slugtrim.suggester.examine import named_lots
    from slugtrim.suggester.outline import written

    every = Counter(above for path in sizes for above in directories_above(path))
    lots = named_lots(slug, [File(path, size_bytes, 0, None) for path, size_bytes in sizes.items()])
    found = [(b"/" + written(path), first.reason, paths) for path, first, paths in _wholes(lots, every)]
    found = sorted(found, key=lambda row: -sum(sizes[path] for path in row[2]))[:_REMEMBERED]
    at = {name: number for number, name in enumerate(names)}
    rows = [(pattern, text, [at[path] for path in paths]) for pattern, text, paths in found]
    evidence.put(key, msgspec.msgpack.encode(rows))
    return found


def _known(entry: bytes | None, names: Sequence[bytes]) -> list[tuple[bytes, str, list[bytes]]] | None:
    """The same as it was remembered, paths as their places among ``names``."""
    try:
        if entry is not None:
            rows = _rows.decode(entry)
            return [(pattern, text, [names[at] for at in places]) for pattern, text, places in rows]
    except (msgspec.DecodeError, IndexError):
        pass  # somebody else wrote it
    return None


def _wholes(lots: Iterable[Lot], every: Counter[bytes]) -> Iterator[tuple[bytes, Candidate, list[bytes]]]:
    """The topmost directories of which all is of one category, and other files: path, what names it, what is in it."""
    by_category: dict[str, dict[bytes, Candidate]] = defaultdict(dict)
    for lot in lots:
        by_category[lot.candidate.category].update(dict.fromkeys(lot.gone, lot.candidate))
    for gone in by_category.values():
        inside = Counter(above for path in gone for above in directories_above(path))
        tops: dict[bytes, list[bytes]] = defaultdict(list)
        for path in gone:
            whole = [above for above in directories_above(path) if inside[above] == every[above]]
            tops[whole[-1] if whole else path].append(path)
        for top, paths in tops.items():
            yield top, gone[paths[0]], paths


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
