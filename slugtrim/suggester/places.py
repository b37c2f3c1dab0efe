"""Where applications begin in a slug, and what the catalog says of single paths: needed, served whole, no reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.catalog import (
    ALL,
    CatalogRule,
    Delivery,
    Ecosystem,
    Needed,
    Node,
    NotAReader,
    Pattern,
    ServedWhole,
    catalog,
)
from slugtrim.suggester.path_index import project_of


class Project(Struct, frozen=True, kw_only=True):
    """A directory that holds the manifest of an ecosystem; the root of the slug is always one."""

    root: bytes
    """Path of the directory; empty for the root of the slug."""
    ecosystems: frozenset[str]
    """Ids of the catalog's ecosystems."""
    is_started: bool = False
    """Whether what runs starts the application there, so that the names of directories above say nothing of it."""


_OF_SPHINX = frozenset([b"conf.py", b"index.rst"])
_DOCUMENTATION = _OF_SPHINX | {b"requirements.txt"}
"""What Sphinx builds, if no other manifest stands beside it: the requirements are its own."""


def find_projects(files: Sequence[File]) -> tuple[Project, ...]:
    """The root of the slug first, then the nested ones by path. Names tell, no file is read.

    Where no manifest stands at the root, a buildpack deploys a subdirectory, and nobody knows which: the root is then
    of every ecosystem found below it.
    """
    manifests = _manifests()
    at_root = _manifests(at_root=True)
    found: dict[bytes, set[str]] = defaultdict(set)
    telling: dict[bytes, set[bytes]] = defaultdict(set)
    everywhere: set[str] = set()
    for file in files:
        directory, _, name = file.path.rpartition(b"/")
        for ended in (manifests if directory else at_root).after(name.lower()):
            if not _is_foreign(directory):
                for ecosystem, _ in ended.marks:
                    (everywhere if ecosystem.anywhere else found[directory]).add(ecosystem.id)
                    telling[directory].add(name)
        if name in _OF_SPHINX:
            telling[directory].add(name)
    if b"" in found:
        for directory in [path for path in found if telling[path] == _DOCUMENTATION]:
            del found[directory]
    own = found.pop(b"", None) or set().union(*found.values())
    root = Project(root=b"", ecosystems=frozenset(own | everywhere))
    return root, *(Project(root=path, ecosystems=frozenset(ids)) for path, ids in sorted(found.items()))


def with_started(projects: Sequence[Project], directories: Collection[bytes]) -> Sequence[Project]:
    """Return the projects, with one for each directory in which what runs starts an application."""
    if not directories:
        return projects
    known = {project.root: project.ecosystems for project in projects}
    started = (
        Project(root=path, ecosystems=known[project_of(path, known)], is_started=True) for path in sorted(directories)
    )
    root, *nested = (*projects, *started)
    return root, *sorted(nested, key=lambda project: project.root)


def is_project(files: Sequence[File]) -> bool:
    """Whether a manifest stands at the root of the slug itself."""
    manifests = _manifests(at_root=True)
    roots = (file.path for file in files if b"/" not in file.path)
    return any(
        not ecosystem.anywhere
        for name in roots
        for ended in manifests.after(name.lower())
        for ecosystem, _ in ended.marks
    )


def _manifests(*, at_root: bool = False) -> Node[Ecosystem]:
    node: Node[Ecosystem] = Node()
    for ecosystem in catalog().ecosystems:
        for pattern in (*ecosystem.detected_by, *(ecosystem.detected_at_root_by if at_root else ())):
            node.add(pattern, ecosystem)
    return node


def _is_foreign(directory: bytes) -> bool:
    return bool(directory) and not catalog().foreign.isdisjoint(directory.lower().split(b"/"))


E = TypeVar("E")


_BUILT = frozenset(["java", "scala"])
"""Ecosystems in which a directory with a manifest is a module that is built, and no directory that is served."""


_NAMES_OF_CODE = frozenset(["data", "models", "infrastructure"])
"""Categories whose directories may be packages of the application by their names: they have migrations of its own."""


class Kept(NamedTuple):
    """An exception of a rule."""

    rule: CatalogRule


Entry = CatalogRule | Kept | Needed | ServedWhole | NotAReader
"""What a pattern of the catalog may say of a path."""


class Served(NamedTuple):
    """A directory that a framework serves or loads whole."""

    directory: bytes
    reason: str


class Place(NamedTuple):
    """What holds in one directory, for all that is below it. A named tuple: there is one for each directory."""

    path: bytes
    nodes: tuple[Node[Entry], ...]
    """Where the patterns stand; the first are those that hold at any depth."""
    entries: tuple[Entry, ...]
    """What the catalog says of the directory itself."""
    ecosystems: frozenset[str]
    """Of the projects that it is in."""
    needed: Needed | None = None
    served: Served | None = None
    delivery: Delivery | None = None
    is_named: bool = False
    """A rule names it or a directory above: no project begins in there, so nothing in there is needed by one."""
    may_be_code: bool = False
    """What names it is the kind of name that packages of an application have as well: `corpus/`, `monitoring/`."""
    has_no_readers: bool = False


class Grounds:
    """The catalog laid out over the projects of one slug."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self._projects = {project.root: project.ecosystems for project in projects}
        self._started = {project.root for project in projects if project.is_started}
        self._places = {b"": self.root}

    @property
    def root(self) -> Place:
        """Where every walk begins."""
        ecosystems = self._projects.get(b"", frozenset())
        return Place(path=b"", nodes=_trees(ecosystems, at_root=True), entries=(), ecosystems=ecosystems)

    def entries(self, place: Place, name: bytes) -> Sequence[Entry]:
        """What the catalog says of a file of this name in ``place``."""
        name = name.lower()
        if len(place.nodes) == 1 and not place.nodes[0].after(name):  # as for most
            return ()
        return [
            entry
            for node in place.nodes
            for ended in node.after(name)
            for entry, only_directories in ended.marks
            if not only_directories
        ]

    def enter(self, place: Place, name: bytes) -> Place:
        """The directory ``name`` in ``place``."""
        path = place.path + b"/" + name if place.path else name
        lower = name.lower()
        ended = [after for node in place.nodes for after in node.after(lower)]
        if not ended and path not in self._projects:
            return place._replace(path=path, nodes=place.nodes[:1], entries=())
        entries = [entry for node in ended for entry, _ in node.marks if not getattr(entry, "only_files", False)]
        rule = first(entries, CatalogRule)
        is_named = path not in self._started and (place.is_named or rule is not None)
        may_be_code = place.may_be_code if place.is_named else rule is not None and rule.category in _NAMES_OF_CODE
        own = self._projects.get(path) if not is_named else None
        ecosystems = place.ecosystems if own is None else place.ecosystems | own
        anywhere = place.nodes[0] if ecosystems is place.ecosystems else _trees(ecosystems)[0]
        beginning = () if own is None else _trees(own)[1:]
        served, delivery = _delivered(place, path, entries)
        if own is not None and (delivery is Delivery.LOADED or not own.isdisjoint(_BUILT)):
            served, delivery = None, None  # it is an application of its own, with code directories of its own
        return Place(
            path=path,
            nodes=(anywhere, *(node for node in ended if node.has_children), *beginning),
            entries=tuple(entries),
            ecosystems=ecosystems,
            needed=None if is_never_needed(entries) else place.needed or _needed(place, entries),
            served=served,
            delivery=delivery,
            is_named=is_named,
            may_be_code=may_be_code,
            has_no_readers=place.has_no_readers or _is_silent(entries),
        )

    def is_started(self, place: Place) -> bool:
        """Whether an application begins in ``place`` that another one starts."""
        return place.path in self._started

    def look_up(self, path: bytes) -> tuple[Place, Sequence[Entry]]:
        """The directory that ``path`` is in, and what the catalog says of its last part."""
        directory, _, name = path.rpartition(b"/")
        place = self._places.get(directory) or self.at(directory)
        return place, self.entries(place, name)

    def below(self, place: Place, path: bytes) -> Place:
        """The directory ``path`` directly in ``place``: the one that is remembered, if ``place`` is."""
        if self._places.get(place.path) is place:
            return self.at(path)
        return self.enter(place, path.rpartition(b"/")[2])

    def at(self, directory: bytes) -> Place:
        """The directory of this path. Remembered: others ask for file after file of it."""
        missing = []
        while (place := self._places.get(directory)) is None:
            directory, _, name = directory.rpartition(b"/")
            missing.append(name)
        for name in reversed(missing):
            place = self.enter(place, name)
            self._places[place.path] = place
        return place


def _delivered(place: Place, path: bytes, entries: Sequence[Entry]) -> tuple[Served | None, Delivery | None]:
    """The outermost directory that is served; one that is loaded counts only while none is."""
    if place.delivery is Delivery.SERVED:
        return place.served, place.delivery
    found = [entry for entry in entries if isinstance(entry, ServedWhole)]
    entry = min(found, key=lambda entry: entry.delivery is not Delivery.SERVED, default=None)
    if entry is None or entry.delivery is place.delivery:
        return place.served, place.delivery
    return Served(path, entry.reason), entry.delivery


def first(entries: Iterable[Entry], kind: type[E]) -> E | None:
    for entry in entries:
        if isinstance(entry, kind):
            return entry
    return None


def _needed(place: Place, entries: Iterable[Entry]) -> Needed | None:
    """Return what says that a directory in ``place`` is needed."""
    rows = (entry for entry in entries if isinstance(entry, Needed))
    is_apart = place.is_named and not place.may_be_code
    return next((row for row in rows if not (row.unless_named and is_apart)), None)


def is_never_needed(entries: Iterable[Entry]) -> bool:
    """Whether a rule names it whose files nothing needs."""
    return any(isinstance(entry, CatalogRule) and entry.never_needed for entry in entries)


def _is_silent(entries: Sequence[Entry]) -> bool:
    return any(isinstance(entry, NotAReader) and not entry.unless_called for entry in entries)


@cache
def _trees(ecosystems: frozenset[str], *, at_root: bool = False) -> tuple[Node[Entry], Node[Entry]]:
    """The patterns for any depth, and those from a project's root, of these ecosystems and of all."""
    anywhere: Node[Entry] = Node()
    anchored: Node[Entry] = Node()
    for names, patterns, entry in _rows():
        if isinstance(entry, Needed) and entry.only_at_root and not at_root:
            continue
        if ALL in names or not ecosystems.isdisjoint(names):
            for pattern in patterns:
                (anchored if pattern.anchored else anywhere).add(pattern, entry)
    return anywhere, anchored


def _rows() -> Iterator[tuple[Sequence[str], Sequence[Pattern], Entry]]:
    everything = catalog()
    for rule in everything.rules.values():
        yield rule.ecosystems, rule.patterns, rule
        yield rule.ecosystems, rule.exceptions, Kept(rule)
    entries: tuple[Needed | ServedWhole | NotAReader, ...] = (
        *everything.needed,
        *everything.served,
        *everything.not_a_reader,
    )
    for entry in entries:
        yield entry.ecosystems, entry.patterns, entry


_last: list[tuple[Sequence[Project], Grounds]] = []
"""What was laid out last: several ask for the same, file after file."""


def grounds_of(projects: Sequence[Project]) -> Grounds:
    """Return the catalog laid out over these projects, the same for the same tuple."""
    if not _last or _last[0][0] is not projects:
        _last[:] = [(projects, Grounds(projects))]
    return _last[0][1]


def is_needed(path: bytes, projects: Sequence[Project]) -> str | None:
    """Why the file or directory may never go; None where the catalog does not say so."""
    place, entries = grounds_of(projects).look_up(path)
    needed = None if is_never_needed(entries) else place.needed or first(entries, Needed)
    return needed.reason if needed is not None else None


def served(path: bytes, projects: Sequence[Project]) -> Served | None:
    """The directory, served or loaded whole, that ``path`` is or is in."""
    directory, _, name = path.rpartition(b"/")
    grounds = grounds_of(projects)
    return grounds.enter(grounds.at(directory), name).served


def is_no_reader(path: bytes, projects: Sequence[Project]) -> bool:
    """Whether what this file says of a path does not make that path needed at run time, unless a deploy calls it."""
    place, entries = grounds_of(projects).look_up(path)
    return place.has_no_readers or first(entries, NotAReader) is not None
