"""Contents that are read by several, one after the other: held in memory, and by one reader that stays open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from slugtrim.files import Contents, File, Reader, Tree, Unreadable

_HELD_BYTES = 48 << 20
_MOST_BYTES = 1 << 20
"""A larger content is not held: it would take the room of many."""


class HeldContents:
    """Contents of which those read first are held in memory, as many as there is room for.

    With ``keeps_latest`` those read last are. Readers in several threads share them.
    """

    def __init__(self, contents: Contents, *, keeps_latest: bool = False) -> None:
        """Begin with none held."""
        self._contents = contents
        self._keeps_latest = keeps_latest
        self._held: dict[bytes, bytes] = {}
        """By blob id, or by path if there is none. The one that was used longest ago comes first."""
        self._room_bytes = _HELD_BYTES

    def open(self) -> HeldReader:
        """Return a reader, to be used in a ``with`` statement."""
        return HeldReader(self, self._contents.open())

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        """Return blob id to the deflated size in git, for files whose blobs are packed whole."""
        return self._contents.deflated_bytes(files)

    def get(self, file: File) -> bytes | None:
        """Return the content of a file if it is held."""
        return self._held.get(_key(file))

    def hold(self, file: File, content: bytes) -> None:
        """Hold the content of a file if there is room, or if it can be made."""
        if len(content) > _MOST_BYTES or not (self._keeps_latest or len(content) <= self._room_bytes):
            return
        key = _key(file)
        before = self._held.pop(key, None) if self._keeps_latest else self._held.get(key)
        self._held[key] = content
        if before is None:
            self._room_bytes -= len(content)
        while self._room_bytes < 0 and self._keeps_latest:
            self._room_bytes += len(self._held.pop(next(iter(self._held))))


def held(contents: Contents) -> HeldContents:
    """Return contents that are held; themselves if they are."""
    return contents if isinstance(contents, HeldContents) else HeldContents(contents)


def _key(file: File) -> bytes:
    return file.blob or b"/" + file.path


class HeldReader:
    """Reads what is not held, and has it held."""

    def __init__(self, contents: HeldContents, reader: Reader) -> None:
        self._contents = contents
        self._reader = reader
        self.unreadable: list[Unreadable] = reader.unreadable

    def __enter__(self) -> HeldReader:
        self._reader.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._reader.__exit__(*exc)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        known = [self._contents.get(file) for file in files]
        read = self._reader.batch([file for file, content in zip(files, known, strict=True) if content is None])
        for file, at_hand in zip(files, known, strict=True):
            content = at_hand if at_hand is not None else next(read)
            if content is not None:
                self._contents.hold(file, content)
            yield content

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        yield from self._reader.pieces(file, piece_bytes)


@contextmanager
def with_one_reader(tree: Tree) -> Iterator[Tree]:
    """Yield the tree as one whose contents are all read by the same reader, which ends with the ``with`` statement."""
    with tree.contents.open() as reader:
        yield replace(tree, contents=LentContents(reader, tree.contents))


class LentContents:
    """Contents with one reader, which somebody else closes."""

    def __init__(self, reader: Reader, contents: Contents) -> None:
        """``reader`` reads ``contents``."""
        self._reader = reader
        self._contents = contents

    def open(self) -> Reader:
        """Return the reader, as if it had just been opened."""
        self._reader.unreadable.clear()
        return _Lent(self._reader)

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        """Return blob id to the deflated size in git, for files whose blobs are packed whole."""
        return self._contents.deflated_bytes(files)


class _Lent:
    """A reader that stays open."""

    def __init__(self, reader: Reader) -> None:
        self.unreadable: list[Unreadable] = reader.unreadable
        self.batch = reader.batch
        self.pieces = reader.pieces

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave it open."""
