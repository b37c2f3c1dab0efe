"""Kinds of files that nothing reads unless it names them (``kinds.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from msgspec import Struct


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("slugtrim.suggester").joinpath("kinds.toml").read_text("utf-8"))


class Kind(Struct, frozen=True, kw_only=True):
    """Files by their extensions."""

    id: str
    category: str
    extensions: frozenset[bytes]
    reason: str


@cache
def conventional() -> frozenset[bytes]:
    """Names without their extensions that frameworks look for: nothing need mention such a file."""
    return frozenset(_data()["conventional"].encode("ascii").split())


def is_text(path: bytes) -> bool:
    """Whether the file is a text that pages may be made of."""
    return path.lower().endswith((b".md", b".markdown", b".rst", b".adoc", b".tex"))


@cache
def kinds() -> Mapping[bytes, Kind]:
    """Extension, in lower case and without its dot, to its kind."""
    found = {}
    for row in _data()["kind"]:
        extensions = frozenset(row["extensions"].encode("ascii").split())
        kind = Kind(id=row["id"], category=row["category"], extensions=extensions, reason=row["reason"])
        found.update(dict.fromkeys(extensions, kind))
    return found
