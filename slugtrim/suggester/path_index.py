"""The paths of a slug, indexed for each way in which a program may write one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

_OF_A_TEST = re.compile(rb"\.(?:test|spec|stories|story|cy|e2e|snap|mock)\.")
_SCANNED = 8
"""A tail of a path that more files share is looked up with one more part, instead of comparing each of them."""
_MAX_PARTS = 6
"""Parts of a path that are compared from its end: what agrees in so many is the same to us."""


class PathIndex:
    """The files and directories of one slug. Building it takes time linear in the bytes of the paths.

    What is asked of few directories, or not at all, is built when it is asked for.
    """

    def __init__(self, paths: Collection[bytes]) -> None:
        self.files = frozenset(paths)
        self._sorted = sorted(self.files)
        self._children: dict[bytes, list[bytes]] = {b"": []}
        self._stems: dict[bytes, dict[bytes, list[bytes]]] = {}
        """Of a directory, each stem with the files that have it."""
        for path in self._sorted:
            self._add(path)

    def _add(self, path: bytes) -> None:
        children = self._children
        while True:
            above = path.rpartition(b"/")[0]
            siblings = children.get(above)
            if siblings is not None:
                siblings.append(path)
                return
            children[above] = [path]
            path = above

    @cached_property
    def files_by_end(self) -> Tails:
        """Files by the last parts of their paths."""
        return Tails((path.rpartition(b"/")[2], path) for path in self._sorted)

    @cached_property
    def stems_by_end(self) -> Tails:
        """The same where the last part has no extension."""
        return Tails((stem, path) for path in self._sorted for stem in stems(path.rpartition(b"/")[2]))

    @cached_property
    def directories_by_end(self) -> Tails:
        """Directories by the last parts of their paths."""
        return Tails((path.rpartition(b"/")[2], path) for path in self._children if path)

    def is_directory(self, path: bytes) -> bool:
        """Return True if a file is somewhere below ``path``."""
        return path in self._children

    def children(self, directory: bytes) -> Sequence[bytes]:
        """Return the paths of the files and directories directly in a directory."""
        return self._children.get(directory, ())

    def files_in(self, directory: bytes) -> list[bytes]:
        """Return the files directly in a directory."""
        return [path for path in self.children(directory) if path in self.files]

    def below(self, directory: bytes) -> list[bytes]:
        """Return all files below a directory, at any depth."""
        if not directory:
            return self._sorted
        start, stop = bisect_left(self._sorted, directory + b"/"), bisect_left(self._sorted, directory + b"0")
        return self._sorted[start:stop]

    @cached_property
    def by_extension(self) -> Mapping[bytes, list[bytes]]:
        """Extension to the files that have it."""
        found: dict[bytes, list[bytes]] = defaultdict(list)
        for path in self._sorted:
            _, dot, extension = path.rpartition(b".")
            if dot:
                found[extension].append(path)
        return found

    def without_extension(self, path: bytes) -> Sequence[bytes]:
        """Return the files that ``path`` names without their extension, or without the underscore of a partial."""
        directory, slash, name = path.rpartition(b"/")
        known = self._stems.get(directory)
        if known is None:
            if directory not in self._children:
                return ()
            known = self._stems[directory] = defaultdict(list)
            for file in self.files_in(directory):
                for stem in stems(file.rpartition(b"/")[2]):
                    known[stem].append(file)
        return known.get(name, ()) if directory or not slash else ()

    def has_last_part(self, part: bytes) -> bool:
        """Return True if a file or directory has this name, or a file has it without its extension."""
        return part in self.files_by_end or part in self.stems_by_end or part in self.directories_by_end


class Tails:
    """Paths by their last parts: those that share a tail are told apart by a longer one, made when it is asked for."""

    def __init__(self, named: Iterable[tuple[bytes, bytes]]) -> None:
        """``named`` are the paths, each with its last part."""
        self._by_name: dict[bytes, list[bytes]] = defaultdict(list)
        self._longer: dict[tuple[bytes, ...], dict[bytes, list[bytes]]] = {}
        for name, path in named:
            self._by_name[name].append(path)

    def __contains__(self, name: bytes) -> bool:
        return name in self._by_name

    def best(self, parts: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
        """Return the paths that agree with the most of the last ``parts``, and with how many (0 if no path)."""
        if not parts:
            return 0, ()
        found: Sequence[bytes] = self._by_name.get(parts[-1], ())
        depth = 1 if found else 0
        while depth and depth < min(len(parts), _MAX_PARTS):
            longer = self._narrowed(tuple(parts[-depth:]), found, parts[-depth - 1])
            if not longer:
                break
            found, depth = longer, depth + 1
        return depth, found

    def _narrowed(self, tail: tuple[bytes, ...], found: Sequence[bytes], part: bytes) -> Sequence[bytes]:
        depth = len(tail)
        if len(found) <= _SCANNED:
            return [path for path in found if _part_from_end(path, depth) == part]
        groups = self._longer.get(tail)
        if groups is None:
            groups = self._longer[tail] = defaultdict(list)
            for path in found:
                groups[_part_from_end(path, depth)].append(path)
        return groups.get(part, ())


def _part_from_end(path: bytes, depth: int) -> bytes:
    """Return the part with ``depth`` parts after it; empty if there is none."""
    split = path.rsplit(b"/", depth + 1)
    return split[-depth - 1] if len(split) > depth else b""


def stems(name: bytes) -> set[bytes]:
    """Return all that a program may call a file without its extension: ``a.service.ts`` is ``a.service`` or ``a``.

    The underscore of a partial may be missing. The test of a module is not called by the module's name.
    """
    if name.startswith(b"."):
        return {name.rpartition(b".")[0]} - {b""}
    stem, dot, _ = name.rpartition(b".")
    if not dot:
        return {name[1:]} if name.startswith(b"_") and len(name) > 1 else set()
    found = {stem}
    first = stem.partition(b".")[0]
    if first != stem and not _OF_A_TEST.search(name):
        found.add(first)
    if name.startswith(b"_"):
        found |= {each[1:] for each in found if len(each) > 1}
    return found


def join(directory: bytes, name: bytes) -> bytes:
    """Return the path of ``name`` in a directory; either may be empty."""
    if not directory or not name:
        return directory or name
    return directory + b"/" + name


def follow(directory: bytes, parts: Iterable[bytes]) -> bytes | None:
    """Return the path that ``parts`` lead to from a directory; None if they climb out of the slug."""
    path = directory.split(b"/") if directory else []
    for part in parts:
        if part == b"..":
            if not path:
                return None
            path.pop()
        elif part not in (b"", b"."):
            path.append(part)
    return b"/".join(path)


def parent(path: bytes) -> bytes:
    """Return the directory that a file or directory is in; empty for the slug's root."""
    return path.rpartition(b"/")[0]


def up(directory: bytes) -> Iterator[bytes]:
    """Yield a directory and all above it, the slug's root last."""
    yield directory
    while directory:
        directory = parent(directory)
        yield directory


def project_of(path: bytes, roots: Collection[bytes]) -> bytes:
    """Return the nearest directory above a file in which a project begins; the slug's root is one."""
    directory = path.rpartition(b"/")[0]
    while directory and directory not in roots:
        directory = directory.rpartition(b"/")[0]
    return directory
