"""What of a file's text speaks at build and run time: without comments, and without what only development reads.

Everything else is blanked; line numbers stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

_HASH = frozenset(
    b"py rb rake gemspec ru erb yml yaml toml sh bash zsh ex exs pl r cfg ini conf env mk tf properties in".split()
)
_SLASH = frozenset(
    b"js jsx ts tsx mjs cjs vue svelte java kt kts gradle scala sbt go c h css scss sass less php".split()
)
_MARKUP = frozenset(b"html htm xml vue svelte erb ejs hbs haml pug slim jinja jinja2 j2 twig php md mdx".split())
_MARKDOWN = frozenset(b"md markdown mdx rst".split())

# What Go embeds and what Sprockets requires is written in comments.
_HASH_COMMENT = re.compile(rb"(?m)^[ \t]*#(?![=!]).*$|(?<=[ \t])#[ \t][^'\"\n]*$")
_SLASH_COMMENT = re.compile(
    rb"(?m)(?:^|(?<=[\s;,{}()]))//(?!go:embed|=).*$|(?:^|(?<=[\s;,{(]))/\*(?![^\n]*\n?[ *]*=)(?s:.*?)\*/"
)
_MARKUP_COMMENT = re.compile(rb"(?s)<!--.*?-->|<%#.*?%>|\{#.*?#\}")
_DOCSTRING = re.compile(rb"(?ms)^[ \t]*[rRuUbB]?(\"\"\"|''').*?\1[ \t]*$")
_URL = re.compile(rb"\b(?!sqlite:)[A-Za-z]+://[^\s\"'<>)`]+")
_LINK = re.compile(rb"\]\([^)\n]*\)|\b(?:src|href|include|image|figure)\s*=?:?:?\s*[\"']?[^\s\"'>]+|^import .*$", re.M)
_LEFT_ASIDE = re.compile(
    rb"""["']?\b(?:exclude\w*|ignore\w*|\w+Ignore\w*|\w*_ignore\w*|omit)["']?\s*[:=]\s*(?:\[[^\]]*\]|\{[^}]*\})"""
)
_COLLECTED = re.compile(rb"(?m)^[ \t]*(?:STATIC_ROOT|TEST_RUNNER)[ \t]*=.*$")
_ROUTE = re.compile(
    rb"""(?:@\w+\.|\b(?:app|router|server|fastify|api|Route::|bp|blueprint)(?:\.|(?<=::)))"""
    rb"""(?:get|post|put|patch|delete|route|websocket|api_route|all|head|options)\([ \t\n]*(["'`])/[^"'`\n]*\1"""
)
"""A path of the application's own address, not of a file."""
_EVENT = re.compile(
    rb"""\.(?:on|once|off|emit|trigger|(?:add|remove)(?:Event)?Listener|dispatch)\([ \t\n]*(["'`])[\w:.-]+\1"""
)
_WRITTEN = re.compile(
    rb"""(?:\.dest|\bdel(?:\.sync)?|\brimraf(?:\.sync)?|\b(?:rmdir|rm|unlink)Sync|\brmtree|\brm_rf?|\bos\.remove)"""
    rb"""\([ \t\n]*\[?(?:[ \t\n]*(["'`])[^"'`\n]*\1[ \t\n]*,?)+"""
)
"""What is only written to, or taken away."""
_TAKEN_AWAY = (
    b".dest(",
    b"del(",
    b"del.sync(",
    b"rimraf",
    b"rmdirSync",
    b"rmSync",
    b"unlinkSync",
    b"rmtree",
    b"rm_r",
    b"os.remove(",
)
_SETTINGS = frozenset(b"json json5 jsonc js cjs mjs ts toml yml yaml".split())
_TASKS = frozenset([b"rake", b"rb", b"exs", b""])
_SECTION = re.compile(rb"(?m)^\[+[ \t]*([^\]\n]+?)[ \t]*\]+.*$")
_TOOL = re.compile(
    rb"(?:tool[.:])?(?:pytest|ruff|mypy|coverage|black|isort|flake8|pylint|pycodestyle|pydocstyle|tox|bandit|pyright"
    rb"|commitizen|bumpversion|aliases|semantic_release|towncrier|codespell|slugtrim|djlint|vulture|nose)\b"
)
_TEST_ONLY = re.compile(
    rb"(?m)^.*(?:elixirc_paths\(:test\)|TestTask|RSpec::Core::RakeTask|\.pattern\s*=|test_files\b|\bg\.\w+"
    rb"|TestUnit::Runner|\brake_run\b|^[ \t]*\"?test(?:\.\w+)?\"?:[ \t]*\[).*$"
)

_SCRIPTS = frozenset(b"js jsx ts tsx mjs cjs vue svelte".split())
_ANY = frozenset([b"", b"rst"]) | _HASH | _SLASH | _MARKUP | _SETTINGS
_SILENT = (
    (frozenset([b"py", b"pyi"]), (b'"""', b"'''"), _DOCSTRING),
    (frozenset([b"py"]), (b"STATIC_ROOT", b"TEST_RUNNER"), _COLLECTED),  # collectstatic writes there
    (_ANY, (b"://",), _URL),
    (_HASH | {b""}, (b"#",), _HASH_COMMENT),
    (_SLASH, (b"//", b"/*"), _SLASH_COMMENT),
    (_MARKUP, (b"<!--", b"<%#", b"{#"), _MARKUP_COMMENT),
    (_SCRIPTS | {b"py", b"php"}, (b".get(", b".post(", b".route(", b".delete(", b".put(", b"::get("), _ROUTE),
    (_SCRIPTS, (b".on", b".off", b".emit", b".trigger", b"istener(", b".dispatch("), _EVENT),
    (_SCRIPTS | _TASKS | {b"py"}, _TAKEN_AWAY, _WRITTEN),
    (_SETTINGS, (b"xclude", b"gnore", b"omit"), _LEFT_ASIDE),
    (_TASKS, (b"elixirc_paths", b"Task", b".pattern", b"test_files", b"g.", b"rake_run", b"test"), _TEST_ONLY),
)
"""Extensions, what has to be in the text, and what is blanked then, in this order."""

_DEPLOY_SCRIPTS = frozenset(
    "start build heroku-prebuild heroku-postbuild heroku-cleanup preinstall install postinstall prepare preprepare "
    "postprepare prebuild postbuild prestart poststart".split()
)
_PACKAGE_KEYS = (
    "main module browser bin exports imports types workspaces dependencies optionalDependencies devDependencies prisma "
    "next nuxt config sass style assets overrides resolutions pnpm man pkg engines packageManager cacheDirectories "
    "browserify alias _moduleAliases"
).split()


def speaking(path: bytes, text: bytes) -> bytes:
    """``text`` with what does not speak blanked; ``path`` tells the language."""
    name = path.rpartition(b"/")[2]
    special = _SPECIAL.get(name)
    if special is not None:
        return special(text)
    extension = name.rpartition(b".")[2].lower() if b"." in name else b""
    if extension in _MARKDOWN:
        return _URL.sub(_blank, _only(_LINK, text))
    if extension in (b"toml", b"cfg", b"ini"):
        text = _without_tools(text)
    for kinds, marks, what in _SILENT:
        # A look for the marks is ten times as fast as the expression.
        if extension in kinds and any(mark in text for mark in marks):
            text = what.sub(_blank, text)
    return text


def _blank(match: re.Match[bytes]) -> bytes:
    return b"\n" * match[0].count(b"\n")


def _only(kept: re.Pattern[bytes], text: bytes) -> bytes:
    """What matches, each on the line where it stands."""
    lines: list[bytes] = []
    for match in kept.finditer(text):
        line = text.count(b"\n", 0, match.start())
        lines.extend(b"" for _ in range(line - len(lines) + 1))
        lines[line] += b" " + match[0].replace(b"\n", b" ")
    return b"\n".join(lines)


def _without_tools(text: bytes) -> bytes:
    """A settings file without the sections of tools that no deploy runs."""
    headers = [*_SECTION.finditer(text)]
    if not headers:
        return text
    ends = [*(header.start() for header in headers[1:]), len(text)]
    for header, end in reversed(list(zip(headers, ends, strict=True))):
        if _TOOL.match(header[1]):
            text = text[: header.start()] + b"\n" * text.count(b"\n", header.start(), end) + text[end:]
    return text


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


_SPECIAL: dict[bytes, Callable[[bytes], bytes]] = {
    b"package.json": _package_json,
    b"app.json": _app_json,
    b"composer.json": _composer_json,
}


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
    return _URL.sub(_blank, b"\n".join(lines))
