"""References in manifests and settings: JSON, YAML, TOML, INI, Makefiles, Dockerfiles, shell scripts.

Each value carries the excuse of the keys around it. A file that does not parse gives the values that there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from slugtrim.suggester.commands import add_commands, starts_command
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task, words_of
from slugtrim.suggester.literals import HASH, MAX_BYTES, Collector, Literals, add_strings, decoded, written
from slugtrim.suggester.pairs import Matters, Pair, ini_values, json_values, yaml_values

_MAX_BYTES = 8 << 20
"""More of a file is not read."""

_Reader = Callable[[str, Collector, Excuse], None]


def references(path: bytes, content: bytes) -> list[Reference]:
    """Return the references of a file of settings; none for lock files and lists of what to ignore."""
    name = decoded(path.rpartition(b"/")[2])
    content = content[:_MAX_BYTES]
    reader = _reader(name.lower(), content)
    if reader is None:
        return []
    found = Collector(None)
    reader(decoded(content[:MAX_BYTES]), found, _excuse_of_file(name))
    if len(content) > MAX_BYTES:
        rest = Collector(content)
        add_strings(rest, content, MAX_BYTES)
        found.include(rest.references)
    return found.references


def _reader(name: str, content: bytes) -> _Reader | None:
    if name in _NOTHING or name.endswith(_NOTHING_ENDS):
        return None
    if name in _NAMED:
        return _NAMED[name]
    for template in (".erb", ".j2", ".tmpl", ".tpl", ".example", ".sample", ".dist", ".template"):
        name = name.removesuffix(template)
    for pattern, reader in _PATTERNS:
        if pattern.match(name):
            return reader
    extension = name.rpartition(".")[2]
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if content.startswith(b"#!"):
        return _shell if re.match(rb"#![^\n]{0,80}\b(?:ba|z|da|k)?sh\b", content) else _strings
    if name.startswith(".") and name.endswith("rc"):
        return _json if content.lstrip().startswith((b"{", b"//", b"/*")) else _yaml
    return _strings


# What keys say

_TOOLS = frozenset(
    "flake8 isort black ruff nyc c8 xo tap husky commitlint pycodestyle pydocstyle bandit vulture codespell bumpversion"
    " commitizen towncrier pyright djlint lefthook renovate dependabot codecov coveralls sonar codeclimate editorconfig"
    " simplecov vscode devcontainer".split()
)
"""Tools of developers that ``harmless`` does not know by a word."""
_FOR_PEOPLE = frozenset(
    "name description keywords author authors contributors maintainers license licenses homepage repository bugs title"
    " version engines email funding $schema summary packagemanager support id".split()
)
_PLACES = frozenset(
    "path paths dir dirs directory directories folder folders root roots src source sources input file files include"
    " includes base static public assets asset template templates data locale locales content contents resource"
    " resources schema entry main packages package workspaces workspace members module modules where from to theme"
    " config pattern patterns glob globs location cwd workdir context migrations seeds fixtures docs readme output"
    " outdir dest target exclude ignore bin volumes copy use excludes".split()
)
"""Words of keys whose values name files and directories, even by a single word."""
_COMMANDS = frozenset(
    "run script scripts command commands cmd entrypoint release exec postdeploy before_script seed".split()
)
_EXECUTED = frozenset(
    "main module browser bin exports imports entry entrypoint extends require requires polyfills setup preset presets"
    " plugins plugin loader script scripts import include members seed initializer script_location version_locations"
    " migrations".split()
)
_DEPENDENCIES = re.compile(r"dependencies\Z|\Aresolutions\Z|\Aoverrides\Z", re.I)
_LOCAL = re.compile(r"(?:file|link|portal|workspace):(?=[./~\w])")
_TOOL_SPLIT = re.compile(r"[\s.:_/-]+")


@lru_cache(maxsize=4096)
def excuse_of_keys(keys: tuple[str, ...]) -> Excuse:
    """Return what the keys around a value say, the outermost first."""
    for key in keys:
        excuse = excuse_of_name(key)
        if excuse is not Excuse.NONE:
            return excuse
        if not _TOOLS.isdisjoint(_TOOL_SPLIT.split(key.lower())):
            return Excuse.WATCHED
        if key == "e2e":
            return Excuse.TESTS
    return Excuse.NONE


def _excuse_of_file(name: str) -> Excuse:
    stem = name.lstrip(".").partition(".")[0]
    return excuse_of_keys((stem.removesuffix("rc"),)) if stem != name else Excuse.NONE


@lru_cache(maxsize=4096)
def _names_places(key: str) -> bool:
    return not _PLACES.isdisjoint(words_of(key)) or key.lower().endswith(
        ("path", "paths", "dir", "dirs", "file", "files")
    )


def _value(found: Collector, value: Pair, file_excuse: Excuse, base: Anchor = Anchor.ANY) -> None:
    """Add what a value names, by its key."""
    if value.is_key:
        if "/" in value.text and not any(_DEPENDENCIES.search(key) for key in value.keys):
            found.add(value.text, value.line, EdgeKind.NAMES, base, file_excuse or excuse_of_keys(value.keys))
        return
    key = value.keys[-1] if value.keys else ""
    lower = key.lower()
    if lower in _FOR_PEOPLE:
        return
    if len(value.keys) > 1 and _DEPENDENCIES.search(value.keys[-2]):
        _dependency(found, value)
        return
    excuse = file_excuse or excuse_of_keys(value.keys)
    if "<%" in value.text:
        _code(found, value, excuse)
        return
    if " " in value.text and (lower in _COMMANDS or starts_command(value.text)):
        add_commands(found, value.text, value.line, excuse, base)
        return
    is_place = _names_places(key)
    kind = EdgeKind.EXECUTES if lower in _EXECUTED else EdgeKind.LOADS if is_place else EdgeKind.NAMES
    text = value.text
    if text.startswith("!"):
        text, excuse = text[1:], Excuse.EXCLUDED
    first, colon, _ = text.partition(":")
    if colon and "://" not in text and found.add(first, value.line, kind, base, excuse):
        return  # `./a:/b`, a volume; `pkg/mod.py:main`
    if not found.add(text, value.line, kind, base, excuse, words=is_place):
        found.add_words(text, value.line, kind=EdgeKind.NAMES, excuse=excuse)


def _code(found: Collector, value: Pair, excuse: Excuse) -> None:
    content = value.text.encode("utf-8", "surrogateescape")
    inner = Collector(content, value.line)
    Literals(content, HASH).add_to(inner, excuse=excuse)
    found.include(inner.references)


def _dependency(found: Collector, value: Pair) -> None:
    local = _LOCAL.match(value.text)
    text = value.text[local.end() :] if local else value.text
    if (local and not value.text.startswith("workspace:")) or text.startswith(("./", "../")):
        is_archive = text.endswith((".tgz", ".gz", ".zip"))
        found.add(text, value.line, EdgeKind.EXECUTES, Anchor.HERE, how=How.PATH, is_directory=not is_archive)


_SIGN = re.compile(r"/|\.(?![\s.,;:!?)\"']|\Z)|\\(?=[A-Z])|<%|\A(?:file|link|portal):")
"""What a text has if it names a path, or a part of it does."""
_ADDRESS = re.compile(r"https?://[^\s,;:|&<>()\"'`=]*\Z")


def _matters(key: str, text: str) -> bool:
    """Return True for a value that may name something: by its text, or by the key of a place or of commands."""
    if _SIGN.search(text) is not None:
        return not _ADDRESS.match(text)
    if " " in text.strip():
        return key.lower() in _COMMANDS or starts_command(text)
    return _names_places(key)


def _of(values: Callable[[str, Matters], Iterable[Pair]]) -> _Reader:
    def read(text: str, found: Collector, excuse: Excuse) -> None:
        for value in values(text, _matters):
            _value(found, value, excuse)

    return read


_json, _yaml, _ini = _of(json_values), _of(yaml_values), _of(ini_values)


def _strings(text: str, found: Collector, excuse: Excuse) -> None:
    content = text.encode("utf-8", "surrogateescape")
    if b"\0" not in content[:8000]:
        inner = Collector(content)
        Literals(content, HASH).add_to(inner, excuse=excuse)
        found.include(inner.references)


def _shell(text: str, found: Collector, excuse: Excuse) -> None:
    add_commands(found, text, 1, excuse)


# Manifests


def _as_path(found: Collector, value: Pair, kind: EdgeKind, excuse: Excuse, *, is_directory: bool = False) -> None:
    """Add a value that is surely a path, even if it is one word."""
    named = written(value.text)
    if named is not None:
        text, how = named
        how = How.GLOB if how is How.GLOB else How.PATH
        found.add(text, value.line, kind, Anchor.HERE, excuse, how=how, is_directory=is_directory)


def _member(found: Collector, value: Pair, manifest: str, excuse: Excuse = Excuse.NONE) -> None:
    """Add the manifest of a package in a workspace."""
    text = value.text.strip().rstrip("/")
    if text.startswith("!"):
        text, excuse = text[1:], Excuse.EXCLUDED
    if text:
        how = How.GLOB if "*" in text else How.PATH
        found.add(f"{text}/{manifest}", value.line, EdgeKind.LOADS, Anchor.HERE, excuse, how=how)


_PACKAGE_ENTRIES = frozenset("main module browser bin exports imports source unpkg style sass".split())
_PACKAGE_KEYS = _PACKAGE_ENTRIES | {"scripts", "workspaces", "files", "directories"}


def _package_json(text: str, found: Collector, _: Excuse) -> None:
    for value in json_values(text):
        top, last = (value.keys[0], value.keys[-1]) if value.keys else ("", "")
        if top.lower() in _FOR_PEOPLE or top == "scripts" or (value.is_key and top in _PACKAGE_KEYS):
            continue  # `entry_points` reads scripts, and knows which of them a deploy runs
        if top in _PACKAGE_ENTRIES:
            _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE)
        elif top == "workspaces":
            if last != "nohoist":
                _member(found, value, "package.json")
        elif top == "files":  # npm packs what there is
            _as_path(found, value, EdgeKind.LOADS, Excuse.GUARDED)
        elif top == "directories":  # for tools that make documents, but for that of commands
            if last == "bin":
                _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE, is_directory=True)
            else:
                _as_path(found, value, EdgeKind.NAMES, Excuse.WATCHED)
        else:
            _value(found, value, Excuse.NONE)


def _composer_json(text: str, found: Collector, _: Excuse) -> None:
    for value in json_values(text):
        top = value.keys[0] if value.keys else ""
        if value.is_key or top.lower() in _FOR_PEOPLE or top.startswith("require"):
            continue
        if top.startswith("autoload"):
            excuse = Excuse.TESTS if top == "autoload-dev" else excuse_of_keys(value.keys[1:])
            _as_path(found, value, EdgeKind.EXECUTES, excuse, is_directory=not value.text.endswith(".php"))
        elif top == "scripts":
            add_commands(found, value.text, value.line, excuse_of_task(value.keys[-1]), Anchor.HERE)
        elif top == "repositories" and value.keys[-1] == "url" and "://" not in value.text:
            _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE, is_directory=True)
        else:
            _value(found, value, Excuse.NONE)


def _tsconfig(text: str, found: Collector, _: Excuse) -> None:
    for value in json_values(text):
        if value.is_key or not value.keys or "paths" in value.keys:
            continue  # `paths` are other names of files: whoever uses one refers to the file
        key = value.keys[-1]
        if key == "extends":
            found.add(value.text, value.line, EdgeKind.EXECUTES, Anchor.HERE, how=How.MODULE)
        elif value.keys[0] == "references":
            if value.text.endswith(".json"):
                _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE)
            else:
                _member(found, value, "tsconfig.json")
        elif value.keys[0] == "files":
            _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE)
        elif value.keys[0] in ("include", "exclude") or key == "typeRoots":
            # The compiler takes what there is.
            _as_path(found, value, EdgeKind.NAMES, excuse_of_keys(value.keys) or Excuse.GUARDED)
        elif key.endswith(("Dir", "File")):
            _as_path(found, value, EdgeKind.NAMES, excuse_of_keys(value.keys))
        elif key == "path":
            found.add(value.text, value.line, EdgeKind.EXECUTES, Anchor.HERE)


def _members(values: Callable[[str], Iterable[Pair]], key: str, manifest: str) -> _Reader:
    def read(text: str, found: Collector, excuse: Excuse) -> None:
        for value in values(text):
            if not value.is_key and value.keys[-1:] == (key,):
                _member(found, value, manifest, excuse)
            else:
                _value(found, value, excuse)

    return read


_CALLED = re.compile(r"[A-Za-z_]\w*+(?:\.\w++)*:[\w.]+\Z")
_FILE_OF = re.compile(r"file:\s*(.*)")


def _python_project(text: str, found: Collector, _: Excuse) -> None:
    for value in ini_values(text):
        section, key = (value.keys[0], value.keys[-1]) if value.keys else ("", "")
        called = value.text.rpartition("=")[2].strip().partition("[")[0]
        file_of = _FILE_OF.match(value.text)
        if section.endswith("sdist"):  # a deploy installs without the archive that these keys are about
            _as_path(found, value, EdgeKind.NAMES, Excuse.WRITTEN)
        elif _CALLED.match(called):
            found.add(called.partition(":")[0], value.line, EdgeKind.EXECUTES, Anchor.PACKAGE, how=How.MODULE)
        elif file_of is not None:
            for each in file_of[1].split(","):
                found.add(each, value.line, EdgeKind.LOADS, Anchor.HERE, words=True)
        elif key in _PYTHON_TEXTS and section.endswith(("project", "poetry", "metadata")):
            found.add(value.text, value.line, EdgeKind.LOADS, Anchor.HERE, words=True)
        elif key in _PYTHON_PACKAGES and not excuse_of_keys(value.keys):
            _packages(found, value, is_dotted=key != "include")
        elif key == "path":
            is_directory = "." not in value.text.rpartition("/")[2]
            _as_path(found, value, EdgeKind.EXECUTES, Excuse.NONE, is_directory=is_directory)
        elif key not in ("from", "requires") and not f"{section}.{key}".endswith("dependencies"):
            _value(found, value, Excuse.NONE)


_PYTHON_TEXTS = frozenset(["readme", "file", "license-files", "license_files"])
_PYTHON_PACKAGES = frozenset(["packages", "py_modules", "py-modules", "include"])


def _packages(found: Collector, value: Pair, *, is_dotted: bool) -> None:
    for each in value.text.replace(",", " ").split():
        if not each.endswith(":"):  # `find:`
            text = each.replace(".", "/") if is_dotted and "/" not in each else each
            found.add(text, value.line, EdgeKind.EXECUTES, Anchor.PACKAGE, words=True)


def _manifest_in(text: str, found: Collector, _: Excuse) -> None:
    """Read ``MANIFEST.in``: setuptools only warns of what does not exist."""
    for number, line in enumerate(text.split("\n"), 1):
        command, *words = line.partition("#")[0].split() or [""]
        excuse = Excuse.EXCLUDED if "exclude" in command or command == "prune" else Excuse.GUARDED
        if "recursive" in command or command in ("graft", "prune"):
            words = words[:1]
            is_directory = True
        elif command.startswith("global"):
            continue
        else:
            is_directory = False
        for word in words:
            found.add(word, number, EdgeKind.LOADS, Anchor.HERE, excuse, words=True, is_directory=is_directory)


_REQUIREMENT = re.compile(
    r"\s*(?:-r|--requirement|-c|--constraint)[ =]*(\S+)|\s*(?:-e|--editable|--find-links|-f)[ =]*([.\w]\S*)"
    r"|\s*(\.{1,2}/\S+|[\w./-]{1,300}\.(?:whl|tar\.gz|zip))(?:\s|\Z)|[^#]{0,200}@\s*file:([^\s;]+)"
)


def _requirements(text: str, found: Collector, _: Excuse) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        match = _REQUIREMENT.match(line)
        if match is None:
            continue
        if match[1]:
            found.add(match[1], number, EdgeKind.EXECUTES, Anchor.HERE, words=True)
            continue
        word = (match[2] or match[3] or match[4]).partition("[")[0]
        is_archive = word.endswith((".whl", ".gz", ".zip"))
        if ("+" not in word and word.lstrip("./")) or word.startswith(("./", "../")):
            found.add(word.removeprefix("//"), number, EdgeKind.EXECUTES, words=True, is_directory=not is_archive)


_GO_REPLACED = re.compile(r"(?m)^.{0,300}=>[ \t]*(\.{1,2}/[^\s]*)|^[ \t]*(?:use[ \t]+)?(\.{1,2}/[^\s)]*)")


def _go_mod(text: str, found: Collector, _: Excuse) -> None:
    for match in _GO_REPLACED.finditer(text):
        line = text.count("\n", 0, match.start()) + 1 if len(text) < 1 << 16 else 1
        found.add(match[1] or match[2], line, EdgeKind.EXECUTES, Anchor.HERE, how=How.PATH, is_directory=True)


# Commands

_TARGET = re.compile(r"([\w./%$(){} -]{1,200}?)[ \t]{0,200}+::?(?!=)([^=]*)\Z", re.S)
_MAKE_VARIABLE = re.compile(r"[ \t]*(?:export[ \t]+|override[ \t]+)?[\w.-]{1,80}[ \t]*[:?+!]{0,2}=(.*)", re.S)
_MAKE_INCLUDE = re.compile(r"(-|s)?include[ \t]+(.*)", re.S)


def _makefile(text: str, found: Collector, file_excuse: Excuse) -> None:
    """Read a Makefile or Justfile: the body of a target carries the excuse of its name."""
    excuse = file_excuse
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] in ("\t", " ") and line.strip():
            add_commands(found, line.strip().lstrip("@-+"), number, excuse)
            continue
        variable = _MAKE_VARIABLE.match(line)
        included = _MAKE_INCLUDE.match(line)
        target = _TARGET.match(line)
        if variable is not None:
            found.add_words(variable[1], number)
        elif included is not None:
            tolerated = Excuse.GUARDED if included[1] else Excuse.NONE
            for word in included[2].split():
                found.add(word, number, EdgeKind.EXECUTES, Anchor.HERE, tolerated, words=True)
        elif target is not None and not line.startswith((".", "#")):
            excuse = excuse_of_target(target[1]) or file_excuse
            found.add_words(target[2], number, excuse=excuse)


def excuse_of_target(name: str) -> Excuse:
    """Return what the name of a target says about its body."""
    excuse = excuse_of_task(name)
    if excuse is Excuse.NONE and not {"doc", "docs", "clean", "lint", "format", "fmt"}.isdisjoint(words_of(name)):
        return Excuse.WATCHED
    return excuse


_INSTRUCTION = re.compile(r"(?i)[ \t]*(?:ONBUILD[ \t]+)?([A-Z]{3,11})[ \t]+(.*)", re.S)


def _dockerfile(text: str, found: Collector, excuse: Excuse) -> None:
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        first = number + 1
        whole = [lines[number]]
        while whole[-1].rstrip().endswith("\\") and number + 1 < len(lines):
            number += 1
            whole.append(lines[number])
        number += 1
        match = _INSTRUCTION.match("\n".join(whole))
        if match is None:
            continue
        instruction, rest = match[1].upper(), match[2]
        if rest.lstrip().startswith("["):
            rest = " ".join(each for each in re.findall(r'"([^"\n]{1,400})"', rest))
        if instruction in ("COPY", "ADD"):
            if "--from" not in rest:
                add_commands(found, rest, first, excuse, prefix="COPY")
        elif instruction in ("RUN", "CMD", "ENTRYPOINT"):
            add_commands(found, rest, first, excuse)
        elif instruction in ("ENV", "ARG"):
            found.add_words(rest.replace("=", " "), first, excuse=excuse)


def _procfile(text: str, found: Collector, excuse: Excuse) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        name, colon, command = line.partition(":")
        if colon and not line.startswith("#"):
            add_commands(found, command, number, excuse or excuse_of_task(name), Anchor.ROOT)


def _nginx(text: str, found: Collector, excuse: Excuse) -> None:
    """Read a configuration of words: nginx, Apache, supervisor."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare and bare[0] not in "#;":
            words = bare.rstrip(";{").split(None, 1)
            if len(words) == 2 and words[0].lower() in ("include", "root", "alias", "documentroot"):
                kind = EdgeKind.EXECUTES if words[0] == "include" else EdgeKind.LOADS
                for word in words[1].replace('"', " ").split():
                    found.add(word, number, kind, excuse=excuse, words=True, is_directory=kind is EdgeKind.LOADS)
            else:
                found.add_words(bare, number, excuse=excuse)


_NOTHING = frozenset(
    "package-lock.json npm-shrinkwrap.json composer.lock yarn.lock pnpm-lock.yaml cargo.lock gemfile.lock poetry.lock"
    " pipfile.lock uv.lock mix.lock go.sum bun.lock bun.lockb license codeowners .gitattributes .gitmodules .mailmap"
    " authors contributors changelog readme copying notice runtime.txt .ruby-version .node-version .python-version"
    " .nvmrc .tool-versions version".split()
)
_NOTHING_ENDS = ("ignore", ".lock", ".lock.json", ".map", ".ipynb", ".geojson", ".snap", ".log")
_NAMED: dict[str, _Reader] = {
    "package.json": _package_json,
    "composer.json": _composer_json,
    "lerna.json": _members(json_values, "packages", "package.json"),
    "pnpm-workspace.yaml": _members(yaml_values, "packages", "package.json"),
    "pyproject.toml": _python_project,
    "setup.cfg": _python_project,
    "cargo.toml": _members(ini_values, "members", "Cargo.toml"),
    "manifest.in": _manifest_in,
    "go.mod": _go_mod,
    "go.work": _go_mod,
    "procfile": _procfile,
}
_PATTERNS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(r"[tj]sconfig[\w.-]{0,80}\.json\Z"), _tsconfig),
    (re.compile(r"[\w.-]{0,80}(?:requirements|constraints)[\w.-]{0,80}\.(?:txt|in|pip)\Z"), _requirements),
    (re.compile(r"(?:gnu)?makefile(?:\.[\w.-]{1,80})?\Z|[\w.-]{1,80}\.mk\Z|\.?justfile\Z"), _makefile),
    (re.compile(r"(?:docker|container)file(?:\.[\w.-]{1,80})?\Z|[\w.-]{1,80}\.dockerfile\Z"), _dockerfile),
    (re.compile(r"procfile\.[\w.-]{1,80}\Z"), _procfile),
    (re.compile(r"\.env(?:\.[\w.-]{1,80})?\Z|\.?flaskenv\Z"), _ini),
    (re.compile(r"\.(?:profile|bashrc|envrc|zshrc|bash_profile)\Z"), _shell),
    (re.compile(r"\.(?:coveragerc|flake8|pylintrc|npmrc|isort\.cfg|editorconfig|buildpacks)\Z"), _ini),
)
_EXTENSIONS: dict[str, _Reader] = {
    **dict.fromkeys("json json5 jsonc webmanifest jsonld babelrc eslintrc prettierrc avsc".split(), _json),
    **dict.fromkeys("yml yaml".split(), _yaml),
    **dict.fromkeys("toml ini cfg properties env prop desktop service".split(), _ini),
    **dict.fromkeys("sh bash zsh ksh bat cmd ps1 fish command".split(), _shell),
    **dict.fromkeys("conf nginx vhost htaccess".split(), _nginx),
}
