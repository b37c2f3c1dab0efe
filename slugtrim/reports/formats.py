"""Which formats each command has, and what renders them.

A format is a line of ``FORMATS`` and a module beside this one. Nothing is imported before a report is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from msgspec import Struct


class Rendering(Struct, frozen=True):
    """How a format comes about: from the record of a command to what is printed of it, and from there to text.

    A step is written ``module.function(names)``. The names are what it is told beside its input.
    """

    steps: Mapping[str, str]
    """Command to the step that takes its record."""
    printer: str | None = None
    """The step that makes text of what came of it; None if that is text already."""


# --- For people.

_TEXT = {
    "audit": "audit_text.render(style)",
    "builds": "builds_text.render(style, most)",
    "cache": "cache.render_text(cleared)",
    "check": "check_text.render(style)",
    "diff": "diff_text.render(style)",
    "explain": "explanation.render_text(style)",
    "inspect": "inspect_text.render(style)",
    "lint": "lint_text.render(style, fixed)",
    "ls": "listing.render_text(long, nul)",
    "suggest": "suggest_text.render(style, with_withheld, is_written)",
}
_MARKDOWN = {
    "check": "check_markdown.render()",
    "diff": "diff_markdown.render()",
    "inspect": "inspect_markdown.render()",
}
SUMMARIES = Rendering({"check": "check_markdown.render_summary()", "lint": "lint_markdown.render_summary()"})
"""Markdown for the summary of a step on GitHub."""

# --- For machines.

_JSON = {
    "audit": "documents.trees.of_audit()",
    "builds": "documents.remembered.of_history(most)",
    "cache": "documents.remembered.of_cache(cleared)",
    "check": "documents.checks.of_check()",
    "diff": "documents.slugs.of_diff()",
    "explain": "documents.trees.of_explanations()",
    "inspect": "documents.slugs.of_inspection()",
    "lint": "documents.trees.of_lint(fixed)",
    "ls": "documents.trees.of_listing()",
    "suggest": "documents.suggestions.of_advice(with_withheld)",
}
_DIAGNOSTICS = {"check": "diagnostics.of_check(strict)", "lint": "diagnostics.of_lint(strict)"}
"""Commands that find problems: each format for a platform writes the table of any of them."""

FORMATS: Mapping[str, Rendering] = {
    "text": Rendering(_TEXT),
    "json": Rendering(_JSON, "json_text.dumps()"),
    "markdown": Rendering(_MARKDOWN),
    "csv": Rendering({"builds": "builds_csv.render(most)"}),
    "project-toml": Rendering({"suggest": "suggest_project_toml.render()"}),
    "github": Rendering(_DIAGNOSTICS, "github.render()"),
    "junit": Rendering(_DIAGNOSTICS, "junit.render()"),
    "sarif": Rendering(_DIAGNOSTICS, "sarif.render()"),
    "gitlab": Rendering(_DIAGNOSTICS, "gitlab.render()"),
}
"""Name to rendering, in the order in which ``--help`` has them."""


def formats_of(command: str) -> tuple[str, ...]:
    """Return the names of a command's formats."""
    return tuple(name for name, rendering in FORMATS.items() if command in rendering.steps)


def render(command: str, name: str, record: object, **told: object) -> str:
    """Return the report on ``record`` in a format. ``told`` may have more than the format asks for."""
    return rendered(FORMATS[name], command, record, told)


def render_summary(command: str, record: object) -> str:
    """Return the Markdown that goes above the log of a step on GitHub, and an empty line before what others append."""
    return rendered(SUMMARIES, command, record, {}) + "\n"


def rendered(rendering: Rendering, command: str, record: object, told: Mapping[str, object]) -> str:
    """Return what the steps of a rendering make of a command's record."""
    made = _take(rendering.steps[command], record, told)
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
