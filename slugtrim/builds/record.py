"""The records of a build: what its log says, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM


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
