"""The records of a comparison, and the few places where most of the difference is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from slugtrim.audit import LimitUse, limit_uses
from slugtrim.buildpacks.packages import PackageGrowth, Prediction
from slugtrim.files import File, Note, Source, Unreadable, add_up
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import Measurement, Total
from slugtrim.sizer import Compiled, SizeClass, classify

if TYPE_CHECKING:
    from slugtrim.anatomy.looks import Seen
    from slugtrim.builds.starts import StartChange  # a check compares as well, and without builds it does without
    from slugtrim.builds.tools import BuildChange


class ChangeKind(Enum):
    """What became of a file."""

    ADDED = "added"
    LET_IN = "let-in"
    """It was there, and left out; now it is in the slug."""
    REMOVED = "removed"
    LEFT_OUT = "left-out"
    """It is still there, but no longer in the slug."""
    GREW = "grew"
    SHRANK = "shrank"
    CHANGED = "changed"
    """It weighs the same, compressed, and has another content or mode."""
    MOVED = "moved"
    """The same content under another name."""
    UNREAD = "unread"
    """It is in one of the two, and could not be read in the other."""


class Change(NamedTuple):
    """A file that is not the same in both slugs. A named tuple for the same reason as ``File``."""

    kind: ChangeKind
    before: File | None
    """None where it was not in the slug."""
    after: File | None
    """None where it is no longer in the slug."""
    before_bytes: int
    """Its compressed share; 0 where it was not in the slug."""
    after_bytes: int
    rule: Rule | None = None
    """What leaves it out now, or did before; None where that is the compiler itself, and for every other kind."""

    @property
    def path(self) -> bytes:
        """Where it is now, or was before."""
        file = self.after or self.before
        assert file is not None
        return file.path

    @property
    def grown_bytes(self) -> int:
        """Compressed; negative for less."""
        return self.after_bytes - self.before_bytes

    @property
    def grown_size_bytes(self) -> int:
        """Raw; negative for less."""
        before = self.before.size_bytes if self.before is not None else 0
        return (self.after.size_bytes if self.after is not None else 0) - before


class Aside(NamedTuple):
    """A file that is there and is not in the slug."""

    file: File
    rule: Rule | None
    """What leaves it out; None for the compiler itself."""


class Part(NamedTuple):
    """What a file of a compiled slug belongs to."""

    group: str
    """As people call it: ``Python packages``."""
    package: str = ""
    """Name of a package of that group; empty where the group has none."""
    version: str = ""
    """Of that package; empty where nobody says."""


class Side(Struct, frozen=True, kw_only=True):
    """One of the two slugs."""

    name: str
    """What the user called it."""
    source: Source
    total: Total
    compressed_bytes: int
    estimated: bool
    """Predicted, where it is not the size of a compressed file."""
    includes_buildpacks: bool = False
    """It is a compiled slug."""
    compiled: Compiled | None = None
    """With what buildpacks add; None where nobody says how much that is, and for a compiled slug."""
    prediction: Prediction | None = None
    """What buildpacks are predicted to add where nobody says how much; None for a compiled slug."""
    checkout: Total | None = None
    """None for a compiled slug: its checkout is gone."""
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def headline_bytes(self) -> int:
        """The compressed size that class and limits are about."""
        return self.compiled.compressed_bytes if self.compiled is not None else self.compressed_bytes

    @property
    def size_class(self) -> SizeClass:
        """Of the headline."""
        return classify(self.headline_bytes)

    @property
    def limits(self) -> tuple[LimitUse, ...]:
        """How it stands to the limits of the platform."""
        return limit_uses(self.headline_bytes, self.checkout)

    @property
    def complete(self) -> bool:
        """Whether everything in it could be read."""
        return not self.unreadable


class Listed(Struct, frozen=True, kw_only=True):
    """A side with all that is in it, as the comparison takes it."""

    side: Side
    files: tuple[File, ...]
    shares: Mapping[bytes, int]
    """Path to compressed bytes of each file."""
    left_out: Mapping[bytes, Aside] = field(default_factory=dict)
    """By path; of a compiled slug nobody knows what was left out."""
    parts: Mapping[bytes, Part] = field(default_factory=dict)
    """Path to what a file belongs to, where that is known."""
    unread: frozenset[bytes] = frozenset()
    """Files, and directories with all that is below them, that are there and could not be read."""

    @classmethod
    def from_measurement(cls, name: str, measured: Measurement, compiled: Compiled | None = None) -> Listed:
        """Return the slug that a tree makes before buildpacks; ``compiled`` is that with what they add."""
        slug, tree = measured.slug, measured.tree
        side = Side(
            name=name,
            source=tree.source,
            total=measured.kept,
            compressed_bytes=measured.compressed_bytes,
            estimated=True,
            compiled=compiled,
            checkout=measured.checkout,
            unreadable=measured.unreadable,
            notes=tree.notes,
        )
        left_out = {file.path: Aside(file, None) for file in slug.compiler_removed}
        left_out.update((left.file.path, Aside(left.file, left.rule)) for left in slug.left_out)
        unread = frozenset(gone.path for gone in tree.unreadable)
        return cls(side=side, files=slug.kept, shares=measured.shares, left_out=left_out, unread=unread)


class Sum(Struct, frozen=True, kw_only=True):
    """What some changes come to."""

    kinds: Mapping[ChangeKind, int]
    """How many files of each kind; only kinds that occur."""
    grown_size_bytes: int
    grown_bytes: int
    """Compressed."""

    @property
    def files(self) -> int:
        """How many files are not the same."""
        return sum(self.kinds.values())


class ChangedPlace(Struct, frozen=True, kw_only=True):
    """A directory, a file or a package, and what the changes in it come to. What moved counts where it is now."""

    path: bytes
    """A directory ends in a slash. Empty for a package, and for what is not in any directory."""
    package: Part | None
    sum: Sum


class GroupChange(Struct, frozen=True, kw_only=True):
    """A group of a compiled slug, or one package of it, before and after."""

    group: str
    package: str
    """Empty for the group as a whole."""
    versions_before: tuple[str, ...]
    """Several where copies of it have several; empty where it has none, or was not there."""
    versions_after: tuple[str, ...]
    before: Total
    after: Total
    before_bytes: int
    """Compressed."""
    after_bytes: int

    @property
    def grown_bytes(self) -> int:
        """Compressed; negative for less."""
        return self.after_bytes - self.before_bytes


class RuleChange(Struct, frozen=True, kw_only=True):
    """What a rule leaves out now and did not before, or the other way round."""

    rule: Rule | None
    """The rule that leaves it out now, or did before; None for the compiler itself."""
    sum: Sum
    """Of ``LEFT_OUT`` or of ``LET_IN``."""


class Diff(Struct, frozen=True, kw_only=True):
    """All that the report says. Every list has what weighs most, more or less, first."""

    before: Side
    after: Side
    dialect: Dialect
    changes: tuple[Change, ...]
    sums: Mapping[ChangeKind, Sum]
    """Of the changes, by kind; only kinds that occur."""
    unchanged: Total
    rest_bytes: int
    """What the slug grew by beside the changes: files that stay pack better or worse beside others."""
    by_size: int
    """Files that count as the same or not by size and mode, because their contents cannot be compared."""
    reasons: tuple[ChangedPlace, ...]
    """The few places that most of the difference is in."""
    directories: tuple[ChangedPlace, ...]
    """Every directory with a change in it but the root."""
    groups: tuple[GroupChange, ...]
    """Groups that changed; empty where neither side has groups."""
    packages: tuple[GroupChange, ...]
    rules: tuple[RuleChange, ...]
    installs: PackageGrowth | None = None
    """What other lock files bring; None where the packages are the same, and beside a compiled slug."""
    starts: tuple[StartChange, ...] = ()
    """How long processes took to start, where builds of both commits were recorded with it."""
    builds: BuildChange | None = None
    """The builds of both commits, where they were recorded."""
    parts: Mapping[bytes, Part] = field(default_factory=dict)
    """Path to what a file belongs to, where that is known."""

    @property
    def grown_bytes(self) -> int:
        """Compressed; negative where the slug shrank. What buildpacks add to a commit is on neither side of it."""
        return self.after.compressed_bytes - self.before.compressed_bytes

    @property
    def complete(self) -> bool:
        """Whether everything on both sides could be read."""
        return self.before.complete and self.after.complete


_PYTHON = "python-packages"


def parts_of(files: Sequence[File], seen: Seen) -> dict[bytes, Part]:
    """Path to part of every file. ``seen`` is what looks saw while the slug was read."""
    from slugtrim.anatomy.looks import normalized  # 60 ms that a comparison of commits does without
    from slugtrim.anatomy.packages import place

    parts: dict[Part, Part] = {}  # one of a kind: tens of thousands of files belong to a few hundred
    found = {}
    for placed in place(files, seen):
        copy = placed.package
        part = Part(placed.group.name)
        if copy is not None:
            # Django became django, and is the same package.
            name = normalized(copy.name) if copy.group == _PYTHON else copy.name
            part = Part(placed.group.name, name, copy.version)
        found[placed.file.path] = parts.setdefault(part, part)
    return found


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
    sums: dict[bytes, list[int]] = defaultdict(_nothing)
    for change in changes:
        _count(sums[change.path.rpartition(b"/")[0]], change)
    add_up(sums)
    return _ordered(
        ChangedPlace(path=path + b"/", package=None, sum=_sum(numbers)) for path, numbers in sums.items() if path
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
    for changed in places:
        above, slash, _ = changed.path.removesuffix(b"/").rpartition(b"/")
        children.setdefault(above + slash, []).append(changed)
    return children


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
