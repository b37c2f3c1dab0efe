"""One reader for the many small reads of an examination: to start git for each would cost more than they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from slugtrim.files import Contents, File, Reader, Tree, Unreadable


@contextmanager
def with_one_reader(tree: Tree) -> Iterator[Tree]:
    """Yield the tree as one whose contents are all read by the same reader, which ends with the ``with`` statement."""
    with tree.contents.open() as reader:
        yield replace(tree, contents=_Lent(reader, tree.contents))


class _Lent:
    """A reader that somebody else closes, and contents that have no other."""

    def __init__(self, reader: Reader, contents: Contents) -> None:
        self._reader = reader
        self._contents = contents
        self.unreadable: list[Unreadable] = reader.unreadable

    def open(self) -> Reader:
        return self

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        return self._contents.deflated_bytes(files)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        return self._reader.batch(files)

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        return self._reader.pieces(file, piece_bytes)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the reader open."""
