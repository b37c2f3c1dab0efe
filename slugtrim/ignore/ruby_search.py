"""Ruby 3.1's ``Dir[]`` on a tree in memory: which paths a pattern matches, spelled and ordered as Ruby would."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import takewhile
from typing import NamedTuple

from slugtrim.files import Directory
from slugtrim.ignore.ruby_fnmatch import compile_name, matches_any_name
from slugtrim.ignore.ruby_pattern import PatternSegment, SegmentKind, compile_pattern, expand_braces, join_segments
from slugtrim.ignore.ruby_tree import BuildDirectory, Inside, Spot
from slugtrim.ignore.rules import without_escapes

_DOTS = (b"", b".", b"..")


class TooManyStepsError(Exception):
    """A search takes more steps than it may."""


class _Visit(NamedTuple):
    """A path the search has come to, and the segments that may go on from it."""

    path: bytes
    """As the pattern spells it, with a slash before each part; empty at the root."""
    spot: Spot
    segments: tuple[PatternSegment, ...]
    pointers: tuple[int, ...]
    """Indexes of ``segments``, without repetition, in Ruby's order."""
    at_start: bool
    """Whether no directory was listed yet: only the first listing of a search has an entry ``.``."""


class GlobSearch:
    """Patterns at work on a tree that does not change meanwhile."""

    def __init__(self, tree: BuildDirectory, max_steps: int = sys.maxsize) -> None:
        self.steps_left = max_steps
        """How many more directories and paths the search may look into."""
        self._tree = tree
        self._written_out: dict[bytes, Sequence[bytes]] = {}
        self._expanded: dict[bytes, list[tuple[PatternSegment, ...]]] = {}

    def matches(self, pattern: bytes) -> Iterator[bytes]:
        """Paths that the pattern, taken from the root, matches: each begins with a slash, the root itself is empty.

        The same path may come more than once. Raises ``TooManyAlternativesError`` and ``TooManyStepsError``.
        """
        # Any plain name for the build directory does: what comes first decides how the parts after it are cut.
        segments = compile_pattern(b"build" + (b"" if pattern.startswith(b"/") else b"/") + pattern)
        path = without_escapes(segments[0].text).removeprefix(b"build")
        spot = self._tree.look_up(Spot(self._tree.root, 0), b"." + path)
        if spot is None or not self._tree.is_there(self._tree.root) or not self._may_match(segments[1:]):
            return
        stack = [_Visit(path, spot, segments, (1,), True)]
        while stack:
            visit = stack.pop()
            braces = _braces_to_expand(visit)
            if braces is not None:
                expanded = self._alternatives(braces)
                stack.extend(visit._replace(segments=each, pointers=(0,)) for each in reversed(expanded))
                continue
            yield from self._ends(visit)
            if (found := self._anywhere(visit)) is not None:
                yield from found
                continue
            stack.extend(reversed(self._following(visit)))

    def _alternatives(self, pattern: bytes) -> list[tuple[PatternSegment, ...]]:
        expanded = self._expanded.get(pattern)
        if expanded is None:
            compiled = (compile_pattern(text) for text in expand_braces(pattern))
            expanded = self._expanded[pattern] = [segments for segments in compiled if self._may_match(segments)]
        return expanded

    def _may_match(self, segments: Sequence[PatternSegment]) -> bool:
        """Return False if no name of the tree is like one of the segments before the first braces."""
        # Braces are written out together with all that comes after them, which is then cut anew.
        for segment in takewhile(lambda segment: segment.kind is not SegmentKind.BRACE, segments):
            if segment.kind is SegmentKind.PLAIN:
                name = without_escapes(segment.text)
                if name not in self._tree.names and name not in _DOTS and b"/" not in name:
                    return False
            elif segment.kind is SegmentKind.MAGICAL and not matches_any_name(segment.text):
                pattern = compile_name(segment.text)
                if not pattern.matches(b".") and not self._names_matching(segment):
                    return False
        return True

    def _ends(self, visit: _Visit) -> Iterator[bytes]:
        kinds = {visit.segments[_target(visit.segments, pointer)].kind for pointer in visit.pointers}
        if SegmentKind.END in kinds:
            yield visit.path
        if SegmentKind.END_DIRECTORY in kinds and self._tree.enter(visit.spot) is not None:
            yield visit.path + b"/"

    def _following(self, visit: _Visit) -> list[_Visit]:
        kinds = {visit.segments[pointer].kind for pointer in visit.pointers}
        if kinds <= {SegmentKind.END, SegmentKind.END_DIRECTORY}:
            return []
        if kinds <= {SegmentKind.END, SegmentKind.END_DIRECTORY, SegmentKind.PLAIN}:
            return list(self._looked_up(visit))
        within = self._tree.enter(visit.spot)
        return [] if within is None else list(self._listed(visit, within))

    def _looked_up(self, visit: _Visit) -> Iterator[_Visit]:
        """Where plain segments lead without a look into the directory."""
        pointers = [pointer for pointer in visit.pointers if visit.segments[pointer].kind is SegmentKind.PLAIN]
        while pointers:
            first, *others = pointers
            name = without_escapes(visit.segments[first].text)
            same = {pointer: None for pointer in others if compile_name(visit.segments[pointer].text).exact == name}
            pointers = [pointer for pointer in others if pointer not in same]
            self._spend(visit, 1)
            spot = self._tree.look_up(visit.spot, name)
            if spot is not None:
                following = tuple(pointer + 1 for pointer in (first, *same))
                yield visit._replace(path=visit.path + b"/" + name, spot=spot, pointers=following)

    def _listed(self, visit: _Visit, within: Inside) -> Iterator[_Visit]:
        """Where names in the directory lead, in their order."""
        directory = within.directory
        self._spend(visit, len(directory.directories) + len(directory.files))
        pointers: dict[bytes, dict[int, None]] = {}
        recursive = any(visit.segments[pointer].kind is SegmentKind.RECURSIVE for pointer in visit.pointers)
        for pointer in visit.pointers:
            if visit.segments[pointer].kind is SegmentKind.RECURSIVE:
                for name in directory.directories:
                    if not name.startswith(b"."):
                        pointers.setdefault(name, {})[pointer] = None
            target = _target(visit.segments, pointer)
            for name in self._names_in(directory, visit.segments[target], visit.at_start and not recursive):
                pointers.setdefault(name, {})[target + 1] = None
        for name in sorted(pointers):
            entry = directory if name == b"." else self._tree.child(directory, name)
            if entry is not None:
                path = visit.path + b"/" + name
                yield _Visit(path, Spot(entry, within.links), visit.segments, tuple(pointers[name]), False)

    def _names_in(self, directory: Directory, segment: PatternSegment, with_dot: bool) -> list[bytes]:
        if self._tree.is_above(directory):
            # Its only name is not known: all that can be said is that a star matches it.
            found = [*directory.directories] if any(map(matches_any_name, self._texts(segment))) else []
        else:
            names = self._names_matching(segment)
            found = _common(names, directory.directories) + _common(names, directory.files)
        if with_dot and any(compile_name(text).matches(b".") for text in self._texts(segment)):
            found.append(b".")
        return found

    def _anywhere(self, visit: _Visit) -> list[bytes] | None:
        """The matches of ``**/name`` at the root from an index of names; None when that does not tell them."""
        if visit.path or len(visit.pointers) > 1 or visit.segments[visit.pointers[0]].kind is not SegmentKind.RECURSIVE:
            return None
        _, segment, *rest = visit.segments[visit.pointers[0] :]
        if not rest:
            return None
        paths = [path for name in self._names_matching(segment) for path in self._tree.anywhere(name)]
        if len(rest) > 1:
            return None if paths else []
        if rest[0].kind is SegmentKind.END:
            return sorted((b"/" + path for path in paths), key=parts)
        return sorted((b"/" + path + b"/" for path in paths if self._tree.leads_to_directory(path)), key=parts)

    def _names_matching(self, segment: PatternSegment) -> frozenset[bytes]:
        texts = self._texts(segment)
        if len(texts) == 1:
            return self._tree.names.matching(texts[0])
        return frozenset().union(*map(self._tree.names.matching, texts))

    def _texts(self, segment: PatternSegment) -> Sequence[bytes]:
        """The patterns that names are compared with for a segment: none for an end."""
        if segment.kind in (SegmentKind.END, SegmentKind.END_DIRECTORY):
            return ()
        if segment.kind is not SegmentKind.BRACE:
            return (segment.text,)
        texts = self._written_out.get(segment.text)
        if texts is None:
            texts = self._written_out[segment.text] = tuple(expand_braces(segment.text))
        return texts

    def _spend(self, visit: _Visit, names: int) -> None:
        """Pay for a visit; for the names in it only where the path is a second name for what is elsewhere."""
        detour = visit.path[1:] != visit.spot.entry.path
        self.steps_left -= len(visit.pointers) + (names if detour else 0)
        if self.steps_left < 0:
            raise TooManyStepsError


def _target(segments: tuple[PatternSegment, ...], pointer: int) -> int:
    """Which segment comes next: after a ``**/`` the one behind it, since that may stand for no directory at all."""
    return pointer + 1 if segments[pointer].kind is SegmentKind.RECURSIVE else pointer


def _common(names: Set[bytes], entries: Mapping[bytes, object]) -> list[bytes]:
    fewer, more = (names, entries) if len(names) < len(entries) else (entries, names)
    return [name for name in fewer if name in more]


def _braces_to_expand(visit: _Visit) -> bytes | None:
    """The pattern whose braces are to be written out before the search goes on, if it has come to any.

    Braces in a name after ``**/`` are not, they are tried on each name. When several segments may go on, only the
    first of them survives the writing out, in Ruby too.
    """
    recursive = False
    for pointer in visit.pointers:
        recursive = recursive or visit.segments[pointer].kind is SegmentKind.RECURSIVE
        segment = visit.segments[_target(visit.segments, pointer)]
        if segment.kind is SegmentKind.BRACE and (not recursive or b"/" in segment.text):
            return join_segments(visit.segments[visit.pointers[0] :])
    return None


def parts(path: bytes) -> list[bytes]:
    """Return what Ruby sorts paths by."""
    return path.split(b"/")
