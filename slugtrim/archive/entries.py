"""What the entries of an archive come to: files by path, as tar would leave them, and what is odd about them."""

from __future__ import annotations

import tarfile
from collections import defaultdict

from slugtrim.archive.bounds import Bounds
from slugtrim.archive.hashing import blob_id
from slugtrim.archive.limits import PATH_MAX
from slugtrim.archive.members import Member
from slugtrim.archive.names import has_dot_dot, leads_out, normal, passes_a_link
from slugtrim.archive.record import Anomaly, AnomalyKind
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File

_SPECIAL = {
    tarfile.FIFOTYPE: AnomalyKind.FIFO,
    tarfile.CHRTYPE: AnomalyKind.DEVICE,
    tarfile.BLKTYPE: AnomalyKind.DEVICE,
}
_FILES = frozenset(tarfile.REGULAR_TYPES)
_SET_ID = 0o6000


class Entries:
    """Takes one member after the other."""

    def __init__(self, bounds: Bounds) -> None:
        self.files: dict[bytes, File] = {}
        """By path from the root of the archive, as the others are."""
        self.links: dict[bytes, bytes] = {}
        self.hard_links: dict[bytes, bytes] = {}
        self.shares: dict[bytes, int] = defaultdict(int)
        self.structure_bytes = 0
        self.anomalies: list[Anomaly] = []
        self.absolute: list[bytes] = []
        """Names that begin at the root of the system."""
        self.count = self.directories = self.listed_bytes = 0
        self.first_name: bytes | None = None
        self._parents: set[bytes] = {b""}
        self._winding: dict[bytes, bytes] = {}
        """Links that go down and up again, with their names."""
        self._path: bytes | None = None
        self._bounds = bounds

    def add(self, member: Member) -> File | None:
        """Takes in a member; returns a regular file whose content is to be read. Raises ``SlugError`` beyond limits."""
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
        """Says what the member added last weighs."""
        if self._path is None:
            self.structure_bytes += compressed_bytes
        else:
            self.shares[self._path] += compressed_bytes

    def note(self, kind: AnomalyKind, name: bytes, detail: bytes | None = None) -> None:
        """Remembers something odd."""
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
            self._lead(path, target, name)  # from here it may lead elsewhere

    def _lead(self, path: bytes, target: bytes, name: bytes) -> None:
        """Notes where the symlink at ``path`` leads."""
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
        """Whether a file of that name can be in a tree. What is odd about the name is remembered."""
        if name.startswith(b"/"):
            self.absolute.append(name)
        if has_dot_dot(name):
            self.note(AnomalyKind.DOT_DOT_NAME, name)
        if not name.isascii() and not _is_utf_8(name):
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
        """A directory and those above it. They count: a deep name implies as many as it has parts."""
        while directory not in self._parents:
            self._parents.add(directory)
            self._bounds.count_directory(len(directory))
            directory = directory.rpartition(b"/")[0]

    def close(self, *, has_end: bool, follows: bool) -> None:
        """Remembers what shows only at the end: whether there is an end mark, and whether something follows it."""
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


def _is_utf_8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
