"""``slugtrim explain``: a paragraph for each path."""

from __future__ import annotations

from slugtrim.explanation import Explanation, Explanations, Kind, Verdict
from slugtrim.files import quoted
from slugtrim.reports.style import Style, plural


def render_text(explanations: Explanations, style: Style) -> str:
    """Each path from the root of the slug, then a line per dialect."""
    return "".join(_paragraph(item, style) for item in explanations.items)


def _paragraph(item: Explanation, style: Style) -> str:
    name = quoted(item.path) or "."
    absent = "  (not in the tree; if it were:)" if item.kind is Kind.ABSENT else ""
    lines = [style.paint(name, "bold") + absent]
    for verdict in item.verdicts:
        look = "yellow" if verdict.left_out else "green"
        lines.append(f"  {verdict.dialect.value:<9}  {style.paint(_sentence(item, verdict), look)}")
    return "\n".join(lines) + "\n"


def _sentence(item: Explanation, verdict: Verdict) -> str:
    if verdict.by_compiler:
        return "removed by the compiler itself, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not Kind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
    return f"{verdict.left_out:,} of {plural(verdict.files, 'file')} left out, by several rules or in part"
