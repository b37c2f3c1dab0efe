"""The main report: how large the slug will be, what weighs in it, and what each rule left out."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slugtrim.files import File, Note, Source, Tree, Unreadable
from slugtrim.ignore import Dialect, Rule
from slugtrim.notes import Finding, lfs_note, no_slug_findings
from slugtrim.scanner import RuleState, Slug, rule_states, scan
from slugtrim.sizer import (
    AverageSide,
    Estimator,
    Limit,
    SizeClass,
    Sizer,
    Sizing,
    Status,
    average_side,
    classify,
    table,
)

LARGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many files, and their bytes as they lie in the checkout."""

    files: int
    size_bytes: int

    @classmethod
    def of(cls, files: Sequence[File]) -> Total:
        """The total of these files."""
        return cls(files=len(files), size_bytes=sum(file.size_bytes for file in files))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A file, or a directory with all below it, in the slug."""

    path: bytes
    files: int
    size_bytes: int
    compressed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What one line of ``.slugignore`` leaves out."""

    rule: Rule
    state: RuleState
    total: Total
    estimated_saves_bytes: int
    """Compressed, estimated from types and sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReading:
    """The slug as the other dialect would have it."""

    dialect: Dialect
    total: Total
    compressed_bytes: int
    only_here: tuple[File, ...]
    """In the slug by the chosen dialect only."""
    only_there: tuple[File, ...]
    """In the slug by the other dialect only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """A limit of the platform and how much of it is used."""

    limit: Limit
    used_bytes: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All that the report says. ``slug`` is the source part, before any buildpack adds to it."""

    source: Source
    dialect: Dialect
    has_slugignore: bool
    checkout: Total
    slug: Total
    compressed_bytes: int
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
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable


def audit_tree(tree: Tree, dialect: Dialect = Dialect.GITIGNORE, more_notes: Iterable[Note | None] = ()) -> Audit:
    """The report on a tree. ``more_notes`` are added to those the tree brings. Raises ``RulesError``."""
    slug = scan(tree, dialect)
    other_slug = scan(tree, dialect.other)
    sizer = Sizer(tree.contents)
    sizing = sizer.measure(slug.kept)
    estimator = Estimator(slug.kept, sizing.shares)
    effects = _effects(slug, estimator)
    checkout = Total.of(tree.files)
    notes = [*tree.notes, lfs_note(tree, slug.kept), *more_notes]
    glob = slug if dialect is Dialect.GLOB else other_slug
    return Audit(
        source=tree.source,
        dialect=dialect,
        has_slugignore=tree.slugignore is not None,
        checkout=checkout,
        slug=Total.of(slug.kept),
        compressed_bytes=sizing.compressed_bytes,
        size_class=classify(sizing.compressed_bytes),
        average_side=average_side(sizing.compressed_bytes),
        left_out=Total.of([left.file for left in slug.left_out]),
        estimated_saves_bytes=sum(effect.estimated_saves_bytes for effect in effects),
        compiler_removed=Total.of(slug.compiler_removed),
        rules=effects,
        other=_other_reading(slug, other_slug, sizer, sizing),
        largest=_largest(slug.kept, sizing.shares),
        directories=directory_weights(slug.kept, sizing.shares),
        limits=_limit_uses(sizing, checkout),
        deleting=sum(glob.outcome.deletions.values()),
        findings=no_slug_findings(tree),
        unreadable=_unreadable(tree, sizing),
        notes=tuple(note for note in notes if note is not None),
    )


def _effects(slug: Slug, estimator: Estimator) -> tuple[RuleEffect, ...]:
    files: dict[int, list[File]] = defaultdict(list)
    for left in slug.left_out:
        files[left.rule.line].append(left.file)
    states = rule_states(slug)
    return tuple(
        RuleEffect(
            rule=rule,
            state=states[rule.line],
            total=Total.of(files[rule.line]),
            estimated_saves_bytes=sum(map(estimator.compressed_bytes, files[rule.line])),
        )
        for rule in slug.rules
    )


def _other_reading(here: Slug, there: Slug, sizer: Sizer, sizing: Sizing) -> OtherReading:
    same = here.kept == there.kept
    here_paths = {file.path for file in here.kept}
    there_paths = {file.path for file in there.kept}
    return OtherReading(
        dialect=there.dialect,
        total=Total.of(there.kept),
        compressed_bytes=(sizing if same else sizer.measure(there.kept)).compressed_bytes,
        only_here=tuple(file for file in here.kept if file.path not in there_paths),
        only_there=tuple(file for file in there.kept if file.path not in here_paths),
    )


def _largest(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[Weight, ...]:
    heaviest = heapq.nsmallest(LARGEST, files, key=lambda file: (-shares[file.path], file.path))
    return tuple(
        Weight(path=file.path, files=1, size_bytes=file.size_bytes, compressed_bytes=shares[file.path])
        for file in heaviest
    )


def directory_weights(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[Weight, ...]:
    """Every directory but the root with all below it, heaviest first."""
    direct: dict[bytes, list[int]] = {}
    for file in files:
        parent = file.path.rpartition(b"/")[0]
        sums = direct.setdefault(parent, [0, 0, 0])
        sums[0] += 1
        sums[1] += file.size_bytes
        sums[2] += shares[file.path]
    totals: dict[bytes, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path, (count, size, compressed) in direct.items():
        while path:
            sums = totals[path]
            sums[0] += count
            sums[1] += size
            sums[2] += compressed
            path = path.rpartition(b"/")[0]
    weights = [
        Weight(path=path, files=count, size_bytes=size, compressed_bytes=compressed)
        for path, (count, size, compressed) in totals.items()
    ]
    return tuple(sorted(weights, key=lambda weight: (-weight.compressed_bytes, weight.path)))


def _limit_uses(sizing: Sizing, checkout: Total) -> tuple[LimitUse, ...]:
    uses = []
    for limit in table().limits:
        used = checkout.size_bytes if limit.of_checkout else sizing.compressed_bytes
        uses.append(LimitUse(limit=limit, used_bytes=used, status=limit.status(used)))
    return tuple(uses)


def _unreadable(tree: Tree, sizing: Sizing) -> tuple[Unreadable, ...]:
    known = {gone.path for gone in tree.unreadable}
    return (*tree.unreadable, *(gone for gone in sizing.unreadable if gone.path not in known))
