"""The advice: the entries that name what a deploy never reaches, what each saves, and what the owner decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.errors import UsageError
from slugtrim.files import Directory, File, Note, SortedPaths, Tree, is_within, quoted
from slugtrim.ignore import Dialect, matcher
from slugtrim.platforms import platform_of
from slugtrim.scanner import Slug, check_part, scan
from slugtrim.sizer import Progress, Sizer, open_size_cache
from slugtrim.sources.held import held
from slugtrim.store import CacheTable
from slugtrim.suggester.entries import entries, share_of, withheld_of, without_missed
from slugtrim.suggester.examine import examine
from slugtrim.suggester.facts import open_evidence_cache, second_reader
from slugtrim.suggester.finders import left_by_build
from slugtrim.suggester.notices import heroku_ci_evidence, no_slug_notes, personal_data
from slugtrim.suggester.records import (
    DEFAULT_TERMS,
    MIN_SAVING_BYTES,
    NOT_OVERRULED,
    Advice,
    AdviceTerms,
    Evidence,
    EvidenceKind,
    Grade,
    Link,
    Overrule,
    Overruled,
    Overrules,
    PersonalData,
    Suggestion,
    Tier,
    Trace,
    UnusedAssets,
)
from slugtrim.suggester.remembered import open_suggestion_cache, packed_ways, remember
from slugtrim.suggester.second_process import ThreadedWork
from slugtrim.suggester.tracing import trace, ways_of
from slugtrim.suggester.verdicts import Judgement
from slugtrim.suggester.weighing import is_asset, measuring, mentioned, slug_size, weigh, without_assets
from slugtrim.suggester.writing import INCLUDED, comments_for

_WORTH = 10_000
"""An entry is worth a line if it saves one part of so many. Small things count in small slugs only."""
_LEAST_BYTES = 64
"""An entry that saves less is worth a line in no slug."""


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
    overruled = _overrule(slug, asked.overrules)
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
    own = _known_to_ci(_included_entries(slug, overruled, tables.evidence), slug, examined.verdicts)
    included = {file.path for each in own for file in each.files}
    staying = [file for file in examined.compiled if file.path not in included]
    found, missed = without_missed(found, staying, examined.executed, least_bytes)
    found = [*(replace(each, saves_compressed_bytes=share_of(each.files, whole)) for each in own), *found]
    withheld = withheld_of(examined, slug, whole, overruled, missed)
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
        assets=UnusedAssets(files=tuple(assets), compressed_bytes=share_of(assets, whole)),
        personal=PersonalData(files=personal_data(_inside(slug.kept, asked.part), found, withheld, contents)),
        comments=dict(comments_for(tree.files)),
        part=asked.part,
        ways=packed_ways(ways_of(slug, examined.graph), sorted(file.path for file in _inside(slug.kept, asked.part))),
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


def _inside(files: Iterable[File], directory: bytes) -> list[File]:
    return [file for file in files if is_within(file.path, directory)]


def _is_inside(files: Iterable[File], directory: bytes) -> bool:
    return all(is_within(file.path, directory) for file in files)


# What the owner decides instead of the graph


def _overrule(slug: Slug, overrules: Overrules) -> Overruled:
    """Return the files of the slug that the patterns name.

    What both name stays. Raises ``UsageError`` for an ``include`` that the two dialects read differently.
    """
    if overrules == Overrules():
        return NOT_OVERRULED
    files = sorted((*slug.kept, *(left.file for left in slug.left_out)))
    kept = {file.path for file in slug.kept}
    taken = _Takes(files, slug.tree.links, slug.dialect)
    excluded = _first((each, taken.in_either(each.pattern) & kept) for each in overrules.exclude)
    by_include = [(each, taken.in_both(each) & kept) for each in overrules.include]
    included = {path: each for path, each in _first(by_include).items() if path not in excluded}
    idle = [each for each in (*overrules.include, *overrules.exclude) if not taken.in_either(each.pattern)]
    notes = (Note(id="overrule-matches-nothing", message=f"{each.origin}: matches no file", paths=()) for each in idle)
    return Overruled(included=included, excluded=excluded, notes=tuple(notes))


def _first(taken: Iterable[tuple[Overrule, Collection[bytes]]]) -> dict[bytes, Overrule]:
    found: dict[bytes, Overrule] = {}
    for each, paths in taken:
        for path in paths:
            found.setdefault(path, each)
    return found


class _Takes:
    """Tries patterns on files in both dialects."""

    def __init__(self, files: Sequence[File], links: Mapping[bytes, bytes], dialect: Dialect) -> None:
        self._paths = SortedPaths(file.path for file in files)
        root = Directory.from_files(files)
        self._matchers = {each: matcher(each, root, links) for each in dialect.pair}

    def in_either(self, pattern: bytes) -> set[bytes]:
        """Return the files that either dialect reads in the pattern."""
        return set().union(*(self._files(dialect, pattern) for dialect in self._matchers))

    def in_both(self, wanted: Overrule) -> set[bytes]:
        """Return the files that both dialects read in the pattern. Raises ``UsageError`` if they differ."""
        one, other = (self._files(dialect, wanted.pattern) for dialect in self._matchers)
        if one != other:
            path = quoted(min(one ^ other))
            raise UsageError(
                f"{wanted.origin}: the two readings of .slugignore differ on this pattern, as for {path}; "
                "name a directory or a file from the root, as /spec"
            )
        return one

    def _files(self, dialect: Dialect, pattern: bytes) -> set[bytes]:
        rows = self._paths.covered(self._matchers[dialect].alone(pattern))
        return {path for row in rows for path in self._paths.paths[row.start : row.stop]}


def _included_entries(slug: Slug, overruled: Overruled, table: CacheTable | None = None) -> list[Suggestion]:
    """Return an entry for each ``include`` that takes anything, with the chain by which the deploy reaches it."""
    if not overruled.included:
        return []
    files: dict[bytes, tuple[Overrule, list[File]]] = {}
    for file in slug.kept:
        each = overruled.included.get(file.path)
        if each is not None:
            files.setdefault(each.pattern, (each, []))[1].append(file)
    traces = trace(slug, overruled.included, table)
    return [_included_entry(each, members, traces) for each, members in files.values()]


def _included_entry(wanted: Overrule, files: Sequence[File], traces: Mapping[bytes, Trace]) -> Suggestion:
    reached = next((file.path for file in files if _grade(file, traces) is Grade.READ), None)
    grades = {_grade(file, traces) for file in files}
    chain = traces[reached].chain if reached is not None else ()
    evidence = [Evidence(kind=EvidenceKind.OVERRULED, text=f"left out by {wanted.words}")]
    if reached is not None:
        last = chain[-1]
        steps = " → ".join((*map(_shown_link, chain), quoted(reached)))
        text = f"the deploy reaches it all the same: {steps}"
        evidence.append(Evidence(kind=EvidenceKind.READER, text=text, path=last.path, line=last.line))
    return Suggestion(
        pattern=wanted.pattern,
        rule=INCLUDED,
        tier=Tier.SAFE,
        category=INCLUDED,
        files=tuple(files),
        saves_compressed_bytes=0,
        reason=wanted.reason or "Its owner leaves it out on purpose",
        evidence=tuple(evidence),
        grade=next(grade for grade in Grade if grade in grades),
        chain=chain,
        silences="removes-read" if reached is not None else "",
    )


def _grade(file: File, traces: Mapping[bytes, Trace]) -> Grade:
    return traces[file.path].grade if file.path in traces else Grade.UNREACHED


def _shown_link(link: Link) -> str:
    """Return a step of a chain: ``server.js:3``, or an entry point with its name: ``Procfile:1 web``."""
    if link.path is None:
        return link.text
    line = f":{link.line}" if link.line is not None else ""
    return f"{quoted(link.path)}{line} {link.text}".rstrip()
