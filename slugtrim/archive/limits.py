"""How much of an archive is read before it is refused: without an end to it, a small file could take all memory."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import SlugError, UsageError
from slugtrim.files import MAX_FILES
from slugtrim.units import GIB, KIB, MIB, parse_size

PATH_MAX = 4 * KIB
"""No name as long as this can be unpacked on Linux."""

ENTRY_BYTES = 64
"""Compressed bytes that an archive must weigh for every entry beyond ``light_entries``.

Archives of real applications have several hundred. Without this bound a megabyte holds 200,000 empty files.
"""
RECORDS_PER_ENTRY = 8
"""Extended headers and records in them for every entry that is allowed. GNU tar writes up to five."""
NAMES_PER_BYTE = 16
"""Bytes of names and link targets for every compressed byte, beyond ``light_names_bytes``."""
HOLES_PER_BYTE = 1 * KIB
"""Bytes of holes in sparse files for every compressed byte, beyond ``light_holes_bytes``. gzip packs zeros as far."""


class Limits(Struct, frozen=True, kw_only=True):
    """What an archive may hold at most. How well it compresses is no reason to refuse it."""

    unpacked_bytes: int = 16 * GIB
    """Of the uncompressed stream, and of what sparse files stand for. The platform takes slugs of 1 GB compressed."""
    entries: int = MAX_FILES
    """Entries, and as many directories that their names imply. Each takes up to 600 bytes of memory."""
    names_bytes: int = 256 * MIB
    """Of all names and link targets, which stay in memory."""
    header_bytes: int = MIB
    """Of the extended headers before one entry, which are read whole. A name has less than 4 KiB on Linux."""
    light_entries: int = 10_000
    """Entries that need not weigh anything. Setting the limit of entries sets this as well, as below."""
    light_names_bytes: int = 8 * MIB
    light_holes_bytes: int = GIB


DEFAULT = Limits()


def beyond(shown: str, what: str, option: str) -> SlugError:
    """The refusal of the archive ``shown`` for ``what`` it has too much of; ``option`` raises the limit."""
    return SlugError(f"{shown}: {what}; if you trust it, raise the limit with --limit {option}")


_NAMES = {
    "unpacked": ("unpacked_bytes", "light_holes_bytes"),
    "entries": ("entries", "light_entries"),
    "names": ("names_bytes", "light_names_bytes"),
    "header": ("header_bytes",),
}
"""What users call each limit, and what it sets: what an archive weighs counts only where nobody set the limit."""


def limits_from(texts: Iterable[str]) -> Limits:
    """The default limits, but for those of which a text says otherwise, as ``unpacked=32GB`` or ``entries=2000000``.

    Raises ``UsageError`` for anything else.
    """
    limits = DEFAULT
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in _NAMES:
            raise UsageError(f"--limit {text}: is not NAME=VALUE; NAME is one of {', '.join(_NAMES)}")
        limit = _number(text, value) if name == "entries" else parse_size(value)
        limits = replace(limits, **dict.fromkeys(_NAMES[name], limit))
    return limits


def entries_from(texts: Iterable[str]) -> int:
    """The limit of entries alone, for trees, which have no other. Raises ``UsageError`` for anything else."""
    limit = DEFAULT.entries
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name != "entries":
            raise UsageError(f"--limit {text}: is not entries=NUMBER; a tree has no other limit")
        limit = _number(text, value)
    return limit


def _number(text: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 12:
        raise UsageError(f"--limit {text}: is no number of entries; write entries=2000000")
    return int(value)
