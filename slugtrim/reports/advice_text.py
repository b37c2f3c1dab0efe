"""What text reports of sizes say to do: findings to mend, entries that `.slugignore` could have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.files import quoted
from slugtrim.notes import Finding, Level
from slugtrim.reports.blocks import wrapped
from slugtrim.reports.style import Style, columns, size
from slugtrim.suggester.record import Advised

LEVEL_LOOKS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "yellow"}


def findings(shown: Sequence[Finding], style: Style) -> Iterator[str]:
    """The first of each kind, with how many more there are; all of them where long lists are shown whole."""
    kinds: dict[str, list[Finding]] = {}
    for finding in shown:
        kinds.setdefault(finding.id, []).append(finding)
    if not kinds:
        return
    yield style.paint("To mend (slugtrim lint says how, and looks for more)", "bold")
    for id_, found in kinds.items():
        for finding in found if style.full else found[:1]:
            at = quoted(finding.path) + (f":{finding.line}" if finding.line is not None else "")
            level = finding.level.value
            more = f", and {len(found) - 1:,} more" if len(found) > 1 and not style.full else ""
            first, *rest = wrapped(f"{level}  {at} {finding.message} [{id_}{more}]", style)
            yield first.replace(level, style.paint(level, LEVEL_LOOKS[finding.level]), 1)
            yield from rest


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
