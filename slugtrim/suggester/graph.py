"""Which files of a slug a deploy reaches, and who refers to the files that may go.

A breadth-first search starts at the entry points and follows what executes. Candidates begin as absent: a framework's
convention does not reach them, only a reference does. Whatever executes one reaches it, and it is read in its turn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, is_within
from slugtrim.suggester.edges import Anchor, Edge, EdgeKind, Excuse, How, Phase, Reference, Root
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.facts import FactReader
from slugtrim.suggester.harmless import (
    OLD_BUILD,
    counts,
    excuse_of_task,
    holds,
    is_double,
    is_for_developers,
    is_mere_word,
    is_of_browser,
)
from slugtrim.suggester.languages import is_command_directory, language_of, may_refer
from slugtrim.suggester.path_index import parent, project_of
from slugtrim.suggester.records import BARS, Candidate, EvidenceKind, Grade
from slugtrim.suggester.resolve import PAGES, Resolution
from slugtrim.suggester.started import OF_TESTS

_UNDEPLOYED = (
    Excuse.TESTS,
    Excuse.DEVELOPMENT,
    Excuse.WATCHED,
    Excuse.EXCLUDED,
    Excuse.WRITTEN,
    Excuse.TOOL,
)
"""Whatever a reference with such an excuse executes, a deploy does not."""
_NO_USES = (Excuse.EXCLUDED, Excuse.TOOL)
"""Excuses by which a running file says that it does not use the target."""
_OF_TOOLS = (Excuse.TESTS, Excuse.WATCHED)
"""Excuses by which the keys of settings name a tool that no deploy starts."""
SETTINGS = tuple(b".json .yml .yaml .toml .ini .cfg .xml .neon .xml.dist".split())
_BACKUPS = "backups"
_MANIFESTS = (
    *SETTINGS,
    *b"mix.exs setup.py .gemspec Rakefile .rake build.sbt .gradle .gradle.kts gulpfile.js Gruntfile.js".split(),
    *b".config.js .config.cjs .config.mjs .config.ts .conf.js".split(),
)
"""Endings of files that say what tools do, in a language of their own or in code."""
_VALUES = frozenset(["sample-environment"])
"""Rules of files that set values: who runs without the file may still need what it sets."""
_OF_APPLICATIONS = tuple(b"templates jinja2 static locale management templatetags fixtures".split())
"""Directories that Django finds in a registered application by their names."""
_PICTURES = tuple(b".png .jpg .jpeg .gif .webp .avif .svg".split())
_DEPTH_OF_MESSAGES = 2
"""Slashes in ``de/LC_MESSAGES/django.po``, the path below a directory of translations."""
_SNAPSHOT = b".snap"
"""Ending of what a test has recorded, and reads again."""
_MAX_CHAIN = 12
_LEAST_LABELS = 3
"""Words on a line of which most name nothing are labels; two may be a coincidence."""


class Reached(Struct, frozen=True):
    """How the search came to a file."""

    phase: Phase
    edge: Edge | None
    """The reference that leads here; None for an entry point."""
    root: Root | None
    """The entry point; None if an edge leads here, or for a page or setting that is live by its kind."""


class Graph:
    """The search over one slug."""

    def __init__(
        self,
        files: Sequence[File],
        candidates: Iterable[Candidate],
        entries: EntryPoints,
        facts: FactReader,
        links: Mapping[bytes, bytes],
        is_live_by_kind: Callable[[bytes], bool],
        is_no_reader: Callable[[bytes], bool],
        *,
        is_after_build: bool = False,
    ) -> None:
        """``is_live_by_kind`` tells whether a file counts as used although nothing is known to reach it.

        ``is_no_reader`` tells whether its references don't count at run time.

        With ``is_after_build`` files go once the build has used them.
        """
        self._is_after_build = is_after_build
        self.built: set[bytes] = set()
        """Candidate files that only the build uses, where they go after it."""
        self._files = {file.path: file for file in files}
        self.absent: dict[bytes, Candidate] = {file.path: each for each in candidates for file in each.files}
        """Path to the candidate, of every file that may go."""
        self.entries = entries
        self._resolver = entries.resolver
        self._facts = facts
        self._links = links
        self._is_live_by_kind = is_live_by_kind
        self._is_no_reader = is_no_reader
        self.reached: dict[bytes, Reached] = {}
        self.read: set[bytes] = set()
        """The files that were searched for references, of those that a deploy reaches."""
        self.uses: dict[bytes, Edge] = {}
        """Candidate file to the clearest reference for which a deploy needs it, the first of several."""
        self.guarded: dict[bytes, Edge] = {}
        """Candidate file to the first reference that runs without it."""
        self.taken: set[bytes] = set()
        """The code of tests that a script of the build takes with all there is in a directory or a glob."""
        self.named: dict[bytes, Edge] = {}
        """Any other file to the first reference of a live file that names it without executing it; also where it counts
        as used by its kind."""
        self.idle: dict[bytes, Edge] = {}
        """Candidate file to the first reference from a file that no deploy reaches."""

        self._started: set[tuple[bytes, str | None]] | None = None
        """Projects with the languages of which a deploy reaches code, or None for any language."""
        self._by_hand: set[bytes] = set()
        """Directories with code that only developers start."""
        self._mentioned: set[bytes] = set()
        """Files that live files name."""
        self._imported: set[bytes] = set()
        """Of these, what they execute by its own name."""
        self._undecided: list[Edge] = []
        """References to tests in settings at the root, and in files that are called tests or fakes.

        A tool reads the former, unless a live file names them; tests use the latter, unless one executes them.
        """

    def explore(self, *, asks_candidates: bool = False) -> None:
        """Search until nothing more is reached; then ask the files that no deploy reaches, for the evidence only.

        Of those the candidates are asked with ``asks_candidates`` only: tests name each other all the time.
        """
        self._search(deque(self._begin(Phase.RUN)), Phase.RUN)
        running = self._used() if self._is_after_build else set()
        self._search(deque(self._begin(Phase.BUILD)), Phase.BUILD)
        if self._is_after_build:
            self.built = self._used() - running
        for edge in self._undecided:
            is_fake = is_double(edge.source)
            if edge.source in (self._imported if is_fake else self._mentioned):
                self.uses.setdefault(edge.target, edge)
            elif is_fake:
                tested = replace(edge.reference, excuse=Excuse.TESTS)
                self.guarded.setdefault(edge.target, replace(edge, reference=tested))
            else:
                self.idle.setdefault(edge.target, edge)
        unreached = [file for path, file in self._files.items() if path not in self.reached]
        idle = [file for file in unreached if asks_candidates or file.path not in self.absent]
        for file, facts in self._facts.all([file for file in idle if may_refer(file)]):
            for reference in facts.references or ():
                for edge in self._edges(file.path, reference):
                    self.idle.setdefault(edge.target, edge)
        self._ask_readmes(unreached)
        for root in self.entries.roots:
            if root.phase is Phase.DEV and root.source is not None and root.path in self.absent:
                self.idle.setdefault(root.path, _edge_of(root))

    def _ask_readmes(self, unreached: Iterable[File]) -> None:
        """Note which pictures that a server would send a README shows."""
        readmes = [file for file in unreached if file.path in self.absent and is_readme(file.path)]
        served = {path for path, each in self.absent.items() if path.lower().endswith(_PICTURES) and is_served(each)}
        for file, facts in self._facts.all(readmes) if served else ():
            for reference in facts.references or ():
                for edge in self._edges(file.path, reference):
                    if edge.target in served and edge.is_exact and edge.through is None:
                        self.idle.setdefault(edge.target, edge)

    def _used(self) -> set[bytes]:
        return self.uses.keys() | (self.reached.keys() & self.absent.keys())

    def grade(self, path: bytes) -> Grade:
        """Return what is known of one file."""
        if path in self.built:
            return Grade.BUILT
        if path in self.uses or (path in self.reached and path in self.absent):
            return Grade.READ
        if path in self.guarded:
            return Grade.GUARDED
        return Grade.IDLE if path in self.idle else Grade.UNREACHED

    def is_all_of(self, directory: bytes, count: int) -> bool:
        """Return True if so many files are all that is in a directory."""
        return bool(directory) and len(self._resolver.index.below(directory)) == count

    def chain(self, path: bytes) -> list[Edge | Root]:
        """Return the references that lead to a file from an entry point, the last one first, then the entry point."""
        found: list[Edge | Root] = []
        edge = self.uses.get(path) or self.guarded.get(path) or self.idle.get(path)
        if edge is None:
            reached = self.reached.get(path)
            edge = reached.edge if reached is not None else None
            if reached is not None and reached.root is not None:
                return [reached.root]
        while edge is not None and len(found) < _MAX_CHAIN:
            found.append(edge)
            reached = self.reached.get(edge.source)
            edge = reached.edge if reached is not None else None
            if reached is not None and reached.root is not None:
                found.append(reached.root)
        return found

    def step_to(self, path: bytes) -> tuple[Grade, Edge | Root | None]:
        """Return what is known of a file, whether or not it may go, and the step by which the search came to it.

        No step leads to what nothing names, nor to what counts as used by its kind.
        """
        reached, named = self.reached.get(path), self.named.get(path)
        if reached is not None:
            step = reached.root or reached.edge or self._later_roots.get(path)
            if step is None and named is not None and self._has_root(named.source):
                step = named
            return (Grade.BUILT if path in self.built else Grade.READ), step
        if named is not None:
            return Grade.READ if named.reference.excuse not in _UNDEPLOYED else Grade.IDLE, named
        return self.grade(path), self.uses.get(path) or self.guarded.get(path) or self.idle.get(path)

    @cached_property
    def _later_roots(self) -> Mapping[bytes, Root]:
        """The entry points of the build by path. The search may know them already, as live by their kind."""
        return {root.path: root for root in self.entries.roots if root.phase is Phase.BUILD}

    def _has_root(self, path: bytes) -> bool:
        """Return True if the search came to a file from an entry point, not from a file that is live by its kind."""
        how = self.reached.get(path)
        while how is not None and how.edge is not None:
            how = self.reached.get(how.edge.source)
        return how is not None and how.root is not None

    def is_deployed(self, path: bytes) -> bool:
        """Return True if an entry point leads to the file, or code that may be one."""
        if self.grade(path) is not Grade.READ:
            return False
        steps = self.chain(path)
        source = steps[0].source if steps and isinstance(steps[0], Edge) else b""
        is_code = language_of(source) is not None or source.endswith(PAGES)
        return is_code or any(isinstance(step, Root) for step in steps)

    def executed(self, files: Iterable[File], reader: FactReader) -> Iterator[Edge]:
        """Yield what files execute, whether or not a deploy reaches one or the other."""
        for file, facts in reader.all(files):
            for reference in facts.references if facts.references is not None else facts.imports:
                if reference.kind is EdgeKind.EXECUTES:
                    resolution = self._resolver.resolve(reference, file.path)
                    for path in resolution.files:
                        yield Edge(file.path, path, reference, resolution.is_exact, resolution.through)

    def may_be_started(self, path: bytes) -> bool:
        """Return True if code that no deploy reaches may be of use by another command.

        That is if nothing of its project and language is reached, or if developers start a file of its directory.
        """
        if self._started is None:
            places = [(self._project_of(each), language_of(each)) for each in self.reached]
            roots = (root for root in self.entries.roots if root.phase is Phase.DEV and root.source is not None)
            self._started = {*places, *((project, None) for project, language in places if language is not None)}
            self._by_hand = {parent(root.path) for root in roots if language_of(root.path) is not None} - {b""}
        is_dead = (self._project_of(path), language_of(path)) in self._started
        return not is_dead or parent(path) in self._by_hand

    def may_be_started_by_hand(self, path: bytes) -> bool:
        """Return True for code where people put what they start themselves: at a project's root, among commands."""
        directory = parent(path)
        return language_of(path) is not None and (
            directory == self._project_of(path) or is_command_directory(directory)
        )

    def _project_of(self, path: bytes) -> bytes:
        return project_of(path, self.entries.project_roots)

    def is_executed(self, path: bytes) -> bool:
        """Return True if a deploy reaches the file because a command or other code names it, to execute it."""
        how = self.reached[path]
        if how.edge is None:
            return how.root is not None and how.root.source is not None and how.root.executes
        return how.edge.reference.kind is EdgeKind.EXECUTES and how.edge.is_exact and how.edge.through is None

    def is_live(self, path: bytes) -> bool:
        """Return True if the build or the running application uses the file."""
        return path in self.reached and path not in self.built

    def _begin(self, phase: Phase) -> Iterator[File]:
        """Reach the entry points of a phase, and in the first the files that are live by their kind."""
        for root in self.entries.roots:
            # Convention loads whatever lies there; only a reference or a manifest says that a candidate is needed.
            candidate = self.absent.get(root.path)
            is_needed = root.source is not None and (root.executes or candidate is None or candidate.rule != OLD_BUILD)
            if root.phase is phase and (is_needed or candidate is None):
                if root.is_taken and self._is_test_code(root.path):
                    if candidate is not None:
                        self.idle.setdefault(root.path, _edge_of(root))
                    continue
                if candidate is not None:
                    self.uses.setdefault(root.path, _edge_of(root))
                yield from self._reach(root.path, Reached(phase, None, root))
        if phase is Phase.RUN:
            for path in self._files:
                if path not in self.absent and self._is_live_by_kind(path):
                    yield from self._reach(path, Reached(phase, None, None))
            yield from self._follow_links()

    def _is_test_code(self, path: bytes) -> bool:
        """Return True for the code of tests: what takes all there is, to compile or to check it, does without.

        ``compiled`` has such a file, so that it misses nothing which it imports.
        """
        candidate = self.absent.get(path)
        is_of_tests = OF_TESTS.search(parent(path)) if candidate is None else candidate.category == "tests"
        is_code = (candidate is None or candidate.is_code) and language_of(path) is not None
        return bool(is_of_tests) and (is_code or path.endswith(_SNAPSHOT))

    def _is_of_build(self, source: bytes, phase: Phase) -> bool:
        """Return True for a file that only the build is known to start, be it live by its kind as well."""
        how = self.reached.get(source)
        is_by_kind = how is not None and how.edge is None and how.root is None
        return phase is Phase.BUILD or (is_by_kind and source in self._later_roots)

    def _is_taken(self, edge: Edge) -> bool:
        """Return True if a directory or a glob of a build's script takes in the code of tests, and is not for tests.

        What the settings of a compiler include is known by ``compiled_files``.
        """
        is_loose = edge.through is not None and edge.reference.kind is not EdgeKind.EXECUTES
        is_loose = is_loose and not edge.source.endswith(SETTINGS)
        speaks_of_tests = excuse_of_task(edge.reference.text) is Excuse.TESTS
        return is_loose and not speaks_of_tests and self._is_test_code(edge.target)

    def _follow_links(self) -> Iterator[File]:
        """A symbolic link in the slug uses its target."""
        for link, target in sorted(self._links.items()):
            if link in self._files and link not in self.absent and not target.startswith(b"/"):
                text = target.decode("utf-8", "surrogateescape")
                reference = Reference(text, 1, How.PATH, EdgeKind.LOADS, Anchor.HERE)
                for edge in self._edges(link, reference):
                    if _is_second(link, self.absent[edge.target]):
                        self.idle.setdefault(edge.target, edge)
                    else:
                        self.uses.setdefault(edge.target, edge)
                        yield from self._reach(edge.target, Reached(Phase.RUN, edge, None))

    def _reach(self, path: bytes, how: Reached) -> Iterator[File]:
        file = self._files.get(path)
        if file is not None and path not in self.reached:
            self.reached[path] = how
            yield file

    def _search(self, waiting: deque[File], phase: Phase) -> None:
        while waiting:
            wave = [file for file in waiting if file.path not in self.read and may_refer(file)]
            waiting.clear()
            self.read.update(file.path for file in wave)
            for file, facts in self._facts.all(wave):
                references = facts.references if facts.references is not None else facts.imports
                labels = self._labels(file.path, references)
                for reference in references:
                    if reference.line not in labels or not is_mere_word(reference):
                        waiting.extend(self._apply(file.path, reference, phase))

    def _labels(self, source: bytes, references: Sequence[Reference]) -> set[int]:
        """Return the lines with a list of words of which most name nothing, so that they are labels."""
        words: dict[int, list[Reference]] = defaultdict(list)
        for reference in references:
            if is_mere_word(reference):
                words[reference.line].append(reference)
        found = set()
        for line, listed in words.items():
            if len(listed) >= _LEAST_LABELS:
                naming = sum(bool(self._resolver.resolve(each, source).files) for each in listed)
                if 2 * naming < len(listed):
                    found.add(line)
        return found

    def _apply(self, source: bytes, reference: Reference, phase: Phase) -> Iterator[File]:
        """Follow one reference of a live file, and yield the files that it reaches."""
        if reference.excuse is Excuse.LIBRARY and not self.entries.lacks_libraries:
            reference = replace(reference, excuse=Excuse.NONE)
        resolution = self._resolver.resolve(reference, source)
        if reference.kind is EdgeKind.EXECUTES and reference.is_directory and reference.how is How.MODULE:
            self._register(source, reference, resolution)
        is_other = self._is_other(resolution, reference)
        for path in resolution.files:
            if path == source:
                continue
            candidate = self.absent.get(path)
            edge = Edge(source, path, reference, resolution.is_exact, resolution.through)
            if edge.through is not None and self._is_of_build(source, phase) and self._is_taken(edge):
                self.taken.add(path)
            if candidate is None:
                yield from self._apply_to_staying(edge, phase)
            elif not (is_other and candidate.is_code) and self._counts(edge):
                yield from self._apply_to_absent(edge, candidate, phase)

    def _apply_to_staying(self, edge: Edge, phase: Phase) -> Iterator[File]:
        """Follow a reference to a file that is no candidate, and yield the file if it is reached now."""
        path, reference = edge.target, edge.reference
        executes = reference.kind is EdgeKind.EXECUTES
        is_deployed = reference.excuse not in _UNDEPLOYED
        if is_deployed:
            self._mentioned.add(path)
            if executes and edge.through is None:
                self._imported.add(path)
        how = self.reached.get(path)
        if how is not None:
            if is_deployed and how.edge is None and how.root is None:  # a reference says more than the kind
                self.named.setdefault(path, edge)
            return
        if edge.through is not None and executes and self._is_no_reader(path):
            return  # who loads a directory of code loads no texts, nor the templates of a generator in it
        if is_deployed and (executes or path.endswith(PAGES) or _is_registration(edge)):
            yield from self._reach(path, Reached(phase, edge, None))
        elif is_deployed or (executes and reference.excuse is Excuse.DEVELOPMENT):  # that one people start by hand
            self.named.setdefault(path, edge)

    def _apply_to_absent(self, edge: Edge, candidate: Candidate, phase: Phase) -> Iterator[File]:
        """Note what a reference says of a candidate, and yield the file if it is reached now."""
        path, kind = edge.target, edge.reference.kind
        if self._is_of_build(edge.source, phase) and self._is_taken(edge):
            self.idle.setdefault(path, edge)
        elif self._is_harmless(edge, candidate):
            (self.idle if _is_of_tool(edge) else self.guarded).setdefault(path, edge)
        elif self._is_undecided(edge, candidate):
            self._undecided.append(edge)
        else:
            if path not in self.uses or _clearness(edge) > _clearness(self.uses[path]):
                self.uses[path] = edge
            is_loaded = kind is EdgeKind.LOADS and (path.endswith(PAGES) or self._is_live_by_kind(path))
            if kind is EdgeKind.EXECUTES or is_loaded:
                yield from self._reach(path, Reached(phase, edge, None))

    def _is_harmless(self, edge: Edge, candidate: Candidate) -> bool:
        """Return True if nothing breaks without the candidate, as far as this reference goes.

        Where a deploy calls a task of a file by its name, no task there is for tests alone.
        """
        excuse = edge.reference.excuse
        if excuse is Excuse.GUARDED and (candidate.rule in _VALUES or _is_imported_copy(edge, candidate)):
            return False
        is_called = edge.source in self.entries.called_task_files
        return holds(excuse, candidate.category) and (excuse in _NO_USES or not is_called)

    def _is_undecided(self, edge: Edge, candidate: Candidate) -> bool:
        """Return True if tests are named where no command and no import leads to.

        That is by settings at the root, by what has a directory with a dot before its name, as `.ci`, and by files that
        are called tests or fakes. The latter may execute tests in JavaScript only, where code asks for each module.
        """
        source, how = edge.source, self.reached.get(edge.source)
        is_executed = edge.reference.kind is EdgeKind.EXECUTES
        if how is None or how.edge is not None or (how.root is not None and how.root.source is not None):
            return False
        if candidate.category == "tests" and is_double(source):
            return not is_executed or language_of(source) == "javascript"
        is_hidden = source.startswith(b".") and is_for_developers(candidate.category)
        is_of_tool = is_hidden if b"/" in source else source.endswith(SETTINGS)
        return not is_executed and how.root is None and is_of_tool and (is_hidden or candidate.category == "tests")

    def _register(self, source: bytes, reference: Reference, resolution: Resolution) -> None:
        """Keep all of a registered application that a rule takes whole: its templates, its static files."""
        directory, _, name = (resolution.files or (b"",))[-1].rpartition(b"/")
        if name != b"__init__.py" or not directory:
            return
        for name in _OF_APPLICATIONS:
            for path in self._resolver.index.below(directory + b"/" + name):
                candidate = self.absent.get(path)
                if candidate is None or not candidate.path or candidate.is_rebuilt or candidate.is_source:
                    continue
                if is_within(directory, candidate.path):
                    self.uses.setdefault(path, Edge(source, path, reference, through=directory))

    def _is_other(self, resolution: Resolution, reference: Reference) -> bool:
        """Return True if a name leads to a file that stays, so that none of the same name in tests is meant.

        Nor are the tests beside the code in a directory that a word leads to.
        """
        names = (How.PATH, How.WORD) if resolution.through is None else (How.WORD,)
        if reference.how not in names or len(resolution.files) < 2:
            return False
        return any(path not in self.absent for path in resolution.files)

    def _edges(self, source: bytes, reference: Reference) -> Iterator[Edge]:
        resolution = self._resolver.resolve(reference, source)
        for path in resolution.files:
            if path in self.absent and path != source:
                edge = Edge(source, path, reference, resolution.is_exact, resolution.through)
                if self._counts(edge):
                    yield edge

    def _counts(self, edge: Edge) -> bool:
        """Return True if a reference to a file of a candidate is about that file.

        Who names a project, as a module of a build or a dependency, needs what its manifest and its code name. A word
        that is the name of a Python package, as of an application of Django, says nothing of the data in it.
        """
        candidate, through = self.absent[edge.target], edge.through
        if candidate.is_source and through is not None and not _may_mean_source(edge):
            return False
        is_part = through is not None and not (candidate.path and is_within(through, candidate.path))
        is_project = bool(through) and through in self.entries.project_roots
        if is_part and is_project and is_for_developers(candidate.category):
            return False
        if is_part and through is not None and is_mere_word(edge.reference) and self._is_package(through):
            return False
        return counts(edge, candidate) and (not is_of_browser(edge) or self._is_started(edge.source))

    def _is_package(self, directory: bytes) -> bool:
        return directory + b"/__init__.py" in self._files

    def _is_started(self, source: bytes) -> bool:
        """Return True if a command or other code starts the file, so that it is no page's."""
        how = self.reached.get(source)
        if how is None or how.edge is None:
            return how is not None and how.root is not None and how.root.source is not None
        return language_of(how.edge.source) is not None


def is_readme(path: bytes) -> bool:
    """Return True for the text that a site of repositories shows to people."""
    return path.rpartition(b"/")[2].lower().startswith(b"readme")


def is_served(candidate: Candidate) -> bool:
    """Return True if all that speaks against a candidate is that a server sends whatever is there."""
    bars = [item.kind for item in candidate.evidence if item.kind in BARS]
    return bool(bars) and all(kind is EvidenceKind.SERVED for kind in bars)


def _may_mean_source(edge: Edge) -> bool:
    """Return True if a reference to a directory or a glob may be about the sources of messages in it.

    Python looks for what is compiled of them. An application is named for its code, not for ``locale/de/LC_MESSAGES``
    below it.
    """
    extension = "." + edge.target.rpartition(b".")[2].decode()
    if extension in edge.reference.text:
        return True
    is_of_python = language_of(edge.source) == "python" or edge.source.endswith(SETTINGS)
    messages = edge.target.rsplit(b"/", 3)[0] if edge.target.count(b"/") > _DEPTH_OF_MESSAGES else b""
    return not is_of_python and is_within(edge.through or b"", messages)


def _is_second(link: bytes, candidate: Candidate) -> bool:
    """Return True for a link with the name of the directory of tests that it leads to: only tests open either."""
    name = link.rpartition(b"/")[2]
    return is_for_developers(candidate.category) and candidate.path.rpartition(b"/")[2] == name


def _is_of_tool(edge: Edge) -> bool:
    """Return True for a reference that only a tool of developers uses.

    Manifests say which tool uses the value, and no deploy starts that one.
    """
    excuse = edge.reference.excuse
    return excuse in _NO_USES or (excuse in _OF_TOOLS and edge.source.endswith(_MANIFESTS))


def _is_imported_copy(edge: Edge, candidate: Candidate) -> bool:
    """Return True for code that code imports, whatever its name suggests: an application may be about backups."""
    return edge.reference.kind is EdgeKind.EXECUTES and candidate.category == _BACKUPS


def _is_registration(edge: Edge) -> bool:
    """Return True for a dotted string that leads to a module: a framework imports what is registered so."""
    reference = edge.reference
    return reference.how is How.MODULE and edge.is_exact and "." in reference.text and edge.target.endswith(b".py")


def _edge_of(root: Root) -> Edge:
    text = root.named or root.path.decode("utf-8", "surrogateescape")
    reference = Reference(text, root.line or 1, How.PATH, EdgeKind.EXECUTES, is_directory=root.is_part)
    return Edge(root.source or root.path, root.path, reference)


def _clearness(edge: Edge) -> tuple[bool, bool, bool, int]:
    """Return what makes a reference convincing: no excuse, no directory between, no doubt, no mere mention."""
    reference = edge.reference
    return (
        reference.excuse is Excuse.NONE,
        edge.through is None,
        edge.is_exact,
        -reference.kind,
    )
