"""What became of the groups of a compiled slug and of their packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from slugtrim.diff.record import Change, ChangeKind, GroupChange, Listed, Part
from slugtrim.measurement import Total


class _Weight(Struct):
    files: int = 0
    size_bytes: int = 0
    compressed_bytes: int = 0
    versions: set[str] = field(default_factory=set)

    @property
    def total(self) -> Total:
        return Total(files=self.files, size_bytes=self.size_bytes)


def group_changes(before: Listed, after: Listed, changes: Iterable[Change]) -> tuple[GroupChange, ...]:
    """The groups with a change in them, what changed most first; nothing where no side has groups."""
    if not before.parts and not after.parts:
        return ()
    return _compared(
        _weights(before, packages=False), _weights(after, packages=False), _touched(before, after, changes)
    )


def package_changes(before: Listed, after: Listed, changes: Iterable[Change]) -> tuple[GroupChange, ...]:
    """The same for packages. A side without groups has none."""
    old, new = _weights(before, packages=True), _weights(after, packages=True)
    return _compared(old, new, _touched(before, after, changes))


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


def _compared(before: dict[Part, _Weight], after: dict[Part, _Weight], touched: set[Part]) -> tuple[GroupChange, ...]:
    rows = _rows(before, after, touched)
    return tuple(sorted(rows, key=lambda row: (-abs(row.grown_bytes), row.group, row.package)))


def _rows(before: dict[Part, _Weight], after: dict[Part, _Weight], touched: set[Part]) -> Iterator[GroupChange]:
    none = _Weight()
    for part in {**before, **after}:
        old, new = before.get(part, none), after.get(part, none)
        if part in touched or old.total != new.total or old.versions != new.versions:
            yield GroupChange(
                group=part.group,
                package=part.package,
                versions_before=tuple(sorted(old.versions)),
                versions_after=tuple(sorted(new.versions)),
                before=old.total,
                after=new.total,
                before_bytes=old.compressed_bytes,
                after_bytes=new.compressed_bytes,
            )
