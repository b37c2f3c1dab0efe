"""The records of a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from slugtrim.builds.build import Build
from slugtrim.git.history import Commit
from slugtrim.ignore import Dialect
from slugtrim.sizer import SizeClass


class PathChange(NamedTuple):
    """A file of the slug that a commit changed, with its compressed bytes. A named tuple: there may be 100,000."""

    path: bytes
    before_bytes: int | None
    """None where it was not in the slug."""
    after_bytes: int | None
    """None where it is no longer in the slug."""
    was: bytes | None = None
    """Its path before, if it only moved."""
    is_left_out: bool = False
    """The commit still has it, but rules leave it out of the slug now."""

    @property
    def grown_bytes(self) -> int:
        """Negative for less."""
        return (self.after_bytes or 0) - (self.before_bytes or 0)


class SlugStep(Struct, frozen=True, kw_only=True, array_like=True):
    """What was measured of a tree, and how it differs from the one before."""

    compressed_bytes: int
    """Predicted, before buildpacks; of the part that was asked for."""
    margin_bytes: int | None
    """None for a part, and for an estimate."""
    files: int
    size_bytes: int
    """Raw."""
    change_bytes: int | None
    """Since the tree before; None without one. Of a merge that is not followed along its first parent, its own."""
    changes: tuple[PathChange, ...]
    """Since the tree before, the largest first."""
    unreadable: int = 0
    """Files and directories that could not be read, so that the size is too small."""


class HistoryRow(Struct, frozen=True, kw_only=True):
    """A commit with its slug."""

    commit: Commit
    tags: tuple[bytes, ...] = ()
    step: SlugStep | None
    """None if it could not be measured."""
    problem: str = ""
    """Why."""
    builds: tuple[Build, ...] = ()
    """Those recorded of this commit, oldest first."""
    size_class: SizeClass | None
    """Of the source slug; None if it was not measured, or only a part of it."""


class Largest(Struct, frozen=True, kw_only=True):
    """A commit that added to the slug."""

    row: HistoryRow
    change_bytes: int
    added_bytes: int
    """By the files that grew or came."""
    left_bytes: int
    """What the newest slug still has of that."""


class Brought(Struct, frozen=True, kw_only=True):
    """A file or directory of the newest slug, with the commit that brought most of its weight."""

    path: bytes
    """A directory's ends in a slash."""
    compressed_bytes: int
    row: HistoryRow | None
    """None if that was before the range, or outside of it."""
    brought_bytes: int
    """By that commit."""


class Blame(Struct, frozen=True, kw_only=True):
    """The newest slug by the commits that brought its weight; the heaviest first."""

    directories: tuple[Brought, ...]
    files: tuple[Brought, ...]


class SlugHistory(Struct, frozen=True, kw_only=True):
    """All that the report says."""

    path: bytes
    """Top of the repository; the git directory of a bare one."""
    prefix: bytes
    name: str
    """The range, as it was asked for."""
    base: str | None
    """The commit that the range begins after; None without one."""
    dialect: Dialect
    part: bytes | None
    """The pattern that the sizes are limited to."""
    is_estimated: bool
    """By the sizes that git keeps, instead of compressing anything."""
    rows: Sequence[HistoryRow]
    """Oldest first."""
    expected_rows: int
    """More than there are rows if it was interrupted meanwhile."""
    is_complete: bool
    """False if it was interrupted."""
    largest: tuple[Largest, ...]
    """The commits that added the most."""
    blame: Blame | None
    notes: tuple[str, ...]
