"""How gzip's sizes follow from those of a faster codec, what large files save beside their like, and how sure it is.

libdeflate packs text up to 4 % better than `gzip -6` and `tar z`, large JSON and lock files up to 7 %. A small tree is
compressed as gzip does it outright. Of any other, a few pieces are compressed both ways, and their ratio holds for all.
Which pieces depends on the paths alone: no number depends on a cache, and a changed line moves no sample.

A large file is compressed apart, but in the stream it stands among others. Beside its like it begins with a window full
of what it repeats, and costs up to 1 KB less; else it costs some hundred bytes more. So a few of these seams are
compressed joined as well.
"""

from __future__ import annotations

import heapq
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from zlib import crc32

from msgspec import Struct

from slugtrim.files import File
from slugtrim.sizer.codec import WINDOW_BYTES, ZLIB, Codec
from slugtrim.sizer.stream import (
    BLOCK_BYTES,
    LARGE_BYTES,
    MAGIC,
    MAGIC_AT,
    Member,
    Segment,
    entry,
    entry_bytes,
    file_header,
    padding,
)

SAMPLE_BYTES = 160 << 10
"""A piece that both codecs compress."""

_SEGMENT_SAMPLES = 7
_LARGE_SAMPLES = 8
_OUTRIGHT_SMALL_BYTES = 2 << 20
_OUTRIGHT_LARGE_BYTES = 2 << 20
"""Up to this many uncompressed bytes it costs little more time than samples would."""


SEAM_BYTES = 300
"""What a large file adds to the stream around it, on average: its last block has the codes of both."""
_SEAM_SAMPLES = 16
_SEAM_MOST_BYTES = 1 << 20
"""A larger file is read for no seam."""

_ORDER = 0.1
"""Standard deviation over shuffled directories; on real trees 0.03 to 0.3 of what a file's neighbours could move."""
LEAST_COPY_BYTES = 1 << 10
"""Smaller copies move too little to be looked for."""
_MODEL = 0.004
"""Standard deviation of the rest, in parts of the size."""


class Ratio(Struct, frozen=True, kw_only=True):
    """Sizes of the same pieces by both codecs."""

    gzip_bytes: int
    fast_bytes: int

    def scaled(self, fast_bytes: int) -> int:
        """Return about what gzip makes of data that the faster codec packs in ``fast_bytes``."""
        return (fast_bytes * self.gzip_bytes + self.fast_bytes // 2) // self.fast_bytes if self.fast_bytes else 0


class Scale(Struct, frozen=True, kw_only=True):
    """How the two classes of a slug were compressed: as by gzip for None, else by the faster codec, to be scaled."""

    small: Ratio | None
    """Segments: small files and headers."""
    large: Ratio | None
    """Large files that are compressed one by one, but for media."""
    seam_bytes: int = SEAM_BYTES
    """What each large file that is no media adds to the stream around it; below 0 among files that are alike."""


def is_small_outright(cut: Iterable[Segment]) -> bool:
    """Return True if the segments are compressed outright."""
    total = 0
    for segment in cut:
        total += BLOCK_BYTES * len(segment.members) + sum(file.size_bytes for file in segment.small_files)
        if total > _OUTRIGHT_SMALL_BYTES:
            return False
    return True


def is_large_outright(files: Iterable[File]) -> bool:
    """Return True if these large files are compressed outright."""
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
    """Return the sizes of a piece by gzip and by the faster codec."""
    return codec.gzip_bytes(data, b""), codec.compressed_bytes(data, b"")


def pieces_of_segment(stream: bytes, count: int) -> Iterator[bytes]:
    """Yield ``count`` pieces, spread over the stream.

    Each begins with a header: so a changed line leaves most pieces as they are, and their sizes are known.
    """
    room = max(0, len(stream) - SAMPLE_BYTES)
    for number in range(count):
        begin = room * (2 * number + 1) // (2 * count)
        begin = max(begin, stream.find(MAGIC, begin + MAGIC_AT) - MAGIC_AT)
        yield stream[begin : begin + SAMPLE_BYTES]


def ratio(samples: Iterable[tuple[int, int]]) -> Ratio:
    """Return the ratio of all samples."""
    pairs = list(samples)
    gzip_bytes, fast_bytes = sum(size for size, _ in pairs), sum(fast for _, fast in pairs)
    return Ratio(gzip_bytes=gzip_bytes or 1, fast_bytes=fast_bytes or 1)


class Seam(Struct, frozen=True, kw_only=True):
    """A large file, with as much of the stream around it as deflate looks back."""

    file: File
    before: tuple[Member, ...]
    behind: tuple[Member, ...]
    """Empty before another large file."""
    is_bare: bool
    """Nothing but the header is between it and the large file before it."""

    def members(self) -> tuple[Member, ...]:
        """All that it is about, in order."""
        return (*self.before, self.file, *self.behind)

    def files(self) -> list[File]:
        """Those to read."""
        return [member for member in self.members() if isinstance(member, File)]


def sampled_seams(members: Sequence[Member], is_text: Callable[[File], bool]) -> list[Seam]:
    """Return the seams to sample. ``is_text`` tells the large files that are no media."""
    ranked = (
        (crc32(member.path), index)
        for index, member in enumerate(members)
        if isinstance(member, File) and LARGE_BYTES <= member.size_bytes <= _SEAM_MOST_BYTES and is_text(member)
    )
    return [_seam(members, index, is_text) for _, index in heapq.nsmallest(_SEAM_SAMPLES, ranked)]


def _seam(members: Sequence[Member], index: int, is_text: Callable[[File], bool]) -> Seam:
    file = members[index]
    assert isinstance(file, File)
    before = _within_window((members[at] for at in range(index - 1, -1, -1)), _SEAM_MOST_BYTES)
    last = members[index - 1] if index else b""
    return Seam(
        file=file,
        before=tuple(reversed(before)),
        # What a large file has in common with one further on is a matter of that one's seam.
        behind=tuple(_within_window((members[at] for at in range(index + 1, len(members))), LARGE_BYTES - 1)),
        is_bare=isinstance(last, File) and is_text(last),
    )


def _within_window(members: Iterable[Member], most_bytes: int) -> list[Member]:
    """Return the first members, as many as deflate looks back over, up to a file of more than ``most_bytes``."""
    found: list[Member] = []
    size = 0
    for member in members:
        if size >= WINDOW_BYTES or (isinstance(member, File) and member.size_bytes > most_bytes):
            break
        found.append(member)
        size += BLOCK_BYTES if isinstance(member, bytes) else entry_bytes(member)
    return found


def sample_of_seam(seam: Seam, contents: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Return the bytes that a seam takes, joined and apart. ``contents`` are those of its files by path."""
    content = contents.get(seam.file.path, b"")
    header = file_header(seam.file)
    before = b"".join(_stream(seam.before, contents))[-WINDOW_BYTES:]
    head = content[:WINDOW_BYTES]
    # What stands between two large files is a part of no segment, so that all of it is the seam's.
    joined, apart = _both(before, header + head) if seam.is_bare else _both(before + header, head)
    if seam.is_bare:
        apart += _deflated(head) - _deflated(header + head)
    if seam.behind:
        behind = padding(len(content)) + b"".join(_stream(seam.behind, contents))[:WINDOW_BYTES]
        more_joined, more_apart = _both(content[-WINDOW_BYTES:], behind)
        joined += more_joined
        apart += more_apart
    return joined, apart


def _stream(members: Iterable[Member], contents: Mapping[bytes, bytes]) -> Iterator[bytes]:
    for member in members:
        yield entry(member, contents.get(member.path, b"") if isinstance(member, File) else b"")


def _both(first: bytes, second: bytes) -> tuple[int, int]:
    """Return the size of both behind one another, and the sum of their sizes apart."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    size = len(compressor.compress(first))
    alone = size + len(compressor.copy().flush())
    size += len(compressor.compress(second)) + len(compressor.flush())
    return size, alone + _deflated(second)


def _deflated(data: bytes) -> int:
    return ZLIB.compressed_bytes(data, b"")


def seam_bytes(samples: Iterable[tuple[int, int]]) -> int:
    """Return what a large file adds to the stream around it, by the seams that were sampled."""
    added = [joined - apart for joined, apart in samples]
    return round(sum(added) / len(added)) if added else SEAM_BYTES


def margin_bytes(small: Iterable[File], shares: Mapping[bytes, int], total_bytes: int) -> int:
    """Return how far the true size may be from the predicted ``total_bytes`` in 19 cases of 20.

    The order of the members is the file system's. What it moves is a part of what each small file's neighbours say of
    it: little of a file that compresses to next to nothing, or not at all. Many small files even each other out. A
    second copy in the same directory is there or not, by whether the first one is still in deflate's window.
    """
    squares = copies = 0
    first: dict[bytes, bytes] = {}
    """Path by blob."""
    known: set[tuple[bytes, bytes]] = set()
    """Directory and blob, of those that are in several places."""
    for path, size, _, blob in small:
        share = shares[path]
        moved = share if 2 * share < size else size - share
        if moved > 0:
            squares += moved * moved
        if blob is not None and LEAST_COPY_BYTES <= size < WINDOW_BYTES:
            other = first.setdefault(blob, path)
            if other is not path:
                known.add((other.rpartition(b"/")[0], blob))
                copy = path.rpartition(b"/")[0], blob
                copies += share * share if copy in known else 0
                known.add(copy)
    return margin_of(squares, copies, total_bytes)


def margin_of(squares: int, copies: int, total_bytes: int) -> int:
    """Return the same by the sums of squares: of what each file's neighbours say of it, and of second copies."""
    order = math.hypot(_ORDER * math.sqrt(squares), math.sqrt(copies / 2))
    return round(2 * math.hypot(order, _MODEL * total_bytes))
