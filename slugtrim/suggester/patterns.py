"""Writing sets of files as lines of a ``.slugignore`` that both dialects read alike.

A set becomes ``/dir`` where all of a directory goes, a form that its rule names (``*.psd``) where every file of that
form goes, ``/apps/*/tests`` where a form goes from all directories beside each other, ``/dir/*.ext`` and ``/dir/file``
for the rest. What is written is then held against both engines: nothing but
the sets may go, and the same in either reading.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from slugtrim.files import Directory, File
from slugtrim.suggester.outline import Outline, counts_below, files_below, fits, written
from slugtrim.suggester.proof import Piece, proven

_LEAST_FILES = 3
"""``/dir/*.ext`` also takes what comes into the directory tomorrow; two files are as well named one by one."""
_LEAST_UNITS = 2
"""A form stands for so many other patterns at least."""
_LEAST_NEIGHBOURS = 3
"""``/apps/*/tests`` stands for so many directories at least."""
_CODE = frozenset(
    b"py rb js jsx ts tsx mjs cjs vue svelte go java kt scala php ex exs rs cs clj erl html erb css scss less".split()
)
"""Tomorrow's file of such a kind may be one that the application runs."""
_FORM = re.compile(rb"(?=.*\w)[\w.+~@%*-][\w.+~@%* !$&(),:;=^'-]*[\w.+~@%*)-]")


class Wanted(Struct, frozen=True, kw_only=True):
    """Files that are to go for one reason."""

    paths: Collection[bytes]
    top: bytes = b""
    """The directory all of them are in: no pattern reaches above it. It is written as ``/top`` where all of it goes,
    be it a single file."""
    forms: tuple[bytes, ...] = ()
    """Patterns without a slash, as ``*.psd`` or ``__tests__``, that the rule would have for files still to come; no
    other pattern is written without its directory."""


class Entry(Struct, frozen=True, kw_only=True):
    """A pattern and what it takes that no entry before it does, sorted by path."""

    pattern: bytes
    files: tuple[File, ...]
    sets: tuple[int, ...]
    """The sets that the files are of, by their place in the order: that of the entry first."""


class Cover(Struct, frozen=True, kw_only=True):
    """How a set is written."""

    entries: tuple[Entry, ...]
    left: tuple[File, ...]
    """What no pattern names without naming a file that stays: these files stay as well."""


def cover(
    paths: Collection[bytes],
    kept: Sequence[File],
    links: Mapping[bytes, bytes] | None = None,
    *,
    top: bytes = b"",
    forms: tuple[bytes, ...] = (),
) -> Cover:
    """One set as few patterns; see ``cover_each``."""
    (found,) = cover_each([Wanted(paths=paths, top=top, forms=forms)], kept, links)
    return found


def cover_each(
    wanted: Sequence[Wanted], kept: Sequence[File], links: Mapping[bytes, bytes] | None = None
) -> list[Cover]:
    """Several sets as few patterns; one that stands for files of several is an entry of the first that it fits.

    ``kept`` are the files of the slug, ``links`` its tree's symlinks. All patterns together take out of ``kept`` what
    is wanted, less what is ``left``, in both dialects; each of them takes nothing that is not wanted. A file that
    several sets want belongs to the first of them.
    """
    outline = Outline(kept)
    owned = [outline.take(each.paths, number) for number, each in enumerate(wanted)]
    spelling = _Spelling(outline)
    pieces: list[Piece] = spelling.tops([each.top for each in wanted], owned)
    for number, each in enumerate(wanted):
        pieces += spelling.pieces(each, owned[number], number)
    entries: list[list[Entry]] = [[] for _ in wanted]
    gone: set[bytes] = set()
    for piece, paths in proven(pieces, outline, links or {}):
        files = tuple(map(outline.file, sorted(paths)))
        others = {outline.taken[path] for path in paths} - {piece.set}
        entries[piece.set].append(Entry(pattern=piece.pattern, files=files, sets=(piece.set, *sorted(others))))
        gone.update(paths)
    return [
        Cover(entries=tuple(found), left=outline.select(each.paths, without=gone))
        for found, each in zip(entries, wanted, strict=True)
    ]


class _Spelling:
    """Writes one set after the other; what a pattern of one set takes of others need not be written again."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._written: set[bytes] = set()

    def tops(self, tops: Sequence[bytes], owned: Sequence[Sequence[bytes]]) -> list[Piece]:
        """The directories that are whole sets, or that several sets make whole: the uppermost first."""
        pieces: list[Piece] = []
        for number in sorted(range(len(tops)), key=lambda number: tops[number].count(b"/")):
            top = self._outline.directory(tops[number])
            if top is not None and top.path and self._outline.is_whole(top) and self._open(owned[number]):
                pieces += self._whole(top, number)
        return pieces

    def pieces(self, wanted: Wanted, owned: Sequence[bytes], number: int) -> list[Piece]:
        """What is not written yet of a set."""
        by_pattern: dict[bytes, Piece] = {}
        for unit in self._units(self._outline.start(wanted.top), self._open(owned), number):
            same = by_pattern.get(unit.pattern)  # two names may be one pattern where there is a `?` in it
            by_pattern[unit.pattern] = unit if same is None else unit._replace(paths=same.paths + unit.paths)
        forms, units = self._with_forms(list(by_pattern.values()), wanted.forms)
        units, last = self._with_neighbours(units, wanted.forms)
        # A form may take again what a directory before it does; only so does each piece take what it is meant for.
        return sorted(self._with_suffixes(units), key=lambda piece: piece.pattern) + forms + last

    def _open(self, paths: Iterable[bytes]) -> list[bytes]:
        return [path for path in paths if path not in self._written]

    def _whole(self, directory: Directory, number: int) -> Iterator[Piece]:
        pattern = b"/" + written(directory.path)
        if self._outline.takes_no_other(pattern):
            yield self._piece(pattern, [file.path for file in files_below(directory)], number)

    def _piece(self, pattern: bytes, paths: Iterable[bytes], number: int) -> Piece:
        piece = Piece(pattern, tuple(self._open(paths)), number)
        self._written.update(piece.paths)
        return piece

    def _units(self, start: Directory, owned: Sequence[bytes], number: int) -> Iterator[Piece]:
        """A set as whole directories, the uppermost there are, and single files."""
        counts = counts_below(owned)
        within = _by_directory([*owned, *filter(None, counts)])
        stack = [start.path]
        while stack:
            path = stack.pop()
            directory = self._outline.directory(path)
            if directory is None:
                pattern = b"/" + written(path)
                if self._outline.takes_no_other(pattern):
                    yield self._piece(pattern, [path], number)
                continue
            is_whole = counts[path] > 1 and directory != start and self._outline.is_whole(directory)
            whole = list(self._whole(directory, number)) if is_whole else []
            yield from whole
            if not whole:
                stack.extend(within[path])

    def _with_forms(self, units: list[Piece], forms: Iterable[bytes]) -> tuple[list[Piece], list[Piece]]:
        """The forms that each stand for two or more of the units, the one for most of them first; the other units."""
        taken = {form: self._outline.form_takes(form) for form in forms if len(units) > 1 and _FORM.fullmatch(form)}
        chosen: list[Piece] = []
        while True:
            fits = {form: [unit for unit in units if paths.issuperset(unit.paths)] for form, paths in taken.items()}
            form = max(fits, key=lambda form: len(fits[form]), default=b"")
            if len(fits.get(form, ())) < _LEAST_UNITS:
                return chosen, units
            paths = [path for unit in fits[form] for path in unit.paths]
            others = self._piece(form, sorted(taken[form]), units[0].set)
            chosen.append(others._replace(paths=(*paths, *others.paths)))
            done = {unit.pattern for unit in fits[form]}
            units = [unit for unit in units if unit.pattern not in done]

    def _with_neighbours(self, units: Iterable[Piece], forms: Sequence[bytes]) -> tuple[list[Piece], list[Piece]]:
        """With ``/apps/*/tests`` for what a form of the rule names in several directories beside each other.

        Those of single files are apart: one may take again what a form before it does.
        """
        others: list[Piece] = []
        last: list[Piece] = []
        alike: dict[tuple[bytes, bytes], list[Piece]] = defaultdict(list)
        for unit in units:
            directory, _, name = unit.pattern[1:].rpartition(b"/")
            form = next((form for form in forms if _FORM.fullmatch(form) and fits(name, form)), None)
            if directory and form is not None and b"?" not in unit.pattern:
                alike[directory.rpartition(b"/")[0], form].append(unit)
            else:
                others.append(unit)
        for (above, form), found in alike.items():
            is_spread = len({unit.pattern.rpartition(b"/")[0] for unit in found}) >= _LEAST_NEIGHBOURS
            takes = self._outline.takes_in_each(self._outline.start(above), form) if is_spread else set()
            if takes:
                paths = [path for unit in found for path in unit.paths]
                piece = self._piece(b"/" + above + b"/" * bool(above) + b"*/" + form, sorted(takes), found[0].set)
                is_single = all(unit.paths == (unit.pattern[1:],) for unit in found)
                (last if is_single else others).append(piece._replace(paths=(*paths, *piece.paths)))
            else:
                others += found
        return others, last

    def _with_suffixes(self, units: Iterable[Piece]) -> Iterator[Piece]:
        """With ``/dir/*.ext`` for single files of a directory, where every name there that ends so is one of them."""
        alike: dict[bytes, dict[bytes, list[Piece]]] = defaultdict(lambda: defaultdict(list))
        for unit in units:
            directory, _, name = unit.pattern[1:].rpartition(b"/")
            stem, _, suffix = name.rpartition(b".")
            if unit.paths == (unit.pattern[1:],) and directory and stem and suffix and suffix not in _CODE:
                alike[directory][suffix].append(unit)
            else:
                yield unit
        for directory, by_suffix in alike.items():
            enough = max(map(len, by_suffix.values())) >= _LEAST_FILES
            takes = self._outline.by_suffix(self._outline.start(directory)) if enough else {}
            for suffix, files in by_suffix.items():
                if len(files) >= _LEAST_FILES and suffix in takes:
                    paths = [file.paths[0] for file in files]
                    others = self._piece(b"/" + directory + b"/*." + suffix, takes[suffix], files[0].set)
                    yield others._replace(paths=(*paths, *others.paths))
                else:
                    yield from files


def _by_directory(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for path in paths:
        found[path.rpartition(b"/")[0]].append(path)
    return found
