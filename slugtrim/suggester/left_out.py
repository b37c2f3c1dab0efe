"""What the rules of a slug leave out although a file that stays reads it.

The search is that for suggestions, asked the other way round, and stricter: there a mention too many costs a
suggestion, here it accuses somebody's rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.files import File
from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.candidates import catalog_candidates, is_no_reader
from slugtrim.suggester.counting import only_tells
from slugtrim.suggester.projects import Project, find_projects
from slugtrim.suggester.record import Candidate, Tier
from slugtrim.suggester.search import Search
from slugtrim.suggester.started import loose_scripts
from slugtrim.suggester.tools import idle_tools

_CODE_ENDINGS = (b".py", b".rb", b".rake", b".js", b".jsx", b".ts", b".tsx", b".mjs", b".cjs", b".vue", b".php", b".ex")
_UNREAD = {"ci", "editor", "lint", "dependencies", "build-output", "caches", "logs"}
"""Categories of what a deploy makes anew, or only development reads: a mention of it is none of the application's."""


def reads_of_left_out(slug: Slug, evidence: CacheTable | None = None) -> Iterator[tuple[bytes, bytes, int]]:
    """Path, reader and line of each. Only what is written as a path that leads there, or imported, counts."""
    whole = tuple(sorted((*slug.kept, *(left.file for left in slug.left_out))))
    projects = find_projects(whole)
    unread = {
        file.path for each in catalog_candidates(whole, projects) if each.category in _UNREAD for file in each.files
    }
    gone = [_candidate(left.file) for left in slug.left_out if left.file.path not in unread]
    if not gone:
        return
    idle = _idle(slug, projects)
    search = Search(
        whole,
        gone,
        roots=[project.root for project in projects],
        is_no_reader=lambda path: path in idle or is_no_reader(path, projects),
        links=slug.tree.links,
        contents=slug.tree.contents,
        cache=evidence,
    )
    ends = {_end(file.path) for file in slug.kept if b"/" in file.path}
    for path, hit, reader in search.direct_hits({file.path for file in slug.kept}):
        # A page may mean the file of the same name that stays, wherever its framework looks for it.
        if hit.target.is_exact and not hit.target.is_directory and not only_tells(reader) and _end(path) not in ends:
            yield path, reader, hit.line


def _candidate(file: File) -> Candidate:
    return Candidate(
        path=b"",
        files=(file,),
        rule="left-out",
        tier=Tier.SAFE,
        category="left-out",
        reason="",
        is_code=file.path.endswith(_CODE_ENDINGS),
    )


def _idle(slug: Slug, projects: tuple[Project, ...]) -> set[bytes]:
    """What stays, but neither builds nor runs: tests, notebooks, scripts of developers."""
    named = catalog_candidates(slug.kept, projects)
    scripts = loose_scripts(slug.tree, slug.kept, projects)
    idle = idle_tools(slug.tree, slug.kept, projects)
    return {file.path for each in (*named, *scripts) for file in each.files} | idle


def _end(path: bytes) -> bytes:
    return b"/".join(path.split(b"/")[-2:])
