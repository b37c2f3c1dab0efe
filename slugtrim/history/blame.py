"""Which commit brought the weight of today's slug.

Each file has layers: what a commit added to it is a layer, and what it shrinks by comes off the newest ones. A move
takes the layers along. So weight stays with the commit that brought it, whatever others did to the file since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from slugtrim.files import directories_above
from slugtrim.history.records import Blame, Brought, HistoryRow, Largest, PathChange
from slugtrim.sizer.measure import apportion

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
