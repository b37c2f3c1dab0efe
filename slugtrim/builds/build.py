"""The records of a build and of the push that started it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, PLATFORMS


class BuildOutcome(Enum):
    """What became of a build that came as far as a packed slug."""

    RELEASED = "released"
    BUILT = "built"
    """Packed; its log tells of no release."""
    TOO_LARGE = "too-large"
    """Packed, and refused for its size."""
    FAILED = "failed"
    """Packed, and refused or given up afterwards."""


class CommitOrigin(Enum):
    """How the commit of a build is known."""

    LOG = "log"
    """git's line ``old..new`` has its id."""
    REF = "ref"
    """git's line has the name of a branch only, as of a new one: that which the name stands for here."""
    OPTION = "option"
    HEAD = "head"
    """Nobody says; it is what was checked out."""


class Fit(Enum):
    """Which reading of ``.slugignore`` comes to as many deletions as the build."""

    BOTH = "both"
    GITIGNORE = "gitignore"
    GLOB = "glob"
    NEITHER = "neither"


class PrintedSize(Struct, frozen=True, kw_only=True):
    """A size as a log prints it: rounded."""

    size_bytes: int
    precision_bytes: int
    """It may be so much more, or less."""


class RefLine(Struct, frozen=True, kw_only=True):
    """What git says of one ref of a push."""

    new: str | None
    """Id of what was pushed, abbreviated; None for a new branch, and for one that was refused."""
    source: bytes
    """How it was named here: ``main``, ``HEAD``."""
    destination: bytes
    """Name of the branch there."""

    @property
    def builds(self) -> bool:
        """Whether the platform builds what is pushed there."""
        return self.destination.removeprefix(b"refs/heads/") in PLATFORM.branches


class Told(Struct, frozen=True, kw_only=True):
    """What the log of a build, or of a push, says."""

    outcome: BuildOutcome | None
    """None where no slug was packed: nothing was built, or the build failed before."""
    slug: PrintedSize | None
    buildpacks: tuple[str, ...]
    deleting: int | None
    """The N of `Deleting N files matching .slugignore patterns`; None where it says nothing of it."""
    release: int | None
    app: str | None
    """Name of the application, by the address it was deployed to or pushed to."""
    url: str | None
    """What git pushed to."""
    ref: RefLine | None
    """Of several refs the one that builds."""
    is_built: bool
    """A build began."""
    is_failed: bool
    """The push failed, whatever for."""
    is_up_to_date: bool
    """There was nothing to push."""


class SourcePart(Struct, frozen=True, kw_only=True):
    """The source part of a slug, as it was predicted for the commit, in one dialect."""

    compressed_bytes: int
    deleting: int
    """So many paths the rules take, a directory counting as one."""


class Build(Struct, frozen=True, kw_only=True):
    """A build that is remembered."""

    date: str
    """When it was recorded: ISO 8601 in UTC, as ``2026-01-02T03:04:05Z``."""
    outcome: BuildOutcome
    slug: PrintedSize
    commit: str | None
    """Full id; abbreviated as the log has it where that commit is not here; None where there is none at all."""
    commit_origin: CommitOrigin
    is_assumed: bool
    """Whether the commit may be another."""
    app: str | None
    target: str | None
    """The target of the configuration that it was pushed to."""
    remote: str | None
    """The git remote that it was pushed to."""
    release: int | None
    buildpacks: tuple[str, ...]
    deleting: int | None
    dialect: Dialect
    """How ``.slugignore`` was read."""
    sources: Mapping[Dialect, SourcePart] = field(default_factory=dict)
    """Empty where the commit is not here, or not whole."""
    locks: Mapping[bytes, bytes] = field(default_factory=dict)
    """Path to blob id of the files that decide what buildpacks install."""

    @property
    def destination(self) -> str | None:
        """Which application it is of, as far as is known: builds of another tell nothing about it."""
        return self.target or self.app or self.remote

    @property
    def name(self) -> str:
        """What to call it."""
        of_app = f" of {self.app}" if self.app is not None else ""
        if self.release is not None:
            return f"v{self.release}{of_app}"
        return f"build of {self.commit[:10]}" if self.commit is not None else f"build{of_app}"

    def overhead_bytes(self, dialect: Dialect) -> int | None:
        """What buildpacks added to the source part, or took from it; None where that is not known."""
        source = self.sources.get(dialect)
        return self.slug.size_bytes - source.compressed_bytes if source is not None else None

    @property
    def fit(self) -> Fit | None:
        """Which dialect explains what the build deleted; None where there is nothing to compare."""
        if self.deleting is None or not self.sources:
            return None
        fitting = {dialect for dialect, source in self.sources.items() if source.deleting == self.deleting}
        if len(fitting) == len(Dialect):
            return Fit.BOTH
        return Fit(fitting.pop().value) if fitting else Fit.NEITHER


_TO = re.compile(rb"To (\S+)$")
_ID = rb"[0-9a-f]{4,64}"
# A mark, what happened, from where to where, and a reason: transport.c of git. Marks: none for a fast forward, + for a
# forced update, * for a new branch, = for nothing to do, ! for what was refused, - for what was deleted, t for a tag.
_REF = re.compile(
    rb"(?: ?(?P<mark>[ +*=!t-]) )?(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])"
    rb" +(?P<source>\S.*?) +-> +(?P<destination>\S+)(?: \(.*\))?$"
)
# With --porcelain: the mark, the names in full and what happened, between tabs.
_PORCELAIN = re.compile(
    rb"(?P<mark>[ +*=!t-])\t(?P<source>[^\t:]+):(?P<destination>[^\t]+)\t"
    rb"(?:(?P<old>" + _ID + rb")\.{2,3}(?P<new>" + _ID + rb")|\[(?P<what>[^\]]+)\])(?: \(.*\))?$"
)
_FAILED = b"error: failed to push some refs"
_FATAL = b"fatal: "
"""Of the push, if that came to nothing; else of another call of git in the same script."""
_REFUSED = b"!"
_CHANGING = (None, b" ", b"+", b"*", b"!")
_URL_LIMIT = 1000

_APP_ADDRESSES = tuple(re.compile(platform.app_address) for platform in PLATFORMS)


class PushLines:
    """Takes the lines that are git's own, not passed on from the other side."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.ref: RefLine | None = None
        """Of several the one that builds, else the first; what was deleted or stayed as it was is none."""
        self.is_refused = False
        """Whether that ref was."""
        self.is_up_to_date = False
        self._has_failed = False
        self._is_fatal = False

    @property
    def is_failed(self) -> bool:
        """Whether anything was not pushed."""
        return self._has_failed or (self._is_fatal and self.ref is None and not self.is_up_to_date)

    def take(self, text: bytes) -> None:
        """One line as it stands, with the spaces before it."""
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
    """Return the application that a push to this address goes to; None if no platform's remotes are there."""
    match = next(filter(None, (address.fullmatch(url) for address in _APP_ADDRESSES)), None)
    return match["app"] if match is not None else None
