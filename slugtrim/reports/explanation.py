"""``slugtrim explain``: a paragraph for each path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from slugtrim.explanation import Explanation, Explanations, PathKind, PathVerdict
from slugtrim.files import quoted
from slugtrim.reports.blocks import Line, Look, Report, Section, Span, View, name
from slugtrim.reports.style import plural
from slugtrim.suggester.reach import Link, Trace
from slugtrim.suggester.record import Grade


def report(explanations: Explanations, view: View) -> Report:
    """Return each path from the root of the slug, with a line per dialect. ``view`` changes nothing."""
    return (Section(blocks=tuple(line for item in explanations.items for line in _lines(item))),)


def _lines(item: Explanation) -> Iterator[Line]:
    absent = "  (not in the tree; if it were:)" if item.kind is PathKind.ABSENT else ""
    yield Line(text=(name(quoted(item.path) or ".", Look.BOLD), absent), depth=0)
    for verdict in item.verdicts:
        look = Look.YELLOW if verdict.left_out else Look.GREEN
        yield Line(text=(f"{verdict.dialect.value:<9}  ", Span(text=_sentence(item, verdict), looks=(look,))))
    if item.reach is not None:
        yield Line(text=("deploy     ", name(_reach(item.path, item.reach))))


def _reach(path: bytes, reach: Trace) -> str:
    """Return how the deploy comes to the file: ``Procfile:1 web → server.js:3 → data/a.csv``."""
    if reach.grade is Grade.READ and all(link.path is None for link in reach.chain):
        return "; ".join(link.text for link in reach.chain)
    chain = " → ".join((*map(_link, reach.chain), quoted(path)))
    excuse = f" ({reach.excuse})" if reach.excuse is not None else ""
    match reach.grade:
        case Grade.READ:
            return f"uses it: {chain}"
        case Grade.GUARDED:
            return f"runs without it: {chain}{excuse}"
        case Grade.IDLE:
            return f"does not use it: {chain}{excuse}"
        case Grade.UNREACHED:
            return "does not use it: nothing names it"
        case _:
            assert_never(reach.grade)


def _link(link: Link) -> str:
    if link.path is None:
        return link.text
    line = f":{link.line}" if link.line is not None else ""
    return f"{quoted(link.path)}{line} {link.text}".rstrip()


def _sentence(item: Explanation, verdict: PathVerdict) -> str:
    if verdict.by_compiler:
        return "removed by the compiler itself, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not PathKind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
    return f"{verdict.left_out:,} of {plural(verdict.files, 'file')} left out, by several rules or in part"
