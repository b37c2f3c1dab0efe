"""Read contents of files from git's objects, or from the disk if it has the same content."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from slugtrim.files import LFS_VERSION, SYMLINK, File, Unreadable
from slugtrim.git import GITLINK, GitEntry, Repository, Survey, WorktreeChange
from slugtrim.git.blobs import BlobReader
from slugtrim.sources.disk import entry_mode, read_pieces, read_start, read_whole, reason

if TYPE_CHECKING:
    import hashlib


PIECE_BYTES = 1 << 20
_LFS_POINTER_LIMIT_BYTES = 1024


class Changes:
    """Examines each path that may have changed, and decides which content counts. Paths are relative to the top."""

    def __init__(self, repository: Repository, survey: Survey) -> None:
        self.settled: set[bytes] = set()
        """Paths whose content in the index does not count."""
        self.deleted: list[bytes] = []
        self.files: list[File] = []
        self.stands_in: dict[bytes, bytes] = {}
        """Path to the content that replaces a changed file: the pointer of a git-lfs file."""
        self.modes: dict[bytes, int] = {}
        """Path to the mode of a file that differs from the index only in its mode."""
        self.unreadable: list[Unreadable] = []
        if not survey.changes:
            return
        entries = survey.entries
        assert repository.top is not None
        self._top = repository.top
        self._format = repository.object_format
        known = [change for change in survey.changes if change.path in entries and entries[change.path].mode != GITLINK]
        present = [change for change in known if change.mode]
        for change in known:
            if not change.mode:
                self._delete(change.path)
        filters = survey.filters
        if filters is None:
            filters = repository.attribute("filter", [change.path for change in present]) if present else {}
        looked_at = [self._look(change, lfs=filters.get(change.path) == b"lfs") for change in present]
        self._settle(repository, [file for file in looked_at if file is not None], entries)

    def identity(self) -> tuple[bytes, ...]:
        """Return what distinguishes these changes from others."""
        files = sorted(b"%s\0%o%s" % (file.path, file.mode, file.blob or b"") for file in self.files)
        modes = sorted(b"%s\0%o" % item for item in self.modes.items())
        gone = sorted(lost.path for lost in self.unreadable)
        return tuple(b"\0".join(parts) for parts in (files, modes, sorted(self.deleted), gone))

    def _delete(self, path: bytes) -> None:
        self.settled.add(path)
        self.deleted.append(path)

    def _look(self, change: WorktreeChange, *, lfs: bool) -> File | None:
        """Return the file at the path now; None if it can't be read."""
        full = os.path.join(self._top, change.path)
        try:
            info = os.lstat(full)
            on_disk = entry_mode(info)
            if on_disk is None:
                raise OSError(0, "neither a file nor a symlink")
            # git's word on the mode counts, since it knows core.fileMode and core.symlinks.
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
        """Return what git-lfs would commit for a file; None if that is the file itself: empty, or a pointer already."""
        if not size or (size < _LFS_POINTER_LIMIT_BYTES and read_whole(full).startswith(LFS_VERSION)):
            return None
        import hashlib  # imports OpenSSL: 5 ms that a clean work tree does not need

        digest = hashlib.sha256()
        for piece in read_pieces(full, PIECE_BYTES):
            digest.update(piece)
        return LFS_VERSION + f"oid sha256:{digest.hexdigest()}\nsize {size}\n".encode()

    def _settle(self, repository: Repository, files: Sequence[File], entries: Mapping[bytes, GitEntry]) -> None:
        """Treat a file that was only touched as its blob, even if line endings or keywords differ on disk."""
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
    """Return the hexadecimal id of a blob with this content of ``size`` bytes."""
    digest = blob_digest(object_format, size)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest().encode("ascii")


def blob_digest(object_format: str, size: int) -> hashlib._Hash:
    """Return the hash for a blob's id, with its header already added."""
    import hashlib  # as above

    new = hashlib.sha256 if object_format == "sha256" else hashlib.sha1  # by name it takes four times as long
    return new(b"blob %d\0" % size, usedforsecurity=False)


_CHANGED = "it changed while it was read"


class BlobContents(Struct, frozen=True, kw_only=True):
    """Contents from git's objects. ``homes`` maps files of submodules to their repositories."""

    repository: Repository
    homes: Mapping[bytes, Repository]

    def open(self) -> BlobsReader:
        """Return a reader with a git process for each repository that it reads."""
        return BlobsReader(self.repository, self.homes)

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Return blob id to the deflated size in git, for files whose blobs are packed whole."""
        repositories: dict[bytes, Repository] = {}
        ids: dict[bytes, list[bytes]] = {}
        for file in files:
            home = self.homes.get(file.path, self.repository)
            repositories[home.git_dir] = home
            if file.blob is not None:
                ids.setdefault(home.git_dir, []).append(file.blob)
        sizes: dict[bytes, int] = {}
        for git_dir, wanted in ids.items():
            sizes.update(repositories[git_dir].deflated_bytes(wanted))
        return sizes


class BlobsReader:
    """Reads blobs of one repository, and those of its submodules from theirs."""

    def __init__(self, repository: Repository, homes: Mapping[bytes, Repository]) -> None:
        self.unreadable: list[Unreadable] = []
        self._repository = repository
        self._homes = homes
        self._readers: dict[bytes, BlobReader] = {}

    def __enter__(self) -> BlobsReader:
        return self

    def __exit__(self, *exc: object) -> None:
        for reader in self._readers.values():
            reader.__exit__(*exc)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        if not self._homes:
            yield from self._reader(files[0]).batch(files) if files else ()
            return
        begin = 0
        while begin < len(files):
            reader = self._reader(files[begin])
            end = begin + 1
            while end < len(files) and self._reader(files[end]) is reader:
                end += 1
            yield from reader.batch(files[begin:end])
            begin = end

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        yield from self._reader(file).pieces(file, piece_bytes)

    def _reader(self, file: File) -> BlobReader:
        home = self._homes.get(file.path, self._repository)
        reader = self._readers.get(home.git_dir)
        if reader is None:
            reader = self._readers[home.git_dir] = BlobReader(home)
            reader.unreadable = self.unreadable
        return reader


class WorktreeContents(Struct, frozen=True, kw_only=True):
    """Contents by blob id, from wherever a matching content is found first."""

    root: bytes
    blobs: BlobContents
    object_format: str
    changed: frozenset[bytes]
    """Paths that count as they were on disk when listed; git has no such objects."""
    stands_in: Mapping[bytes, bytes]
    """Content that replaces a changed file: the pointer of a git-lfs file."""

    def open(self) -> WorktreeReader:
        """Return a reader. It starts git only for contents that are not on disk."""
        return WorktreeReader(self)

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Return blob id to the deflated size in git, for files whose blobs are packed whole."""
        return self.blobs.deflated_bytes([file for file in files if file.path not in self.changed])


class WorktreeReader:
    """Reads from disk, several times faster than from git's objects. The hash tells whether the content is the right
    one.
    """

    def __init__(self, contents: WorktreeContents) -> None:
        self._contents = contents
        self._blobs: BlobsReader = contents.blobs.open()
        self.unreadable = self._blobs.unreadable

    def __enter__(self) -> WorktreeReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._blobs.__exit__(*exc)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        for file in files:
            content = self._contents.stands_in.get(file.path)
            if content is None:
                content = self._from_disk(file)
            if content is not None:
                yield content
            elif self._is_changed(file):
                yield None
            else:
                yield from self._blobs.batch([file])

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        content = self._contents.stands_in.get(file.path)
        if content is not None:
            yield from (content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes))
        elif self._is_on_disk(file):
            yield from self._pieces_from_disk(file, piece_bytes)
        elif not self._is_changed(file):
            yield from self._blobs.pieces(file, piece_bytes)

    def _is_changed(self, file: File) -> bool:
        """Return True if only the disk had the content, which has changed since."""
        if file.path not in self._contents.changed:
            return False
        self.unreadable.append(Unreadable(path=file.path, reason=_CHANGED))
        return True

    def _pieces_from_disk(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        # Hash again: the file may be written to while it is read, and its size is kept under its id.
        digest = blob_digest(self._contents.object_format, file.size_bytes)
        try:
            for piece in read_pieces(self._full(file), piece_bytes):
                digest.update(piece)
                yield piece
        except OSError as error:
            self.unreadable.append(Unreadable(path=file.path, reason=reason(error)))
            return
        if digest.hexdigest().encode("ascii") != file.blob:
            self.unreadable.append(Unreadable(path=file.path, reason=_CHANGED))

    def _from_disk(self, file: File) -> bytes | None:
        try:
            # One byte more shows a longer file; a small pointer may have been committed for a large one.
            content = read_start(self._full(file), file.size_bytes + 1)
        except OSError:
            return None
        return content if len(content) == file.size_bytes and self._is(file, iter([content])) else None

    def _is_on_disk(self, file: File) -> bool:
        full = self._full(file)
        try:
            return os.lstat(full).st_size == file.size_bytes and self._is(file, read_pieces(full, PIECE_BYTES))
        except OSError:
            return False

    def _is(self, file: File, pieces: Iterator[bytes]) -> bool:
        return blob_id(self._contents.object_format, file.size_bytes, pieces) == file.blob

    def _full(self, file: File) -> bytes:
        return os.path.join(self._contents.root, file.path)
