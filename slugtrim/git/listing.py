"""Parse git's listings into records."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Unreadable

TREE = 0o040000
"""Mode of a directory in a tree."""
GITLINK = 0o160000
"""Mode of a submodule, whose id is a commit of another repository."""

NOT_IN_PARTIAL_CLONE = "not in this partial clone"
OBJECT_MISSING = "its object is missing or damaged"


class GitEntry(NamedTuple):
    """A path in a commit or the index."""

    path: bytes
    mode: int
    id: bytes
    """Hexadecimal id of a blob; of a commit if ``mode`` is ``GITLINK``."""


class WorktreeChange(NamedTuple):
    """A tracked path that differs from the index, or may differ because its time stamps changed."""

    path: bytes
    mode: int
    """The mode that git would record now; 0 if the file is missing."""


class Listing(Struct, frozen=True, kw_only=True):
    """The entries below a tree, and the directories whose objects are missing."""

    entries: tuple[GitEntry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    files: tuple[File, ...] | None = None
    """Entries with their blobs, which are then not in ``entries``; None if not requested."""


class Survey(Struct, frozen=True, kw_only=True, dict=True):
    """What git says of a work tree below a directory."""

    index: bytes
    """The index as ``ls-files --stage -z`` prints it."""
    prefix: bytes
    changes: tuple[WorktreeChange, ...]
    """Where the work tree may differ from the index."""
    untracked: tuple[bytes, ...]
    """Paths that are neither tracked nor ignored. A directory without tracked files is one path."""
    filters: Mapping[bytes, bytes] | None = None
    """Path to the attribute ``filter`` of each change; None if git was not asked yet."""

    @cached_property
    def entries(self) -> Mapping[bytes, GitEntry]:
        """What the index tracks by path, in git's order; of a conflict each path once."""
        entries = index_entries(self.index)
        entries.pop(self.prefix, None)  # to git a submodule at the prefix itself matches, too
        return entries


def tree_entries(listed: Iterable[bytes]) -> Iterable[GitEntry]:
    """Yield the records of ``ls-tree -z``."""
    for record in listed:
        about, _, path = record.partition(b"\t")
        mode, _type, id_ = about.split(b" ")
        yield GitEntry(path, int(mode, 8), id_)


class _Modes(dict[bytes, int]):
    """Parses modes, and remembers each: there are few."""

    def __missing__(self, printed: bytes) -> int:
        mode = self[printed] = int(printed, 8)
        return mode


class _CanonicalModes(_Modes):
    """The same as git reads them out of an index."""

    def __missing__(self, printed: bytes) -> int:
        mode = self[printed] = _canonical(int(printed, 8))
        return mode


_SIZED = rb"\0[0-7]+ blob ([0-9a-f]+) +([0-9]+)\t"


def sizes_of(listed: bytes) -> dict[bytes, int]:
    """Size of each blob by its id, as ``ls-tree -l -z`` prints them."""
    return {id_: int(size) for id_, size in re.findall(_SIZED, b"\0" + listed)}


def listed_at_once(listed: bytes) -> tuple[bytes, tuple[bytes, ...], frozenset[bytes]] | None:
    """What ``ls-files -t -z`` prints of a work tree, taken apart; None if the index has a conflict.

    Returned are the index as ``ls-files --stage -z`` prints it, the untracked paths, and those that are no more as the
    index has them.
    """
    index: list[bytes] = []
    untracked: list[bytes] = []
    changed: set[bytes] = set()
    for record in records(listed):
        kind, rest = record[:2], record[2:]
        if kind in (b"H ", b"S "):
            index.append(rest)
        elif kind == b"? ":
            untracked.append(rest)
        elif kind in (b"C ", b"R "):
            changed.add(rest.partition(b"\t")[2])
        else:
            return None
    return b"".join(record + b"\0" for record in index), tuple(untracked), frozenset(changed)


def sized_entries(listed: Iterable[Sequence[bytes]]) -> Listing:
    """Return the records of ``ls-tree -t -l -z``, which arrive in chunks, without directories.

    Submodules and missing objects have no size.
    """
    entries = []
    files = []
    modes = _Modes()
    make = tuple.__new__  # a named tuple's constructor takes twice as long, for each of 100,000 files
    for record in chain.from_iterable(listed):
        about, _, path = record.partition(b"\t")
        mode, type_, id_, size = about.split()
        if type_ == b"blob" and size.isdigit():
            files.append(make(File, (path, int(size), modes[mode], id_)))
        elif type_ != b"tree":
            entries.append(GitEntry(path, modes[mode], id_))
    return Listing(entries=tuple(entries), files=tuple(files))


def index_entries(listed: bytes) -> dict[bytes, GitEntry]:
    """What ``ls-files --stage -z`` prints, by path; of a conflict each path once."""
    entries: dict[bytes, GitEntry] = {}
    modes = _CanonicalModes()
    make = tuple.__new__  # as above
    for record in records(listed):
        about, _, path = record.partition(b"\t")
        mode, id_, _stage = about.split(b" ")
        if path not in entries:
            entries[path] = make(GitEntry, (path, modes[mode], id_))
    return entries


def changes(listed: bytes) -> tuple[WorktreeChange, ...]:
    """Return what ``diff-files --raw -z`` prints. A path in conflict comes twice, and its second record counts."""
    fields = records(listed)
    found = {
        path: WorktreeChange(path, _canonical(int(about.split(b" ")[1], 8)))
        for about, path in zip(fields[::2], fields[1::2], strict=True)
    }
    return tuple(found.values())


def attributes(listed: bytes) -> dict[bytes, bytes]:
    """Return what ``check-attr -z`` prints of one attribute, as path to value."""
    fields = records(listed)
    return dict(zip(fields[::3], fields[2::3], strict=True))


def _canonical(mode: int) -> int:
    """Return what git makes of an unusual mode in an index (its ``canon_mode``); 0 stays 0."""
    match stat.S_IFMT(mode):
        case stat.S_IFREG:
            return EXECUTABLE if mode & stat.S_IXUSR else REGULAR
        case stat.S_IFLNK:
            return SYMLINK
        case stat.S_IFDIR:
            return TREE
    return GITLINK if mode else 0


def settings(listed: bytes) -> dict[bytes, bytes]:
    """Return what ``config -z --get-regexp`` prints, as key to value. The last value of a repeated key counts."""
    return {key: value for key, _, value in (item.partition(b"\n") for item in records(listed))}


def key_parts(key: bytes) -> tuple[bytes, bytes, bytes]:
    """Split ``section.name.variable``. Only the name may hold dots, and it may be any bytes."""
    section, _, rest = key.partition(b".")
    name, _, variable = rest.rpartition(b".")
    return section, name, variable


def records(listed: bytes) -> list[bytes]:
    """Split ``-z`` output into its NUL-terminated records."""
    return listed.split(b"\0")[:-1]
