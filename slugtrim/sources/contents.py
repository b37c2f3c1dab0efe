"""Contents of files: git's objects, of one repository and of its submodules, or the disk where that has the same."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from slugtrim.files import File, Unreadable
from slugtrim.git import Repository
from slugtrim.git.blobs import BlobReader
from slugtrim.sources.changes import PIECE_BYTES, blob_digest, blob_id
from slugtrim.sources.disk import read_pieces, read_start, reason

_CHANGED = "it changed while it was read"


class BlobContents(Struct, frozen=True, kw_only=True):
    """Contents read from git's objects; ``homes`` names the repository of a file that is a submodule's."""

    repository: Repository
    homes: Mapping[bytes, Repository]

    def open(self) -> BlobsReader:
        """A reader with a git process for each repository it is asked about."""
        return BlobsReader(self.repository, self.homes)

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Blob id to the size that git keeps it deflated in, for files whose blobs are packed whole."""
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
    """Reads blobs out of one repository, and those of submodules out of theirs."""

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
        """The whole content of each file, in order."""
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
        """The content of one file in pieces."""
        yield from self._reader(file).pieces(file, piece_bytes)

    def _reader(self, file: File) -> BlobReader:
        home = self._homes.get(file.path, self._repository)
        reader = self._readers.get(home.git_dir)
        if reader is None:
            reader = self._readers[home.git_dir] = BlobReader(home)
            reader.unreadable = self.unreadable
        return reader


class WorktreeContents(Struct, frozen=True, kw_only=True):
    """Contents by the files' blob ids, wherever a content with that id is found first."""

    root: bytes
    blobs: BlobContents
    object_format: str
    changed: frozenset[bytes]
    """Paths that count as what was on disk when they were listed; git has no object of it."""
    stands_in: Mapping[bytes, bytes]
    """Content that stands for a changed file: the pointer of one that git-lfs keeps."""

    def open(self) -> WorktreeReader:
        """A reader; it starts git only for what the disk does not have."""
        return WorktreeReader(self)

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Blob id to the size that git keeps it deflated in, for files whose blobs are packed whole."""
        return self.blobs.deflated_bytes([file for file in files if file.path not in self.changed])


class WorktreeReader:
    """Reading a file from disk is several times faster than from git's objects; its hash tells whether it will do."""

    def __init__(self, contents: WorktreeContents) -> None:
        self._contents = contents
        self._blobs: BlobsReader = contents.blobs.open()
        self.unreadable = self._blobs.unreadable

    def __enter__(self) -> WorktreeReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._blobs.__exit__(*exc)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """The whole content of each file, in order."""
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
        """The content of one file in pieces."""
        content = self._contents.stands_in.get(file.path)
        if content is not None:
            yield from (content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes))
        elif self._is_on_disk(file):
            yield from self._pieces_from_disk(file, piece_bytes)
        elif not self._is_changed(file):
            yield from self._blobs.pieces(file, piece_bytes)

    def _is_changed(self, file: File) -> bool:
        """Whether only the disk had it; it has it no more, then."""
        if file.path not in self._contents.changed:
            return False
        self.unreadable.append(Unreadable(path=file.path, reason=_CHANGED))
        return True

    def _pieces_from_disk(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        # Hashed once more: it may be written to while it is read, and its size is kept under its id.
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
            # One byte more tells a longer file; a large one may lie where a small pointer was committed.
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
