"""Findings as a code quality report of GitLab."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.reports import gitlab
from slugtrim.reports.problems import lint_problems


def render(lint: Lint) -> str:
    """A JSON array."""
    return gitlab.render(lint_problems(lint))
