"""Ruby 3.1's ``Dir[]`` on a tree in memory: which paths a pattern matches, spelled and ordered as Ruby would."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain, takewhile
from typing import NamedTuple

from slugtrim.files import Directory, File
from slugtrim.ignore import Rule, without_escapes
from slugtrim.ignore.ruby_pattern import (
    Names,
    PatternSegment,
    SegmentKind,
    compile_name,
    compile_pattern,
    expand_braces,
    join_segments,
    matches_any_name,
)

_LINKS_LIMIT = 40
"""Linux follows so many symlinks on the way to one file (path_resolution(7))."""


LEVELS_ABOVE = 8
"""How many directories above the root a pattern may go to. Deeper than that, no build directory lies."""


class Spot(NamedTuple):
    """What a path leads to. A ``File`` may be a symlink that is not followed yet."""

    entry: Directory | File
    links: int
    """How many symlinks were followed on the way."""


class Inside(NamedTuple):
    """A directory that a path leads into."""

    directory: Directory
    links: int
    """As for ``Spot``."""


class BuildDirectory:
    """A tree that rules are at work on. A directory stays when all that was in it is removed.

    Above the root are directories of which nothing is known but that each holds the one below it, under a name that
    does not begin with a dot: ``unknown_name``.
    """

    def __init__(self, root: Directory, links: Mapping[bytes, bytes]) -> None:
        self.root = root
        self.removed: dict[bytes, Rule] = {}
        self.removals = 0
        """How often something was removed: while it stays the same, so does what a pattern matches."""
        self.entries = 0
        """How many files and directories there were at first."""
        self._names: Names | None = None
        self._not_lost_yet: list[Directory | File] = []
        """Entries that are removed, but not from ``names``: only a pattern with wildcards needs those."""
        self._links = links
        self._gone: set[Directory] = set()
        self._directories: dict[bytes, Directory] = {}
        self._holder: dict[bytes, Directory] = {}
        self._further_holders: dict[bytes, list[Directory]] = defaultdict(list)
        self._above: dict[Directory, Directory] = {}
        below = root
        for level in range(LEVELS_ABOVE):
            above = Directory(b"/".join([b".."] * (level + 1)), None)
            above.directories[unknown_name(level)] = below
            self._above[below] = above
            below = above
        self._index()

    def _index(self) -> None:
        stack = [(self.root, True)]
        while stack:
            directory, seen = stack.pop()
            self.entries += len(directory.directories) + len(directory.files)
            self._directories[directory.path] = directory
            for name, child in directory.directories.items():
                stack.append((child, seen and not name.startswith(b".")))
            if seen:
                self._index_names(directory, directory.directories)
                self._index_names(directory, directory.files)

    def _index_names(self, directory: Directory, names: Mapping[bytes, object]) -> None:
        """Most names are in one directory only: a list for each of them would double the cost of the index."""
        for name in self._holder.keys() & names.keys():
            self._further_holders[name].append(self._holder[name])
        self._holder.update(dict.fromkeys(names, directory))

    def restore(self) -> None:
        """Bring back all that was removed."""
        self.removed.clear()
        self._gone.clear()
        self._not_lost_yet.clear()
        self.removals += 1
        if self._names is not None:
            self._names.restore()

    @property
    def names(self) -> Names:
        """The names of all entries that are left."""
        if self._names is None:
            directories = self._directories.values()
            names = (names for each in directories for names in (each.directories, each.files))
            self._names = Names(chain.from_iterable(names))
        if self._not_lost_yet:
            self._names.lose(name for entry in self._not_lost_yet for name in self._lost_with(entry))
            self._not_lost_yet.clear()
        return self._names

    def _lost_with(self, entry: Directory | File) -> Iterator[bytes]:
        """Yield the name of a removed entry, and of all in it that was not removed before."""
        stack = [entry]
        while stack:
            entry = stack.pop()
            yield entry.path.rpartition(b"/")[2]
            if isinstance(entry, Directory):
                stack += (each for each in entry.directories.values() if each.path not in self.removed)
                stack += (each for each in entry.files.values() if each.path not in self.removed)

    def anywhere(self, name: bytes) -> list[bytes]:
        """Return the paths that ``**/`` and this name match, of those that are left."""
        if name not in self._holder:
            return []
        holders = (self._holder[name], *self._further_holders.get(name, ()))
        found = (self.child(directory, name) for directory in holders if directory not in self._gone)
        return [entry.path for entry in found if entry is not None]

    def leads_to_directory(self, path: bytes) -> bool:
        """Return True if this path, from the root, is a directory or a symlink to one."""
        spot = self.look_up(Spot(self.root, 0), path)
        return spot is not None and self.enter(spot) is not None

    def is_there(self, directory: Directory) -> bool:
        """Whether no rule has taken this directory yet."""
        return directory not in self._gone

    def is_above(self, directory: Directory | File) -> bool:
        """Whether this is a directory above the root."""
        return directory is not self.root and isinstance(directory, Directory) and directory.parent is None

    def child(self, directory: Directory, name: bytes) -> Directory | File | None:
        """The entry of this name, unless it is removed; of a directory that is there itself."""
        below = directory.directories.get(name)
        if below is not None:
            return below if below not in self._gone else None
        file = directory.files.get(name)
        return file if file is not None and file.path not in self.removed else None

    def enter(self, spot: Spot) -> Inside | None:
        """The directory at this spot, or the one a symlink there leads to; None when there is none."""
        links = spot.links
        entry = spot.entry
        while not isinstance(entry, Directory):
            target = self._links.get(entry.path)
            if not target or target.startswith(b"/") or links >= _LINKS_LIMIT:
                return None
            parent = self._directories[entry.path.rpartition(b"/")[0]]
            found = self.look_up(Spot(parent, links + 1), target)
            if found is None:
                return None
            entry, links = found
        return Inside(entry, links)

    def look_up(self, start: Spot, path: bytes) -> Spot | None:
        """What a relative path leads to from ``start``; its last part is followed only when a slash comes after it.

        Of what is outside the root, only the directories above it are known.
        """
        spot = start
        for part in path.split(b"/"):
            within = self.enter(spot)
            if within is None:
                return None
            entry = self._step(within.directory, part)
            if entry is None:
                return None
            spot = Spot(entry, within.links)
        return spot

    def _step(self, directory: Directory, part: bytes) -> Directory | File | None:
        if part == b"..":
            return directory.parent or self._above.get(directory)
        return directory if part in (b"", b".") else self.child(directory, part)

    def remove(self, path: bytes, rule: Rule) -> None:
        """Take out what a path leads to, if there is anything."""
        entry = self.to_remove(path)
        if isinstance(entry, Directory):
            self._remove_directory(entry, rule)
        elif entry is not None:
            self._note_removal(entry, rule)

    def to_remove(self, path: bytes) -> Directory | File | None:
        """Return what a path leads to: through symlinks on the way, a symlink at its end for itself."""
        if not self.is_there(self.root):
            return None
        if not path:
            return self.root
        parent, _, name = path.rpartition(b"/")
        directory = self._directories.get(parent)
        if directory is None or directory in self._gone:
            found = self.look_up(Spot(self.root, 0), parent)
            within = self.enter(found) if found is not None else None
            if within is None:
                return None
            directory = within.directory
        return self.child(directory, name)

    def _remove_directory(self, directory: Directory, rule: Rule) -> None:
        self._note_removal(directory, rule)
        stack = [directory]
        while stack:
            below = stack.pop()
            if below not in self._gone:
                self._gone.add(below)
                stack.extend(below.directories.values())

    def _note_removal(self, entry: Directory | File, rule: Rule) -> None:
        self.removed[entry.path] = rule
        self.removals += 1
        self._not_lost_yet.append(entry)


def unknown_name(level: int) -> bytes:
    """Return what stands for the name of the root, level 0, or of a directory above it. NUL is in no real name."""
    return b"\0" * (level + 1)


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
