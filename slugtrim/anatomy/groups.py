"""Find the group of each path by the names in ``groups.toml``."""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.anatomy.catalog import Origin
from slugtrim.suggester.catalog import Node, Pattern

T = TypeVar("T")

_DEPTH = 32
"""Depth up to which every directory is remembered; below, only those that hold a file."""


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
        return from_data(tomllib.load(file))


def from_data(data: Mapping[str, Any]) -> tuple[GroupRule, ...]:
    """Return the rows in a TOML file's data. Raise ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
    return tuple(_rule(rank, row) for rank, row in enumerate(data["group"]))


def _rule(rank: int, row: Mapping[str, Any]) -> GroupRule:
    read: dict[str, Any] = {
        "origin": Origin(row["origin"]),
        "patterns": tuple(Pattern.parse(text) for text in row["patterns"]),
        "beside": tuple(name.encode() for name in row.get("beside", ())),
        "without": tuple(name.encode() for name in row.get("without", ())),
    }
    return GroupRule(**{**row, **read}, rank=rank)


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
