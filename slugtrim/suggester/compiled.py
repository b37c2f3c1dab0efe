"""Files that the build compiles although nothing names them, and the entries that one of them would miss.

A type checker of TypeScript takes whatever its settings include. Of any other file that no deploy reaches, nobody
notices what it imports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.suggester.edges import Edge, How
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.modules import encoded, load_json
from slugtrim.suggester.path_index import follow, join, parent
from slugtrim.suggester.records import MIN_SAVING_BYTES, Evidence, EvidenceKind, Suggestion, Tier
from slugtrim.suggester.resolve import part_regex

_TYPESCRIPT = (b".ts", b".tsx", b".mts", b".cts", b".vue")
_IMPORTED = (*_TYPESCRIPT, b".js", b".jsx", b".mjs", b".cjs", b".json")
"""What an import of TypeScript must find; of pictures and styles, declarations say what they are."""
_SETTINGS = (b"tsconfig.json",)
_CHECKERS: Mapping[tuple[str, ...], tuple[bytes, ...]] = {
    ("tsc",): _SETTINGS,
    ("vue-tsc",): _SETTINGS,
    ("next", "build"): _SETTINGS,
    ("react-scripts", "build"): _SETTINGS,
    ("vue-cli-service", "build"): _SETTINGS,
    ("nest", "build"): (b"tsconfig.build.json", b"tsconfig.json"),
    ("ng", "build"): (b"tsconfig.app.json", b"src/tsconfig.app.json"),
}
"""Commands that check every file which their settings include, and the names of those settings."""
_WORDS = re.compile(r"[^\s;&|()]+")
_PROJECT_OPTIONS = ("-p", "--project")
_MAX_SETTINGS = 50
"""Settings that refer to others, in all."""
_MAX_EXTENDED = 8
_MAX_PATTERNS = 100
"""Patterns of one list; more of them include everything, and exclude nothing."""


class _Included(Struct, frozen=True):
    """Which files some settings include."""

    takes: tuple[tuple[bytes, ...], ...]
    leaves: tuple[tuple[bytes, ...], ...]

    def has(self, path: bytes) -> bool:
        parts = path.split(b"/")
        return any(_fits(each, parts) for each in self.takes) and not any(_fits(each, parts) for each in self.leaves)


def compiled_files(paths: Iterable[bytes], entries: EntryPoints) -> frozenset[bytes]:
    """Return the files that a command of the build compiles because its settings include them."""
    included = [*_included(entries)]
    if not included:
        return frozenset()
    sources = (path for path in paths if path.endswith(_TYPESCRIPT))
    return frozenset(path for path in sources if any(each.has(path) for each in included))


def without_missed(
    found: Sequence[Suggestion],
    compiled: Sequence[File],
    executed: Callable[[Collection[File]], Iterable[Edge]],
    min_saving_bytes: int,
) -> tuple[list[Suggestion], list[Missed]]:
    """Return the entries such that no compiled file that stays imports one that an entry takes, and those that stay.

    A small entry with such files is written with the other. If no entry has them, the other one stays. People may write
    safe entries alone, so a safe one is conditional if a conditional one has them. ``executed`` returns what files
    import; it is asked for each file once.
    """
    entries, missed = list(found), dict[int, Missed]()
    owners = {file.path: at for at, each in enumerate(found) for file in each.files}
    edges: dict[bytes, list[Edge]] = {}
    is_changed = True
    while is_changed:
        is_changed = False
        sure = {at for at, each in enumerate(entries) if at not in missed and _is_sure(each, min_saving_bytes)}
        waiting = [file for file in compiled if owners.get(file.path) not in sure and file.path not in edges]
        edges.update((file.path, []) for file in waiting)
        for edge in executed(waiting) if waiting else ():
            if _is_checked(edge) and edge.target in owners:
                edges[edge.source].append(edge)
        for edge in (each for several in edges.values() for each in several):
            source, target = owners.get(edge.source), owners[edge.target]
            taken = entries[target]
            if target in missed or source == target or not _is_written(taken, min_saving_bytes):
                continue
            if source is None or source in missed:
                missed[target] = Missed(taken, _reader(edge))
            elif taken.tier is Tier.SAFE and entries[source].tier is not Tier.SAFE:
                entries[target] = _conditional(taken, edge)
            elif not entries[source].is_bound:
                entries[source] = replace(entries[source], is_bound=True)
            else:
                continue
            is_changed = True
    return [each for at, each in enumerate(entries) if at not in missed], [*missed.values()]


class Missed(NamedTuple):
    """An entry that stays, and what would miss its files."""

    entry: Suggestion
    reader: Evidence


def _is_written(entry: Suggestion, least_bytes: int) -> bool:
    return entry.is_bound or entry.saves_compressed_bytes >= least_bytes


def _is_sure(entry: Suggestion, least_bytes: int) -> bool:
    """Return True if it is written whatever the others leave: packed with others, it may save less."""
    return entry.tier is Tier.SAFE and entry.saves_compressed_bytes >= 2 * max(least_bytes, MIN_SAVING_BYTES)


def _is_checked(edge: Edge) -> bool:
    return edge.reference.how is How.MODULE and edge.target.endswith(_IMPORTED)


def _reader(edge: Edge) -> Evidence:
    text = f'names "{edge.reference.text[:80]}", and the build checks the types of every file that stays'
    return Evidence(kind=EvidenceKind.READER, text=text, path=edge.source, line=edge.reference.line)


def _conditional(entry: Suggestion, edge: Edge) -> Suggestion:
    missed = _reader(edge)
    others = (each for each in entry.evidence if (each.path, each.line) != (missed.path, missed.line))
    return replace(entry, tier=Tier.CONDITIONAL, evidence=(missed, *others))


def _included(entries: EntryPoints) -> Iterator[_Included]:
    settings = entries.resolver.settings
    waiting = dict.fromkeys(
        path
        for directory, commands in entries.build_commands.items()
        for command in commands
        for path in _settings_of(command, directory, entries)
    )
    waiting |= dict.fromkeys(
        path for directory in entries.checked_projects for path in [join(directory, *_SETTINGS)] if path in settings
    )
    seen = set(waiting)
    queue = [*waiting]
    while queue and len(seen) <= _MAX_SETTINGS:
        path = queue.pop()
        data = load_json(settings[path]) or {}
        yield _included_by(path, data, settings)
        for other in _referred(path, data, settings):
            if other not in seen:
                seen.add(other)
                queue.append(other)


def _settings_of(command: str, directory: bytes, entries: EntryPoints) -> Iterator[bytes]:
    """Yield the settings of the checkers that a command starts."""
    settings = entries.resolver.settings
    words = [word.rpartition("/")[2] if word.endswith(("tsc", "next")) else word for word in _WORDS.findall(command)]
    for called, names in _CHECKERS.items():
        if not any(tuple(words[at : at + len(called)]) == called for at in range(len(words))):
            continue
        named = [words[at + 1] for at, word in enumerate(words[:-1]) if word in _PROJECT_OPTIONS]
        for base in (directory, *entries.search_paths):
            wanted = [follow(base, encoded(text).split(b"/")) for text in named] or [join(base, name) for name in names]
            wanted += [join(each, b"tsconfig.json") for each in wanted if each is not None]
            found = next((path for path in wanted if path in settings), None)
            if found is not None:
                yield found
                break


def _referred(path: bytes, data: Mapping[str, Any], settings: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield the settings that others refer to as projects: `tsc --build` compiles those as well."""
    references = data.get("references")
    for each in references if isinstance(references, list) else ():
        text = each.get("path") if isinstance(each, dict) else None
        at = follow(parent(path), encoded(text).split(b"/")) if isinstance(text, str) else None
        if at is not None:
            yield from (found for found in (at, join(at, b"tsconfig.json")) if found in settings)


def _included_by(path: bytes, data: Mapping[str, Any], settings: Mapping[bytes, bytes]) -> _Included:
    """Return what settings include; lists that they lack are of the settings that they extend."""
    known: dict[str, tuple[tuple[bytes, ...], ...]] = {}
    at: bytes | None = path
    for _ in range(_MAX_EXTENDED):
        if at is None:
            break
        for key in ("include", "exclude", "files"):
            if key not in known and isinstance(data.get(key), list):
                known[key] = _patterns(data[key], parent(at))
        text = data.get("extends")
        at = follow(parent(at), encoded(text).split(b"/")) if isinstance(text, str) and text.startswith(".") else None
        if at is not None:
            at = at if at in settings else at + b".json"
            data = load_json(settings.get(at, b"")) or {}
    takes = (*known.get("include", ()), *known.get("files", ()))
    if known.keys().isdisjoint(("include", "files")) or len(takes) > _MAX_PATTERNS:
        takes = _patterns(["**"], parent(path))
    return _Included(takes, known.get("exclude", ())[:_MAX_PATTERNS])


def _patterns(texts: Iterable[object], directory: bytes) -> tuple[tuple[bytes, ...], ...]:
    found = []
    for text in texts:
        if isinstance(text, str):
            parts = [part for part in encoded(text).split(b"/") if part not in (b"", b".")]
            above = [part for part in directory.split(b"/") if part]
            while parts and parts[0] == b".." and above:
                parts, above = parts[1:], above[:-1]
            found.append((*above, *parts))
    return tuple(found)


def _fits(pattern: Sequence[bytes], parts: Sequence[bytes]) -> bool:
    """Return True if a pattern names a path or a directory above it. Takes time linear in the product of both."""
    places = {0}
    for part in parts:
        places |= {at + 1 for at in places if at < len(pattern) and pattern[at] == b"**"}
        if len(pattern) in places:
            return True
        places = {
            at if pattern[at] == b"**" else at + 1
            for at in places
            if pattern[at] == b"**" or part_regex(pattern[at]).fullmatch(part)
        }
    places |= {at + 1 for at in places if at < len(pattern) and pattern[at] == b"**"}
    return len(pattern) in places
