"""A build as one line of JSON, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from slugtrim.builds.record import Build, BuildOutcome, CommitOrigin, PrintedSize, SourcePart
from slugtrim.ignore import Dialect

SCHEMA = 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")  # fromisoformat takes more
_COMMIT = re.compile("[0-9a-f]{4,64}")
_MOST = 1 << 60
"""Above any size, so that no number of a damaged line is taken for one."""

_Kind = TypeVar("_Kind", bound=Enum)


class NoBuild(Exception):
    """A line is none that this version can use; the words say why."""


def encode(build: Build) -> bytes:
    """The line, with its newline. Names are text with surrogates for what is not UTF-8, which JSON escapes."""
    data = {
        "schema": SCHEMA,
        "date": build.date,
        "outcome": build.outcome.value,
        "slug_bytes": build.slug.size_bytes,
        "precision_bytes": build.slug.precision_bytes,
        "commit": build.commit,
        "commit_from": build.commit_origin.value,
        "assumed": build.is_assumed,
        "app": build.app,
        "target": build.target,
        "remote": build.remote,
        "release": build.release,
        "buildpacks": list(build.buildpacks),
        "deleting": build.deleting,
        "dialect": build.dialect.value,
        "sources": {dialect.value: [part.compressed_bytes, part.deleting] for dialect, part in build.sources.items()},
        "locks": {_text(path): _text(blob) for path, blob in build.locks.items()},
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Build:
    """The build. Raises ``NoBuild``."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise NoBuild("is not JSON") from None
    if not isinstance(data, dict) or type(data.get("schema")) is not int:
        raise NoBuild("is no build")
    if data["schema"] > SCHEMA:
        raise NoBuild(f"is of a newer slugtrim (schema {min(data['schema'], _MOST)})")
    try:
        return _build(data)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise NoBuild("is no build") from None


def _build(data: Mapping[str, Any]) -> Build:
    datetime.fromisoformat(data["date"])
    size = PrintedSize(size_bytes=_number(data["slug_bytes"]), precision_bytes=_number(data["precision_bytes"]))
    return Build(
        date=_matching(_DATE, data["date"]),
        outcome=_member(BuildOutcome, data["outcome"]),
        slug=size,
        commit=None if data["commit"] is None else _matching(_COMMIT, data["commit"]),
        commit_origin=_member(CommitOrigin, data["commit_from"]),
        is_assumed=data["assumed"] is True,
        app=_name(data["app"]),
        target=_name(data["target"]),
        remote=_name(data["remote"]),
        release=None if data["release"] is None else _number(data["release"]),
        buildpacks=tuple(name for name in map(_name, data["buildpacks"]) if name is not None),
        deleting=None if data["deleting"] is None else _number(data["deleting"]),
        dialect=_member(Dialect, data["dialect"]),
        sources={
            _member(Dialect, name): SourcePart(compressed_bytes=_number(size), deleting=_number(deleting))
            for name, (size, deleting) in data["sources"].items()
        },
        locks={_bytes(path): _bytes(blob) for path, blob in data["locks"].items()},
    )


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError
    return value


def _name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError
    return value


def _member(kind: type[_Kind], value: Any) -> _Kind:
    return kind(value)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
