"""How zlib's sizes follow from those of a faster codec, and how sure a predicted size is.

libdeflate packs text up to 4 % better than the zlib that `gzip -6` and `tar z` use, large JSON and lock files up to
7 %. A small tree is compressed by zlib outright. Of any other, a few pieces are compressed by both, and their ratio
holds for all. Which pieces depends on the paths alone: no number depends on a cache, and a changed line moves no
sample.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from zlib import crc32

from msgspec import Struct

from slugtrim.files import File
from slugtrim.sizer.codec import ZLIB, Codec
from slugtrim.sizer.stream import BLOCK_BYTES, Segment

SAMPLE_BYTES = 128 << 10
"""A piece that both codecs compress."""

_SEGMENT_SAMPLES = 10
_LARGE_SAMPLES = 12
_OUTRIGHT_SMALL_BYTES = 3 << 20
_OUTRIGHT_LARGE_BYTES = 4 << 20
"""Up to this many uncompressed bytes zlib alone costs no more time than samples would."""


_ORDER = 0.1
"""Standard deviation over shuffled directories; on real trees 0.03 to 0.3 of what a file's neighbours could move."""
_MODEL = 0.004
"""Standard deviation of the rest, in parts of the size."""


class Ratio(Struct, frozen=True, kw_only=True):
    """Sizes of the same pieces by both codecs."""

    zlib_bytes: int
    fast_bytes: int

    def scaled(self, fast_bytes: int) -> int:
        """Return about what zlib makes of data that the faster codec packs in ``fast_bytes``."""
        return (fast_bytes * self.zlib_bytes + self.fast_bytes // 2) // self.fast_bytes if self.fast_bytes else 0


class Scale(Struct, frozen=True, kw_only=True):
    """How the two classes of a slug were compressed: by zlib for None, else by the faster codec, to be scaled."""

    small: Ratio | None
    """Segments: small files and headers."""
    large: Ratio | None
    """Large files that are compressed one by one, but for media."""


def is_small_outright(cut: Iterable[Segment]) -> bool:
    """Return True if zlib compresses the segments outright."""
    total = 0
    for segment in cut:
        total += BLOCK_BYTES * len(segment.members) + sum(file.size_bytes for file in segment.small_files)
        if total > _OUTRIGHT_SMALL_BYTES:
            return False
    return True


def is_large_outright(files: Iterable[File]) -> bool:
    """Return True if zlib compresses these large files outright."""
    return sum(file.size_bytes for file in files) <= _OUTRIGHT_LARGE_BYTES


def sampled_segments(cut: Sequence[Segment]) -> dict[int, int]:
    """Return the index of each sampled segment with the number of its samples."""
    chosen = heapq.nsmallest(_SEGMENT_SAMPLES, range(len(cut)), key=lambda index: (_rank(cut[index]), index))
    count = -(-_SEGMENT_SAMPLES // len(chosen)) if chosen else 0
    return dict.fromkeys(chosen, count)


def _rank(segment: Segment) -> int:
    first = segment.members[0] if segment.members else b""
    return crc32(first.path if isinstance(first, File) else first)


def sampled_pieces(files: Iterable[File]) -> Mapping[bytes, Collection[int]]:
    """Return path to the indexes of the sampled pieces of ``SAMPLE_BYTES``."""
    ranked = (
        (crc32(b"%d" % index, crc32(file.path)), file.path, index)
        for file in files
        for index in range(-(-file.size_bytes // SAMPLE_BYTES))
    )
    chosen: dict[bytes, list[int]] = defaultdict(list)
    for _, path, index in heapq.nsmallest(_LARGE_SAMPLES, ranked):
        chosen[path].append(index)
    return chosen


def sample(codec: Codec, data: bytes) -> tuple[int, int]:
    """Return the sizes of a piece by zlib and by the faster codec."""
    return ZLIB.compressed_bytes(data, b""), codec.compressed_bytes(data, b"")


def sample_of_segment(codec: Codec, stream: bytes, count: int) -> tuple[int, int]:
    """Return the sizes of ``count`` pieces, spread over the stream, by zlib and by the faster codec."""
    room = max(0, len(stream) - SAMPLE_BYTES)
    begins = [room * (2 * number + 1) // (2 * count) for number in range(count)]
    sizes = [sample(codec, stream[begin : begin + SAMPLE_BYTES]) for begin in begins]
    return sum(zlib for zlib, _ in sizes), sum(fast for _, fast in sizes)


def ratio(samples: Iterable[tuple[int, int]]) -> Ratio:
    """Return the ratio of all samples."""
    pairs = list(samples)
    zlib_bytes, fast_bytes = sum(zlib for zlib, _ in pairs), sum(fast for _, fast in pairs)
    return Ratio(zlib_bytes=zlib_bytes or 1, fast_bytes=fast_bytes or 1)


def margin_bytes(small: Iterable[File], shares: Mapping[bytes, int], total_bytes: int) -> int:
    """Return how far the true size may be from the predicted ``total_bytes`` in 19 cases of 20.

    The order of the members is the file system's. What it moves is a part of what each small file's neighbours say of
    it: little of a file that compresses to next to nothing, or not at all. Many small files even each other out.
    """
    squares = 0
    for file in small:
        share = shares[file.path]
        moved = min(share, file.size_bytes - share)
        if moved > 0:
            squares += moved * moved
    return round(2 * math.hypot(_ORDER * math.sqrt(squares), _MODEL * total_bytes))
