"""Estimate how small pictures would be if they were compressed again: bytes for each pixel tell, a sample says more."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Callable
from typing import Any

from slugtrim.archive.entries import Feed
from slugtrim.files import File

_SUFFIX = re.compile(rb"\.(?:png|jpe?g)", re.IGNORECASE)
_LEAST_BYTES = 128 << 10
_MOST_BYTES = 32 << 20
_MOST_PIXELS = 40_000_000
_SAMPLES = 8
_SAMPLED_BYTES = 8 << 20
USUAL = 0.35
"""Bytes for each pixel of a photo as JPEG of quality 80, without a sample."""
_QUALITY = 80
_PNG = b"\x89PNG\r\n\x1a\n"
_NO_FRAME = frozenset((0xC4, 0xC8, 0xCC))


class Images:
    """Looks at large pictures while a slug is read."""

    def __init__(self) -> None:
        self.pixels: dict[bytes, int] = {}
        """Path to the number of pixels."""
        self._ratios: list[float] = []
        self._encode = _encoder()

    @property
    def ratio(self) -> float:
        """Return how many bytes a pixel needs: as the sample says if Pillow is installed."""
        return sorted(self._ratios)[len(self._ratios) // 2] if self._ratios else USUAL

    def __call__(self, file: File) -> Feed | None:
        """Return what receives the content of ``file``; None to ignore it."""
        if not _LEAST_BYTES <= file.size_bytes <= _MOST_BYTES or not _SUFFIX.fullmatch(
            file.path[file.path.rfind(b".") :]
        ):
            return None
        is_sample = self._encode is not None and file.size_bytes <= _SAMPLED_BYTES and len(self._ratios) < _SAMPLES
        most = file.size_bytes if is_sample else _LEAST_BYTES
        content = bytearray()

        def take(piece: bytes) -> None:
            content.extend(piece[: most - len(content)])
            if piece:
                return
            pixels = pixels_of(bytes(content))
            if not 0 < pixels <= _MOST_PIXELS:
                return
            self.pixels[file.path] = pixels
            if is_sample and self._encode is not None and (size := self._encode(bytes(content))):
                self._ratios.append(size / pixels)

        return take


def pixels_of(content: bytes) -> int:
    """Return the number of pixels that the header of a PNG or JPEG file names; 0 if it has none."""
    if content.startswith(_PNG):
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if not content.startswith(b"\xff\xd8"):
        return 0
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(content[at + 5 : at + 7], "big") * int.from_bytes(content[at + 7 : at + 9], "big")
        at += 2 + max(length, 2)
    return 0


def _encoder() -> Callable[[bytes], int] | None:
    """Return what says how large a picture is once compressed again, 0 if it can't be; None without Pillow."""
    try:
        pillow: Any = importlib.import_module("PIL.Image")
    except ImportError:
        return None

    def encode(content: bytes) -> int:
        packed = io.BytesIO()
        try:
            with pillow.open(io.BytesIO(content)) as image:
                image.convert("RGB").save(packed, "JPEG", quality=_QUALITY, optimize=True)
        except Exception:  # whatever a damaged picture does to Pillow
            return 0
        return packed.tell()

    return encode
