"""What is waste in a compiled slug, and the cure of each kind (``waste.toml``).

The data is trusted here; ``tests/test_anatomy_catalog.py`` says what is wrong with a row, and where.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from msgspec import Struct

from slugtrim.anatomy.record import Lever
from slugtrim.suggester.matching import Pattern
from slugtrim.suggester.record import Tier


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
