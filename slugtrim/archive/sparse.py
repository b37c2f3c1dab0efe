"""Where the data of a sparse file belongs: GNU tar's own format, and its three in pax headers.

https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from slugtrim.archive.numbers import decimal, field

BLOCK_BYTES = 512
_PAIR_BYTES = 24
PAIRS_PER_BLOCK = 21
"""A block behind a header of the old format has as many pairs; one of format 1.0 has up to six times that."""
_IN_HEADER = 386
"""Where a header of the old format has four pairs; whether there are more, and the size of the file, follows."""

Map = list[tuple[int, int]]
"""Offset and length of each stretch of data, in their order."""


def old_map(header: bytes, read_block: Callable[[], bytes]) -> tuple[Map, int]:
    """The map of a member of type ``S`` and the size of its file. ``read_block`` gives the next block of its header.

    Raises ``ValueError``.
    """
    found = list(_pairs(header[_IN_HEADER : _IN_HEADER + 4 * _PAIR_BYTES]))
    has_more = header[482]
    while has_more:
        block = read_block()
        found += _pairs(block[: PAIRS_PER_BLOCK * _PAIR_BYTES])
        has_more = block[504]
    return found, field(header[483:495])


def _pairs(fields: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(fields), _PAIR_BYTES):
        length = field(fields[at + _PAIR_BYTES // 2 : at + _PAIR_BYTES])
        if length:
            yield field(fields[at : at + _PAIR_BYTES // 2]), length


def written_map(numbers: Sequence[bytes]) -> Map:
    """The map of pax formats 0.0 and 0.1: offset and length by turns, in decimal. Raises ``ValueError``."""
    values = [decimal(each) for each in numbers]
    return [pair for pair in zip(values[::2], values[1::2], strict=True) if pair[1]]


def map_in_data(read_block: Callable[[], bytes]) -> tuple[Map, int]:
    """The map of pax format 1.0, which stands before the data, and the bytes it takes. Raises ``ValueError``."""
    blocks = [read_block()]
    first, _, rest = blocks[0].partition(b"\n")
    lines = 2 * decimal(first)
    found = rest.count(b"\n")
    while found < lines:
        blocks.append(read_block())
        found += blocks[-1].count(b"\n")
    return written_map(b"".join(blocks).split(b"\n")[1 : lines + 1]), BLOCK_BYTES * len(blocks)


def is_sound(found: Map, size: int, archived_bytes: int) -> bool:
    """Whether the stretches follow each other within a file of ``size`` bytes, and are what is archived of it."""
    end = 0
    for offset, length in found:
        if offset < end or length < 0:
            return False
        end = offset + length
    return end <= size and sum(length for _, length in found) == archived_bytes
