"""The records of a history, and which commit brought the weight of today's slug.

Each file has layers: what a commit added to it is a layer, and what it shrinks by comes off the newest ones. A move
takes the layers along. So weight stays with the commit that brought it, whatever others did to the file since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from slugtrim.builds.build import Build
from slugtrim.files import directories_above
from slugtrim.git.history import Commit
from slugtrim.ignore import Dialect
from slugtrim.sizer import SizeClass
from slugtrim.sizer.measure import apportion


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


_OLDER = -1
"""Stands for all commits that are not among the rows."""

Layers = dict[int, int]
"""Index of a row to compressed bytes, the oldest first."""


def layers(rows: Sequence[HistoryRow]) -> dict[bytes, Layers]:
    """Return the layers of each file of the newest slug that changed in one of the rows, by path."""
    found: dict[bytes, Layers] = {}
    for index, row in enumerate(rows):
        if row.step is not None:
            _pile(found, index, row.step.changes)
    return found


def _pile(found: dict[bytes, Layers], index: int, changes: Sequence[PathChange]) -> None:
    # All are taken before any is put, since one file may move where another one was.
    taken = {change.path: found.pop(change.was or change.path, None) for change in changes}
    for change in changes:
        if change.after_bytes is None:
            continue
        pile = taken[change.path]
        if pile is None:
            pile = {_OLDER: change.before_bytes} if change.before_bytes is not None else {}
        grown = change.grown_bytes
        if grown > 0:
            pile[index] = pile.get(index, 0) + grown
        while grown < 0 and pile:
            newest, size_bytes = pile.popitem()
            if size_bytes > -grown:
                pile[newest] = size_bytes + grown
            grown = min(0, grown + size_bytes)
        found[change.path] = pile


def largest(rows: Sequence[HistoryRow], found: Mapping[bytes, Layers], most: int) -> tuple[Largest, ...]:
    """Return the commits that added the most to the slug, at most ``most``; ``found`` are the layers."""
    left: dict[int, int] = defaultdict(int)
    for pile in found.values():
        for index, size_bytes in pile.items():
            left[index] += size_bytes
    added = {index: row.step.change_bytes or 0 for index, row in enumerate(rows) if row.step is not None}
    chosen = sorted((index for index in added if added[index] > 0), key=lambda index: (-added[index], index))[:most]
    return tuple(
        Largest(
            row=rows[index],
            change_bytes=added[index],
            added_bytes=_added_bytes(rows[index]),
            left_bytes=left[index],
        )
        for index in chosen
    )


def _added_bytes(row: HistoryRow) -> int:
    assert row.step is not None
    return sum(max(0, change.grown_bytes) for change in row.step.changes)


def blame(rows: Sequence[HistoryRow], found: Mapping[bytes, Layers], shares: Mapping[bytes, int]) -> Blame:
    """Return what each file and directory of the newest slug is from; ``shares`` are the bytes of its files."""
    by_directory: dict[bytes, dict[int, int]] = {}
    files = []
    for path, share in shares.items():
        pile = found.get(path) or {_OLDER: share}
        # What is around a file moves its share a little, so that the layers have to be fitted to it.
        fitted = dict(zip(pile, apportion(share, list(pile.values())), strict=True))
        files.append(_brought(path, share, fitted, rows))
        for above in directories_above(path):
            sums = by_directory.setdefault(above, {})
            for index, size_bytes in fitted.items():
                sums[index] = sums.get(index, 0) + size_bytes
    directories = [_brought(path + b"/", sum(sums.values()), sums, rows) for path, sums in by_directory.items()]
    return Blame(directories=tuple(sorted(directories, key=_by_weight)), files=tuple(sorted(files, key=_by_weight)))


def _by_weight(brought: Brought) -> tuple[int, bytes]:
    return -brought.compressed_bytes, brought.path


def _brought(path: bytes, share: int, pile: Mapping[int, int], rows: Sequence[HistoryRow]) -> Brought:
    index = max(pile, key=lambda each: (pile[each], each))
    return Brought(
        path=path,
        compressed_bytes=share,
        row=rows[index] if index != _OLDER else None,
        brought_bytes=pile[index],
    )
