"""Contents that are git's objects, of one repository and of its submodules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from slugtrim.files import SYMLINK, Contents, File, Unreadable
from slugtrim.git import BlobReader, Repository

_PATH_MAX = 4096
"""A link's target is no longer than a path; a longer blob is not read for one."""


def read_links(contents: Contents, files: Sequence[File]) -> dict[bytes, bytes]:
    """Path to target of every symlink among ``files``."""
    links = [file for file in files if file.mode == SYMLINK and file.size_bytes <= _PATH_MAX]
    with contents.open() as reader:
        targets = reader.batch(links)
        return {file.path: target for file, target in zip(links, targets, strict=True) if target is not None}


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
