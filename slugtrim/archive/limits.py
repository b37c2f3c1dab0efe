"""How much of an archive is read before it is refused: without an end to it, a small file could take all memory."""

from __future__ import annotations

from dataclasses import dataclass

from slugtrim.units import GIB, MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may hold at most. How well it compresses is no reason to refuse it."""

    unpacked_bytes: int = 16 * GIB
    """Of the uncompressed stream, and of what sparse files stand for. The platform takes slugs of 1 GB compressed."""
    entries: int = 1_000_000
    """Entries, and directories that their names imply. Each takes half a kilobyte of memory."""
    names_bytes: int = 256 * MIB
    """Of all names and link targets, which stay in memory."""
    header_bytes: int = MIB
    """Of the extended headers before one entry, which are read whole. A name has less than 4 KiB on Linux."""


DEFAULT = Limits()
