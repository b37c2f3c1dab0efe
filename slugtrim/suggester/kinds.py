"""Kinds of files that nothing reads unless it names them (``kinds.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Files by their extensions."""

    id: str
    category: str
    extensions: frozenset[bytes]
    reason: str


@cache
def kinds() -> Mapping[bytes, Kind]:
    """Extension, in lower case and without its dot, to its kind."""
    text = resources.files("slugtrim.suggester").joinpath("kinds.toml").read_text("utf-8")
    found = {}
    for row in tomllib.loads(text)["kind"]:
        extensions = frozenset(row["extensions"].encode("ascii").split())
        kind = Kind(id=row["id"], category=row["category"], extensions=extensions, reason=row["reason"])
        found.update(dict.fromkeys(extensions, kind))
    return found
