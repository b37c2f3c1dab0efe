"""Read from a build log what the build was made with (``tools.toml``)."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache

from msgspec import Struct

from slugtrim.builds.build import Tool

_TABLE = os.path.join(os.path.dirname(__file__), "tools.toml")
_MAX_TOOLS = 40
_VALUE_CHARACTERS = 80

MAY_MATTER = (
    rb"Downloading and installing |Using (?:default npm|yarn|pnpm) |Bootstrapping npm |Skipping because |Cached dir"
    rb"|\((?<=- php \()|\((?<=- composer \()"
)
"""Found in each line of the table that has no arrow before it."""
_BEGINS = (b"> ", b"- ", b"Downloading ", b"Using ", b"Bootstrapping ", b"Skipping ", b"Cached ")


class _Row(Struct, frozen=True, kw_only=True):
    """A row of the table."""

    topic: str
    pattern: re.Pattern[bytes]
    value: str
    instead_of: str | None


@cache
def _rows() -> tuple[_Row, ...]:
    with open(_TABLE, "rb") as file:
        rows = tomllib.load(file)["row"]
    return tuple(
        _Row(
            topic=row["topic"],
            pattern=re.compile(row["pattern"].encode()),
            value=row.get("value", "{}"),
            instead_of=row.get("instead_of"),
        )
        for row in rows
    )


class ToolReader:
    """Takes the lines of a build log, without spaces around them, and with ``> `` for the arrow of a step."""

    def __init__(self) -> None:
        self._found: dict[Tool, None] = {}

    def take(self, text: bytes) -> None:
        """Take one line."""
        if not text.startswith(_BEGINS):
            return
        row, match = next(((row, match) for row in _rows() if (match := row.pattern.match(text))), (None, None))
        if row is None or match is None:
            return
        group = match[1].decode("utf-8", "replace")[:_VALUE_CHARACTERS] if match.re.groups else ""
        if row.instead_of is not None:
            self._found.pop(Tool(row.topic, row.instead_of), None)
        if len(self._found) < _MAX_TOOLS:
            self._found[Tool(row.topic, row.value.replace("{}", group))] = None

    def end(self) -> tuple[Tool, ...]:
        """Return what was found, each once, in the order of the log."""
        return tuple(self._found)
