"""Kinds of files that nothing reads unless it names them (``kinds.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from slugtrim.suggester.tables import Made, read_table


class Kind(Struct, frozen=True, kw_only=True):
    """Files by their extensions."""

    id: str
    category: str
    extensions: frozenset[bytes]
    reason: str


class KindTable(Struct, frozen=True):
    """The whole of ``kinds.toml``."""

    conventional: frozenset[bytes]
    kinds: tuple[Kind, ...]


@cache
def _table() -> KindTable:
    return read_table("kinds", Made[KindTable], from_data)


def from_data(data: Mapping[str, Any]) -> KindTable:
    """Return the table in the data of a TOML file."""
    found = tuple(Kind(**{**row, "extensions": _words(row["extensions"])}) for row in data["kind"])
    return KindTable(_words(data["conventional"]), found)


def _words(text: str) -> frozenset[bytes]:
    return frozenset(text.encode("ascii").split())


def conventional() -> frozenset[bytes]:
    """Names without their extensions that frameworks look for: nothing need mention such a file."""
    return _table().conventional


def is_text(path: bytes) -> bool:
    """Whether the file is a text that pages may be made of."""
    return path.lower().endswith((b".md", b".markdown", b".rst", b".adoc", b".tex"))


@cache
def kinds() -> Mapping[bytes, Kind]:
    """Extension, in lower case and without its dot, to its kind."""
    return {extension: kind for kind in _table().kinds for extension in kind.extensions}
