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

CACHE = "cache"
CACHED = "cached"
"""What the build cache keeps."""
_SAVED = "saved"
_ALL = "*"
_KEPT = re.compile(rb"- (\S.*)")
_NOT_KEPT = re.compile(rb".* (?:\(nothing to cache\)|\(skipping because .*|cannot be cached)")
_SAVING = re.compile(rb"Saving (?:\d+ )?cacheDirectories ")
"""Stands above the directories that package.json names."""

MAY_MATTER = (
    rb"Downloading and installing |Using (?:default npm|npm version|yarn|pnpm|Node\.js)|Bootstrapping npm |"
    rb"Skipping because |Cached dir|Getting org\.scala-sbt |\((?<=- php \()|\((?<=- composer \()|-unknown-linux-gnu |"
    rb"Caching has been |Composer version |Resolved \.NET |welcome to sbt |Downloading: leiningen-|"
    rb"To honour the JVM |Pruning skipped due to "
)
"""Found in each line of the table that has no arrow before it."""
_BEGINS = (
    *(b"> ", b"- ", b"Downloading", b"Using ", b"Bootstrapping ", b"Skipping ", b"Cached ", b"Caching ", b"Getting "),
    *(b"Composer ", b"Resolved ", b"To honour ", b"[info] welcome ", b"!"),
)
_TOOLCHAIN = b"-unknown-linux-gnu "


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
        self.is_listing = False
        """Whether the next lines may name what the build cache keeps."""

    def take(self, text: bytes) -> None:
        """Take one line."""
        kept = _KEPT.fullmatch(text) if self.is_listing else None
        self.is_listing = self.is_listing and (kept is not None or not text or _SAVING.match(text) is not None)
        if kept is not None:
            if _NOT_KEPT.fullmatch(kept[1]) is None:
                self._add(CACHED, kept[1])
            return
        if not text.startswith(_BEGINS) and _TOOLCHAIN not in text:
            return
        row, match = next(((row, match) for row in _rows() if (match := row.pattern.match(text))), (None, None))
        if row is None or match is None:
            return
        if row.instead_of is not None:
            for tool in [each for each in self._found if each.topic == row.topic]:
                if row.instead_of in (tool.value, _ALL):
                    del self._found[tool]
        self._add(row.topic, match[1] if match.re.groups else b"", row.value)
        self.is_listing = (row.topic, row.value) == (CACHE, _SAVED)

    def _add(self, topic: str, text: bytes, value: str = "{}") -> None:
        said = text.decode("utf-8", "replace")[:_VALUE_CHARACTERS]
        if len(self._found) < _MAX_TOOLS:
            self._found[Tool(topic, value.replace("{}", said))] = None

    def end(self) -> tuple[Tool, ...]:
        """Return what was found, each once, in the order of the log."""
        return tuple(self._found)
