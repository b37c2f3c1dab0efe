"""The audit as JSON, schema 1 (``schemas/audit.json``). Sizes are bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slugtrim.audit import Audit, OtherReading, RuleEffect, Weight
from slugtrim.files import File, Note, Source, Unreadable, json_path
from slugtrim.measurement import Total
from slugtrim.notes import Finding
from slugtrim.reports.audit_compiled import compiled_object, limit_object
from slugtrim.reports.json_text import dumps, valid_text
from slugtrim.suggester.record import Advised, Evidence

SCHEMA = 1


def render(audit: Audit) -> str:
    """One object, indented; keys not computed are null."""
    data = {
        "schema": SCHEMA,
        "complete": audit.complete,
        "source": source_object(audit.source),
        "dialect": audit.dialect.value,
        "checkout": _total(audit.checkout),
        "slug": {
            **_total(audit.slug),
            "compressed_bytes": audit.compressed_bytes,
            "exact_compressed_bytes": audit.exact_compressed_bytes,
            "estimated": True,
            "class": audit.size_class.value,
            "average_side": audit.average_side.value,
            "includes_buildpacks": False,
        },
        "compiled": compiled_object(audit.compiled),
        "left_out": {
            **_total(audit.left_out),
            "saves_compressed_bytes": audit.estimated_saves_bytes,
            "estimated": True,
        },
        "compiler_removed": _total(audit.compiler_removed),
        "rules": [_rule(effect) for effect in audit.rules],
        "other_dialect": _other(audit.other),
        "largest": [file_weight_object(weight) for weight in audit.largest],
        "directories": [directory_weight_object(weight) for weight in audit.directories],
        "limits": [limit_object(use.limit, use.used_bytes) for use in audit.limits],
        "predicted_log": {"deleting": audit.deleting},
        "findings": [finding_object(finding) for finding in audit.findings],
        "suggestions": [advised_object(entry) for entry in audit.suggestions],
        "unreadable": [unreadable_object(gone) for gone in audit.unreadable],
        "notes": [note_object(note) for note in audit.notes],
    }
    return dumps(data)


def source_object(source: Source) -> dict[str, Any]:
    """``kind``, ``rev`` and ``path`` of what was measured."""
    return {"kind": source.kind.value, "rev": source.rev, **json_path(source.path)}


def unreadable_object(gone: Unreadable) -> dict[str, str]:
    """``path`` and ``reason``."""
    return {**json_path(gone.path), "reason": gone.reason}


def note_object(note: Note) -> dict[str, Any]:
    """``id``, ``message`` and ``paths``."""
    return {"id": note.id, "message": note.message, "paths": [json_path(path) for path in note.paths]}


def _total(total: Total) -> dict[str, int]:
    return {"files": total.files, "bytes": total.size_bytes}


def _rule(effect: RuleEffect) -> dict[str, Any]:
    return {
        "line": effect.rule.line,
        "text": effect.rule.text.decode("utf-8", "replace"),
        **_total(effect.total),
        "saves_compressed_bytes": effect.estimated_saves_bytes,
        "state": effect.state.value,
    }


def _other(other: OtherReading) -> dict[str, Any]:
    return {
        "dialect": other.dialect.value,
        **_total(other.total),
        "compressed_bytes": other.compressed_bytes,
        "only_here": _files(other.only_here),
        "only_there": _files(other.only_there),
    }


def _files(files: Sequence[File]) -> list[dict[str, Any]]:
    return [{**json_path(file.path), "bytes": file.size_bytes} for file in files]


def file_weight_object(weight: Weight) -> dict[str, Any]:
    """What a file weighs, in every report that lists some."""
    return {**json_path(weight.path), "bytes": weight.size_bytes, "compressed_bytes": weight.compressed_bytes}


def directory_weight_object(weight: Weight) -> dict[str, Any]:
    """What a directory weighs, likewise."""
    return {**file_weight_object(weight), "files": weight.files}


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding, in every report that has one."""
    return {
        "id": finding.id,
        "level": finding.level.value,
        **json_path(finding.path),
        "line": finding.line,
        "message": valid_text(finding.message),
        "cure": valid_text(finding.cure),
        "paths": [json_path(path) for path in finding.paths],
        "fixable": finding.fixable,
    }


def advised_object(entry: Advised) -> dict[str, Any]:
    """A suggestion, in every report that mentions some."""
    return {
        "pattern": entry.pattern.decode("utf-8", "replace"),
        "tier": entry.tier.value,
        "files": entry.files,
        "bytes": entry.size_bytes,
        "saves_compressed_bytes": entry.saves_compressed_bytes,
        "reason": entry.reason,
        "evidence": [evidence_object(item) for item in entry.evidence],
        "checked": entry.is_checked,
    }


def evidence_object(item: Evidence) -> dict[str, Any]:
    """What a piece of evidence says, and where it stands."""
    path = {"path": None} if item.path is None else json_path(item.path)
    return {"kind": item.kind.value, "text": valid_text(item.text), **path, "line": item.line}
