"""The manifests of a slug: their texts, and what they say of scripts, workspaces, packages and compiled files."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from msgspec import Struct

from slugtrim.files import SYMLINK, File, Tree
from slugtrim.suggester.modules import encoded, load_json
from slugtrim.suggester.path_index import PathIndex, follow, join, parent
from slugtrim.suggester.resolve import part_regex
from slugtrim.suggester.root_table import root_table

LIMIT_BYTES = 1 << 20
"""A larger file is not read."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?')

_OTHER_GEMS = re.compile(rb"\beval_gemfile\b|\bgemspec\b|\bBUNDLE_WITHOUT\b")
"""What says that gems are named elsewhere, or that other groups are installed."""


_WORDS = re.compile(rb"[@A-Za-z][\w./@-]*")
_MANIFESTS = re.compile(
    rb"(?:requirements[^/]*|requirements/[^/]*|Pipfile|pyproject\.toml|setup\.(?:py|cfg)|environment\.ya?ml|Gemfile"
    rb"|gems\.rb|[^/]*\.gemspec|composer\.json|package\.json|mix\.exs)"
)


class Manifests:
    """What was read of a slug's manifests and scripts, each file once."""

    def __init__(self, tree: Tree, files: Mapping[bytes, File]) -> None:
        self._tree = tree
        self.files = files
        """All files of the slug, by path."""
        self.texts: dict[bytes, bytes] = {}
        """Path to content, of all that was read."""
        self.packages: dict[bytes, dict[str, Any]] = {}
        """Directory to the data of its ``package.json``."""
        self.scripts: dict[bytes, dict[str, str]] = {}
        """Directory to the scripts in its ``package.json``, by name."""
        self.workspaces: dict[str, bytes] = {}
        """Name of a package to the directory of its ``package.json``."""
        self._composer: dict[bytes, dict[str, Any] | None] = {}
        self._lines_of: dict[bytes, dict[bytes, int]] = {}

    def read(self, paths: Collection[bytes], limit: int = LIMIT_BYTES) -> None:
        """Read files that are not read yet, but for symbolic links and those that are too large."""
        new = [self.files[path] for path in paths if path in self.files and path not in self.texts]
        self.texts |= self._tree.read([file for file in new if file.size_bytes <= limit and file.mode != SYMLINK])

    def lines(self, path: bytes) -> Iterator[tuple[int, str]]:
        """Yield the lines of a file that was read, with their numbers."""
        text = self.texts.get(path, b"").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        for number, line in enumerate(text.split("\n"), 1):
            yield number, line.rstrip("\r")

    def add_package(self, path: bytes) -> bool:
        """Take in a ``package.json`` that was read; return False if it is none."""
        data = load_json(self.texts[path])
        if data is None:
            return False
        directory = parent(path)
        self.packages[directory] = data
        self.scripts[directory] = scripts_of(data)
        if isinstance(data.get("name"), str):
            self.workspaces.setdefault(data["name"], directory)
        return True

    def composer(self, path: bytes) -> dict[str, Any]:
        """Return the data of a ``composer.json``; nothing if there is none that can be read."""
        if path not in self._composer:
            self._composer[path] = load_json(self.texts[path]) if path in self.texts else None
        return self._composer[path] or {}

    def line_of(self, path: bytes, text: str) -> int:
        """Return the line where a string of a JSON file stands; 1 if it is written in another way."""
        lines = self._lines_of.get(path)
        if lines is None:
            lines = self._lines_of[path] = {}
            for number, line in enumerate(self.texts.get(path, b"").split(b"\n"), 1):
                for literal in _STRING.findall(line):
                    lines.setdefault(literal, number)
        return lines.get(encoded(json.dumps(text, ensure_ascii=False)), 1)

    def lacks_gems(self, names: Set[str]) -> bool:
        """Return True if the Gemfile at the root has some of the gems, and only for development and tests."""
        if b"Gemfile" not in self.files:
            return False
        from slugtrim.buildpacks.other_locks import (  # 3 ms that only an application in Ruby pays
            GEM,
            NOT_DEPLOYED,
            gems_of_gemfile,
            locked_gems,
        )

        self.read([b"Gemfile", b"Gemfile.lock", b"app.json", b".bundle/config"])
        texts = [self.texts.get(path, b"") for path in (b"Gemfile", b"app.json", b".bundle/config")]
        lines = [line.partition("#")[0].strip() for _, line in self.lines(b"Gemfile")]
        others = [line for line in lines if not GEM.match(line)]
        if any(map(_OTHER_GEMS.search, texts)) or any(name in line for line in others for name in names):
            return False
        gems, _ = locked_gems(self.texts.get(b"Gemfile.lock", b"").decode("utf-8", "surrogateescape"))
        if any(not names.isdisjoint(gem.needs) for name, gem in gems.items() if name not in names):
            return False
        gemfile = gems_of_gemfile("\n".join(lines), NOT_DEPLOYED)
        return not gemfile.named.isdisjoint(names) and gemfile.installed.isdisjoint(names)

    def depends_of(self, root: bytes, index: PathIndex) -> set[str]:
        """Return the names of the packages that the manifests of a project may name."""
        found = self.npm_packages_of(root)
        near = [*index.files_in(root), *index.files_in(join(root, b"requirements"))]
        for path in near:
            if path in self.texts and is_manifest(path, root) and not path.endswith(b"package.json"):
                found.update(packages_in(path, self.texts[path]))
        return found

    def npm_packages_of(self, root: bytes) -> set[str]:
        """Return the names of the packages that the ``package.json`` of a project depends on."""
        keys = ("dependencies", "devDependencies", "peerDependencies")
        values = (self.packages.get(root, {}).get(key) for key in keys)
        return {name for value in values if isinstance(value, dict) for name in value}


def scripts_of(manifest: object) -> dict[str, str]:
    """Return the scripts of a manifest by name, those that are texts."""
    scripts = manifest.get("scripts") if isinstance(manifest, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: command for name, command in scripts.items() if isinstance(command, str)}


def packages_in(manifest: bytes, content: bytes) -> Iterator[str]:
    """Yield all words of a manifest that may name a package, in lower case."""
    if len(content) <= 1 << 20:
        for word in _WORDS.findall(content):
            yield word.strip(b"./-").lower().decode("ascii", "replace")


def is_manifest(path: bytes, project: bytes) -> bool:
    """Return True if the file says which packages a project depends on."""
    return _MANIFESTS.fullmatch(path[len(join(project, b"-")) - 1 :]) is not None


# A type checker of TypeScript takes whatever its settings include.

TYPESCRIPT = (b".ts", b".tsx", b".mts", b".cts", b".vue")
_SETTINGS = b"tsconfig.json"
_COMMAND_WORDS = re.compile(r"[^\s;&|()]+")
_PROJECT_OPTIONS = ("-p", "--project")
_MAX_SETTINGS = 50
"""Settings that refer to others, in all."""
_MAX_EXTENDED = 8
_MAX_PATTERNS = 100
"""Patterns of one list; more of them include everything, and exclude nothing."""


class _Included(Struct, frozen=True):
    """Which files some settings include."""

    takes: tuple[tuple[bytes, ...], ...]
    leaves: tuple[tuple[bytes, ...], ...]

    def has(self, path: bytes) -> bool:
        parts = path.split(b"/")
        return any(_fits(each, parts) for each in self.takes) and not any(_fits(each, parts) for each in self.leaves)


def compiled_files(
    paths: Iterable[bytes],
    commands: Mapping[bytes, Sequence[str]],
    checked_projects: Iterable[bytes],
    search_paths: Sequence[bytes],
    settings: Mapping[bytes, bytes],
) -> frozenset[bytes]:
    """Return the files that the build compiles because settings include them, although nothing names them.

    ``commands`` are those of the build, by directory; ``checked_projects`` have a bundler that checks types.
    """
    waiting = dict.fromkeys(
        path
        for directory, texts in commands.items()
        for text in texts
        for path in _settings_of(text, (directory, *search_paths), settings)
    )
    waiting |= dict.fromkeys(path for each in checked_projects if (path := join(each, _SETTINGS)) in settings)
    included = [*_included(waiting, settings)]
    sources = (path for path in paths if path.endswith(TYPESCRIPT)) if included else ()
    return frozenset(path for path in sources if any(each.has(path) for each in included))


def _included(waiting: Iterable[bytes], settings: Mapping[bytes, bytes]) -> Iterator[_Included]:
    """Yield what settings include, and those that they refer to."""
    seen = set(waiting)
    queue = [*waiting]
    while queue and len(seen) <= _MAX_SETTINGS:
        path = queue.pop()
        data = load_json(settings[path]) or {}
        yield _included_by(path, data, settings)
        for other in _referred(path, data, settings):
            if other not in seen:
                seen.add(other)
                queue.append(other)


def calls(words: Sequence[str], tool: str) -> bool:
    """Return True if the words of a command call a tool: ``vite build``."""
    wanted = tool.split()
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _settings_of(command: str, directories: Sequence[bytes], settings: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield the settings of the checkers that a command starts in the first of some directories."""
    words = [
        word.rpartition("/")[2] if word.endswith(("tsc", "next")) else word for word in _COMMAND_WORDS.findall(command)
    ]
    for called, names in root_table().checkers.items():
        if not calls(words, called):
            continue
        named = [words[at + 1] for at, word in enumerate(words[:-1]) if word in _PROJECT_OPTIONS]
        for base in directories:
            wanted = [follow(base, encoded(text).split(b"/")) for text in named] or [join(base, name) for name in names]
            wanted += [join(each, _SETTINGS) for each in wanted if each is not None]
            found = next((path for path in wanted if path in settings), None)
            if found is not None:
                yield found
                break


def _referred(path: bytes, data: Mapping[str, Any], settings: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield the settings that others refer to as projects: `tsc --build` compiles those as well."""
    references = data.get("references")
    for each in references if isinstance(references, list) else ():
        text = each.get("path") if isinstance(each, dict) else None
        at = follow(parent(path), encoded(text).split(b"/")) if isinstance(text, str) else None
        if at is not None:
            yield from (found for found in (at, join(at, _SETTINGS)) if found in settings)


def _included_by(path: bytes, data: Mapping[str, Any], settings: Mapping[bytes, bytes]) -> _Included:
    """Return what settings include; lists that they lack are of the settings that they extend."""
    known: dict[str, tuple[tuple[bytes, ...], ...]] = {}
    at: bytes | None = path
    for _ in range(_MAX_EXTENDED):
        if at is None:
            break
        for key in ("include", "exclude", "files"):
            if key not in known and isinstance(data.get(key), list):
                known[key] = _patterns(data[key], parent(at))
        text = data.get("extends")
        at = follow(parent(at), encoded(text).split(b"/")) if isinstance(text, str) and text.startswith(".") else None
        if at is not None:
            at = at if at in settings else at + b".json"
            data = load_json(settings.get(at, b"")) or {}
    takes = (*known.get("include", ()), *known.get("files", ()))
    if known.keys().isdisjoint(("include", "files")) or len(takes) > _MAX_PATTERNS:
        takes = _patterns(["**"], parent(path))
    return _Included(takes, known.get("exclude", ())[:_MAX_PATTERNS])


def _patterns(texts: Iterable[object], directory: bytes) -> tuple[tuple[bytes, ...], ...]:
    found = []
    for text in texts:
        if isinstance(text, str):
            parts = [part for part in encoded(text).split(b"/") if part not in (b"", b".")]
            above = [part for part in directory.split(b"/") if part]
            while parts and parts[0] == b".." and above:
                parts, above = parts[1:], above[:-1]
            found.append((*above, *parts))
    return tuple(found)


def _fits(pattern: Sequence[bytes], parts: Sequence[bytes]) -> bool:
    """Return True if a pattern names a path or a directory above it. Takes time linear in the product of both."""
    places = {0}
    for part in parts:
        places |= {at + 1 for at in places if at < len(pattern) and pattern[at] == b"**"}
        if len(pattern) in places:
            return True
        places = {
            at if pattern[at] == b"**" else at + 1
            for at in places
            if pattern[at] == b"**" or part_regex(pattern[at]).fullmatch(part)
        }
    places |= {at + 1 for at in places if at < len(pattern) and pattern[at] == b"**"}
    return len(pattern) in places
