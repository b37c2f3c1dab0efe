"""Findings as text: what breaks first, what does no harm in a line for each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from slugtrim.files import quoted
from slugtrim.lint import Lint
from slugtrim.notes import Finding, Level
from slugtrim.reports.blocks import joined, measured, notes, wrapped
from slugtrim.reports.style import Style, plural

LEVEL_LOOKS = {Level.ERROR: ("bold", "red"), Level.WARNING: ("bold", "yellow"), Level.NOTE: ("bold",)}
_SOME = 3
"""So many notes of a kind are told one by one."""


def render(lint: Lint, style: Style, fixed: Sequence[Finding] | None = None) -> str:
    """The report; every line ends in a newline. ``fixed`` are the findings that were mended before."""
    if style.brief:
        return _count(lint) + "\n"
    blocks = [
        _head(lint, style, len(fixed or ())),
        *(_finding(finding, style) for finding in _told(lint, style)),
        _folded(lint, style),
        notes((), lint.unreadable, style),
        _next(lint, style),
    ]
    return joined(blocks)


def _count(lint: Lint) -> str:
    if not lint.findings:
        return "no findings"
    return ", ".join(
        plural(lint.count(level), level.value) for level in Level if lint.count(level) or level is not Level.NOTE
    )


def _head(lint: Lint, style: Style, fixed: int) -> Iterator[str]:
    yield measured(lint.source, style)
    yield ""
    if fixed:
        yield f"  Mended: {plural(fixed, 'finding')}; what is in the slug is the same."
    if lint.slugignore is None:
        yield "  There is no .slugignore."
    yield f"  {_count(lint)}"


def _groups(lint: Lint) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in lint.findings:
        if finding.level is Level.NOTE:
            groups[finding.id].append(finding)
    return groups


def _told(lint: Lint, style: Style) -> list[Finding]:
    few = {id_ for id_, group in _groups(lint).items() if style.full or len(group) <= _SOME}
    return [finding for finding in lint.findings if finding.level is not Level.NOTE or finding.id in few]


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    at = quoted(finding.path) + (f":{finding.line}" if finding.line is not None else "")
    level = style.paint(finding.level.value, *LEVEL_LOOKS[finding.level])
    fix = "  (--fix)" if finding.fixable else ""
    yield f"{at}  {level}  {finding.id}{fix}"
    yield from wrapped(f"{finding.message}.", style)
    yield from wrapped(f"→ {finding.cure}.", style)


def _folded(lint: Lint, style: Style) -> Iterator[str]:
    """A line for each kind of note of which there are many."""
    if style.full:
        return
    for id_, group in _groups(lint).items():
        if len(group) > _SOME:
            lines = ", ".join(f"{finding.line}" for finding in group if finding.line is not None)
            where = f" (lines {lines})" if lines else ""
            first, *rest = wrapped(f"note  {id_}, {len(group):,} times{where}", style, first="")
            yield first.replace("note", style.paint("note", *LEVEL_LOOKS[Level.NOTE]), 1)
            yield from rest


def _next(lint: Lint, style: Style) -> Iterator[str]:
    if not lint.findings:
        return
    yield style.paint("Next", "bold")
    for step in _steps(lint, style):
        yield from wrapped(step, style, first="  - ")


def _steps(lint: Lint, style: Style) -> Iterator[str]:
    example = lint.findings[0].id
    yield f"slugtrim lint --explain {example} says more; --ignore {example} leaves it out."
    if any(finding.fixable for finding in lint.findings):
        yield "slugtrim lint --fix mends what is marked (--fix); what is in the slug stays the same."
    if not style.full and any(len(group) > _SOME for group in _groups(lint).values()):
        yield "-v tells notes one by one."
