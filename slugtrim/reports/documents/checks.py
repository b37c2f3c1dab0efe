"""The document of ``check``. Sizes are bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.check import Base, Check
from slugtrim.ignore import Dialect
from slugtrim.reports.documents.fields import (
    AdvisedObject,
    AlwaysFalse,
    AlwaysTrue,
    CompiledObject,
    Count,
    FindingObject,
    JsonObject,
    LineNumber,
    NoteObject,
    PackageGrowthObject,
    PathObject,
    TotalObject,
    TreeSource,
    UnreadableObject,
    advised_objects,
    compiled_object,
    finding_objects,
    lossy,
    note_objects,
    package_growth_object,
    path_fields,
    source_object,
    unreadable_objects,
    valid_text,
)
from slugtrim.reports.parts import sentence
from slugtrim.sizer import SizeClass, classify


class CheckedPartObject(TotalObject, frozen=True, kw_only=True):
    """The slug before buildpacks."""

    compressed_bytes: Count
    estimated: AlwaysTrue
    size_class: SizeClass = field(name="class")
    includes_buildpacks: AlwaysFalse


class GrowthObject(PathObject, frozen=True, kw_only=True):
    """A file that grew or shrank since the base."""

    before_bytes: Count
    after_bytes: Count
    grown_bytes: int
    commit: str | None
    subject: str


class BaseObject(JsonObject, frozen=True, kw_only=True):
    """What the slug is compared with."""

    rev: str
    name: str
    complete: bool
    files: Count
    compressed_bytes: Count
    grown_bytes: int
    grown: Annotated[list[GrowthObject], Meta(max_length=20)]
    unchanged_files: Count


class WrittenObject(JsonObject, frozen=True, kw_only=True):
    """Where a limit is written."""

    name: str
    line: LineNumber | None


class ResultObject(JsonObject, frozen=True, kw_only=True):
    """One measure held against one limit."""

    measure: Measure
    verdict: Verdict
    used: int
    limit: int
    over: Count
    text: str
    written: WrittenObject
    pattern: str | None
    message: str | None


class CheckDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim check``: ``schemas/check.json``."""

    schema: Literal[2]
    complete: bool
    verdict: Verdict
    source: TreeSource
    dialect: Dialect
    target: str | None
    compressed_bytes: Count
    size_class: SizeClass = field(name="class")
    slug: CheckedPartObject
    compiled: CompiledObject | None
    base: BaseObject | None
    results: list[ResultObject]
    findings: list[FindingObject]
    suggestions: Annotated[list[AdvisedObject], Meta(max_length=3)] | None
    unreadable: list[UnreadableObject]
    notes: list[NoteObject]
    packages: PackageGrowthObject | None


def of_check(check: Check) -> CheckDocument:
    """Return the document on a check."""
    return CheckDocument(
        schema=2,
        complete=check.complete,
        verdict=check.verdict,
        source=source_object(check.source),
        dialect=check.dialect,
        target=valid_text(check.target) if check.target is not None else None,
        compressed_bytes=check.compressed_bytes,
        size_class=check.size_class,
        slug=CheckedPartObject(
            files=check.files,
            bytes=check.size_bytes,
            compressed_bytes=check.source_compressed_bytes,
            estimated=True,
            size_class=classify(check.source_compressed_bytes),
            includes_buildpacks=False,
        ),
        compiled=compiled_object(check.compiled, check.prediction),
        base=_base(check.base, check.compressed_bytes) if check.base is not None else None,
        results=[_result(result) for result in check.results],
        findings=finding_objects(check.findings),
        suggestions=advised_objects(check.suggestions),
        unreadable=unreadable_objects(check.unreadable),
        notes=note_objects(check.notes),
        packages=package_growth_object(check.packages),
    )


def _base(base: Base, compressed_bytes: int) -> BaseObject:
    return BaseObject(
        rev=base.rev,
        name=valid_text(base.name),
        complete=base.complete,
        files=base.files,
        compressed_bytes=base.compressed_bytes,
        grown_bytes=compressed_bytes - base.compressed_bytes,
        grown=[
            GrowthObject(
                before_bytes=growth.before_bytes,
                after_bytes=growth.after_bytes,
                grown_bytes=growth.grown_bytes,
                commit=growth.commit,
                subject=valid_text(growth.subject),
                **path_fields(growth.path),
            )
            for growth in base.grown
        ],
        unchanged_files=base.unchanged_files,
    )


def _result(result: Result) -> ResultObject:
    return ResultObject(
        measure=result.measure,
        verdict=result.verdict,
        used=result.used,
        limit=result.limit,
        over=result.over,
        text=valid_text(result.text),
        written=WrittenObject(name=valid_text(result.written.name), line=result.written.line),
        pattern=lossy(result.pattern) if result.pattern is not None else None,
        message=valid_text(sentence(result)) if result.over else None,
    )
