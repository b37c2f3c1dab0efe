"""The records of a build and of the push that started it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from msgspec import Struct, field

from slugtrim.builds.starts import SlugStarts, Starts
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, PLATFORMS


class BuildOutcome(Enum):
    """The outcome of a build that packed a slug."""

    RELEASED = "released"
    BUILT = "built"
    """Packed; the log shows no release."""
    TOO_LARGE = "too-large"
    """Packed, then rejected for its size."""
    FAILED = "failed"
    """Packed, then failed for another reason."""


class CommitOrigin(Enum):
    """How the commit of a build is known."""

    LOG = "log"
    """git's line ``old..new`` has its id."""
    REF = "ref"
    """git's line has only the name of a branch, such as a new one; it is the commit of that name in this clone."""
    OPTION = "option"
    HEAD = "head"
    """The log has nothing; it is the commit that was checked out."""


class Fit(Enum):
    """The reading of ``.slugignore`` that explains how many files the build deleted."""

    BOTH = "both"
    GITIGNORE = "gitignore"
    GLOB = "glob"
    NEITHER = "neither"


class Tool(NamedTuple):
    """What a build was made with: a version, or what became of the cache."""

    topic: str
    value: str


class PrintedSize(Struct, frozen=True, kw_only=True):
    """A size as a log prints it: rounded."""

    size_bytes: int
    precision_bytes: int
    """The real size may differ by this much, up or down."""


class RefLine(Struct, frozen=True, kw_only=True):
    """git's line about one ref of a push."""

    new: str | None
    """Abbreviated id of the pushed commit; None for a new branch, and for a rejected one."""
    source: bytes
    """Its name in this clone: ``main``, ``HEAD``."""
    destination: bytes
    """Name of the branch on the remote."""

    @property
    def builds(self) -> bool:
        """Return True if the platform builds pushes to this branch."""
        return self.destination.removeprefix(b"refs/heads/") in PLATFORM.branches


class Told(Struct, frozen=True, kw_only=True):
    """What the log of a build or a push says."""

    outcome: BuildOutcome | None
    """None if no slug was packed: nothing was built, or the build failed earlier."""
    slug: PrintedSize | None
    buildpacks: tuple[str, ...]
    deleting: int | None
    """The N of `Deleting N files matching .slugignore patterns`; None without such a line."""
    release: int | None
    app: str | None
    """Name of the application, from the address of the app or of the remote."""
    url: str | None
    """The address that git pushed to."""
    ref: RefLine | None
    """The ref that builds, if there are several."""
    is_built: bool
    """A build began."""
    is_failed: bool
    """The push failed for any reason."""
    is_up_to_date: bool
    """There was nothing to push."""
    tools: tuple[Tool, ...] = ()
    starts: tuple[SlugStarts, ...] = ()
    """Of processes of the running application, by slug."""
    has_running: bool = False
    """Whether any line is from the log of a running application."""


class SourcePart(Struct, frozen=True, kw_only=True):
    """The source part of a slug, as predicted for the commit in one dialect."""

    compressed_bytes: int
    deleting: int
    """Paths that the rules delete; a directory counts as one."""


class Build(Struct, frozen=True, kw_only=True):
    """A recorded build."""

    date: str
    """When it was recorded, in UTC: ``2026-01-02T03:04:05Z`` (ISO 8601)."""
    outcome: BuildOutcome
    slug: PrintedSize
    commit: str | None
    """Full id; abbreviated as in the log if this clone lacks the commit; None if unknown."""
    commit_origin: CommitOrigin
    is_assumed: bool
    """True if the commit may be another."""
    app: str | None
    target: str | None
    """The configured target that it was pushed to."""
    remote: str | None
    """The git remote that it was pushed to."""
    release: int | None
    buildpacks: tuple[str, ...]
    deleting: int | None
    dialect: Dialect
    """How ``.slugignore`` was read."""
    sources: Mapping[Dialect, SourcePart] = field(default_factory=dict)
    """Empty if this clone lacks the commit or a part of it."""
    locks: Mapping[bytes, bytes] = field(default_factory=dict)
    """Path to blob id of the files that decide what buildpacks install."""
    tools: tuple[Tool, ...] = ()
    """Empty where its log tells of none, and for builds of older versions."""
    starts: Starts = field(default_factory=dict)
    """How long its processes took to start; later lines of the journal than its own have them."""

    @property
    def destination(self) -> str | None:
        """Return the application that was built, if known. Builds of another application say nothing about it."""
        return self.target or self.app or self.remote

    @property
    def name(self) -> str:
        """Return the name of the build in messages."""
        of_app = f" of {self.app}" if self.app is not None else ""
        if self.release is not None:
            return f"v{self.release}{of_app}"
        return f"build of {self.commit[:10]}" if self.commit is not None else f"build{of_app}"

    def overhead_bytes(self, dialect: Dialect) -> int | None:
        """Return the bytes that buildpacks added to the source part, negative if they removed some; None if unknown."""
        source = self.sources.get(dialect)
        return self.slug.size_bytes - source.compressed_bytes if source is not None else None

    @property
    def fit(self) -> Fit | None:
        """Return which dialect explains what the build deleted; None if there is nothing to compare."""
        if self.deleting is None or not self.sources:
            return None
        fitting = {dialect for dialect, source in self.sources.items() if source.deleting == self.deleting}
        if len(fitting) == len(PLATFORM.ignore_file.dialects):
            return Fit.BOTH
        return Fit(fitting.pop().value) if fitting else Fit.NEITHER


_TO = re.compile(rb"To (\S+)$")
_ID = rb"[0-9a-f]{4,64}"
# A mark, what happened, from where to where, and a reason: transport.c of git. Marks: none for a fast-forward, + for a
# forced update, * for a new branch, = for up to date, ! for rejected, - for deleted, t for a tag.
_REF = re.compile(
    rb"(?: ?(?P<mark>[ +*=!t-]) )?(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])"
    rb" +(?P<source>\S.*?) +-> +(?P<destination>\S+)(?: \(.*\))?$"
)
# With --porcelain: the mark, the full names and what happened, separated by tabs.
_PORCELAIN = re.compile(
    rb"(?P<mark>[ +*=!t-])\t(?P<source>[^\t:]+):(?P<destination>[^\t]+)\t"
    rb"(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])(?: \(.*\))?$"
)
_FAILED = b"error: failed to push some refs"
_FATAL = b"fatal: "
"""The push failed, if nothing was pushed; otherwise the line is from another git command in the same script."""
_REFUSED = b"!"
_CHANGING = (None, b" ", b"+", b"*", b"!")
_URL_LIMIT = 1000

_APP_ADDRESSES = tuple(re.compile(platform.app_address) for platform in PLATFORMS)


class PushLines:
    """Parses git's own lines, not those that it passes on from the remote."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.ref: RefLine | None = None
        """The ref that builds, else the first one. Deleted and up-to-date refs don't count."""
        self.is_refused = False
        """True if that ref was rejected."""
        self.is_up_to_date = False
        self._has_failed = False
        self._is_fatal = False

    @property
    def is_failed(self) -> bool:
        """Return True if anything was not pushed."""
        return self._has_failed or (self._is_fatal and self.ref is None and not self.is_up_to_date)

    def take(self, text: bytes) -> None:
        """Parse one line, with its leading spaces."""
        if text == b"Everything up-to-date":
            self.is_up_to_date = True
        elif text.startswith(_FAILED):
            self._has_failed = True
        elif text.startswith(_FATAL):
            self._is_fatal = True
        elif (to := _TO.match(text)) is not None:
            self.url = to[1].decode("utf-8", "replace")[:_URL_LIMIT]
        else:
            match = _REF.match(text) or _PORCELAIN.match(text)
            if match is not None:
                self._take_ref(match)

    def _take_ref(self, match: re.Match[bytes]) -> None:
        if match["mark"] not in _CHANGING:
            return
        is_refused = match["mark"] == _REFUSED
        self._has_failed = self._has_failed or is_refused
        new = match["new"].decode("ascii") if match["new"] is not None else None
        line = RefLine(new=new, source=match["source"], destination=match["destination"])
        if self.ref is None or (line.builds and not self.ref.builds):
            self.ref = line
            self.is_refused = is_refused


def app_of_url(url: str) -> str | None:
    """Return the application that this address pushes to; None if the address is on no platform."""
    match = next(filter(None, (address.fullmatch(url) for address in _APP_ADDRESSES)), None)
    return match["app"] if match is not None else None
