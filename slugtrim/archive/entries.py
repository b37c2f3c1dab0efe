"""Resolve the members of an archive to files by path, and record anomalies."""

from __future__ import annotations

import tarfile
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from enum import Enum
from hashlib import sha1
from typing import Protocol

from msgspec import Struct

from slugtrim.archive.limits import PATH_MAX, Bounds
from slugtrim.archive.members import Member
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Tree, is_utf_8
from slugtrim.platforms import PLATFORM

Feed = Callable[[bytes], None]
"""Receives a file's content in pieces, then ``b""`` once at its end."""


class ContentLook(Protocol):
    """Inspects contents as they pass. It is called for every regular file, before its bytes.

    At that time ``blob`` is None, and the path is the one in the archive without a leading ``./`` or ``/``. Which
    directory is the application's root is known only after the last entry; then ``Packed.path_of`` maps such a path to
    the tree. If a path is archived twice, the later one counts.
    """

    def __call__(self, file: File) -> Feed | None:
        """Return what receives the content; None to ignore the file."""


class Format(Enum):
    """The kind of slug that was read."""

    GZIP = "gzip"
    TAR = "tar"
    DIRECTORY = "directory"


class AnomalyKind(Enum):
    """The kind of an anomaly. The values are stable and in kebab-case."""

    ABSOLUTE_NAME = "absolute-name"
    """It begins with ``/``, and not all entries are below ``/app/``."""
    DOT_DOT_NAME = "dot-dot-name"
    NO_NAME = "no-name"
    NAME_TOO_LONG = "name-too-long"
    NAME_WITH_NUL = "name-with-nul"
    NAME_NOT_UTF_8 = "name-not-utf-8"
    LINK_OUT = "link-out"
    """A symlink leads out of the archive, except into ``/app``, where the platform unpacks it; or it goes up through
    another link, so that its target is uncertain.
    """
    LINK_WITHOUT_TARGET = "link-without-target"
    HARD_LINK_TO_NOTHING = "hard-link-to-nothing"
    """The file that it shares its content with is missing, or comes later."""
    PATH_THROUGH_LINK = "path-through-link"
    """A parent directory is a symlink of the archive."""
    PATH_THROUGH_FILE = "path-through-file"
    """A parent directory is a file of the archive."""
    DUPLICATE_ENTRY = "duplicate-entry"
    """The path was archived before. tar keeps the later entry; both take space."""
    DEVICE = "device"
    FIFO = "fifo"
    SET_ID = "set-id"
    """It would run with the rights of its owner or group."""
    SPARSE_FILE = "sparse-file"
    """Less is archived than the size of the file."""
    UNKNOWN_TYPE = "unknown-type"
    NO_END = "no-end"
    """The archive has no end mark, so part of it may be missing."""
    TRAILING_DATA = "trailing-data"
    """Data follows the end of the archive or of the gzip stream; it takes space."""


class Anomaly(Struct, frozen=True, kw_only=True):
    """Something in an archive that a slug should not have."""

    kind: AnomalyKind
    path: bytes
    """As archived; empty for the archive itself."""
    detail: bytes | None = None
    """The target of a link."""

    @property
    def id(self) -> str:
        """Return the kind in kebab-case."""
        return self.kind.value


class Packed(Struct, frozen=True, kw_only=True):
    """A compiled slug after one pass. ``shares`` and ``structure_bytes`` add up to ``compressed_bytes``."""

    tree: Tree
    """Regular files, hard links and symlinks by path from the root of the application.

    ``File.blob`` is git's SHA-1 id of the content. For a path that is archived twice, it has the later entry, as tar
    does.
    """
    root: bytes
    """The prefix that was removed from every path: ``b"./app/"``, ``b"app/"``, ``b"/app/"``, ``b"./"`` or nothing."""
    format: Format
    compressed_bytes: int
    """The size of a gzip file; otherwise predicted, and ``estimated`` is true."""
    estimated: bool
    shares: Mapping[bytes, int]
    """Path to compressed bytes of its entries: header, content and padding."""
    structure_bytes: int
    """Compressed bytes of directories, of other entries that are not files, and of the end."""
    hard_links: Mapping[bytes, bytes]
    """Path to the path whose content it shares. The content is archived once, so the link's size is 0."""
    directories: int
    """Number of directory entries; for a directory on disk, of the directories below it."""
    entries: int
    """Number of entries, as `tar tf` lists them."""
    listed_bytes: int
    """Bytes of all entries, as `tar tvf` lists them."""
    anomalies: tuple[Anomaly, ...]

    def path_of(self, seen: bytes) -> bytes:
        """Return the path in the tree for the path that a look saw."""
        return seen.removeprefix(self.root.lstrip(b"./"))


class Extraction(Struct, frozen=True, kw_only=True):
    """What was unpacked."""

    files: int
    """Number of regular files, hard links and symlinks."""
    written_bytes: int
    skipped: Mapping[bytes, bytes]
    """Path to target of symlinks into the application's directory on a dyno, which would lead elsewhere on this
    machine.
    """


APP = PLATFORM.root + b"/"
"""Directory of the application in a slug, and on a dyno."""

_MOST_PARTS = 64
"""Parts of a link target that are followed. Linux follows at most 40 links in a path."""


def normal(name: bytes) -> bytes:
    """Return the path from the root of the archive, with ``..`` resolved but never above the root."""
    path = name[2:] if name.startswith(b"./") else name
    if b"/." not in path and b"//" not in path and not path.startswith((b"/", b".")) and not path.endswith(b"/"):
        return path  # nearly every name
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def has_dot_dot(name: bytes) -> bool:
    return b".." in name and b".." in name.split(b"/")


def leads_out(path: bytes, target: bytes) -> bool:
    """Return True if a symlink at ``path`` leads out of the archive, seen from its own directory.

    An absolute target does, except within the application's directory on a dyno.
    """
    if target.startswith(b"/"):
        return not is_in_place(target)
    if b".." not in target:
        return False
    depth = path.count(b"/")
    for part in target.split(b"/"):
        if part == b"..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in (b"", b"."):
            depth += 1
    return False


def passes_a_link(path: bytes, target: bytes, links: Container[bytes]) -> bool:
    """Return True if the target goes up with ``..`` from a directory that is, or may be reached through, one of
    ``links``.

    Then ``..`` leads somewhere else than the text says. Leading ``..`` parts are safe, since real directories are
    above. A target of more than ``_MOST_PARTS`` parts returns True without a search.
    """
    if target.count(b"/") >= _MOST_PARTS:
        return True
    base = path.rpartition(b"/")[0]
    below: list[tuple[bytes, bool]] = []
    """Directories that the target has entered, each with True if it may be reached through a link."""
    for part in target.split(b"/"):
        if part == b"..":
            if not below:
                base = base.rpartition(b"/")[0]
            elif below.pop()[1]:
                return True
        elif part not in (b"", b"."):
            at, is_moved = below[-1] if below else (base, False)
            at = at + b"/" + part if at else part
            below.append((at, is_moved or at in links))
    return False


def is_in_place(target: bytes) -> bool:
    """Return True if an absolute target is in the application's directory on a dyno."""
    return target.startswith(b"/") and (normal(target) + b"/").startswith(APP)


def blob_id(content: bytes) -> bytes:
    """Return git's SHA-1 id of a blob with this content."""
    return sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest().encode("ascii")


def passed(file: File, pieces: Iterable[bytes], looks: Sequence[ContentLook]) -> bytes:
    """Pass the content of a file to ``looks``, and return its blob id."""
    digest = sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False)
    feeds: list[Feed] = [feed for look in looks if (feed := look(file)) is not None] if looks else []
    for piece in pieces:
        digest.update(piece)
        for feed in feeds:
            feed(piece)
    for feed in feeds:
        feed(b"")
    return digest.hexdigest().encode("ascii")


_SPECIAL = {
    tarfile.FIFOTYPE: AnomalyKind.FIFO,
    tarfile.CHRTYPE: AnomalyKind.DEVICE,
    tarfile.BLKTYPE: AnomalyKind.DEVICE,
}
_FILES = frozenset(tarfile.REGULAR_TYPES)
_SET_ID = 0o6000


class Entries:
    """Collects the members of an archive."""

    def __init__(self, bounds: Bounds) -> None:
        self.files: dict[bytes, File] = {}
        """By path from the root of the archive, as are the other mappings."""
        self.links: dict[bytes, bytes] = {}
        self.hard_links: dict[bytes, bytes] = {}
        self.shares: dict[bytes, int] = defaultdict(int)
        self.structure_bytes = 0
        self.anomalies: list[Anomaly] = []
        self.absolute: list[bytes] = []
        """Absolute names."""
        self.count = self.directories = self.listed_bytes = 0
        self.first_name: bytes | None = None
        self._parents: set[bytes] = {b""}
        self._winding: dict[bytes, bytes] = {}
        """Links whose target goes down and up again, with their names as archived."""
        self._path: bytes | None = None
        self._bounds = bounds

    def add(self, member: Member) -> File | None:
        """Add a member; return it if it is a regular file whose content must be read. Raise ``SlugError`` beyond a
        limit.
        """
        name = member.path_bytes
        if self.first_name is None:
            self.first_name = name
        self.count += 1
        self._bounds.count_entry(len(name) + len(member.linkname))
        self._path = None
        path = normal(name)
        if member.isdir():
            self.directories += 1
            self._name_is_sound(name, path, is_directory=True)
        elif member.type in _SPECIAL:
            self.note(_SPECIAL[member.type], name)
        else:
            self.listed_bytes += member.size if member.is_file else 0
            if self._name_is_sound(name, path, is_directory=False):
                return self._add(member, name, path)
        return None

    def weigh(self, compressed_bytes: int) -> None:
        """Set the compressed bytes of the member that was added last."""
        if self._path is None:
            self.structure_bytes += compressed_bytes
        else:
            self.shares[self._path] += compressed_bytes

    def note(self, kind: AnomalyKind, name: bytes, detail: bytes | None = None) -> None:
        """Record an anomaly."""
        self.anomalies.append(Anomaly(kind=kind, path=name, detail=detail))

    def _add(self, member: Member, name: bytes, path: bytes) -> File | None:
        if member.type not in _FILES:
            if member.islnk():
                self._add_hard_link(member, name, path)
                return None
            if member.issym():
                self._add_link(member, name, path)
                return None
            self.note(AnomalyKind.UNKNOWN_TYPE, name)
            if not member.is_file:
                return None
        if member.stretches is not None:
            self.note(AnomalyKind.SPARSE_FILE, name)
        if member.mode & _SET_ID:
            self.note(AnomalyKind.SET_ID, name)
        file = File(path, member.size, EXECUTABLE if member.mode & 0o100 else REGULAR, None)
        self._place(file, name)
        return file

    def _add_link(self, member: Member, name: bytes, path: bytes) -> None:
        target = member.target_bytes
        self._place(File(path, len(target), SYMLINK, blob_id(target)), name)
        self._lead(path, target, name)

    def _add_hard_link(self, member: Member, name: bytes, path: bytes) -> None:
        shared = normal(member.target_bytes)
        file = self.files.get(shared)
        if file is None or shared == path:
            self.note(AnomalyKind.HARD_LINK_TO_NOTHING, name, member.target_bytes)
            return
        self._place(file._replace(path=path, size_bytes=0), name)
        self.hard_links[path] = shared
        if file.mode == SYMLINK:
            target = self.links[shared]
            self._bounds.count_names(len(target))
            self._lead(path, target, name)  # the link may lead elsewhere from here on

    def _lead(self, path: bytes, target: bytes, name: bytes) -> None:
        """Record where the symlink at ``path`` leads."""
        self.links[path] = target
        if not target or b"\0" in target or len(target) >= PATH_MAX:
            self.note(AnomalyKind.LINK_WITHOUT_TARGET, name)
        elif leads_out(path, target):
            self.note(AnomalyKind.LINK_OUT, name, target)
        elif b"/.." in target.lstrip(b"./"):
            self._winding[path] = name

    def _place(self, file: File, name: bytes) -> None:
        path = self._path = file.path
        if path in self.files:
            self.note(AnomalyKind.DUPLICATE_ENTRY, name)
            self.links.pop(path, None)
            self._winding.pop(path, None)
            self.hard_links.pop(path, None)
        self.files[path] = file

    def _name_is_sound(self, name: bytes, path: bytes, *, is_directory: bool) -> bool:
        """Return True if a tree can have a file of that name. Record what is wrong with the name."""
        if name.startswith(b"/"):
            self.absolute.append(name)
        if has_dot_dot(name):
            self.note(AnomalyKind.DOT_DOT_NAME, name)
        if not name.isascii() and not is_utf_8(name):
            self.note(AnomalyKind.NAME_NOT_UTF_8, name)
        if not path and not is_directory:
            self.note(AnomalyKind.NO_NAME, name)
        elif len(path) >= PATH_MAX:
            self.note(AnomalyKind.NAME_TOO_LONG, name)
        elif b"\0" in path:
            self.note(AnomalyKind.NAME_WITH_NUL, name)
        else:
            self._add_parents(path if is_directory else path.rpartition(b"/")[0])
            return True
        return False

    def _add_parents(self, directory: bytes) -> None:
        """Add a directory and its parents. They count towards the limit, since a deep name implies many of them."""
        while directory not in self._parents:
            self._parents.add(directory)
            self._bounds.count_directory(len(directory))
            directory = directory.rpartition(b"/")[0]

    def close(self, *, has_end: bool, follows: bool) -> None:
        """Record anomalies of the end: a missing end mark, and data after it."""
        for path in sorted(self.files.keys() & self._parents):
            is_link = self.files[path].mode == SYMLINK
            self.note(AnomalyKind.PATH_THROUGH_LINK if is_link else AnomalyKind.PATH_THROUGH_FILE, path)
        for path, name in self._winding.items():
            target = self.links[path]
            if passes_a_link(path, target, self.links):
                self.note(AnomalyKind.LINK_OUT, name, target)
        if not has_end:
            self.note(AnomalyKind.NO_END, b"")
        if follows:
            self.note(AnomalyKind.TRAILING_DATA, b"")
