"""Why a deploy uses a file: the chain of references from an entry point, or who else names the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.edges import Edge, Excuse, Phase, Root, language_of
from slugtrim.suggester.examine import ASKED, Explored, explore
from slugtrim.suggester.graph import Graph
from slugtrim.suggester.records import Grade, Link, Trace
from slugtrim.suggester.verdicts import EXCUSES
from slugtrim.suggester.ways import Way

_EXCUSES = {**EXCUSES, Excuse.GUARDED: "the code handles its absence"}
_UNDIRECTED = "counts as used: no file says what starts the application"
_BY_KIND = "counts as used: references alone do not tell which files of its kind are"


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
    explored = explore(whole, asked, table, asks_candidates=True)
    links = {path: link for path in asked if (link := _without_reference(path, explored)) is not None}
    others = asked - links.keys()
    if links and others:  # what is used by itself reaches others, so it must not be absent for them
        explored = explore(whole, others, table, asks_candidates=True)
    used = {path: Trace(grade=Grade.READ, chain=(link,)) for path, link in links.items()}
    return used | {path: _by_reference(path, explored) for path in others}


def _without_reference(path: bytes, explored: Explored) -> Link | None:
    """Return why the deploy uses a file that need not be named; None if only a reference makes it used."""
    if explored.graph.absent[path].category != ASKED:
        return None
    root = _root(path, explored, (Phase.RUN, Phase.BUILD))
    if root is not None and root.source is None:
        return _entry(root)
    if path not in explored.graph.uses and explored.entries.default_live(path):
        return Link(path=None, line=None, text=_UNDIRECTED if language_of(path) is not None else _BY_KIND)
    return None


def _by_reference(path: bytes, explored: Explored) -> Trace:
    graph = explored.graph
    grade = graph.grade(path)
    root = _root(path, explored, (Phase.RUN, Phase.BUILD))
    if grade in (Grade.READ, Grade.BUILT) and root is not None and root.source is not None:
        return Trace(grade=grade, chain=(_entry(root),))
    root = _root(path, explored, (Phase.DEV,))
    if grade is Grade.UNREACHED and root is not None:
        return Trace(grade=Grade.IDLE, chain=(_entry(root),))
    steps = graph.chain(path)
    excuse = _excuse(steps[0]) if steps and grade in (Grade.GUARDED, Grade.IDLE) else None
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


def _root(path: bytes, explored: Explored, phases: Iterable[Phase]) -> Root | None:
    return next((root for root in explored.entries.roots if root.path == path and root.phase in phases), None)


def chain_of(graph: Graph, path: bytes) -> tuple[Link, ...]:
    """Return the steps that lead to a file, each with the name as it is written; the entry point comes first."""
    return tuple(map(_quoting, reversed(graph.chain(path))))


def _quoting(step: Edge | Root) -> Link:
    return _entry(step) if isinstance(step, Root) else replace(_link(step), text=step.reference.text)


def _link(step: Edge | Root) -> Link:
    return _entry(step) if isinstance(step, Root) else Link(path=step.source, line=step.reference.line, text="")


def _excuse(step: Edge | Root) -> str | None:
    return _EXCUSES.get(step.reference.excuse) if isinstance(step, Edge) else None


def _entry(root: Root) -> Link:
    """Return an entry point without the name of the file that says so, if that is told beside it."""
    why = root.why
    if root.source is not None:
        path = root.source.decode("utf-8", "surrogateescape")
        why = "" if why == path else why.removeprefix(path.rpartition("/")[2]).strip()
    return Link(path=root.source, line=root.line, text=why)
