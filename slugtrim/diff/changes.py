"""Which files of two slugs are not the same, and what became of each: by content, as git's blob ids tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from slugtrim.diff.moves import moves, successors
from slugtrim.diff.record import Change, ChangeKind, Listed
from slugtrim.files import File, directories_above
from slugtrim.ignore import Rule
from slugtrim.measurement import Total


class Compared(Struct, frozen=True, kw_only=True):
    """Every file of both slugs is in one of the changes, or unchanged."""

    changes: tuple[Change, ...]
    """What weighs most, more or less, first."""
    unchanged: Total
    by_size: int
    """Files of which only the size could be compared."""


def compare_files(before: Listed, after: Listed) -> Compared:
    """The files of two slugs, compared."""
    old = {file.path: file for file in before.files}
    new = {file.path: file for file in after.files}
    both = [(file, new[path]) for path, file in old.items() if path in new]
    gone = [_gone(file, before, after) for path, file in old.items() if path not in new]
    come = [_come(file, before, after) for path, file in new.items() if path not in old]
    changes = [*_changed(both, before.shares, after.shares), *_with_moves(gone, come)]
    changes.sort(key=lambda change: (-abs(change.grown_bytes), -abs(change.grown_size_bytes), change.path))
    return Compared(
        changes=tuple(changes),
        unchanged=Total.of([file for file, now in both if is_same(file, now)]),
        by_size=sum(1 for file, now in both if not _has_comparable(file, now)),
    )


def is_same(one: File, other: File) -> bool:
    """Whether two files are the same but for their names; those whose contents cannot be compared, by their size."""
    if _has_comparable(one, other):
        return one[1:] == other[1:]
    return one[1:3] == other[1:3]


def _has_comparable(one: File, other: File) -> bool:
    """Whether both have an id of the same kind: SHA-1 and SHA-256 tell nothing of each other."""
    return one.blob is not None and other.blob is not None and len(one.blob) == len(other.blob)


def _changed(
    both: Iterable[tuple[File, File]], before: Mapping[bytes, int], after: Mapping[bytes, int]
) -> Iterator[Change]:
    for old, new in both:
        if is_same(old, new):
            continue
        yield _with_other_content(old, new, before[old.path], after[new.path])


def _with_other_content(old: File, new: File, before_bytes: int, after_bytes: int) -> Change:
    grown = after_bytes - before_bytes
    kind = ChangeKind.GREW if grown > 0 else ChangeKind.SHRANK if grown < 0 else ChangeKind.CHANGED
    return Change(kind, old, new, before_bytes, after_bytes)


def _gone(file: File, before: Listed, after: Listed) -> Change:
    kind, rule = _elsewhere(file, before, after, gone=ChangeKind.REMOVED, aside=ChangeKind.LEFT_OUT)
    return Change(kind, file, None, before.shares[file.path], 0, rule)


def _come(file: File, before: Listed, after: Listed) -> Change:
    kind, rule = _elsewhere(file, after, before, gone=ChangeKind.ADDED, aside=ChangeKind.LET_IN)
    return Change(kind, None, file, 0, after.shares[file.path], rule)


def _elsewhere(
    file: File, here: Listed, other: Listed, *, gone: ChangeKind, aside: ChangeKind
) -> tuple[ChangeKind, Rule | None]:
    """What a file that only the slug ``here`` has is for the other side, and the rule that it has for it."""
    if other.unread and (file.path in other.unread or not other.unread.isdisjoint(directories_above(file.path))):
        return ChangeKind.UNREAD, None
    left = other.left_out.get(file.path)
    # A build may well make a file of a name that a rule has left out.
    if left is None or (here.side.includes_buildpacks and not is_same(left.file, file)):
        return gone, None
    return aside, left.rule


def _with_moves(gone: Sequence[Change], come: Sequence[Change]) -> Iterator[Change]:
    """A file that was removed and one that was added are one, where the content or the version tells."""
    left = {change.path: change for change in gone if change.kind is ChangeKind.REMOVED}
    new = {change.path: change for change in come if change.kind is ChangeKind.ADDED}
    yield from (change for change in gone if change.path not in left)
    yield from (change for change in come if change.path not in new)
    for now, was in moves(_files(left), _files(new)).items():
        old = left.pop(was)
        yield new.pop(now)._replace(kind=ChangeKind.MOVED, before=old.before, before_bytes=old.before_bytes)
    for now, was in successors(left, new).items():
        old, change = left.pop(was), new.pop(now)
        assert old.before is not None
        assert change.after is not None
        yield _with_other_content(old.before, change.after, old.before_bytes, change.after_bytes)
    yield from left.values()
    yield from new.values()


def _files(changes: Mapping[bytes, Change]) -> Iterator[File]:
    for change in changes.values():
        file = change.after or change.before
        assert file is not None
        yield file
