"""Findings for GitHub: annotations, and the summary of a step."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.reports import lint_report, markdown, workflow_commands
from slugtrim.reports.blocks import PAGE
from slugtrim.reports.problems import lint_problems


def render(lint: Lint) -> str:
    """A workflow command for each finding."""
    return workflow_commands.render(lint_problems(lint))


def render_summary(lint: Lint) -> str:
    """Markdown, to be appended to the file that ``GITHUB_STEP_SUMMARY`` names."""
    return markdown.printed(lint_report.report(lint, PAGE)) + "\n"
