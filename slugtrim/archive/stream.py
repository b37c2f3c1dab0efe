"""The uncompressed stream of a slug, read forward only, and how far it is in the compressed one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from slugtrim.archive.limits import Limits, beyond
from slugtrim.archive.recognition import START_BYTES
from slugtrim.units import format_size


class Step(NamedTuple):
    """A stretch of the stream, and how many bytes of the compressed one stand for it."""

    data: bytes
    compressed_bytes: int


class Stream:
    """Reads steps as one stream. It never goes back: what has been read is forgotten.

    Raises ``SlugError`` when there is more than ``limits`` allow; ``shown`` is what the slug is called there.
    """

    def __init__(self, steps: Iterator[Step], shown: str, limits: Limits) -> None:
        self.shown = shown
        self.limits = limits
        self.start = b""
        """How the stream begins, as far as it was read."""
        self._steps = steps
        self._data = b""
        self._at = 0
        self._before = 0
        self._compressed_before = 0
        self._compressed = 0
        self._filled_in = 0

    def tell(self) -> int:
        """Bytes of the stream read so far."""
        return self._before + self._at

    def compressed_position(self) -> int:
        """Where this is in the compressed stream: within a step, in proportion."""
        length = len(self._data)
        return self._compressed_before + (self._compressed * self._at // length if length else self._compressed)

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer at the end."""
        end = self._at + size
        data = self._data[self._at : end]
        if len(data) == size:
            self._at = end
            return data
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        """The next ``size`` bytes as they come; fewer at the end."""
        while size and (self._at < len(self._data) or self._advance()):
            piece = self._data[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> int:
        """Passes over ``size`` bytes; says how many there were."""
        assert size >= 0, "a stream does not go back"
        if size <= len(self._data) - self._at:
            self._at += size
            return size
        return sum(len(piece) for piece in self.pieces(size))

    def seek(self, position: int) -> None:
        """Goes forward to ``position``, or to the end where that comes first."""
        self.skip(position - self.tell())

    def fill_in(self, size: int) -> None:
        """Counts what a sparse file has beyond what is archived of it."""
        self._filled_in += size
        self._check()

    def _advance(self) -> bool:
        """Goes to the next step that holds anything. At the end it stands behind all of the compressed stream."""
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
