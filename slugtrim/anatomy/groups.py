"""Which group each path is in, by the names in ``groups.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from slugtrim.anatomy.record import Origin
from slugtrim.anatomy.walking import Walk
from slugtrim.suggester.matching import Pattern


class GroupRule(Struct, frozen=True, kw_only=True):
    """A row of ``groups.toml``."""

    id: str
    name: str
    origin: Origin
    patterns: tuple[Pattern, ...]
    packages: str | None = None
    """How its packages are told apart; None where it has none."""
    beside: tuple[bytes, ...] = ()
    """One of these must lie in the directory in which what a pattern names begins."""
    without: tuple[bytes, ...] = ()
    """None of these may."""
    rank: int = 0
    """Of several rows that name a path, that of the lowest rank has it."""


@cache
def group_rules() -> tuple[GroupRule, ...]:
    """The rows, read once."""
    with open(os.path.join(os.path.dirname(__file__), "groups.toml"), "rb") as file:
        return from_data(tomllib.load(file))


def from_data(data: Mapping[str, Any]) -> tuple[GroupRule, ...]:
    """The rows in the data of a TOML file. Raises ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
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
    """Tells the group of each path of one slug."""

    def __init__(self, paths: Collection[bytes]) -> None:
        """``paths``: those of all files of the slug; membership must be fast."""
        self._paths = paths
        self._rules = group_rules()
        self._rest = self._rules[-1]
        self._walk: Walk[tuple[GroupRule, int]] = Walk(
            ((rule, len(pattern.parts)), (pattern,)) for rule in self._rules for pattern in rule.patterns
        )
        self._holds: dict[tuple[int, bytes], bool] = {}

    def of(self, path: bytes) -> GroupRule:
        """The group that ``path`` is in."""
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
