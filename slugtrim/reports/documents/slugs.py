"""The documents on compiled slugs and on the difference of two slugs: ``inspect`` and ``diff``. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from slugtrim.anatomy.catalog import Bulk, Group, Lever, Origin, Package, Waste
from slugtrim.archive.entries import Anomaly, Format
from slugtrim.audit import LARGEST
from slugtrim.builds.tools import BuildChange, difference
from slugtrim.cleanup import Cleanup
from slugtrim.diff.difference import Change, ChangedPlace, ChangeKind, Diff, GroupChange, RuleChange, Side, Sum
from slugtrim.files import File, SourceKind
from slugtrim.ignore import Dialect
from slugtrim.inspection import Inspection
from slugtrim.reports.documents.fields import (
    AlwaysTrue,
    Base64,
    CompiledObject,
    Count,
    DirectoryWeightObject,
    FileWeightObject,
    JsonObject,
    LimitObject,
    NoteObject,
    PackageGrowthObject,
    PathObject,
    RuleObject,
    SlugKind,
    SourceObject,
    StartTimesObject,
    TotalObject,
    UnreadableObject,
    compiled_object,
    directory_weights,
    file_weights,
    limit_object,
    lossy,
    note_objects,
    package_growth_object,
    path_fields,
    path_objects,
    rule_object,
    source_object,
    start_times_object,
    total_object,
    unreadable_objects,
    valid_text,
)
from slugtrim.reports.inspect_report import MESSAGES
from slugtrim.sizer import AverageSide, Compiled, SizeClass, average_side
from slugtrim.suggester.records import Tier


class BulkObject(TotalObject, frozen=True, kw_only=True):
    """How much some files weigh."""

    compressed_bytes: Count


class OriginsObject(JsonObject, frozen=True, kw_only=True):
    """What was pushed, and what the build added."""

    application: BulkObject
    build: BulkObject


class SavingObject(JsonObject, frozen=True, kw_only=True):
    """What some waste comes to."""

    files: Count
    saves_bytes: Count
    saves_compressed_bytes: Count


class SavingsObject(JsonObject, frozen=True, kw_only=True):
    """What all waste of each tier comes to."""

    safe: SavingObject
    conditional: SavingObject


class CompiledSlugObject(TotalObject, frozen=True, kw_only=True):
    """The compiled slug as a whole."""

    entries: Count
    compressed_bytes: Count
    structure_compressed_bytes: Count
    estimated: bool
    size_class: SizeClass = field(name="class")
    average_side: AverageSide
    includes_buildpacks: AlwaysTrue


class GroupObject(JsonObject, frozen=True, kw_only=True):
    """A part of the slug as people think of it."""

    id: str
    name: str
    origin: Origin
    files: Count
    bytes: Count
    compressed_bytes: Count
    packages: Count


class PackageObject(JsonObject, frozen=True, kw_only=True):
    """A package with all its copies."""

    name: str
    versions: list[str]
    copies: Annotated[int, Meta(ge=1)]
    group: str
    files: Count
    bytes: Count
    compressed_bytes: Count
    paths: list[PathObject]


class WastedPlaceObject(PathObject, frozen=True, kw_only=True):
    """Where some of a kind of waste is."""

    files: Count
    saves_bytes: Count
    saves_compressed_bytes: Count


class WasteObject(JsonObject, frozen=True, kw_only=True):
    """A kind of waste."""

    id: str
    level: Literal["warning", "note"]
    path: str
    path_b64: Base64 | UnsetType = UNSET
    line: None
    tier: Tier
    lever: Lever
    message: str
    cure: str
    files: Count
    bytes: Count
    compressed_bytes: Count
    saves_bytes: Count | None
    saves_compressed_bytes: Count | None
    places: list[WastedPlaceObject]


class AnomalyObject(JsonObject, frozen=True, kw_only=True):
    """What is odd about an archive."""

    id: str
    path: str
    path_b64: Base64 | UnsetType = UNSET
    message: str
    detail: str | None


class RemovalObject(JsonObject, frozen=True, kw_only=True):
    """How a kind of waste goes."""

    id: str
    files: Count
    commands: list[str]
    requirement: str | None
    left: BulkObject


class CleanupFileObject(PathObject, frozen=True, kw_only=True):
    """A file that is changed, or that its owner has to change."""

    what: Literal["add", "change", "refused"]
    content: str | None
    reason: str | None
    add: str | None


class CleanupObject(JsonObject, frozen=True, kw_only=True):
    """What removes the safe waste."""

    saves_compressed_bytes: Count
    compressed_bytes: Count
    measured: bool
    written: bool
    removals: list[RemovalObject]
    files: list[CleanupFileObject]
    left: list[str]


class InspectDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim inspect``: ``schemas/inspect.json``."""

    schema: Literal[1]
    complete: bool
    source: SourceObject[SlugKind, None]
    format: Format
    root: PathObject
    slug: CompiledSlugObject
    origins: OriginsObject
    groups: list[GroupObject]
    packages: list[PackageObject]
    savings: SavingsObject
    findings: list[WasteObject]
    largest: Annotated[list[FileWeightObject], Meta(max_length=LARGEST)]
    directories: list[DirectoryWeightObject]
    limits: list[LimitObject]
    anomalies: list[AnomalyObject]
    unreadable: list[UnreadableObject]
    notes: list[NoteObject]
    cleanup: CleanupObject | None


def of_inspection(inspection: Inspection) -> InspectDocument:
    """Return the document on a compiled slug."""
    anatomy = inspection.anatomy
    return InspectDocument(
        schema=1,
        complete=inspection.complete,
        source=source_object(inspection.source),
        format=inspection.format,
        root=PathObject(**path_fields(inspection.root)),
        slug=CompiledSlugObject(
            files=inspection.slug.files,
            bytes=inspection.slug.size_bytes,
            entries=inspection.entries,
            compressed_bytes=inspection.compressed_bytes,
            structure_compressed_bytes=inspection.structure_bytes,
            estimated=inspection.estimated,
            size_class=inspection.size_class,
            average_side=inspection.average_side,
            includes_buildpacks=True,
        ),
        origins=OriginsObject(**{origin.value: BulkObject(**_bulk(anatomy.of_origin(origin))) for origin in Origin}),
        groups=[_group(group) for group in anatomy.groups],
        packages=[_package(package) for group in anatomy.groups for package in group.packages],
        savings=SavingsObject(**{tier.value: SavingObject(**_saves(anatomy.saves(tier))) for tier in Tier}),
        findings=[_waste(waste) for waste in anatomy.waste],
        largest=file_weights(inspection.largest),
        directories=directory_weights(inspection.directories),
        limits=[limit_object(use.limit, use.used_bytes) for use in inspection.limits],
        anomalies=[_anomaly(anomaly) for anomaly in inspection.anomalies],
        unreadable=unreadable_objects(inspection.unreadable),
        notes=note_objects(inspection.notes),
        cleanup=_cleanup(inspection, inspection.cleanup) if inspection.cleanup is not None else None,
    )


def _cleanup(inspection: Inspection, cleanup: Cleanup) -> CleanupObject:
    plan = cleanup.plan
    changed = [
        CleanupFileObject(
            what="add" if change.before is None else "change",
            content=lossy(change.after),
            reason=None,
            add=None,
            **path_fields(change.path),
        )
        for change in plan.changes
    ]
    refused = [
        CleanupFileObject(
            what="refused", content=None, reason=each.reason, add=valid_text(each.add), **path_fields(each.path)
        )
        for each in plan.refusals
    ]
    return CleanupObject(
        saves_compressed_bytes=cleanup.saves_bytes,
        compressed_bytes=inspection.compressed_bytes - cleanup.saves_bytes,
        measured=cleanup.is_measured,
        written=cleanup.directory is not None,
        removals=[
            RemovalObject(
                id=each.id,
                files=len(each.paths),
                commands=[valid_text(command) for command in each.commands],
                requirement=each.requirement,
                left=BulkObject(**_bulk(each.left)),
            )
            for each in plan.removals
        ],
        files=[*changed, *refused],
        left=list(plan.left),
    )


def _bulk(bulk: Bulk) -> dict[str, int]:
    return {"files": bulk.files, "bytes": bulk.size_bytes, "compressed_bytes": bulk.compressed_bytes}


def _saves(bulk: Bulk) -> dict[str, int]:
    return {"files": bulk.files, "saves_bytes": bulk.size_bytes, "saves_compressed_bytes": bulk.compressed_bytes}


def _group(group: Group) -> GroupObject:
    return GroupObject(
        id=group.id, name=group.name, origin=group.origin, packages=len(group.packages), **_bulk(group.bulk)
    )


def _package(package: Package) -> PackageObject:
    return PackageObject(
        name=valid_text(package.name),
        versions=[valid_text(version) for version in package.versions],
        copies=package.copies,
        group=package.group,
        paths=path_objects(package.paths),
        **_bulk(package.bulk),
    )


def _waste(waste: Waste) -> WasteObject:
    saves = waste.saves
    return WasteObject(
        id=waste.id,
        level="warning" if waste.tier is Tier.SAFE else "note",
        line=None,
        tier=waste.tier,
        lever=waste.lever,
        message=waste.reason,
        cure=waste.cure,
        files=waste.bulk.files,
        bytes=waste.bulk.size_bytes,
        compressed_bytes=waste.bulk.compressed_bytes,
        saves_bytes=saves.size_bytes if saves is not None else None,
        saves_compressed_bytes=saves.compressed_bytes if saves is not None else None,
        places=[
            WastedPlaceObject(
                files=place.saves.files,
                saves_bytes=place.saves.size_bytes,
                saves_compressed_bytes=place.saves.compressed_bytes,
                **path_fields(place.path),
            )
            for place in waste.places
        ],
        **path_fields(waste.places[0].path),
    )


def _anomaly(anomaly: Anomaly) -> AnomalyObject:
    return AnomalyObject(
        id=anomaly.id,
        message=MESSAGES[anomaly.kind],
        detail=lossy(anomaly.detail) if anomaly.detail is not None else None,
        **path_fields(anomaly.path),
    )


class SideObject(JsonObject, frozen=True, kw_only=True):
    """One of the two slugs."""

    name: str
    source: SourceObject[SourceKind, str | None]
    complete: bool
    files: Count
    bytes: Count
    compressed_bytes: Count
    estimated: bool
    size_class: SizeClass = field(name="class")
    average_side: AverageSide
    includes_buildpacks: bool
    compiled: CompiledObject | None
    checkout: TotalObject | None
    limits: list[LimitObject]
    unreadable: list[UnreadableObject]
    notes: list[NoteObject]


class KindSumObject(JsonObject, frozen=True, kw_only=True):
    """What the changes of one kind come to."""

    what: ChangeKind
    files: Count
    grown_bytes: int
    grown_compressed_bytes: int


class UnchangedObject(JsonObject, frozen=True, kw_only=True):
    """What is the same in both."""

    files: Count
    bytes: Count
    grown_compressed_bytes: int


class KindCountObject(JsonObject, frozen=True, kw_only=True):
    """How many changes there are of one kind."""

    what: ChangeKind
    files: Count


class ChangedPlaceObject(JsonObject, frozen=True, kw_only=True):
    """A directory, a file or a package with changes in it."""

    path: str | None
    path_b64: Base64 | UnsetType = UNSET
    package: str | None
    files: Count
    grown_bytes: int
    grown_compressed_bytes: int
    changes: list[KindCountObject]


class VersionOfFileObject(PathObject, frozen=True, kw_only=True):
    """A file before or after."""

    bytes: Count
    compressed_bytes: Count
    mode: str


class ChangedFileObject(PathObject, frozen=True, kw_only=True):
    """A file that is not the same in both."""

    what: ChangeKind
    before: VersionOfFileObject | None
    after: VersionOfFileObject | None
    grown_bytes: int
    grown_compressed_bytes: int
    rule: RuleObject | None


class ChangedGroupObject(JsonObject, frozen=True, kw_only=True):
    """A group of a compiled slug with changes in it."""

    group: str
    before: BulkObject
    after: BulkObject
    grown_bytes: int
    grown_compressed_bytes: int


class ChangedPackageObject(JsonObject, frozen=True, kw_only=True):
    """A package of a compiled slug with changes in it."""

    package: str
    versions_before: list[str]
    versions_after: list[str]
    group: str
    before: BulkObject
    after: BulkObject
    grown_bytes: int
    grown_compressed_bytes: int


class ChangedRuleObject(JsonObject, frozen=True, kw_only=True):
    """What a rule leaves out now, or let in again."""

    rule: RuleObject | None
    what: ChangeKind
    files: Count
    grown_bytes: int
    grown_compressed_bytes: int


class ChangedStartsObject(JsonObject, frozen=True, kw_only=True):
    """How long the processes of one type took to start, in the builds of both commits."""

    process: str
    before: StartTimesObject
    after: StartTimesObject


class BuiltObject(JsonObject, frozen=True, kw_only=True):
    """A recorded build of a side."""

    release: Count | None
    compressed_bytes: Count


class ToolChangeObject(JsonObject, frozen=True, kw_only=True):
    """A version, or what became of the cache, in both builds; empty where a log doesn't have it."""

    topic: str
    before: str
    after: str


class BuildChangeObject(JsonObject, frozen=True, kw_only=True):
    """The recorded builds of both sides."""

    before: BuiltObject
    after: BuiltObject
    tools: list[ToolChangeObject]


class DiffDocument(JsonObject, frozen=True, kw_only=True):
    """``slugtrim diff``: ``schemas/diff.json``. What shrank is negative."""

    schema: Literal[1]
    complete: bool
    dialect: Dialect
    before: SideObject
    after: SideObject
    grown_files: int
    grown_bytes: int
    grown_compressed_bytes: int
    changes: list[KindSumObject]
    unchanged: UnchangedObject
    compared_by_size: Count
    reasons: list[ChangedPlaceObject]
    files: list[ChangedFileObject]
    directories: list[ChangedPlaceObject]
    groups: list[ChangedGroupObject]
    packages: list[ChangedPackageObject]
    rules: list[ChangedRuleObject]
    installs: PackageGrowthObject | None
    starts: list[ChangedStartsObject]
    builds: BuildChangeObject | None


def of_diff(diff: Diff) -> DiffDocument:
    """Return the document on a comparison."""
    before, after = diff.before, diff.after
    return DiffDocument(
        schema=1,
        complete=diff.complete,
        dialect=diff.dialect,
        before=_side(before),
        after=_side(after),
        grown_files=after.total.files - before.total.files,
        grown_bytes=after.total.size_bytes - before.total.size_bytes,
        grown_compressed_bytes=diff.grown_bytes,
        changes=[KindSumObject(what=kind, **_sum(total)) for kind, total in diff.sums.items()],
        unchanged=UnchangedObject(
            files=diff.unchanged.files, bytes=diff.unchanged.size_bytes, grown_compressed_bytes=diff.rest_bytes
        ),
        compared_by_size=diff.by_size,
        reasons=_places(diff.reasons),
        files=[_changed_file(change) for change in diff.changes],
        directories=_places(diff.directories),
        groups=[ChangedGroupObject(**_group_fields(change)) for change in diff.groups],
        packages=[
            ChangedPackageObject(
                package=valid_text(change.package),
                versions_before=[valid_text(version) for version in change.versions_before],
                versions_after=[valid_text(version) for version in change.versions_after],
                **_group_fields(change),
            )
            for change in diff.packages
        ],
        rules=[_changed_rule(change) for change in diff.rules],
        installs=package_growth_object(diff.installs),
        starts=[
            ChangedStartsObject(
                process=valid_text(change.process),
                before=start_times_object(change.before),
                after=start_times_object(change.after),
            )
            for change in diff.starts
        ],
        builds=_builds(diff.builds) if diff.builds is not None else None,
    )


def _builds(change: BuildChange) -> BuildChangeObject:
    before, after = (
        BuiltObject(release=build.release, compressed_bytes=build.slug.size_bytes)
        for build in (change.before, change.after)
    )
    tools = difference(change.before, change.after).tools
    return BuildChangeObject(
        before=before,
        after=after,
        tools=[
            ToolChangeObject(topic=topic, before=valid_text(was), after=valid_text(now)) for topic, was, now in tools
        ],
    )


def _compiled(side: Side) -> Compiled | None:
    if side.compiled is None and side.prediction is not None:
        return side.prediction.compiled(side.compressed_bytes)
    return side.compiled


def _side(side: Side) -> SideObject:
    return SideObject(
        name=valid_text(side.name),
        source=source_object(side.source),
        complete=side.complete,
        files=side.total.files,
        bytes=side.total.size_bytes,
        compressed_bytes=side.compressed_bytes,
        estimated=side.estimated,
        size_class=side.size_class,
        average_side=average_side(side.headline_bytes),
        includes_buildpacks=side.includes_buildpacks,
        compiled=compiled_object(_compiled(side), side.prediction),
        checkout=total_object(side.checkout) if side.checkout is not None else None,
        limits=[limit_object(use.limit, use.used_bytes) for use in side.limits],
        unreadable=unreadable_objects(side.unreadable),
        notes=note_objects(side.notes),
    )


def _sum(total: Sum) -> dict[str, int]:
    return {
        "files": total.files,
        "grown_bytes": total.grown_size_bytes,
        "grown_compressed_bytes": total.grown_bytes,
    }


def _places(places: Iterable[ChangedPlace]) -> list[ChangedPlaceObject]:
    return [
        ChangedPlaceObject(
            package=valid_text(place.package.package) if place.package is not None else None,
            files=place.sum.files,
            grown_bytes=place.sum.grown_size_bytes,
            grown_compressed_bytes=place.sum.grown_bytes,
            changes=[KindCountObject(what=kind, files=count) for kind, count in place.sum.kinds.items()],
            **(path_fields(place.path) if place.package is None else {"path": None}),
        )
        for place in places
    ]


def _changed_file(change: Change) -> ChangedFileObject:
    return ChangedFileObject(
        what=change.kind,
        before=_version(change.before, change.before_bytes),
        after=_version(change.after, change.after_bytes),
        grown_bytes=change.grown_size_bytes,
        grown_compressed_bytes=change.grown_bytes,
        rule=rule_object(change.rule),
        **path_fields(change.path),
    )


def _version(file: File | None, compressed_bytes: int) -> VersionOfFileObject | None:
    if file is None:
        return None
    return VersionOfFileObject(
        bytes=file.size_bytes, compressed_bytes=compressed_bytes, mode=f"{file.mode:06o}", **path_fields(file.path)
    )


def _group_fields(change: GroupChange) -> dict[str, Any]:
    return {
        "group": valid_text(change.group),
        "before": BulkObject(
            files=change.before.files, bytes=change.before.size_bytes, compressed_bytes=change.before_bytes
        ),
        "after": BulkObject(
            files=change.after.files, bytes=change.after.size_bytes, compressed_bytes=change.after_bytes
        ),
        "grown_bytes": change.after.size_bytes - change.before.size_bytes,
        "grown_compressed_bytes": change.grown_bytes,
    }


def _changed_rule(change: RuleChange) -> ChangedRuleObject:
    (kind,) = change.sum.kinds
    return ChangedRuleObject(rule=rule_object(change.rule), what=kind, **_sum(change.sum))
