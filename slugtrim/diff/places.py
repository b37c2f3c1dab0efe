"""Where the difference is: what changes come to in each directory, and the few places that most of it is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.diff.record import Change, ChangedPlace, ChangeKind, Part, Sum
from slugtrim.files import add_up

_KINDS = tuple(ChangeKind)
_COLUMN = {kind: 2 + number for number, kind in enumerate(_KINDS)}
_REASONS = 3
_MOSTLY = 0.8
"""What makes up so much of the difference stands for all of it."""
_PARTLY = 0.1
"""What makes up less is not worth a mention."""


def sum_of(changes: Iterable[Change]) -> Sum:
    """What these changes come to."""
    numbers = _nothing()
    for change in changes:
        _count(numbers, change)
    return _sum(numbers)


def sums_by_kind(changes: Iterable[Change]) -> dict[ChangeKind, Sum]:
    """The same for each kind that occurs, in the order of the kinds."""
    by_kind: dict[ChangeKind, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    return {kind: sum_of(by_kind[kind]) for kind in _KINDS if kind in by_kind}


def directories(changes: Iterable[Change]) -> tuple[ChangedPlace, ...]:
    """Every directory but the root that has a change in it, with all below it; what changed most first."""
    return _ordered(
        ChangedPlace(path=path + b"/", package=None, sum=_sum(numbers))
        for path, numbers in _add_up(changes).items()
        if path
    )


def reasons(changes: Sequence[Change], parts: Mapping[bytes, Part]) -> tuple[ChangedPlace, ...]:
    """The few packages, directories and files that most of the difference is in, what changed most first.

    ``parts`` is path to package, where there is one; its files are seen as one there, wherever they lie. What only
    moved is no reason.
    """
    packages: dict[Part, list[int]] = defaultdict(_nothing)
    others = []
    for change in changes:
        if change.kind is ChangeKind.MOVED:
            continue
        part = parts.get(change.path)
        if part is not None and part.package:
            _count(packages[part._replace(version="")], change)
        else:
            others.append(change)
    below = _children(others)
    below[b""] += [ChangedPlace(path=b"", package=part, sum=_sum(numbers)) for part, numbers in packages.items()]
    root = ChangedPlace(path=b"", package=None, sum=sum_of(()))
    whole = _narrowed(root, below)
    open_ = list(_foremost(below[b""])) if whole is root else [whole]
    found = []
    while open_:
        place = _narrowed(open_.pop(), below)
        inside = _inside(place, below)
        if inside:
            open_ += inside
        elif place.sum.grown_bytes:
            found.append(place)
    return tuple(_foremost(found))


def _inside(whole: ChangedPlace, below: Mapping[bytes, Sequence[ChangedPlace]]) -> Sequence[ChangedPlace]:
    """The few directories in a place that stand for all of it; none where it takes more, or files."""
    inside = below.get(whole.path, ())
    shown = _foremost([place for place in inside if place.path.endswith(b"/")])
    return shown if _all(shown) >= _MOSTLY * _all(inside) else ()


def _foremost(places: Sequence[ChangedPlace]) -> Sequence[ChangedPlace]:
    least = _PARTLY * _all(places)
    return [place for place in _ordered(places)[:_REASONS] if _weight(place) >= least]


def _narrowed(place: ChangedPlace, below: Mapping[bytes, Sequence[ChangedPlace]]) -> ChangedPlace:
    """The one place inside, at any depth, that stands for all of it; ``place`` itself where there is none."""
    while place.package is None:
        inside = below.get(place.path, ())
        most = max(inside, key=_weight, default=None)
        if most is None or not _weight(most) or _weight(most) < _MOSTLY * _all(inside):
            break
        place = most
    return place


def _weight(place: ChangedPlace) -> int:
    return abs(place.sum.grown_bytes)


def _all(places: Iterable[ChangedPlace]) -> int:
    return sum(map(_weight, places))


def _children(changes: Sequence[Change]) -> dict[bytes, list[ChangedPlace]]:
    """Directory (empty for the root, else with a slash at the end) to the directories and files in it."""
    children: dict[bytes, list[ChangedPlace]] = {b"": []}
    places = [
        *directories(changes),
        *(ChangedPlace(path=each.path, package=None, sum=sum_of([each])) for each in changes),
    ]
    for place in places:
        above, slash, _ = place.path.removesuffix(b"/").rpartition(b"/")
        children.setdefault(above + slash, []).append(place)
    return children


def _add_up(changes: Iterable[Change]) -> dict[bytes, list[int]]:
    sums: dict[bytes, list[int]] = defaultdict(_nothing)
    for change in changes:
        _count(sums[change.path.rpartition(b"/")[0]], change)
    add_up(sums)
    return sums


def _nothing() -> list[int]:
    """Raw bytes, compressed bytes, and a number of files for each kind."""
    return [0] * (2 + len(_KINDS))


def _count(numbers: list[int], change: Change) -> None:
    numbers[0] += change.grown_size_bytes
    numbers[1] += change.grown_bytes
    numbers[_COLUMN[change.kind]] += 1


def _sum(numbers: Sequence[int]) -> Sum:
    kinds = {kind: numbers[column] for kind, column in _COLUMN.items() if numbers[column]}
    return Sum(kinds=kinds, grown_size_bytes=numbers[0], grown_bytes=numbers[1])


def _ordered(places: Iterable[ChangedPlace]) -> tuple[ChangedPlace, ...]:
    return tuple(
        sorted(
            places,
            key=lambda place: (-abs(place.sum.grown_bytes), -abs(place.sum.grown_size_bytes), place.path),
        )
    )
