"""How much of an archive is read before it is refused: without an end to it, a small file could take all memory."""

from __future__ import annotations

from dataclasses import dataclass

from slugtrim.errors import SlugError
from slugtrim.units import GIB, KIB, MIB

PATH_MAX = 4 * KIB
"""No name as long as this can be unpacked on Linux."""


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


def beyond(shown: str, what: str, option: str) -> SlugError:
    """The refusal of the archive ``shown`` for ``what`` it has too much of; ``option`` raises the limit."""
    return SlugError(f"{shown}: {what}; if you trust it, raise the limit with --limit {option}")
