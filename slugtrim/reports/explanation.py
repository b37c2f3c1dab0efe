"""``slugtrim explain``: a paragraph a path, or JSON."""

from __future__ import annotations

from typing import Any

from slugtrim.explanation import Explanation, Explanations, PathKind, PathVerdict
from slugtrim.files import json_path, quoted
from slugtrim.reports.audit_json import source_object
from slugtrim.reports.json_text import dumps
from slugtrim.reports.style import Style, plural

SCHEMA = 1


def render_text(explanations: Explanations, style: Style) -> str:
    """Each path from the root of the slug, then a line per dialect."""
    return "".join(_paragraph(item, style) for item in explanations.items)


def _paragraph(item: Explanation, style: Style) -> str:
    name = quoted(item.path) or "."
    absent = "  (not in the tree; if it were:)" if item.kind is PathKind.ABSENT else ""
    lines = [style.paint(name, "bold") + absent]
    for verdict in item.verdicts:
        look = "yellow" if verdict.left_out else "green"
        lines.append(f"  {verdict.dialect.value:<9}  {style.paint(_sentence(item, verdict), look)}")
    return "\n".join(lines) + "\n"


def _sentence(item: Explanation, verdict: PathVerdict) -> str:
    if verdict.by_compiler:
        return "removed by the compiler itself, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not PathKind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
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


def _verdict(verdict: PathVerdict) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "dialect": verdict.dialect.value,
        "files": verdict.files,
        "left_out": verdict.left_out,
        "by_compiler": verdict.by_compiler,
        "rule": None if rule is None else {"line": rule.line, "text": rule.text.decode("utf-8", "replace")},
    }
