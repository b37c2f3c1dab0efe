"""The files that the rules of a slug leave out although the deploy reaches them.

The graph is that of the suggestions, asked the other way round, and stricter: there a reference too many costs a
suggestion, here it accuses somebody's rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.edges import Edge, EdgeKind, Excuse
from slugtrim.suggester.examine import Explored, explore
from slugtrim.suggester.references import is_mere_word

_UNREAD = {"ci", "editor", "lint", "dependencies", "build-output", "caches", "logs"}
"""Categories of what a deploy makes anew, or only development reads: the application needs none of it."""
_LISTINGS = (b".json", b".md", b".markdown", b".rst", b".xml", b".svg", b".sample", b".example", b".csv", b".txt")
"""Endings of files that list names without using what they name."""
_MANIFESTS = (b"package.json", b"composer.json", b"app.json", b"tsconfig.json", b"jsconfig.json", b"angular.json")


def explore_left_out(slug: Slug, evidence: CacheTable | None = None) -> Explored:
    """Return the graph of the slug and of what its rules leave out, in which all that is left out may go."""
    left_out = [left.file for left in slug.left_out]
    whole = replace(slug, kept=tuple(sorted((*slug.kept, *left_out))), left_out=())
    return explore(whole, {file.path for file in left_out}, evidence)


def reads_of_left_out(slug: Slug, explored: Explored) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield path, reader and line of each file that is left out and that the build or the running application needs.

    Only references that lead there without doubt count: a path or an import, written in a file that stays.
    """
    kept = {file.path for file in slug.kept}
    ends = {_end(path) for path in kept if b"/" in path}
    graph = explored.graph
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
