"""What a cached size depends on beside the content, known without importing a codec."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

FASTEST, SLOWEST = "libdeflate-6", "zlib-6"
"""Names of the codecs: the one of the wheels, and the standard library's."""

MODEL_VERSION = 4
"""Raised whenever the same files would come out at another size; part of every cache key."""


@cache
def codec_name() -> str:
    """Name of the default codec, found without importing it: that takes longer than looking up a known tree."""
    return FASTEST if find_spec("deflate") and find_spec("isal") else SLOWEST
