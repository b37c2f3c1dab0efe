"""The records of what is in a compiled slug: groups, packages, waste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.record import Tier


class Origin(Enum):
    """Who brought a file."""

    APPLICATION = "application"
    """It was pushed."""
    BUILD = "build"
    """Buildpacks brought it: runtimes, packages, what they made of the source."""


class Lever(Enum):
    """Where the owner of the application gets rid of a kind of waste."""

    SLUGIGNORE = "slugignore"
    """``.slugignore``: the platform reads it before the build, so it takes what was pushed and nothing else."""
    HOOK = "hook"
    """A script that runs at the end of the build."""
    SETTING = "setting"
    """A config var that a buildpack reads."""
    REQUIREMENT = "requirement"
    """Another line in the list of dependencies."""
    BUILD = "build"
    """A setting of the application's own build tools."""


class Bulk(Struct, frozen=True, kw_only=True):
    """How much some files weigh."""

    files: int = 0
    size_bytes: int = 0
    compressed_bytes: int = 0
    """Their share of the compressed slug."""

    @classmethod
    def of(cls, files: Iterable[File], shares: Mapping[bytes, int]) -> Bulk:
        """Of these files together."""
        count = size_bytes = compressed_bytes = 0
        for file in files:
            count += 1
            size_bytes += file.size_bytes
            compressed_bytes += shares[file.path]
        return cls(files=count, size_bytes=size_bytes, compressed_bytes=compressed_bytes)

    def __add__(self, other: Bulk) -> Bulk:
        return Bulk(
            files=self.files + other.files,
            size_bytes=self.size_bytes + other.size_bytes,
            compressed_bytes=self.compressed_bytes + other.compressed_bytes,
        )


class Package(Struct, frozen=True, kw_only=True):
    """A package with all its copies."""

    name: str
    """As its own metadata has it, else its directory. It may hold anything."""
    versions: tuple[str, ...]
    """Of all copies, each once, in order; empty where nobody says."""
    copies: int
    """In how many places it is installed."""
    group: str
    """Id of its group."""
    bulk: Bulk
    paths: tuple[bytes, ...]
    """Where it is installed: directories, or single files (jars)."""


class Group(Struct, frozen=True, kw_only=True):
    """A part of the slug as people think of it."""

    id: str
    name: str
    origin: Origin
    bulk: Bulk
    packages: tuple[Package, ...]
    """Heaviest first; empty where the group has none."""


class WastePlace(Struct, frozen=True, kw_only=True):
    """Where some of a kind of waste is: a directory with what is waste below it, or a file."""

    path: bytes
    saves: Bulk


class Waste(Struct, frozen=True, kw_only=True):
    """A kind of waste that is in the slug."""

    id: str
    tier: Tier
    lever: Lever
    reason: str
    """What it is and why it is waste, as one sentence without its point."""
    cure: str
    """What to do, likewise."""
    bulk: Bulk
    """The files it is about, whole."""
    saves: Bulk | None
    """What the cure saves: of each file the part that goes. None where only trying it tells. No file is counted in two
    kinds of waste."""
    places: tuple[WastePlace, ...]
    """Heaviest first."""


class Anatomy(Struct, frozen=True, kw_only=True):
    """What a compiled slug is made of."""

    groups: tuple[Group, ...]
    """Heaviest first. Together they hold every file once."""
    waste: tuple[Waste, ...]
    """What saves most first, then what nobody knows the saving of."""

    def of_origin(self, origin: Origin) -> Bulk:
        """All that was pushed, or all that the build brought."""
        return sum((group.bulk for group in self.groups if group.origin is origin), Bulk())

    def saves(self, tier: Tier) -> Bulk:
        """What all waste of a tier comes to."""
        return sum((each.saves for each in self.waste if each.tier is tier and each.saves is not None), Bulk())
