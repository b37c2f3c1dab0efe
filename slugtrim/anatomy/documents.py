"""What packages say of themselves: manifests, lock files, lists of installed files. All of it is a stranger's.

Each function takes a whole document and returns what is of use in it; None where it is not what its name says.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct


class Manifest(Struct, frozen=True, kw_only=True):
    """A ``package.json``."""

    name: str | None
    version: str | None
    runs_with: frozenset[str]
    """Names of the packages that it needs when it runs, those it may do without included."""
    developed_with: frozenset[str]


class Composed(Struct, frozen=True, kw_only=True):
    """A package of ``vendor/composer/installed.json``."""

    name: str
    version: str
    is_development: bool


class Metadata(Struct, frozen=True, kw_only=True):
    """Name and version of a Python distribution."""

    name: str
    version: str


def read_manifest(content: bytes) -> Manifest | None:
    """A ``package.json``."""
    data = _object(content)
    if data is None:
        return None
    needed = ("dependencies", "optionalDependencies", "peerDependencies")
    return Manifest(
        name=_text(data.get("name")),
        version=_text(data.get("version")),
        runs_with=frozenset(name for key in needed for name in _keys(data.get(key))),
        developed_with=frozenset(_keys(data.get("devDependencies"))),
    )


def read_hidden_lock(content: bytes) -> frozenset[bytes] | None:
    """Of npm's ``node_modules/.package-lock.json``: the directories of packages that only development needs.

    They are relative to the directory that holds ``node_modules``
    (https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json#hidden-lockfiles).
    """
    data = _object(content)
    packages = data.get("packages") if data is not None else None
    if not isinstance(packages, dict):
        return None
    return frozenset(
        path.encode("utf-8", "surrogateescape")
        for path, about in packages.items()
        if isinstance(about, dict) and about.get("dev") is True
    )


def read_composer(content: bytes) -> tuple[Composed, ...] | None:
    """Composer's ``installed.json``."""
    data = _object(content)
    rows = data.get("packages") if data is not None else None
    if data is None or not isinstance(rows, list):
        return None
    development = set(_texts(data.get("dev-package-names")))
    found = []
    for row in rows:
        name = _text(row.get("name")) if isinstance(row, dict) else None
        if name is not None:
            version = _text(row.get("version")) or ""
            found.append(Composed(name=name, version=version, is_development=name in development))
    return tuple(found)


def read_metadata(content: bytes) -> Metadata | None:
    """``METADATA`` or ``PKG-INFO``: fields as in mail, up to the first empty line."""
    fields: dict[str, str] = {}
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        if not line:
            break
        key, colon, value = line.partition(":")
        if colon and key.lower() in ("name", "version"):
            fields.setdefault(key.lower(), value.strip())
    if not fields.get("name"):
        return None
    return Metadata(name=fields["name"], version=fields.get("version", ""))


def read_record(content: bytes) -> tuple[str, ...] | None:
    """``RECORD``: the paths of a distribution's files, from the directory it is installed in.

    (https://packaging.python.org/en/latest/specifications/recording-installed-packages/)
    """
    try:
        rows = csv.reader(content.decode("utf-8", "surrogateescape").splitlines())
        return tuple(row[0] for row in rows if row)
    except csv.Error:
        return None


def read_lines(content: bytes) -> tuple[str, ...]:
    """``top_level.txt``, ``installed-files.txt``: a name on each line."""
    return tuple(line.strip() for line in content.decode("utf-8", "surrogateescape").splitlines() if line.strip())


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(values: object) -> Iterable[str]:
    return (value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _keys(value: object) -> Iterable[str]:
    return value if isinstance(value, dict) else ()
