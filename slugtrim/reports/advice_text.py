"""What text reports of sizes say to do: findings to mend, entries that `.slugignore` could have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.files import quoted
from slugtrim.notes import Finding, Level
from slugtrim.reports.blocks import wrapped
from slugtrim.reports.style import Style, columns, size
from slugtrim.suggester.record import Advised

LEVEL_LOOKS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "yellow"}
_MOST = 10


def findings(shown: Sequence[Finding], style: Style) -> Iterator[str]:
    """The first ten, or all; nothing where there is nothing."""
    if not shown:
        return
    yield style.paint("To mend (slugtrim lint says how, and looks for more)", "bold")
    for finding in shown if style.full else shown[:_MOST]:
        at = quoted(finding.path) + (f":{finding.line}" if finding.line is not None else "")
        level = finding.level.value
        first, *rest = wrapped(f"{level}  {at} {finding.message} [{finding.id}]", style)
        yield first.replace(level, style.paint(level, LEVEL_LOOKS[finding.level]), 1)
        yield from rest
    if not style.full and len(shown) > _MOST:
        yield f"  … and {len(shown) - _MOST:,} more (-v shows all)"


def suggestions(entries: Sequence[Advised], style: Style) -> Iterator[str]:
    """A row for each; nothing where there is nothing."""
    if not entries:
        return
    yield style.paint("Could be left out as well (slugtrim suggest shows all)", "bold")
    rows = [["saves", "files", ""]]
    for entry in entries:
        checked = "" if entry.is_checked else "  (not checked: run slugtrim suggest)"
        rows.append([f"~{size(entry.saves_compressed_bytes)}", f"{entry.files:,}", quoted(entry.pattern) + checked])
    yield from columns(rows, style.width)
