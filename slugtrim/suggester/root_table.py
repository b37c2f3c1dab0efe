"""The table of entry points by convention (``roots.toml``): what frameworks, buildpacks and build tools load."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.suggester.catalog import Node, Pattern, catalog, kinds, record_of
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Phase, Reference
from slugtrim.suggester.harmless import lines_of_tests
from slugtrim.suggester.path_index import parent
from slugtrim.suggester.tables import Made, read_table

_BEGINNING_BYTES = 8
_PHASES = {"run": Phase.RUN, "build": Phase.BUILD, "dev": Phase.DEV}


class RootRow(Struct, frozen=True, kw_only=True):
    """One row: where it holds, and which files it names."""

    id: str
    why: str
    patterns: tuple[tuple[Phase, Pattern], ...]
    ecosystems: frozenset[str] = frozenset()
    files: tuple[bytes, ...] = ()
    depends: frozenset[str] = frozenset()
    npm: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    """Packages with which ``files`` mean something else: Flask's scripts are called manage.py, too."""
    tools: frozenset[str] = frozenset()
    whole: bool = False
    starts: bool = False
    executes: bool = True

    def holds_in(
        self,
        ecosystems: Collection[str],
        packages: Collection[str],
        npm_packages: Collection[str],
        has_file: Collection[bytes],
    ) -> bool:
        """Return True if the row holds in a project. ``has_file`` are the row's ``files`` that exist there."""
        return bool(
            "all" in self.ecosystems
            or not self.ecosystems.isdisjoint(ecosystems)
            or not self.depends.isdisjoint(packages)
            or not self.npm.isdisjoint(npm_packages)
            or (self.unless.isdisjoint(packages) and any(path in has_file for path in self.files))
        )


class ImpliedRow(Struct, frozen=True, kw_only=True):
    """What means, in files with these endings, that a library loads some paths."""

    words: tuple[bytes, ...]
    """Each of them is enough, or what a pattern starts with."""
    extensions: tuple[bytes, ...]
    reads: tuple[str, ...]
    why: str
    executes: bool = False
    gems: tuple[str, ...] = ()
    """Where a Gemfile names one of these for development and tests only, a deploy cannot run what uses the library."""
    pattern: bytes | None = None
    """What has to stand there, if a word alone says too little."""


class RootTable(Struct, frozen=True):
    """The whole of ``roots.toml``."""

    rows: tuple[RootRow, ...]
    implied: tuple[ImpliedRow, ...]
    generators: frozenset[str]
    """Programs that make a site of all that is in the package in which they run."""
    outputs: Mapping[str, tuple[bytes, ...]]
    """Commands of build tools, with the directories that they write unless told otherwise."""
    checkers: Mapping[str, tuple[bytes, ...]]
    """Commands that check the types of every file which their settings include, and the names of those settings."""


@cache
def root_table() -> RootTable:
    """Return the table, read once."""
    return read_table("roots", Made[RootTable], from_data)


def from_data(data: Mapping[str, Any]) -> RootTable:
    """Return the table in the data of a TOML file. Raises ``ValueError`` for a bad pattern, ``TypeError`` for a key."""
    return RootTable(
        rows=tuple(map(_row, data["root"])),
        implied=tuple(record_of(ImpliedRow, row) for row in data["implied"]),
        generators=frozenset(data["generators"]),
        outputs=_paths(data["outputs"]),
        checkers=_paths(data["checkers"]),
    )


def _paths(table: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[bytes, ...]]:
    return {key: tuple(map(str.encode, paths)) for key, paths in table.items()}


def _row(row: Mapping[str, Any]) -> RootRow:
    rest = {key: value for key, value in row.items() if key not in _PHASES}
    patterns = tuple((phase, Pattern.parse(text)) for key, phase in _PHASES.items() for text in row.get(key, ()))
    return replace(record_of(RootRow, {**rest, "patterns": ()}), patterns=patterns)


def implied_references(path: bytes, content: bytes) -> list[Reference]:
    """Return what a library loads because this file uses it, although no file names those paths."""
    found = []
    for row, beginnings in _implied_by(path.rpartition(b"/")[2].rpartition(b".")[2]):
        if not path.endswith(row.extensions) or not any(map(content.__contains__, beginnings)):
            continue
        word = next((word for word in row.words if word in content), None)
        if word is None:
            continue
        found_words = _pattern(row.pattern, word).finditer(content)
        match = next((each for each in found_words if not _is_comment(content, each.start())), None)
        if match is None:
            continue
        line = content.count(b"\n", 0, match.start()) + 1
        kind = EdgeKind.EXECUTES if row.executes else EdgeKind.LOADS
        excuse = Excuse.LIBRARY if row.gems else Excuse.NONE
        excuse = Excuse.TASK if path.endswith(b".rake") else excuse
        excuse = Excuse.TESTS if row.gems and line in lines_of_tests(content) else excuse
        for text in row.reads:
            is_whole = text == "."
            found += [
                Reference(text, line, How.PATH, kind, base, excuse, is_directory=is_whole, is_implied=True)
                for base in (Anchor.ROOT, Anchor.HERE)
            ]
    return found


def why_implied(reference: Reference, path: bytes) -> str:
    """Return why a library loads what an implied reference of this file names."""
    rows = (row for row in root_table().implied if reference.text in row.reads and path.endswith(row.extensions))
    return next((row.why for row in rows), "")


@cache
def _implied_by(extension: bytes) -> tuple[tuple[ImpliedRow, Collection[bytes]], ...]:
    """Return the rows that may be about files with an extension or of that name, each with how its words begin.

    A file without these beginnings has none of the words, and many words share one.
    """
    return tuple(
        (row, dict.fromkeys(word[:_BEGINNING_BYTES] for word in row.words))
        for row in root_table().implied
        if extension in {each.rpartition(b".")[2] for each in row.extensions}
    )


def _is_comment(content: bytes, offset: int) -> bool:
    begin = max(content.rfind(b"\n", 0, offset) + 1, offset - 400)
    return content[begin:offset].lstrip().startswith((b"#", b"//"))


@cache
def _pattern(pattern: bytes | None, word: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a row, or else one that finds the whole word."""
    if pattern is not None:
        return re.compile(pattern, re.VERBOSE | re.MULTILINE)
    return re.compile(rb"(?<![\w.])" + re.escape(word) + (rb"(?!\w)" if word[-1:].isalnum() else b""))


Mark = tuple[RootRow, Phase]
_Nodes = tuple[Node[Mark], ...]
_NO_NODES: _Nodes = ()


class _Place(Struct, frozen=True):
    """What holds below one directory."""

    nodes: _Nodes
    marks: tuple[Mark, ...]
    """Of the deepest directory that a pattern names."""
    rows: frozenset[str]
    is_foreign: bool = False


class PlacedRoots:
    """Finds the files that rows name by their place. Each directory is looked at once."""

    def __init__(self, rows_of: Mapping[bytes, Sequence[RootRow]], registered: Collection[bytes] = ()) -> None:
        """Prepare the rows that hold in each project, by its root; the slug's root is among them.

        ``registered`` are directories that settings register: their names say nothing, ``tests`` may be an application.
        """
        self._rows_of = rows_of
        self._registered = registered
        self._trees: dict[tuple[frozenset[str], bool], Node[Mark]] = {}
        self._by_id = {row.id: row for rows in rows_of.values() for row in rows}
        own = frozenset(row.id for row in rows_of[b""])
        self._places = {b"": _Place((self._tree(own, anchored=False), self._tree(own, anchored=True)), (), own)}

    def marks(self, path: bytes) -> tuple[Mark, ...]:
        """Return what the deepest pattern says of a file: the rows, and the phase for each."""
        directory, _, name = path.rpartition(b"/")
        place = self._places.get(directory) or self._place(directory)
        lower = name.lower()
        nodes = place.nodes[1:] if place.is_foreign else place.nodes
        own = [mark for node in nodes for ended in node.after(lower) for mark, only in ended.marks if not only]
        if own:
            return tuple(own)
        if not place.marks:
            return ()
        is_code = lower.rpartition(b".")[2] not in kinds()
        return tuple(mark for mark in place.marks if is_code or mark[0].whole)

    def _place(self, directory: bytes) -> _Place:
        missing = []
        while directory not in self._places:
            missing.append(directory)
            directory = parent(directory)
        place = self._places[directory]
        for directory in reversed(missing):
            place = self._places[directory] = self._enter(place, directory)
        return place

    def _enter(self, place: _Place, directory: bytes) -> _Place:
        lower = directory.rpartition(b"/")[2].lower()
        is_foreign = (place.is_foreign or lower in catalog().foreign) and directory not in self._registered
        ended = [(after, number) for number, node in enumerate(place.nodes) for after in node.after(lower)]
        # In the directory of a dependency or of a test, only a pattern from a project's root counts.
        marks = tuple(mark for after, at in ended for mark, _ in after.marks if at or not place.is_foreign)
        rows, beginning = place.rows, _NO_NODES
        if directory in self._rows_of and not is_foreign:
            own = frozenset(row.id for row in self._rows_of[directory])
            rows, beginning = rows | own, (self._tree(own, anchored=True),)
        anywhere = self._tree(rows, anchored=False)
        going_on = tuple(after for after, at in ended if after.has_children and (at or not is_foreign))
        return _Place((anywhere, *going_on, *beginning), marks or place.marks, rows, is_foreign)

    def _tree(self, ids: frozenset[str], *, anchored: bool) -> Node[Mark]:
        key = (ids, anchored)
        if key not in self._trees:
            node: Node[Mark] = Node()
            for row in map(self._by_id.__getitem__, sorted(ids)):
                for phase, pattern in row.patterns:
                    if pattern.anchored is anchored:
                        node.add(pattern, (row, phase))
            self._trees[key] = node
        return self._trees[key]
