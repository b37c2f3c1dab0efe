"""Findings for GitHub: annotations, and the summary of a step."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.notes import Level
from slugtrim.reports import markdown, workflow_commands
from slugtrim.reports.problems import lint_problems
from slugtrim.reports.style import plural

_MOST = 50
"""So many findings are in the summary; GitHub shows no file of more than a mebibyte."""


def render(lint: Lint) -> str:
    """A workflow command for each finding."""
    return workflow_commands.render(lint_problems(lint))


def render_summary(lint: Lint) -> str:
    """Markdown, to be appended to the file that ``GITHUB_STEP_SUMMARY`` names."""
    problems = lint_problems(lint)
    counts = ", ".join(
        plural(lint.count(level), level.value) for level in Level if lint.count(level) or level is not Level.NOTE
    )
    lines = [f"### slugtrim lint: {counts}", ""]
    if problems:
        lines += markdown.problems(problems[:_MOST])
    if len(problems) > _MOST:
        lines += ["", f"… and {len(problems) - _MOST:,} more."]
    return "".join(line + "\n" for line in [*lines, ""])
