"""Members of workspaces and umbrellas: their manifests are read whenever the root's is."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import tomllib
from collections.abc import Iterator

from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, joined

_LISTED = re.compile(r"^[ \t]*-[ \t]*['\"]?([^'\"\n#!]+?)['\"]?[ \t]*$", re.MULTILINE)
_USED = re.compile(r"^[ \t]*(?:use[ \t]+)?(\.{1,2}/[\w./-]+)[ \t]*$", re.MULTILINE)
_WORKSPACE = re.compile(
    r"(?:\byarn workspace|\bnpm\b.{0,80}?(?:-w|--workspace)|--filter|-F|--scope|--package)[ =]+['\"]?([@\w./-]+)"
)
_APPS = re.compile(r"\bapps_path:\s*\"([^\"]+)\"")


def workspace_references(repository: Repository, path: str) -> References:
    """The manifest of each member, whether or not anything imports it."""
    directory, name = posixpath.split(path)
    reading = {
        "package.json": ("package.json", _of_npm),
        "lerna.json": ("package.json", _of_lerna),
        "pnpm-workspace.yaml": ("package.json", lambda _, text, __: _LISTED.findall(text)),
        "Cargo.toml": ("Cargo.toml", _of_cargo),
        "pyproject.toml": ("pyproject.toml", _of_uv),
        "go.work": ("go.mod", lambda _, text, __: _USED.findall(text)),
        "mix.exs": ("mix.exs", lambda _, text, __: [f"{each}/*" for each in _APPS.findall(text)]),
    }.get(name)
    if reading is None:
        return
    manifest, read = reading
    text = repository.text(path)
    lines = Lines(text, Kind.MANIFEST)
    for pattern in read(repository, text, path):
        wanted = joined(directory, pattern.rstrip("/"))
        for member in repository.named(manifest) if wanted else ():
            at = posixpath.dirname(member)
            if at != directory and "node_modules/" not in member and _is_member(at, wanted or ""):
                yield lines.at(max(text.find(pattern), 0), f"{pattern} {member}", [member])


def _is_member(directory: str, pattern: str) -> bool:
    same_depth = "**" in pattern or directory.count("/") == pattern.count("/")
    return same_depth and fnmatch.fnmatchcase(directory, pattern)


def _of_npm(repository: Repository, _: str, path: str) -> list[str]:
    found = repository.json(path).get("workspaces")
    return _strings(found.get("packages") if isinstance(found, dict) else found)


def _of_lerna(repository: Repository, _: str, path: str) -> list[str]:
    return _strings(repository.json(path).get("packages"))


def _of_cargo(_: Repository, text: str, __: str) -> list[str]:
    return _strings(_table(text, "workspace", "members"))


def _of_uv(_: Repository, text: str, __: str) -> list[str]:
    return _strings(_table(text, "tool", "uv", "workspace", "members"))


def _table(text: str, *keys: str) -> object:
    try:
        found: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _strings(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def members_named(repository: Repository, command: str) -> Iterator[tuple[str, str]]:
    """Workspaces that a command line names: `yarn workspace client build`, `npm -w api start`."""
    pattern = (
        r"(?:\byarn workspace|\bnpm\b.{0,80}?(?:-w|--workspace)|--filter|-F|--scope|--package)[ =]+['\"]?([@\w./-]+)"
    )
    for match in re.finditer(pattern, command):
        directory = repository.packages.get(match[1], match[1])
        if directory in repository.directories:
            yield match[1], posixpath.join(directory, "package.json")
