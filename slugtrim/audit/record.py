"""The records of the main report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, Note, Source, Unreadable
from slugtrim.ignore import Dialect, Rule, RuleState
from slugtrim.notes import Finding
from slugtrim.sizer import AverageSide, Compiled, Limit, SizeClass, Status, table
from slugtrim.suggester.record import Advised

LARGEST = 20


class Total(Struct, frozen=True, kw_only=True):
    """How many files, and their bytes as they lie in the checkout."""

    files: int
    size_bytes: int

    @classmethod
    def of(cls, files: Sequence[File]) -> Total:
        """The total of these files."""
        return cls(files=len(files), size_bytes=sum(file.size_bytes for file in files))


class Weight(Struct, frozen=True, kw_only=True):
    """A file, or a directory with all below it, in the slug."""

    path: bytes
    files: int
    size_bytes: int
    compressed_bytes: int


class RuleEffect(Struct, frozen=True, kw_only=True):
    """What one line of ``.slugignore`` leaves out."""

    rule: Rule
    state: RuleState
    total: Total
    estimated_saves_bytes: int
    """Compressed, estimated."""


class OtherReading(Struct, frozen=True, kw_only=True):
    """The slug as the other dialect would have it."""

    dialect: Dialect
    total: Total
    compressed_bytes: int
    only_here: tuple[File, ...]
    """In the slug by the chosen dialect only."""
    only_there: tuple[File, ...]
    """In the slug by the other dialect only."""


class LimitUse(Struct, frozen=True, kw_only=True):
    """A limit of the platform and how much of it is used."""

    limit: Limit
    used_bytes: int
    status: Status


class Audit(Struct, frozen=True, kw_only=True):
    """All that the report says. ``slug`` is the source part, before any buildpack adds to it."""

    source: Source
    dialect: Dialect
    has_slugignore: bool
    checkout: Total
    slug: Total
    compressed_bytes: int
    """Predicted."""
    exact_compressed_bytes: int | None
    """One continuous gzip stream over the same files; None where it was not asked for."""
    size_class: SizeClass
    average_side: AverageSide
    left_out: Total
    estimated_saves_bytes: int
    compiler_removed: Total
    rules: tuple[RuleEffect, ...]
    other: OtherReading
    largest: tuple[Weight, ...]
    """The heaviest files, heaviest first, ``LARGEST`` at most."""
    directories: tuple[Weight, ...]
    """All directories but the root, heaviest first."""
    limits: tuple[LimitUse, ...]
    deleting: int
    """The N of `Deleting N files matching .slugignore patterns`, always by the ``glob`` reading."""
    findings: tuple[Finding, ...]
    suggestions: tuple[Advised, ...]
    """The best entries that `.slugignore` could have beyond those it has."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]
    compiled: Compiled | None = None
    """The slug with what buildpacks add; None where nobody says how much that is. Limits and headline go by it."""

    @property
    def headline_bytes(self) -> int:
        """The compressed size that classes and limits are about."""
        return self.compiled.compressed_bytes if self.compiled is not None else self.compressed_bytes

    @property
    def headline_class(self) -> SizeClass:
        """The class of that."""
        return self.compiled.size_class if self.compiled is not None else self.size_class

    def with_buildpacks(self, compiled: Compiled) -> Audit:
        """The same report of the slug with what buildpacks add."""
        return replace(self, compiled=compiled, limits=limit_uses(compiled.compressed_bytes, self.checkout))

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable


def limit_uses(compressed_bytes: int, checkout: Total | None) -> tuple[LimitUse, ...]:
    """How a slug of this size and its checkout, where there is one, stand to the limits of the platform."""
    uses = []
    for limit in table().limits:
        if not limit.of_checkout:
            used = compressed_bytes
        elif checkout is not None:
            used = checkout.size_bytes
        else:
            continue
        uses.append(LimitUse(limit=limit, used_bytes=used, status=limit.status(used)))
    return tuple(uses)
