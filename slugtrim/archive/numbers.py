"""Numbers in the headers of a tar archive."""

from __future__ import annotations

DIGITS = 20
"""As many as the largest number of 64 bits has."""


def decimal(digits: bytes) -> int:
    """A number in a pax record. Raises ``ValueError`` for anything else, and for one that no size can be."""
    if not digits.isdigit() or len(digits) > DIGITS:
        raise ValueError
    return int(digits)


def field(data: bytes) -> int:
    """A number in a header: octal, or binary behind a first byte that is no digit. Raises ``ValueError``."""
    if data[0] in (0x80, 0xFF):
        return int.from_bytes(data[1:]) - (256 ** (len(data) - 1) if data[0] == 0xFF else 0)
    return int(data.partition(b"\0")[0].strip() or b"0", 8)
