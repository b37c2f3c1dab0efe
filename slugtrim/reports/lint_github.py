"""Findings as annotations for GitHub."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.reports import workflow_commands
from slugtrim.reports.problems import lint_problems


def render(lint: Lint) -> str:
    """A workflow command for each finding."""
    return workflow_commands.render(lint_problems(lint))
