"""The files of a slug, and how many of them are not spoken for yet: what a pattern would take beyond what it should."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set

from slugtrim.files import Directory, File, directories_above

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
        self._known_spots: dict[bytes, tuple[list[tuple[Directory, bytes]], set[bytes]]] = {}
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
        self._known_spots.clear()
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

    def patterns_of(self, form: bytes) -> dict[bytes, bytes]:
        """Path to the pattern by which both dialects take it: a form without a slash, or that form in a directory.

        It takes nothing that is to stay: it is the form alone, else that in the uppermost directory which allows it.
        Git goes by the name alone, Ruby's ``*`` and ``**/`` pass over what begins with a dot.
        """
        return self._patterns(form, *self._spots(form))

    def patterns_within(self, name: bytes, form: bytes) -> dict[bytes, bytes]:
        """Path to ``/top/**/name/**/form``, which takes nothing that is to stay.

        ``top`` is the uppermost directory that allows it, or else, where the root does, what all have in common.
        """
        taken, mixed = self._spots(form)
        above = {top for path in mixed for top in _tops(path, name)}
        within: dict[bytes, list[tuple[Directory, bytes]]] = defaultdict(list)
        for holder, own in taken:
            top = next((top for top in _tops(holder.path, name) if top not in above), None)
            if top is not None:
                within[top].append((holder, own))
        found: dict[bytes, bytes] = {}
        for top, spots in within.items():
            if not top:
                top = os.path.commonpath([_above(holder.path, name) for holder, _ in spots])
            if written(top) == top:
                pattern = b"/" * bool(top) + top + b"/" * bool(top) + b"**/" + name + b"/**/" + form
                found.update(dict.fromkeys((path for spot in spots for path in _below(*spot)), pattern))
        return found

    def _spots(self, form: bytes) -> tuple[list[tuple[Directory, bytes]], set[bytes]]:
        """What a form takes in both dialects, and the directories in which it takes something that is to stay."""
        if form in self._known_spots:
            return self._known_spots[form]
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
        self._known_spots[form] = taken, mixed
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
            elif holder.path not in mixed and written(holder.path) == holder.path:
                found.update(dict.fromkeys(_below(holder, name), b"/" + holder.path + b"/" * bool(holder.path) + form))
        for top, spots in within.items():
            if written(top) == top:
                way = _way(top, [holder.path for holder, _ in spots])
                pattern = b"/" + top + b"/" + way + form if top else form
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


def _top(path: bytes, above: Collection[bytes], known: dict[bytes, bytes]) -> bytes:
    """The uppermost directory from ``path`` up that is not in ``above``, which has all directories above its own."""
    way = []
    while path and path not in known and path.rpartition(b"/")[0] not in above:
        way.append(path)
        path = path.rpartition(b"/")[0]
    top = known.get(path, path)
    known.update(dict.fromkeys(way, top))
    return top


def _tops(path: bytes, name: bytes) -> Iterator[bytes]:
    """Yield the directories from the root down that ``path`` has a directory of this name below."""
    parts = path.split(b"/")
    last = max((at for at, part in enumerate(parts) if part == name), default=-1)
    yield from (b"/".join(parts[:at]) for at in range(last + 1))


def _above(path: bytes, name: bytes) -> bytes:
    """The directory that the uppermost one of this name on the way to ``path`` is in."""
    parts = path.split(b"/")
    return b"/".join(parts[: parts.index(name)])


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
