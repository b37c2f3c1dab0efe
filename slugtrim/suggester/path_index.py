"""The paths of a slug, indexed for each way in which a program may write one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

_OF_A_TEST = re.compile(rb"\.(?:test|spec|stories|story|cy|e2e|snap|mock)\.")
_SCANNED = 8
"""A tail of a path that more files share is looked up with one more part, instead of comparing each of them."""
_MAX_PARTS = 6
"""Parts of a path that are compared from its end: what agrees in so many is the same to us."""


class PathIndex:
    """The files and directories of one slug. Building it takes time linear in the bytes of the paths."""

    def __init__(self, paths: Collection[bytes]) -> None:
        self.files = frozenset(paths)
        self._sorted = sorted(self.files)
        self._children: dict[bytes, list[bytes]] = {b"": []}
        self._stems: dict[bytes, list[bytes]] = defaultdict(list)
        self._file_tails = _Tails()
        self._stem_tails = _Tails()
        self._directory_tails = _Tails()
        for path in self._sorted:
            self._add(path)

    def _add(self, path: bytes) -> None:
        parent, _, name = path.rpartition(b"/")
        self._file_tails.add(name, path)
        for stem in stems(name):
            self._stems[join(parent, stem)].append(path)
            self._stem_tails.add(stem, path)
        child = path
        while True:
            known = parent in self._children
            self._children.setdefault(parent, []).append(child)
            if known:
                return
            self._directory_tails.add(parent.rpartition(b"/")[2], parent)
            parent, child = parent.rpartition(b"/")[0], parent

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

    def without_extension(self, path: bytes) -> Sequence[bytes]:
        """Return the files that ``path`` names without their extension, or without the underscore of a partial."""
        return self._stems.get(path, ())

    def ending(self, parts: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
        """Return the files whose paths agree with the most of the last ``parts``, and with how many (0 if no file)."""
        return self._file_tails.best(parts)

    def stem_ending(self, parts: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
        """Return the same where the last part has no extension."""
        return self._stem_tails.best(parts)

    def directories_ending(self, parts: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
        """Return the same for directories."""
        return self._directory_tails.best(parts)


class _Tails:
    """Paths by their last parts: those that share a tail are told apart by a longer one, made when it is asked for."""

    def __init__(self) -> None:
        self._by_name: dict[bytes, list[bytes]] = defaultdict(list)
        self._longer: dict[tuple[bytes, ...], dict[bytes, list[bytes]]] = {}

    def add(self, name: bytes, path: bytes) -> None:
        self._by_name[name].append(path)

    def best(self, parts: Sequence[bytes]) -> tuple[int, Sequence[bytes]]:
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
    if b"." not in name:
        return {name[1:]} if name.startswith(b"_") and len(name) > 1 else set()
    found = {name.rpartition(b".")[0]}
    if not _OF_A_TEST.search(name):
        found.add(name.partition(b".")[0])
    return found | {stem[1:] for stem in found if stem.startswith(b"_") and len(stem) > 1}


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
