"""The check for GitHub: annotations, and the summary of a step."""

from __future__ import annotations

from slugtrim.check import Check
from slugtrim.reports import check_report, markdown, workflow_commands
from slugtrim.reports.blocks import PAGE
from slugtrim.reports.check_problems import check_problems


def render(check: Check) -> str:
    """A workflow command for each problem."""
    return workflow_commands.render(check_problems(check))


def render_summary(check: Check) -> str:
    """Markdown, to be appended to the file that ``GITHUB_STEP_SUMMARY`` names."""
    return markdown.printed(check_report.report(check, PAGE)) + "\n"
