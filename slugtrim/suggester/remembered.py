"""What is kept of suggestions: the best for reports that build no graph, the whole advice, the way to each file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim import __version__
from slugtrim.files import File, Found, Source, SourceKind, Tree
from slugtrim.ignore import Dialect
from slugtrim.measurement import KeptRecord
from slugtrim.sizer.progress import Progress
from slugtrim.store import CacheTable, digest, open_store
from slugtrim.suggester.records import (
    DEFAULT_TERMS,
    Advice,
    AdviceTerms,
    Advised,
    Grade,
    Link,
    Suggestion,
    Tier,
    Way,
    is_too_large,
)
from slugtrim.suggester.writing import INCLUDED

BEST = 3
"""Entries that a report on other things shows at most."""
LEAST_BYTES = 1024
"""An entry that saves less is not worth a line there."""
_FORMAT = 5
"""Raise it whenever what is remembered changes."""

TABLE = f"suggestions {__version__} {_FORMAT}"
"""The name of the table in the store."""

_advised = msgspec.msgpack.Decoder(tuple[Advised, ...])


def open_suggestion_cache(git_dir: bytes | None) -> CacheTable:
    """Return what is remembered for the repository with this (common) git directory; for None, nothing that lasts.

    The table is small, so that a report on a known tree can afford to load it.
    """
    return CacheTable(open_store(git_dir), TABLE)


def files_digest(kept: Sequence[File], dialect: Dialect = Dialect.GITIGNORE) -> bytes | None:
    """Return a key for the files of a slug, by path, mode and content, on the platform that has ``dialect``.

    None if the content of some file has no id.
    """
    modes = {mode: b"%o" % mode for mode in {file.mode for file in kept}}
    parts: list[bytes] = [dialect.pair[0].value.encode()]
    for path, _, mode, blob in kept:
        if blob is None:
            return None
        parts += (path, modes[mode], blob)
    return digest(b"\0".join(parts))


def remember(
    kept: Sequence[File],
    entries: Iterable[Suggestion],
    table: CacheTable,
    dialect: Dialect = Dialect.GITIGNORE,
) -> None:
    """Remember the best safe entries for a slug of these files."""
    key = files_digest(kept, dialect)
    if key is not None:
        best = [_as_advised(entry) for entry in entries if _is_worth(entry)][:BEST]
        table.put(key, msgspec.msgpack.encode([_with_texts(entry, _kept_text) for entry in best]))


def _is_worth(entry: Suggestion) -> bool:
    is_safe = entry.tier is Tier.SAFE  # reports say that suggest --write adds them
    return is_safe and entry.saves_compressed_bytes >= LEAST_BYTES and entry.category != INCLUDED


def remembered(key: bytes | None, table: CacheTable) -> tuple[Advised, ...] | None:
    """Return the best safe entries for the slug with this ``files_digest``; None if `slugtrim suggest` never saw it."""
    entry = table.get(key) if key is not None else None
    try:
        found = _advised.decode(entry) if entry is not None else None
        return tuple(_with_texts(entry, _read_text) for entry in found[:BEST]) if found is not None else None
    except (msgspec.DecodeError, UnicodeError):
        return None  # another program wrote it


def _with_texts(entry: Advised, change: Callable[[str], str]) -> Advised:
    """Return the entry with each text changed that may quote a name."""
    evidence = tuple(replace(item, text=change(item.text)) for item in entry.evidence)
    return replace(entry, reason=change(entry.reason), evidence=evidence)


def _kept_text(text: str) -> str:
    """Return a text as it is kept: a name in it may have bytes that are not UTF-8, which no encoder takes."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _read_text(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def _as_advised(entry: Suggestion) -> Advised:
    return Advised(
        pattern=entry.pattern,
        tier=entry.tier,
        files=len(entry.files),
        size_bytes=entry.size_bytes,
        saves_compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=entry.evidence,
    )


_ADVICE_FORMAT = 28
"""Raise it whenever code changes the suggestions for a tree, or what is kept of them. The tables need no new number."""
_HERE = Source(kind=SourceKind.DIRECTORY, root=b"")


def suggest_found(
    found: Found,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """Return the advice on what was found. Raises as ``suggest_tree`` does."""
    from slugtrim.suggester.tables import contents_digest  # audit does without

    about = msgspec.json.encode((_ADVICE_FORMAT, contents_digest(), asked)).decode()
    record = KeptRecord(found, dialect, use_cache=use_cache, about=f"advice {about}")
    kept = record.read(Advice)
    if kept is not None:
        return replace(kept, source=found.source, notes=(*kept.notes, *found.notes))
    from slugtrim.suggester.advice import AdviceTables, suggest_tree  # 150 ms that a known tree does without

    tree = found.load()
    tables = AdviceTables(found.git_dir if use_cache else None)
    advice = suggest_tree(tree, dialect, tables=tables, progress=progress, asked=asked)
    tables.save()
    _keep(advice, record, found, tree)
    return advice


def _keep(advice: Advice, record: KeptRecord, found: Found, tree: Tree) -> None:
    """Keep an advice that is complete."""
    if advice.complete and all(map(is_too_large, advice.unsearched)):
        own = tuple(note for note in advice.notes if note not in found.notes)
        with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8 is quoted somewhere
            record.keep(replace(advice, source=_HERE, notes=own), tree)


_GRADES = tuple(Grade)
_START, _NONE = -1, -2
"""Instead of the number of a file: an entry point, or nothing at all."""


class _KeptWays(Struct, frozen=True, array_like=True):
    """The ways of files in the order of their paths."""

    starts: tuple[Link, ...]
    runs: tuple[int, ...]
    """Grade, file before, line or number of a start, and how many files in a row have that."""


def packed_ways(ways: Mapping[bytes, Way], paths: Sequence[bytes]) -> bytes:
    """Return the ways of these files as they are kept."""
    index = {path: number for number, path in enumerate(paths)}
    numbers = {grade: number for number, grade in enumerate(_GRADES)}
    starts: dict[Link, int] = {}
    steps = []
    for path in paths:
        grade, link = ways[path]
        before = index.get(link.path) if link is not None and link.path is not None and not link.text else None
        if link is None:
            steps.append((numbers[grade], _NONE, 0))
        elif before is not None:
            steps.append((numbers[grade], before, link.line or 0))
        else:
            steps.append((numbers[grade], _START, starts.setdefault(link, len(starts))))
    runs = [number for step, row in groupby(steps) for number in (*step, sum(1 for _ in row))]
    texts = (replace(link, text=_kept_text(link.text)) for link in starts)
    return msgspec.msgpack.encode(_KeptWays(starts=tuple(texts), runs=tuple(runs)))


def unpacked_ways(data: bytes, paths: Sequence[bytes]) -> Mapping[bytes, Way] | None:
    """Return the ways of these files; None if ``data`` is of other files, or of no known form."""
    try:
        kept = msgspec.msgpack.decode(data, type=_KeptWays)
        starts = [replace(link, text=_read_text(link.text)) for link in kept.starts]
    except (msgspec.DecodeError, UnicodeError):
        return None
    counts = kept.runs[3::4]
    if len(kept.runs) % 4 or min(counts, default=0) < 0 or sum(counts) != len(paths):
        return None
    found: list[Way] = []
    for grade, before, number, count in zip(*(kept.runs[at::4] for at in range(4)), strict=True):
        link = None
        if not 0 <= grade < len(_GRADES) or not _NONE <= before < len(paths):
            return None
        if before == _START:
            if not 0 <= number < len(starts):
                return None
            link = starts[number]
        elif before >= 0:
            link = Link(path=paths[before], line=number or None, text="")
        found += [Way(_GRADES[grade], link)] * count
    return dict(zip(paths, found, strict=True))
