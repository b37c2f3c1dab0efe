"""The comparison as text: by how much and why in the first lines, then where, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.diff.record import Change, Diff, GroupChange, Kind, Place
from slugtrim.files import quoted
from slugtrim.reports.blocks import joined, notes, safe, wrapped
from slugtrim.reports.budget_words import signed
from slugtrim.reports.diff_words import (
    WORDS,
    basis,
    change_in,
    counts,
    file_name,
    headline,
    limit_rows,
    more_files,
    moves,
    package_words,
    renamed,
    rule_kind,
    rule_words,
    side_words,
    why,
)
from slugtrim.reports.style import STATUS_LOOKS, Style, columns, cut, plural, size

_MOST = 10
_MOVES = 5
_DOMINATED = 0.9
"""A directory in which one other holds so much of the change is left to that one."""


def render(diff: Diff, style: Style) -> str:
    """The report; every line ends in a newline."""
    if style.brief:
        return _painted(headline(diff), diff, style) + "\n"
    blocks = [
        _head(diff, style),
        _sides(diff, style),
        _groups("Groups that changed most", diff.groups, style),
        _groups("Packages that changed most", diff.packages, style),
        _directories(diff, style),
        _files(diff, style),
        _rules(diff, style),
        _moved(diff, style),
        _limits(diff, style),
        notes(
            tuple(dict.fromkeys((*diff.before.notes, *diff.after.notes))),
            tuple(dict.fromkeys((*diff.before.unreadable, *diff.after.unreadable))),
            style,
        ),
    ]
    return joined(blocks)


def _painted(line: str, diff: Diff, style: Style) -> str:
    look = ["red"] if diff.grown_bytes > 0 else ["green"] if diff.grown_bytes < 0 else []
    return style.paint(line, "bold", *look)


def _head(diff: Diff, style: Style) -> Iterator[str]:
    for line in wrapped(headline(diff), style, first=""):
        yield _painted(line, diff, style)
    if diff.reasons:
        yield from wrapped(why(diff), style, at_hyphens=False)
    yield from wrapped(counts(diff), style)


def _sides(diff: Diff, style: Style) -> Iterator[str]:
    for word, side in (("from", diff.before), ("to", diff.after)):
        yield "  " + cut(f"{word:<6}{side_words(side)}", style.width - 2)
    yield from wrapped(" ".join(basis(diff)), style)


def _limits(diff: Diff, style: Style) -> Iterator[str]:
    """Those of the later side, with how much of each the earlier one used."""
    rows = list(limit_rows(diff))
    yield style.paint("Platform limits (date of the source)", "bold")
    table = [["", "before", "after", "of", ""]]
    for use, before, after, what, effect in rows:
        says = f"{what}, {effect} ({use.limit.date})"
        table.append([f"{use.status.value:<4}", before, after, size(use.limit.limit_bytes), says])
    header, *lines = columns(table, style.width)
    yield header
    for (use, *_), line in zip(rows, lines, strict=True):
        status = use.status.value
        yield line.replace(status, style.paint(status, STATUS_LOOKS[use.status]), 1)


def _groups(title: str, rows: Sequence[GroupChange], style: Style) -> Iterator[str]:
    shown = rows if style.full else rows[:_MOST]
    if not shown:
        return
    yield style.paint(title, "bold")
    table = [["change", "now", "files", ""]]
    for row in shown:
        name = package_words(row) if row.package else safe(row.group)
        now = size(row.after_bytes) if row.after.files else "gone"
        table.append([change_in(row.grown_bytes), now, more_files(row), name])
    yield from columns(table, style.width)
    yield from _rest(len(rows) - len(shown), sum(row.grown_bytes for row in rows[len(shown) :]))


def _directories(diff: Diff, style: Style) -> Iterator[str]:
    places = diff.directories if style.full else _telling(diff.directories)
    shown = places if style.full else places[:_MOST]
    if not shown:
        return
    yield style.paint("Directories that changed most", "bold")
    table = [["change", "raw", "files", ""]]
    for place in shown:
        total = place.sum
        table.append(
            [change_in(total.grown_bytes), change_in(total.grown_size_bytes), f"{total.files:,}", quoted(place.path)]
        )
    yield from columns(table, style.width)
    if len(shown) < len(places):
        yield f"  … and {len(places) - len(shown):,} more (-v shows all)"


def _telling(places: Sequence[Place]) -> list[Place]:
    """Without those in which nothing weighs more or less, and those that say no more than one below them."""
    by_path = {place.path: place for place in places}
    dominated = set()
    for place in places:
        above = by_path.get(place.path[:-1].rpartition(b"/")[0] + b"/")
        if above is not None and abs(place.sum.grown_bytes) >= _DOMINATED * abs(above.sum.grown_bytes):
            dominated.add(above.path)
    return [place for place in places if place.path not in dominated and place.sum.grown_bytes]


def _files(diff: Diff, style: Style) -> Iterator[str]:
    changes = [change for change in diff.changes if change.kind is not Kind.MOVED]
    shown = changes if style.full else changes[:_MOST]
    if not shown:
        return
    yield style.paint("Files that changed most", "bold")
    rows = [["change", "raw", "what", ""], *map(_file_row, shown)]
    yield from columns(rows, style.width)
    yield from _rest(len(changes) - len(shown), sum(change.grown_bytes for change in changes[len(shown) :]))


def _file_row(change: Change) -> list[str]:
    row = [change_in(change.grown_bytes), change_in(change.grown_size_bytes)]
    return [*row, WORDS[change.kind], file_name(change)]


def _rules(diff: Diff, style: Style) -> Iterator[str]:
    if not diff.rules:
        return
    yield style.paint("What .slugignore leaves out now, and what it let in again", "bold")
    table = [["change", "files", "what", "rule"]]
    for each in diff.rules if style.full else diff.rules[:_MOST]:
        row = [change_in(each.sum.grown_bytes), f"{each.sum.files:,}", WORDS[rule_kind(each)], rule_words(each)]
        table.append(row)
    yield from columns(table, style.width)
    rest = diff.rules[len(table) - 1 :]
    yield from _rest(len(rest), sum(each.sum.grown_bytes for each in rest))


def _moved(diff: Diff, style: Style) -> Iterator[str]:
    rows = moves(diff.changes)
    if not rows:
        return
    yield style.paint("Moved, with the same content", "bold")
    shown = rows if style.full else rows[:_MOVES]
    for was, now, count in shown:
        yield "  " + cut(f"{plural(count, 'file')}  {renamed(was, now)}", style.width - 2)
    if len(shown) < len(rows):
        yield f"  … and {plural(sum(row[2] for row in rows[len(shown) :]), 'file')} more (-v shows all)"


def _rest(count: int, grown_bytes: int) -> Iterator[str]:
    if count:
        yield f"  … and {count:,} more, {signed(grown_bytes)} together (-v shows all)"
