"""The record of a comparison: two slugs, what is different between them, and where."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from msgspec import Struct, field

from slugtrim.audit import LimitUse, limit_uses
from slugtrim.files import File, Note, Source, Unreadable
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import Measurement, Total
from slugtrim.sizer import Compiled, SizeClass, classify


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

    @property
    def grown_bytes(self) -> int:
        """Compressed; negative where the slug shrank. What buildpacks add to a commit is on neither side of it."""
        return self.after.compressed_bytes - self.before.compressed_bytes

    @property
    def complete(self) -> bool:
        """Whether everything on both sides could be read."""
        return self.before.complete and self.after.complete
