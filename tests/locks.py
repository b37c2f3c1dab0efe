"""Applications as a mapping of files, for what buildpacks run and install."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from slugtrim.buildpacks.detection import dependencies, detected
from slugtrim.buildpacks.packages import Dependencies, Detected

Files = Mapping[str, str | bytes | Mapping[str, object]]
"""The content of each file. An object becomes JSON."""


def contents(files: Files) -> dict[bytes, bytes]:
    return {name.encode(): _content(value) for name, value in files.items()}


def _content(value: str | bytes | Mapping[str, object]) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def detect(files: Files, configured: Sequence[str] = ()) -> Detected:
    found = contents(files)
    return detected(found, found.get, configured)


def install(files: Files, configured: Sequence[str] = ()) -> Dependencies:
    """Return what the one buildpack that installs packages installs."""
    found = contents(files)
    (only,) = dependencies(detected(found, found.get, configured), found, found.get)
    return only


def kept(found: Dependencies) -> list[str]:
    """Return production packages as ``name@version``, sorted."""
    return sorted(f"{package.name}@{package.version}" for package in found.packages)


def dropped(found: Dependencies) -> list[str]:
    return sorted(f"{package.name}@{package.version}" for package in found.development)
