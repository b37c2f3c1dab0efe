"""The advice: the entries that name what a deploy never reaches, and what each saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.files import File, Tree, directories_above, is_within
from slugtrim.ignore import Dialect
from slugtrim.platforms import platform_of
from slugtrim.scanner import Slug, check_part, scan
from slugtrim.sizer import Progress, Sizer, Sizing, open_size_cache
from slugtrim.sources.held import held
from slugtrim.suggester.apart import is_asset, mentioned, personal_data, without_assets
from slugtrim.suggester.candidates import common_path
from slugtrim.suggester.catalog import kinds
from slugtrim.suggester.compiled import Missed, without_missed
from slugtrim.suggester.examine import Examined, examine
from slugtrim.suggester.facts import open_evidence_cache, second_reader
from slugtrim.suggester.finders import left_by_build
from slugtrim.suggester.graph import Graph
from slugtrim.suggester.notices import heroku_ci_evidence, no_slug_notes
from slugtrim.suggester.overruling import Overruled, included_entries, overrule
from slugtrim.suggester.patterns import Entry, Wanted, cover_each
from slugtrim.suggester.records import (
    DEFAULT_TERMS,
    MIN_SAVING_BYTES,
    Advice,
    AdviceTerms,
    Candidate,
    Evidence,
    EvidenceKind,
    Grade,
    Link,
    PersonalData,
    Suggestion,
    Tier,
    UnusedAssets,
    Withheld,
)
from slugtrim.suggester.remembered import open_suggestion_cache, remember
from slugtrim.suggester.second_process import ThreadedWork
from slugtrim.suggester.tracing import chain_of, ways_of
from slugtrim.suggester.verdicts import Judgement, named_by, weakest
from slugtrim.suggester.ways import packed
from slugtrim.suggester.weighing import measuring, slug_size, weigh
from slugtrim.suggester.writing import comments_for

_DOCUMENTS = "docs"
_TESTS = frozenset(b"test tests spec __tests__".split())
_NAMED = (Grade.GUARDED, Grade.BUILT)
"""Grades of what a file of the deploy names: never safe."""
_WORTH = 10_000
"""An entry is worth a line if it saves one part of so many. Small things count in small slugs only."""
_LEAST_BYTES = 64
"""An entry that saves less is worth a line in no slug."""
_KEEPERS = (b".gitkeep", b".keep")
"""Files that are there to have git keep a directory, and for nothing else."""


class AdviceTables:
    """What is remembered of a repository for suggestions."""

    def __init__(self, git_dir: bytes | None) -> None:
        """Open the tables of the repository with this (common) git directory; for None, nothing lasts."""
        self.sizes = open_size_cache(git_dir)
        self.evidence = open_evidence_cache(git_dir)
        self.best = open_suggestion_cache(git_dir)
        """The best entries, for other reports."""

    def save(self) -> None:
        """Keep what is new."""
        for table in (self.sizes, self.evidence, self.best):
            table.save()


def suggest_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    tables: AdviceTables | None = None,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """Return what to leave out of the slug of ``tree`` beyond what its rules do.

    ``tables`` remember what it was told before, and the best entries for other reports. Raises ``RulesError``,
    ``SourceError`` for a part without files, and ``UsageError`` for an overruling pattern that the two dialects read
    differently.
    """
    tables = tables or AdviceTables(None)
    check_part(tree, asked.part)
    contents = held(tree.contents)  # several read the same files
    slug = scan(replace(tree, contents=contents), dialect)
    least_bytes = _least_saving_bytes(slug) if asked.min_saving_bytes is None else asked.min_saving_bytes
    overruled = overrule(slug, asked.overrules)
    sizer = Sizer(contents, cache=tables.sizes, progress=progress)
    # The second reader asks for each file once: nothing is to be held there.
    with measuring(slug, sizer, progress) as measured, second_reader(slug.kept, tree.contents) as second:
        examining = ThreadedWork(lambda: examine(slug, tables.evidence, second, overruled))
        whole = measured.whole()
        examined = examining.result()
        media = (path for each in examined.verdicts if each.candidate.category == "media" for path in each.gone)
        unused = [path for path in media if is_asset(path)]
        names = measured.names_of(unused)
        found = entries(slug, examined, whole, overruled)
        mentions = mentioned(unused, slug.kept, names(), examined.graph.reached)
    found, assets = without_assets(found, whole.compressed_bytes, mentions)
    own = _known_to_ci(included_entries(slug, overruled, tables.evidence), slug, examined.verdicts)
    included = {file.path for each in own for file in each.files}
    staying = [file for file in examined.compiled if file.path not in included]
    found, missed = without_missed(found, staying, examined.executed, least_bytes)
    found = [*(replace(each, saves_compressed_bytes=_share(each.files, whole)) for each in own), *found]
    withheld = _withheld(examined, slug, whole, overruled, missed)
    if asked.part:
        found = [entry for entry in found if _is_inside(entry.files, asked.part)]
        assets = _inside(assets, asked.part)
        withheld = tuple(each for each in withheld if _is_inside(each.files, asked.part))
    weighed = weigh(sizer, slug.kept, found, least_bytes)
    if not whole.unreadable and not asked.part and (asked.min_saving_bytes or 0) <= MIN_SAVING_BYTES:
        remember(slug.kept, weighed.suggestions, tables.best, dialect)
    left_behind = left_by_build(slug) if not asked.part else ()
    return Advice(
        source=tree.source,
        dialect=dialect,
        before=slug_size(slug.kept, whole.compressed_bytes),
        after=weighed.after,
        after_all=weighed.after_all,
        suggestions=(*weighed.suggestions, *left_behind),
        withheld=withheld,
        searched_files=examined.files,
        unsearched=examined.unread,
        unreadable=(*tree.unreadable, *whole.unreadable),
        notes=(*tree.notes, *no_slug_notes(tree, platform_of(dialect)), *examined.notes, *overruled.notes),
        slugignore=tree.slugignore,
        small=weighed.small,
        assets=UnusedAssets(files=tuple(assets), compressed_bytes=_share(assets, whole)),
        personal=PersonalData(files=personal_data(_inside(slug.kept, asked.part), found, withheld, contents)),
        comments=dict(comments_for(tree.files)),
        part=asked.part,
        ways=packed(ways_of(slug, examined.graph), sorted(file.path for file in _inside(slug.kept, asked.part))),
    )


def _least_saving_bytes(slug: Slug) -> int:
    """Return what an entry has to save: a share of the tree, and half as much again where there are rules already.

    What an entry saves differs a little once others are written. Without a distance, entries that were too small would
    be suggested after those were added. So would they with a share of what the rules leave.
    """
    share_bytes = sum(file.size_bytes for file in slug.tree.files) // _WORTH
    least_bytes = min(max(share_bytes, _LEAST_BYTES), MIN_SAVING_BYTES)
    return least_bytes * 3 // 2 if slug.rules else least_bytes


def _known_to_ci(included: Sequence[Suggestion], slug: Slug, verdicts: Iterable[Judgement]) -> list[Suggestion]:
    """Return what its owner includes; of tests that Heroku CI runs, with the finding that its owner accepts."""
    heroku_ci = heroku_ci_evidence(slug.tree, slug.kept) if included else None
    if heroku_ci is None:
        return list(included)
    candidates = (verdict.candidate for verdict in verdicts)
    tests = {file.path for each in candidates if each.category == "tests" for file in each.files}
    return [
        replace(
            entry,
            silences=", ".join(filter(None, (entry.silences, "tests-left-out"))),
            evidence=(*entry.evidence, heroku_ci),
        )
        if any(file.path in tests for file in entry.files)
        else entry
        for entry in included
    ]


def _share(files: Iterable[File], whole: Sizing) -> int:
    return sum(whole.shares[file.path] for file in files)


def _inside(files: Iterable[File], directory: bytes) -> list[File]:
    return [file for file in files if is_within(file.path, directory)]


def _is_inside(files: Iterable[File], directory: bytes) -> bool:
    return all(is_within(file.path, directory) for file in files)


def entries(slug: Slug, examined: Examined, whole: Sizing, overruled: Overruled) -> list[Suggestion]:
    """Return the entries for all that may go, the heaviest first; what no pattern can name stays."""
    groups = _groups(examined.verdicts, overruled.decided)
    kept = [file for file in slug.kept if file.path not in overruled.included]
    covers = cover_each([_wanted(group) for group in groups], kept, slug.tree.links, slug.dialect)
    written = [entry for cover in covers for entry in cover.entries]
    taken = {file.path for entry in written for file in entry.files}
    holding = {above for file in kept if file.path not in taken for above in directories_above(file.path)}
    found = [entry for entry in written if not _only_keeps(entry, holding)]
    gone = {file.path for entry in found for file in entry.files}
    stays = {file.blob: file.path for file in kept if file.blob is not None and file.path not in gone}
    unread = Evidence(kind=EvidenceKind.UNREAD, text="nothing that the deploy reaches uses it")
    leading = [_leading(group) for group in groups]
    owners = {path: at for at, group in reversed([*enumerate(groups)]) for lot in group for path in lot.gone}
    suggestions = []
    for entry in found:
        grade = weakest(_paths(entry), examined.graph)
        # A file that runs names what is guarded, so that says more than that nothing uses it.
        last = () if grade in _NAMED else (unread,)
        known = (*_known(entry, groups), *named_by(_paths(entry), examined.graph))
        suggestions.append(
            replace(
                _suggestion(entry, _weighed(entry, owners, leading), grade),
                saves_compressed_bytes=_share(entry.files, whole),
                evidence=(*known, *_same_bytes(entry.files, stays), *last),
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


def _only_keeps(entry: Entry, holding: Collection[bytes]) -> bool:
    """Whether all it takes is there to have git keep a directory; ``holding`` are those with files that stay."""
    return all(_keeps(file.path, holding) for file in entry.files)


def _keeps(path: bytes, holding: Collection[bytes]) -> bool:
    directory, slash, name = path.rpartition(b"/")
    return bool(slash) and (name in _KEEPERS or (name == b".gitignore" and directory not in holding))


def _groups(lots: Iterable[Judgement], decided: Collection[bytes]) -> list[list[Judgement]]:
    """Return what nothing reads, each by itself; but directories that a rule finds anywhere by name go together.

    ``decided`` are the paths that the owner decides about.
    """
    groups: dict[tuple[str, bytes, Tier], list[Judgement]] = {}
    for lot in lots:
        if decided:
            lot = replace(lot, gone={path: file for path, file in lot.gone.items() if path not in decided})
        if lot.gone:
            place = b"" if lot.candidate.forms else lot.candidate.path
            groups.setdefault((lot.candidate.rule, place, lot.candidate.tier), []).append(lot)
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


def _leading(group: Sequence[Judgement]) -> Candidate:
    return max((lot.candidate for lot in group), key=lambda candidate: candidate.size_bytes)


def _weighed(entry: Entry, owners: Mapping[bytes, int], leading: Sequence[Candidate]) -> list[tuple[int, Candidate]]:
    """The leading candidates of the sets of an entry, with the bytes that it takes of each."""
    weights = dict.fromkeys(entry.sets, 0)
    for file in entry.files:
        weights[owners[file.path]] += file.size_bytes
    return [(size_bytes, leading[number]) for number, size_bytes in weights.items()]


def _known(entry: Entry, groups: Sequence[Sequence[Judgement]]) -> Iterable[Evidence]:
    """Return what is known of the candidates of an entry beside the search for readers."""
    verdicts = (verdict for number in entry.sets for verdict in groups[number])
    return dict.fromkeys(item for each in verdicts for item in each.candidate.evidence)


def _paths(entry: Entry) -> list[bytes]:
    return [file.path for file in entry.files]


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
    of_one_kind = all(each.category == heaviest.category for _, each in weighed)
    is_safe = heaviest.tier is Tier.SAFE and (of_one_kind or all(each.tier is Tier.SAFE for _, each in weighed))
    is_of_tests = heaviest.category == _DOCUMENTS and all(map(_is_of_tests, entry.files))
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


def _is_of_tests(file: File) -> bool:
    return not _TESTS.isdisjoint(file.path.split(b"/")[:-1])


def _same_bytes(files: Sequence[File], stays: Mapping[bytes, bytes]) -> tuple[Evidence, ...]:
    same = [stays[file.blob] for file in files if file.blob is not None and file.blob in stays and file.size_bytes]
    if len(same) < len(files):
        return ()
    return (Evidence(kind=EvidenceKind.SAME_BYTES, text="a file that stays has the same bytes", path=same[0]),)


def _withheld(
    examined: Examined, slug: Slug, whole: Sizing, overruled: Overruled, missed: Sequence[Missed]
) -> tuple[Withheld, ...]:
    """Return each file that stays once, and none that goes by another candidate."""
    found = [_withheld_entry(each) for each in missed]
    named = {file.path for lot in examined.verdicts for file in lot.candidate.files}
    others = {above for file in slug.kept if file.path not in named for above in directories_above(file.path)}
    lots, graph = examined.verdicts, examined.graph
    told = {path for lot in lots for path in lot.gone if path not in overruled.excluded} | overruled.included.keys()
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
                compressed_bytes=_share(stays, whole),
                reason=lot.candidate.reason,
                evidence=(*((says,) if says is not None else ()), *lot.readers),
                grade=grade,
                chain=_chain(stays, grade, graph),
                is_whole=bool(path) and path not in others,
                is_deployed=any(graph.is_deployed(file.path) for file in stays),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.compressed_bytes, each.path, each.rule)))


def _withheld_entry(missed: Missed) -> Withheld:
    entry = missed.entry
    return Withheld(
        path=common_path(entry.files),
        rule=entry.rule,
        tier=entry.tier,
        category=entry.category,
        files=entry.files,
        compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=(missed.reader, *entry.evidence),
    )
