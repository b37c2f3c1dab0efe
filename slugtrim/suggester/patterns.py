"""Writing sets of files as lines of a ``.slugignore`` that both dialects of the platform read alike.

A set becomes ``/dir`` where all of a directory goes, a form that its rule names (``*.psd``) where every file of that
form goes, ``/dir/**/*.psd`` where one of them stays elsewhere, ``/apps/*/tests`` where it goes from all directories
beside each other, ``/dir/*.ext`` and ``/dir/file`` for the rest. What is written is then held against both engines:
nothing but the sets may go, and the same in either reading.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from slugtrim.files import Directory, File
from slugtrim.ignore import Dialect, Rule, decide, parse
from slugtrim.suggester.catalog import kinds
from slugtrim.suggester.outline import Outline, counts_below, files_below, fits, spelt


class Piece(NamedTuple):
    """A pattern and the files it is meant for."""

    pattern: bytes
    paths: tuple[bytes, ...]
    set: int
    """The number of the set they belong to."""


def proven(
    pieces: Sequence[Piece], outline: Outline, links: Mapping[bytes, bytes], dialect: Dialect
) -> list[tuple[Piece, list[bytes]]]:
    """The pieces with what each takes first, in both dialects; one that takes anything else is written out by file.

    A piece that takes nothing is left out. ``outline`` has the sets marked as taken. ``dialect`` is one of the two.
    """
    while True:
        one, other = (_taken(pieces, each, outline, links) for each in dialect.pair)
        wrong = _wrong(one, other, pieces, outline)
        if not wrong:
            return _credited(pieces, other)
        pieces = [
            finer for index, piece in enumerate(pieces) for finer in (_finer(piece) if index in wrong else (piece,))
        ]


def _wrong(one: Mapping[bytes, int], other: Mapping[bytes, int], pieces: Sequence[Piece], outline: Outline) -> set[int]:
    """The pieces that take what is to stay or what is meant for others, or take it in one dialect only."""
    meant = {path: index for index, piece in enumerate(pieces) for path in piece.paths}
    wrong = {one[path] for path in one if path not in other}
    wrong.update(other[path] for path in other if path not in one)
    wrong.update(index for path, index in (*one.items(), *other.items()) if path not in outline.taken)
    wrong.update(min(index, meant[path]) for path, index in other.items() if meant.get(path, index) != index)
    return wrong


def _finer(piece: Piece) -> Iterator[Piece]:
    """The files of a piece one by one, those whose names can be spelt; nothing for a piece that is one file."""
    if len(piece.paths) == 1 and piece.pattern == b"/" + (spelt(piece.paths[0]) or b""):
        return
    for path in sorted(piece.paths):
        if (name := spelt(path)) is not None:
            yield Piece(b"/" + name, (path,), piece.set)


def _credited(pieces: Sequence[Piece], credits: Mapping[bytes, int]) -> list[tuple[Piece, list[bytes]]]:
    files: dict[int, list[bytes]] = defaultdict(list)
    for path, index in credits.items():
        files[index].append(path)
    return [(piece, files[index]) for index, piece in enumerate(pieces) if index in files]


def _taken(
    pieces: Sequence[Piece], dialect: Dialect, outline: Outline, links: Mapping[bytes, bytes]
) -> dict[bytes, int]:
    """Path to the index of the piece that takes it."""
    rules = parse(b"\n".join(piece.pattern for piece in pieces), dialect)
    removed: dict[bytes, Rule] = {}
    for directory, group in _groups(rules, dialect, outline):
        removed.update(decide(group, dialect, directory, links).removed)
    taken = {}
    stack: list[tuple[Directory, Rule | None]] = [(outline.root, removed.get(b""))]
    while stack:
        directory, above = stack.pop()
        for file in directory.files.values():
            rule = removed.get(file.path, above)
            if rule is not None:
                taken[file.path] = rule.line - 1
        stack.extend((child, removed.get(child.path, above)) for child in directory.directories.values())
    return taken


def _groups(rules: Sequence[Rule], dialect: Dialect, outline: Outline) -> list[tuple[Directory, list[Rule]]]:
    """The rules with the directory to try them on.

    Git's reading has one outcome whatever the order, and tries a path with wildcards on every path of the tree: it is
    only shown the directory that the path leads to without them.
    """
    if dialect is not Dialect.GITIGNORE:
        return [(outline.root, list(rules))]
    groups: dict[bytes, list[Rule]] = defaultdict(list)
    for rule in rules:
        plain, star, _ = rule.pattern.partition(b"*")
        groups[plain[1:].rpartition(b"/")[0] if star and b"/" in rule.pattern else b""].append(rule)
    return [(outline.start(top), group) for top, group in groups.items()]


LEAST_FILES = 3
"""``/dir/*.ext`` also takes what comes into the directory tomorrow; two files are as well named one by one."""
_LEAST_UNITS = 2
"""A form stands for so many other patterns at least."""
_LEAST_NEIGHBOURS = 3
"""``/apps/*/tests`` stands for so many directories at least."""
_CODE = frozenset(
    b"py rb js jsx ts tsx mjs cjs vue svelte go java kt scala php ex exs rs cs clj erl html erb css scss less".split()
)
"""Tomorrow's file of such a kind may be one that the application runs."""
_AT_ROOT = frozenset(["archives", "design", "docs", "media", "notebooks"])
"""Categories of what is written as `/*.ext` at the root: no manifest ends so."""
_FORM = re.compile(rb"(?=.*\w)[\w.+~@%*-][\w.+~@%* !$&(),:;=^'-]*[\w.+~@%*)-]")


class Wanted(Struct, frozen=True, kw_only=True):
    """Files that are to go for one reason."""

    paths: Collection[bytes]
    top: bytes = b""
    """The directory all of them are in: no pattern reaches above it. It is written as ``/top`` where all of it goes,
    be it a single file."""
    directories: frozenset[bytes] = frozenset()
    """Each is written as one where all of it goes, be it a single file."""
    forms: tuple[bytes, ...] = ()
    """Patterns without a slash, as ``*.psd`` or ``__tests__``, that the rule would have for files still to come; no
    other pattern is written without its directory."""
    near_forms: tuple[bytes, ...] = ()
    """The same, but written only as ``/dir/*.stories.js``, for three files of a directory or more."""
    label: str = ""
    """``/dir/*.ext`` stands for files of several sets only if all of them have one label."""


class Entry(Struct, frozen=True, kw_only=True):
    """A pattern and what it takes that no entry before it does, sorted by path."""

    pattern: bytes
    files: tuple[File, ...]
    sets: tuple[int, ...]
    """The sets that the files are of, by their place in the order: that of the entry first."""


def cover_each(
    wanted: Sequence[Wanted],
    kept: Sequence[File],
    links: Mapping[bytes, bytes] | None = None,
    dialect: Dialect = Dialect.GITIGNORE,
) -> list[list[Entry]]:
    """Return the entries of each set; one that stands for files of several is of the first that it fits.

    ``kept`` are the files of the slug, ``links`` its tree's symlinks. All patterns together take out of ``kept`` what
    is wanted, less what no pattern names without naming a file that stays, in both readings of the platform that has
    ``dialect``. Each of them takes nothing that is not wanted. A file that several sets want belongs to the first.
    """
    outline = Outline(kept)
    owned = [outline.take(each.paths, number) for number, each in enumerate(wanted)]
    spelling = _Spelling(outline)
    pieces: list[Piece] = spelling.tops([each.top for each in wanted], owned)
    for number, each in enumerate(wanted):
        pieces += spelling.pieces(each, owned[number], number)
    pieces = spelling.joined(spelling.without_covered(pieces, wanted), wanted)
    entries: list[list[Entry]] = [[] for _ in wanted]
    for piece, paths in proven(pieces, outline, links or {}, dialect):
        files = tuple(map(outline.file, sorted(paths)))
        others = {outline.taken[path] for path in paths} - {piece.set}
        entries[piece.set].append(Entry(pattern=piece.pattern, files=files, sets=(piece.set, *sorted(others))))
    return entries


class _Spelling:
    """Writes one set after the other; what a pattern of one set takes of others need not be written again."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._written: set[bytes] = set()
        self._takes: dict[bytes, frozenset[bytes]] = {}
        """What each form that is written takes, of whatever sets."""

    def tops(self, tops: Sequence[bytes], owned: Sequence[Sequence[bytes]]) -> list[Piece]:
        """The directories that are whole sets, or that several sets make whole: the uppermost first."""
        pieces: list[Piece] = []
        for number in sorted(range(len(tops)), key=lambda number: tops[number].count(b"/")):
            top = self._outline.directory(tops[number])
            if top is not None and top.path and self._outline.is_whole(top) and self._open(owned[number]):
                pieces += self._whole(top, number)
        return pieces

    def pieces(self, wanted: Wanted, owned: Sequence[bytes], number: int) -> list[Piece]:
        found = self._units(self._outline.start(wanted.top), self._open(owned), number, wanted)
        units = sorted(found, key=lambda piece: piece.pattern)
        return self._with_forms(units, wanted, number)

    def _open(self, paths: Iterable[bytes]) -> list[bytes]:
        return [path for path in paths if path not in self._written]

    def _whole(self, directory: Directory, number: int) -> Iterator[Piece]:
        if (name := spelt(directory.path)) is not None:
            yield self._piece(b"/" + name, [file.path for file in files_below(directory)], number)

    def _piece(self, pattern: bytes, paths: Iterable[bytes], number: int) -> Piece:
        piece = Piece(pattern, tuple(self._open(paths)), number)
        self._written.update(piece.paths)
        return piece

    def _units(self, start: Directory, owned: Sequence[bytes], number: int, wanted: Wanted) -> Iterator[Piece]:
        """A set as whole directories, the uppermost there are, and single files.

        A file alone in a directory is written as the directory if a form or the set names that.
        """
        counts = counts_below(owned)
        within = _by_directory([*owned, *filter(None, counts)])
        stack = [start.path]
        while stack:
            path = stack.pop()
            directory = self._outline.directory(path)
            if directory is None:
                if (name := spelt(path)) is not None:
                    yield self._piece(b"/" + name, [path], number)
                continue
            is_one = counts[path] > 1 or path in wanted.directories or path.rpartition(b"/")[2] in wanted.forms
            is_whole = is_one and directory != start and self._outline.is_whole(directory)
            whole = list(self._whole(directory, number)) if is_whole else []
            yield from whole
            if not whole:
                stack.extend(within[path])

    def _with_forms(self, units: list[Piece], wanted: Wanted, number: int) -> list[Piece]:
        """The units, and behind them the forms that each stand for two or more of them, for most of them first."""
        options: dict[bytes, list[Piece]] = {}
        takes: dict[bytes, list[bytes]] = {}
        ways = ((self._forms, wanted.forms), (self._neighbours, wanted.forms), (self._near, wanted.near_forms))
        for way, forms in ways if len(units) >= _LEAST_UNITS else ():
            for form in filter(_FORM.fullmatch, forms):
                for pattern, found, paths in way(units, form):
                    options.setdefault(pattern, found)
                    takes.setdefault(pattern, paths)
        chosen = _chosen(options)
        done = {unit.pattern for _, found in chosen for unit in found}
        # A form may take again what a directory or form before it does: that one has it.
        chosen.sort(key=lambda each: all(unit.pattern == b"/" + (spelt(unit.paths[0]) or b"") for unit in each[1]))
        pieces = [unit for unit in units if unit.pattern not in done]
        waiting = {path for _, found in chosen for unit in found for path in unit.paths}
        for pattern, found in chosen:
            self._takes[pattern] = frozenset(takes[pattern])
            others = self._piece(pattern, sorted(takes[pattern]), number)
            own = {path for unit in found for path in unit.paths} | self._takes[pattern]
            mine = (*sorted(own & waiting), *others.paths)
            waiting -= own
            if mine:
                pieces.append(others._replace(paths=mine))
        return pieces

    def _forms(self, units: Iterable[Piece], form: bytes) -> Iterator[tuple[bytes, list[Piece], list[bytes]]]:
        """Yield ``*.psd``, or ``/dir/**/*.psd`` where one stays elsewhere, with the units and files that it takes."""
        yield from _by_pattern(units, self._outline.patterns_of(form))

    def _neighbours(self, units: Iterable[Piece], form: bytes) -> Iterator[tuple[bytes, list[Piece], list[bytes]]]:
        """Yield ``/apps/*/tests`` for what is in several directories beside each other, though one stays deeper."""
        alike: dict[bytes, list[Piece]] = defaultdict(list)
        for unit in units:
            directory, _, name = unit.pattern[1:].rpartition(b"/")
            if directory and fits(name, form):
                alike[directory.rpartition(b"/")[0]].append(unit)
        for above, found in alike.items():
            if len({unit.pattern.rpartition(b"/")[0] for unit in found}) >= _LEAST_NEIGHBOURS:
                takes = self._outline.takes_in_each(self._outline.start(above), form)
                if takes:
                    yield b"/" + above + b"/" * bool(above) + b"*/" + form, found, sorted(takes)

    def _near(self, units: Iterable[Piece], form: bytes) -> Iterator[tuple[bytes, list[Piece], list[bytes]]]:
        """Yield ``/dir/*.stories.js`` for files of one directory."""
        alike: dict[bytes, list[Piece]] = defaultdict(list)
        for unit in units:
            directory, _, name = unit.pattern[1:].rpartition(b"/")
            if unit.paths == (unit.pattern[1:],) and fits(name, form):
                alike[directory].append(unit)
        for path, found in alike.items():
            if len(found) >= LEAST_FILES:
                home = self._outline.start(path)
                takes = self._outline.single_files(
                    home, [name for name in (*home.files, *home.directories) if fits(name, form)]
                )
                if takes:
                    yield b"/" + path + b"/" * bool(path) + form, found, takes

    def without_covered(self, pieces: Sequence[Piece], wanted: Sequence[Wanted]) -> list[Piece]:
        """Without each piece all of which a form takes as well that has the same label: that form has its files."""
        forms = [at for at, piece in enumerate(pieces) if piece.pattern in self._takes]
        found = list(pieces)
        for at, piece in enumerate(pieces):
            label = wanted[piece.set].label
            for other in forms:
                form = found[other]
                is_other = other != at and form.paths and wanted[form.set].label == label
                if is_other and piece.paths and self._takes[form.pattern].issuperset(piece.paths):
                    found[other] = form._replace(paths=(*form.paths, *found[at].paths))
                    found[at] = found[at]._replace(paths=())
                    break
        return [piece for piece in found if piece.paths]

    def joined(self, pieces: Sequence[Piece], wanted: Sequence[Wanted]) -> list[Piece]:
        """With ``/dir/*.ext`` for three files of a directory or more, whatever sets they are of.

        Each name there that ends so is one of them.
        """
        alike: dict[bytes, dict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))
        for piece in pieces:
            directory, _, name = piece.pattern[1:].rpartition(b"/")
            stem, _, suffix = name.rpartition(b".")
            if piece.paths == (piece.pattern[1:],) and stem and _may_end(suffix, directory):
                alike[directory][suffix].append(name)
        labels = [each.label for each in wanted]
        found = list(pieces)
        owners = {path: at for at, piece in enumerate(pieces) for path in piece.paths}
        for path, by_suffix in alike.items():
            if max(map(len, by_suffix.values())) < LEAST_FILES:
                continue
            home = self._outline.start(path)
            every = self._outline.by_suffix(home)
            for suffix, names in by_suffix.items():
                takes = self._outline.single_files(home, every[suffix]) if len(names) >= LEAST_FILES else []
                if takes and len({labels[self._outline.taken[path]] for path in takes}) == 1:
                    _join(b"/" + path + b"/" * bool(path) + b"*." + suffix, takes, found, owners)
        return [piece for piece in found if piece.paths]


def _join(pattern: bytes, paths: Sequence[bytes], pieces: list[Piece], owners: dict[bytes, int]) -> None:
    """Write files as one pattern, in the place of the first that is written alone; there must be three.

    ``owners`` has the number of the piece that each path is in.
    """
    single = [at for path in paths if (at := owners.get(path)) is not None and pieces[at].pattern == b"/" + path]
    if len(single) < LEAST_FILES:
        return
    place = min(single)
    own = {path for path in paths if owners.get(path, place) >= place}
    for at in {owners.get(path, place) for path in own}:
        piece = pieces[at]
        pieces[at] = piece._replace(paths=tuple(path for path in piece.paths if path not in own))
    pieces[place] = Piece(pattern, tuple(sorted(own)), pieces[place].set)
    owners.update(dict.fromkeys(own, place))


def _by_pattern(
    units: Iterable[Piece], pattern_of: Mapping[bytes, bytes]
) -> Iterator[tuple[bytes, list[Piece], list[bytes]]]:
    """Yield the patterns of paths, with the units of which each path has that pattern, and all paths that have it."""
    found: dict[bytes, list[Piece]] = defaultdict(list)
    for unit in units:
        patterns = {pattern_of.get(path) for path in unit.paths}
        pattern = patterns.pop()
        if pattern is not None and not patterns:
            found[pattern].append(unit)
    takes: dict[bytes, list[bytes]] = defaultdict(list)
    for path, pattern in pattern_of.items():
        takes[pattern].append(path)
    yield from ((pattern, each, takes[pattern]) for pattern, each in found.items())


def _chosen(options: Mapping[bytes, list[Piece]]) -> list[tuple[bytes, list[Piece]]]:
    """The forms that each stand for two units or more which none before it takes, those for most units first."""
    done: set[bytes] = set()
    chosen: list[tuple[bytes, list[Piece]]] = []
    for pattern in sorted(options, key=lambda pattern: -len(options[pattern])):
        found = [unit for unit in options[pattern] if unit.pattern not in done]
        if len(found) >= _LEAST_UNITS:
            chosen.append((pattern, found))
            done.update(unit.pattern for unit in found)
    return chosen


def _may_end(suffix: bytes, directory: bytes) -> bool:
    """Return True if tomorrow's file that ends so will be of the same use."""
    if directory:
        return bool(suffix) and suffix not in _CODE
    kind = kinds().get(suffix.lower())
    return kind is not None and kind.category in _AT_ROOT


def suffix_line(path: bytes) -> bytes | None:
    """Return ``dir/*.ext``, which names this file with those of its kind beside it; None if it is never written."""
    directory, _, name = path.rpartition(b"/")
    stem, _, suffix = name.rpartition(b".")
    if not stem or not _may_end(suffix, directory):
        return None
    return directory + b"/" * bool(directory) + b"*." + suffix


def _by_directory(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for path in paths:
        found[path.rpartition(b"/")[0]].append(path)
    return found
