"""The documents on a tree and its rules: ``audit``, ``lint``, ``ls``, ``explain``. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, field

from slugtrim.findings import Level
from slugtrim.ignore import Dialect, RuleState
from slugtrim.reports.documents.fields import (
    AdvisedObject,
    AlwaysFalse,
    AlwaysTrue,
    CompiledObject,
    Count,
    DirectoryWeightObject,
    FileWeightObject,
    FindingObject,
    JsonObject,
    LimitObject,
    LinkObject,
    NoteObject,
    PathObject,
    RuleObject,
    TotalObject,
    TreeSource,
    UnreadableObject,
    advised_objects,
    compiled_object,
    directory_weights,
    file_weights,
    finding_objects,
    limit_object,
    link_objects,
    lossy,
    note_objects,
    path_fields,
    rule_object,
    source_object,
    total_object,
    unreadable_objects,
    valid_text,
)
from slugtrim.sizer.limits import AverageSide, SizeClass
from slugtrim.suggester.records import Grade

if TYPE_CHECKING:  # 30 ms with all it takes to measure, which a known tree does without
    from slugtrim.audit import Audit, OtherReading
    from slugtrim.files import File
    from slugtrim.findings import Finding
    from slugtrim.lint.findings import Lint
    from slugtrim.listing import Explanations, SlugListing
    from slugtrim.suggester.records import Trace


class SourcePartObject(TotalObject, frozen=True, kw_only=True):
    """The slug before buildpacks."""

    compressed_bytes: Count
    margin_bytes: Count
    exact_compressed_bytes: Count | None
    estimated: AlwaysTrue
    size_class: SizeClass = field(name="class")
    average_side: AverageSide
    includes_buildpacks: AlwaysFalse


class LeftOutObject(TotalObject, frozen=True, kw_only=True):
    """What the rules leave out."""

    saves_compressed_bytes: Count
    estimated: AlwaysTrue


class RuleEffectObject(RuleObject, frozen=True, kw_only=True):
    """What one rule leaves out."""

    files: Count
    bytes: Count
    saves_compressed_bytes: Count
    state: RuleState


class SizedPathObject(PathObject, frozen=True, kw_only=True):
    """A file, uncompressed."""

    bytes: Count


class OtherReadingObject(JsonObject, frozen=True, kw_only=True):
    """The slug as the other dialect has it."""

    dialect: Dialect
    files: Count
    bytes: Count
    compressed_bytes: Count
    only_here: list[SizedPathObject]
    only_there: list[SizedPathObject]


class PredictedLogObject(JsonObject, frozen=True, kw_only=True):
    """What the build will say."""

    deleting: Count | None


class PlatformReadingObject(JsonObject, frozen=True, kw_only=True):
    """The slug as one dialect of one platform has it."""

    platform: str
    dialect: Dialect
    files: Count
    compressed_bytes: Count


class AuditDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim audit``: ``schemas/audit.json``."""

    schema: Literal[3]
    complete: bool
    source: TreeSource
    dialect: Dialect
    checkout: TotalObject
    slug: SourcePartObject
    compiled: CompiledObject | None
    left_out: LeftOutObject
    compiler_removed: TotalObject
    rules: list[RuleEffectObject]
    other_dialect: OtherReadingObject
    platforms: list[PlatformReadingObject]
    largest: Annotated[list[FileWeightObject], Meta(max_length=20)]
    directories: list[DirectoryWeightObject]
    part: DirectoryWeightObject | None
    limits: list[LimitObject]
    predicted_log: PredictedLogObject
    findings: list[FindingObject]
    suggestions: Annotated[list[AdvisedObject], Meta(max_length=3)] | None
    unreadable: list[UnreadableObject]
    notes: list[NoteObject]


def of_audit(audit: Audit) -> AuditDocument:
    """Return the document on an audit."""
    return AuditDocument(
        schema=3,
        complete=audit.complete,
        source=source_object(audit.source),
        dialect=audit.dialect,
        checkout=total_object(audit.checkout),
        slug=SourcePartObject(
            files=audit.slug.files,
            bytes=audit.slug.size_bytes,
            compressed_bytes=audit.compressed_bytes,
            margin_bytes=audit.margin_bytes,
            exact_compressed_bytes=audit.exact_compressed_bytes,
            estimated=True,
            size_class=audit.size_class,
            average_side=audit.average_side,
            includes_buildpacks=False,
        ),
        compiled=compiled_object(audit.compiled, audit.prediction),
        left_out=LeftOutObject(
            files=audit.left_out.files,
            bytes=audit.left_out.size_bytes,
            saves_compressed_bytes=audit.estimated_saves_bytes,
            estimated=True,
        ),
        compiler_removed=total_object(audit.compiler_removed),
        rules=[
            RuleEffectObject(
                line=effect.rule.line,
                text=lossy(effect.rule.text),
                files=effect.total.files,
                bytes=effect.total.size_bytes,
                saves_compressed_bytes=effect.estimated_saves_bytes,
                state=effect.state,
            )
            for effect in audit.rules
        ],
        other_dialect=_other_reading(audit.other),
        platforms=[
            PlatformReadingObject(
                platform=each.platform,
                dialect=each.dialect,
                files=each.files,
                compressed_bytes=each.compressed_bytes,
            )
            for each in audit.platforms
        ],
        largest=file_weights(audit.largest),
        directories=directory_weights(audit.directories),
        part=directory_weights([audit.part])[0] if audit.part is not None else None,
        limits=[limit_object(use.limit, use.used_bytes) for use in audit.limits],
        predicted_log=PredictedLogObject(deleting=audit.deleting),
        findings=finding_objects(audit.findings),
        suggestions=advised_objects(audit.suggestions),
        unreadable=unreadable_objects(audit.unreadable),
        notes=note_objects(audit.notes),
    )


def _other_reading(other: OtherReading) -> OtherReadingObject:
    return OtherReadingObject(
        dialect=other.dialect,
        files=other.total.files,
        bytes=other.total.size_bytes,
        compressed_bytes=other.compressed_bytes,
        only_here=_sized_paths(other.only_here),
        only_there=_sized_paths(other.only_there),
    )


def _sized_paths(files: Iterable[File]) -> list[SizedPathObject]:
    return [SizedPathObject(bytes=file.size_bytes, **path_fields(file.path)) for file in files]


class AcceptedObject(JsonObject, frozen=True, kw_only=True):
    """Findings of one kind that their owner accepts."""

    id: str
    count: Count
    by: str


class LintDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim lint``: ``schemas/lint.json``."""

    schema: Literal[1]
    complete: bool
    source: TreeSource
    dialect: Dialect
    errors: Count
    warnings: Count
    notes: Count
    findings: list[FindingObject]
    accepted: list[AcceptedObject]
    fixed: list[FindingObject] | None
    unreadable: list[UnreadableObject]


def of_lint(lint: Lint, fixed: Sequence[Finding] | None = None) -> LintDocument:
    """Return the document on a lint. ``fixed`` is None if nothing was to be fixed."""
    return LintDocument(
        schema=1,
        complete=lint.complete,
        source=source_object(lint.source),
        dialect=lint.dialect,
        errors=lint.count(Level.ERROR),
        warnings=lint.count(Level.WARNING),
        notes=lint.count(Level.NOTE),
        findings=finding_objects(lint.findings),
        accepted=[AcceptedObject(id=each.id, count=each.count, by=valid_text(each.by)) for each in lint.accepted],
        fixed=finding_objects(fixed) if fixed is not None else None,
        unreadable=unreadable_objects(lint.unreadable),
    )


class ListedFileObject(PathObject, frozen=True, kw_only=True):
    """A file, and what leaves it out."""

    bytes: Count
    compressed_bytes: Count | None
    rule: RuleObject | None


class ListingDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim ls``: ``schemas/ls.json``."""

    schema: Literal[1]
    complete: bool
    source: TreeSource
    dialect: Dialect
    ignored: bool
    part: PathObject | None
    files: list[ListedFileObject]
    unreadable: list[UnreadableObject]


def of_listing(listing: SlugListing) -> ListingDocument:
    """Return the document on a listing."""
    return ListingDocument(
        schema=1,
        complete=not listing.unreadable,
        source=source_object(listing.source),
        dialect=listing.dialect,
        ignored=listing.ignored,
        part=PathObject(**path_fields(listing.part)) if listing.part else None,
        files=[
            ListedFileObject(
                bytes=line.file.size_bytes,
                compressed_bytes=line.compressed_bytes,
                rule=rule_object(line.rule),
                **path_fields(line.file.path),
            )
            for line in listing.lines
        ],
        unreadable=unreadable_objects(listing.unreadable),
    )


class VerdictObject(JsonObject, frozen=True, kw_only=True):
    """What one dialect makes of a path."""

    dialect: Dialect
    files: Count
    left_out: Count
    by_compiler: bool
    rule: RuleObject | None


class ReachObject(JsonObject, frozen=True, kw_only=True):
    """How a deploy comes to a file."""

    grade: Grade
    chain: list[LinkObject]
    excuse: str | None


class ExplanationObject(PathObject, frozen=True, kw_only=True):
    """One path."""

    kind: Literal["file", "directory", "absent"]
    verdicts: Annotated[list[VerdictObject], Meta(min_length=2, max_length=2)]
    reach: ReachObject | None


class ExplanationDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim explain``: ``schemas/explain.json``."""

    schema: Literal[2]
    source: TreeSource
    paths: list[ExplanationObject]


def of_explanations(explanations: Explanations) -> ExplanationDocument:
    """Return the document on explained paths."""
    return ExplanationDocument(
        schema=2,
        source=source_object(explanations.source),
        paths=[
            ExplanationObject(
                kind=item.kind.value,
                verdicts=[
                    VerdictObject(
                        dialect=verdict.dialect,
                        files=verdict.files,
                        left_out=verdict.left_out,
                        by_compiler=verdict.by_compiler,
                        rule=rule_object(verdict.rule),
                    )
                    for verdict in item.verdicts
                ],
                reach=_reach(item.reach) if item.reach is not None else None,
                **path_fields(item.path),
            )
            for item in explanations.items
        ],
    )


def _reach(reach: Trace) -> ReachObject:
    return ReachObject(
        grade=reach.grade,
        chain=link_objects(reach.chain),
        excuse=reach.excuse,
    )
