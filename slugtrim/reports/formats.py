"""Which formats each command has, and what renders them.

A format is a line of ``FORMATS``, and functions in modules beside this one. Nothing is imported before a report is
rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from slugtrim.reports.blocks import Report
    from slugtrim.reports.text import Style


class Rendering(Struct, frozen=True):
    """How a format comes about: from the record of a command to what is printed of it, and from there to text.

    A step is written ``module.function(names)``. The names are what it is told beside its input.
    """

    steps: Mapping[str, str]
    """Command to the step that takes its record."""
    printer: str | None = None
    """The step that makes text of what came of it; None if that is text already."""
    is_page: bool | None = None
    """Of a format for people: True for a page, False for a screen. Its steps may ask for ``view``."""
    has_summary: bool = False
    """True if the platform shows a page above the log of a step: ``SUMMARIES`` has its steps."""


# --- For people: a builder makes blocks of a record, a printer prints them. Another format is another printer.

_REPORTS = {
    "audit": "audit_report.report(view, tree)",
    "builds": "builds_report.report(view, most, why)",
    "cache": "plain.of_cache(view, cleared)",
    "check": "check_report.report(view)",
    "diff": "diff_report.report(view)",
    "explain": "plain.of_explanations(view)",
    "history": "history_report.report(view, most)",
    "inspect": "inspect_report.report(view)",
    "lint": "lint_report.report(view, fixed)",
    "ls": "plain.of_listing(view, long)",
    "suggest": "suggest_report.report(view, with_withheld, is_written, conditional)",
}
_PAGES = {"check": "check_report.comment(view)", "diff": _REPORTS["diff"], "inspect": _REPORTS["inspect"]}
"""``comment`` is the report behind a marker, by which the next run finds its comment on a pull request."""
_PICTURES = {
    "audit": "html.of_audit(view, slug_map, advice, budget)",
    "check": "html.of_check(view, slug_map, advice)",
    "diff": "html.of_diff(view)",
    "history": "html.of_history(view, budget, most)",
    "inspect": "html.of_inspection(view)",
    "suggest": "html.of_advice(view, slug_map, with_withheld, conditional)",
}
SUMMARIES = Rendering({command: _REPORTS[command] for command in ("check", "lint")}, "markdown.printed()", is_page=True)
"""Markdown for the summary of a step on GitHub."""

# --- For programs.

_JSON = {
    "audit": "documents.trees.of_audit()",
    "builds": "documents.histories.of_history(most)",
    "cache": "documents.histories.of_cache(cleared)",
    "check": "documents.checks.of_check()",
    "diff": "documents.slugs.of_diff()",
    "explain": "documents.trees.of_explanations()",
    "history": "documents.histories.of_slug_history(most)",
    "inspect": "documents.slugs.of_inspection()",
    "lint": "documents.trees.of_lint(fixed)",
    "ls": "documents.trees.of_listing()",
    "suggest": "documents.suggestions.of_advice(with_withheld)",
}
_DIAGNOSTICS = {"check": "diagnostics.of_check(strict)", "lint": "diagnostics.of_lint(strict)"}
"""Commands that find problems: each format for a platform writes the table of any of them."""

FORMATS: Mapping[str, Rendering] = {
    "text": Rendering(_REPORTS, "text.printed(style)", is_page=False),
    "json": Rendering(_JSON, "documents.dumps()"),
    "markdown": Rendering(_PAGES, "markdown.printed()", is_page=True),
    "html": Rendering(_PICTURES, "html.printed()", is_page=True),
    "csv": Rendering({"builds": "builds_report.as_csv(most)", "history": "history_report.as_csv(most)"}),
    "project-toml": Rendering({"suggest": "suggest_report.as_project_toml(conditional)"}),
    "github": Rendering(_DIAGNOSTICS, "ci_formats.github()", has_summary=True),
    "junit": Rendering(_DIAGNOSTICS, "ci_formats.junit()"),
    "sarif": Rendering(_DIAGNOSTICS, "ci_formats.sarif()"),
    "gitlab": Rendering(_DIAGNOSTICS, "ci_formats.gitlab()"),
}
"""Name to rendering, in the order in which ``--help`` has them."""


def formats_of(command: str) -> tuple[str, ...]:
    """Return the names of a command's formats."""
    return tuple(name for name, rendering in FORMATS.items() if command in rendering.steps)


def render(command: str, name: str, record: object, **told: object) -> str:
    """Return the report on ``record`` in a format. ``told`` may have more than the format asks for."""
    return _rendered(FORMATS[name], command, record, told)


def render_summary(command: str, record: object) -> str:
    """Return the Markdown that goes above the log of a step on GitHub, and an empty line before what others append."""
    return _rendered(SUMMARIES, command, record, {}) + "\n"


def has_summary(names: Iterable[str]) -> bool:
    """Return True if one of these formats has ``render_summary`` beside it."""
    return any(FORMATS[name].has_summary for name in names)


def printed(name: str, report: Report, style: Style) -> str:
    """Return blocks that are no report of a command in a format for people."""
    return _text(FORMATS[name], report, {"style": style})


def _rendered(rendering: Rendering, command: str, record: object, told: Mapping[str, object]) -> str:
    if rendering.is_page is not None:
        from slugtrim.reports.blocks import View  # formats for programs do without
        from slugtrim.reports.text import Style

        style = told.get("style")
        view = View(is_page=rendering.is_page)
        if isinstance(style, Style) and not rendering.is_page:
            view = View(full=style.full, brief=style.brief)
        told = {**told, "view": view}
    return _text(rendering, _take(rendering.steps[command], record, told), told)


def _text(rendering: Rendering, made: object, told: Mapping[str, object]) -> str:
    text = _take(rendering.printer, made, told) if rendering.printer is not None else made
    assert isinstance(text, str)
    return text


def _take(step: str, given: object, told: Mapping[str, object]) -> object:
    module, function, names = parsed(step)
    taken: object = getattr(import_module(f"slugtrim.reports.{module}"), function)(
        given, **{name: told[name] for name in names if name in told}
    )
    return taken


def parsed(step: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the module, the function and the names of a step."""
    place, _, names = step.removesuffix(")").partition("(")
    module, _, function = place.rpartition(".")
    return module, function, tuple(filter(None, names.split(", ")))
