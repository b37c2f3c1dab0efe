"""Files that command lines name: `Procfile`, scripts of `app.json` and `package.json`, shell scripts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from tests.broken_references.javascript import forms
from tests.broken_references.python_code import module_files
from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, joined
from tests.broken_references.workspaces import members_named

_AT_DEPLOY = re.compile(r"(pre|post)?(install|build|start)|heroku-(pre|post)build|heroku-cleanup|(pre|post)?prepare")
_ENTERED = re.compile(r"(?:\bcd|--chdir|--prefix|--cwd|--directory|-C|--app-dir)[\s=]+['\"]?([\w./-]+)")
_RUN = re.compile(r"\b(?:npm|yarn|pnpm|npm-run-all|run-s|run-p)\b((?:\s+[\w:.@/*-]+)+)")
_STARTED = re.compile(r"Procfile|app\.json|heroku\.yml|\.profile|bin/[^/]+")
_WORD = re.compile(r"[\w@%+=:,./-]+")


def procfile_references(repository: Repository, path: str) -> References:
    """Every process type."""
    text = repository.text(path)
    lines = Lines(text, Kind.COMMAND)
    for match in re.finditer(r"^[\w-]+:[ \t]*(.+)$", text, re.MULTILINE):
        for written, targets in named_by(repository, posixpath.dirname(path), match[1]):
            yield lines.at(match.start(1), written, targets)


def shell_references(repository: Repository, path: str) -> References:
    """A script of the build runs in the root; others also where they are."""
    text = repository.text(path)
    lines = Lines(text, Kind.COMMAND)
    for match in re.finditer(r"^[ \t]*([^#\s][^\n]*)$", text, re.MULTILINE):
        for directory in {"", posixpath.dirname(path)}:
            for written, targets in named_by(repository, directory, match[1]):
                if any("/" in target or "." in target for target in targets):
                    yield lines.at(match.start(1), written, targets)


def script_references(repository: Repository, path: str) -> References:
    """Scripts of `package.json` and `app.json`; apart are those that neither the platform nor these run."""
    manifest = repository.json(path)
    scripts = manifest.get("scripts")
    commands = scripts if isinstance(scripts, dict) else {}
    deployed = set(commands) if path.endswith("app.json") else _reached(commands, _called(repository))
    text = repository.text(path)
    lines = Lines(text, Kind.COMMAND)
    for name, command in commands.items():
        command = command.get("command", "") if isinstance(command, dict) else command
        for written, targets in named_by(repository, posixpath.dirname(path), str(command)):
            found = lines.at(max(text.find(f'"{name}"'), 0), f"{name}: {written}", targets)
            yield replace(found, at_deploy=name in deployed)


def named_by(repository: Repository, directory: str, command: str) -> Iterator[tuple[str, list[str]]]:
    """Words of a command line that are files or modules, with what they can mean."""
    inside = [joined(directory, match[1]) for match in _ENTERED.finditer(command)]
    command = re.sub(r"\bgit config [^&;|]*", "", command)
    places = [directory, *(place for place in inside if place)]
    for place in places[1:]:
        yield place, [place]
    for written, manifest in members_named(repository, command):
        yield written, [manifest]
    for word in _WORD.findall(command):
        word = word.rpartition("=")[2]
        targets: list[str] = []
        for place in places:
            base = joined(place, word.lstrip(":"))
            if base and re.search(r"\w", base):
                targets += forms(repository, base) if command.lstrip().startswith(("node", "nodemon")) else [base]
                module = re.match(r"[A-Za-z_][\w.]*(?=:|$)", word)
                if module and re.search(
                    r"\b(gunicorn|uvicorn|python3?|hypercorn|daphne|celery|flask|waitress)\b", command
                ):
                    targets += [
                        target
                        for target in module_files(repository, posixpath.join(place, "x"), module[0])
                        if target in repository.contents
                    ]
        if targets:
            yield word, targets


def _called(repository: Repository) -> set[str]:
    """Words behind a package manager in what the platform starts."""
    started = (path for path in repository.contents if _STARTED.fullmatch(path))
    return {word for path in started for match in _RUN.finditer(repository.text(path)) for word in match[1].split()}


def _reached(scripts: dict[str, object], called: set[str]) -> set[str]:
    reached = {name for name in scripts if _AT_DEPLOY.fullmatch(name) or name in called}
    waiting = list(reached)
    while waiting:
        for match in _RUN.finditer(str(scripts[waiting.pop()])):
            words = {word for word in match[1].split() if word in scripts}
            more = words | {each + word for word in words for each in ("pre", "post") if each + word in scripts}
            waiting += more - reached
            reached |= more
    return reached
