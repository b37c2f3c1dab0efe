"""Read from a build log what the build was made with (``tools.toml``), and compare two builds of one application."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from slugtrim.builds.build import Build, Tool
from slugtrim.builds.journal import BuildRow

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


_MIN_GROWING = 3
"""As many builds in a row, each larger than the one before, are no coincidence."""


class Difference(Struct, frozen=True, kw_only=True):
    """What changed from one build to the next."""

    tools: tuple[tuple[str, str, str], ...]
    """Topic, values before and values now, of topics that changed; empty for a topic that a log doesn't have."""
    buildpacks: tuple[tuple[str, ...], tuple[str, ...]] | None
    """Before and now; None if they are the same or not known."""
    locks: tuple[bytes, ...]
    """Lock files that were added, changed or removed; none if one of the commits could not be read."""
    code_bytes: int | None
    """By how much your code grew, compressed; None if not known."""
    is_same_commit: bool
    is_measured: bool
    """Whether both commits could be read."""
    has_tools: bool
    """Whether both logs tell what the builds were made with."""


def difference(before: Build, after: Build) -> Difference:
    """Return what changed from one build to the next one of the same application."""
    has_tools = bool(before.tools and after.tools)
    was, now = _by_topic(before.tools), _by_topic(after.tools)
    topics = [topic for topic in dict.fromkeys([*was, *now]) if was.get(topic) != now.get(topic)] if has_tools else []
    packs = (before.buildpacks, after.buildpacks)
    is_measured = bool(before.sources and after.sources)
    paths = sorted({**before.locks, **after.locks}) if is_measured else []
    parts = [build.sources.get(after.dialect) for build in (before, after)]
    return Difference(
        tools=tuple((topic, was.get(topic, ""), now.get(topic, "")) for topic in topics),
        buildpacks=packs if all(packs) and packs[0] != packs[1] else None,
        locks=tuple(path for path in paths if before.locks.get(path) != after.locks.get(path)),
        code_bytes=parts[1].compressed_bytes - parts[0].compressed_bytes if parts[0] and parts[1] else None,
        is_same_commit=before.commit is not None and before.commit == after.commit,
        is_measured=is_measured,
        has_tools=has_tools,
    )


def _by_topic(tools: Sequence[Tool]) -> Mapping[str, str]:
    values: dict[str, list[str]] = {}
    for tool in tools:
        values.setdefault(tool.topic, []).append(tool.value)
    return {topic: ", ".join(named) for topic, named in values.items()}


class BuildChange(Struct, frozen=True, kw_only=True):
    """Two recorded builds of one application."""

    before: Build
    after: Build


class CacheGrowth(Struct, frozen=True, kw_only=True):
    """Builds in a row with the same lock files and versions, each of which added more than the one before."""

    newest: Build
    builds: int
    grown_bytes: int

    @property
    def kept(self) -> tuple[str, ...]:
        """Return what the newest build says that its cache keeps."""
        return tuple(tool.value for tool in self.newest.tools if tool.topic == CACHED)


def growths(rows_by_application: Sequence[Sequence[BuildRow]]) -> Iterator[CacheGrowth]:
    """Yield the growth up to the newest build, for each application that has one. Rows are newest first."""
    for rows in rows_by_application:
        count = 1
        while count < len(rows) and _grew(rows[count].build, rows[count - 1].build):
            count += 1
        if count >= _MIN_GROWING:
            newest, oldest = rows[0].build, rows[count - 1].build
            grown = (newest.overhead_bytes(newest.dialect) or 0) - (oldest.overhead_bytes(newest.dialect) or 0)
            yield CacheGrowth(newest=newest, builds=count, grown_bytes=grown)


def _grew(before: Build, after: Build) -> bool:
    """Return True if the same locks and versions added more than before, by more than rounding explains."""
    was, now = before.overhead_bytes(after.dialect), after.overhead_bytes(after.dialect)
    if was is None or now is None or now - was <= before.slug.precision_bytes + after.slug.precision_bytes:
        return False
    change = difference(before, after)
    tools = [topic for topic, *_ in change.tools if topic not in (CACHE, CACHED)]
    return not tools and change.buildpacks is None and not change.locks
