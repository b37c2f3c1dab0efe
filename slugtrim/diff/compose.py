"""Composing a comparison: what is different between two slugs, and where."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.diff.changes import compare_files
from slugtrim.diff.groups import group_changes, package_changes
from slugtrim.diff.places import directories, reasons, sum_of, sums_by_kind
from slugtrim.diff.record import Change, ChangeKind, Diff, Listed, RuleChange
from slugtrim.diff.sides import with_groups
from slugtrim.ignore import Dialect, Rule


def compare(before: Listed, after: Listed, dialect: Dialect) -> Diff:
    """What is different between two slugs. ``dialect`` is how the rules of commits were read."""
    if before.side.includes_buildpacks != after.side.includes_buildpacks:
        before, after = with_groups(before), with_groups(after)
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
    by_rule: dict[tuple[ChangeKind, Rule | None], list[Change]] = {}
    for change in changes:
        if change.kind in (ChangeKind.LEFT_OUT, ChangeKind.LET_IN):
            by_rule.setdefault((change.kind, change.rule), []).append(change)
    found = [RuleChange(rule=rule, sum=sum_of(taken)) for (_, rule), taken in by_rule.items()]
    return tuple(sorted(found, key=lambda each: -abs(each.sum.grown_bytes)))
