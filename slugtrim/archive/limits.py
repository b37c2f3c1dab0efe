"""Limit how much of an archive is read, and refuse an archive that exceeds a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import SlugError, UsageError
from slugtrim.files import MAX_FILES
from slugtrim.units import GIB, KIB, MIB, format_size, parse_size

PATH_MAX = 4 * KIB
"""Bytes of a name, at most: Linux can't unpack a longer one."""

ENTRY_BYTES = 64
"""Compressed bytes that an archive must have for every entry beyond ``light_entries``.

Archives of real applications have several hundred. Without this bound a megabyte holds 200,000 empty files.
"""
RECORDS_PER_ENTRY = 8
"""Extended headers, and records in them, for every allowed entry. GNU tar writes up to five."""
NAMES_PER_BYTE = 16
"""Bytes of names and link targets for every compressed byte, beyond ``light_names_bytes``."""
HOLES_PER_BYTE = 1 * KIB
"""Bytes of holes in sparse files for every compressed byte, beyond ``light_holes_bytes``, as gzip packs zeros."""


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of an archive. A high compression ratio alone is no reason to refuse it."""

    unpacked_bytes: int = 16 * GIB
    """Of the uncompressed stream, with the holes of sparse files. The platform takes slugs of 1 GB compressed."""
    entries: int = MAX_FILES
    """Number of entries, and of directories that their names imply. Each takes up to 600 bytes of memory."""
    names_bytes: int = 256 * MIB
    """Of all names and link targets, which stay in memory."""
    header_bytes: int = MIB
    """Of the extended headers before one entry, which are read whole. On Linux, a name has less than 4 KiB."""
    light_entries: int = 10_000
    """Entries that need no compressed bytes of their own. Setting the limit of entries sets this as well; so below."""
    light_names_bytes: int = 8 * MIB
    light_holes_bytes: int = GIB


DEFAULT = Limits()


def beyond(shown: str, what: str, option: str) -> SlugError:
    """Return the error for the archive ``shown``, which exceeds a limit by ``what``. ``option`` raises the limit."""
    return SlugError(f"{shown}: {what}; if you trust it, raise the limit with --limit {option}")


_NAMES = {
    "unpacked": ("unpacked_bytes", "light_holes_bytes"),
    "entries": ("entries", "light_entries"),
    "names": ("names_bytes", "light_names_bytes"),
    "header": ("header_bytes",),
}
"""User's name of each limit, with the fields it sets. A limit that a user sets holds whatever the archive's size."""


def limits_from(texts: Iterable[str]) -> Limits:
    """Return the default limits with the changes in ``texts``, such as ``unpacked=32GB`` or ``entries=2000000``.

    Raise ``UsageError`` for anything else.
    """
    limits = DEFAULT
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--limit {text}: is not NAME=VALUE; NAME is one of {', '.join(_NAMES)}")
        if name not in _NAMES:
            raise UsageError(f"--limit {text}: unknown limit {name}; {_hint(name)}")
        limit = _number(text, value) if name == "entries" else _size(text, value)
        limits = replace(limits, **dict.fromkeys(_NAMES[name], limit))
    return limits


def entries_from(texts: Iterable[str]) -> int:
    """Return the limit of entries, the only one that trees have. Raise ``UsageError`` for any other limit."""
    limit = DEFAULT.entries
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name != "entries":
            raise UsageError(f"--limit {text}: is not entries=NUMBER; a tree has no other limit")
        limit = _number(text, value)
    return limit


def _hint(name: str) -> str:
    from difflib import get_close_matches  # 2 ms that a right name does without

    near = get_close_matches(name, _NAMES, n=1)
    return f"did you mean {near[0]}?" if near else f"the limits are {', '.join(_NAMES)}"


def _size(text: str, value: str) -> int:
    try:
        return parse_size(value)
    except UsageError as error:
        raise UsageError(f"--limit {text}: {error}") from error


def _number(text: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 12:
        raise UsageError(f"--limit {text}: is not a number of entries; write entries=2000000")
    return int(value)


class Bounds:
    """Counts what one archive has. ``weigh`` returns the bytes of its file that were read so far.

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
        """Raise the allowance to what the bytes read so far justify."""
        limits, weight = self.limits, self._weigh()
        self._allowed_entries = min(limits.entries, limits.light_entries + weight // ENTRY_BYTES)
        self._allowed_records = RECORDS_PER_ENTRY * self._allowed_entries
        self._allowed_written = min(limits.names_bytes, limits.light_names_bytes + NAMES_PER_BYTE * weight)
        self._allowed_holes = min(limits.unpacked_bytes, limits.light_holes_bytes + HOLES_PER_BYTE * weight)

    def count_entry(self, name_bytes: int) -> None:
        """Count an entry, with the bytes of its name and link target."""
        self._entries += 1
        if self._entries > self._allowed_entries:
            self._allow()
            if self._entries > self._allowed_entries:
                raise self._too_many_entries()
        self.count_names(name_bytes)

    def count_names(self, name_bytes: int) -> None:
        """Count bytes of names or link targets that are searched."""
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
        """Count bytes that a sparse file has beyond its archived content."""
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
