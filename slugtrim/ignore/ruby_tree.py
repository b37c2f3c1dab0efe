"""The build directory as a slug compiler has it before it: paths are looked up as the kernel would, and removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from slugtrim.files import Directory, File
from slugtrim.ignore.ruby_fnmatch import Names
from slugtrim.ignore.rules import Rule

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
