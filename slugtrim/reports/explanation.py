"""``slugtrim explain``: a paragraph a path, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slugtrim.explanation import Explanation, Explanations, Kind, Verdict
from slugtrim.files import json_path, quoted
from slugtrim.reports.audit_json import source_object
from slugtrim.reports.blocks import Line, Look, Report, Section, Span, View, name
from slugtrim.reports.json_text import dumps
from slugtrim.reports.style import plural

SCHEMA = 1


def report(explanations: Explanations, view: View) -> Report:
    """Return each path from the root of the slug, with a line per dialect. ``view`` changes nothing."""
    return (Section(blocks=tuple(line for item in explanations.items for line in _lines(item))),)


def _lines(item: Explanation) -> Iterator[Line]:
    absent = "  (not in the tree; if it were:)" if item.kind is Kind.ABSENT else ""
    yield Line(text=(name(quoted(item.path) or ".", Look.BOLD), absent), depth=0)
    for verdict in item.verdicts:
        look = Look.YELLOW if verdict.left_out else Look.GREEN
        yield Line(text=(f"{verdict.dialect.value:<9}  ", Span(text=_sentence(item, verdict), looks=(look,))))


def _sentence(item: Explanation, verdict: Verdict) -> str:
    if verdict.by_compiler:
        return "removed by the compiler itself, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not Kind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
    return f"{verdict.left_out:,} of {plural(verdict.files, 'file')} left out, by several rules or in part"


def render_json(explanations: Explanations) -> str:
    """One object, schema 1 (``schemas/explain.json``)."""
    data = {
        "schema": SCHEMA,
        "source": source_object(explanations.source),
        "paths": [_item(item) for item in explanations.items],
    }
    return dumps(data)


def _item(item: Explanation) -> dict[str, Any]:
    return {
        **json_path(item.path),
        "kind": item.kind.value,
        "verdicts": [_verdict(verdict) for verdict in item.verdicts],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "dialect": verdict.dialect.value,
        "files": verdict.files,
        "left_out": verdict.left_out,
        "by_compiler": verdict.by_compiler,
        "rule": None if rule is None else {"line": rule.line, "text": rule.text.decode("utf-8", "replace")},
    }
