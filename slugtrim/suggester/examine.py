"""The candidates of a slug, the graph that they are judged by, and the verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, Note, Unreadable, directories_above
from slugtrim.ignore import Dialect
from slugtrim.platforms import platform_of
from slugtrim.scanner import Slug
from slugtrim.sources.held import with_one_reader
from slugtrim.store import CacheTable
from slugtrim.suggester.candidates import catalog_candidates, common_path
from slugtrim.suggester.catalog import Delivery, is_text
from slugtrim.suggester.edges import Edge
from slugtrim.suggester.entry_points import EntryPoints, entry_points
from slugtrim.suggester.facts import FactReader, SecondReader
from slugtrim.suggester.finders import (
    BUILT,
    apart_candidates,
    message_candidates,
    old_build_candidates,
    rebuilt_candidates,
    unread_candidates,
)
from slugtrim.suggester.graph import SETTINGS, Graph
from slugtrim.suggester.harmless import is_for_developers
from slugtrim.suggester.languages import READ_BYTES, is_code, language_of, may_refer
from slugtrim.suggester.notices import heroku_ci_evidence, second_lock_files, unlocked_modules
from slugtrim.suggester.outline import counts_below
from slugtrim.suggester.places import Grounds, find_projects, grounds_of, is_needed, is_no_reader, with_started
from slugtrim.suggester.records import NOT_OVERRULED, Candidate, Evidence, EvidenceKind, Overruled, Tier, too_large
from slugtrim.suggester.references import Sought, words_of_path
from slugtrim.suggester.root_table import root_table
from slugtrim.suggester.verdicts import Judgement, Sight, judge

_SETS = {"data", "models"}
"""Categories of what is found by the name of a directory above it."""
_SUB_PROJECTS = "sub-projects"
_TESTS = "tests"
"""The category that Heroku CI needs."""
_PAGES = (b".html", b".htm", b".css")
_DIRECTED = frozenset(["python", "node", "ml", "elixir"])
"""Ecosystems whose servers send only what the code or a directory's name tells them to."""
_PAGE_DIRECTORIES = frozenset(
    b"public static assets views templates layouts partials dist build client www src".split()
)
_OF_ANY_DEPTH = (Dialect.GITIGNORE, Dialect.GLOB)
"""Dialects in which a pattern can name files at any depth by the end of their names."""
_MOST_STARTED = 3
"""Applications inside one another are followed until so many are known: each takes another search."""
ASKED = "asked"
"""The category of a file that no rule of the catalog names."""


class Examined(Struct, frozen=True, kw_only=True):
    """Every candidate of a slug with its verdict."""

    verdicts: tuple[Judgement, ...]
    graph: Graph
    files: int
    """How many files were read."""
    unread: tuple[Unreadable, ...]
    """Files that stay and could not be read: a reference may hide there."""
    notes: tuple[Note, ...]
    compiled: tuple[File, ...]
    """Files that the build compiles although nothing is known to reach them, candidates among them."""
    executed: Callable[[Collection[File]], Sequence[Edge]]
    """Reads what files execute."""


def examine(
    slug: Slug,
    table: CacheTable | None = None,
    second: SecondReader | None = None,
    overruled: Overruled = NOT_OVERRULED,
) -> Examined:
    """Return every candidate with its verdict; ``table`` remembers what files refer to.

    ``second`` reads some of the files at the same time.
    """
    table = table if table is not None else CacheTable()
    with slug.tree.contents.open() as reader:
        examination = _Examination(slug)
        while True:
            sought = examination.sought()
            facts = FactReader(reader, table, sought, second)
            verdicts, graph = examination.run(facts, overruled)
            started = examination.started_within(graph)
            if not started:
                break
            examination = _Examination(slug, started)
        failed = tuple(facts.unreadable)

    def executed(files: Collection[File]) -> Sequence[Edge]:
        with slug.tree.contents.open() as reader:
            return [*graph.executed(files, FactReader(reader, table, sought))]

    large = tuple(too_large(path) for path in _too_large(slug.kept, graph))
    return Examined(
        verdicts=tuple(verdicts),
        graph=graph,
        files=len(graph.read),
        unread=(*failed, *large),
        notes=examination.entries.notes,
        compiled=examination.compiled(graph),
        executed=executed,
    )


def _too_large(kept: Iterable[File], graph: Graph) -> Iterator[bytes]:
    """Yield the files that are no candidates and that nobody reads, although they may refer to others."""
    for file in kept:
        if file.size_bytes > READ_BYTES and file.path not in graph.absent and may_refer(file._replace(size_bytes=0)):
            yield file.path


def explore(
    slug: Slug, absent: Collection[bytes], table: CacheTable | None = None, *, asks_candidates: bool = False
) -> Graph:
    """Return the graph of a slug in which the files with the paths ``absent`` may go, each by itself.

    With ``asks_candidates``, candidates that no deploy reaches are asked for references as well.
    """
    table = table if table is not None else CacheTable()
    with slug.tree.contents.open() as reader:
        examination = _Examination(slug)
        while True:
            own = examination.candidates_of(absent)
            facts = FactReader(reader, table, examination.sought(own))
            graph = examination.graph_without(own, facts, asks_candidates=asks_candidates)
            started = examination.started_within(graph)
            if not started:
                break
            examination = _Examination(slug, started)
    return graph


class _Examination:
    """What is known of a slug before any file is searched for references."""

    def __init__(self, slug: Slug, started: Collection[bytes] = ()) -> None:
        """``started`` are the directories of applications that only the code that runs tells of."""
        self._slug = slug
        self._projects = with_started(find_projects(slug.kept), started)
        self._grounds = grounds_of(self._projects)
        with with_one_reader(slug.tree) as tree:
            self.entries: EntryPoints = entry_points(
                tree, slug.kept, self._projects, platform_of(slug.dialect).app_file
            )
            rebuilt = rebuilt_candidates(tree, slug.kept, self._projects, self.entries)
        inside = {file.path for each in rebuilt for file in each.files}
        paths = {file.path for file in slug.kept}
        named = (unlocked_modules(each, paths) for each in catalog_candidates(slug.kept, self._projects))
        known = (*rebuilt, *_outside(named, inside))
        messages = message_candidates(slug.kept, self._projects, self.entries)
        for found in (messages, old_build_candidates(slug.kept)):
            inside = {file.path for each in known for file in each.files}
            known = (*known, *_outside(found, inside))
        self._named = known
        safe = {file.path for each in self._named if each.tier is Tier.SAFE for file in each.files}
        self._apart = tuple(
            each
            for each in apart_candidates(slug.kept, self._projects, self.entries)
            if not safe.issuperset(file.path for file in each.files)
        )
        self._unread = self._unread_candidates()
        self._others = self._unknown_settings() | self._unknown_pages()

    def sought(self, more: Iterable[Candidate] = ()) -> Sought:
        """Return what a file must have to refer to a candidate, ``more`` of them included.

        Whatever is outside a directory of tests refers to it by its name, or executes what is there: imports are found
        in any case. A single word means no code, and nothing for developers, unless it is a whole name.
        """
        words, after_slash, directories = set(self._others), set[bytes](), set[bytes]()
        within, insiders = set[bytes](), set[bytes]()
        for each in (*self._named, *self._apart, *self._unread, *more):
            is_directory = each.path not in (b"", each.files[0].path)
            if each.is_code and is_directory:
                directories.update(each.path.split(b"/")[-1:])
                within |= _words(each)
                insiders.update(file.path for file in each.files)
            elif each.is_source:
                for file in each.files:
                    words.update(words_of_path(file.path, only_whole=True))
                    words.add(b"." + file.path.rpartition(b".")[2])
            elif each.category == _SUB_PROJECTS:
                directories.update(each.path.split(b"/"))
                for file in each.files:
                    words.update(words_of_path(file.path, only_whole=is_code(file.path)))
            elif is_for_developers(each.category):
                whole = self._whole_directories(each)
                words.update(each.path.split(b"/")[-1:] if each.path in whole or not is_directory else ())
                words.update(word for file in each.files for word in words_of_path(file.path, only_whole=True))
                after_slash |= _words(each, whole)
            else:
                words |= _words(each)
                if each.category in _SETS:
                    words.update(part for file in each.files for part in file.path.split(b"/")[1:-1])
        after_slash -= words
        return Sought(
            words=frozenset(words),
            after_slash=frozenset(after_slash),
            directories=frozenset(directories),
            within=frozenset(within),
            insiders=frozenset(insiders),
        )

    def _whole_directories(self, candidate: Candidate) -> set[bytes]:
        """Return the directories of which a candidate is all. The name of another means what else is in it."""
        counts = counts_below(file.path for file in candidate.files)
        return {directory for directory, count in counts.items() if self._files_below[directory] == count}

    @cached_property
    def _files_below(self) -> Mapping[bytes, int]:
        return counts_below(file.path for file in self._slug.kept)

    def started_within(self, graph: Graph) -> frozenset[bytes]:
        """Return the directories of applications that running code starts; none if all of them are known.

        It starts one if it requires a file by which a framework is known: `require_relative "demo/config/environment"`.
        The framework loads by place whatever is in there, in a directory of tests as well.
        """
        known = {project.root for project in self._projects}
        started = {project.root for project in self._projects if project.is_started}
        telling = tuple(b"/" + name for row in root_table().rows if row.starts for name in row.files)
        named = [path for path in graph.reached if path.endswith(telling)]
        executed = [path for path in named if graph.is_executed(path)]
        found = {path.removesuffix(name) for path in executed for name in telling if path.endswith(name)} - known
        return frozenset(started | found) if found and len(started) < _MOST_STARTED else frozenset()

    def _unknown_settings(self) -> set[bytes]:
        """Return the names of settings at the root that no entry point leads to: does the application read them?"""
        known = {root.path for root in self.entries.roots}
        return {
            file.path
            for file in self._slug.kept
            if b"/" not in file.path and file.path.endswith(SETTINGS) and file.path not in known
        }

    def _unknown_pages(self) -> set[bytes]:
        """Return the names of pages and style sheets that no convention finds: does a page that is found load them?"""
        taken = {file.path for each in (*self._named, *self._unread) for file in each.files}
        pages = (file.path for file in self._slug.kept if file.path.endswith(_PAGES) and file.path not in taken)
        return {word for path in pages if not self._is_live_by_kind(path) for word in list(words_of_path(path))[:1]}

    def run(self, facts: FactReader, overruled: Overruled) -> tuple[list[Judgement], Graph]:
        apart, used = self._unused(facts) if self._apart else ((), [])
        inside = {file.path for each in apart for file in each.files}
        candidates = [*apart, *_outside((*self._named, *self._unread), inside)]
        graph = self._graph(candidates, facts)
        locks = second_lock_files(self._slug.tree, self._slug.kept)
        candidates = [*locks, *(self._barred(each) for each in candidates)]
        sight, has_forms = self._sight(graph, facts), self._slug.dialect in _OF_ANY_DEPTH
        return [*judge(candidates, graph, sight, overruled, self._spent(), has_forms=has_forms), *used], graph

    def compiled(self, graph: Graph) -> tuple[File, ...]:
        """Return the files that the build compiles, but for those whose references the graph has followed."""
        paths = (self.entries.compiled | graph.taken) - graph.read
        return tuple(file for file in self._slug.kept if file.path in paths and may_refer(file))

    def _sight(self, graph: Graph, facts: FactReader) -> Sight:
        is_complete = not facts.unreadable and next(_too_large(self._slug.kept, graph), None) is None
        return Sight(self._slug.kept, self._grounds, self.entries, is_complete=is_complete)

    def _spent(self) -> Mapping[bytes, set[int]]:
        """Return the lines of the rules that leave out files in each directory."""
        found: dict[bytes, set[int]] = defaultdict(set)
        for left in self._slug.left_out:
            for directory in directories_above(left.file.path):
                found[directory].add(left.rule.line)
        return found

    def candidates_of(self, paths: Collection[bytes]) -> list[Candidate]:
        known = {file.path: each for each in (*self._named, *self._unread) for file in each.files}
        return [
            replace(known[file.path], files=(file,)) if file.path in known else _plain(file)
            for file in self._slug.kept
            if file.path in paths
        ]

    def graph_without(self, absent: Sequence[Candidate], facts: FactReader, *, asks_candidates: bool) -> Graph:
        taken = {file.path for each in absent for file in each.files}
        candidates = [*absent, *_outside((*self._named, *self._unread), taken)]
        return self._graph(candidates, facts, asks_candidates=asks_candidates)

    def _graph(self, candidates: Sequence[Candidate], facts: FactReader, *, asks_candidates: bool = False) -> Graph:
        graph = Graph(
            self._slug.kept,
            candidates,
            self.entries,
            facts,
            self._slug.tree.links,
            self._is_live_by_kind,
            lambda path: is_no_reader(path, self._projects),
            is_after_build=not platform_of(self._slug.dialect).ignore_file.precedes_build,
        )
        graph.explore(asks_candidates=asks_candidates)
        return graph

    def _is_live_by_kind(self, path: bytes) -> bool:
        """Return True if a file counts as used although nothing is known to reach it.

        Frameworks of Python and JavaScript find pages by the directories they are in.
        """
        if is_no_reader(path, self._projects):
            return False  # one that a deploy calls is an entry point
        if not self.entries.default_live(path):
            return False
        if not path.endswith(_PAGES) or not self._projects[0].ecosystems <= _DIRECTED:
            return True
        directory = path.rpartition(b"/")[0]
        return self._grounds.at(directory).delivery is not None or not _PAGE_DIRECTORIES.isdisjoint(
            directory.lower().split(b"/")
        )

    def _unused(self, facts: FactReader) -> tuple[tuple[Candidate, ...], list[Judgement]]:
        """Return the projects and directories that nothing outside them uses, and the verdicts on the others."""
        apart = self._apart
        held: list[Judgement] = []
        while apart:
            inside = {file.path: each.path for each in apart for file in each.files}
            graph = self._graph([*apart, *_outside(self._named, inside)], facts)
            used = {inside[path] for path in graph.uses if path in inside}
            if not used:
                built = [*self._built_elsewhere(apart, graph, facts)]
                used = {each.candidate.path for each in built}
                return tuple(each for each in apart if each.path not in used), [*held, *built]
            held += judge([each for each in apart if each.path in used], graph, self._sight(graph, facts))
            apart = tuple(each for each in apart if each.path not in used)
        return apart, held

    def _built_elsewhere(self, apart: Sequence[Candidate], graph: Graph, facts: FactReader) -> Iterator[Judgement]:
        """Yield the projects of which a running file uses output that is not in git: a build that no file shows."""
        present = {above for file in self._slug.kept for above in directories_above(file.path)}
        missing = {
            b"/" + each.path.rpartition(b"/")[2] + b"/" + name + b"/": each
            for each in apart
            for name in BUILT
            if each.path + b"/" + name not in present
        }
        running = [file for file in self._slug.kept if file.path in graph.read] if missing else []
        found: set[bytes] = set()
        for file, own in facts.all(running):
            for reference in own.references or ():
                text = b"/" + reference.text.encode("utf-8", "surrogateescape") + b"/"
                for output, candidate in missing.items():
                    if output in text and candidate.path not in found:
                        found.add(candidate.path)
                        words = f'names "{reference.text}", which only a build of the project makes'
                        where = Evidence(kind=EvidenceKind.READER, text=words, path=file.path, line=reference.line)
                        yield Judgement(candidate, {}, readers=[where])

    def _unread_candidates(self) -> tuple[Candidate, ...]:
        taken = {file.path for each in self._named for file in each.files}
        free = [
            file
            for file in self._slug.kept
            if file.path not in taken
            and _is_free(file.path, self._grounds)
            and is_needed(file.path, self._projects) is None
        ]
        return unread_candidates(free)

    def _barred(self, candidate: Candidate) -> Candidate:
        """Return the candidate with what keeps it whatever the graph says."""
        if candidate.category == _TESTS and self._heroku_ci is not None:
            return replace(candidate, evidence=(*candidate.evidence, self._heroku_ci))
        return candidate

    @cached_property
    def _heroku_ci(self) -> Evidence | None:
        return heroku_ci_evidence(self._slug.tree, self._slug.kept)


def _plain(file: File) -> Candidate:
    """Return a candidate for a file that no rule of the catalog names."""
    return Candidate(
        path=file.path,
        files=(file,),
        rule=ASKED,
        tier=Tier.CONDITIONAL,
        category=ASKED,
        reason="",
        is_code=language_of(file.path) is not None,
    )


def _is_free(path: bytes, grounds: Grounds) -> bool:
    """Return True if only a reference would make the file needed: nothing serves it, and no page is made of it."""
    delivery = grounds.at(path.rpartition(b"/")[0]).delivery
    return delivery is None or (delivery is Delivery.LOADED and not is_text(path))


def _outside(candidates: Iterable[Candidate], taken: Collection[bytes]) -> Iterator[Candidate]:
    """Yield what is left of the candidates without the files that are taken."""
    for each in candidates:
        files = tuple(file for file in each.files if file.path not in taken)
        if len(files) == len(each.files):
            yield each
        elif files:
            yield replace(each, files=files, path=each.path or common_path(files))


def _words(candidate: Candidate, only: Collection[bytes] | None = None) -> set[bytes]:
    """Return the words of which a file has one if it refers to the candidate: names of its files and directories.

    Of the directories those in ``only``; None takes all.
    """
    depth = candidate.path.count(b"/")
    above = {directory for file in candidate.files for directory in directories_above(file.path)}
    found = {path.rpartition(b"/")[2] for path in above if path.count(b"/") >= depth and (only is None or path in only)}
    for file in candidate.files:
        found.update(words_of_path(file.path))
    found.discard(b"")
    return found
