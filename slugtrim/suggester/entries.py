"""The entries for what may go: patterns with their tier, grade and evidence; and what stays, with who needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.files import File, directories_above
from slugtrim.scanner import Slug
from slugtrim.sizer import Sizing
from slugtrim.suggester.candidates import common_path
from slugtrim.suggester.catalog import kinds
from slugtrim.suggester.edges import Edge, How
from slugtrim.suggester.examine import Examined
from slugtrim.suggester.graph import Graph
from slugtrim.suggester.manifests import TYPESCRIPT
from slugtrim.suggester.outline import counts_below
from slugtrim.suggester.patterns import Entry, Wanted, cover_each
from slugtrim.suggester.records import (
    MIN_SAVING_BYTES,
    Candidate,
    Evidence,
    EvidenceKind,
    Grade,
    Link,
    Overruled,
    Suggestion,
    Tier,
    Withheld,
)
from slugtrim.suggester.tracing import chain_of
from slugtrim.suggester.verdicts import Judgement, named_by, weakest

_DOCUMENTS = "docs"
_TESTS = frozenset(b"test tests spec __tests__".split())
_NAMED = (Grade.GUARDED, Grade.BUILT)
"""Grades of what a file of the deploy names: never safe."""
_KEEPERS = (b".gitkeep", b".keep")
"""Files that are there to have git keep a directory, and for nothing else."""
_IMPORTED = (*TYPESCRIPT, b".js", b".jsx", b".mjs", b".cjs", b".json")
"""What an import of TypeScript must find; of pictures and styles, declarations say what they are."""


def share_of(files: Iterable[File], whole: Sizing) -> int:
    """Return the part of the slug's compressed size that is of these files."""
    return sum(whole.shares[file.path] for file in files)


def entries(slug: Slug, examined: Examined, whole: Sizing, overruled: Overruled) -> list[Suggestion]:
    """Return the entries for all that may go, the heaviest first; what no pattern can name stays."""
    groups = _groups(examined.verdicts, overruled.decided)
    kept = [file for file in slug.kept if file.path not in overruled.included]
    covers = cover_each([_wanted(group) for group in groups], kept, slug.tree.links, slug.dialect)
    written = [entry for found in covers for entry in found]
    taken = {file.path for entry in written for file in entry.files}
    holding = {above for file in kept if file.path not in taken for above in directories_above(file.path)}
    found = [entry for entry in written if not all(_keeps(file.path, holding) for file in entry.files)]
    gone = {file.path for entry in found for file in entry.files}
    stays = {file.blob: file.path for file in kept if file.blob is not None and file.path not in gone}
    unread = Evidence(kind=EvidenceKind.UNREAD, text="nothing that the deploy reaches uses it")
    leading = [max((lot.candidate for lot in group), key=lambda each: each.size_bytes) for group in groups]
    owners = {path: at for at, group in reversed([*enumerate(groups)]) for lot in group for path in lot.gone}
    suggestions = []
    for entry in found:
        paths = [file.path for file in entry.files]
        grade = weakest(paths, examined.graph)
        # A file that runs names what is guarded, so that says more than that nothing uses it.
        last = () if grade in _NAMED else (unread,)
        known = dict.fromkeys(
            item for number in entry.sets for lot in groups[number] for item in lot.candidate.evidence
        )
        suggestions.append(
            replace(
                _suggestion(entry, _weighed(entry, owners, leading), grade),
                saves_compressed_bytes=share_of(entry.files, whole),
                evidence=(*known, *named_by(paths, examined.graph), *_same_bytes(entry.files, stays), *last),
                chain=_chain(entry.files, grade, examined.graph),
            )
        )
    return sorted(suggestions, key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))


def _chain(files: Iterable[File], grade: Grade, graph: Graph) -> tuple[Link, ...]:
    """Return how the first file of this grade is named."""
    if grade is Grade.UNREACHED:
        return ()
    path = next((file.path for file in files if graph.grade(file.path) is grade), None)
    return chain_of(graph, path) if path is not None else ()


def _keeps(path: bytes, holding: Collection[bytes]) -> bool:
    """Return True for a file that has git keep a directory; ``holding`` are those with files that stay."""
    directory, slash, name = path.rpartition(b"/")
    return bool(slash) and (name in _KEEPERS or (name == b".gitignore" and directory not in holding))


def _groups(lots: Iterable[Judgement], decided: Collection[bytes]) -> list[list[Judgement]]:
    """Return what nothing reads, each by itself; but directories that a rule finds anywhere by name go together.

    ``decided`` are the paths that the owner decides about.
    """
    groups: dict[tuple[str, bytes, Tier, tuple[bytes, ...]], list[Judgement]] = {}
    for lot in lots:
        if decided:
            lot = replace(lot, gone={path: file for path, file in lot.gone.items() if path not in decided})
        if lot.gone:
            each = lot.candidate
            place = b"" if each.forms else each.path
            groups.setdefault((each.rule, place, each.tier, each.forms), []).append(lot)
    return list(groups.values())


def _wanted(group: Sequence[Judgement]) -> Wanted:
    first = group[0].candidate
    paths = {path for lot in group for path in lot.gone}
    return Wanted(
        paths=paths,
        top=first.path if len(group) == 1 else b"",
        directories=frozenset(lot.candidate.path for lot in group),
        forms=first.forms,
        near_forms=first.near_forms,
        label=first.tier.value,
    )


def _weighed(entry: Entry, owners: Mapping[bytes, int], leading: Sequence[Candidate]) -> list[tuple[int, Candidate]]:
    """The leading candidates of the sets of an entry, with the bytes that it takes of each."""
    weights = dict.fromkeys(entry.sets, 0)
    for file in entry.files:
        weights[owners[file.path]] += file.size_bytes
    return [(size_bytes, leading[number]) for number, size_bytes in weights.items()]


def _suggestion(entry: Entry, weighed: Sequence[tuple[int, Candidate]], grade: Grade) -> Suggestion:
    """An entry, without its saving and evidence; it goes by the heaviest candidate of the rule with the most bytes.

    A line such as ``/*.md`` goes by that of documents.
    """
    bytes_of: Counter[str] = Counter()
    for size_bytes, each in weighed:
        bytes_of[each.rule] += size_bytes
    kind = kinds().get(entry.pattern.rpartition(b"*.")[2])
    is_document = kind is not None and kind.category == _DOCUMENTS
    _, heaviest = max(
        weighed,
        key=lambda one: (is_document and one[1].category == _DOCUMENTS, bytes_of[one[1].rule], one[0]),
    )
    is_safe = all(each.tier is Tier.SAFE for _, each in weighed)
    is_of_tests = heaviest.category == _DOCUMENTS and not any(
        _TESTS.isdisjoint(file.path.split(b"/")[:-1]) for file in entry.files
    )
    return Suggestion(
        pattern=entry.pattern,
        rule=heaviest.rule,
        tier=Tier.SAFE if is_safe and grade not in _NAMED else Tier.CONDITIONAL,
        grade=grade,
        category="tests" if is_of_tests else heaviest.category,
        files=entry.files,
        saves_compressed_bytes=0,
        reason="Documents for tests" if is_of_tests else heaviest.reason,
        evidence=(),
    )


def _same_bytes(files: Sequence[File], stays: Mapping[bytes, bytes]) -> tuple[Evidence, ...]:
    same = [stays[file.blob] for file in files if file.blob is not None and file.blob in stays and file.size_bytes]
    if len(same) < len(files):
        return ()
    return (Evidence(kind=EvidenceKind.SAME_BYTES, text="a file that stays has the same bytes", path=same[0]),)


def withheld_of(
    examined: Examined, slug: Slug, whole: Sizing, overruled: Overruled, missed: Sequence[Withheld]
) -> tuple[Withheld, ...]:
    """Return each file that stays once, and none that goes by another candidate."""
    found = [*missed]
    lots, graph = examined.verdicts, examined.graph
    told = {path for lot in lots for path in lot.gone if path not in overruled.excluded} | overruled.included.keys()
    staying = counts_below(file.path for file in slug.kept if file.path not in told)
    for lot in lots:
        stays = tuple(file for file in lot.candidate.files if file.path not in told)
        told.update(file.path for file in stays)
        if not stays:
            continue
        owner = next((overruled.excluded[file.path] for file in stays if file.path in overruled.excluded), None)
        says = Evidence(kind=EvidenceKind.OVERRULED, text=f"kept by {owner.words}") if owner is not None else None
        grades = {graph.grade(file.path) for file in stays}
        grade = next((each for each in Grade if each in grades), Grade.READ)
        path = lot.candidate.path or (stays[0].path if len(stays) == 1 else b"")
        found.append(
            Withheld(
                path=path,
                rule=lot.candidate.rule,
                tier=lot.candidate.tier,
                category=lot.candidate.category,
                files=stays,
                compressed_bytes=share_of(stays, whole),
                reason=lot.candidate.reason,
                evidence=(*((says,) if says is not None else ()), *lot.readers),
                grade=grade,
                chain=_chain(stays, grade, graph),
                is_whole=bool(path) and len(stays) == staying.get(path, 1),
                is_deployed=any(graph.is_deployed(file.path) for file in stays),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.compressed_bytes, each.path, each.rule)))


# Files that the build compiles although nothing names them, and the entries that one of them would miss. Of any other
# file that no deploy reaches, nobody notices what it imports.


def without_missed(
    found: Sequence[Suggestion],
    compiled: Sequence[File],
    executed: Callable[[Collection[File]], Iterable[Edge]],
    min_saving_bytes: int,
) -> tuple[list[Suggestion], list[Withheld]]:
    """Return the entries such that no compiled file that stays imports one that an entry takes, and those that stay.

    A small entry with such files is written with the other. If no entry has them, the other one stays. People may write
    safe entries alone, so a safe one is conditional if a conditional one has them. ``executed`` returns what files
    import; it is asked for each file once.
    """
    entries, missed = list(found), dict[int, Withheld]()
    owners = {file.path: at for at, each in enumerate(found) for file in each.files}
    edges: dict[bytes, list[Edge]] = {}
    is_changed = True
    while is_changed:
        is_changed = False
        sure = {at for at, each in enumerate(entries) if at not in missed and _is_sure(each, min_saving_bytes)}
        waiting = [file for file in compiled if owners.get(file.path) not in sure and file.path not in edges]
        edges.update((file.path, []) for file in waiting)
        for edge in executed(waiting) if waiting else ():
            if _is_checked(edge) and edge.target in owners:
                edges[edge.source].append(edge)
        for edge in (each for several in edges.values() for each in several):
            source, target = owners.get(edge.source), owners[edge.target]
            taken = entries[target]
            if target in missed or source == target or not _is_written(taken, min_saving_bytes):
                continue
            if source is None or source in missed:
                missed[target] = _as_withheld(taken, edge)
            elif taken.tier is Tier.SAFE and entries[source].tier is not Tier.SAFE:
                entries[target] = _conditional(taken, edge)
            elif not entries[source].is_bound:
                entries[source] = replace(entries[source], is_bound=True)
            else:
                continue
            is_changed = True
    return [each for at, each in enumerate(entries) if at not in missed], [*missed.values()]


def _as_withheld(entry: Suggestion, edge: Edge) -> Withheld:
    """Return the entry as one that stays, because the build would miss its files."""
    return Withheld(
        path=common_path(entry.files),
        rule=entry.rule,
        tier=entry.tier,
        category=entry.category,
        files=entry.files,
        compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=(_reader(edge), *entry.evidence),
    )


def _is_written(entry: Suggestion, least_bytes: int) -> bool:
    return entry.is_bound or entry.saves_compressed_bytes >= least_bytes


def _is_sure(entry: Suggestion, least_bytes: int) -> bool:
    """Return True if it is written whatever the others leave: packed with others, it may save less."""
    return entry.tier is Tier.SAFE and entry.saves_compressed_bytes >= 2 * max(least_bytes, MIN_SAVING_BYTES)


def _is_checked(edge: Edge) -> bool:
    return edge.reference.how is How.MODULE and edge.target.endswith(_IMPORTED)


def _reader(edge: Edge) -> Evidence:
    text = f'names "{edge.reference.text[:80]}", and the build checks the types of every file that stays'
    return Evidence(kind=EvidenceKind.READER, text=text, path=edge.source, line=edge.reference.line)


def _conditional(entry: Suggestion, edge: Edge) -> Suggestion:
    missed = _reader(edge)
    others = (each for each in entry.evidence if (each.path, each.line) != (missed.path, missed.line))
    return replace(entry, tier=Tier.CONDITIONAL, evidence=(missed, *others))
