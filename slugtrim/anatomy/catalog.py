"""What a compiled slug holds: the records, the groups (``groups.toml``), and waste with its cures (``waste.toml``)."""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.catalog import Node, Pattern
from slugtrim.suggester.records import Tier

T = TypeVar("T")

_DEPTH = 32
"""Depth up to which every directory is remembered; below, only those that hold a file."""


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
    return tuple(WasteRule(**_values(row), rank=rank) for rank, row in enumerate(data["waste"]))


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, value) for key, value in row.items()}


def _value(key: str, value: Any) -> Any:
    match key:
        case "origin":
            return Origin(value)
        case "sign":
            return Sign(value)
        case "tier":
            return Tier(value)
        case "lever":
            return Lever(value)
        case "patterns" | "exceptions":
            return tuple(Pattern.parse(text) for text in value)
        case "names" | "beside" | "without" | "lacks":
            return tuple(name.encode() for name in value)
    return tuple(value) if isinstance(value, list) else value


class _Spot(NamedTuple, Generic[T]):
    """A directory on the way to a file."""

    anchored: list[Node[T]]
    """Nodes of patterns that go on with the next name."""
    named: tuple[tuple[T, bytes], ...]
    """What names this directory or a parent, and which of them."""


class Walk(Generic[T]):
    """Matches paths against patterns, each with a value."""

    def __init__(self, rules: Iterable[tuple[T, Sequence[Pattern]]]) -> None:
        self._top: Node[T] = Node()
        self._anywhere: Node[T] = Node()
        for value, patterns in rules:
            for pattern in patterns:
                (self._top if pattern.anchored else self._anywhere).add(pattern, value)
        self._spots: dict[tuple[bytes, int], _Spot[T]] = {}
        self._ways: dict[int, list[tuple[bytes, _Spot[T]]]] = defaultdict(list)
        """For each length of the root, the directories from the root to the one examined last."""

    def named(self, path: bytes, root: bytes = b"") -> Sequence[tuple[T, bytes]]:
        """Return the values of all patterns that match ``path`` or a parent, each with the path that matches.

        ``root`` is a parent of ``path``, or empty: anchored patterns begin there, and nothing above it counts.
        """
        directory, _, name = path.rpartition(b"/")
        spot = self._spot(directory, root)
        nodes = self._after(spot, name.lower())
        if not any(node.marks for node in nodes):
            return spot.named
        here = [(value, path) for node in nodes for value, only_directories in node.marks if not only_directories]
        return (*spot.named, *here)

    def _spot(self, directory: bytes, root: bytes) -> _Spot[T]:
        # Iterative, from the nearest known directory: a path may be deeper than Python's recursion limit.
        key = directory, len(root)
        if key in self._spots:
            return self._spots[key]
        way = self._ways[len(root)]
        while way and not directory.startswith(way[-1][0] + b"/"):
            way.pop()
        above = way[-1][0] if way else None
        missing = []
        while key not in self._spots and key[0] != above:
            if len(key[0]) <= len(root):
                self._spots[key] = _Spot([self._top], ())
                break
            missing.append(key)
            key = key[0].rpartition(b"/")[0], len(root)
        spot = way[-1][1] if way and key[0] == above else self._spots[key]
        for key in reversed(missing):
            path = key[0]
            nodes = self._after(spot, path.rpartition(b"/")[2].lower())
            here = tuple((value, path) for node in nodes for value, _ in node.marks)
            going_on = [node for node in nodes if node.has_children]
            spot = _Spot(going_on, spot.named + here if here else spot.named)
            if key is missing[0] or path.count(b"/") < _DEPTH:
                self._spots[key] = spot
            way.append((path, spot))
        return spot

    def _after(self, spot: _Spot[T], name: bytes) -> list[Node[T]]:
        return [after for node in (self._anywhere, *spot.anchored) for after in node.after(name)]


class GroupRule(Struct, frozen=True, kw_only=True):
    """A row of ``groups.toml``."""

    id: str
    name: str
    origin: Origin
    patterns: tuple[Pattern, ...]
    packages: str | None = None
    """How its packages are told apart; None if it has no packages."""
    beside: tuple[bytes, ...] = ()
    """One of these names must be in the directory where a match begins."""
    without: tuple[bytes, ...] = ()
    """None of these names may be there."""
    rank: int = 0
    """If several rows match a path, the one with the lowest rank counts."""


@cache
def group_rules() -> tuple[GroupRule, ...]:
    """Return the rows, read once."""
    with open(os.path.join(os.path.dirname(__file__), "groups.toml"), "rb") as file:
        return groups_from_data(tomllib.load(file))


def groups_from_data(data: Mapping[str, Any]) -> tuple[GroupRule, ...]:
    """Return the rows in a TOML file's data. Raise ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
    return tuple(GroupRule(**_values(row), rank=rank) for rank, row in enumerate(data["group"]))


class Groups:
    """Finds the group of each path of one slug."""

    def __init__(self, paths: Collection[bytes]) -> None:
        """``paths`` are those of all files of the slug, in a container with fast membership."""
        self._paths = paths
        self._rules = group_rules()
        self._rest = self._rules[-1]
        self._walk: Walk[tuple[GroupRule, int]] = Walk(
            ((rule, len(pattern.parts)), (pattern,)) for rule in self._rules for pattern in rule.patterns
        )
        self._holds: dict[tuple[int, bytes], bool] = {}

    def of(self, path: bytes) -> GroupRule:
        """Return the group of ``path``."""
        best = self._rest
        for (rule, parts), named in self._walk.named(path):
            if rule.rank < best.rank and self._is_so(rule, _above(named, parts)):
                best = rule
        return best

    def _is_so(self, rule: GroupRule, parent: bytes) -> bool:
        if not rule.beside and not rule.without:
            return True
        key = rule.rank, parent
        if key not in self._holds:
            at = parent + b"/" if parent else b""
            beside = not rule.beside or any(at + name in self._paths for name in rule.beside)
            self._holds[key] = beside and not any(at + name in self._paths for name in rule.without)
        return self._holds[key]


def _above(path: bytes, parts: int) -> bytes:
    for _ in range(parts):
        path = path.rpartition(b"/")[0]
    return path
