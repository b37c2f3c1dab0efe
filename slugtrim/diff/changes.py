"""Find which files of two slugs differ, which moved, and what became of groups and packages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from slugtrim.diff.difference import Change, ChangeKind, GroupChange, Listed, Part
from slugtrim.files import SYMLINK, File, directories_above
from slugtrim.ignore import Rule
from slugtrim.measurement import Total

_MOST_PARTS = 16
"""So many names at the end of a path are held against another's, to tell which of several twins moved where."""
_COUNTED = re.compile(rb"(?<=[^/])(?:(?:[-_+~@]|\.(?=[0-9]|[0-9A-Za-z]{6}))[0-9A-Za-z]*[0-9][0-9A-Za-z]*)+")
"""What follows a name and has digits: a version, a date, the digest that tools put into the names of assets.

Not what a name like ``film.mp4`` ends in.
"""


def moves(gone: Iterable[File], come: Iterable[File]) -> dict[bytes, bytes]:
    """New path to old path of files with the same content; each path is there once."""
    sources: dict[object, list[bytes]] = defaultdict(list)
    for file in gone:
        if file.blob is not None:
            sources[_content(file)].append(file.path)
    targets: dict[object, list[bytes]] = defaultdict(list)
    for file in come:
        if _content(file) in sources:
            targets[_content(file)].append(file.path)
    return {now: was for content, paths in targets.items() for now, was in _paired(sources[content], paths)}


def _content(file: File) -> object:
    return file.blob, file.size_bytes, file.mode == SYMLINK


def _paired(gone: Sequence[bytes], come: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """New and old path: of several files with one content, those whose paths are most alike belong together.

    First those that are alike but for versions, then those that end alike.
    """
    left, wanted = sorted(gone, reverse=True), sorted(come)
    if len(left) == len(wanted) == 1:
        yield wanted[0], left[0]
        return
    keys: list[Callable[[bytes], bytes]] = [_uncounted]
    keys += [partial(_end, parts) for parts in range(_MOST_PARTS, -1, -1)]
    for alike in keys:
        sources: dict[bytes, list[bytes]] = defaultdict(list)
        for path in left:
            sources[alike(path)].append(path)
        rest = []
        for path in wanted:
            found = sources.get(alike(path))
            if found:
                yield path, found.pop()
            else:
                rest.append(path)
        left, wanted = sorted((path for paths in sources.values() for path in paths), reverse=True), rest


def _uncounted(path: bytes) -> bytes:
    """A path without what tells versions apart."""
    return _COUNTED.sub(b"\0", path)


def _end(parts: int, path: bytes) -> bytes:
    """The last ``parts`` names of a path; of a shorter one all of it."""
    return b"/".join((b"/" + path).rsplit(b"/", parts)[1:]) if parts else b""


def successors(gone: Iterable[bytes], come: Iterable[bytes]) -> dict[bytes, bytes]:
    """New path to old path where the two are alike but for versions, dates and digests, and nobody else is."""
    old, new = _by_name(gone), _by_name(come)
    return {paths[0]: old[name][0] for name, paths in new.items() if len(paths) == 1 and len(old.get(name, ())) == 1}


def _by_name(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    names: dict[bytes, list[bytes]] = defaultdict(list)
    for path in paths:
        name = _uncounted(path)
        if name != path:
            names[name].append(path)
    return names


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
    changed = [
        _with_other_content(old, now, before.shares[old.path], after.shares[old.path])
        for old, now in both
        if not is_same(old, now)
    ]
    changes = [*changed, *_with_moves(gone, come)]
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


class _Weight(Struct):
    files: int = 0
    size_bytes: int = 0
    compressed_bytes: int = 0
    versions: set[str] = field(default_factory=set)

    @property
    def total(self) -> Total:
        return Total(files=self.files, size_bytes=self.size_bytes)


def group_changes(
    before: Listed, after: Listed, changes: Iterable[Change], *, packages: bool
) -> tuple[GroupChange, ...]:
    """Return the groups, or the packages, with a change in them, what changed most first; none if no side has any."""
    weights = _weights(before, packages=packages), _weights(after, packages=packages)
    touched = _touched(before, after, changes)
    none = _Weight()
    rows = []
    for part in {**weights[0], **weights[1]}:
        old, new = (each.get(part, none) for each in weights)
        if part in touched or old.total != new.total or old.versions != new.versions:
            rows.append(
                GroupChange(
                    group=part.group,
                    package=part.package,
                    versions_before=tuple(sorted(old.versions)),
                    versions_after=tuple(sorted(new.versions)),
                    before=old.total,
                    after=new.total,
                    before_bytes=old.compressed_bytes,
                    after_bytes=new.compressed_bytes,
                )
            )
    return tuple(sorted(rows, key=lambda row: (-abs(row.grown_bytes), row.group, row.package)))


def _weights(listed: Listed, *, packages: bool) -> dict[Part, _Weight]:
    weights: dict[Part, _Weight] = defaultdict(_Weight)
    for file in listed.files:
        part = listed.parts.get(file.path)
        if part is None or (packages and not part.package):
            continue
        weight = weights[part._replace(version="") if packages else Part(part.group)]
        weight.files += 1
        weight.size_bytes += file.size_bytes
        weight.compressed_bytes += listed.shares[file.path]
        if packages and part.version:
            weight.versions.add(part.version)
    return weights


def _touched(before: Listed, after: Listed, changes: Iterable[Change]) -> set[Part]:
    """The groups and the packages with a change in them that is more than another place."""
    found = set()
    for change in changes:
        if change.kind is ChangeKind.MOVED:
            continue
        for file, listed in ((change.before, before), (change.after, after)):
            part = listed.parts.get(file.path) if file is not None else None
            if part is not None:
                found |= {Part(part.group), part._replace(version="")}
    return found
