"""``slugtrim explain``: a paragraph for each path."""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.explanation import Explanation, Explanations, PathKind, PathVerdict
from slugtrim.files import quoted
from slugtrim.reports.blocks import Line, Look, Report, Section, Span, View, name
from slugtrim.reports.style import plural


def report(explanations: Explanations, view: View) -> Report:
    """Return each path from the root of the slug, with a line per dialect. ``view`` changes nothing."""
    return (Section(blocks=tuple(line for item in explanations.items for line in _lines(item))),)


def _lines(item: Explanation) -> Iterator[Line]:
    absent = "  (not in the tree; if it were:)" if item.kind is PathKind.ABSENT else ""
    yield Line(text=(name(quoted(item.path) or ".", Look.BOLD), absent), depth=0)
    for verdict in item.verdicts:
        look = Look.YELLOW if verdict.left_out else Look.GREEN
        yield Line(text=(f"{verdict.dialect.value:<9}  ", Span(text=_sentence(item, verdict), looks=(look,))))


def _sentence(item: Explanation, verdict: PathVerdict) -> str:
    if verdict.by_compiler:
        return "removed by the compiler itself, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not PathKind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
    return f"{verdict.left_out:,} of {plural(verdict.files, 'file')} left out, by several rules or in part"
