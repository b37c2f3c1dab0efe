"""The audit as text, for a reader who has thirty seconds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from slugtrim.audit import Audit, Weight
from slugtrim.files import quoted
from slugtrim.ignore import RuleState
from slugtrim.notes import Level
from slugtrim.reports.advice_text import LEVEL_LOOKS, findings, suggestions
from slugtrim.reports.blocks import joined, measured, notes, wrapped
from slugtrim.reports.budget_words import compiled_words
from slugtrim.reports.rules_text import other_reading, predicted_log, rules
from slugtrim.reports.size_text import HEAVIEST, among_classes, headline, heaviest_files, limits
from slugtrim.reports.style import Style, columns, plural, size
from slugtrim.sizer import Status

_NO_SLUG = "no-slug"
"""The id of the findings that stand above all else."""
_DOMINATED = 0.9
"""A directory in which one other holds so much is left to that one."""
_ALL = 0.98
"""A directory that holds so much of the slug says no more than the headline."""


def render(audit: Audit, style: Style) -> str:
    """The report; every line ends in a newline."""
    if style.brief:
        return _headline(audit, style) + "\n"
    blocks = [
        _no_slug(audit, style),
        _head(audit, style),
        _totals(audit, style),
        limits(audit.limits, style),
        _heaviest_directories(audit, style),
        heaviest_files(audit.largest, style),
        rules(audit, style),
        other_reading(audit, style),
        predicted_log(audit),
        findings([finding for finding in audit.findings if finding.id != _NO_SLUG], style),
        suggestions(audit.suggestions, style),
        notes(audit.notes, audit.unreadable, style),
        _next(audit, style),
    ]
    return joined(blocks)


def _headline(audit: Audit, style: Style) -> str:
    return headline(audit.headline_bytes, audit.headline_class, style, complete=audit.complete)


def _no_slug(audit: Audit, style: Style) -> Iterator[str]:
    for finding in audit.findings:
        if finding.id != _NO_SLUG:
            continue
        certain = "No slug" if finding.level is Level.ERROR else "Maybe no slug"
        text = f"{certain}: {quoted(finding.path)} {finding.message}. The sizes below are those of a slug build."
        for line in textwrap.wrap(text, style.width):
            yield style.paint(line, LEVEL_LOOKS[finding.level])


def _head(audit: Audit, style: Style) -> Iterator[str]:
    yield measured(audit.source, style)
    yield ""
    yield "  " + _headline(audit, style)
    yield from wrapped(among_classes(audit.headline_bytes, audit.headline_class), style)
    if audit.compiled is not None:
        yield from wrapped(f"{compiled_words(audit.compiled, audit.compressed_bytes)}.", style)
    else:
        yield from wrapped("This is your code, compressed (predicted). Buildpacks add to it.", style)
    exact = audit.exact_compressed_bytes
    if exact is not None:
        off = (audit.compressed_bytes - exact) / exact * 100
        both = f"predicted {audit.compressed_bytes:,} bytes ({off:+.2f} %)"
        yield from wrapped(f"Compressed for real it is {size(exact)}: {exact:,} bytes, {both}.", style)


def _totals(audit: Audit, style: Style) -> Iterator[str]:
    rows = [
        ("", audit.checkout, "checkout"),
        ("", audit.compiler_removed, "removed by the compiler itself (.git, .DS_Store, tmp/)"),
        (f"~{size(audit.estimated_saves_bytes)}", audit.left_out, "left out by .slugignore (~ estimated)"),
        (size(audit.compressed_bytes), audit.slug, "in the slug"),
    ]
    cells = [
        [compressed, size(total.size_bytes), f"{total.files:,}", label]
        for compressed, total, label in rows
        if total.files or label in ("checkout", "in the slug")
    ]
    yield from columns([["compressed", "raw", "files", ""], *cells], style.width)


def _heaviest_directories(audit: Audit, style: Style) -> Iterator[str]:
    shown = audit.directories if style.full else _telling(audit.directories, audit.compressed_bytes)[:HEAVIEST]
    if not shown:
        return
    yield style.paint("Heaviest directories", "bold")
    rows = [["compressed", "raw", "files", ""]]
    for weight in shown:
        name = quoted(weight.path + b"/")
        rows.append([size(weight.compressed_bytes), size(weight.size_bytes), f"{weight.files:,}", name])
    yield from columns(rows, style.width)


def _telling(directories: Sequence[Weight], whole_bytes: int) -> list[Weight]:
    """Without those that weigh next to nothing, and those that say no more than one below or above them."""
    dominated = {weight.path for weight in directories if weight.compressed_bytes >= _ALL * whole_bytes}
    by_path = {weight.path: weight for weight in directories}
    for weight in directories:
        above = by_path.get(weight.path.rpartition(b"/")[0])
        if above is not None and weight.compressed_bytes >= _DOMINATED * above.compressed_bytes:
            dominated.add(above.path)
    least = whole_bytes // 100
    return [weight for weight in directories if weight.path not in dominated and weight.compressed_bytes >= least]


def _next(audit: Audit, style: Style) -> Iterator[str]:
    yield style.paint("Next", "bold")
    for step in _steps(audit):
        yield from wrapped(step, style, first="  - ")


def _steps(audit: Audit) -> Iterator[str]:
    states = [effect.state for effect in audit.rules]
    if any(use.limit.of_checkout and use.status is not Status.OK for use in audit.limits):
        yield "Take large files out of the repository: the checkout limit counts them before .slugignore does."
    if not audit.has_slugignore and not any(finding.id == _NO_SLUG for finding in audit.findings):
        yield (
            "slugtrim suggest looks for what the running app never opens (tests, docs, design files) and who reads it; "
            "with --write it makes a .slugignore of that."
        )
    if RuleState.NEGATED in states:
        yield "Remove the ! lines: the platform has no negation, they bring nothing back."
    if RuleState.DEAD in states:
        count = states.count(RuleState.DEAD)
        yield f"Remove or mend the {plural(count, 'line')} that {'matches' if count == 1 else 'match'} nothing."
    if audit.other.only_here or audit.other.only_there:
        yield "Write rules as /spec (leading slash, none at the end): both readings agree on that form."
    yield "slugtrim ls --long lists every file with its weight; slugtrim explain FILE says why it is in or out."
