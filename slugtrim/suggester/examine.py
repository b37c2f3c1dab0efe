"""All candidates of a slug, and who reads each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.candidates import catalog_candidates, common_path, is_needed, is_no_reader
from slugtrim.suggester.catalog import Delivery, catalog
from slugtrim.suggester.finders import sub_projects, unread_candidates
from slugtrim.suggester.heroku_ci import heroku_ci_evidence
from slugtrim.suggester.kinds import is_text
from slugtrim.suggester.lock_files import second_lock_files
from slugtrim.suggester.matching import Pattern
from slugtrim.suggester.operators import without_operators
from slugtrim.suggester.places import Grounds
from slugtrim.suggester.projects import Project, find_projects
from slugtrim.suggester.record import Candidate, EvidenceKind, Tier
from slugtrim.suggester.search import Lot, Search, Searched
from slugtrim.suggester.started import loose_scripts, other_directories
from slugtrim.suggester.tools import idle_tools

_CODE = {"tests", "dependencies", "caches", "scripts", "examples", "lint", "ci", "editor"}
_DATA = {"fixtures", "recorded-cassettes", "visual-references"}
_REBUILT = {"dependencies", "build-output", "caches"}
_SCRIPTS = "scripts"
_TESTS = "tests"
"""The category that Heroku CI needs."""


def examine(slug: Slug, evidence: CacheTable | None = None) -> Searched:
    """Every candidate of the slug, and who reads it; ``evidence`` is what was read before."""
    projects = find_projects(slug.kept)
    named = _named(slug.kept, projects)
    named = (*named, *_unnamed(loose_scripts(slug.tree, slug.kept, projects), _paths(named)))
    idle = idle_tools(slug.tree, slug.kept, projects)
    search = partial(_search, slug, projects, evidence, idle=idle)
    apart = _unnamed(_apart(slug, projects), _paths(named))
    projects_inside = search(apart, silent=_paths(named), telling=_ways_into(apart)).lots
    nested = [lot.candidate for lot in projects_inside if lot.gone]
    inside = _paths(nested)
    named = (*_outside(named, inside),)
    taken = inside | _paths(named)
    grounds = Grounds(projects)
    free = [
        file
        for file in slug.kept
        if file.path not in taken and _is_free(file.path, grounds) and is_needed(file.path, projects) is None
    ]
    locks = second_lock_files(slug.tree, slug.kept)
    lots = _barred((*locks, *nested, *named, *unread_candidates(free)), slug)
    found = search([lot.candidate for lot in lots if lot.gone])
    barred = [lot for lot in (*lots, *projects_inside) if not lot.gone]
    return Searched(lots=(*found.lots, *barred), files=found.files, unsearched=found.unsearched)


def _apart(slug: Slug, projects: tuple[Project, ...]) -> tuple[Candidate, ...]:
    """What may belong to another application: directories that no process is started in, and nested projects."""
    directories = other_directories(slug.tree, slug.kept, projects)
    tops = {candidate.path for candidate in directories}
    nested = sub_projects(slug.kept, projects)
    return (*directories, *(each for each in nested if each.path.partition(b"/")[0] not in tops))


def _ways_into(apart: Iterable[Candidate]) -> list[bytes]:
    """The names that a path from elsewhere into one of the directories has to have; empty where it need not.

    Elixir finds a module by its own name, wherever it is.
    """
    if any(file.path.endswith(b".ex") for each in apart for file in each.files):
        return []
    return sorted({part for each in apart for part in each.path.split(b"/")})


def _marked(candidate: Candidate) -> Candidate:
    patterns = catalog().rules[candidate.rule].patterns
    # What comes to be there tomorrow goes unseen, so that only what is no doubt of its kind is written as `*.psd`.
    is_plain = candidate.tier is Tier.SAFE or candidate.category == _TESTS
    return replace(
        candidate,
        is_code=candidate.category in _CODE and candidate.rule not in _DATA,
        is_whole=candidate.category in _REBUILT,
        is_rebuilt=candidate.category in _REBUILT and candidate.tier is Tier.SAFE,
        forms=tuple(form for pattern in patterns if is_plain and _is_form(pattern) for form in _spelt(pattern.text)),
    )


def _is_form(pattern: Pattern) -> bool:
    return not pattern.anchored and len(pattern.parts) == 1


def _spelt(text: bytes) -> Iterator[bytes]:
    """A pattern without a slash at its end and without sets: ``*.[jt]s`` as ``*.js`` and ``*.ts``."""
    before, bracket, rest = text.rstrip(b"/").partition(b"[")
    letters, _, after = rest.partition(b"]")
    if not bracket:
        yield before
        return
    for letter in letters:
        yield from _spelt(before + bytes([letter]) + after)


def _is_free(path: bytes, grounds: Grounds) -> bool:
    """Whether only a mention would make it needed: nothing serves it, and it is no text that a page is made of."""
    delivery = grounds.at(path.rpartition(b"/")[0]).delivery
    return delivery is None or (delivery is Delivery.LOADED and not is_text(path))


def named_lots(slug: Slug, files: Sequence[File]) -> list[Lot]:
    """What the catalog names among ``files``, without a search for readers."""
    return _barred(_named(files, find_projects(files)), slug)


def _named(files: Sequence[File], projects: tuple[Project, ...]) -> tuple[Candidate, ...]:
    return tuple(_marked(candidate) for candidate in catalog_candidates(files, projects))


def _barred(candidates: Iterable[Candidate], slug: Slug) -> list[Lot]:
    """The candidates; those that stay whoever reads them are empty, with the reason for a reader."""
    heroku_ci = heroku_ci_evidence(slug.tree, slug.kept)
    lots = []
    for candidate in candidates:
        if candidate.category == _SCRIPTS:
            candidate, starting, evidence = without_operators(candidate, slug.tree)
            if starting:
                lots.append(Lot(replace(candidate, files=starting), {}, list(evidence)))
        against = [item for item in candidate.evidence if item.kind is EvidenceKind.SERVED]
        if heroku_ci is not None and candidate.category == _TESTS:
            against.append(heroku_ci)
        gone = {} if against else {file.path: file for file in candidate.files}
        lots.append(Lot(candidate, gone, against))
    return lots


def _paths(candidates: Iterable[Candidate]) -> set[bytes]:
    return {file.path for candidate in candidates for file in candidate.files}


def _unnamed(candidates: Iterable[Candidate], named: set[bytes]) -> list[Candidate]:
    """Those of the candidates of which the catalog does not name every file."""
    return [each for each in candidates if not all(file.path in named for file in each.files)]


def _outside(candidates: Iterable[Candidate], taken: set[bytes]) -> Iterator[Candidate]:
    """What is left of the candidates without the files that are taken."""
    for each in candidates:
        files = tuple(file for file in each.files if file.path not in taken)
        if len(files) == len(each.files):
            yield each
        elif files:
            yield replace(each, files=files, path=each.path or common_path(files))


def _search(
    slug: Slug,
    projects: tuple[Project, ...],
    evidence: CacheTable | None,
    candidates: Iterable[Candidate],
    *,
    idle: Collection[bytes],
    silent: Collection[bytes] = (),
    telling: Sequence[bytes] = (),
) -> Searched:
    search = Search(
        slug.kept,
        candidates,
        roots=[project.root for project in projects],
        is_no_reader=lambda path: path in silent or path in idle or is_no_reader(path, projects),
        links=slug.tree.links,
        contents=slug.tree.contents,
        cache=evidence,
        telling=telling,
    )
    return search.run()
