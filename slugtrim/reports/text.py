"""Blocks as text: indented, wrapped and cut to the width of a screen, coloured if that is wanted."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.reports.blocks import (
    Block,
    Callout,
    Headline,
    Hidden,
    Holds,
    Inline,
    Items,
    Line,
    Look,
    Paragraph,
    Report,
    Row,
    Section,
    Span,
    Steps,
    Table,
    Verbatim,
    spans,
)
from slugtrim.reports.style import Style, cut, shown_width

_CODES = {Look.BOLD: "1", Look.RED: "31", Look.GREEN: "32", Look.YELLOW: "33"}
_STEP = "  "
_GAP = "  "
_MIN_NAME_WIDTH = 10
"""Columns that a name gets, however narrow the screen is."""
_MARK_WIDTH = 4


def printed(report: Report, style: Style) -> str:
    """Return the report with an empty line between its blocks; every line ends in a newline."""
    parts = [list(_lines(block, style)) for block in report]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in parts if lines)


def _lines(block: Block, style: Style) -> Iterator[str]:
    match block:
        case Section():
            yield from _section(block, style)
        case Headline() | Paragraph() | Callout():
            yield from _wrapped_block(block, style)
        case Line():
            yield _line(block, style)
        case Items():
            yield from _items(block, style)
        case Steps():
            yield from _steps(block, style)
        case Verbatim():
            yield from _verbatim(block, style)
        case Table():
            yield from _table(block, style)
        case Hidden():
            pass
        case _:
            assert_never(block)


def painted(text: str, looks: Sequence[Look], style: Style) -> str:
    """Return ``text`` in these looks, or as it is without colour."""
    if not style.color or not looks or not text:
        return text
    return f"\033[{';'.join(_CODES[look] for look in looks)}m{text}\033[0m"


def _section(section: Section, style: Style) -> Iterator[str]:
    if not section.blocks:
        return
    if section.title:
        yield painted(section.title, (Look.BOLD,), style)
    for block in section.blocks:
        yield from _lines(block, style)


def _wrapped_block(block: Headline | Paragraph | Callout, style: Style) -> Iterator[str]:
    indent = _STEP * block.depth
    match block:
        case Paragraph():
            yield from _wrapped(block.text, style, indent, keeps_names=block.keeps_names)
        case Callout():
            yield from (painted(line, (block.look,), style) for line in _wrapped(block.text, style, indent))
        case Headline() if style.brief:
            yield painted(_inline(block.text, style), block.looks, style)
        case Headline():
            yield from (painted(line, block.looks, style) for line in _wrapped(block.text, style, indent))


def _line(line: Line, style: Style) -> str:
    indent = _STEP * line.depth
    if line.shortens:
        plain = indent + _plain(line.text, style)
        fitting = cut(plain, style.width)
        if fitting != plain:
            return fitting.rstrip()
    return (indent + _inline(line.text, style)).rstrip()


def _items(items: Items, style: Style) -> Iterator[str]:
    indent = _STEP * items.depth
    for item in items.items:
        plain = _plain(item, style)
        fitting = cut(plain, style.width - len(indent))
        yield indent + (fitting if fitting != plain else _inline(item, style))


def _steps(steps: Steps, style: Style) -> Iterator[str]:
    yield painted("Next", (Look.BOLD,), style)
    for step in steps.steps:
        yield from _wrapped(step, style, _STEP + "- ")


def _verbatim(block: Verbatim, style: Style) -> Iterator[str]:
    indent = _STEP * block.depth
    for line in block.lines:
        if block.wraps:
            yield from _wrapped(line, style, indent)
        else:
            yield indent + line


def _plain(inline: Inline, style: Style) -> str:
    return "".join(_shown(span, style) for span in spans(inline))


def _shown(span: Span, style: Style) -> str:
    return cut(span.text, style.width // 2) if span.shortens else span.text


def _inline(inline: Inline, style: Style) -> str:
    return "".join(painted(_shown(span, style), span.looks, style) for span in spans(inline))


def _wrapped(inline: Inline, style: Style, first: str, *, keeps_names: bool = False) -> list[str]:
    """Return lines that fit, each behind as many spaces as ``first`` is long."""
    lines = textwrap.wrap(
        _plain(inline, style),
        style.width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=not keeps_names,
    )
    fitting = [cut(line, style.width) for line in lines]  # wide characters take more columns than they count for
    return _with_looks(fitting, spans(inline), style) if style.color else fitting


def _with_looks(lines: list[str], parts: Sequence[Span], style: Style) -> list[str]:
    """Return wrapped lines with the looks of their spans; a span that a line ends in stays plain."""
    at, column = 0, 0
    for span in parts:
        if not span.looks or not span.text:
            continue
        for number in range(at, len(lines)):
            begin = lines[number].find(span.text, column if number == at else 0)
            if begin >= 0:
                shown = painted(span.text, span.looks, style)
                lines[number] = lines[number][:begin] + shown + lines[number][begin + len(span.text) :]
                at, column = number, begin + len(shown)
                break
    return lines


def _table(table: Table, style: Style) -> Iterator[str]:
    """Yield the header, if a column has a title, and each row with what is below it."""
    order = range(len(table.columns)) if table.screen is None else table.screen
    columns = [table.columns[index] for index in order]
    header = Row(cells=tuple(column.title for column in columns))
    rows = [Row(cells=tuple(row.cells[index] for index in order), look=row.look, below=row.below) for row in table.rows]
    if any(header.cells):
        rows.insert(0, header)
    plain = [[_plain(cell, style) for cell in row.cells] for row in rows]
    widths = [
        max(_MARK_WIDTH if column.holds is Holds.MARKS else 0, *(shown_width(cells[index]) for cells in plain))
        for index, column in enumerate(columns[:-1])
    ]
    left = max(style.width - len(_STEP) - sum(widths) - len(_GAP) * len(widths), _MIN_NAME_WIDTH)
    for row, texts in zip(rows, plain, strict=True):
        cells = [_inline(cell, style) for cell in row.cells]
        for index, (column, width) in enumerate(zip(columns, widths, strict=False)):
            pad = " " * (width - shown_width(texts[index]))
            cells[index] = cells[index] + pad if column.holds is Holds.MARKS else pad + cells[index]
        fitting = texts[-1] if columns[-1].holds is Holds.COPIED else cut(texts[-1], left)
        cells[-1] = cells[-1] if fitting == texts[-1] else fitting
        line = (_STEP + _GAP.join(cells)).rstrip()
        yield painted(line, (row.look,), style) if row.look is not None else line
        for block in row.below:
            yield from _lines(block, style)
