"""Findings for people: what breaks first, what does no harm in a line for each kind.

On a page they are the summary of a step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from slugtrim.findings import Finding, Level
from slugtrim.lint.findings import Lint
from slugtrim.lint.resolved import Accepted
from slugtrim.lint.view import SLUGIGNORE
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.diagnostics import Diagnostic, of_lint
from slugtrim.reports.text import plural

_LOOKS = {Level.ERROR: (b.Look.RED,), Level.WARNING: (b.Look.YELLOW,), Level.NOTE: ()}
_SIGNS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTE: "ℹ️"}  # noqa: RUF001 - the sign is meant
_SOME = 3
"""Notes of a kind that are listed one by one, at most."""
_ON_PAGE = 50
"""GitHub shows no summary of more than a mebibyte."""


def report(lint: Lint, view: b.View, fixed: Sequence[Finding] | None = None) -> b.Report:
    """Return all findings; a brief report counts them. ``fixed`` are those that were mended before."""
    if view.is_page:
        return tuple(_page(lint, view))
    answer = b.Headline(text=_counts(lint) if lint.findings else "no findings")
    if view.brief:
        return (answer,)
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for finding in lint.findings:
        if finding.level is Level.NOTE:
            kinds[finding.id].append(finding)
    folded = {id_: found for id_, found in kinds.items() if len(found) > _SOME and not view.full}
    told = [each for each in lint.findings if each.level is not Level.NOTE or each.id not in folded]
    return (
        answer,
        b.Section(blocks=(parts.measured(lint.source, lint.dialect), *_head(lint, len(fixed or ())))),
        *((b.Steps(steps=tuple(_steps(lint, is_folded=bool(folded)))),) if lint.findings else ()),
        *map(_finding, told),
        b.Section(blocks=tuple(_folded(id_, found) for id_, found in folded.items())),
        b.Section(blocks=tuple(map(_accepted, lint.accepted))),
        parts.notes((), lint.unreadable, view),
    )


def _counts(lint: Lint) -> str:
    return ", ".join(
        plural(lint.count(level), level.value) for level in Level if lint.count(level) or level is not Level.NOTE
    )


def _page(lint: Lint, view: b.View) -> Iterator[b.Block]:
    yield b.Headline(text=f"slugtrim lint: {_counts(lint)}")
    problems = of_lint(lint).problems
    if problems:
        shown = view.some(problems, len(problems), _ON_PAGE)
        yield problem_table(shown)
        yield from view.more(len(problems) - len(shown))


def _head(lint: Lint, fixed: int) -> Iterator[b.Block]:
    if fixed:
        yield b.Paragraph(text=f"Fixed {plural(fixed, 'finding')}; the slug's contents are unchanged.")
    if lint.slugignore is None:
        yield b.Paragraph(text="There is no .slugignore. Run slugtrim suggest to see what it could leave out.")


def _finding(finding: Finding) -> b.Section:
    level = b.marked(finding.level.value, b.Look.BOLD, *_LOOKS[finding.level])
    fix = "  (--fix)" if finding.fixable else ""
    blocks = (
        b.Line(text=(parts.place(finding), "  ", level, f"  {finding.id}{fix}"), depth=0),
        b.Paragraph(text=f"{finding.message}."),
        b.Paragraph(text=f"→ {finding.cure}."),
    )
    return b.Section(blocks=blocks)


def _folded(id_: str, found: Sequence[Finding]) -> b.Paragraph:
    """Return a line for a kind of note of which there are many."""
    lines = ", ".join(f"{finding.line}" for finding in found if finding.line is not None)
    where = f" (lines {lines})" if lines else ""
    level = b.marked("note", b.Look.BOLD)
    return b.Paragraph(text=(level, f"  {id_}, {len(found):,} times{where}"), depth=0)


def _accepted(accepted: Accepted) -> b.Paragraph:
    times = "" if accepted.count == 1 else f", {accepted.count:,} times"
    return b.Paragraph(text=f"Ignored: {accepted.id}{times} ({b.safe(accepted.by)})", depth=0)


def _steps(lint: Lint, *, is_folded: bool) -> Iterator[str]:
    example = lint.findings[0].id
    above = f"; to ignore one, put the comment # slugtrim: ignore {example} above its rule"
    is_of_line = lint.findings[0].path == SLUGIGNORE and lint.findings[0].line is not None
    yield f"To learn more, run slugtrim lint --explain {example}."
    yield f"To ignore such findings, add --ignore {example}{above if is_of_line else ''}."
    if any(finding.fixable for finding in lint.findings):
        yield "Run slugtrim lint --fix to fix the findings marked (--fix); the slug stays the same."
    if is_folded:
        yield "-v lists each note."


def problem_table(problems: Sequence[Diagnostic]) -> b.Table:
    """Return a row for each problem, as a page shows them."""
    rows = []
    for problem in problems:
        sign = b.marked(problem.level.value, parts.LEVEL_LOOKS[problem.level], page=_SIGNS[problem.level])
        rows.append(b.row(sign, b.name(problem.place), problem.id, problem.says()))
    return b.table(b.MARKS, b.names("where"), b.words("finding"), b.words("what"), rows=rows)
