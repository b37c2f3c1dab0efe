"""Blocks as Markdown, as GitHub and GitLab render it, out of names and sentences that may hold anything.

A name is a code span: nothing in it is a link, a mention or a tag. A sentence has its punctuation escaped; what a
mention or a reference begins with is followed by a space of no width, because GitHub looks for them in the text that
the escapes stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.files import printable
from slugtrim.reports import blocks as b
from slugtrim.reports.documents.fields import valid_text
from slugtrim.reports.text import cut

_SPECIAL = re.compile(r"[\\`*_\[\]<>~&$!{}|@#]|://|www\.")
_PIPES = re.compile(r"(?<!\\)(\\*+)\|")
_SPACE = re.compile(r"\s+")
_FENCE = 80
"""GitHub knows no longer one."""
_NAME_WIDTH = 120
_SENTENCE_WIDTH = 400
"""What is longer loses its middle: GitHub takes no comment of more than 65,536 characters."""
_CALLOUTS = {b.Look.RED: "CAUTION", b.Look.YELLOW: "WARNING", b.Look.GREEN: "TIP", b.Look.BOLD: "NOTE"}


def printed(report: b.Report) -> str:
    """Return the report with an empty line between its blocks; every line ends in a newline."""
    parts = [list(_lines(block)) for block in report]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in parts if lines)


def _lines(block: b.Block) -> Iterator[str]:
    match block:
        case b.Section():
            yield from _section(block)
        case b.Headline():
            yield f"### {_inline(block.text)}"
        case b.Paragraph() | b.Line():
            yield _inline(block.text)
        case b.Items():
            yield from (f"- {_inline(item)}" for item in block.items)
        case b.Steps():
            yield from (f"- Next: {_inline(step)}" for step in block.steps)
        case b.Callout():
            yield f"> [!{_CALLOUTS[block.look]}]"
            yield f"> {_inline(block.text)}"
        case b.Verbatim():
            yield from _verbatim(block)
        case b.Table():
            yield from _table(block)
        case b.Hidden():
            yield f"<!-- {block.text} -->"
        case _:
            assert_never(block)


def _section(section: b.Section) -> Iterator[str]:
    if not section.blocks:
        return
    if section.summary:
        yield f"<details{' open' if section.is_open else ''}><summary>{section.summary}</summary>"
        yield ""
    elif section.title:
        yield f"#### {_prose(section.title)}"
        yield ""
    yield from _apart(section.blocks)
    if section.summary:
        yield ""
        yield "</details>"


def _apart(blocks: Sequence[b.Block]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from _lines(block)


def _verbatim(block: b.Verbatim) -> Iterator[str]:
    lines = [line for text in block.lines for line in valid_text(text).splitlines() or [""]]
    fence = "`" * max(3, _longest_run(lines) + 1)
    yield fence
    yield from lines
    yield fence


def _table(table: b.Table) -> Iterator[str]:
    order = range(len(table.columns)) if table.page is None else table.page
    columns = [table.columns[index] for index in order]
    titles = [column.title if column.page is None else column.page for column in columns]
    marks = ["--:" if column.holds is b.Holds.FIGURES else ":--" for column in columns]
    if table.below is not None:
        titles.append(table.below)
        marks.append(":--")
    yield _row(titles)
    yield _row(marks)
    for row in table.rows:
        cells = [_inline(row.cells[index]) for index in order]
        if table.below is not None:
            cells.append(" ".join(line for block in row.below for line in _lines(block)))
        yield _row(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inline(inline: b.Inline) -> str:
    return "".join(map(_span, b.spans(inline))).strip(" ")


def _span(span: b.Span) -> str:
    if span.page is not None:
        return span.page
    match span.kind:
        case b.SpanKind.PROSE:
            return _prose(span.text)
        case b.SpanKind.LITERAL:
            return span.text
        case b.SpanKind.NAME:
            return _name(span.text)
        case _:
            assert_never(span.kind)


def _prose(sentence: str) -> str:
    """Return a sentence that means nothing but itself, also in a cell."""
    shown = cut(printable(_SPACE.sub(" ", valid_text(sentence))), _SENTENCE_WIDTH)
    return _SPECIAL.sub(lambda match: _escaped(match[0]), shown)


def _escaped(special: str) -> str:
    match special:
        case "|":
            return "&#124;"
        case "@" | "#" | "://" | "www.":
            return f"{special[0]}&#8203;{special[1:]}"
        case _:
            return "\\" + special


def _name(name: str) -> str:
    """Return a name, safe to read already, as a code span in a cell."""
    shown = cut(printable(" ".join(valid_text(name).splitlines())), _NAME_WIDTH)
    if not shown.strip():
        return ""
    fence = "`" * (_longest_run([shown]) + 1)
    if len(fence) > _FENCE:
        return _prose(shown)
    padded = f" {shown} " if shown[0] in "` " or shown[-1] in "` " else shown
    return fence + _PIPES.sub(_behind_backslashes, padded) + fence


def _longest_run(lines: Sequence[str]) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for line in lines for run in re.findall("`+", line)), default=0)


def _behind_backslashes(match: re.Match[str]) -> str:
    """A pipe behind an odd number of backslashes. What is behind an even one ends the cell, on GitHub."""
    return match[1] + "\\" * (2 - (len(match[1]) + 1) % 2) + "|"
