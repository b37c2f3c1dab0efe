"""Findings for people: what breaks first, what does no harm in a line for each kind.

On a page they are the summary of a step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from slugtrim.lint import Lint
from slugtrim.notes import Finding, Level
from slugtrim.reports.blocks import (
    Block,
    Headline,
    Line,
    Look,
    Paragraph,
    Report,
    Section,
    Steps,
    View,
    marked,
)
from slugtrim.reports.parts import measured, notes, place, problem_table
from slugtrim.reports.problems import lint_problems
from slugtrim.reports.style import plural

_LOOKS = {Level.ERROR: (Look.BOLD, Look.RED), Level.WARNING: (Look.BOLD, Look.YELLOW), Level.NOTE: (Look.BOLD,)}
_SOME = 3
"""At most so many notes of a kind are told one by one."""
_ON_PAGE = 50
"""GitHub shows no summary of more than a mebibyte."""


def report(lint: Lint, view: View, fixed: Sequence[Finding] = ()) -> Report:
    """Return all findings; a brief report counts them. ``fixed`` are those that were mended before."""
    if view.is_page:
        return tuple(_page(lint, view))
    answer = Headline(text=_counts(lint) if lint.findings else "no findings", depth=0 if view.brief else 1)
    if view.brief:
        return (answer,)
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for finding in lint.findings:
        if finding.level is Level.NOTE:
            kinds[finding.id].append(finding)
    folded = {id_: found for id_, found in kinds.items() if len(found) > _SOME and not view.full}
    told = [each for each in lint.findings if each.level is not Level.NOTE or each.id not in folded]
    return (
        measured(lint.source),
        Section(blocks=(*_head(lint, len(fixed)), answer)),
        *map(_finding, told),
        Section(blocks=tuple(_folded(id_, found) for id_, found in folded.items())),
        *notes((), lint.unreadable, view),
        *((Steps(steps=tuple(_steps(lint, is_folded=bool(folded)))),) if lint.findings else ()),
    )


def _counts(lint: Lint) -> str:
    return ", ".join(
        plural(lint.count(level), level.value) for level in Level if lint.count(level) or level is not Level.NOTE
    )


def _page(lint: Lint, view: View) -> Iterator[Block]:
    yield Headline(text=f"slugtrim lint: {_counts(lint)}")
    problems = lint_problems(lint)
    if problems:
        shown = view.some(problems, len(problems), _ON_PAGE)
        yield problem_table(shown)
        yield from view.more(len(problems) - len(shown))


def _head(lint: Lint, fixed: int) -> Iterator[Block]:
    if fixed:
        yield Paragraph(text=f"Mended: {plural(fixed, 'finding')}; what is in the slug is the same.")
    if lint.slugignore is None:
        yield Paragraph(text="There is no .slugignore.")


def _finding(finding: Finding) -> Section:
    level = marked(finding.level.value, *_LOOKS[finding.level])
    fix = "  (--fix)" if finding.fixable else ""
    blocks = (
        Line(text=(place(finding), "  ", level, f"  {finding.id}{fix}"), depth=0),
        Paragraph(text=f"{finding.message}."),
        Paragraph(text=f"→ {finding.cure}."),
    )
    return Section(blocks=blocks)


def _folded(id_: str, found: Sequence[Finding]) -> Paragraph:
    """Return a line for a kind of note of which there are many."""
    lines = ", ".join(f"{finding.line}" for finding in found if finding.line is not None)
    where = f" (lines {lines})" if lines else ""
    level = marked("note", *_LOOKS[Level.NOTE])
    return Paragraph(text=(level, f"  {id_}, {len(found):,} times{where}"), depth=0)


def _steps(lint: Lint, *, is_folded: bool) -> Iterator[str]:
    example = lint.findings[0].id
    yield f"slugtrim lint --explain {example} says more; --ignore {example} leaves it out."
    if any(finding.fixable for finding in lint.findings):
        yield "slugtrim lint --fix mends what is marked (--fix); what is in the slug stays the same."
    if is_folded:
        yield "-v tells notes one by one."
