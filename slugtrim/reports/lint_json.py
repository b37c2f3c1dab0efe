"""Findings as JSON, schema 1 (``schemas/lint.json``)."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.lint import Lint
from slugtrim.notes import Finding, Level
from slugtrim.reports.audit_json import finding_object, source_object, unreadable_object
from slugtrim.reports.json_text import dumps

SCHEMA = 1


def render(lint: Lint, fixed: Sequence[Finding] | None = None) -> str:
    """One object, indented; ``fixed`` is null unless something was to be mended."""
    data = {
        "schema": SCHEMA,
        "complete": lint.complete,
        "source": source_object(lint.source),
        "dialect": lint.dialect.value,
        "errors": lint.count(Level.ERROR),
        "warnings": lint.count(Level.WARNING),
        "notes": lint.count(Level.NOTE),
        "findings": [finding_object(finding) for finding in lint.findings],
        "fixed": [finding_object(finding) for finding in fixed] if fixed is not None else None,
        "unreadable": [unreadable_object(gone) for gone in lint.unreadable],
    }
    return dumps(data)
