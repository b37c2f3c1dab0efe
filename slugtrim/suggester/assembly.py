"""The advice put together: the entries that name what a deploy never reaches, with what each saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.files import File, Tree, is_within, quoted
from slugtrim.platforms import platform_of
from slugtrim.scanner import Slug
from slugtrim.sizer import Sizer
from slugtrim.store import CacheTable
from slugtrim.suggester.entries import entries, share_of, withheld_of, without_missed
from slugtrim.suggester.examine import examine
from slugtrim.suggester.facts import second_reader
from slugtrim.suggester.finders import left_by_build
from slugtrim.suggester.measuring import MeasuredHere, is_asset, slug_size
from slugtrim.suggester.notices import heroku_ci_evidence, no_slug_notes, personal_data
from slugtrim.suggester.records import (
    MIN_SAVING_BYTES,
    Advice,
    AdviceTerms,
    Evidence,
    EvidenceKind,
    Grade,
    Link,
    Overrule,
    Overruled,
    PersonalData,
    Suggestion,
    Tier,
    Trace,
    UnusedAssets,
)
from slugtrim.suggester.remembered import packed_ways, remember
from slugtrim.suggester.second_process import ThreadedWork
from slugtrim.suggester.tracing import trace, ways_of
from slugtrim.suggester.verdicts import Judgement
from slugtrim.suggester.weighing import mentioned, weigh, without_assets
from slugtrim.suggester.writing import INCLUDED, comments_for

_WORTH = 10_000
"""An entry is worth a line if it saves one part of so many. Small things count in small slugs only."""
_LEAST_BYTES = 64
"""An entry that saves less is worth a line in no slug."""


def assemble(
    tree: Tree,
    slug: Slug,
    sizer: Sizer,
    measured: MeasuredHere,
    overruled: Overruled,
    asked: AdviceTerms,
    *,
    evidence: CacheTable,
    best: CacheTable,
) -> Advice:
    """Return the advice on the ``slug`` of a tree, whose contents are held, as ``sizer`` and ``measured`` have it.

    ``evidence`` and ``best`` are tables that remember, as ``AdviceTables`` has them.
    """
    least_bytes = _least_saving_bytes(slug) if asked.min_saving_bytes is None else asked.min_saving_bytes
    # The second reader asks for each file once: nothing is to be held there.
    with second_reader(slug.kept, tree.contents) as second:
        examining = ThreadedWork(lambda: examine(slug, evidence, second, overruled))
        whole = measured.whole()
        examined = examining.result()
        media = (path for each in examined.verdicts if each.candidate.category == "media" for path in each.gone)
        unused = [path for path in media if is_asset(path)]
        names = measured.names_of(unused)
        found = entries(slug, examined, whole, overruled)
        mentions = mentioned(unused, slug.kept, names(), examined.graph.reached)
    found, assets = without_assets(found, whole.compressed_bytes, mentions)
    own = _known_to_ci(_included_entries(slug, overruled, evidence), slug, examined.verdicts)
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
        remember(slug.kept, weighed.suggestions, best, slug.dialect)
    left_behind = left_by_build(slug) if not asked.part else ()
    return Advice(
        source=tree.source,
        dialect=slug.dialect,
        before=slug_size(slug.kept, whole.compressed_bytes),
        after=weighed.after,
        after_all=weighed.after_all,
        suggestions=(*weighed.suggestions, *left_behind),
        withheld=withheld,
        searched_files=examined.files,
        unsearched=examined.unread,
        unreadable=(*tree.unreadable, *whole.unreadable),
        notes=(*tree.notes, *no_slug_notes(tree, platform_of(slug.dialect)), *examined.notes, *overruled.notes),
        slugignore=tree.slugignore,
        small=weighed.small,
        assets=UnusedAssets(files=tuple(assets), compressed_bytes=share_of(assets, whole)),
        personal=PersonalData(files=personal_data(_inside(slug.kept, asked.part), found, withheld, slug.tree.contents)),
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
