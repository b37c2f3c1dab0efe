"""What several documents have: paths, sources, findings, weights, limits."""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from slugtrim.ignore import Rule
from slugtrim.notes import Level
from slugtrim.sizer.limits import Limit, SizeClass, Status
from slugtrim.suggester.entry import Tier

if TYPE_CHECKING:  # only annotations of parameters; a document is made of a record that is there already
    from slugtrim.audit import PathSize
    from slugtrim.files import Note, Source, Unreadable
    from slugtrim.measurement import Total
    from slugtrim.notes import Finding
    from slugtrim.sizer import Compiled
    from slugtrim.suggester.entry import Advised, Evidence, Link

Count = Annotated[int, Meta(ge=0)]
LineNumber = Annotated[int, Meta(ge=1)]
Base64 = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"})]
AlwaysTrue = Annotated[bool, Meta(extra_json_schema={"const": True})]
AlwaysFalse = Annotated[bool, Meta(extra_json_schema={"const": False})]
TreeKind = Literal["commit", "worktree", "directory"]
SlugKind = Literal["archive", "directory"]
SearchKind = Literal["unread", "reader", "served", "needed", "heroku-ci", "same-bytes", "committed", "verified"]
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


class CompiledObject(JsonObject, frozen=True, kw_only=True):
    """The slug with what buildpacks add."""

    compressed_bytes: Count
    overhead_bytes: int
    origin: str
    age_days: Count | None
    changed: list[PathObject]
    size_class: SizeClass = field(name="class")
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


def compiled_object(compiled: Compiled | None) -> CompiledObject | None:
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
        estimated=True,
    )


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
