"""One segment of the stream: its bytes, their compressed size, and the weight of each file in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from slugtrim.files import SYMLINK
from slugtrim.sizer.codec import WINDOW_BYTES, Codec
from slugtrim.sizer.layout import Member, Segment, is_large
from slugtrim.sizer.tar import END_OF_ARCHIVE, directory_header, file_header, padding

HEADER_BYTES = 60
"""What a header costs in a compressed stream, in bytes, where most of it repeats the one before."""


class Measured(Struct, frozen=True, kw_only=True):
    """A compressed segment."""

    compressed_bytes: int
    weights: tuple[int, ...]
    """Of each file whose content is in it, in order."""


def measure_segment(codec: Codec, segment: Segment, contents: Sequence[bytes | None]) -> Measured:
    """Compresses a segment. ``contents`` are those of its small files; None counts as empty."""
    stream = b"".join(_records(segment.members, contents))
    if segment.last:
        stream += END_OF_ARCHIVE
    # The end of the segment stands in for the stretch before it: as like to it, and out of reach by the time it comes.
    before = stream[-WINDOW_BYTES:] if len(stream) > 2 * WINDOW_BYTES else b""
    return Measured(
        compressed_bytes=codec.compressed_bytes(stream, before),
        weights=tuple(codec.weight(data) if data else 0 for data in contents),
    )


def _records(members: Sequence[Member], contents: Sequence[bytes | None]) -> Iterator[bytes]:
    small = iter(contents)
    for member in members:
        if isinstance(member, bytes):
            yield directory_header(member)
            continue
        data = b"" if is_large(member) else next(small) or b""
        if member.mode == SYMLINK:
            yield file_header(member, data)
            continue
        yield file_header(member)
        if data:
            yield data
            yield padding(len(data))


def shares(segment: Segment, measured: Measured) -> dict[bytes, int]:
    """Path to compressed bytes, for every file of the segment; they add up to the segment's."""
    weights = iter(measured.weights)
    files = list(segment.files())
    weighed = [HEADER_BYTES + (0 if is_large(file) else next(weights)) for file in files]
    return dict(zip((file.path for file in files), apportion(measured.compressed_bytes, weighed), strict=True))


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to ``weights`` that add up to ``whole``."""
    total = sum(weights)
    ends = [whole * end // total if total else 0 for end in accumulate(weights, initial=0)]
    return [end - begin for begin, end in pairwise(ends)]
