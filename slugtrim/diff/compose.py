"""Composing a comparison: each side as it is listed and measured, and what is different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slugtrim.archive import Packed
from slugtrim.audit import Total
from slugtrim.budget import Amount
from slugtrim.cache import SizeCache
from slugtrim.diff.changes import compare_files
from slugtrim.diff.groups import group_changes, package_changes
from slugtrim.diff.places import directories, reasons, sum_of, sums_by_kind
from slugtrim.diff.record import Aside, Change, Diff, Kind, Listed, Part, RuleChange, Side
from slugtrim.files import Tree
from slugtrim.ignore import Dialect, Rule
from slugtrim.scanner import checked_out, scan
from slugtrim.sizer import Progress, Sizer, with_overhead


def list_tree(
    name: str,
    tree: Tree,
    dialect: Dialect,
    *,
    overhead: Amount | None = None,
    cache: SizeCache | None = None,
    progress: Progress | None = None,
) -> Listed:
    """The slug that a tree makes before buildpacks, by its own rules. Raises ``RulesError``.

    ``overhead`` is what buildpacks add. Two sides with the same ``cache`` measure only once what they have in common.
    """
    slug = scan(tree, dialect)
    sizing = Sizer(tree.contents, cache=cache, progress=progress).measure(slug.kept)
    size = sizing.compressed_bytes
    side = Side(
        name=name,
        source=tree.source,
        total=Total.of(slug.kept),
        compressed_bytes=size,
        estimated=True,
        compiled=with_overhead(size, overhead.value, str(overhead.written)) if overhead is not None else None,
        checkout=Total.of(checked_out(tree)),
        unreadable=sizing.with_unlisted(tree),
        notes=tree.notes,
    )
    left_out = {file.path: Aside(file, None) for file in slug.compiler_removed}
    left_out.update((left.file.path, Aside(left.file, left.rule)) for left in slug.left_out)
    unread = frozenset(gone.path for gone in tree.unreadable)
    return Listed(side=side, files=slug.kept, shares=sizing.shares, left_out=left_out, unread=unread)


def list_slug(name: str, packed: Packed, parts: Mapping[bytes, Part]) -> Listed:
    """A compiled slug. ``parts`` is what its files belong to."""
    tree = packed.tree
    side = Side(
        name=name,
        source=tree.source,
        total=Total.of(tree.files),
        compressed_bytes=packed.compressed_bytes,
        estimated=packed.estimated,
        includes_buildpacks=True,
        unreadable=tree.unreadable,
        notes=tree.notes,
    )
    unread = frozenset(gone.path for gone in tree.unreadable)
    return Listed(side=side, files=tree.files, shares=packed.shares, parts=parts, unread=unread, is_compiled=True)


def compare(before: Listed, after: Listed, dialect: Dialect) -> Diff:
    """What is different between two slugs. ``dialect`` is how the rules of commits were read."""
    compared = compare_files(before, after)
    changes = compared.changes
    grown = after.side.compressed_bytes - before.side.compressed_bytes
    return Diff(
        before=before.side,
        after=after.side,
        dialect=dialect,
        changes=changes,
        sums=sums_by_kind(changes),
        unchanged=compared.unchanged,
        rest_bytes=grown - sum(change.grown_bytes for change in changes),
        by_size=compared.by_size,
        reasons=reasons(changes, {**before.parts, **after.parts}),
        directories=directories(changes),
        groups=group_changes(before, after, changes),
        packages=package_changes(before, after, changes),
        rules=_rule_changes(changes),
    )


def _rule_changes(changes: Sequence[Change]) -> tuple[RuleChange, ...]:
    by_rule: dict[tuple[Kind, Rule | None], list[Change]] = {}
    for change in changes:
        if change.kind in (Kind.LEFT_OUT, Kind.LET_IN):
            by_rule.setdefault((change.kind, change.rule), []).append(change)
    found = [RuleChange(rule=rule, sum=sum_of(taken)) for (_, rule), taken in by_rule.items()]
    return tuple(sorted(found, key=lambda each: -abs(each.sum.grown_bytes)))
