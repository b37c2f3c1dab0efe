"""Problems as annotations of GitHub: a workflow command on each line.

The grammar and its escapes are those of the runner (ActionCommand.cs in actions/runner).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from slugtrim.files import printable
from slugtrim.notes import Level
from slugtrim.reports.problems import Problem

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_IN_DATA = re.compile("[%\r\n]")
_IN_PROPERTY = re.compile("[%\r\n:,]")


def render(problems: Iterable[Problem]) -> str:
    """A line for each; none where there is no problem."""
    return "".join(_annotation(problem) + "\n" for problem in problems)


def _annotation(problem: Problem) -> str:
    finding = problem.finding
    properties = {"file": finding.path.decode("utf-8", "surrogateescape")}
    if finding.line is not None:
        properties["line"] = str(finding.line)
    # Last, because the runner strips the space at the end, and a name may end in one.
    properties["title"] = f"slugtrim: {finding.id}"
    listed = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items())
    says = _escaped(problem.says("\n"), _IN_DATA)
    return f"::{_COMMANDS[finding.level]} {listed}::{says}"


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return printable(special.sub(lambda match: f"%{ord(match[0]):02X}", text))
