"""The documents on what is remembered: ``builds list`` and ``cache``. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field
from msgspec.structs import asdict

from slugtrim.builds.attribution import in_order
from slugtrim.builds.build import BuildOutcome, CommitOrigin, Fit, SourcePart
from slugtrim.builds.journal import BuildRow, History
from slugtrim.builds.starts import start_times
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM
from slugtrim.reports.documents.fields import (
    Base64,
    Count,
    JsonObject,
    LineNumber,
    PathObject,
    path_fields,
    path_objects,
    valid_text,
)
from slugtrim.sizer import SizeClass
from slugtrim.store import CacheInfo


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
        builds=[_build(row) for row in history.rows[:most]],
        skipped=[SkippedObject(line=each.line, reason=valid_text(each.reason)) for each in history.skipped],
        **path_fields(history.path),
    )


def _build(row: BuildRow) -> BuildObject:
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
