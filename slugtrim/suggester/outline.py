"""The files of a slug, and how many of them are not spoken for yet: what a pattern would take beyond what it should."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from slugtrim.files import Directory, File

_AWKWARD = re.compile(r"[\x00-\x1f\x7f*?\[\]{}\\#\udc80-\udcff]|\s\Z", re.ASCII)
_NAMELESS = re.compile(r"/(?=[^/]*\?)[^\w/]*(?:/|\Z)")
"""A part of a path with ``?`` and no letter would take whatever comes to be there tomorrow."""
_WILD_LIMIT = 300
"""So many patterns with ``?`` may be asked for: each is tried on every name beside its own."""


def written(path: bytes) -> bytes:
    """``path`` with a ``?`` for each character that one of the dialects reads as something else.

    These are the letters of patterns, ``#`` (the glob dialect cuts the line there), control characters, a space at the
    end, and bytes that are not UTF-8, which Ruby's patterns cannot spell.
    """
    if path.isalnum():
        return path
    return _AWKWARD.sub("?", path.decode("utf-8", "surrogateescape")).encode()


class Outline:
    """A tree on which files are marked as taken, set after set."""

    def __init__(self, kept: Sequence[File]) -> None:
        self.root = Directory.from_files(kept)
        self.taken: dict[bytes, int] = {}
        """Path to the number of the set that it is taken by."""
        self._files = {file.path: file for file in kept}
        self._directories: dict[bytes, Directory] = {}
        self._holders: dict[bytes, list[Directory]] = defaultdict(list)
        self._left: dict[bytes, int] = defaultdict(int)
        self._wild_left = _WILD_LIMIT
        for directory in self.root.walk():
            self._directories[directory.path] = directory
            for name in (*directory.files, *directory.directories):
                self._holders[name].append(directory)
        for directory in reversed(self._directories.values()):
            self._left[directory.path] += len(directory.files)
            if directory.parent is not None:
                self._left[directory.parent.path] += self._left[directory.path]

    def take(self, paths: Collection[bytes], number: int) -> list[bytes]:
        """Mark what is kept and no set took before, and return that, sorted."""
        new = sorted(path for path in set(paths) if path in self._files and path not in self.taken)
        self.taken.update(dict.fromkeys(new, number))
        for directory, count in counts_below(new).items():
            self._left[directory] -= count
        return new

    def is_whole(self, directory: Directory) -> bool:
        """Whether all below it is taken."""
        return self._left[directory.path] == 0

    def directory(self, path: bytes) -> Directory | None:
        """The directory of this path, if there is one."""
        return self._directories.get(path)

    def start(self, top: bytes) -> Directory:
        """The directory ``top``, or what of the way to it there is."""
        while top not in self._directories:
            top = top.rpartition(b"/")[0]
        return self._directories[top]

    def file(self, path: bytes) -> File:
        """The kept file of this path."""
        return self._files[path]

    def select(self, paths: Collection[bytes], *, without: Collection[bytes]) -> tuple[File, ...]:
        """The kept files among ``paths``, sorted, less some."""
        return tuple(self._files[path] for path in sorted(set(paths)) if path in self._files and path not in without)

    def form_takes(self, form: bytes) -> set[bytes]:
        """The files that both dialects take by a pattern without a slash; none when it takes one that is to stay.

        Git goes by the name alone, Ruby's ``*`` and ``**/`` pass over what begins with a dot.
        """
        found: set[bytes] = set()
        for name, holders in self._holders.items():
            if not fits(name, form):
                continue
            for holder in holders:
                if not self._all_taken(holder, name):
                    return set()
                if not (_is_hidden(holder.path) or (name.startswith(b".") and not form.startswith(b"."))):
                    found.update(_below(holder, name))
        return found

    def takes_in_each(self, directory: Directory, form: bytes) -> set[bytes]:
        """The files that ``/directory/*/form`` takes; none when a dialect takes one by it that is to stay."""
        found: set[bytes] = set()
        for own, holder in directory.directories.items():
            for name in (*holder.files, *holder.directories):
                if fits(name, form):
                    if own.startswith(b".") or name.startswith(b".") or not self._all_taken(holder, name):
                        return set()
                    found.update(_below(holder, name))
        return found

    def by_suffix(self, directory: Directory) -> dict[bytes, list[bytes]]:
        """What names in a directory end in, behind their last dot, to the files that ``*.suffix`` takes there.

        A suffix is missing where one dialect takes anything else by it, or something that is to stay.
        """
        found: dict[bytes, list[bytes]] = defaultdict(list)
        for name, file in directory.files.items():
            found[name.rpartition(b".")[2]].append(file.path)
        for name in (*directory.files, *directory.directories):
            if name in directory.directories or name.startswith(b".") or directory.files[name].path not in self.taken:
                found.pop(name.rpartition(b".")[2], None)
        return found

    def takes_no_other(self, pattern: bytes) -> bool:
        """Whether a path with ``?`` in it, as ``written``, takes nothing that stays."""
        if b"?" not in pattern:
            return True
        if _NAMELESS.search(pattern.decode()):
            return False
        self._wild_left -= 1
        if self._wild_left < 0:
            return False
        *parents, last = pattern.removeprefix(b"/").split(b"/")
        directories = [self.root]
        for part in parents:
            directories = [
                holder.directories[name] for holder in directories for name in _like(part, holder.directories)
            ]
        return all(
            self._all_taken(holder, name)
            for holder in directories
            for names in (holder.files, holder.directories)
            for name in _like(last, names)
        )

    def _all_taken(self, holder: Directory, name: bytes) -> bool:
        child = holder.directories.get(name)
        return self.is_whole(child) if child is not None else holder.files[name].path in self.taken


def fits(name: bytes, form: bytes) -> bool:
    """Whether a name is of a form with ``*``, found without going back: the last piece is at the end."""
    if b"*" not in form:
        return name == form
    first, *between, last = form.split(b"*")
    at, end = len(first), len(name) - len(last)
    if end < at or not (name.startswith(first) and name.endswith(last)):
        return False
    for piece in between:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def counts_below(paths: Iterable[bytes]) -> dict[bytes, int]:
    """How many of the paths are in each directory, at any depth; the root is the empty path."""
    counts: dict[bytes, int] = defaultdict(int)
    for path in paths:
        while path:
            path = path.rpartition(b"/")[0]
            counts[path] += 1
    return counts


def files_below(directory: Directory) -> Iterator[File]:
    """All files of a directory, at any depth."""
    for below in directory.walk():
        yield from below.files.values()


def _below(holder: Directory, name: bytes) -> Iterator[bytes]:
    child = holder.directories.get(name)
    if child is None:
        yield holder.files[name].path
    else:
        yield from (file.path for file in files_below(child))


def _is_hidden(path: bytes) -> bool:
    return path.startswith(b".") or b"/." in path


def _like(part: bytes, names: Collection[bytes]) -> list[bytes]:
    """The names that one part of a path may stand for: ``?`` is a byte to git and a character to Ruby."""
    if b"?" not in part:
        return [part] if part in names else []
    of_bytes = re.compile(b".".join(map(re.escape, part.split(b"?"))), re.DOTALL)
    of_characters = re.compile(".".join(map(re.escape, part.decode().split("?"))), re.DOTALL)
    return [
        name
        for name in names
        if of_bytes.fullmatch(name) or of_characters.fullmatch(name.decode("utf-8", "surrogateescape"))
    ]
