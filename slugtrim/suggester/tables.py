"""The tables of the suggester, as they are read at every start: each ``NAME.toml`` has a ``NAME.json`` made of it.

A row is added to the TOML file; ``python -m tests.test_suggester_tables`` makes the JSON anew. Until then the TOML file
itself is read, which takes 50 ms longer.
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # as in lean
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

NAMES = ("catalog", "roots", "kinds")


class Made(Struct, Generic[T], frozen=True):
    """A table, and the digest of the TOML file that it is made of."""

    digest: str
    table: T


def read_table(name: str, made: type[Made[T]], from_data: Callable[[Mapping[str, Any]], T]) -> T:
    """Return the table of this name; ``from_data`` makes it of the data of the TOML file."""
    source = table_content(f"{name}.toml")
    try:
        known = msgspec.json.decode(table_content(f"{name}.json"), type=made)
    except (OSError, msgspec.DecodeError):  # made by another version, or not yet
        known = None
    if known is not None and known.digest == table_digest(source):
        return known.table
    import tomllib  # 6 ms that tables which are made do without

    return from_data(tomllib.loads(source.decode("utf-8")))


def table_content(name: str) -> bytes:
    """Return a file of this directory."""
    with open(os.path.join(os.path.dirname(__file__), name), "rb") as file:
        return file.read()


def contents_digest() -> str:
    """Return what tells all TOML files from those of another version: kept advice depends on them. Takes 0.2 ms."""
    return table_digest(b"".join(map(table_content, (f"{name}.toml" for name in NAMES))))


def table_digest(source: bytes) -> str:
    """Return what tells one TOML file from another."""
    return blake2b(source, digest_size=16).hexdigest()
