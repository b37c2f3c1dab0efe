"""Render blocks as text: indented, wrapped and cut to the width of a screen, coloured if wanted."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.audit import LimitUse
from slugtrim.reports import blocks as b
from slugtrim.sizer import table
from slugtrim.units import format_size


class Style(Struct, frozen=True, kw_only=True):
    """What the output can show."""

    width: int = 80
    color: bool = False
    full: bool = False
    """Long lists are shown whole."""
    brief: bool = False
    """Only the headline is shown."""
    bars: str = ""
    """What a cell of a bar may show, from empty to full; empty for no bars."""
    cuts: bool = True
    """Cut the middle of names that are too wide; otherwise lines have any length."""


BLOCKS = " ▏▎▍▌▋▊▉█"
ASCII = " #"
"""The cells of a bar, for terminals with UTF-8 and for others."""
BAR_WIDTH = 10


def bar(weight: int, heaviest: int, cells: str) -> str:
    """Return a bar of ten cells that shows ``weight`` as a share of ``heaviest``. Only a weight of 0 has no bar."""
    steps = len(cells) - 1
    length = max((2 * weight * BAR_WIDTH * steps + heaviest) // (2 * heaviest), 1 if weight else 0)
    full, rest = divmod(length, steps)
    return (cells[-1] * full + (cells[rest] if rest else "")).ljust(BAR_WIDTH)


def size(size_bytes: int) -> str:
    """Return a size as every report prints it: rounded, but never up to a class or limit."""
    return format_size(size_bytes, table().thresholds_bytes)


def signed(grown_bytes: int) -> str:
    """Return a change in size, with its sign."""
    return ("-" if grown_bytes < 0 else "+") + size(abs(grown_bytes))


def used_share(use: LimitUse) -> str:
    """Return how much of a limit is used, in whole per cent."""
    return share(use.used_bytes, use.limit.limit_bytes)


def share(part: int, whole: int) -> str:
    """Return a part in whole per cent, rounded; only nothing is 0%, and only all of it 100%."""
    percent = (part * 200 + whole) // (2 * whole) if whole > 0 else 0
    if not percent and part > 0:
        return "<1%"
    return f"{min(percent, 99) if part < whole else percent}%"


def seconds(number: float) -> str:
    """Return a time as people read it."""
    return f"{number:.1f} s"


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cut(text: str, width: int) -> str:
    """``text`` with its middle left out where it is too long: both ends of a path tell more than its middle."""
    if shown_width(text) <= width:
        return text
    left = (width - 1) // 3
    return _fitting_prefix(text, left) + "…" + _fitting_prefix(text[::-1], width - 1 - left)[::-1]


def shown_width(text: str) -> int:
    """Return the columns that ``text`` takes in a terminal: wide characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _fitting_prefix(text: str, width: int) -> str:
    # Stops where it is full: a name may have a million characters.
    return text[: sum(1 for _ in takewhile(lambda end: end <= width, accumulate(map(_cells, text))))]


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


_CODES = {b.Look.BOLD: "1", b.Look.RED: "31", b.Look.GREEN: "32", b.Look.YELLOW: "33"}
_STEP = "  "
_GAP = "  "
_MIN_NAME_BESIDE_BAR = 30
"""A narrower screen shows no bars."""
_MIN_NAME_WIDTH = 10
"""Columns of a name at least, even if it does not fit."""
_MARK_WIDTH = 4
_MAX_WHOLE = 4096
"""Columns of a name that is not cut. Linux paths are not longer, but rules can be."""
_SPACE = re.compile(r"[\n\r\v\f]")


def printed(report: b.Report, style: Style | None = None) -> str:
    """Return the report with an empty line between its blocks; every line ends in a newline."""
    parts = [list(_lines(block, style or Style())) for block in report]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in parts if lines)


def _lines(block: b.Block, style: Style) -> Iterator[str]:
    match block:
        case b.Section():
            yield from _section(block, style)
        case b.Headline() | b.Paragraph() | b.Callout():
            yield from _wrapped_block(block, style)
        case b.Line():
            yield _line(block, style)
        case b.Items():
            yield from _items(block, style)
        case b.Steps():
            yield from _steps(block, style)
        case b.Verbatim():
            yield from _verbatim(block, style)
        case b.Table():
            yield from _table(block, style)
        case b.Hidden():
            pass
        case _:
            assert_never(block)


def painted(text: str, looks: Sequence[b.Look], style: Style) -> str:
    """Return ``text`` in these looks, or as it is without colour."""
    if not style.color or not looks or not text:
        return text
    return f"\033[{';'.join(_CODES[look] for look in looks)}m{text}\033[0m"


def _section(section: b.Section, style: Style) -> Iterator[str]:
    if not section.blocks:
        return
    if section.title:
        yield painted(section.title, (b.Look.BOLD,), style)
    for block in section.blocks:
        yield from _lines(block, style)


def _wrapped_block(block: b.Headline | b.Paragraph | b.Callout, style: Style) -> Iterator[str]:
    indent = _STEP * block.depth
    match block:
        case b.Paragraph():
            yield from _wrapped(block.text, style, indent, keeps_names=block.keeps_names)
        case b.Callout():
            yield from (painted(line, (block.look,), style) for line in _wrapped(block.text, style, indent))
        case b.Headline() if style.brief:
            yield painted(_inline(block.text, style), block.looks, style)
        case b.Headline():
            yield from (painted(line, block.looks, style) for line in _wrapped(block.text, style, indent))


def _line(line: b.Line, style: Style) -> str:
    indent = _STEP * line.depth
    if line.shortens:
        plain = indent + _plain(line.text, style)
        fitting = _fitting(plain, style.width, style)
        if fitting != plain:
            return fitting.rstrip()
    return (indent + _inline(line.text, style)).rstrip()


def _items(items: b.Items, style: Style) -> Iterator[str]:
    indent = _STEP * items.depth
    for item in items.items:
        plain = _plain(item, style)
        fitting = _fitting(plain, style.width - len(indent), style)
        yield indent + (fitting if fitting != plain else _inline(item, style))


def _steps(steps: b.Steps, style: Style) -> Iterator[str]:
    yield painted("Next", (b.Look.BOLD,), style)
    for step in steps.steps:
        yield from _wrapped(step, style, _STEP + "- ")


def _verbatim(block: b.Verbatim, style: Style) -> Iterator[str]:
    indent = _STEP * block.depth
    for line in block.lines:
        if block.wraps:
            yield from _wrapped(line, style, indent)
        else:
            yield indent + line


def _fitting(text: str, width: int, style: Style) -> str:
    """Return the text cut to this width; where nothing is cut, to the length that no real name has."""
    return cut(text, width if style.cuts else max(width, _MAX_WHOLE))


def _plain(inline: b.Inline, style: Style) -> str:
    if isinstance(inline, str):
        return inline
    return "".join(_shown(span, style) for span in b.spans(inline))


def _shown(span: b.Span, style: Style) -> str:
    return _fitting(span.text, style.width // 2, style) if span.shortens else span.text


def _inline(inline: b.Inline, style: Style) -> str:
    if not style.color:
        return _plain(inline, style)
    return "".join(painted(_shown(span, style), span.looks, style) for span in b.spans(inline))


def _wrapped(inline: b.Inline, style: Style, first: str, *, keeps_names: bool = False) -> list[str]:
    """Return lines that fit, each behind as many spaces as ``first`` is long."""
    plain = _plain(inline, style)
    rest = " " * len(first)
    lines = textwrap.wrap(
        plain,
        style.width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=not keeps_names,
        break_long_words=style.cuts,
    )
    # Wide characters take more columns than they count for.
    fitting = [_fitting(line, style.width, style) for line in lines]
    return list(_with_looks(fitting, len(first), inline, style)) if style.color else fitting


def _with_looks(lines: Sequence[str], indent: int, inline: b.Inline, style: Style) -> Iterator[str]:
    """Yield wrapped lines with the looks of their spans; of one that was cut only its beginning has them."""
    parts = [(_shown(span, style), span.looks) for span in b.spans(inline)]
    plain = _SPACE.sub(" ", "".join(text for text, _ in parts))
    end = 0
    for line in lines:
        begin, kept = plain.find(line[indent:], end), line[indent:]
        if begin < 0:
            kept = kept.partition("…")[0]
            begin = plain.find(kept, end)
        if begin < 0:  # a tab in it was expanded
            yield line
            continue
        end = begin + len(kept)
        start, shown = 0, line[:indent]
        for text, looks in parts:
            shown += painted(plain[max(start, begin) : min(start + len(text), end)], looks, style)
            start += len(text)
        yield shown + line[indent + len(kept) :]


def _table(table: b.Table, style: Style) -> Iterator[str]:
    """Yield the header, if a column has a title, and each row with what is below it."""
    columns, rows = list(table.columns), list(table.rows)
    if table.screen is not None:
        columns = [columns[index] for index in table.screen]
        rows = [replace(row, cells=tuple(row.cells[index] for index in table.screen)) for row in rows]
    header = b.Row(cells=tuple(column.title for column in columns))
    if any(header.cells):
        rows.insert(0, header)
    plain = [[_plain(cell, style) for cell in row.cells] for row in rows]
    widths = [
        max([_MARK_WIDTH if column.holds is b.Holds.MARKS else 0, *(shown_width(cells[index]) for cells in plain)])
        for index, column in enumerate(columns[:-1])
    ]
    left = style.width - len(_STEP) - sum(widths) - len(_GAP) * len(widths)
    heaviest = max((row.weight for row in rows), default=0)
    has_bars = bool(style.bars) and heaviest > 0 and left - BAR_WIDTH - len(_GAP) >= _MIN_NAME_BESIDE_BAR
    left = max(left - (BAR_WIDTH + len(_GAP)) * has_bars, _MIN_NAME_WIDTH)
    for row, texts in zip(rows, plain, strict=True):
        cells = [_inline(cell, style) for cell in row.cells]
        for index, (column, width) in enumerate(zip(columns, widths, strict=False)):
            pad = " " * (width - shown_width(texts[index]))
            cells[index] = cells[index] + pad if column.holds is b.Holds.MARKS else pad + cells[index]
        fitting = texts[-1] if columns[-1].holds is b.Holds.COPIED else _fitting(texts[-1], left, style)
        cells[-1] = cells[-1] if fitting == texts[-1] else fitting
        if has_bars:
            cells.insert(-1, bar(row.weight, heaviest, style.bars))
        line = (_STEP + _GAP.join(cells)).rstrip()
        yield painted(line, (row.look,), style) if row.look is not None else line
        for block in row.below:
            yield from _lines(block, style)
