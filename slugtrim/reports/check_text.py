"""The check as text: the verdict, what it rests on, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.check import Base, Check, Growth
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM
from slugtrim.reports.advice_text import findings, suggestions
from slugtrim.reports.blocks import joined, measured, notes, safe, wrapped
from slugtrim.reports.budget_words import (
    NO_COMMIT,
    allowed,
    amount,
    change,
    compiled_words,
    cures,
    headline,
    name,
    signed,
    used,
    where,
)
from slugtrim.reports.style import Style, columns, cut, plural, size

_LOOKS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
_MARKS = {Verdict.OK: "ok", Verdict.WARN: "warn", Verdict.FAIL: "over"}
_GROWN = 5
_KEPT = 10


def render(check: Check, style: Style) -> str:
    """The report; every line ends in a newline."""
    if style.brief:
        return _painted(headline(check), check, style) + "\n"
    blocks = [
        _verdict(check, style),
        _head(check, style),
        _results(check, style),
        _grown(check.base, style) if check.base is not None else (),
        suggestions(check.suggestions, style),
        findings(check.findings, style),
        notes(check.notes, check.unreadable, style),
        _next(check, style),
    ]
    return joined(blocks)


def _verdict(check: Check, style: Style) -> Iterator[str]:
    for line in wrapped(headline(check), style, first=""):
        yield _painted(line, check, style)


def _painted(line: str, check: Check, style: Style) -> str:
    look = _LOOKS[check.verdict] if check.complete or check.verdict is Verdict.FAIL else "yellow"
    return style.paint(line, "bold", look)


def _head(check: Check, style: Style) -> Iterator[str]:
    yield measured(check.source, style)
    yield ""
    target = f", of target {safe(check.target)}" if check.target is not None else ""
    whole = "" if check.complete else ", at least"
    files = plural(check.files, "file")
    yield from wrapped(
        f"{size(check.compressed_bytes)} {check.size_class.value}{whole}: {files} of {size(check.size_bytes)}{target}",
        style,
    )
    if check.base is not None:
        yield from wrapped(change(check.base, check.compressed_bytes), style)
    if check.compiled is not None:
        yield from wrapped(compiled_words(check.compiled, check.source_compressed_bytes), style)
    else:
        yield from wrapped("This is your code, compressed (predicted). Buildpacks add to it.", style)


def _results(check: Check, style: Style) -> Iterator[str]:
    if not check.results:
        return
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    kept = list(check.over(Verdict.OK))
    shown = [*over, *(kept if style.full else kept[:_KEPT])]
    yield style.paint("Limits", "bold")
    header, *lines = columns([["", "used", "allowed", "over", ""], *map(_row, shown)], style.width)
    yield header
    for result, line in zip(shown, lines, strict=True):
        mark = _MARKS[result.verdict]
        yield line.replace(mark, style.paint(mark, _LOOKS[result.verdict]), 1)
    if len(shown) < len(over) + len(kept):
        yield f"  … and {len(over) + len(kept) - len(shown):,} more that are kept (-v shows all)"


def _row(result: Result) -> list[str]:
    over = amount(result, result.over) if result.over else ""
    # The page that states a platform's limit is too long for a table; what is over says it.
    at = f"  ({where(result)})" if result.measure is not Measure.PLATFORM else ""
    return [f"{_MARKS[result.verdict]:<4}", used(result), allowed(result), over, name(result) + at]


def _grown(base: Base, style: Style) -> Iterator[str]:
    grew = [growth for growth in base.grown if growth.grown_bytes > 0]
    shown = base.grown if style.full else grew[:_GROWN]
    unchanged = plural(base.unchanged_files, "file") + " unchanged"
    if not shown:
        if style.full or not base.grown:
            yield f"No file grew; {unchanged}."
        else:
            yield f"No file grew, {len(base.grown)} shrank (-v shows them); {unchanged}."
        return
    yield style.paint(f"Grew most since the base ({unchanged})", "bold")
    rows = [["grew", "now", ""], *([signed(each.grown_bytes), _now(each), quoted(each.path)] for each in shown)]
    header, *lines = columns(rows, style.width)
    yield header
    for growth, line in zip(shown, lines, strict=True):
        yield line
        yield cut(f"      {_brought_by(growth)}", style.width).rstrip()
    if len(shown) < len(base.grown):
        yield f"  … and {len(base.grown) - len(shown)} more that grew or shrank (-v shows them)"


def _now(growth: Growth) -> str:
    return size(growth.after_bytes) if growth.after_bytes else "gone"


def _brought_by(growth: Growth) -> str:
    return NO_COMMIT if growth.commit is None else f"{growth.commit} {safe(growth.subject)}"


def _next(check: Check, style: Style) -> Iterator[str]:
    steps = _steps(check)
    if steps:
        yield style.paint("Next", "bold")
    for step in steps:
        yield from wrapped(step, style, first="  - ")


def _steps(check: Check) -> Sequence[str]:
    steps = [f"{step}." for step in cures([*check.over(Verdict.FAIL), *check.over(Verdict.WARN)])]
    if check.suggestions:
        steps.append("slugtrim suggest --write adds what could go to .slugignore; commit it then.")
    if not check.complete:
        steps.append("Make readable what could not be read, and check again: the sizes are too small.")
    if check.compiled is None and steps:
        steps.append(
            f"slugtrim builds record -- {PLATFORM.push_command} learns what buildpacks add, and buildpack-overhead in "
            "slugtrim.toml says it; limits then hold for all of it."
        )
    return steps
