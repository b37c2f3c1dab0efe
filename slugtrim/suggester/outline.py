"""The files of a slug, and how many of them are not spoken for yet: what a pattern would take beyond what it should."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set

from slugtrim.files import Directory, File, directories_above

_AWKWARD = re.compile(r"[\x00-\x1f\x7f{}\\#\udc80-\udcff]|\s\Z", re.ASCII)
_WILD = re.compile(rb"[*?\[]")


def spelt(path: bytes) -> bytes | None:
    """Return the pattern that both dialects read as this path alone: ``pages/[[]id].js``. None if there is none.

    There is none for braces, backslashes, ``#`` (the glob dialect cuts the line there), control characters, a space at
    the end, and bytes that are not UTF-8, which Ruby's patterns cannot spell.
    """
    if path.isalnum():
        return path
    is_awkward = _AWKWARD.search(path.decode("utf-8", "surrogateescape")) is not None
    return None if is_awkward else _WILD.sub(rb"[\g<0>]", path)


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

    def patterns_of(self, form: bytes) -> dict[bytes, bytes]:
        """Path to the pattern by which both dialects take it: a form without a slash, or that form in a directory.

        It takes nothing that is to stay: it is the form alone, else that in the uppermost directory which allows it.
        Git goes by the name alone, Ruby's ``*`` and ``**/`` pass over what begins with a dot.
        """
        return self._patterns(form, *self._spots(form))

    def _spots(self, form: bytes) -> tuple[list[tuple[Directory, bytes]], set[bytes]]:
        """What a form takes in both dialects, and the directories in which it takes something that is to stay."""
        taken: list[tuple[Directory, bytes]] = []
        mixed: set[bytes] = set()
        for name, holders in self._holders.items():
            if not fits(name, form):
                continue
            for holder in holders:
                if not self._all_taken(holder, name):
                    mixed.add(holder.path)
                elif not (_is_hidden(holder.path) or (name.startswith(b".") and not form.startswith(b"."))):
                    taken.append((holder, name))
        return taken, mixed

    def _patterns(self, form: bytes, taken: Sequence[tuple[Directory, bytes]], mixed: Set[bytes]) -> dict[bytes, bytes]:
        """The same, given what the form takes; in the directories ``mixed`` it takes something that is to stay."""
        above = {directory for path in mixed for directory in (path, *directories_above(path), b"")}
        tops: dict[bytes, bytes] = {}
        within: dict[bytes, list[tuple[Directory, bytes]]] = defaultdict(list)
        found: dict[bytes, bytes] = {}
        for holder, name in taken:
            if holder.path not in above:
                within[_top(holder.path, above, tops)].append((holder, name))
            elif holder.path not in mixed and (directory := spelt(holder.path)) is not None:
                found.update(dict.fromkeys(_below(holder, name), b"/" + directory + b"/" * bool(directory) + form))
        for top, spots in within.items():
            if (directory := spelt(top)) is not None:
                way = _way(top, [holder.path for holder, _ in spots])
                pattern = b"/" + directory + b"/" + way + form if top else form
                for holder, name in spots:
                    found.update(dict.fromkeys(_below(holder, name), pattern))
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
        """What names in a directory end in, behind their last dot, to those names, sorted."""
        found: dict[bytes, list[bytes]] = defaultdict(list)
        for name in sorted((*directory.files, *directory.directories)):
            found[name.rpartition(b".")[2]].append(name)
        return found

    def single_files(self, directory: Directory, names: Sequence[bytes]) -> list[bytes]:
        """The files of these names that a pattern with ``*`` takes; none when one is a directory, or is to stay."""
        found = []
        for name in names:
            file = directory.files.get(name)
            if file is None or name.startswith(b".") or file.path not in self.taken:
                return []
            found.append(file.path)
        return found

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


def _top(path: bytes, above: Collection[bytes], known: dict[bytes, bytes]) -> bytes:
    """The uppermost directory from ``path`` up that is not in ``above``, which has all directories above its own."""
    way = []
    while path and path not in known and path.rpartition(b"/")[0] not in above:
        way.append(path)
        path = path.rpartition(b"/")[0]
    top = known.get(path, path)
    known.update(dict.fromkeys(way, top))
    return top


def _way(top: bytes, paths: Iterable[bytes]) -> bytes:
    """What leads from a directory to those below it with these paths: nothing, ``*/``, or ``**/`` to any depth."""
    steps = {path.count(b"/") - top.count(b"/") for path in paths}
    return {0: b"", 1: b"*/"}.get(steps.pop(), b"**/") if len(steps) == 1 else b"**/"


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
