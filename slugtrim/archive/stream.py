"""Read the uncompressed stream of a slug, and track which compressed bytes stand for which part of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, Protocol

from slugtrim.archive.limits import Limits, beyond
from slugtrim.errors import SlugError
from slugtrim.sizer.codec import GZIP_FRAME_BYTES, WINDOW_BYTES, Codec, Gunzip, Inflater, default_codec, default_gunzip
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.measure import apportion
from slugtrim.units import format_size

_UNPACK = "unpack it and name the directory"

_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"hsqs", "a squashfs image, as very old slugs are", "unpack it with unsquashfs and name the directory"),
    (b"sqsh", "a squashfs image, as very old slugs are", "unpack it with unsquashfs and name the directory"),
    (b"\x1f\x8b", "compressed with gzip twice", "unpack it once, with gzip -d"),
    (b"\xfd7zXZ\0", "compressed with xz", "give it as xz -dc FILE | slugtrim inspect -"),
    (b"BZh", "compressed with bzip2", "give it as bzip2 -dc FILE | slugtrim inspect -"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "give it as zstd -dc FILE | slugtrim inspect -"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "give it as lz4 -dc FILE | slugtrim inspect -"),
    (b"LZIP", "compressed with lzip", "give it as lzip -dc FILE | slugtrim inspect -"),
    (b"\x1f\x9d", "compressed with compress", "give it as gzip -dc FILE | slugtrim inspect -"),
    (b"PK\x03\x04", "a zip file", _UNPACK),
    (b"PK\x05\x06", "a zip file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", _UNPACK),
    (b"Rar!", "a RAR file", _UNPACK),
    (b"\x7fELF", "a program", "name the slug"),
    (b"<", "a page in HTML or XML, perhaps what a server answered instead of the slug", "fetch it again"),
    (b"{", "a JSON document, perhaps what a server answered instead of the slug", "fetch it again"),
)
"""The first bytes of other formats: what such a file is, and what to do with it."""

START_BYTES = 512
"""Bytes of a file that are examined."""


def recognized(start: bytes) -> tuple[str, str] | None:
    """Return what a file with these first bytes is, and what to do with it; None if unknown."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what, remedy in _KNOWN:
        if (text if magic in (b"<", b"{") else start).startswith(magic):
            return what, remedy
    return None


class Step(NamedTuple):
    """A part of the stream, with the number of compressed bytes that stand for it."""

    data: bytes
    compressed_bytes: int


class Stream:
    """Reads steps as one stream, forward only.

    Raise ``SlugError`` beyond ``limits``; ``shown`` is the slug's name in messages.
    """

    def __init__(self, steps: Iterator[Step], shown: str, limits: Limits) -> None:
        self.shown = shown
        self.limits = limits
        self.start = b""
        """The first bytes of the stream, as far as they are read."""
        self._steps = steps
        self._data = b""
        self._at = 0
        self._before = 0
        self._compressed_before = 0
        self._compressed = 0
        self._filled_in = 0

    def tell(self) -> int:
        """Return how many bytes of the stream were read."""
        return self._before + self._at

    def compressed_position(self) -> int:
        """Return the position in the compressed stream; within a step, in proportion."""
        length = len(self._data)
        return self._compressed_before + (self._compressed * self._at // length if length else self._compressed)

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer at the end."""
        end = self._at + size
        data = self._data[self._at : end]
        if len(data) == size:
            self._at = end
            return data
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next ``size`` bytes in pieces; fewer at the end."""
        while size and (self._at < len(self._data) or self._advance()):
            piece = self._data[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> int:
        """Skip ``size`` bytes; return how many there were."""
        assert size >= 0, "a stream does not go back"
        if size <= len(self._data) - self._at:
            self._at += size
            return size
        return sum(len(piece) for piece in self.pieces(size))

    def seek(self, position: int) -> None:
        """Skip to ``position``, or to the end if that comes first."""
        self.skip(position - self.tell())

    def fill_in(self, size: int) -> None:
        """Count the holes of a sparse file."""
        self._filled_in += size
        self._check()

    def _advance(self) -> bool:
        """Go to the next step with data. At the end, the position is after all compressed bytes."""
        self._before += len(self._data)
        self._compressed_before += self._compressed
        self._data, self._at, self._compressed = b"", 0, 0
        compressed = 0
        for data, size in self._steps:
            compressed += size
            if data:
                self._data, self._compressed = data, compressed
                self._check()
                if len(self.start) < START_BYTES:
                    self.start += data[: START_BYTES - len(self.start)]
                return True
        self._compressed = compressed
        return False

    def _check(self) -> None:
        if self._before + len(self._data) + self._filled_in > self.limits.unpacked_bytes:
            limit = format_size(self.limits.unpacked_bytes)
            raise beyond(self.shown, f"holds more than {limit} uncompressed", "unpacked=SIZE")


MAGIC = b"\x1f\x8b"
_READ_BYTES = 1 << 20
_STEP_BYTES = 4096
"""Compressed bytes of a step. Entries within one share it by length, so it must be small compared with most of them."""
_FINEST_BYTES = 64
_FINE_PART = 64
"""Near the beginning, a step is this fraction of what precedes it, since few bytes matter in a small slug."""
_MOST_BYTES = 1 << 20
"""Uncompressed bytes of a step. Data that compresses a thousandfold is split."""


class Readable(Protocol):
    """A file that is read from beginning to end."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; nothing at the end."""


class GzipFile:
    """Splits a gzip file into steps, one member after the other. ``shown`` is its name in messages."""

    def __init__(self, file: Readable, shown: str, codec: Gunzip | None = None) -> None:
        self.has_trailing_data = False
        """True if data other than gzip follows the last member. Zeros don't count: they pad a block."""
        self._file = file
        self._shown = shown
        self._codec = codec or default_gunzip()
        self._data = b""
        self._at = 0
        self._before = 0

    def steps(self) -> Iterator[Step]:
        """Yield the steps. Raise ``SlugError`` if the file is damaged or truncated."""
        while True:
            yield from self._member()
            if not self._begins_member():
                break
        while data := self._take(_READ_BYTES):
            self.has_trailing_data = self.has_trailing_data or data.count(0) < len(data)
            yield Step(b"", len(data))

    def _member(self) -> Iterator[Step]:
        member = self._codec.member()
        while not member.eof:
            piece = self._take(min(max(self._position // _FINE_PART, _FINEST_BYTES), _STEP_BYTES))
            if not piece:
                raise SlugError(
                    f"{self._shown}: is truncated at byte {self._position:,}: the gzip stream goes on; fetch it again"
                )
            yield from self._inflated(member, piece)
        self._at -= len(member.unused_data)

    def _inflated(self, member: Inflater, piece: bytes) -> Iterator[Step]:
        """Yield the data that ``piece`` inflates to, in parts."""
        while piece:
            try:
                data = member.decompress(piece, _MOST_BYTES)
            except self._codec.error as error:
                at = self._position - len(piece)
                raise SlugError(f"{self._shown}: is damaged after byte {at:,}; fetch it again") from error
            left = member.unconsumed_tail
            yield Step(data, len(piece) - len(left or member.unused_data))
            piece = left

    @property
    def _position(self) -> int:
        return self._before + self._at

    def _take(self, size: int) -> bytes:
        if self._at == len(self._data):
            self._before += self._at
            self._data = self._file.read(_READ_BYTES)
            self._at = 0
        data = self._data[self._at : self._at + size]
        self._at += len(data)
        return data

    def _begins_member(self) -> bool:
        """Return True if another member follows."""
        while len(self._data) - self._at < len(MAGIC):
            more = self._file.read(_READ_BYTES)
            if not more:
                return False
            self._before += self._at
            self._data, self._at = self._data[self._at :] + more, 0
        return self._data.startswith(MAGIC, self._at)


_SEGMENT_BYTES = 1 << 20
"""Bytes that are compressed at once, with the window before them."""
_PREDICTED_STEP_BYTES = 4096


def predicted(file: Readable) -> Iterator[Step]:
    """Yield ``file`` in steps, each with its predicted size in `gzip -6` of the whole."""
    codec = default_codec()
    done: deque[list[Step]] = deque()
    with Jobs(os.cpu_count() or 1) as jobs:
        before = b""
        while data := file.read(_SEGMENT_BYTES):
            jobs.submit(partial(_steps, codec, data, before), done.append)
            before = data[-WINDOW_BYTES:]
            while done:
                yield from done.popleft()
    while done:
        yield from done.popleft()
    yield Step(b"", GZIP_FRAME_BYTES)


def _steps(codec: Codec, data: bytes, before: bytes) -> list[Step]:
    pieces = [data[at : at + _PREDICTED_STEP_BYTES] for at in range(0, len(data), _PREDICTED_STEP_BYTES)]
    sizes = apportion(codec.compressed_bytes(data, before), [codec.weight(piece) for piece in pieces])
    return [Step(piece, size) for piece, size in zip(pieces, sizes, strict=True)]
