"""Resolve names of modules as Python, JavaScript, Ruby and Go do, to files of the slug.

A name that belongs to another package resolves to nothing, even if a file of the slug has the same ending.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from slugtrim.files import is_within
from slugtrim.suggester.languages import language_of
from slugtrim.suggester.path_index import PathIndex, follow, join, parent, up

Found = tuple[list[bytes], bytes | None]
"""Files, and the directory if the name means all that is in one."""

_PYTHON_ENDS = (b".py", b".pyx", b".pyi")
_SCRIPTS = tuple(b".js .jsx .ts .tsx .mjs .cjs .mts .cts .vue .svelte .coffee .astro .mdx".split())

_PARTIALS = (b".scss", b".sass")
"""Style sheets that include ``_name.scss`` as ``name``."""
_STYLES = (*_PARTIALS, b".css", b".pcss", b".less", b".styl")
"""Style sheets import no programs; a name without a dot before it is relative as well."""
_SCRIPT_ENDS = (*_SCRIPTS, b".json", b".node", b".d.ts", b".css", b".scss", b".less", b".sass", b".styl", b".graphql")
_PLATFORMS = (b".server", b".client", b".web", b".native", b".ios", b".android", b".browser", b".node")
_ENDS_AND_PLATFORMS = frozenset([*_SCRIPT_ENDS, *(platform + end for platform in _PLATFORMS for end in _SCRIPTS[:4])])
_COMPILED = re.compile(rb"\.[cm]?jsx?\Z")
"""TypeScript imports what its files become."""
_PUBLIC = (b"public", b"static", b"src")
"""Where an absolute path may lead."""
_SOURCE_ROOTS = (b"src", b"", b"app", b"lib", b"client", b"frontend", b"resources/js", b"app/javascript", b"assets/js")
"""Where the alias of a project's own code (``@/``, ``~/``) may lead."""
_OWN_CODE = re.compile(r"(?:@@?|~~?)/")
_PIPELINE = re.compile(r"(?:url|data-url|bundle-text|raw|blob-url|inline):(?=[.~@/\w])")
"""How a bundler is told to import a file: ``url:./a.png``. A scheme of Node, as ``node:fs``, names no file."""
_GO_MODULE = re.compile(rb"(?m)^module[ \t]+\"?([^\s\"]+)")
_FEW = 3
_TESTS = frozenset(b"test tests spec specs __tests__ fixtures testdata e2e".split())
"""Directories in which only what is in them looks for modules, unless something says so."""
_ENDS_OF_TESTS = (b"_test", b"_tests", b"-test", b"-tests")
"""How the names of such directories end otherwise."""
_FROM_PACKAGES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_ENTRY_KEYS = ("main", "module", "browser", "types", "exports", "source", "svelte", "react-native")


def is_setting(path: bytes) -> bool:
    """Return True if the file says how modules are resolved: a manifest or a compiler's settings."""
    name = path.rpartition(b"/")[2]
    is_compilers = name.startswith((b"tsconfig", b"jsconfig")) and name.endswith(b".json")
    return (name in (b"package.json", b"go.mod") or is_compilers) and b"node_modules/" not in path


def encoded(text: str) -> bytes:
    """Return the bytes of a reference's text; what no encoding has becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def load_json(content: bytes) -> dict[str, Any] | None:
    """Return the object in JSON that may have comments and trailing commas; None if it is broken."""
    for text in (content, _TRAILING.sub(_blanked, _COMMENT.sub(_blanked, content))):
        try:
            data = json.loads(text.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            continue
        return data if isinstance(data, dict) else None
    return None


_COMMENT = re.compile(rb'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)')
"""Strings and comments. What is opened and never closed matches to its end: trying again would cost time."""
_TRAILING = re.compile(rb'"(?:[^"\\\n]|\\.)*+"?|,(?=\s*+[}\]])')


def _blanked(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].startswith(b'"') else b" "


class _Near(NamedTuple):
    """What holds for the modules of one directory."""

    aliases: list[tuple[str, list[bytes]]]
    base_urls: list[bytes]
    python_roots: list[bytes]


class Modules:
    """Where modules are looked for: the roots of projects, what commands and settings add, the file's own directory."""

    def __init__(
        self,
        index: PathIndex,
        projects: Sequence[bytes],
        search_paths: Iterable[bytes],
        settings: Mapping[bytes, bytes],
    ) -> None:
        self._index = index
        self._projects = frozenset(projects)
        self._searched = tuple(dict.fromkeys(search_paths))
        self._packages: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self._manifests: dict[bytes, dict[str, Any]] = {}
        self._installed: set[str] = set()
        self._aliases: dict[bytes, list[tuple[str, list[bytes]]]] = {}
        self._base_urls: dict[bytes, list[bytes]] = {}
        self._go: dict[str, bytes] = {}
        for path, content in settings.items():
            self._read_setting(path, content)
        self._roots: dict[bytes, list[bytes]] = {}
        self._nearby: dict[bytes, _Near] = {}

    def roots_above(self, directory: bytes) -> list[bytes]:
        """Return the roots of the projects that a directory is in, the nearest first, the slug's root last."""
        if directory not in self._roots:
            self._roots[directory] = [path for path in up(directory) if not path or path in self._projects]
        return self._roots[directory]

    def resolve(self, text: str, source: bytes) -> Found:
        """Return the files that a module's name means in ``source``."""
        language = language_of(source)
        if language == "python":
            return self.python(text, source)
        if source.endswith(b".go"):
            return self._go_package(text)
        if language == "ruby" or source.endswith(b".gemspec"):
            return self._ruby(text, source)
        if language == "javascript" or (text.startswith((".", "@", "~", "#")) and not source.endswith(_PARTIALS)):
            return self._script(text, source)
        found = self._script(text, source)
        if not found[0] and source.endswith(_PARTIALS):
            directory, slash, name = text.rpartition("/")
            found = self._script(f"{directory}{slash}_{name}", source)
        if source.endswith(_STYLES):
            return found if found[0] else self._script("./" + text, source)
        if not found[0] and "/" not in text:
            found = self.python(text, source)
        return found if found[0] else self._ruby(text, source)

    # Python

    def python(self, text: str, source: bytes) -> Found:
        """Return a module with the ``__init__`` of its packages, or what is directly in a package without one."""
        name = encoded(text.partition(":")[0].strip())
        bare = name.lstrip(b".")
        dots = len(name) - len(bare)
        parts = [part for part in bare.split(b".") if part]
        if any(b"/" in part or part == b".." for part in parts) or (not parts and not dots):
            return [], None
        here = parent(source)
        if dots:
            base = follow(here, [b".."] * min(dots - 1, 1000))
            return self._python_in(base, parts) if base is not None else ([], None)
        best, length = None, 0
        for base in self._near(here).python_roots:
            matched = self._matched(base, parts)
            if matched > length:
                best, length = base, matched
        if best is not None:
            return self._python_in(best, parts[:length])
        return self._python_by_end(parts, here)

    def _matched(self, base: bytes, parts: Sequence[bytes]) -> int:
        """Return how many parts of a dotted name lead from ``base`` to a module or package."""
        matched, at = 0, base
        for count, part in enumerate(parts, 1):
            at = join(at, part)
            if any(at + end in self._index.files for end in _PYTHON_ENDS):
                matched = count
            if not self._index.is_directory(at):
                break
            if any(path.endswith(b".py") for path in self._index.children(at)):
                matched = count
        return matched

    def _python_in(self, base: bytes, parts: Sequence[bytes]) -> Found:
        found: list[bytes] = []
        at = base
        init = join(at, b"__init__.py")
        if init in self._index.files and not parts:
            return [init], None
        for part in parts:
            at = join(at, part)
            modules = [at + end for end in _PYTHON_ENDS if at + end in self._index.files]
            init = at + b"/__init__.py"
            if modules and init not in self._index.files:
                return [*found, *modules], None
            if init in self._index.files:
                found.append(init)
            elif not self._index.is_directory(at):
                return found, None
        if init in self._index.files:
            return found, None
        return [*found, *(path for path in self._index.files_in(at) if path.endswith(b".py"))], at

    def _python_by_end(self, parts: Sequence[bytes], here: bytes) -> Found:
        """From a directory that the program puts on ``sys.path``: the first part must be there."""
        if not parts or parts[0].decode("ascii", "replace") in sys.stdlib_module_names:
            return [], None
        _, modules = self._index.files_by_end.best([parts[0] + b".py"])
        depth, packages = self._index.files_by_end.best([parts[0], b"__init__.py"])
        bases = [parent(path) for path in modules]
        if depth == 2:  # else those of every package
            bases += filter(None, (parent(parent(path)) for path in packages))
        bases = [base for base in bases if _is_searched(base, here)]
        if not bases or len(bases) > _FEW:
            return [], None
        found = [self._python_in(base, parts[: max(self._matched(base, parts), 1)]) for base in bases]
        return [path for files, _ in found for path in files], None

    # Ruby

    def _ruby(self, text: str, source: bytes) -> Found:
        name = encoded(text)
        parts = name.split(b"/")
        here = parent(source)
        if name.startswith((b"./", b"../")):
            bases = [here, *self.roots_above(here)]
        else:
            roots = self.roots_above(here)
            bases = [*self._searched, *(join(root, b"lib") for root in roots), *roots, here]
        for base in bases:
            at = follow(base, parts)
            for path in (at, at + b".rb") if at else ():
                if path in self._index.files:
                    return [path], None
        if not name.endswith(b".rb"):
            parts = [*parts[:-1], parts[-1] + b".rb"]
        depth, files = self._index.files_by_end.best(parts)
        if depth == len(parts):
            in_lib = b"lib/" + b"/".join(parts)
            found = [path for path in files if path.endswith(b"/" + in_lib)]
            return [path for path in found if _is_searched(path, here)][:_FEW], None
        return [], None

    # Go

    def _go_package(self, text: str) -> Found:
        for module in _prefixes(text):
            root = self._go.get(module)
            if root is None:
                continue
            directory = follow(root, encoded(text[len(module) :]).split(b"/"))
            if directory is None:
                return [], None
            files = self._index.files_in(directory)
            return [path for path in files if path.endswith(b".go") and not path.endswith(b"_test.go")], directory
        return [], None

    # JavaScript and TypeScript

    def _script(self, text: str, source: bytes) -> Found:
        text = _PIPELINE.sub("", text.rpartition("!")[2].partition("?")[0], count=1)
        here = parent(source)
        roots = self.roots_above(here)
        if text in (".", "..") or text.startswith(("./", "../", "/")):
            bases = (
                [here] if text.startswith(".") else [*roots, *(join(root, top) for root in roots for top in _PUBLIC)]
            )
            return self._first_of(follow(base, encoded(text).split(b"/")) for base in bases)
        return next((found for found in self._named(text, here, roots) if found[0]), ([], None))

    def _named(self, text: str, here: bytes, roots: Sequence[bytes]) -> Iterator[Found]:
        """Yield what a name that is not a path may mean, the likeliest first; it may be nothing."""
        if text.startswith("#"):
            yield self._imports(text, here)
        yield self._aliased(text, here)
        if own := _OWN_CODE.match(text):
            rest = encoded(text[own.end() :]).split(b"/")
            yield self._first_of(follow(join(root, top), rest) for root in roots for top in _SOURCE_ROOTS)
        for name in _prefixes(text):
            if name in self._packages:
                yield self._workspace(name, text[len(name) + 1 :])
        if any(name in self._installed for name in _prefixes(text)):
            return
        parts = encoded(text).split(b"/")
        yield self._first_of(follow(base, parts) for base in [*self._searched, *self._near(here).base_urls])
        if len(parts) < 2 or not parts[-1]:
            return
        # An alias of a bundler, or a directory that it looks for modules in: below some root, all parts agree.
        yield self._first_of(follow(join(root, top), parts) for root in roots for top in (b"src", b""))
        for tail in [parts, parts[1:]] if text.startswith(("@", "~", "$", "#")) else [parts]:
            for depth, files in (self._index.files_by_end.best(tail), self._index.stems_by_end.best(tail)):
                code = [path for path in files if path.endswith(_SCRIPT_ENDS) and _is_searched(path, here)]
                if depth == len(tail) and len(code) <= _FEW:
                    yield code, None

    def _first_of(self, paths: Iterable[bytes | None]) -> Found:
        for path in paths:
            if path is not None and (found := self.script_at(path)):
                return found, None
        return [], None

    def script_at(self, path: bytes) -> list[bytes]:
        """Return the files that a path means to Node or a bundler: extensions, index files, a directory's package."""
        files = self._index.files
        if path in files:
            return [path]
        found = [each for each in self._index.without_extension(path) if each[len(path) :] in _ENDS_AND_PLATFORMS]
        stripped = _COMPILED.sub(b"", path)
        if not found and stripped != path:
            found = [each for each in self._index.without_extension(stripped) if each[len(stripped) :] in _SCRIPTS]
        if found or not self._index.is_directory(path):
            return found
        if path in self._manifests:
            return self._package_entry(path, "")
        return [join(path, b"index" + end) for end in _SCRIPT_ENDS if join(path, b"index" + end) in files]

    def _workspace(self, name: str, rest: str) -> Found:
        directory, _ = self._packages[name]
        found = self._package_entry(directory, rest)
        if found:
            return found, None
        if rest:
            parts = encoded(rest).split(b"/")
            return self._first_of(follow(join(directory, top), parts) for top in (b"", b"src", b"app", b"lib", b"dist"))
        # What its entry is built from cannot be known.
        source = join(directory, b"src")
        source = source if self._index.is_directory(source) else directory
        return [path for path in self._index.files_in(source) if path.endswith(_SCRIPTS)], source

    def _package_entry(self, directory: bytes, rest: str) -> list[bytes]:
        """Return the files that a package's manifest names for a path in it; in sources if those are not built yet."""
        manifest = self._manifests.get(directory, {})
        named = []
        for key in _ENTRY_KEYS if not rest else ("exports",):
            named += _exported(manifest.get(key), rest)
        manifest_files = [join(directory, b"package.json")]
        found: list[bytes] = []
        for text in named:
            parts = encoded(text).split(b"/")
            at = follow(directory, parts)
            files = self._files_of_entry(directory, at) if at is not None and at != directory else []
            found += files
        if not found and not rest:
            found = [
                path
                for top in (b"", b"src", b"lib")
                for end in _SCRIPTS
                if (path := join(join(directory, top), b"index" + end)) in self._index.files
            ]
        return list(dict.fromkeys([*found, *manifest_files])) if found else []

    def _files_of_entry(self, directory: bytes, at: bytes) -> list[bytes]:
        if at in self._index.files:
            return [at]
        if at not in self._manifests and (found := self.script_at(at)):
            return found
        stem = at.removeprefix(directory + b"/").partition(b"/")[2] or at.rpartition(b"/")[2]
        stem = stem.rpartition(b".")[0] or stem
        return self._first_of(join(directory, top + stem) for top in (b"src/", b"lib/", b""))[0]

    def _imports(self, text: str, here: bytes) -> Found:
        for above in up(here):
            imports = self._manifests[above].get("imports") if above in self._manifests else None
            if isinstance(imports, dict):
                named = _exported({f"./{key}": value for key, value in imports.items()}, text)
                return self._first_of(follow(above, encoded(each).split(b"/")) for each in named)
        return [], None

    def _aliased(self, text: str, here: bytes) -> Found:
        for pattern, targets in self._near(here).aliases:
            start, star, end = pattern.partition("*")
            fits = text.startswith(start) and text.endswith(end) and len(text) >= len(start) + len(end)
            if fits if star else text == pattern:
                middle = encoded(text[len(start) : len(text) - len(end)]) if star else b""
                found = self._first_of(follow(b"", target.replace(b"*", middle).split(b"/")) for target in targets)
                if found[0]:
                    return found
        return [], None

    def _near(self, here: bytes) -> _Near:
        """Return what settings say for a directory, the nearest settings first."""
        if here not in self._nearby:
            roots = self.roots_above(here)
            of_python = [*self._searched, *roots, *(join(root, b"src") for root in roots), *up(here)]
            self._nearby[here] = _Near(
                [alias for above in up(here) for alias in self._aliases.get(above, ())],
                [url for above in up(here) for url in self._base_urls.get(above, ())],
                list(dict.fromkeys(of_python)),
            )
        return self._nearby[here]

    # Settings

    def _read_setting(self, path: bytes, content: bytes) -> None:
        directory, _, name = path.rpartition(b"/")
        if name == b"go.mod":
            if module := _GO_MODULE.search(content):
                self._go[module[1].decode("utf-8", "surrogateescape")] = directory
            return
        data = load_json(content)
        if data is None:
            return
        if name == b"package.json":
            self._manifests[directory] = data
            called = data.get("name")
            if isinstance(called, str):
                self._packages.setdefault(called, (directory, data))
            for key in _FROM_PACKAGES:
                if isinstance(data.get(key), dict):
                    self._installed.update(data[key])
            return
        self._read_compiler_options(directory, data.get("compilerOptions"))

    def _read_compiler_options(self, directory: bytes, options: object) -> None:
        if not isinstance(options, dict):
            return
        url = options.get("baseUrl")
        base = follow(directory, encoded(url).split(b"/")) if isinstance(url, str) else None
        if base is not None:
            self._base_urls.setdefault(directory, []).append(base)
        paths = options.get("paths")
        for pattern, targets in paths.items() if isinstance(paths, dict) else ():
            where = (
                [encoded(target) for target in targets if isinstance(target, str)] if isinstance(targets, list) else []
            )
            led = [follow(directory if base is None else base, target.split(b"/")) for target in where]
            self._aliases.setdefault(directory, []).append((pattern, [path for path in led if path]))


def _is_searched(path: bytes, here: bytes) -> bool:
    """Return True unless the path is in a directory of tests that ``here`` is not in."""
    parts = path.split(b"/")
    at = next((at for at, part in enumerate(parts, 1) if part in _TESTS or part.endswith(_ENDS_OF_TESTS)), None)
    return at is None or is_within(here, b"/".join(parts[:at]))


def _prefixes(text: str) -> Iterator[str]:
    """Yield a name and its beginnings up to each slash, the longest first; at most ten."""
    for _ in range(10):
        yield text
        text, slash, _rest = text.rpartition("/")
        if not slash:
            return


def _exported(value: object, rest: str) -> list[str]:
    """Return all paths that ``exports``, or another entry of a manifest, may give for a path in the package."""
    wanted = f"./{rest}" if rest else "."
    found: list[str] = []
    waiting: list[tuple[object, str]] = [(value, "")]
    while waiting:
        value, middle = waiting.pop()
        if isinstance(value, str):
            found.append(value.replace("*", middle))
        elif isinstance(value, list):
            waiting += [(each, middle) for each in value]
        elif isinstance(value, dict):
            for key, each in value.items():
                if not key.startswith("."):
                    waiting.append((each, middle))
                    continue
                start, star, end = key.partition("*")
                if key == wanted:
                    waiting.append((each, middle))
                elif star and wanted.startswith(start) and wanted.endswith(end) and len(wanted) >= len(start + end):
                    waiting.append((each, wanted[len(start) : len(wanted) - len(end)]))
    return found
