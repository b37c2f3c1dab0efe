"""Read a plain directory: everything below it, symlinks as links."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import SourceError
from slugtrim.files import (
    MAX_FILES,
    SYMLINK,
    File,
    FileCount,
    Found,
    Note,
    Source,
    SourceKind,
    Tree,
    Unreadable,
    quoted,
)
from slugtrim.sources.disk import entry_mode, read_pieces, read_start, reason
from slugtrim.sources.slugignore import slugignore_on_disk

_SHRANK = "it shrank while it was read"


def find_directory(root: bytes, prefix: bytes = b"", most: int = MAX_FILES) -> Found:
    """Return the tree below ``root``/``prefix`` without reading it. It has no fingerprint: only reading all shows
    changes.
    """
    source = Source(kind=SourceKind.DIRECTORY, root=root, prefix=prefix)
    load = cache(partial(read_directory, root, prefix, most))
    return Found(source=source, git_dir=None, fingerprint=None, notes=(), load=load)


def read_directory(root: bytes, prefix: bytes = b"", most: int = MAX_FILES) -> Tree:
    """Return the tree below ``root``/``prefix``.

    Raise ``SourceError`` if that directory can't be read, or holds more than ``most`` files and directories.
    """
    tree = walk_directory(root, prefix, most)
    return replace(tree, slugignore=slugignore_on_disk(tree.source.path))


def walk_directory(root: bytes, prefix: bytes = b"", most: int = MAX_FILES) -> Tree:
    """Return the same without reading rules, for a directory where they don't apply."""
    source = Source(kind=SourceKind.DIRECTORY, root=root, prefix=prefix)
    walk = _Walk(source.path, FileCount(quoted(source.path), most))
    return Tree(
        source=source,
        files=tuple(sorted(walk.files)),
        contents=DiskContents(root=source.path),
        links=walk.links,
        unreadable=tuple(sorted(walk.unreadable, key=lambda lost: lost.path)),
        notes=walk.notes(),
    )


class _Walk:
    def __init__(self, root: bytes, count: FileCount) -> None:
        self.files: list[File] = []
        self.links: dict[bytes, bytes] = {}
        self.unreadable: list[Unreadable] = []
        self._special: list[bytes] = []
        self._count = count
        try:
            self._walk(root)
        except OSError as error:
            raise SourceError(
                f"{quoted(root)}: cannot be read ({error.strerror}); name a directory you may read"
            ) from error

    def _walk(self, root: bytes) -> None:
        stack = [(root, b"")]
        while stack:
            directory, at = stack.pop()
            try:
                with os.scandir(directory) as entries:
                    for entry in sorted(self._counted(entries, at), key=lambda entry: entry.name):
                        if entry.is_dir(follow_symlinks=False):
                            stack.append((entry.path, at + entry.name + b"/"))
                        else:
                            self._add(entry, at + entry.name)
            except OSError as error:
                if not at:
                    raise
                self.unreadable.append(Unreadable(path=at.removesuffix(b"/"), reason=reason(error)))

    def _counted(self, entries: Iterable[os.DirEntry[bytes]], at: bytes) -> Iterator[os.DirEntry[bytes]]:
        for entry in entries:
            self._count.add(1, len(at) + len(entry.name))
            yield entry

    def _add(self, entry: os.DirEntry[bytes], path: bytes) -> None:
        try:
            info = entry.stat(follow_symlinks=False)
            mode = entry_mode(info)
            if mode is None:
                self._special.append(path)
                return
            size = info.st_size
            if mode == SYMLINK:
                self.links[path] = os.readlink(entry.path)
                size = len(self.links[path])
            self.files.append(File(path, size, mode, None))
        except OSError as error:
            self.unreadable.append(Unreadable(path=path, reason=reason(error)))

    def notes(self) -> tuple[Note, ...]:
        if not self._special:
            return ()
        message = "sockets, pipes and devices are not counted; git cannot hold them"
        return (Note(id="special-files", message=message, paths=tuple(sorted(self._special))),)


class DiskContents(Struct, frozen=True, kw_only=True):
    """Contents of the files below ``root``."""

    root: bytes

    def open(self) -> DiskReader:
        """Return a reader, which keeps nothing open between calls."""
        return DiskReader(self.root)

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Return nothing, since git does not store these files."""
        return {}


class DiskReader:
    """Reads files from disk. A file that shrank after listing is reported; of one that grew, the listed size counts."""

    def __init__(self, root: bytes) -> None:
        self.unreadable: list[Unreadable] = []
        self._root = root

    def __enter__(self) -> DiskReader:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        for file in files:
            try:
                content = read_start(os.path.join(self._root, file.path), file.size_bytes)
            except OSError as error:
                self.unreadable.append(Unreadable(path=file.path, reason=reason(error)))
                yield None
                continue
            if len(content) < file.size_bytes:
                self.unreadable.append(Unreadable(path=file.path, reason=_SHRANK))
            yield content

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces, up to the listed size."""
        left = file.size_bytes
        try:
            for piece in read_pieces(os.path.join(self._root, file.path), piece_bytes):
                yield piece[:left]
                left -= min(left, len(piece))
                if not left:
                    break
        except OSError as error:
            self.unreadable.append(Unreadable(path=file.path, reason=reason(error)))
        else:
            if left:
                self.unreadable.append(Unreadable(path=file.path, reason=_SHRANK))
