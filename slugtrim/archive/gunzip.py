"""A gzip file as steps: how many compressed bytes stand for which stretch of the uncompressed stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from slugtrim.archive.stream import Step
from slugtrim.errors import SlugError
from slugtrim.sizer.codec import Gunzip, Inflater, default_gunzip

MAGIC = b"\x1f\x8b"
_READ_BYTES = 1 << 20
_STEP_BYTES = 4096
"""Compressed bytes of a step. Entries within one share it by their length, so it is to be small beside most of them."""
_FINEST_BYTES = 64
_FINE_PART = 64
"""Near the beginning a step is one part in so many of what is before it: few bytes matter in a small slug."""
_MOST_BYTES = 1 << 20
"""Uncompressed bytes of a step: what compresses a thousandfold is handed on in parts."""


class Readable(Protocol):
    """A file that is read from its beginning to its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, ``size`` at most; empty at the end."""


class GzipFile:
    """The steps of a gzip file, every member of it one after the other; ``shown`` is what it is called in errors."""

    def __init__(self, file: Readable, shown: str, codec: Gunzip | None = None) -> None:
        self.has_trailing_data = False
        """Whether something that is no gzip follows the last member. Zeros are not: they fill up a block."""
        self._file = file
        self._shown = shown
        self._codec = codec or default_gunzip()
        self._data = b""
        self._at = 0
        self._before = 0

    def steps(self) -> Iterator[Step]:
        """Raises ``SlugError`` where the file is damaged or ends too early."""
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
                    f"{self._shown}: is cut off at byte {self._position:,}: the gzip stream goes on; fetch it again"
                )
            yield from self._inflated(member, piece)
        self._at -= len(member.unused_data)

    def _inflated(self, member: Inflater, piece: bytes) -> Iterator[Step]:
        """What comes out of ``piece``, in parts."""
        while piece:
            try:
                data = member.decompress(piece, _MOST_BYTES)
            except self._codec.error as error:
                at = self._position - len(piece)
                raise SlugError(f"{self._shown}: is damaged behind byte {at:,}; fetch it again") from error
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
        """Whether another member follows."""
        while len(self._data) - self._at < len(MAGIC):
            more = self._file.read(_READ_BYTES)
            if not more:
                return False
            self._before += self._at
            self._data, self._at = self._data[self._at :] + more, 0
        return self._data.startswith(MAGIC, self._at)
