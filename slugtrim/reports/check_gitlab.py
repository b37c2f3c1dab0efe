"""The check as a code quality report of GitLab."""

from __future__ import annotations

from slugtrim.check import Check
from slugtrim.reports import gitlab
from slugtrim.reports.check_problems import check_problems


def render(check: Check) -> str:
    """A JSON array."""
    return gitlab.render(check_problems(check))
