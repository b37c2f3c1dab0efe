"""The document of ``suggest``. Sizes are bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from slugtrim.ignore import Dialect
from slugtrim.reports.documents.fields import (
    AlwaysTrue,
    Count,
    EvidenceObject,
    JsonObject,
    LinkObject,
    NoteObject,
    PathObject,
    TotalObject,
    TreeSource,
    UnreadableObject,
    evidence_objects,
    link_objects,
    lossy,
    note_objects,
    path_fields,
    path_objects,
    source_object,
    unreadable_objects,
    valid_text,
)
from slugtrim.sizer import SizeClass
from slugtrim.suggester.records import (
    Advice,
    EvidenceKind,
    Failure,
    Grade,
    SlugSize,
    Suggestion,
    Tier,
    Verification,
    Withheld,
)


class SlugSizeObject(TotalObject, frozen=True, kw_only=True):
    """A slug before or after the suggestions."""

    compressed_bytes: Count
    estimated: AlwaysTrue
    size_class: SizeClass = field(name="class")


class SuggestionObject(JsonObject, frozen=True, kw_only=True):
    """One entry for ``.slugignore``."""

    pattern: str
    rule: str
    category: str
    tier: Tier
    grade: Grade
    files: Count
    bytes: Count
    saves_compressed_bytes: int
    reason: str
    evidence: list[EvidenceObject[EvidenceKind]]
    chain: list[LinkObject]
    paths: list[PathObject]


class WithheldObject(PathObject, frozen=True, kw_only=True):
    """A candidate that stays."""

    pattern: str | None
    rule: str
    category: str
    tier: Tier
    grade: Grade
    files: Count
    bytes: Count
    compressed_bytes: Count
    reason: str
    evidence: list[EvidenceObject[EvidenceKind]]
    chain: list[LinkObject]


class SmallObject(JsonObject, frozen=True, kw_only=True):
    """Entries that save too little to be told one by one."""

    entries: Count
    compressed_bytes: Count
    min_saving_bytes: Count


class AssetsObject(TotalObject, frozen=True, kw_only=True):
    """Committed pictures, icons and fonts that nothing names."""

    compressed_bytes: Count
    paths: list[PathObject]


class PersonalObject(TotalObject, frozen=True, kw_only=True):
    """Dumps, logs and backups, which may hold data of people."""

    paths: list[PathObject]


class FailureObject(JsonObject, frozen=True, kw_only=True):
    """Entries without which the user's command fails."""

    patterns: Annotated[list[str], Meta(min_length=1)]
    status: int | None
    signal: int | None
    timed_out: bool
    seconds: float
    lines: list[str]


class VerificationObject(JsonObject, frozen=True, kw_only=True):
    """What running the user's command without the suggestions showed."""

    command: str
    complete: bool
    runs: Count
    max_runs: Annotated[int, Meta(ge=2)]
    limit_seconds: float
    baseline_seconds: float | None
    failures: list[FailureObject]
    unverified: list[str]
    withheld: list[str]


class SuggestDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim suggest``: ``schemas/suggest.json``."""

    schema: Literal[2]
    complete: bool
    source: TreeSource
    part: PathObject | None
    dialect: Dialect
    slug: SlugSizeObject
    after: SlugSizeObject
    after_all: SlugSizeObject
    suggestions: list[SuggestionObject]
    small: SmallObject
    unused_assets: AssetsObject
    personal_data: PersonalObject
    withheld: list[WithheldObject] | None
    searched_files: Count
    unsearched: list[UnreadableObject]
    unreadable: list[UnreadableObject]
    notes: list[NoteObject]
    verification: VerificationObject | None


def of_advice(advice: Advice, *, with_withheld: bool = False) -> SuggestDocument:
    """Return the document on suggestions; ``withheld`` is null unless asked for."""
    return SuggestDocument(
        schema=2,
        complete=advice.complete,
        source=source_object(advice.source),
        part=PathObject(**path_fields(advice.part)) if advice.part else None,
        dialect=advice.dialect,
        slug=_slug(advice.before),
        after=_slug(advice.after),
        after_all=_slug(advice.after_all),
        suggestions=[_suggestion(suggestion) for suggestion in advice.suggestions],
        small=SmallObject(
            entries=advice.small.entries,
            compressed_bytes=advice.small.compressed_bytes,
            min_saving_bytes=advice.small.min_saving_bytes,
        ),
        unused_assets=AssetsObject(
            files=len(advice.assets.files),
            bytes=advice.assets.size_bytes,
            compressed_bytes=advice.assets.compressed_bytes,
            paths=path_objects(file.path for file in advice.assets.files),
        ),
        personal_data=PersonalObject(
            files=len(advice.personal.files),
            bytes=advice.personal.size_bytes,
            paths=path_objects(file.path for file in advice.personal.files),
        ),
        withheld=[_withheld(withheld) for withheld in advice.withheld] if with_withheld else None,
        searched_files=advice.searched_files,
        unsearched=unreadable_objects(advice.unsearched),
        unreadable=unreadable_objects(advice.unreadable),
        notes=note_objects(advice.notes),
        verification=_verification(advice.verification) if advice.verification is not None else None,
    )


def _slug(slug: SlugSize) -> SlugSizeObject:
    return SlugSizeObject(
        files=slug.files,
        bytes=slug.size_bytes,
        compressed_bytes=slug.compressed_bytes,
        estimated=True,
        size_class=slug.size_class,
    )


def _suggestion(suggestion: Suggestion) -> SuggestionObject:
    return SuggestionObject(
        pattern=lossy(suggestion.pattern),
        rule=suggestion.rule,
        category=suggestion.category,
        tier=suggestion.tier,
        grade=suggestion.grade,
        files=len(suggestion.files),
        bytes=suggestion.size_bytes,
        saves_compressed_bytes=suggestion.saves_compressed_bytes,
        reason=valid_text(suggestion.reason),
        evidence=evidence_objects(suggestion.evidence),
        chain=link_objects(suggestion.chain),
        paths=path_objects(file.path for file in suggestion.files),
    )


def _withheld(withheld: Withheld) -> WithheldObject:
    return WithheldObject(
        pattern=lossy(withheld.pattern) if withheld.pattern is not None else None,
        rule=withheld.rule,
        category=withheld.category,
        tier=withheld.tier,
        grade=withheld.grade,
        files=len(withheld.files),
        bytes=withheld.size_bytes,
        compressed_bytes=withheld.compressed_bytes,
        reason=valid_text(withheld.reason),
        evidence=evidence_objects(withheld.evidence),
        chain=link_objects(withheld.chain),
        **path_fields(withheld.path),
    )


def _verification(verification: Verification) -> VerificationObject:
    baseline = verification.baseline
    return VerificationObject(
        command=valid_text(verification.command),
        complete=verification.complete,
        runs=verification.runs,
        max_runs=verification.most_runs,
        limit_seconds=verification.limit_seconds,
        baseline_seconds=round(baseline.seconds, 3) if baseline is not None else None,
        failures=[_failure(failure) for failure in verification.failures],
        unverified=[lossy(pattern) for pattern in verification.unverified],
        withheld=[lossy(pattern) for pattern in verification.withheld],
    )


def _failure(failure: Failure) -> FailureObject:
    ending = failure.ending
    return FailureObject(
        patterns=[lossy(pattern) for pattern in failure.patterns],
        status=ending.status,
        signal=ending.signal,
        timed_out=ending.timed_out,
        seconds=round(ending.seconds, 3),
        lines=[valid_text(line) for line in ending.lines],
    )
