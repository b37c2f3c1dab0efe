"""What a manifest in JSON says that speaks at build and run time, each string on the line where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

_DEPLOY_SCRIPTS = frozenset(
    "start build heroku-prebuild heroku-postbuild heroku-cleanup preinstall install postinstall prepare preprepare "
    "postprepare prebuild postbuild prestart poststart".split()
)
_PACKAGE_KEYS = (
    "main module browser bin exports imports types workspaces dependencies optionalDependencies devDependencies prisma "
    "next nuxt config sass style assets overrides resolutions pnpm man pkg engines packageManager cacheDirectories "
    "browserify alias _moduleAliases"
).split()


_CALLERS = frozenset(b"Procfile app.json heroku.yml Makefile Dockerfile .profile Rakefile package.json".split())
_CALL = re.compile(rb"\b(?:npm|yarn|pnpm|bun|npx)\b([^\n;&|\"'`]*)")
"""A package manager's call, with the words behind it."""


def may_call(path: bytes) -> bool:
    """Whether the file may run scripts of a ``package.json`` by name, at build or at run time."""
    name = path.rpartition(b"/")[2]
    in_bin = path.startswith(b"bin/")
    return (name in _CALLERS or in_bin or name.endswith((b".sh", b".rake"))) and b"node_modules/" not in path


def is_package_json(path: bytes) -> bool:
    """Whether the file has scripts to call."""
    return path.rpartition(b"/")[2] == b"package.json"


def called_scripts(texts: Mapping[bytes, bytes]) -> frozenset[str]:
    """Names that may be those of scripts which a deploy runs: what the texts call, and what such scripts call in turn.

    ``texts`` are those of the files that ``may_call``, by path. A script of one project may call one of another.
    """
    manifests = [path for path in texts if is_package_json(path)]
    called = {name for path, text in texts.items() if path not in manifests for name in _calls(text)}
    scripts = [_scripts(_object(texts[path]) or {}) for path in manifests]
    before = None
    while called != before:
        before = set(called)
        for each in scripts:
            called.update(name for command in _deploy_scripts(each, before) for name in _calls(command.encode()))
    return frozenset(called)


def _calls(text: bytes) -> Iterator[str]:
    for match in _CALL.finditer(text):
        yield from match[1].decode("utf-8", "replace").split()


def _package_json(text: bytes, called: Collection[str]) -> bytes:
    data = _object(text)
    if data is None:
        return text
    said = [*_strings({key: data[key] for key in _PACKAGE_KEYS if key in data})]
    return _placed([*said, *_deploy_scripts(_scripts(data), called)], text)


def _scripts(manifest: Mapping[str, Any]) -> dict[str, str]:
    scripts = manifest.get("scripts")
    found = scripts.items() if isinstance(scripts, dict) else ()
    return {name: command for name, command in found if isinstance(command, str)}


def _deploy_scripts(scripts: Mapping[str, str], called: Collection[str]) -> Iterator[str]:
    """The commands that a deploy runs, and those that they run in turn: npm, yarn and a dozen others call by name."""
    waiting = [name for name in scripts if name in _DEPLOY_SCRIPTS or name in called]
    seen = set(waiting)
    while waiting:
        command = scripts[waiting.pop()]
        yield command
        words = {word.strip("'\"").removeprefix("npm:") for word in command.split()}
        for name in scripts:
            plain = name.removeprefix("pre").removeprefix("post")
            if name not in seen and any(fnmatchcase(plain, word) or fnmatchcase(name, word) for word in words):
                seen.add(name)
                waiting.append(name)


def _app_json(text: bytes, called: Collection[str]) -> bytes:
    data = _object(text)
    if data is None:
        return text
    environments = data.get("environments")
    if isinstance(environments, dict):
        data["environments"] = {name: value for name, value in environments.items() if name != "test"}
    said = [*_strings({key: data[key] for key in ("scripts", "environments", "buildpacks") if key in data})]
    env = data.get("env")
    return _placed([*said, *(env if isinstance(env, dict) else ())], text)


def _composer_json(text: bytes, called: Collection[str]) -> bytes:
    data = _object(text)
    if data is None:
        return text
    for key in ("autoload-dev", "require-dev", "description", "keywords", "homepage", "support"):
        data.pop(key, None)
    return _placed(_strings(data), text)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _strings(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _placed(said: Iterable[str], text: bytes) -> bytes:
    """The strings, each on the line of the JSON where it stands (on the first where it is written with escapes)."""
    lines = [b""] * (text.count(b"\n") + 1)
    for string in said:
        written = json.dumps(string, ensure_ascii=False).encode("utf-8", "surrogatepass")
        at = text.find(written)
        line = text.count(b"\n", 0, at) if at >= 0 else 0
        lines[line] += b" " + string.encode("utf-8", "surrogatepass").replace(b"\n", b" ") + b" "
    return b"\n".join(lines)


MANIFESTS: dict[bytes, Callable[[bytes, Collection[str]], bytes]] = {
    b"package.json": _package_json,
    b"app.json": _app_json,
    b"composer.json": _composer_json,
}
"""How what speaks in each is found, by the name of the file, with the scripts that are called."""
