"""The check as annotations for GitHub."""

from __future__ import annotations

from slugtrim.check import Check
from slugtrim.reports import workflow_commands
from slugtrim.reports.check_problems import check_problems


def render(check: Check) -> str:
    """A workflow command for each problem."""
    return workflow_commands.render(check_problems(check))
