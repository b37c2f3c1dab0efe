"""The records of what is in a compiled slug, and the catalog of waste with its cures (``waste.toml``)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.catalog import Pattern
from slugtrim.suggester.entry import Tier


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


class Sign(Enum):
    """By what a kind of waste is told."""

    NAMES = "names"
    """Names of directories and files: ``patterns``."""
    PACKAGES = "packages"
    """Names of packages."""
    DEVELOPMENT = "development"
    """What a package manager has installed for development only."""
    BUILD_ONLY = "build-only"
    """Packages of a language that no process of the ``Procfile`` runs."""
    FOREIGN_BYTECODE = "foreign-bytecode"
    """Compiled Python that the interpreter beside it never loads."""
    OPTIMIZED_BYTECODE = "optimized-bytecode"
    """Compiled Python for ``python -O``."""
    BYTECODE = "bytecode"
    """Compiled Python whose source is there."""
    SYMBOLS = "symbols"
    """Sections that ``strip`` takes out."""
    COPIES = "copies"
    """The same version of a package in several places."""
    DUPLICATES = "duplicates"
    """Files of a group with the same content."""
    RIVALS = "rivals"
    """Several of ``names`` in the root."""
    SOURCE = "source"
    """What the suggester knows by its name, in the source."""


class WasteRule(Struct, frozen=True, kw_only=True):
    """A row of ``waste.toml``."""

    id: str
    sign: Sign
    tier: Tier
    lever: Lever
    reason: str
    cure: str
    groups: tuple[str, ...] = ()
    """Ids of the groups in which to look; empty for all."""
    patterns: tuple[Pattern, ...] = ()
    """In groups with packages, ``/name`` is in the root of a package (of ``site-packages`` for Python)."""
    exceptions: tuple[Pattern, ...] = ()
    packages: tuple[str, ...] = ()
    """Names in lower case, with ``*`` for anything."""
    needs: tuple[str, ...] = ()
    """One of these packages must be there as well."""
    names: tuple[bytes, ...] = ()
    minimum_bytes: int = 0
    """Of what goes of a single file."""
    saves: bool = True
    """Whether the cure takes all of what is named; where not, nobody knows what is saved before it is tried."""
    rank: int = 0
    """A file that two rows name is waste by the one of the lower rank."""


@cache
def waste_rules() -> tuple[WasteRule, ...]:
    """The rows, read once."""
    with open(os.path.join(os.path.dirname(__file__), "waste.toml"), "rb") as file:
        return from_data(tomllib.load(file))


def from_data(data: Mapping[str, Any]) -> tuple[WasteRule, ...]:
    """The rows in the data of a TOML file. Raises ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
    return tuple(_rule(rank, row) for rank, row in enumerate(data["waste"]))


def _rule(rank: int, row: Mapping[str, Any]) -> WasteRule:
    return WasteRule(**{key: _value(key, value) for key, value in row.items()}, rank=rank)


def _value(key: str, value: Any) -> Any:
    match key:
        case "sign":
            return Sign(value)
        case "tier":
            return Tier(value)
        case "lever":
            return Lever(value)
        case "patterns" | "exceptions":
            return tuple(Pattern.parse(text) for text in value)
        case "names":
            return tuple(name.encode() for name in value)
    return tuple(value) if isinstance(value, list) else value
