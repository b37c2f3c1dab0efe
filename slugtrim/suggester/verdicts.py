"""What the graph says about each candidate: what of it may go, with which grade, and what holds the rest."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from slugtrim.files import File, directories_above, is_within
from slugtrim.suggester.catalog import is_settled
from slugtrim.suggester.edges import Edge, EdgeKind, Excuse, How, Root
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.graph import Graph, is_readme, is_served
from slugtrim.suggester.path_index import parent
from slugtrim.suggester.patterns import LEAST_FILES, suffix_line
from slugtrim.suggester.places import Grounds
from slugtrim.suggester.records import BARS, NOT_OVERRULED, Candidate, Evidence, EvidenceKind, Grade, Overruled, Tier
from slugtrim.suggester.root_table import why_implied
from slugtrim.suggester.started import SKIPPED_LINE

MAX_LINES = 5
"""What is left of a directory is offered in at most this many lines."""
_WORTH = 0.75
"""The share of a directory that so many lines have to take."""
_EVIDENCE_LIMIT = 12
"""At most this many references of one candidate are reported."""
_SETS = frozenset(["data", "models"])
"""Categories whose files are read as a set, if most of them are named."""
_PAGES = frozenset(b"md mdx markdown mkd rst adoc asciidoc textile".split())
"""Extensions of text that site generators and renderers make pages of."""
_PAGE_RULES = frozenset(["markdown", "unread-document"])
_MIN_PAGES = 10
"""An application that shows fewer pages of Markdown is no site."""
_FAMILIES = (
    frozenset(b"shp shx dbf prj cpg qpj qix sbn sbx".split()),
    frozenset(b"onnx onnx_data data".split()),
    frozenset(b"index meta data-00000-of-00001".split()),
    frozenset(b"xml bin mapping".split()),
    frozenset(b"prototxt caffemodel".split()),
    frozenset(b"cfg weights names".split()),
)
"""Extensions of files that are opened together, though code names only one of them."""
EXCUSES = {
    Excuse.TESTS: "for tests only",
    Excuse.EXCLUDED: "in a list of exclusions",
    Excuse.WATCHED: "for a tool of developers, such as a linter",
    Excuse.WRITTEN: "only written or deleted",
    Excuse.GUARDED: "and runs without it",
    Excuse.DEVELOPMENT: "in development only",
    Excuse.TOOL: "for a tool that no deploy starts",
    Excuse.TASK: "in a task that no deploy calls",
    Excuse.LIBRARY: "by a library that no deploy installs",
}

_NAMED_ALONE = frozenset(["markdown", "licenses"])
"""Rules of texts that are known by their names: who reads README.md reads no CHANGELOG.md."""
_MEDIA = "media"
_DATA = "data"
_TESTS = "tests"
_NAMED_AS_TEST = re.compile(
    rb"(?:[._-](?i:specs?|tests?)|(?<=[a-z0-9])(?:Specs?|Tests?))\.\w+\Z|(?<![^/])(test_)[^/]*(\.\w+)\Z"
)
"""The end of a test's name, as ``_spec.rb``; its beginning (group 1) and end (group 2), as ``test_`` and ``.py``."""
_PLAIN = frozenset(["tests", "docs", "notebooks", "examples"])
"""Categories of which an application serves or loads nothing by its place."""


_STARTS = frozenset([b"Procfile", b"heroku.yml"])
"""Files that say what a dyno starts."""
_STARTED_BY_DEFAULT = frozenset(["ruby", "node", "java", "scala", "clojure", "go", "elixir"])
"""Ecosystems whose buildpacks say what a dyno starts, if no file does."""
_SENT_WHOLE = frozenset(["php"])
"""Ecosystems whose web server sends whatever lies beside the code."""


class Sight:
    """What the search could see in one slug."""

    def __init__(self, kept: Sequence[File], grounds: Grounds, entries: EntryPoints, *, is_complete: bool) -> None:
        """``is_complete`` says that each file that a deploy reaches was read."""
        self._grounds = grounds
        is_started = any(file.path in _STARTS for file in kept) or not _STARTED_BY_DEFAULT.isdisjoint(
            grounds.root.ecosystems
        )
        self._is_clear = is_complete and is_started and all(note.id == SKIPPED_LINE for note in entries.notes)

    def reaches(self, path: bytes) -> bool:
        """Return True if only a reference could make a deploy use the file, and no reference could be missed."""
        if not self._is_clear:
            return False
        place = self._grounds.at(parent(path))
        return place.delivery is None and _SENT_WHOLE.isdisjoint(place.ecosystems)


class Judgement(Struct):
    """A candidate, and what of it may go."""

    candidate: Candidate
    gone: dict[bytes, File]
    readers: list[Evidence] = field(default_factory=list)
    """Who holds what stays."""


def judge(
    candidates: Sequence[Candidate],
    graph: Graph,
    sight: Sight,
    overruled: Overruled = NOT_OVERRULED,
    spent: Mapping[bytes, Collection[int]] | None = None,
    *,
    has_forms: bool = True,
) -> list[Judgement]:
    """Return the verdict on each candidate; two, if a part of what may go is safe.

    What its owner decides about stays or goes whatever the graph says. ``spent`` are the lines of ``.slugignore`` by
    directory: what is left of one gets that many fewer. With ``has_forms``, both dialects can write ``*_spec.rb`` for
    files at any depth.
    """
    spent = spent or {}
    held = {path for path in graph.absent if graph.grade(path) is Grade.READ}
    held |= _families(held, graph)
    for candidate in candidates:
        held |= _sets(candidate, held)
    held |= _pages(candidates, held)
    held.update(_shown(graph))
    held = (held | overruled.excluded.keys()) - overruled.included.keys()
    holding = {above for path in held for above in directories_above(path)}
    verdicts = [
        _verdict(each, graph, held, holding, MAX_LINES - len(spent.get(each.path, ())), has_forms=has_forms)
        for each in candidates
    ]
    return [part for verdict in verdicts for part in _settled(verdict, graph, held, sight)]


def weakest(paths: Iterable[bytes], graph: Graph) -> Grade:
    """Return the weakest grade of some files that may go."""
    grades = {graph.grade(path) for path in paths}
    return next((grade for grade in (Grade.BUILT, Grade.GUARDED, Grade.IDLE) if grade in grades), Grade.UNREACHED)


def named_by(paths: Iterable[bytes], graph: Graph) -> list[Evidence]:
    """Return who names files that may go: all for whom running files have an excuse, else one of developers' files."""
    guarded = [path for path in paths if path in graph.guarded or path in graph.built]
    if guarded:
        return [*_references(guarded, graph)]
    return [*_references([path for path in paths if path in graph.idle], graph)][:1]


def _settled(verdict: Judgement, graph: Graph, held: Collection[bytes], sight: Sight) -> list[Judgement]:
    """Return the verdict with what is safe now apart: the graph settles what only a reference could make needed.

    What used a file that stays may find those beside it in the same way. A directory that goes as a whole is one thing.
    """
    candidate, gone = verdict.candidate, verdict.gone
    if candidate.tier is Tier.SAFE or not gone or not is_settled(candidate.rule, candidate.category):
        return [verdict]
    if is_served(candidate):
        return [verdict]
    holding = {parent(file.path) for file in candidate.files if file.path in held}
    is_plain = candidate.category in _PLAIN
    known = (Grade.UNREACHED, Grade.IDLE) if is_plain else (Grade.UNREACHED,)
    safe = {
        path: file
        for path, file in gone.items()
        if graph.grade(path) in known
        and (is_plain or sight.reaches(path))
        and (candidate.rule in _NAMED_ALONE or parent(path) not in holding)
    }
    if len(safe) == len(candidate.files):
        return [replace(verdict, candidate=replace(candidate, tier=Tier.SAFE))]
    if not safe or graph.is_all_of(candidate.path, len(candidate.files)):
        return [_with_neighbours(verdict, graph, held)]
    rest = tuple(file for file in candidate.files if file.path not in safe)
    others = {path: file for path, file in gone.items() if path not in safe}
    return [
        Judgement(replace(candidate, tier=Tier.SAFE, files=tuple(safe.values())), safe),
        _with_neighbours(Judgement(replace(candidate, files=rest), others, verdict.readers), graph, held),
    ]


def _with_neighbours(verdict: Judgement, graph: Graph, held: Collection[bytes]) -> Judgement:
    """Return the verdict with what uses the files beside those that go: it may find these in the same way."""
    beside = {parent(path) for path in verdict.gone if graph.grade(path) in (Grade.UNREACHED, Grade.IDLE)}
    used = [file.path for file in verdict.candidate.files if file.path in held and parent(file.path) in beside]
    found = [replace(each, text=f"{each.text}, for a file beside these") for each in _references(used[:1], graph)]
    candidate = verdict.candidate
    return replace(verdict, candidate=replace(candidate, evidence=(*candidate.evidence, *found)))


def _units(
    candidate: Candidate, gone: Mapping[bytes, File], holding: Collection[bytes]
) -> Mapping[bytes, Sequence[File]]:
    """Return the files and directories, with their files, that make up what is left of a directory; none if all is."""
    units: dict[bytes, list[File]] = defaultdict(list)
    is_one = not candidate.forms or candidate.path.rpartition(b"/")[2] in candidate.forms
    if candidate.path not in holding or not candidate.path or not is_one:
        return units
    for path, file in gone.items():
        unit = path
        for above in directories_above(path):
            if above in holding or not above.startswith(candidate.path):
                break
            unit = above
        units[unit].append(file)
    if candidate.category in _SETS or not candidate.is_named:
        return units  # what opens some data may open the rest; beside files of a kind, others of their name may stay
    return _by_suffix(units, [file.path for file in candidate.files if file.path not in gone])


def _by_suffix(units: Mapping[bytes, Sequence[File]], staying: Iterable[bytes]) -> Mapping[bytes, Sequence[File]]:
    """Return the units, with files that `/dir/*.ext` names as one."""
    found: dict[bytes, list[File]] = defaultdict(list)
    single = {unit: _line_of(unit) for unit, files in units.items() if len(files) == 1 and files[0].path == unit}
    taken = {_line_of(path) for path in staying}
    lines = Counter(line for line in single.values() if line not in taken)
    for unit, files in units.items():
        line = single.get(unit)
        found[line if line is not None and lines[line] >= LEAST_FILES else unit] += files
    return found


def _line_of(path: bytes) -> bytes | None:
    """Return the line that takes a file with those of its kind beside it; None if none does."""
    form = _form_of_test(path)
    return path.rpartition(b"/")[0] + b"/" + form if form else suffix_line(path)


def _form_of_test(path: bytes) -> bytes:
    """Return the form of the name of a test, as ``*_spec.rb``; empty for any other name."""
    named = _NAMED_AS_TEST.search(path)
    if named is None:
        return b""
    return b"*" + named[0] if named[1] is None else named[1] + b"*" + named[2]


def _verdict(
    candidate: Candidate,
    graph: Graph,
    held: Collection[bytes],
    holding: Collection[bytes],
    lines: int,
    *,
    has_forms: bool,
) -> Judgement:
    """Return the verdict on a candidate. ``holding`` are the directories in which a file is held, of any candidate."""
    against = [item for item in candidate.evidence if item.kind in BARS]
    staying = [file.path for file in candidate.files if file.path in held]
    gone = {file.path: file for file in candidate.files if file.path not in held}
    readers = [*against, *_references(staying, graph)]
    if is_served(candidate):
        gone = {path: file for path, file in gone.items() if _is_of_readme(path, graph)}
    elif against or (staying and candidate.is_whole):
        gone = {}
    else:
        candidate, gone = _worth_lines(candidate, gone, holding, lines, has_forms=has_forms)
    if not gone and not readers:  # what holds the directory is of another candidate
        readers = [*_references(sorted(path for path in held if is_within(path, candidate.path)), graph)]
    return Judgement(candidate, gone, readers)


def _is_of_readme(path: bytes, graph: Graph) -> bool:
    """Return True for what only a README shows: a server would send it, but no page of the application asks for it."""
    edge = graph.idle.get(path) if graph.grade(path) is Grade.IDLE else None
    return edge is not None and is_readme(edge.source) and edge.is_exact and edge.through is None


def _worth_lines(
    candidate: Candidate, gone: dict[bytes, File], holding: Collection[bytes], lines: int, *, has_forms: bool
) -> tuple[Candidate, dict[bytes, File]]:
    """Return what is left of a directory, as far as it takes no more lines than an owner would write.

    ``lines`` are fewer after some were followed: the rest is not offered line by line, run after run.
    Of more lines the heaviest are worth writing if they take nearly all. Of tests, one form of their names may take
    more in one line, as ``*_spec.rb``. Otherwise the whole directory stays. Of pictures and the like there may be any
    number: they are one finding.
    """
    if candidate.category == _MEDIA:
        return candidate, gone
    units = _units(candidate, gone, holding)
    if candidate.category == _TESTS and units:
        near = {unit.rpartition(b"/")[2] for unit in units if b"*" in unit} - set(candidate.forms)
        candidate = replace(candidate, near_forms=(*candidate.near_forms, *sorted(near)))
    if len(units) <= lines or not units:
        return candidate, gone
    weights = {unit: _bytes(files) for unit, files in units.items()}
    heaviest = sorted(units, key=lambda unit: (-weights[unit], unit))[: max(lines, 0)]
    worth_bytes = _WORTH * sum(weights.values())
    if sum(weights[unit] for unit in heaviest) >= worth_bytes:
        return candidate, {file.path: file for unit in heaviest for file in units[unit]}
    if candidate.category == _TESTS and not candidate.forms and has_forms and lines > 0:
        alike: dict[bytes, dict[bytes, File]] = defaultdict(dict)
        for path, file in gone.items():
            alike[_form_of_test(path)][path] = file
        form = max(alike, key=lambda each: (bool(each), _bytes(alike[each].values()), each))
        if form and _bytes(alike[form].values()) >= worth_bytes:
            return replace(candidate, forms=(form,)), alike[form]
    return candidate, {}


def _bytes(files: Iterable[File]) -> int:
    return sum(file.size_bytes for file in files)


def _references(paths: Iterable[bytes], graph: Graph) -> Iterator[Evidence]:
    """Yield who names the files, each line of a file once."""
    seen: set[tuple[bytes, int]] = set()
    for path in paths:
        chain = graph.chain(path)
        if not chain or not isinstance(chain[0], Edge):
            continue
        edge = chain[0]
        place = (edge.source, edge.reference.line)
        if place not in seen:
            seen.add(place)
            excuse = edge.reference.excuse if graph.grade(path) not in (Grade.READ, Grade.BUILT) else Excuse.NONE
            text = _text(edge, chain[1:], excuse)
            yield Evidence(kind=EvidenceKind.READER, text=text, path=edge.source, line=edge.reference.line)
        if len(seen) == _EVIDENCE_LIMIT:
            return


def _text(edge: Edge, above: Sequence[Edge | Root], excuse: Excuse) -> str:
    """Return the evidence as one line: the quoted name, what excuses it if that counts, and how a deploy gets there."""
    text = shown_use(edge)
    if excuse is not Excuse.NONE:
        text += f", {EXCUSES[excuse]}"
    links = [link.why if isinstance(link, Root) else shown_edge(link) for link in above]
    return f"{text} (← {' ← '.join(links)})" if links else text


def shown_use(edge: Edge) -> str:
    """Return what the line of a reference does: ``names "a.csv"``, ``takes all of "src/"``, or why a library does."""
    reference = edge.reference
    named = reference.text if len(reference.text) <= 80 else reference.text[:77] + "..."
    if reference.is_implied and (why := why_implied(reference, edge.source)):
        return why
    if reference.is_directory and edge.through is None:  # a command's, of which the file is a part
        return f'takes "{named}"' if "*" in named else f'takes all of "{named}"'
    return f'names "{named}"'


def shown_edge(edge: Edge) -> str:
    """Return where a reference stands: ``server.js:3``."""
    return f"{edge.source.decode('utf-8', 'surrogateescape')}:{edge.reference.line}"


def _families(held: Collection[bytes], graph: Graph) -> set[bytes]:
    """Return the files that are opened along with one that is held: the parts of a shape file, of a split model."""
    found: set[bytes] = set()
    by_stem: dict[bytes, list[bytes]] | None = None
    for path in held:
        whole, _, extension = path.rpartition(b".")
        family = next((family for family in _FAMILIES if extension.lower() in family), None)
        if family is None:
            continue
        if by_stem is None:
            by_stem = defaultdict(list)
            for other in graph.absent:
                by_stem[other.rpartition(b".")[0]].append(other)
        found.update(other for other in by_stem[whole] if other.rpartition(b".")[2].lower() in family)
    return found


def _sets(candidate: Candidate, held: Collection[bytes]) -> set[bytes]:
    """Return the rest of the data sets of which most is held."""
    if candidate.category not in _SETS:
        return set()
    every = Counter(_set_of(file.path) for file in candidate.files)
    named = Counter(_set_of(file.path) for file in candidate.files if file.path in held)
    return {file.path for file in candidate.files if 2 * named[_set_of(file.path)] > every[_set_of(file.path)]}


def _pages(candidates: Sequence[Candidate], held: Collection[bytes]) -> set[bytes]:
    """Return the pages of an application that shows most of its Markdown: a renderer finds the others by address.

    The texts at the root and those with a name in capitals, `README.md`, are about the application.
    """
    every = {
        file.path
        for candidate in candidates
        if candidate.rule in _PAGE_RULES
        for file in candidate.files
        if b"/" in file.path and _is_page(file.path.rpartition(b"/")[2])
    }
    shown = len(every & set(held))
    return every if shown >= _MIN_PAGES and 2 * shown > len(every) else set()


def _shown(graph: Graph) -> Iterator[bytes]:
    """Yield the media and data that a file names which stays, although no deploy is known to reach it.

    Another command may build or start that code, and it is of no use without them. Texts only talk of them.
    """
    for path, edge in graph.idle.items():
        reference, category = edge.reference, graph.absent[path].category
        if (
            category in (_MEDIA, _DATA)
            and edge.source not in graph.absent
            and edge.source.rpartition(b".")[2] not in _PAGES
            and (
                graph.may_be_started(edge.source)
                if category == _MEDIA
                else graph.may_be_started_by_hand(edge.source) and reference.kind is not EdgeKind.EXECUTES
            )
            and edge.is_exact
            and (reference.kind is not EdgeKind.NAMES or reference.how is How.PATH)
            and reference.excuse in (Excuse.NONE, Excuse.GUARDED)
        ):
            yield path


def _is_page(name: bytes) -> bool:
    stem, _, extension = name.rpartition(b".")
    return extension.lower() in _PAGES and not (len(stem) > 3 and stem.isupper())


def _set_of(path: bytes) -> tuple[bytes, bytes]:
    return path.rpartition(b"/")[0], path.rpartition(b".")[2]
