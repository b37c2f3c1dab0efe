"""Measure what a slug loses if some of its files are left out and the rest is packed again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from slugtrim.archive.entries import Format, Packed, normal
from slugtrim.archive.limits import Limits
from slugtrim.archive.reading import STDIN, Input, open_file, opened_tar
from slugtrim.archive.stream import Stream
from slugtrim.files import directories_above
from slugtrim.sizer import Sizer
from slugtrim.sizer.codec import WINDOW_BYTES, ZLIB
from slugtrim.sizer.saving import savings

_TAIL_BYTES = 2 * WINDOW_BYTES
"""Bytes after a gap whose compression still depends on what was before them."""
_BUFFER_BYTES = 4 << 20
_LARGE_BYTES = 4 << 20
"""A file of this size takes its own compressed bytes along: its beginning and end hardly matter."""


def left_out_bytes(path: str, packed: Packed, gone: Collection[bytes], limits: Limits) -> int | None:
    """Return the compressed bytes that leaving out the files ``gone`` saves; None for stdin, which is read already.

    Read the archive twice more. Compress only around the files that go, with the same codec with and without them.
    Raise ``SlugError``.
    """
    if packed.format is Format.DIRECTORY:
        files = packed.tree.files
        sizer = Sizer(packed.tree.contents)
        return sum(savings(sizer, files, [[file for file in files if file.path in gone]])[0]) if gone else 0
    if path == STDIN:
        return None
    with open_file(path) as (file, shown):
        stretches = list(_stretches(Input(file, shown, limits), packed, gone))
    with open_file(path) as (file, shown):
        return _saved(Input(file, shown, limits).stream, stretches)


class _Stretch(NamedTuple):
    """A part of the stream that goes or stays."""

    size_bytes: int
    goes: bool
    is_large: bool = False


def _stretches(source: Input, packed: Packed, gone: Collection[bytes]) -> Iterator[_Stretch]:
    """Yield the members, in order, with their headers and padding."""
    emptied = _emptied(packed, gone)
    tar = opened_tar(source)
    at = 0
    for member in tar:
        tar.skip_rest()
        end = tar.offset
        path = packed.path_of(normal(member.path_bytes))
        goes = path in emptied if member.isdir() else path in gone
        yield _Stretch(end - at, goes, goes and member.archived_bytes >= _LARGE_BYTES)
        at = end


def _emptied(packed: Packed, gone: Collection[bytes]) -> set[bytes]:
    """Return the directories of which nothing stays."""
    stays = {above for file in packed.tree.files if file.path not in gone for above in directories_above(file.path)}
    return {above for path in gone for above in directories_above(path)} - stays


def _saved(stream: Stream, stretches: list[_Stretch]) -> int:
    both, rest = _Half(), _Half()
    saved = 0
    tail = _TAIL_BYTES  # nothing has gone yet
    for size, goes, is_large in stretches:
        if is_large:
            saved += both.take() - rest.take()
            before = stream.compressed_position()
            for piece in stream.pieces(size):
                both.pass_by(piece)
            saved += stream.compressed_position() - before
            tail = 0
            continue
        for piece in stream.pieces(size):
            if goes:
                tail = 0
            if tail >= _TAIL_BYTES:
                both.pass_by(piece)
                rest.pass_by(piece)
                continue
            both.add(piece)
            if not goes:
                rest.add(piece)
                tail += len(piece)
            if tail >= _TAIL_BYTES or len(both.data) >= _BUFFER_BYTES:
                saved += both.take() - rest.take()
    return max(0, saved + both.take() - rest.take())


class _Half:
    """A stream that is compressed in parts, each with what precedes it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._window = b""

    def add(self, piece: bytes) -> None:
        """Add data to be compressed."""
        self.data += piece

    def pass_by(self, piece: bytes) -> None:
        """Remember data that is not compressed. There must be none to be compressed."""
        size = len(piece)
        self._window = piece[-WINDOW_BYTES:] if size >= WINDOW_BYTES else (self._window + piece)[-WINDOW_BYTES:]

    def take(self) -> int:
        """Return the compressed bytes of the data that was added."""
        if not self.data:
            return 0
        data = bytes(self.data)
        size = ZLIB.compressed_bytes(data, self._window)
        self.pass_by(data)
        self.data.clear()
        return size
