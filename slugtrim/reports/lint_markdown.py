"""Findings as Markdown: the summary of a step on GitHub."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.notes import Level
from slugtrim.reports import markdown
from slugtrim.reports.diagnostics import of_lint
from slugtrim.reports.style import plural

_MOST = 50
"""At most so many findings; GitHub shows no file of more than a mebibyte."""


def render_summary(lint: Lint) -> str:
    """Return the counts, and a table of findings."""
    problems = of_lint(lint).problems
    counts = ", ".join(
        plural(lint.count(level), level.value) for level in Level if lint.count(level) or level is not Level.NOTE
    )
    lines = [f"### slugtrim lint: {counts}", ""]
    if problems:
        lines += markdown.problems(problems[:_MOST])
    if len(problems) > _MOST:
        lines += ["", f"… and {len(problems) - _MOST:,} more."]
    return "".join(line + "\n" for line in lines)
