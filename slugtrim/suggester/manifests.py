"""What a manifest in JSON says that speaks at build and run time, each string on the line where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
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


def _package_json(text: bytes) -> bytes:
    data = _object(text)
    if data is None:
        return text
    said = [*_strings({key: data[key] for key in _PACKAGE_KEYS if key in data})]
    scripts = data.get("scripts")
    if isinstance(scripts, dict):
        said += _deploy_scripts({name: command for name, command in scripts.items() if isinstance(command, str)})
    return _placed(said, text)


def _deploy_scripts(scripts: dict[str, str]) -> Iterator[str]:
    """The commands that a deploy runs, and those that they run in turn: npm, yarn and a dozen others call by name."""
    waiting = [name for name in scripts if name in _DEPLOY_SCRIPTS]
    seen = set(waiting)
    while waiting:
        command = scripts[waiting.pop()]
        yield command
        called = {word.strip("'\"").removeprefix("npm:") for word in command.split()}
        for name in scripts:
            plain = name.removeprefix("pre").removeprefix("post")
            if name not in seen and any(fnmatchcase(plain, word) or fnmatchcase(name, word) for word in called):
                seen.add(name)
                waiting.append(name)


def _app_json(text: bytes) -> bytes:
    data = _object(text)
    if data is None:
        return text
    environments = data.get("environments")
    if isinstance(environments, dict):
        data["environments"] = {name: value for name, value in environments.items() if name != "test"}
    said = [*_strings({key: data[key] for key in ("scripts", "environments", "buildpacks") if key in data})]
    env = data.get("env")
    return _placed([*said, *(env if isinstance(env, dict) else ())], text)


def _composer_json(text: bytes) -> bytes:
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


MANIFESTS: dict[bytes, Callable[[bytes], bytes]] = {
    b"package.json": _package_json,
    b"app.json": _app_json,
    b"composer.json": _composer_json,
}
"""How what speaks in each is found, by the name of the file."""
