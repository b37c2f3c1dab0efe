"""The main report: how large the slug will be, what weighs in it, and what each rule left out.

A report on a tree that is known is looked up by fingerprint, else it is composed from one measurement, and kept. Where
the tree came from (the path, the commit's id) and notes on what lies beside it are not kept, but looked at every time.
"""

# No `from __future__ import annotations` here: msgspec would evaluate every annotation at import.

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache as once
from functools import partial
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.buildpacks.packages import Prediction
from slugtrim.files import File, Found, Note, Source, SourceKind, Tree, Unreadable, add_up, is_within
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect, Rule, RuleState
from slugtrim.measurement import Depth, KeptRecord, Measurement, Total, Totals, divide, measure_divided
from slugtrim.platforms import NO_SLUG, PLATFORM, Platform, platform_of
from slugtrim.sizer import (
    AverageSide,
    Compiled,
    Limit,
    Progress,
    SizeClass,
    Status,
    average_side,
    classify,
    table,
)
from slugtrim.suggester.records import Advised
from slugtrim.suggester.remembered import files_digest, open_suggestion_cache, remembered

if TYPE_CHECKING:
    from slugtrim.scanner import Slug
    from slugtrim.store import CacheTable

LARGEST = 20
_HERE = Source(kind=SourceKind.DIRECTORY, root=b"")
"""Stands for the source in what is kept."""


class PathSize(Struct, frozen=True, kw_only=True, array_like=True):
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


class PlatformReading(Struct, frozen=True, kw_only=True):
    """The slug as one dialect of one platform has it, where a repository deploys to several."""

    platform: str
    """As it is printed."""
    dialect: Dialect
    files: int
    compressed_bytes: int


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
    margin_bytes: int
    """The true size is within so much of that in about 19 cases of 20."""
    exact_compressed_bytes: int | None
    """One continuous gzip stream over the same files; None where it was not asked for."""
    size_class: SizeClass
    average_side: AverageSide
    left_out: Total
    estimated_saves_bytes: int
    compiler_removed: Total
    rules: tuple[RuleEffect, ...]
    other: OtherReading
    largest_file_bytes: int
    """Raw; 0 if the slug is empty."""
    largest: tuple[PathSize, ...]
    """The heaviest files, heaviest first, ``LARGEST`` at most."""
    directories: tuple[PathSize, ...]
    """All directories but the root, heaviest first."""
    limits: tuple[LimitUse, ...]
    deleting: int | None
    """The N of `Deleting N files matching .slugignore patterns`, always by the ``glob`` reading. None on a platform
    whose log doesn't say so."""
    findings: tuple[Finding, ...]
    suggestions: tuple[Advised, ...] | None
    """The best entries that `.slugignore` could have beyond those it has; None if `slugtrim suggest` has not seen this
    tree."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]
    compiled: Compiled | None = None
    """The slug with what buildpacks add; None where nothing says how much that is. The headline goes by it; limits do
    where it is known, not predicted."""
    prediction: Prediction | None = None
    """What the buildpacks add, if that is predicted."""
    platforms: tuple[PlatformReading, ...] = ()
    """What each platform makes of the tree, in each of its readings; empty where there is one platform."""
    part: PathSize | None = None
    """The directory that the lists are about; None for all of the slug."""
    files_digest: bytes | None = None
    """A key for the files of the slug, under which their suggestions are remembered; None outside git."""

    @property
    def headline_bytes(self) -> int:
        """The compressed size that classes and limits are about."""
        return self.compiled.compressed_bytes if self.compiled is not None else self.compressed_bytes

    @property
    def headline_class(self) -> SizeClass:
        """The class of that."""
        return self.compiled.size_class if self.compiled is not None else self.size_class

    def with_buildpacks(self, compiled: Compiled) -> "Audit":
        """The same report of the slug with what buildpacks add, as somebody knows it."""
        limits = limit_uses(compiled.compressed_bytes, self.checkout, platform_of(self.dialect))
        return replace(self, compiled=compiled, limits=limits)

    def with_platforms(self, others: Mapping[Dialect, Totals]) -> "Audit":
        """The same report with what other platforms make of the tree, in each of their readings."""
        own = {
            self.dialect: (self.slug.files, self.compressed_bytes),
            self.other.dialect: (self.other.total.files, self.other.compressed_bytes),
            **{dialect: (each.slug.files, each.compressed_bytes) for dialect, each in others.items()},
        }
        readings = (
            PlatformReading(platform=platform_of(each).name, dialect=each, files=files, compressed_bytes=compressed)
            for each, (files, compressed) in own.items()
        )
        return replace(self, platforms=tuple(readings))

    def with_slug_limit(self, agreed_bytes: int, whose: str) -> "Audit":
        """The same report with what the platform allows this application, instead of what it publishes.

        ``whose`` says who says so.
        """

        def agreed(use: LimitUse) -> LimitUse:
            if use.limit.of_checkout or not use.limit.rejects:
                return use
            limit = replace(use.limit, limit_bytes=agreed_bytes, date=whose, source=whose)
            return replace(use, limit=limit, status=limit.status(use.used_bytes))

        return replace(self, limits=tuple(map(agreed, self.limits)))

    def with_prediction(self, prediction: Prediction) -> "Audit":
        """The same report with what buildpacks are predicted to add. Limits still count the source part."""
        return replace(self, compiled=prediction.compiled(self.compressed_bytes), prediction=prediction)

    def without_findings(self, ids: Iterable[str]) -> "Audit":
        """Return the report without the findings of these kinds."""
        ignored = set(ids)
        return replace(self, findings=tuple(each for each in self.findings if each.id not in ignored))

    @property
    def makes_no_slug(self) -> bool:
        """Whether the platform builds an image instead, for certain, and reads no `.slugignore`."""
        return _say_no_slug(self.findings)

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable


def _say_no_slug(findings: Iterable[Finding]) -> bool:
    return any(finding.id == NO_SLUG and finding.level is Level.ERROR for finding in findings)


def limit_uses(compressed_bytes: int, checkout: Total | None, platform: Platform = PLATFORM) -> tuple[LimitUse, ...]:
    """How a slug of this size and its checkout, where there is one, stand to the limits of the platform."""
    uses = []
    for limit in table(platform).limits:
        if not limit.of_checkout:
            used = compressed_bytes
        elif checkout is not None:
            used = checkout.size_bytes
        else:
            continue
        uses.append(LimitUse(limit=limit, used_bytes=used, status=limit.status(used)))
    return tuple(uses)


def audit_found(
    found: Found,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    exact: bool = False,
    part: bytes = b"",
    meanwhile: Callable[[], object] | None = None,
) -> Audit:
    """Return the report on what was found: the one kept, if its tree is known, else a new one, which is kept.

    With ``exact`` the slug is also compressed for real, which is never looked up. ``part`` is the directory that the
    lists are about; empty for all of the slug. ``meanwhile`` is called while threads compress a slug, any number of
    times. Raises ``RulesError``, and ``SourceError`` for a part without files.
    """
    about = f"part {part!r}" if part else ""
    record = KeptRecord(found, dialect, use_cache=use_cache, about=about)
    known = open_suggestion_cache(found.git_dir if use_cache else None)
    kept = _kept_report(record, found, known) if not exact else None
    if kept is not None:
        return kept
    imports = Thread(target=_import_early)
    imports.start()
    try:
        tree = found.load()
    finally:
        imports.join()
    from slugtrim.sizer import open_size_cache  # with all it takes to measure: 40 ms that a known tree does without

    git_dir = found.git_dir if use_cache else None
    cache = open_size_cache(git_dir)
    report = audit_tree(
        tree, dialect, cache=cache, known=known, progress=progress, exact=exact, part=part, meanwhile=meanwhile
    )
    cache.save()
    own = tuple(note for note in report.notes if note not in found.notes)
    with contextlib.suppress(UnicodeEncodeError):  # half a character, as only JSON can name one
        if report.complete:
            # What `slugtrim suggest` finds is looked up each time: it may run after the report is kept.
            to_keep = replace(report, source=_HERE, notes=own, exact_compressed_bytes=None, suggestions=None)
            record.keep(_with_texts(to_keep, _kept_text), tree)
    return replace(report, notes=(*own, *found.notes))


def _kept_report(record: KeptRecord, found: Found, known: "CacheTable") -> Audit | None:
    """Return the report that was kept, on what was found, with the suggestions that are remembered now."""
    kept = record.read(Audit)
    if kept is None:
        return None
    try:
        return replace(
            _with_texts(kept, _read_text),
            source=found.source,
            notes=(*kept.notes, *found.notes),
            suggestions=remembered(kept.files_digest, known),
        )
    except UnicodeEncodeError:
        return None  # somebody else wrote it


def _import_early() -> None:
    """Import what it takes to measure while git lists the tree."""
    with contextlib.suppress(Exception):  # raised again by whoever needs the module
        for name in ("scanner", "sizer.measure", "lint"):
            import_module(f"slugtrim.{name}")


def _with_texts(report: Audit, change: Callable[[str], str]) -> Audit:
    """Return the report with each text changed that may hold a name."""
    findings = (replace(each, message=change(each.message), cure=change(each.cure)) for each in report.findings)
    return replace(report, findings=tuple(findings))


def _kept_text(text: str) -> str:
    """Return a text as it is kept: a name in it may have bytes that are not UTF-8, which no encoder takes."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _read_text(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def audit_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    cache: "CacheTable | None" = None,
    known: "CacheTable | None" = None,
    progress: Progress | None = None,
    exact: bool = False,
    part: bytes = b"",
    meanwhile: Callable[[], object] | None = None,
) -> Audit:
    """Return the report on a tree; with ``exact``, its slug is compressed for real as well. Raises ``RulesError``.

    ``known`` are the suggestions that are remembered; without it there are none. ``meanwhile`` is called while threads
    compress a slug, any number of times.
    """
    from slugtrim.lint.findings import look_quickly  # as above
    from slugtrim.scanner import check_part
    from slugtrim.sizer import exact_compressed_bytes

    check_part(tree, part)
    divided = divide(tree, dialect, Depth.REPORT)
    slug, other = divided.slug, divided.other
    assert other is not None
    looked = once(partial(look_quickly, slug, other))
    keyed = once(partial(files_digest, slug.kept, dialect))

    def beside() -> None:
        keyed()
        if not _say_no_slug(looked().findings) and meanwhile is not None:
            meanwhile()

    (measured,) = measure_divided([divided], cache=cache, progress=progress, meanwhile=beside)
    effects = _effects(measured)
    inside = [file for file in slug.kept if is_within(file.path, part)] if part else slug.kept
    look, key = looked(), keyed()
    glob = slug if dialect is Dialect.GLOB else other
    return Audit(
        source=tree.source,
        dialect=dialect,
        has_slugignore=tree.slugignore is not None,
        checkout=measured.checkout,
        slug=measured.kept,
        compressed_bytes=measured.compressed_bytes,
        margin_bytes=measured.sizing.margin_bytes,
        exact_compressed_bytes=exact_compressed_bytes(tree.contents, slug.kept, progress) if exact else None,
        size_class=classify(measured.compressed_bytes),
        average_side=average_side(measured.compressed_bytes),
        left_out=measured.left_out,
        estimated_saves_bytes=sum(effect.estimated_saves_bytes for effect in effects),
        compiler_removed=measured.compiler_removed,
        rules=effects,
        other=_other_reading(measured, other),
        largest_file_bytes=measured.largest_file_bytes,
        largest=heaviest_files(inside, measured.shares),
        directories=tuple(
            each for each in directory_weights(inside, measured.shares) if not part or each.path.startswith(part + b"/")
        ),
        limits=limit_uses(measured.compressed_bytes, measured.checkout, platform_of(dialect)),
        deleting=sum(glob.outcome.deletions.values()) if platform_of(dialect).log is not None else None,
        findings=look.findings,
        suggestions=remembered(key, known) if known is not None else None,
        unreadable=measured.unreadable,
        notes=(*tree.notes, *look.notes),
        part=_part_size(part, inside, measured.shares) if part else None,
        files_digest=key,
    )


def _part_size(part: bytes, files: Sequence[File], shares: Mapping[bytes, int]) -> PathSize:
    return PathSize(
        path=part,
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        compressed_bytes=sum(shares[file.path] for file in files),
    )


def _effects(measured: Measurement) -> tuple[RuleEffect, ...]:
    files: dict[int, list[File]] = defaultdict(list)
    for left in measured.slug.left_out:
        files[left.rule.line].append(left.file)
    return tuple(
        RuleEffect(
            rule=rule,
            state=measured.slug.states[rule.line],
            total=Total.of(files[rule.line]),
            estimated_saves_bytes=sum(measured.left_out_shares[file.path] for file in files[rule.line]),
        )
        for rule in measured.slug.rules
    )


def _other_reading(measured: Measurement, there: "Slug") -> OtherReading:
    here = measured.slug
    same = here.kept == there.kept
    here_paths = {file.path for file in here.kept} if not same else set()
    there_paths = {file.path for file in there.kept} if not same else set()
    assert measured.other_sizing is not None
    return OtherReading(
        dialect=there.dialect,
        total=Total.of(there.kept),
        compressed_bytes=measured.other_sizing.compressed_bytes,
        only_here=tuple(file for file in here.kept if file.path not in there_paths) if not same else (),
        only_there=tuple(file for file in there.kept if file.path not in here_paths) if not same else (),
    )


def heaviest_files(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[PathSize, ...]:
    """Return the ``LARGEST`` of them, heaviest first."""
    import heapq  # 1 ms that a known tree does without

    # By the shares alone first: a look at each file takes five times as long.
    least = min(heapq.nlargest(LARGEST, [shares[file.path] for file in files]), default=0)
    candidates = [file for file in files if shares[file.path] >= least]
    heaviest = heapq.nsmallest(LARGEST, candidates, key=lambda file: (-shares[file.path], file.path))
    return tuple(
        PathSize(path=file.path, files=1, size_bytes=file.size_bytes, compressed_bytes=shares[file.path])
        for file in heaviest
    )


def directory_weights(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[PathSize, ...]:
    """Every directory but the root with all below it, heaviest first."""
    totals: dict[bytes, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path, size, _, _ in files:
        sums = totals[path.rpartition(b"/")[0]]
        sums[0] += 1
        sums[1] += size
        sums[2] += shares[path]
    add_up(totals)
    weights = [
        PathSize(path=path, files=count, size_bytes=size, compressed_bytes=compressed)
        for path, (count, size, compressed) in totals.items()
        if path
    ]
    return tuple(sorted(weights, key=lambda weight: (-weight.compressed_bytes, weight.path)))
