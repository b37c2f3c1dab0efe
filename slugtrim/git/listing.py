"""The records that git's listings become, and how they are read."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Unreadable

TREE = 0o040000
"""Mode of a directory's entry in a tree."""
GITLINK = 0o160000
"""Mode of a submodule's entry: the id is a commit of another repository."""

NOT_IN_PARTIAL_CLONE = "not in this partial clone"
OBJECT_MISSING = "its object is missing or damaged"


class GitEntry(NamedTuple):
    """One path that a commit or the index holds."""

    path: bytes
    mode: int
    id: bytes
    """Hexadecimal: of a blob, or of a commit where ``mode`` is ``GITLINK``."""


class WorktreeChange(NamedTuple):
    """A tracked path that is not in the work tree as the index has it, or may not be (its time stamps changed)."""

    path: bytes
    mode: int
    """What git would record for what is on disk now; 0 where nothing is."""


class Listing(Struct, frozen=True, kw_only=True):
    """The entries below a tree, and the directories that could not be listed (their objects are not here)."""

    entries: tuple[GitEntry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    files: tuple[File, ...] | None = None
    """Those of the entries whose blobs are here, which ``entries`` leaves out then; None where nobody asked."""


class Survey(Struct, frozen=True, kw_only=True):
    """What git says of a work tree below a directory."""

    index: bytes
    """The index as ``ls-files --stage -z`` prints it."""
    prefix: bytes
    changes: tuple[WorktreeChange, ...]
    """Where the work tree may differ from the index."""
    untracked: tuple[bytes, ...]
    """Paths neither tracked nor ignored; of a directory with nothing tracked in it, the directory."""

    def entries(self) -> tuple[GitEntry, ...]:
        """What the index tracks, in git's order; of a conflict each path once."""
        # To git a submodule at the prefix itself matches, too.
        return tuple(entry for entry in index_entries(self.index) if entry.path != self.prefix)


def tree_entries(listed: Iterable[bytes]) -> Iterable[GitEntry]:
    """The records of ``ls-tree -z``."""
    for record in listed:
        about, _, path = record.partition(b"\t")
        mode, _type, id_ = about.split(b" ")
        yield GitEntry(path, int(mode, 8), id_)


class _Modes(dict[bytes, int]):
    """Modes by how they are printed: there are few."""

    def __missing__(self, printed: bytes) -> int:
        mode = self[printed] = int(printed, 8)
        return mode


def sized_entries(listed: Iterable[Sequence[bytes]]) -> Listing:
    """The records of ``ls-tree -t -l -z``, some at a time. Directories are left out.

    A submodule has no size, nor has an object that is not here.
    """
    entries = []
    files = []
    modes = _Modes()
    make = tuple.__new__  # a named tuple's own way takes twice as long, for each of 100,000 files
    for record in chain.from_iterable(listed):
        about, _, path = record.partition(b"\t")
        mode, type_, id_, size = about.split()
        if type_ == b"blob" and size.isdigit():
            files.append(make(File, (path, int(size), modes[mode], id_)))
        elif type_ != b"tree":
            entries.append(GitEntry(path, modes[mode], id_))
    return Listing(entries=tuple(entries), files=tuple(files))


def index_entries(listed: bytes) -> tuple[GitEntry, ...]:
    """What ``ls-files --stage -z`` prints; of a conflict each path once."""
    entries: dict[bytes, GitEntry] = {}
    for record in records(listed):
        about, _, path = record.partition(b"\t")
        mode, id_, _stage = about.split(b" ")
        entries.setdefault(path, GitEntry(path, _canonical(int(mode, 8)), id_))
    return tuple(entries.values())


def changes(listed: bytes) -> tuple[WorktreeChange, ...]:
    """What ``diff-files --raw -z`` prints. A path in conflict comes twice, and its second record counts."""
    fields = records(listed)
    found = {
        path: WorktreeChange(path, _canonical(int(about.split(b" ")[1], 8)))
        for about, path in zip(fields[::2], fields[1::2], strict=True)
    }
    return tuple(found.values())


def _canonical(mode: int) -> int:
    """What git makes of a mode in an index that another program wrote (its ``canon_mode``); 0 stays."""
    match stat.S_IFMT(mode):
        case stat.S_IFREG:
            return EXECUTABLE if mode & stat.S_IXUSR else REGULAR
        case stat.S_IFLNK:
            return SYMLINK
        case stat.S_IFDIR:
            return TREE
    return GITLINK if mode else 0


def settings(listed: bytes) -> dict[bytes, bytes]:
    """What ``config -z --get-regexp`` prints, as key to value; of a repeated key the last counts."""
    return {key: value for key, _, value in (item.partition(b"\n") for item in records(listed))}


def key_parts(key: bytes) -> tuple[bytes, bytes, bytes]:
    """``section.name.variable``; only the name may hold dots, and it may be any bytes."""
    section, _, rest = key.partition(b".")
    name, _, variable = rest.rpartition(b".")
    return section, name, variable


def records(listed: bytes) -> list[bytes]:
    """The NUL-terminated records of any ``-z`` output."""
    return listed.split(b"\0")[:-1]
