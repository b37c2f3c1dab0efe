"""Composing the main report: how large the slug will be, what weighs in it, and what each rule left out."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence

from slugtrim.audit.record import LARGEST, Audit, OtherReading, RuleEffect, Total, Weight, limit_uses
from slugtrim.cache import SizeCache
from slugtrim.files import File, Tree, add_up
from slugtrim.ignore import Dialect
from slugtrim.lint import quick_findings
from slugtrim.notes import lfs_note, no_slug_findings
from slugtrim.scanner import Slug, checked_out, rule_states, scan
from slugtrim.sizer import (
    Progress,
    Sizer,
    Sizing,
    average_side,
    classify,
    estimated_shares,
    exact_compressed_bytes,
)
from slugtrim.suggester.brief import best_suggestions


def audit_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    cache: SizeCache | None = None,
    evidence: SizeCache | None = None,
    progress: Progress | None = None,
    exact: bool = False,
) -> Audit:
    """The report on a tree; with ``exact``, its slug is compressed for real as well. Raises ``RulesError``.

    ``evidence`` is what is known of who reads what: without it, only suggestions for small slugs are checked.
    """
    slug = scan(tree, dialect)
    other_slug = scan(tree, dialect.other, like=slug)
    sizer = Sizer(tree.contents, cache=cache, progress=progress)
    sizing = sizer.measure(slug.kept)
    effects = _effects(slug, estimated_shares(sizer, [left.file for left in slug.left_out]))
    checkout = Total.of(checked_out(tree))
    notes = [*tree.notes, lfs_note(tree, slug.kept)]
    glob = slug if dialect is Dialect.GLOB else other_slug
    return Audit(
        source=tree.source,
        dialect=dialect,
        has_slugignore=tree.slugignore is not None,
        checkout=checkout,
        slug=Total.of(slug.kept),
        compressed_bytes=sizing.compressed_bytes,
        exact_compressed_bytes=exact_compressed_bytes(tree.contents, slug.kept, progress) if exact else None,
        size_class=classify(sizing.compressed_bytes),
        average_side=average_side(sizing.compressed_bytes),
        left_out=Total.of([left.file for left in slug.left_out]),
        estimated_saves_bytes=sum(effect.estimated_saves_bytes for effect in effects),
        compiler_removed=Total.of(slug.compiler_removed),
        rules=effects,
        other=_other_reading(slug, other_slug, sizer, sizing),
        largest=heaviest_files(slug.kept, sizing.shares),
        directories=directory_weights(slug.kept, sizing.shares),
        limits=limit_uses(sizing.compressed_bytes, checkout),
        deleting=sum(glob.outcome.deletions.values()),
        findings=(*no_slug_findings(tree), *quick_findings(slug, other_slug)),
        suggestions=best_suggestions(slug, sizing, evidence),
        unreadable=sizing.with_unlisted(tree),
        notes=tuple(note for note in notes if note is not None),
    )


def _effects(slug: Slug, saves_bytes: Mapping[bytes, int]) -> tuple[RuleEffect, ...]:
    files: dict[int, list[File]] = defaultdict(list)
    for left in slug.left_out:
        files[left.rule.line].append(left.file)
    states = rule_states(slug)
    return tuple(
        RuleEffect(
            rule=rule,
            state=states[rule.line],
            total=Total.of(files[rule.line]),
            estimated_saves_bytes=sum(saves_bytes[file.path] for file in files[rule.line]),
        )
        for rule in slug.rules
    )


def _other_reading(here: Slug, there: Slug, sizer: Sizer, sizing: Sizing) -> OtherReading:
    same = here.kept == there.kept
    here_paths = {file.path for file in here.kept} if not same else set()
    there_paths = {file.path for file in there.kept} if not same else set()
    return OtherReading(
        dialect=there.dialect,
        total=Total.of(there.kept),
        compressed_bytes=(sizing if same else sizer.measure(there.kept)).compressed_bytes,
        only_here=tuple(file for file in here.kept if file.path not in there_paths) if not same else (),
        only_there=tuple(file for file in there.kept if file.path not in here_paths) if not same else (),
    )


def heaviest_files(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[Weight, ...]:
    """The ``LARGEST`` of them, heaviest first."""
    heaviest = heapq.nsmallest(LARGEST, files, key=lambda file: (-shares[file.path], file.path))
    return tuple(
        Weight(path=file.path, files=1, size_bytes=file.size_bytes, compressed_bytes=shares[file.path])
        for file in heaviest
    )


def directory_weights(files: Sequence[File], shares: Mapping[bytes, int]) -> tuple[Weight, ...]:
    """Every directory but the root with all below it, heaviest first."""
    totals: dict[bytes, list[int]] = defaultdict(lambda: [0, 0, 0])
    for file in files:
        sums = totals[file.path.rpartition(b"/")[0]]
        sums[0] += 1
        sums[1] += file.size_bytes
        sums[2] += shares[file.path]
    add_up(totals)
    weights = [
        Weight(path=path, files=count, size_bytes=size, compressed_bytes=compressed)
        for path, (count, size, compressed) in totals.items()
        if path
    ]
    return tuple(sorted(weights, key=lambda weight: (-weight.compressed_bytes, weight.path)))
