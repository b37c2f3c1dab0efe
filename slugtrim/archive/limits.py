"""Limit how much of an archive is read, and refuse an archive that exceeds a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import SlugError, UsageError
from slugtrim.files import MAX_FILES
from slugtrim.units import GIB, KIB, MIB, format_size, parse_size

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


class Bounds:
    """The counts of one archive. ``weigh`` returns how many bytes of its file have been read so far.

    Every method raises ``SlugError`` beyond a limit.
    """

    def __init__(self, shown: str, limits: Limits, weigh: Callable[[], int]) -> None:
        self.limits = limits
        self._shown = shown
        self._weigh = weigh
        self._entries = self._implied = self._records = self._written = self._names = self._holes = 0
        self._allowed_entries = self._allowed_records = self._allowed_written = self._allowed_holes = 0
        self._allow()

    def _allow(self) -> None:
        """Allow as much as the bytes read so far stand for."""
        limits, weight = self.limits, self._weigh()
        self._allowed_entries = min(limits.entries, limits.light_entries + weight // ENTRY_BYTES)
        self._allowed_records = RECORDS_PER_ENTRY * self._allowed_entries
        self._allowed_written = min(limits.names_bytes, limits.light_names_bytes + NAMES_PER_BYTE * weight)
        self._allowed_holes = min(limits.unpacked_bytes, limits.light_holes_bytes + HOLES_PER_BYTE * weight)

    def count_entry(self, name_bytes: int) -> None:
        """Count an entry, with the bytes of its name and of its link target."""
        self._entries += 1
        if self._entries > self._allowed_entries:
            self._allow()
            if self._entries > self._allowed_entries:
                raise self._too_many_entries()
        self.count_names(name_bytes)

    def count_names(self, name_bytes: int) -> None:
        """Count bytes of names or link targets that have to be looked through."""
        self._written += name_bytes
        if self._written > self._allowed_written:
            self._allow()
            if self._written > self._allowed_written and self._allowed_written < self.limits.names_bytes:
                what = f"has names of more than {format_size(self._allowed_written)} in all in {self._weight()}"
                raise beyond(self._shown, f"{what}, too long for what it weighs", "names=SIZE")
        self._count_kept_names(name_bytes)

    def count_directory(self, name_bytes: int) -> None:
        """Count a directory that a name implies. Its own name stays in memory as well."""
        self._implied += 1
        if self._implied > self._allowed_entries:
            self._allow()
            if self._implied > self._allowed_entries:
                raise self._too_many_entries()
        self._count_kept_names(name_bytes)

    def count_records(self, count: int) -> None:
        """Count extended headers, their records, and the stretches in maps of sparse files."""
        self._records += count
        if self._records > self._allowed_records:
            self._allow()
            if self._records > self._allowed_records:
                what = f"has more than {self._allowed_records:,} records in extended headers in {self._weight()}"
                raise beyond(self._shown, what, "entries=NUMBER")

    def count_hole(self, size: int) -> None:
        """Count bytes that a sparse file has beyond what is archived of it."""
        self._holes += size
        if self._holes > self._allowed_holes:
            self._allow()
            if self._holes > self._allowed_holes and self._allowed_holes < self.limits.unpacked_bytes:
                holes = format_size(self._allowed_holes)
                what = f"has sparse files with holes of more than {holes} in {self._weight()}"
                raise beyond(self._shown, f"{what}, too large for what it weighs", "unpacked=SIZE")

    def _count_kept_names(self, name_bytes: int) -> None:
        self._names += name_bytes
        if self._names > self.limits.names_bytes:
            limit = format_size(self.limits.names_bytes)
            raise beyond(self._shown, f"has names of more than {limit} in all", "names=SIZE")

    def _too_many_entries(self) -> SlugError:
        what = f"has more than {self._allowed_entries:,} entries"
        if self._allowed_entries < self.limits.entries:
            what += f" in {self._weight()}, less than {ENTRY_BYTES} bytes for each"
        return beyond(self._shown, what, "entries=NUMBER")

    def _weight(self) -> str:
        return format_size(self._weigh())
