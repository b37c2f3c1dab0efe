"""Ruby 3.1's ``Dir[]`` on a tree in memory: which paths a pattern matches, spelled and ordered as Ruby would."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from slugtrim.files import Directory
from slugtrim.ignore.ruby_fnmatch import NamePattern, compile_name
from slugtrim.ignore.ruby_pattern import Kind, Segment, compile_pattern, expand_braces, join_segments, without_escapes
from slugtrim.ignore.ruby_tree import BuildDirectory, Inside, Spot

_STEPS = 200_000
_STEPS_PER_ENTRY = 10
"""One line may take so many steps, and so many more for each entry of the tree. Two links to their own directory double
the paths of ``*/*/*/…`` with each star, and so does ``*/../``: Ruby would go on for years."""


class TooManyStepsError(Exception):
    """A pattern comes by the same files again and again, by more ways than are worth counting."""


class _Visit(NamedTuple):
    """A path the search has come to, and the segments that may go on from it."""

    path: bytes
    """As the pattern spells it, with a slash before each part; empty at the root."""
    spot: Spot
    segments: tuple[Segment, ...]
    pointers: tuple[int, ...]
    """Indexes of ``segments``, without repetition, in Ruby's order."""
    at_start: bool
    """Whether no directory was listed yet: only the first listing of a search has an entry ``.``."""


class GlobSearch:
    """Patterns at work on a tree that does not change meanwhile."""

    def __init__(self, tree: BuildDirectory) -> None:
        self._tree = tree
        self._names: dict[bytes, tuple[NamePattern, ...]] = {}
        self._verdicts: dict[bytes, dict[bytes, bool]] = {}
        self._expanded: dict[bytes, list[tuple[Segment, ...]]] = {}
        self._steps_left = _STEPS + _STEPS_PER_ENTRY * tree.entries

    def matches(self, pattern: bytes) -> Iterator[bytes]:
        """Paths that the pattern, taken from the root, matches: each begins with a slash, the root itself is empty.

        The same path may come more than once. Raises ``TooManyAlternativesError`` and ``TooManyStepsError``.
        """
        # Any plain name for the build directory does: what comes first decides how the parts after it are cut.
        segments = compile_pattern(b"build" + (b"" if pattern.startswith(b"/") else b"/") + pattern)
        path = without_escapes(segments[0].text).removeprefix(b"build")
        spot = self._tree.look_up(Spot(self._tree.root, 0), b"." + path)
        if spot is None or not self._tree.is_there(self._tree.root):
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

    def _alternatives(self, pattern: bytes) -> list[tuple[Segment, ...]]:
        expanded = self._expanded.get(pattern)
        if expanded is None:
            expanded = self._expanded[pattern] = [compile_pattern(text) for text in expand_braces(pattern)]
        return expanded

    def _ends(self, visit: _Visit) -> Iterator[bytes]:
        kinds = {visit.segments[_target(visit.segments, pointer)].kind for pointer in visit.pointers}
        if Kind.END in kinds:
            yield visit.path
        if Kind.END_DIRECTORY in kinds and self._tree.enter(visit.spot) is not None:
            yield visit.path + b"/"

    def _following(self, visit: _Visit) -> list[_Visit]:
        kinds = {visit.segments[pointer].kind for pointer in visit.pointers}
        if kinds <= {Kind.END, Kind.END_DIRECTORY}:
            return []
        if kinds <= {Kind.END, Kind.END_DIRECTORY, Kind.PLAIN}:
            return list(self._looked_up(visit))
        within = self._tree.enter(visit.spot)
        return [] if within is None else list(self._listed(visit, within))

    def _looked_up(self, visit: _Visit) -> Iterator[_Visit]:
        """Where plain segments lead without a look into the directory."""
        pointers = [pointer for pointer in visit.pointers if visit.segments[pointer].kind is Kind.PLAIN]
        while pointers:
            first, *others = pointers
            name = without_escapes(visit.segments[first].text)
            same = {pointer: None for pointer in others if self._name_matches(visit.segments[pointer], name)}
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
        recursive = any(visit.segments[pointer].kind is Kind.RECURSIVE for pointer in visit.pointers)
        for pointer in visit.pointers:
            if visit.segments[pointer].kind is Kind.RECURSIVE:
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

    def _names_in(self, directory: Directory, segment: Segment, with_dot: bool) -> list[bytes]:
        patterns = self._name_patterns(segment)
        if not patterns:
            return []
        if len(patterns) == 1 and (exact := patterns[0].exact) is not None:
            there = exact in directory.files or exact in directory.directories or (with_dot and exact == b".")
            return [exact] if there else []
        names = [name for name in directory.directories if self._name_matches(segment, name)]
        names += [name for name in directory.files if self._name_matches(segment, name)]
        if with_dot and self._name_matches(segment, b"."):
            names.append(b".")
        return names

    def _anywhere(self, visit: _Visit) -> list[bytes] | None:
        """The matches of ``**/name`` at the root from an index of names; None when that does not tell them."""
        if visit.path or len(visit.pointers) > 1 or visit.segments[visit.pointers[0]].kind is not Kind.RECURSIVE:
            return None
        _, segment, *rest = visit.segments[visit.pointers[0] :]
        if not rest:
            return None
        visible = self._tree.visible_names
        names = {name for pattern in self._name_patterns(segment) for name in _select(pattern, visible)}
        if names and len(rest) > 1:
            return None
        found = []
        for name in names:
            for directory in self._tree.holders(name):
                entry = self._tree.child(directory, name)
                if entry is None:
                    continue
                if rest[0].kind is Kind.END:
                    found.append(b"/" + entry.path)
                elif self._tree.enter(Spot(entry, 0)) is not None:
                    found.append(b"/" + entry.path + b"/")
        return sorted(found, key=_parts)

    def _name_matches(self, segment: Segment, name: bytes) -> bool:
        verdicts = self._verdicts.setdefault(segment.text, {})
        verdict = verdicts.get(name)
        if verdict is None:
            verdict = any(pattern.matches(name) for pattern in self._name_patterns(segment))
            verdicts[name] = verdict
        return verdict

    def _name_patterns(self, segment: Segment) -> tuple[NamePattern, ...]:
        """What the names of a segment are compared with: none for an end."""
        if segment.kind in (Kind.END, Kind.END_DIRECTORY):
            return ()
        patterns = self._names.get(segment.text)
        if patterns is None:
            texts = expand_braces(segment.text) if segment.kind is Kind.BRACE else (segment.text,)
            patterns = self._names[segment.text] = tuple(compile_name(text) for text in texts)
        return patterns

    def _spend(self, visit: _Visit, names: int) -> None:
        """Pay for a visit; for the names in it only where the path is a second name for what is elsewhere."""
        detour = visit.path[1:] != visit.spot.entry.path
        self._steps_left -= len(visit.pointers) + (names if detour else 0)
        if self._steps_left < 0:
            raise TooManyStepsError


def _target(segments: tuple[Segment, ...], pointer: int) -> int:
    """Which segment comes next: after a ``**/`` the one behind it, since that may stand for no directory at all."""
    return pointer + 1 if segments[pointer].kind is Kind.RECURSIVE else pointer


def _select(pattern: NamePattern, visible: Collection[bytes]) -> list[bytes]:
    if pattern.exact is not None:
        return [pattern.exact] if pattern.exact in visible else []
    return pattern.select(visible)


def _braces_to_expand(visit: _Visit) -> bytes | None:
    """The pattern whose braces are to be written out before the search goes on, if it has come to any.

    Braces in a name after ``**/`` are not, they are tried on each name. When several segments may go on, only the
    first of them survives the writing out, in Ruby too.
    """
    recursive = False
    for pointer in visit.pointers:
        recursive = recursive or visit.segments[pointer].kind is Kind.RECURSIVE
        segment = visit.segments[_target(visit.segments, pointer)]
        if segment.kind is Kind.BRACE and (not recursive or b"/" in segment.text):
            return join_segments(visit.segments[visit.pointers[0] :])
    return None


def _parts(path: bytes) -> list[bytes]:
    return path.split(b"/")
