"""The records of what a compiled slug holds, and the catalog of waste with its cures (``waste.toml``)."""

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
from slugtrim.suggester.records import Tier


class Origin(Enum):
    """Where a file comes from."""

    APPLICATION = "application"
    """It was pushed."""
    BUILD = "build"
    """The build added it: runtimes, packages, and what it made of the source."""


class Lever(Enum):
    """How the application's owner removes a kind of waste."""

    SLUGIGNORE = "slugignore"
    """``.slugignore``: it applies before the build, so it affects only pushed files."""
    HOOK = "hook"
    """A script that runs at the end of the build."""
    SETTING = "setting"
    """A config var that a buildpack reads."""
    REQUIREMENT = "requirement"
    """A change in the list of dependencies."""
    BUILD = "build"
    """A setting of the application's build tools."""


class Bulk(Struct, frozen=True, kw_only=True):
    """The size of some files."""

    files: int = 0
    size_bytes: int = 0
    compressed_bytes: int = 0
    """Their share of the compressed slug."""

    @classmethod
    def of(cls, files: Iterable[File], shares: Mapping[bytes, int]) -> Bulk:
        """Return the size of these files together."""
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
    """The name in its metadata, else its directory. It may hold anything."""
    versions: tuple[str, ...]
    """The versions of all copies, sorted, each once; empty if unknown."""
    copies: int
    """Number of places where it is installed."""
    group: str
    """Id of its group."""
    bulk: Bulk
    paths: tuple[bytes, ...]
    """Where it is installed: directories, or single files (jars)."""


class Group(Struct, frozen=True, kw_only=True):
    """A part of the slug, such as "Python packages"."""

    id: str
    name: str
    origin: Origin
    bulk: Bulk
    packages: tuple[Package, ...]
    """Heaviest first; empty if the group has no packages."""


class WastePlace(Struct, frozen=True, kw_only=True):
    """A place with waste: a file, or a directory with the waste below it."""

    path: bytes
    saves: Bulk


class Waste(Struct, frozen=True, kw_only=True):
    """A kind of waste in the slug."""

    id: str
    tier: Tier
    lever: Lever
    reason: str
    """What it is, and why it is waste: one sentence without a full stop."""
    cure: str
    """What to do: one sentence without a full stop."""
    bulk: Bulk
    """The whole files that it is about."""
    saves: Bulk | None
    """What the cure saves, which may be a part of each file; None if only a trial can tell. A file counts as one kind
    of waste only.
    """
    places: tuple[WastePlace, ...]
    """Heaviest first."""


class Anatomy(Struct, frozen=True, kw_only=True):
    """The contents of a compiled slug."""

    groups: tuple[Group, ...]
    """Heaviest first. Each file is in exactly one group."""
    waste: tuple[Waste, ...]
    """Largest saving first, then those with an unknown saving."""

    def of_origin(self, origin: Origin) -> Bulk:
        """Return the size of all files of this origin."""
        return sum((group.bulk for group in self.groups if group.origin is origin), Bulk())

    def saves(self, tier: Tier) -> Bulk:
        """Return what all waste of a tier saves."""
        return sum((each.saves for each in self.waste if each.tier is tier and each.saves is not None), Bulk())


class Sign(Enum):
    """How a kind of waste is recognised."""

    NAMES = "names"
    """By names of directories and files: ``patterns``."""
    PACKAGES = "packages"
    """By names of packages."""
    DEVELOPMENT = "development"
    """A package manager installed it for development only."""
    BUILD_ONLY = "build-only"
    """Packages of a language that no process of the ``Procfile`` runs."""
    FOREIGN_BYTECODE = "foreign-bytecode"
    """Compiled Python that the slug's interpreter never loads."""
    OPTIMIZED_BYTECODE = "optimized-bytecode"
    """Compiled Python for ``python -O``."""
    BYTECODE = "bytecode"
    """Compiled Python whose source exists."""
    SYMBOLS = "symbols"
    """Sections that ``strip`` removes."""
    COPIES = "copies"
    """The same version of a package in several places."""
    RUBY_ABIS = "ruby-abis"
    """Libraries of a gem that were compiled for another Ruby than the slug's."""
    UNPACKED = "unpacked"
    """A zip file beside the directory that it was unpacked to."""
    IMAGES = "images"
    """Pictures with many bytes for each pixel."""
    OLD_FONTS = "old-fonts"
    """Fonts of which a WOFF2 file exists."""
    BESIDE_STANDALONE = "beside-standalone"
    """Packages beside a server of Next.js that has its own."""
    DUPLICATES = "duplicates"
    """Files of a group with the same content."""
    RIVALS = "rivals"
    """More than one of ``names`` in the root."""
    SOURCE = "source"
    """Source files that the suggester's catalog names."""


class WasteRule(Struct, frozen=True, kw_only=True):
    """A row of ``waste.toml``."""

    id: str
    sign: Sign
    tier: Tier
    lever: Lever
    reason: str
    cure: str
    groups: tuple[str, ...] = ()
    """Ids of the groups to search; empty for all."""
    patterns: tuple[Pattern, ...] = ()
    """In groups with packages, ``/name`` is in the root of a package (of ``site-packages`` for Python)."""
    exceptions: tuple[Pattern, ...] = ()
    unless_mentioned: bool = False
    """True if a cache is no waste that the application's own code mentions."""
    packages: tuple[str, ...] = ()
    """Names in lower case, with ``*`` for anything."""
    needs: tuple[str, ...] = ()
    """One of these packages must be installed as well."""
    beside: tuple[bytes, ...] = ()
    """A path of the slug must begin with one of these."""
    lacks: tuple[bytes, ...] = ()
    """No path of the slug may begin with one of these."""
    names: tuple[bytes, ...] = ()
    minimum_bytes: int = 0
    """Bytes of a file that must go at least."""
    remove: tuple[str, ...] = ()
    """How a script at the end of the build removes it (``removal``). Only safe waste has this."""
    requirement: str | None = None
    """The change of a list of requirements that removes it."""
    saves: bool = True
    """True if the cure removes all of it; False if only a trial tells what is saved."""
    rank: int = 0
    """If two rows find a file, the one with the lower rank counts."""


@cache
def waste_rules() -> tuple[WasteRule, ...]:
    """Return the rows, read once."""
    with open(os.path.join(os.path.dirname(__file__), "waste.toml"), "rb") as file:
        return from_data(tomllib.load(file))


def from_data(data: Mapping[str, Any]) -> tuple[WasteRule, ...]:
    """Return the rows in a TOML file's data. Raise ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
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
        case "names" | "beside" | "lacks":
            return tuple(name.encode() for name in value)
    return tuple(value) if isinstance(value, list) else value
