"""The documents on what was measured, built or kept: ``history``, ``builds list`` and ``cache``. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import asdict

from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, Fit, SourcePart
from slugtrim.builds.journal import BuildRow, History
from slugtrim.builds.learned import in_order
from slugtrim.builds.starts import start_times
from slugtrim.history.growth import Brought, HistoryRow, PathChange, SlugHistory
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM
from slugtrim.reports.builds_report import serving_starts
from slugtrim.reports.documents.fields import (
    Base64,
    Count,
    JsonObject,
    LineNumber,
    PathObject,
    StartTimesObject,
    lossy,
    path_fields,
    path_objects,
    start_times_object,
    valid_text,
)
from slugtrim.reports.history_report import commit_date
from slugtrim.sizer.limits import SizeClass, classify
from slugtrim.store import CacheInfo

_MOST_CHANGES = 20


class PathChangeObject(PathObject, frozen=True, kw_only=True):
    """A file of the slug that a commit changed."""

    was: PathObject | None
    before_bytes: Count | None
    after_bytes: Count | None


class CommitBuildObject(JsonObject, frozen=True, kw_only=True):
    """A recorded build of a commit."""

    date: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    outcome: BuildOutcome
    app: str | None
    release: Count | None
    slug_bytes: Count
    size_class: SizeClass = field(name="class")
    start: StartTimesObject | None


class CommitSlugObject(JsonObject, frozen=True, kw_only=True):
    """A commit with its slug."""

    commit: str
    date: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    subject: str
    parents: list[str]
    tags: list[str]
    problem: str | None
    compressed_bytes: Count | None
    margin_bytes: Count | None
    size_class: SizeClass | None = field(name="class")
    files: Count | None
    bytes: Count | None
    change_bytes: int | None
    changed_files: Count
    changes: Annotated[list[PathChangeObject], Meta(max_length=_MOST_CHANGES)]
    unreadable: Count
    builds: list[CommitBuildObject]


class LargestObject(JsonObject, frozen=True, kw_only=True):
    """A commit that added to the slug."""

    commit: str
    change_bytes: int
    added_bytes: Count
    left_bytes: Count


class BroughtObject(PathObject, frozen=True, kw_only=True):
    """A file or directory, with the commit that brought most of it."""

    compressed_bytes: Count
    commit: str | None
    brought_bytes: Count


class BlameObject(JsonObject, frozen=True, kw_only=True):
    """Today's slug by the commits that brought its weight."""

    directories: list[BroughtObject]
    files: list[BroughtObject]


class HistoryDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim history``: ``schemas/history.json``."""

    schema: Literal[1]
    path: str
    path_b64: Base64 | UnsetType = UNSET
    prefix: PathObject | None
    range: str
    dialect: Dialect
    part: PathObject | None
    estimated: bool
    complete: bool
    expected_commits: Count
    commits: list[CommitSlugObject]
    largest: list[LargestObject]
    blame: BlameObject | None
    notes: list[str]


def of_slug_history(history: SlugHistory, most: int | None) -> HistoryDocument:
    """Return the document on a history: the newest commit first, at most ``most``; None is all."""
    blame = history.blame
    return HistoryDocument(
        schema=1,
        prefix=PathObject(**path_fields(history.prefix)) if history.prefix else None,
        range=valid_text(history.name),
        dialect=history.dialect,
        part=PathObject(**path_fields(history.part)) if history.part is not None else None,
        estimated=history.is_estimated,
        complete=history.is_complete,
        expected_commits=history.expected_rows,
        commits=[_commit(row) for row in history.rows[::-1][:most]],
        largest=[
            LargestObject(
                commit=each.row.commit.id,
                change_bytes=each.change_bytes,
                added_bytes=each.added_bytes,
                left_bytes=each.left_bytes,
            )
            for each in history.largest
        ],
        blame=BlameObject(
            directories=[_brought(each) for each in blame.directories], files=[_brought(each) for each in blame.files]
        )
        if blame is not None
        else None,
        notes=[valid_text(note) for note in history.notes],
        **path_fields(history.path),
    )


def _commit(row: HistoryRow) -> CommitSlugObject:
    step = row.step
    return CommitSlugObject(
        commit=row.commit.id,
        date=commit_date(row),
        subject=valid_text(row.commit.subject),
        parents=list(row.commit.parents),
        tags=[lossy(name) for name in row.tags],
        problem=valid_text(row.problem) if row.problem else None,
        compressed_bytes=step.compressed_bytes if step is not None else None,
        margin_bytes=step.margin_bytes if step is not None else None,
        size_class=row.size_class,
        files=step.files if step is not None else None,
        bytes=step.size_bytes if step is not None else None,
        change_bytes=step.change_bytes if step is not None else None,
        changed_files=len(step.changes) if step is not None else 0,
        changes=[_change(each) for each in step.changes[:_MOST_CHANGES]] if step is not None else [],
        unreadable=step.unreadable if step is not None else 0,
        builds=[_build(each) for each in row.builds],
    )


def _change(change: PathChange) -> PathChangeObject:
    return PathChangeObject(
        was=PathObject(**path_fields(change.was)) if change.was is not None else None,
        before_bytes=change.before_bytes,
        after_bytes=change.after_bytes,
        **path_fields(change.path),
    )


def _build(build: Build) -> CommitBuildObject:
    times = serving_starts(build)
    return CommitBuildObject(
        date=build.date,
        outcome=build.outcome,
        app=valid_text(build.app) if build.app is not None else None,
        release=build.release,
        slug_bytes=build.slug.size_bytes,
        size_class=classify(build.slug.size_bytes),
        start=start_times_object(times) if times is not None else None,
    )


def _brought(each: Brought) -> BroughtObject:
    return BroughtObject(
        compressed_bytes=each.compressed_bytes,
        commit=each.row.commit.id if each.row is not None else None,
        brought_bytes=each.brought_bytes,
        **path_fields(each.path),
    )


class DeletingObject(JsonObject, frozen=True, kw_only=True):
    """How many paths the rules take, in each dialect."""

    gitignore: Count
    glob: Count


class ToolObject(JsonObject, frozen=True, kw_only=True):
    """What a build was made with: a version, or what became of the cache."""

    topic: str
    value: str


class ProcessStartsObject(JsonObject, frozen=True, kw_only=True):
    """How long the processes of one type took to start."""

    process: str
    count: Count
    median_seconds: float
    max_seconds: float


class BuildObject(JsonObject, frozen=True, kw_only=True):
    """A build that is remembered."""

    date: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    outcome: BuildOutcome
    app: str | None
    target: str | None
    remote: str | None
    release: Count | None
    commit: str | None
    commit_from: CommitOrigin
    commit_assumed: bool
    buildpacks: list[str]
    slug_bytes: Count
    precision_bytes: Count
    size_class: SizeClass = field(name="class")
    change_bytes: int | None
    dialect: Dialect
    source_bytes: Count | None
    overhead_bytes: int | None
    deleting: Count | None
    predicted_deleting: DeletingObject | None
    fits: Fit | None
    lock_files: list[PathObject]
    tools: list[ToolObject]
    starts: list[ProcessStartsObject]


class SkippedObject(JsonObject, frozen=True, kw_only=True):
    """A line of the journal that is not a build."""

    line: LineNumber
    reason: str


class BuildsDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim builds list``: ``schemas/builds.json``."""

    schema: Literal[1]
    path: str
    path_b64: Base64 | UnsetType = UNSET
    builds: list[BuildObject]
    skipped: list[SkippedObject]


def of_history(history: History, most: int | None) -> BuildsDocument:
    """Return the document on builds: the newest first, at most ``most``; None is all."""
    return BuildsDocument(
        schema=1,
        builds=[_recorded_build(row) for row in history.rows[:most]],
        skipped=[SkippedObject(line=each.line, reason=valid_text(each.reason)) for each in history.skipped],
        **path_fields(history.path),
    )


def _recorded_build(row: BuildRow) -> BuildObject:
    build = row.build
    source = build.sources.get(build.dialect)
    return BuildObject(
        date=build.date,
        outcome=build.outcome,
        app=_name(build.app),
        target=_name(build.target),
        remote=_name(build.remote),
        release=build.release,
        commit=build.commit,
        commit_from=build.commit_origin,
        commit_assumed=build.is_assumed,
        buildpacks=[valid_text(name) for name in build.buildpacks],
        slug_bytes=build.slug.size_bytes,
        precision_bytes=build.slug.precision_bytes,
        size_class=row.size_class,
        change_bytes=row.change_bytes,
        dialect=build.dialect,
        source_bytes=source.compressed_bytes if source is not None else None,
        overhead_bytes=build.overhead_bytes(build.dialect),
        deleting=build.deleting,
        predicted_deleting=_deleting(build.sources),
        fits=build.fit,
        lock_files=path_objects(build.locks),
        tools=[ToolObject(topic=valid_text(topic), value=valid_text(value)) for topic, value in build.tools],
        starts=[
            ProcessStartsObject(process=valid_text(process), **asdict(times))
            for process in in_order(build.starts)
            if (times := start_times(build.starts[process])) is not None
        ],
    )


def _deleting(sources: Mapping[Dialect, SourcePart]) -> DeletingObject | None:
    """Return the prediction; None unless both readings are known."""
    if set(sources) != set(PLATFORM.ignore_file.dialects):
        return None
    return DeletingObject(**{dialect.value: sources[dialect].deleting for dialect in sources})


def _name(name: str | None) -> str | None:
    return valid_text(name) if name is not None else None


class CacheDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim cache``: ``schemas/cache.json``."""

    schema: Literal[1]
    cleared: bool
    path: str
    repositories: Count
    files: Count
    bytes: Count


def of_cache(info: CacheInfo, *, cleared: bool) -> CacheDocument:
    """Return the document on what the cache holds, or held."""
    return CacheDocument(
        schema=1,
        cleared=cleared,
        path=valid_text(info.directory),
        repositories=info.repositories,
        files=info.files,
        bytes=info.size_bytes,
    )
