"""Findings about the lines of a ``.slugignore``: what they say, and what they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from slugtrim.files import SortedPaths, quoted
from slugtrim.ignore import Dialect, Rule, RuleState
from slugtrim.lint.dead import dead_rule
from slugtrim.lint.view import SLUGIGNORE, Fix, Found, View, named, shown
from slugtrim.notes import Finding, Level

_MAX_LINES = 20
"""How many other lines a finding names."""


def line_findings(view: View, *, thorough: bool = True) -> Iterator[Found]:
    """What is wrong with each line, in the order of the lines.

    Without ``thorough``, rules that match nothing are only looked at for a form that the dialect does not have.
    """
    takes_all = _takes_everything(view)
    differing = _differing(view)
    first: dict[bytes, int] = {}
    for rule in view.slug.rules:
        state = view.states[rule.line]
        before = first.setdefault(rule.pattern, rule.line)
        if rule.negated:
            yield _negation(view, rule)
        elif before != rule.line:
            yield _duplicate(rule, before)
        elif rule.line in takes_all:
            yield _whole_slug(view, rule, takes_all[rule.line])
        elif state is RuleState.DEAD:
            found = dead_rule(view, rule, thorough=thorough)
            # What it takes in the other reading says more than that it takes nothing in this one.
            yield (
                found
                if found.finding.id != "dead-rule" or rule.line not in differing
                else _differs(view, rule, differing[rule.line])
            )
        elif rule.line in differing:
            yield _differs(view, rule, differing[rule.line])
        elif state is RuleState.SHADOWED and thorough:
            yield _shadowed(view, rule)
    yield from _only_in_the_other(view, differing, {rule.line for rule in view.slug.rules})


def _negation(view: View, rule: Rule) -> Found:
    meant = rule.pattern.removeprefix(b"!")
    lost = sorted(view.alone(rule, meant) & view.left_out) if meant else []
    message = f"{shown(rule.text)} brings nothing back: the platform has no negation, so the line does nothing"
    if lost:
        message += f", and {quoted(lost[0])} stays out of the slug"
    return Found(
        finding=Finding(
            id="negation",
            level=Level.ERROR,
            path=SLUGIGNORE,
            line=rule.line,
            message=message,
            cure="Remove the line, and write the rules so that they name only what shall go",
            paths=named(lost),
            fixable=True,
        ),
        fix=Fix(line=rule.line, text=None),
    )


def _duplicate(rule: Rule, before: int) -> Found:
    return Found(
        finding=Finding(
            id="duplicate-rule",
            level=Level.NOTE,
            path=SLUGIGNORE,
            line=rule.line,
            message=f"{shown(rule.pattern)} stands in line {before} already",
            cure="Remove one of the two",
            fixable=True,
        ),
        fix=Fix(line=rule.line, text=None),
    )


def _shadowed(view: View, rule: Rule) -> Found:
    credited: set[int] = set()
    for row in view.paths.covered(view.alone(rule)):
        credited.update(view.credits[row.start : row.stop])
    others = sorted(credited - {0, rule.line})
    lines = ("line " if len(others) == 1 else "lines ") + ", ".join(map(str, others[:_MAX_LINES]))
    if len(others) > _MAX_LINES:
        lines += f" and {len(others) - _MAX_LINES:,} more"
    elif not others:
        lines = "other lines"
    return Found(
        finding=Finding(
            id="shadowed-rule",
            level=Level.NOTE,
            path=SLUGIGNORE,
            line=rule.line,
            message=f"all that {shown(rule.pattern)} matches is left out by {lines} as well",
            cure="Keep the one that says best what is meant",
        )
    )


def _takes_everything(view: View) -> Mapping[int, Dialect]:
    """Line to the dialect in which its rule alone leaves nothing of the slug; the chosen one where both do."""
    found: dict[int, Dialect] = {}
    for slug in (view.other, view.slug):
        if slug.kept or len(slug.left_out) < 2:
            continue
        left_out = SortedPaths(left.file.path for left in slug.left_out)
        everything = [range(len(left_out.paths))]
        for rule in slug.rules:
            if not rule.negated and left_out.covered(view.alone(rule, slug=slug)) == everything:
                found[rule.line] = slug.dialect
    return found


def _whole_slug(view: View, rule: Rule, dialect: Dialect) -> Found:
    reading = "" if dialect is view.slug.dialect else f", as the published compiler reads it ({dialect.value})"
    if dialect is not view.slug.dialect and dialect is Dialect.GITIGNORE:
        reading = f", as the documented reading has it ({dialect.value})"
    return Found(
        finding=Finding(
            id="whole-slug",
            level=Level.ERROR,
            path=SLUGIGNORE,
            line=rule.line,
            message=f"{shown(rule.pattern)} leaves out every file{reading}",
            cure="Name the files and directories that shall go, each from the root: /spec",
        )
    )


def _differing(view: View) -> Mapping[int, tuple[Sequence[bytes], Sequence[bytes]]]:
    """Line to the paths that only the chosen reading leaves out by it, and those that only the other one does."""
    if view.slug.kept == view.other.kept:
        return {}
    here = {file.path for file in view.slug.kept}
    there = {file.path for file in view.other.kept}
    found: dict[int, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for left in view.slug.left_out:
        if left.file.path in there:
            found[left.rule.line][0].append(left.file.path)
    for left in view.other.left_out:
        if left.file.path in here:
            found[left.rule.line][1].append(left.file.path)
    return found


def _differs(view: View, rule: Rule, paths: tuple[Sequence[bytes], Sequence[bytes]]) -> Found:
    only_here, only_there = paths
    chosen, other = view.slug.dialect.value, view.other.dialect.value
    parts = []
    if only_here:
        parts.append(f"leaves out {_counted(only_here)} as {chosen} only")
    if only_there:
        parts.append(f"leaves out {_counted(only_there)} as {other} only")
    text = _agreed(view, rule)
    return Found(
        finding=Finding(
            id="dialects-differ",
            level=Level.WARNING,
            path=SLUGIGNORE,
            line=rule.line,
            message=f"{shown(rule.pattern)} {' and '.join(parts)}: the documented reading and the compiler's differ",
            cure=f"Write {shown(text)}, which both read alike"
            if text is not None
            else "Name what is meant from the root, as /spec: both readings agree on that form",
            paths=named([*only_here, *only_there]),
            fixable=text is not None,
        ),
        fix=Fix(line=rule.line, text=text) if text is not None else None,
    )


def _counted(paths: Sequence[bytes]) -> str:
    return quoted(paths[0]) if len(paths) == 1 else f"{len(paths):,} files"


def _agreed(view: View, rule: Rule) -> bytes | None:
    """A pattern that both dialects read alike, and that takes what the rule takes in the chosen one; None if none is
    at hand.
    """
    taken = view.alone(rule)
    body = rule.pattern.strip(b"/")
    for text in (b"/" + body, body):
        if b"/" in text.strip(b"/") and not text.startswith(b"/"):
            continue
        both = (view.alone(rule, text), view.alone(rule, text, view.other))
        if taken and view.paths.covered(both[0]) == view.paths.covered(both[1]) == view.paths.covered(taken):
            return text
    return None


def _only_in_the_other(
    view: View, differing: Mapping[int, tuple[Sequence[bytes], Sequence[bytes]]], lines: set[int]
) -> Iterator[Found]:
    """Lines that only the other dialect takes for rules."""
    for rule in view.other.rules:
        if rule.line not in lines and rule.line in differing:
            yield _differs(view, rule, differing[rule.line])
