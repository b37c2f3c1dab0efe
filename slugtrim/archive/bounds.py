"""Counts what takes time or memory in one archive, and refuses the archive when there is too much of it."""

from __future__ import annotations

from collections.abc import Callable

from slugtrim.archive.limits import (
    ENTRY_BYTES,
    HOLES_PER_BYTE,
    NAMES_PER_BYTE,
    RECORDS_PER_ENTRY,
    Limits,
    beyond,
)
from slugtrim.errors import SlugError
from slugtrim.units import format_size


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
