"""The paths of a slug, looked up the ways a program may write them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from slugtrim.files import File
from slugtrim.suggester.words import last_word, stems


class Paths:
    """Where in the slug a written path may lead: as it stands, by its end, by its name, without its extension."""

    def __init__(self, files: Iterable[File]) -> None:
        self.files: dict[bytes, File] = {}
        self.directories: set[bytes] = {b""}
        self._by_name: dict[bytes, list[bytes]] = defaultdict(list)
        self._by_stem: dict[bytes, list[bytes]] = defaultdict(list)
        self._directories_by_name: dict[bytes, list[bytes]] = defaultdict(list)
        self._stems: dict[bytes, list[bytes]] = defaultdict(list)
        for file in files:
            self._add(file)
        for directory in self.directories:
            self._directories_by_name[directory.rpartition(b"/")[2]].append(directory)

    def _add(self, file: File) -> None:
        path = file.path
        self.files[path] = file
        parent, _, name = path.rpartition(b"/")
        for word in {name, last_word(name)}:
            self._by_name[word].append(path)
        for called in stems(name):
            self._by_stem[called].append(path)
            self._stems[parent + b"/" + called if parent else called].append(path)
        while parent not in self.directories:
            self.directories.add(parent)
            parent = parent.rpartition(b"/")[0]

    def at(self, path: bytes) -> list[bytes]:
        """The file at ``path``, or those that it names without their extension."""
        return [path] if path in self.files else self._stems.get(path, [])

    def has_name(self, name: bytes) -> bool:
        """Whether a file or directory may be so called; for ``..``, always."""
        return name in self._by_name or name in self._directories_by_name or name == b".."

    def ending(self, parts: list[bytes]) -> tuple[int, list[bytes]]:
        """The files whose paths agree with the most of the last ``parts``, and how many that is (0: no such file).

        A last part without an extension stands for files with any.
        """
        name = parts[-1]
        found = self._by_name.get(name) or self._by_stem.get(name) or []
        return _most_alike(parts, found)

    def directories_ending(self, parts: list[bytes]) -> tuple[int, list[bytes]]:
        """The same for directories."""
        return _most_alike(parts, self._directories_by_name.get(parts[-1]) or [])

    def directories_below(self, directory: bytes) -> list[bytes]:
        """The directory and all in it, at any depth."""
        return sorted(path for path in self.directories if path == directory or path.startswith(directory + b"/"))


def _most_alike(parts: list[bytes], found: list[bytes]) -> tuple[int, list[bytes]]:
    if not found:
        return 0, []
    wanted = parts[-2::-1]
    ranked = [(_agreeing(wanted, path), path) for path in found]
    most = max(rank for rank, _ in ranked)
    return most + 1, [path for rank, path in ranked if rank == most]


def _agreeing(wanted: list[bytes], path: bytes) -> int:
    """How many of the directories above ``path`` are the ``wanted`` ones, the nearest first."""
    count = 0
    above = path.split(b"/")[-2::-1]
    for part, directory in zip(wanted, above, strict=False):
        if part != directory:
            break
        count += 1
    return count


def joined(base: bytes, parts: Iterable[bytes]) -> bytes | None:
    """The path from a directory on; None where it climbs out of the slug."""
    path = base.split(b"/") if base else []
    for part in parts:
        if part == b"..":
            if not path:
                return None
            path.pop()
        elif part not in (b"", b"."):
            path.append(part)
    return b"/".join(path)
