"""Find the package of each file, which packages are for development only, and where to show waste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import normpath
from typing import NamedTuple

from msgspec import Struct

from slugtrim.anatomy.catalog import GroupRule, Groups, group_rules
from slugtrim.anatomy.looks import (
    Seen,
    distribution,
    gem_of,
    jar,
    node_package_directory,
    node_package_name,
    normalized,
    yarn_zip,
)
from slugtrim.files import File

_PACKAGES = b"-packages/"
_HOMES = (b"site-packages", b"dist-packages")
_METADATA = (b".dist-info", b".egg-info", b".egg")
_COMPILED = b"/__pycache__"


class Distribution(NamedTuple):
    """An installed distribution."""

    name: str
    version: str
    root: bytes
    """Its metadata, a directory or file; without metadata, its top directory or file."""


class Distributions:
    """Finds the distribution of each path of one slug."""

    def __init__(self, paths: Iterable[bytes], seen: Seen) -> None:
        self._seen = seen
        self._by_path: dict[bytes, Distribution] = {}
        self._by_top: dict[bytes, Distribution] = {}
        self._unnamed: dict[bytes, Distribution] = {}
        tops: dict[bytes, Counter[Distribution]] = {}
        for found in self._found(paths):
            home = found.root.rpartition(b"/")[0]
            for path in self._listed(found, home):
                self._by_path[path] = found
                tops.setdefault(_top(path, home), Counter())[found] += 1
            for name in seen.top_levels.get(found.root, ()):
                for ending in (b"", b".py"):
                    self._by_top.setdefault(home + b"/" + _encoded(name) + ending, found)
            self._by_top[found.root] = found
        for top, counts in tops.items():
            ((most, _),) = counts.most_common(1)
            self._by_top.setdefault(top, most)

    @staticmethod
    def home(path: bytes) -> bytes | None:
        """Return the ``site-packages`` that holds ``path``; None outside any."""
        at = path.find(_PACKAGES)
        while at >= 0:  # no regular expression: it is called three times for every file
            home = path[: at + len(_PACKAGES) - 1]
            if home.rpartition(b"/")[2] in _HOMES:
                return home
            at = path.find(_PACKAGES, at + 1)
        return None

    def of(self, path: bytes) -> Distribution | None:
        """Return the distribution of ``path``; None for files that belong to no distribution, such as scripts."""
        listed = self._by_path.get(path)
        if listed is not None:
            return listed
        home = self.home(path)
        if home is None:
            return None
        top = _top(path, home)
        if top == home + _COMPILED:
            module = path.rpartition(b"/")[2].partition(b".")[0]
            return self._by_top.get(home + b"/" + module + b".py")
        return self._by_top.get(top) or self._without_metadata(top, is_directory=len(top) < len(path))

    def is_listed(self, path: bytes) -> bool:
        """Return True if a distribution lists it anywhere: scripts are outside ``site-packages``."""
        return path in self._by_path

    def _without_metadata(self, top: bytes, *, is_directory: bool) -> Distribution | None:
        if not is_directory:
            return None
        if top not in self._unnamed:
            self._unnamed[top] = Distribution(_decoded(top.rpartition(b"/")[2]), "", top)
        return self._unnamed[top]

    def _found(self, paths: Iterable[bytes]) -> Iterator[Distribution]:
        roots: dict[bytes, None] = {}
        for path in paths:
            home = self.home(path)
            if home is not None:
                top = _top(path, home)
                if top.endswith(_METADATA):
                    roots[top] = None
        for root in roots:
            told = self._seen.distributions.get(root)
            if told is not None:
                yield Distribution(told.name, told.version, root)
            else:
                name, version = (_decoded(part) for part in distribution(root.rpartition(b"/")[2]))
                yield Distribution(name, version, root)

    def _listed(self, found: Distribution, home: bytes) -> Iterator[bytes]:
        start = found.root if found.root.endswith(b".egg-info") else home
        for name in self._seen.records.get(found.root, ()):
            if not name.startswith("/"):
                yield normpath(start + b"/" + _encoded(name))


def _top(path: bytes, home: bytes) -> bytes:
    end = path.find(b"/", len(home) + 1)
    return path[:end] if end >= 0 else path


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


PYTHON = "python-packages"
"""The group whose packages are distributions."""


class Installed(Struct, frozen=True, kw_only=True, eq=False):
    """One copy of a package. Compared by identity: there is one object for each copy, for thousands of files."""

    group: str
    name: str
    version: str
    """Empty if unknown."""
    root: bytes
    """Its directory or file. A copy may have parts elsewhere."""


class Packages:
    """Finds the package of each path of one slug. Every copy is one object."""

    def __init__(self, distributions: Distributions, seen: Seen) -> None:
        self._distributions = distributions
        self._seen = seen
        self._copies: dict[tuple[str, bytes], Installed] = {}
        self._composed = {
            (vendor, each.name.encode("utf-8", "surrogateescape").lower()): each.version
            for vendor, packages in seen.composed.items()
            for each in packages
        }
        self._ways: dict[str, Callable[[str, bytes], Installed | None]] = {
            "python": self._python,
            "gems": self._gem,
            "node": self._node,
            "composer": self._composer,
            "elixir": self._elixir,
            "jars": self._jar,
        }

    def of(self, group: GroupRule, path: bytes) -> Installed | None:
        """Return the copy that ``path`` in ``group`` is a part of; None if it belongs to no package."""
        return self._ways[group.packages](group.id, path) if group.packages is not None else None

    def _copy(self, group: str, root: bytes, name: bytes | str, version: bytes | str) -> Installed:
        copy = self._copies.get((group, root))
        if copy is None:
            copy = Installed(group=group, name=_text(name), version=_text(version), root=root)
            self._copies[group, root] = copy
        return copy

    def _python(self, group: str, path: bytes) -> Installed | None:
        found = self._distributions.of(path)
        if found is None:
            return None
        return self._copy(group, found.root, found.name, found.version)

    def _gem(self, group: str, path: bytes) -> Installed | None:
        found = gem_of(path)
        if found is None:
            return None
        named, root = found
        return self._copy(group, root, *named)

    def _node(self, group: str, path: bytes) -> Installed | None:
        directory = node_package_directory(path)
        if directory is None:
            zipped = yarn_zip(path.rpartition(b"/")[2])
            return self._copy(group, path, *zipped) if zipped is not None else None
        copy = self._copies.get((group, directory))
        if copy is not None:
            return copy
        manifest = self._seen.manifests.get(directory)
        name = manifest.name if manifest is not None and manifest.name else node_package_name(directory)
        version = manifest.version if manifest is not None and manifest.version else ""
        return self._copy(group, directory, name, version)

    def _composer(self, group: str, path: bytes) -> Installed | None:
        vendor, found, rest = path.partition(b"vendor/")
        parts = rest.split(b"/")
        name = b"/".join(parts[:2])
        version = self._composed.get((vendor + b"vendor", name.lower()))
        if version is None or len(parts) < 3:
            return None
        return self._copy(group, vendor + found + name, name, version)

    def _elixir(self, group: str, path: bytes) -> Installed | None:
        parts = path.split(b"/")
        at = 1 if parts[0] == b"deps" else 3  # _build/prod/lib/NAME
        return self._copy(group, b"/".join(parts[: at + 1]), parts[at], b"") if len(parts) > at + 1 else None

    def _jar(self, group: str, path: bytes) -> Installed | None:
        return self._copy(group, path, *jar(path.rpartition(b"/")[2]))


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def same_name(copy: Installed) -> str:
    """Return the name that all copies of a package share."""
    return normalized(copy.name) if copy.group == PYTHON else copy.name


_MODULES = b"node_modules"


def development_roots(copies: Collection[Installed], seen: Seen, links: Mapping[bytes, bytes]) -> frozenset[bytes]:
    """Return the directories of the copies that only development needs. ``links`` maps symlinks to their targets."""
    return frozenset(_composer_roots(seen)) | frozenset(_marked(seen)) | frozenset(_unreached(copies, seen, links))


def _composer_roots(seen: Seen) -> Iterator[bytes]:
    for vendor, packages in seen.composed.items():
        for each in packages:
            if each.is_development:
                yield vendor + b"/" + _encoded_lines(each.name)


def _marked(seen: Seen) -> Iterator[bytes]:
    for directory, roots in seen.development.items():
        yield from (_joined(directory, root) for root in roots)


def _unreached(copies: Collection[Installed], seen: Seen, links: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield what a manifest of the application needs for development, and no manifest needs at run time."""
    projects = [directory for directory in seen.manifests if not _is_in_modules(directory)]
    marked = tuple(_joined(directory, _MODULES) for directory in seen.development)
    tree = _Modules(frozenset(copy.root for copy in copies if _is_in_modules(copy.root)), seen, links)
    developing = tree.reached((project, seen.manifests[project].developed_with) for project in projects)
    running = tree.reached((project, seen.manifests[project].runs_with) for project in projects)
    return (root for root in developing - running if not root.startswith(marked))


class _Modules:
    """The packages in ``node_modules``, found as Node does (https://nodejs.org/api/modules.html#all-together)."""

    def __init__(self, roots: frozenset[bytes], seen: Seen, links: Mapping[bytes, bytes]) -> None:
        self._roots = roots
        self._seen = seen
        self._links = links

    def reached(self, starts: Iterable[tuple[bytes, Iterable[str]]]) -> set[bytes]:
        """Return the directories of everything that runs if these names are required from these directories."""
        stack = list(starts)
        found: set[bytes] = set()
        while stack:
            directory, names = stack.pop()
            for name in names:
                root = self._resolved(directory, _encoded_lines(name))
                if root is not None and root not in found:
                    found.add(root)
                    manifest = self._seen.manifests.get(root)
                    if manifest is not None:
                        stack.append((root, manifest.runs_with))
        return found

    def _resolved(self, directory: bytes, name: bytes) -> bytes | None:
        while True:
            if directory.rpartition(b"/")[2] != _MODULES:
                at = _joined(directory, _MODULES + b"/" + name)
                if at in self._links:  # pnpm keeps packages elsewhere
                    at = normpath(_joined(at.rpartition(b"/")[0], self._links[at]))
                if at in self._roots:
                    return at
            if not directory:
                return None
            directory = directory.rpartition(b"/")[0]


def _is_in_modules(directory: bytes) -> bool:
    return directory.startswith(_MODULES + b"/") or b"/" + _MODULES + b"/" in directory


def _joined(directory: bytes, path: bytes) -> bytes:
    return directory + b"/" + path if directory else path


def _encoded_lines(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


_SCRIPTS = "python-runtime"


class Placed(NamedTuple):
    """A file of the slug, with its group and package."""

    file: File
    group: GroupRule
    package: Installed | None
    root: bytes
    """Where patterns for the insides of packages begin; empty for the root of the slug."""
    home: bytes
    """The directory that stands for the package; empty outside packages."""


def place(files: Sequence[File], seen: Seen) -> list[Placed]:
    """Return each file with its group and package, in order."""
    paths = {file.path for file in files}
    groups = Groups(paths)
    distributions = Distributions(paths, seen)
    packages = Packages(distributions, seen)
    of_python = next(rule for rule in group_rules() if rule.id == PYTHON)
    placed = []
    for file in files:
        group = groups.of(file.path)
        if group.id == _SCRIPTS and distributions.is_listed(file.path):
            group = of_python
        package = packages.of(group, file.path)
        placed.append(Placed(file, group, package, *_root(file.path, group, package)))
    return placed


def _root(path: bytes, group: GroupRule, package: Installed | None) -> tuple[bytes, bytes]:
    """Return ``root`` and ``home`` of a path."""
    if group.id == PYTHON:
        root = Distributions.home(path) or b""
        end = path.find(b"/", len(root) + 1)
        return (root, path[:end]) if root and end >= 0 else (root, b"")
    if package is not None and path.startswith(package.root + b"/"):
        return package.root, package.root
    return b"", b""
