"""Diagnostics as a code quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from slugtrim.files import json_path
from slugtrim.notes import Level
from slugtrim.reports.diagnostics import Diagnostic, Diagnostics
from slugtrim.reports.json_text import item, valid_text

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def render(table: Diagnostics) -> str:
    """Return a JSON array with a line for each problem."""
    issues = [item(_issue(row)) for row in table.problems]
    return "[\n" + ",\n".join("  " + issue for issue in issues) + "\n]\n" if issues else "[]\n"


def _issue(row: Diagnostic) -> dict[str, object]:
    return {
        "description": valid_text(row.says()),
        "check_name": row.id,
        "fingerprint": row.fingerprint,
        "severity": _SEVERITIES[row.level],
        "location": {"path": json_path(row.path)["path"], "lines": {"begin": row.line or 1}},
    }
