"""The check as JSON, schema 1 (``schemas/check.json``). Sizes are bytes."""

from __future__ import annotations

from typing import Any

from slugtrim.budget import Result
from slugtrim.check import Base, Check, Growth
from slugtrim.files import json_path
from slugtrim.reports.audit_compiled import compiled_object
from slugtrim.reports.audit_json import advised_object, finding_object, note_object, source_object, unreadable_object
from slugtrim.reports.budget_words import sentence
from slugtrim.reports.json_text import dumps, valid_text
from slugtrim.sizer import classify

SCHEMA = 1


def render(check: Check) -> str:
    """One object, indented; what is not known is null."""
    data = {
        "schema": SCHEMA,
        "complete": check.complete,
        "verdict": check.verdict.value,
        "source": source_object(check.source),
        "dialect": check.dialect.value,
        "target": None if check.target is None else valid_text(check.target),
        "compressed_bytes": check.compressed_bytes,
        "class": check.size_class.value,
        "slug": {
            "files": check.files,
            "bytes": check.size_bytes,
            "compressed_bytes": check.source_compressed_bytes,
            "estimated": True,
            "class": classify(check.source_compressed_bytes).value,
            "includes_buildpacks": False,
        },
        "compiled": compiled_object(check.compiled),
        "base": None if check.base is None else _base(check.base, check.compressed_bytes),
        "results": [_result(result) for result in check.results],
        "findings": [finding_object(finding) for finding in check.findings],
        "suggestions": [advised_object(entry) for entry in check.suggestions],
        "unreadable": [unreadable_object(gone) for gone in check.unreadable],
        "notes": [note_object(note) for note in check.notes],
    }
    return dumps(data)


def _base(base: Base, compressed_bytes: int) -> dict[str, Any]:
    return {
        "rev": base.rev,
        "name": valid_text(base.name),
        "complete": base.complete,
        "files": base.files,
        "compressed_bytes": base.compressed_bytes,
        "grown_bytes": compressed_bytes - base.compressed_bytes,
        "grown": [_growth(growth) for growth in base.grown],
        "unchanged_files": base.unchanged_files,
    }


def _growth(growth: Growth) -> dict[str, Any]:
    return {
        **json_path(growth.path),
        "before_bytes": growth.before_bytes,
        "after_bytes": growth.after_bytes,
        "grown_bytes": growth.grown_bytes,
        "commit": growth.commit,
        "subject": valid_text(growth.subject),
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "measure": result.measure.value,
        "verdict": result.verdict.value,
        "used": result.used,
        "limit": result.limit,
        "over": result.over,
        "text": valid_text(result.text),
        "written": {"name": valid_text(result.written.name), "line": result.written.line},
        "pattern": None if result.pattern is None else result.pattern.decode("utf-8", "replace"),
        "message": valid_text(sentence(result)) if result.over else None,
    }
