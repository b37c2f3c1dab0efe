"""Problems as a code quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slugtrim.files import json_path
from slugtrim.notes import Level
from slugtrim.reports.json_text import item, valid_text
from slugtrim.reports.problems import Problem

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def render(problems: Iterable[Problem]) -> str:
    """A JSON array with a line for each."""
    issues = [item(_issue(problem)) for problem in problems]
    return "[\n" + ",\n".join("  " + issue for issue in issues) + "\n]\n" if issues else "[]\n"


def _issue(problem: Problem) -> dict[str, Any]:
    finding = problem.finding
    return {
        "description": valid_text(problem.says()),
        "check_name": finding.id,
        "fingerprint": problem.fingerprint,
        "severity": _SEVERITIES[finding.level],
        "location": {"path": json_path(finding.path)["path"], "lines": {"begin": finding.line or 1}},
    }
