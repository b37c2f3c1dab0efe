"""The catalog: what usually can go, what never can, what is served, who reads without needing (``catalog.toml``).

The data is trusted here; ``tests/test_suggester_catalog.py`` says what is wrong with a row, and where.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct

from slugtrim.suggester.matching import Pattern
from slugtrim.suggester.record import Tier
from slugtrim.suggester.tables import Made, read_table

ALL = "all"
"""The ecosystem that every project is of."""

T = TypeVar("T")


class Delivery(Enum):
    """What becomes of the files in a directory that nobody names one by one."""

    SERVED = "served"
    """Sent to browsers, or put whole into a bundle."""
    LOADED = "loaded"
    """Loaded as code or templates; its media is named by whoever uses it."""


class Ecosystem(Struct, frozen=True, kw_only=True):
    """A language or framework, and how a project of it is recognised."""

    id: str
    name: str
    detected_by: tuple[Pattern, ...]
    detected_at_root_by: tuple[Pattern, ...] = ()
    """Names that tell of the slug's root only: what many a directory has one of."""
    """Names of files in the project's directory."""
    anywhere: bool = False
    """Such files tell of the whole slug, and make no project of the directory they are in."""


class Category(Struct, frozen=True, kw_only=True):
    """A kind of waste."""

    id: str
    name: str
    settled: bool = False
    """Only what the deploy reaches could need such files: nobody starts or loads them by hand."""


class CatalogRule(Struct, frozen=True, kw_only=True):
    """Names that usually can go."""

    id: str
    ecosystems: tuple[str, ...]
    tier: Tier
    category: str
    reason: str
    patterns: tuple[Pattern, ...] = ()
    holds: tuple[bytes, ...] = ()
    """Instead of a name: a directory that holds one of these paths."""
    exceptions: tuple[Pattern, ...] = ()
    minimum_bytes: int = 0
    """Of each file, or of a directory in all."""
    inside: tuple[Delivery, ...] = ()
    """Where it holds although the directory is served or loaded whole: there it is conditional at best."""
    advice: str | None = None
    """What to do beside leaving it out."""
    settled: bool | None = None
    """As the category's, where it differs."""
    only_files: bool = False
    """Its patterns name no directories: ``TODO`` is a text, ``todo/`` an application."""
    rank: int = 0
    """The rule of lower rank wins a file that two rules name: safe ones first, then as the data has them."""


class Needed(Struct, frozen=True, kw_only=True):
    """What a build or a start needs, whatever else happens."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    reason: str
    only_at_root: bool = False
    """Only in the root of the slug, not in that of every project."""
    unless_named: bool = False
    """Not below a directory that a rule names: tests and installed packages have such files of their own."""


class ServedWhole(Struct, frozen=True, kw_only=True):
    """Directories that a framework serves or loads whole."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    delivery: Delivery
    reason: str


class NotAReader(Struct, frozen=True, kw_only=True):
    """Files that may name a path although the running application does not read it."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    reason: str
    unless_called: bool = False
    """What a command of the deployed application calls by its path is a reader all the same."""
    only_files: bool = False
    """Its patterns name no directories."""


class Catalog(Struct, frozen=True, kw_only=True):
    """The whole of ``catalog.toml``, in its order."""

    ecosystems: tuple[Ecosystem, ...]
    foreign: frozenset[bytes]
    """Names, in lower case, of directories in which a manifest is not of a project of this application."""
    categories: tuple[Category, ...]
    rules: Mapping[str, CatalogRule]
    """By id."""
    needed: tuple[Needed, ...]
    served: tuple[ServedWhole, ...]
    not_a_reader: tuple[NotAReader, ...]


def is_settled(rule: str, category: str) -> bool:
    """Return True if a conditional file of this rule is safe once nothing that a deploy reaches needs it."""
    row = catalog().rules.get(rule)
    if row is not None and row.settled is not None:
        return row.settled
    return any(each.settled for each in catalog().categories if each.id == category)


@cache
def catalog() -> Catalog:
    """The catalog, read once."""
    return read_table("catalog", Made[Catalog], from_data)


def from_data(data: Mapping[str, Any]) -> Catalog:
    """The catalog in the data of a TOML file. Raises ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
    ranked = sorted(data["rule"], key=lambda row: row["tier"] != Tier.SAFE.value)
    ranks = {row["id"]: rank for rank, row in enumerate(ranked)}
    return Catalog(
        ecosystems=tuple(_record(Ecosystem, row) for row in data["ecosystem"]),
        foreign=frozenset(name.lower().encode() for name in data["foreign"]["names"]),
        categories=tuple(_record(Category, row) for row in data["category"]),
        rules={row["id"]: _record(CatalogRule, {**row, "rank": ranks[row["id"]]}) for row in data["rule"]},
        needed=tuple(_record(Needed, row) for row in data["needed"]),
        served=tuple(_record(ServedWhole, row) for row in data["served"]),
        not_a_reader=tuple(_record(NotAReader, row) for row in data["not_a_reader"]),
    )


_PATTERNS = ("detected_by", "detected_at_root_by", "patterns", "exceptions")


def _record(kind: type[T], row: Mapping[str, Any]) -> T:
    return kind(**{key: _value(key, value) for key, value in row.items()})


def _value(key: str, value: Any) -> Any:
    if key in _PATTERNS:
        return tuple(Pattern.parse(text) for text in value)
    if key == "holds":
        return tuple(text.encode() for text in value)
    match key:
        case "tier":
            return Tier(value)
        case "delivery":
            return Delivery(value)
        case "inside":
            return tuple(Delivery(each) for each in value)
        case "ecosystems":
            return tuple(value)
    return value
