"""Diagnostics as annotations of GitHub: a workflow command on each line.

The grammar and its escapes are those of the runner (ActionCommand.cs in actions/runner).
"""

from __future__ import annotations

import re

from slugtrim.files import printable
from slugtrim.notes import Level
from slugtrim.reports.diagnostics import Diagnostic, Diagnostics

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_IN_DATA = re.compile("[%\r\n]")
_IN_PROPERTY = re.compile("[%\r\n:,]")


def render(table: Diagnostics) -> str:
    """Return a line for each problem."""
    return "".join(_annotation(row) + "\n" for row in table.problems)


def _annotation(row: Diagnostic) -> str:
    properties = {"file": row.path.decode("utf-8", "surrogateescape")}
    if row.line is not None:
        properties["line"] = str(row.line)
    # Last, because the runner strips the space at the end, and a name may end in one.
    properties["title"] = f"slugtrim: {row.id}"
    listed = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items())
    return f"::{_COMMANDS[row.level]} {listed}::{_escaped(row.says(chr(10)), _IN_DATA)}"


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return printable(special.sub(lambda match: f"%{ord(match[0]):02X}", text))
