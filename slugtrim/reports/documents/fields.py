"""What several documents have: paths, sources, findings, weights, limits."""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from slugtrim.buildpacks.packages import BuildpacksSaidBy, TableSource, WeightOrigin
from slugtrim.findings import Level
from slugtrim.ignore import Rule
from slugtrim.sizer.limits import Limit, SizeClass, Status
from slugtrim.suggester.records import Tier

if TYPE_CHECKING:  # only annotations of parameters; a document is made of a record that is there already
    from slugtrim.audit import PathSize
    from slugtrim.buildpacks.packages import Buildpack, PackageGrowth, Prediction
    from slugtrim.builds.starts import StartTimes
    from slugtrim.files import Note, Source, Unreadable
    from slugtrim.findings import Finding
    from slugtrim.measurement import Total
    from slugtrim.sizer import Compiled
    from slugtrim.suggester.records import Advised, Evidence, Link

Count = Annotated[int, Meta(ge=0)]
LineNumber = Annotated[int, Meta(ge=1)]
Base64 = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"})]
AlwaysTrue = Annotated[bool, Meta(extra_json_schema={"const": True})]
AlwaysFalse = Annotated[bool, Meta(extra_json_schema={"const": False})]
TreeKind = Literal["commit", "worktree", "directory"]
SlugKind = Literal["archive", "directory"]
SearchKind = Literal[
    "unread", "reader", "served", "inside", "needed", "heroku-ci", "same-bytes", "committed", "verified"
]
"""Evidence for an entry or against it, without what only ``suggest --verify`` says of what it withholds."""

KindT = TypeVar("KindT")
RevT = TypeVar("RevT")


def valid_text(text: str) -> str:
    """Return ``text``, which may quote a name, as valid Unicode: U+FFFD for bytes that are not UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def path_fields(path: bytes) -> dict[str, str]:
    """Return a name as the fields ``path`` and, if it is not UTF-8, ``path_b64``."""
    try:
        return {"path": path.decode()}
    except UnicodeDecodeError:
        return {"path": lossy(path), "path_b64": binascii.b2a_base64(path, newline=False).decode("ascii")}


def lossy(text: bytes) -> str:
    """Return bytes as valid Unicode: U+FFFD for those that are not UTF-8."""
    return text.decode("utf-8", "replace")


class JsonObject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An object in a document. Its schema is closed.

    A document has no cycles, so the collector need not look at its thousands of objects.
    """


class PathObject(JsonObject, frozen=True, kw_only=True):
    """A name."""

    path: str
    path_b64: Base64 | UnsetType = UNSET


class SourceObject(JsonObject, Generic[KindT, RevT], frozen=True, kw_only=True):
    """What was measured."""

    kind: KindT
    rev: RevT
    path: str
    path_b64: Base64 | UnsetType = UNSET


TreeSource = SourceObject[TreeKind, str | None]


class UnreadableObject(PathObject, frozen=True, kw_only=True):
    """What could not be read, and why."""

    reason: str


class NoteObject(JsonObject, frozen=True, kw_only=True):
    """What a reader of the totals should know."""

    id: str
    message: str
    paths: list[PathObject]


class TotalObject(JsonObject, frozen=True, kw_only=True):
    """How many files, and how large."""

    files: Count
    bytes: Count


class StartTimesObject(JsonObject, frozen=True, kw_only=True):
    """How long the processes of one type took to start."""

    count: Count
    median_seconds: float
    max_seconds: float


def start_times_object(times: StartTimes) -> StartTimesObject:
    """Return the object on start times."""
    return StartTimesObject(count=times.count, median_seconds=times.median_seconds, max_seconds=times.max_seconds)


class RuleObject(JsonObject, frozen=True, kw_only=True):
    """A line of ``.slugignore``."""

    line: LineNumber
    text: str


class FileWeightObject(PathObject, frozen=True, kw_only=True):
    """A file in the slug."""

    bytes: Count
    compressed_bytes: Count


class DirectoryWeightObject(FileWeightObject, frozen=True, kw_only=True):
    """A directory with all below it."""

    files: Count


class LimitObject(JsonObject, frozen=True, kw_only=True):
    """A limit of the platform, and how much of it is used."""

    id: str
    bytes: Count
    used_bytes: Count
    status: Status
    date: str
    source: str


class BuildpackObject(JsonObject, frozen=True, kw_only=True):
    """A buildpack that runs, or would."""

    id: str
    decided_by: str


class PredictedPartObject(JsonObject, frozen=True, kw_only=True):
    """A runtime, or the packages of one manager."""

    what: str
    kind: Literal["runtime", "packages"]
    compressed_bytes: Count
    low_bytes: Count
    high_bytes: Count
    bytes: Count
    files: Count
    packages: Count
    unknown: Count


class PredictedPackageObject(JsonObject, frozen=True, kw_only=True):
    """A package with all its copies of one version."""

    name: str
    version: str
    compressed_bytes: Count
    bytes: Count
    files: Count
    origin: WeightOrigin
    table: TableSource | None


class PredictionObject(JsonObject, frozen=True, kw_only=True):
    """What buildpacks are predicted to add."""

    buildpacks: list[BuildpackObject]
    buildpacks_origin: BuildpacksSaidBy
    other_buildpacks: list[BuildpackObject]
    parts: list[PredictedPartObject]
    heaviest: Annotated[list[PredictedPackageObject], Meta(max_length=10)]
    bytes: Count
    files: Count
    packages: Count
    unknown: Count
    unknown_names: Annotated[list[str], Meta(max_length=10)]
    coverage: Annotated[float, Meta(ge=0, le=1)]
    low_class: SizeClass
    high_class: SizeClass
    notes: list[str]


class PackageChangeObject(JsonObject, frozen=True, kw_only=True):
    """A package that another lock file brings, drops, or has in another version."""

    name: str
    before: str
    after: str
    compressed_bytes: int
    bytes: int
    origin: WeightOrigin


class PackageGrowthObject(JsonObject, frozen=True, kw_only=True):
    """What changed lock files add."""

    compressed_bytes: int
    bytes: int
    locks: list[PathObject]
    changes: list[PackageChangeObject]
    cuda_compressed_bytes: Count | None
    estimated: AlwaysTrue


class CompiledObject(JsonObject, frozen=True, kw_only=True):
    """The slug with what buildpacks add."""

    compressed_bytes: Count
    overhead_bytes: int
    origin: str
    age_days: Count | None
    changed: list[PathObject]
    size_class: SizeClass = field(name="class")
    low_bytes: Count
    high_bytes: Count
    prediction: PredictionObject | None
    estimated: AlwaysTrue


class FindingObject(JsonObject, frozen=True, kw_only=True):
    """A finding of ``slugtrim lint``."""

    id: str
    level: Level
    path: str
    path_b64: Base64 | UnsetType = UNSET
    line: LineNumber | None
    message: str
    cure: str
    paths: list[PathObject]
    fixable: bool


class EvidenceObject(JsonObject, Generic[KindT], frozen=True, kw_only=True):
    """What speaks for or against a suggestion, and where."""

    kind: KindT
    text: str
    path: str | None
    path_b64: Base64 | UnsetType = UNSET
    line: LineNumber | None


class AdvisedObject(JsonObject, frozen=True, kw_only=True):
    """A suggestion in a report of another command."""

    pattern: str
    tier: Tier
    files: Count
    bytes: Count
    saves_compressed_bytes: Count
    reason: str
    evidence: list[EvidenceObject[SearchKind]]


class LinkObject(JsonObject, frozen=True, kw_only=True):
    """One step from an entry point to a file."""

    path: str | None
    path_b64: Base64 | UnsetType = UNSET
    line: LineNumber | None
    text: str


def link_objects(links: Iterable[Link]) -> list[LinkObject]:
    """Return a chain of references as objects."""
    return [
        LinkObject(
            line=link.line,
            text=valid_text(link.text),
            **(path_fields(link.path) if link.path is not None else {"path": None}),
        )
        for link in links
    ]


def path_objects(paths: Iterable[bytes]) -> list[PathObject]:
    """Return names as objects."""
    return [PathObject(**path_fields(path)) for path in paths]


def source_object(source: Source) -> SourceObject[Any, Any]:
    """Return what was measured; each document says which kinds it has."""
    return SourceObject(kind=source.kind.value, rev=source.rev, **path_fields(source.path))


def unreadable_objects(unreadable: Iterable[Unreadable]) -> list[UnreadableObject]:
    """Return what could not be read."""
    return [UnreadableObject(reason=valid_text(gone.reason), **path_fields(gone.path)) for gone in unreadable]


def note_objects(notes: Iterable[Note]) -> list[NoteObject]:
    """Return notes."""
    return [NoteObject(id=note.id, message=valid_text(note.message), paths=path_objects(note.paths)) for note in notes]


def total_object(total: Total) -> TotalObject:
    """Return a total."""
    return TotalObject(files=total.files, bytes=total.size_bytes)


def rule_object(rule: Rule | None) -> RuleObject | None:
    """Return a rule, if there is one."""
    return RuleObject(line=rule.line, text=lossy(rule.text)) if rule is not None else None


def file_weights(weights: Iterable[PathSize]) -> list[FileWeightObject]:
    """Return what files weigh."""
    return [
        FileWeightObject(bytes=each.size_bytes, compressed_bytes=each.compressed_bytes, **path_fields(each.path))
        for each in weights
    ]


def directory_weights(weights: Iterable[PathSize]) -> list[DirectoryWeightObject]:
    """Return what directories weigh."""
    return [
        DirectoryWeightObject(
            files=each.files, bytes=each.size_bytes, compressed_bytes=each.compressed_bytes, **path_fields(each.path)
        )
        for each in weights
    ]


def limit_object(limit: Limit, used_bytes: int) -> LimitObject:
    """Return a limit of the platform, and how much of it is used."""
    return LimitObject(
        id=limit.id,
        bytes=limit.limit_bytes,
        used_bytes=used_bytes,
        status=limit.status(used_bytes),
        date=limit.date,
        source=limit.source,
    )


def compiled_object(compiled: Compiled | None, prediction: Prediction | None = None) -> CompiledObject | None:
    """Return the slug with what buildpacks add; None if that is not known."""
    if compiled is None:
        return None
    return CompiledObject(
        compressed_bytes=compiled.compressed_bytes,
        overhead_bytes=compiled.overhead.size_bytes,
        origin=valid_text(compiled.overhead.origin),
        age_days=compiled.overhead.age_days,
        changed=path_objects(compiled.overhead.changed),
        size_class=compiled.size_class,
        low_bytes=compiled.low_bytes,
        high_bytes=compiled.high_bytes,
        prediction=_prediction_object(compiled, prediction) if prediction is not None else None,
        estimated=True,
    )


def _prediction_object(compiled: Compiled, prediction: Prediction) -> PredictionObject:
    low, high = compiled.classes
    return PredictionObject(
        buildpacks=_buildpack_objects(prediction.buildpacks),
        buildpacks_origin=prediction.buildpacks_origin,
        other_buildpacks=_buildpack_objects(prediction.others),
        parts=[
            PredictedPartObject(
                what=valid_text(part.what),
                kind="runtime" if part.is_runtime else "packages",
                compressed_bytes=part.range.expected_bytes,
                low_bytes=part.range.low_bytes,
                high_bytes=part.range.high_bytes,
                bytes=part.raw_bytes,
                files=part.files,
                packages=part.packages,
                unknown=part.unknown,
            )
            for part in prediction.parts
        ],
        heaviest=[
            PredictedPackageObject(
                name=valid_text(package.name),
                version=valid_text(package.version),
                compressed_bytes=package.weight.compressed_bytes,
                bytes=package.weight.raw_bytes,
                files=package.weight.files,
                origin=package.weight.origin,
                table=package.weight.table,
            )
            for package in prediction.heaviest
        ],
        bytes=prediction.raw_bytes,
        files=prediction.files,
        packages=prediction.packages,
        unknown=prediction.unknown,
        unknown_names=list(map(valid_text, prediction.unknown_names)),
        coverage=round(prediction.known_share, 3),
        low_class=low,
        high_class=high,
        notes=list(map(valid_text, prediction.notes)),
    )


def package_growth_object(growth: PackageGrowth | None) -> PackageGrowthObject | None:
    """Return what changed lock files add; None if nothing."""
    if growth is None:
        return None
    return PackageGrowthObject(
        compressed_bytes=growth.compressed_bytes,
        bytes=growth.raw_bytes,
        locks=path_objects(growth.locks),
        changes=[
            PackageChangeObject(
                name=valid_text(change.name),
                before=valid_text(change.before),
                after=valid_text(change.after),
                compressed_bytes=change.compressed_bytes,
                bytes=change.raw_bytes,
                origin=change.origin,
            )
            for change in growth.changes
        ],
        cuda_compressed_bytes=growth.cuda_bytes[0] if growth.cuda_bytes is not None else None,
        estimated=True,
    )


def _buildpack_objects(buildpacks: Iterable[Buildpack]) -> list[BuildpackObject]:
    return [BuildpackObject(id=valid_text(each.id), decided_by=valid_text(each.decided_by)) for each in buildpacks]


def finding_objects(findings: Iterable[Finding]) -> list[FindingObject]:
    """Return findings."""
    return [
        FindingObject(
            id=finding.id,
            level=finding.level,
            line=finding.line,
            message=valid_text(finding.message),
            cure=valid_text(finding.cure),
            paths=path_objects(finding.paths),
            fixable=finding.fixable,
            **path_fields(finding.path),
        )
        for finding in findings
    ]


def evidence_objects(evidence: Iterable[Evidence]) -> list[EvidenceObject[Any]]:
    """Return evidence; each document says which kinds it has."""
    return [
        EvidenceObject(
            kind=each.kind,
            text=valid_text(each.text),
            line=each.line,
            **(path_fields(each.path) if each.path is not None else {"path": None}),
        )
        for each in evidence
    ]


def advised_objects(suggestions: Iterable[Advised] | None) -> list[AdvisedObject] | None:
    """Return suggestions as reports of other commands mention them; None if nothing is known of them."""
    if suggestions is None:
        return None
    return [
        AdvisedObject(
            pattern=lossy(entry.pattern),
            tier=entry.tier,
            files=entry.files,
            bytes=entry.size_bytes,
            saves_compressed_bytes=entry.saves_compressed_bytes,
            reason=valid_text(entry.reason),
            evidence=evidence_objects(entry.evidence),
        )
        for entry in suggestions
    ]
