"""What the paths of a work tree that may have changed count as."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from slugtrim.files import LFS_VERSION, SYMLINK, File, Unreadable
from slugtrim.git import GITLINK, GitEntry, Repository, Survey, WorktreeChange
from slugtrim.sources.disk import entry_mode, read_pieces, read_whole, reason

if TYPE_CHECKING:
    import hashlib

PIECE_BYTES = 1 << 20
_LFS_POINTER_LIMIT_BYTES = 1024


class Changes:
    """Looks at each path that may have changed, and settles what it counts as. Paths are from the repository's top."""

    def __init__(self, repository: Repository, survey: Survey) -> None:
        self.settled: set[bytes] = set()
        """Paths that do not count as what the index has."""
        self.deleted: list[bytes] = []
        self.files: list[File] = []
        self.stands_in: dict[bytes, bytes] = {}
        """Path to the content that stands for a changed file: the pointer of one that git-lfs keeps."""
        self.modes: dict[bytes, int] = {}
        """Path to the mode of a file that differs from the index in nothing else."""
        self.unreadable: list[Unreadable] = []
        if not survey.changes:
            return
        entries = {entry.path: entry for entry in survey.entries()}
        assert repository.top is not None
        self._top = repository.top
        self._format = repository.object_format
        known = [change for change in survey.changes if change.path in entries and entries[change.path].mode != GITLINK]
        present = [change for change in known if change.mode]
        for change in known:
            if not change.mode:
                self._delete(change.path)
        filters = repository.attribute("filter", [change.path for change in present]) if present else {}
        looked_at = [self._look(change, lfs=filters.get(change.path) == b"lfs") for change in present]
        self._settle(repository, [file for file in looked_at if file is not None], entries)

    def identity(self) -> tuple[bytes, ...]:
        """What tells these changes from others."""
        files = sorted(b"%s\0%o%s" % (file.path, file.mode, file.blob or b"") for file in self.files)
        modes = sorted(b"%s\0%o" % item for item in self.modes.items())
        gone = sorted(lost.path for lost in self.unreadable)
        return tuple(b"\0".join(parts) for parts in (files, modes, sorted(self.deleted), gone))

    def _delete(self, path: bytes) -> None:
        self.settled.add(path)
        self.deleted.append(path)

    def _look(self, change: WorktreeChange, *, lfs: bool) -> File | None:
        """What is on disk at the path now; None where that can be told no more."""
        full = os.path.join(self._top, change.path)
        try:
            info = os.lstat(full)
            on_disk = entry_mode(info)
            if on_disk is None:
                raise OSError(0, "neither a file nor a symlink")
            # git's word on the mode counts: it knows core.fileMode and core.symlinks.
            mode = change.mode if change.mode != GITLINK else on_disk
            size = len(os.readlink(full)) if on_disk == SYMLINK else info.st_size
            pointer = self._pointer(full, size) if lfs and mode != SYMLINK else None
            if pointer is not None:
                self.stands_in[change.path] = pointer
                return File(change.path, len(pointer), mode, blob_id(self._format, len(pointer), iter([pointer])))
            return File(change.path, size, mode, blob_id(self._format, size, read_pieces(full, PIECE_BYTES)))
        except (FileNotFoundError, NotADirectoryError):
            self._delete(change.path)
        except OSError as error:
            self.settled.add(change.path)
            self.unreadable.append(Unreadable(path=change.path, reason=reason(error)))
        return None

    def _pointer(self, full: bytes, size: int) -> bytes | None:
        """What git-lfs would commit for a file; None for an empty one and for a pointer, which it leaves alone."""
        if not size or (size < _LFS_POINTER_LIMIT_BYTES and read_whole(full).startswith(LFS_VERSION)):
            return None
        import hashlib  # with OpenSSL: 5 ms that a clean work tree does without

        digest = hashlib.sha256()
        for piece in read_pieces(full, PIECE_BYTES):
            digest.update(piece)
        return LFS_VERSION + f"oid sha256:{digest.hexdigest()}\nsize {size}\n".encode()

    def _settle(self, repository: Repository, files: Sequence[File], entries: Mapping[bytes, GitEntry]) -> None:
        """A file that was only touched is its blob still, though on disk its line ends or keywords be others."""
        other = [
            file.path
            for file in files
            if file.blob != entries[file.path].id and file.mode != SYMLINK and file.path not in self.stands_in
        ]
        as_added = repository.ids_as_added(other) if other else {}
        for file in files:
            entry = entries[file.path]
            if entry.id in (file.blob, as_added.get(file.path)):
                self.stands_in.pop(file.path, None)
                if file.mode != entry.mode:
                    self.modes[file.path] = file.mode
            else:
                self.settled.add(file.path)
                self.files.append(file)


def blob_id(object_format: str, size: int, pieces: Iterator[bytes]) -> bytes:
    """Hexadecimal id of a blob with this content, of ``size`` bytes."""
    digest = blob_digest(object_format, size)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest().encode("ascii")


def blob_digest(object_format: str, size: int) -> hashlib._Hash:
    """What a blob's id is computed with, its header taken in already."""
    import hashlib  # as above

    return hashlib.new(object_format, b"blob %d\0" % size, usedforsecurity=False)
