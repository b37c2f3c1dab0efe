"""Why a deploy uses a file: the chain of references from an entry point, or who else names the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.files import quoted
from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.catalog import Delivery
from slugtrim.suggester.edges import Edge, EdgeKind, Excuse, Phase, Root
from slugtrim.suggester.examine import ASKED, explore
from slugtrim.suggester.graph import Graph
from slugtrim.suggester.harmless import is_mere_word
from slugtrim.suggester.languages import language_of
from slugtrim.suggester.places import Project, find_projects, grounds_of
from slugtrim.suggester.records import Grade, Link, Trace, Way
from slugtrim.suggester.verdicts import EXCUSES

_EXCUSES = {**EXCUSES, Excuse.GUARDED: "the code handles its absence"}
_UNDIRECTED = "counts as used: no file says what starts the application"
_BY_KIND = "counts as used: references alone do not tell which files of its kind are"
_ONE_OFF = "only a one-off command, such as heroku run, could start it"

_UNREAD = {"ci", "editor", "lint", "dependencies", "build-output", "caches", "logs"}
"""Categories of what a deploy makes anew, or only development reads: the application needs none of it."""
_LISTINGS = (b".json", b".md", b".markdown", b".rst", b".xml", b".svg", b".sample", b".example", b".csv", b".txt")
"""Endings of files that list names without using what they name."""
_MANIFESTS = (b"package.json", b"composer.json", b"app.json", b"tsconfig.json", b"jsconfig.json", b"angular.json")


def trace(slug: Slug, paths: Collection[bytes], table: CacheTable | None = None) -> Mapping[bytes, Trace]:
    """Return how a deploy comes to each of these files of the tree, whether or not a rule leaves them out.

    They count as absent, so that references to them are found. This costs what the suggestions cost. ``table``
    remembers what files refer to.
    """
    left_out = [left.file for left in slug.left_out if left.file.path in paths]
    whole = replace(slug, kept=tuple(sorted((*slug.kept, *left_out))), left_out=())
    asked = {file.path for file in whole.kept if file.path in paths}
    if not asked:
        return {}
    table = table if table is not None else CacheTable()
    graph = explore(whole, asked, table, asks_candidates=True)
    links = {path: link for path in asked if (link := _without_reference(path, graph)) is not None}
    others = asked - links.keys()
    if links and others:  # what is used by itself reaches others, so it must not be absent for them
        graph = explore(whole, others, table, asks_candidates=True)
    used = {path: Trace(grade=Grade.READ, chain=(link,)) for path, link in links.items()}
    by_reference = {path: _by_reference(path, graph) for path in others}
    unnamed = {path for path, traced in by_reference.items() if traced.grade is Grade.UNREACHED}
    projects = find_projects(whole.kept) if unnamed else ()
    by_reference |= {path: _unnamed(path, projects, graph) for path in unnamed}
    return used | by_reference


def _without_reference(path: bytes, graph: Graph) -> Link | None:
    """Return why the deploy uses a file that need not be named; None if only a reference makes it used."""
    if graph.absent[path].category != ASKED:
        return None
    root = _root(path, graph, (Phase.RUN, Phase.BUILD))
    if root is not None and root.source is None:
        return _entry(root)
    if path not in graph.uses and graph.entries.default_live(path):
        return Link(path=None, line=None, text=_UNDIRECTED if language_of(path) is not None else _BY_KIND)
    return None


def _unnamed(path: bytes, projects: Sequence[Project], graph: Graph) -> Trace:
    """Return the trace of a file that nothing names. Its only link says if a framework serves its whole directory."""
    is_script = graph.absent[path].category == ASKED and language_of(path) is not None
    unnamed = Trace(grade=Grade.UNREACHED, chain=(), excuse=_ONE_OFF if is_script else None)
    directory, _, name = path.rpartition(b"/")
    grounds = grounds_of(projects)
    place = grounds.enter(grounds.at(directory), name)
    if place.served is None or place.delivery is not Delivery.SERVED:
        return unnamed
    text = f"in {quoted(place.served.directory)}/: {place.served.reason}"
    return Trace(grade=Grade.UNREACHED, chain=(Link(path=None, line=None, text=text),))


def _by_reference(path: bytes, graph: Graph) -> Trace:
    grade = graph.grade(path)
    root = _root(path, graph, (Phase.RUN, Phase.BUILD))
    if grade in (Grade.READ, Grade.BUILT) and root is not None and root.source is not None:
        return Trace(grade=grade, chain=(_entry(root),))
    root = _root(path, graph, (Phase.DEV,))
    if grade is Grade.UNREACHED and root is not None:
        return Trace(grade=Grade.IDLE, chain=(_entry(root),))
    steps = graph.chain(path)
    first = steps[0] if steps and grade in (Grade.GUARDED, Grade.IDLE) else None
    excuse = _EXCUSES.get(first.reference.excuse) if isinstance(first, Edge) else None
    return Trace(grade=grade, chain=tuple(map(_link, reversed(steps))), excuse=excuse)


def ways_of(slug: Slug, graph: Graph) -> dict[bytes, Way]:
    """Return how a deploy comes to each file of the slug, as the search that judged the candidates did."""
    code, other = (Link(path=None, line=None, text=text) for text in (_UNDIRECTED, _BY_KIND))
    conventions: dict[str, Link] = {}
    ways = {}
    for file in slug.kept:
        grade, step = graph.step_to(file.path)
        link = None
        if isinstance(step, Root) and step.source is None:  # one for thousands of files
            link = conventions.get(step.why) or conventions.setdefault(step.why, _entry(step))
        elif step is not None:
            link = _link(step)
        elif file.path in graph.reached:
            link = code if language_of(file.path) is not None else other
        ways[file.path] = Way(grade, link)
    return ways


def _root(path: bytes, graph: Graph, phases: Iterable[Phase]) -> Root | None:
    return next((root for root in graph.entries.roots if root.path == path and root.phase in phases), None)


def chain_of(graph: Graph, path: bytes) -> tuple[Link, ...]:
    """Return the steps that lead to a file, each with the name as it is written; the entry point comes first."""
    return tuple(_link(step, quotes=True) for step in reversed(graph.chain(path)))


def _link(step: Edge | Root, *, quotes: bool = False) -> Link:
    if isinstance(step, Root):
        return _entry(step)
    return Link(path=step.source, line=step.reference.line, text=step.reference.text if quotes else "")


def _entry(root: Root) -> Link:
    """Return an entry point without the name of the file that says so, if that is told beside it."""
    why = root.why
    if root.source is not None:
        path = root.source.decode("utf-8", "surrogateescape")
        why = "" if why == path else why.removeprefix(path.rpartition("/")[2]).strip()
    return Link(path=root.source, line=root.line, text=why)


# What the rules leave out although the deploy reaches it: stricter than suggestions, for it accuses somebody's rule.


def explore_left_out(slug: Slug, evidence: CacheTable | None = None) -> Graph:
    """Return the graph of the slug and of what its rules leave out, in which all that is left out may go."""
    left_out = [left.file for left in slug.left_out]
    whole = replace(slug, kept=tuple(sorted((*slug.kept, *left_out))), left_out=())
    return explore(whole, {file.path for file in left_out}, evidence)


def reads_of_left_out(slug: Slug, graph: Graph) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield path, reader and line of each file that is left out and that the build or the running application needs.

    Only references that lead there without doubt count: a path or an import, written in a file that stays.
    """
    kept = {file.path for file in slug.kept}
    ends = {_end(path) for path in kept if b"/" in path}
    for left in slug.left_out:
        path = left.file.path
        edge = graph.uses.get(path)
        if (
            edge is not None
            and path not in graph.built
            and graph.absent[path].category not in _UNREAD
            and _is_certain(edge, kept, ends)
        ):
            yield path, edge.source, edge.reference.line


def _is_certain(edge: Edge, kept: set[bytes], ends: set[bytes]) -> bool:
    if edge.source not in kept or not edge.is_exact or edge.through is not None:
        return False
    if is_mere_word(edge.reference) and "." not in edge.reference.text:
        return False  # a word such as `challenges` may mean anything
    if edge.reference.excuse is not Excuse.NONE:
        return False  # doubt is in favour of whoever wrote the rule
    if edge.reference.kind is EdgeKind.EXECUTES:
        return True
    # A page may mean the file of the same name that stays, wherever its framework looks for it.
    return not _only_lists(edge.source) and _end(edge.target) not in ends


def _only_lists(path: bytes) -> bool:
    return path.endswith(_LISTINGS) and path.rpartition(b"/")[2] not in _MANIFESTS


def _end(path: bytes) -> bytes:
    return b"/".join(path.split(b"/")[-2:])
