"""Contents of blobs through one git process for a whole history, the latest of them held in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slugtrim.files import File, Unreadable
from slugtrim.sources.contents import BlobContents

_HELD_BYTES = 64 << 20


class HeldContents:
    """Opened any number of times, it stays open until ``close``."""

    def __init__(self, blobs: BlobContents) -> None:
        self._blobs = blobs
        self._reader = blobs.open()
        self._held: dict[bytes, bytes] = {}
        """By blob id, the one used longest ago first."""
        self._room_bytes = _HELD_BYTES

    def open(self) -> HeldContents:
        """Return itself."""
        return self

    def __enter__(self) -> HeldContents:
        self._reader.unreadable.clear()
        return self

    def __exit__(self, *exc: object) -> None:
        pass  # the next step reads on

    def close(self) -> None:
        """End git."""
        self._reader.__exit__(None, None, None)

    @property
    def unreadable(self) -> list[Unreadable]:
        """Return what could not be read since it was opened last."""
        return self._reader.unreadable

    @unreadable.setter
    def unreadable(self, value: list[Unreadable]) -> None:
        self._reader.unreadable = value

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        known = [self._held.get(file.blob or b"") for file in files]
        read = self._reader.batch([file for file, data in zip(files, known, strict=True) if data is None])
        for file, data in zip(files, known, strict=True):
            content = data if data is not None else next(read)
            if content is not None and file.blob is not None:
                self._hold(file.blob, content)
            yield content

    def _hold(self, blob: bytes, content: bytes) -> None:
        before = self._held.pop(blob, None)
        self._room_bytes -= len(content) if before is None else 0
        self._held[blob] = content
        while self._room_bytes < 0:
            self._room_bytes += len(self._held.pop(next(iter(self._held))))

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        yield from self._reader.pieces(file, piece_bytes)

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        """Return blob id to the deflated size in git, for files whose blobs are packed whole."""
        return self._blobs.deflated_bytes(files)
