"""Diagnostics as a code quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from msgspec import Struct

from slugtrim.notes import Level
from slugtrim.reports.diagnostics import Diagnostic, Diagnostics
from slugtrim.reports.documents.fields import lossy, valid_text
from slugtrim.reports.json_text import array

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


class GitlabLines(Struct, frozen=True, kw_only=True):
    """Where an issue is in its file."""

    begin: int


class GitlabLocation(Struct, frozen=True, kw_only=True):
    """Where an issue is."""

    path: str
    lines: GitlabLines


class Issue(Struct, frozen=True, kw_only=True):
    """One problem."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: GitlabLocation


def render(table: Diagnostics) -> str:
    """Return a JSON array with a line for each problem."""
    return array([_issue(row) for row in table.problems])


def _issue(row: Diagnostic) -> Issue:
    return Issue(
        description=valid_text(row.says()),
        check_name=row.id,
        fingerprint=row.fingerprint,
        severity=_SEVERITIES[row.level],
        # GitLab wants a line of every location.
        location=GitlabLocation(path=lossy(row.path), lines=GitlabLines(begin=row.line or 1)),
    )
