"""Markdown as GitHub and GitLab render it, out of names and sentences that may hold anything.

A name is a code span: nothing in it is a link, a mention or a tag. A sentence has its punctuation escaped; what a
mention or a reference begins with is followed by a space of no width, because GitHub looks for them in the text that
the escapes stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slugtrim.notes import Level
from slugtrim.reports.diagnostics import Diagnostic
from slugtrim.reports.documents.fields import valid_text
from slugtrim.reports.style import cut

_MARKS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTE: "ℹ️"}  # noqa: RUF001 - the sign is meant
_SPECIAL = re.compile(r"[\\`*_\[\]<>~&$!{}|@#]|://|www\.")
_PIPES = re.compile(r"(\\*)\|")
_FENCE = 80
"""GitHub knows no longer one."""
_NAME_WIDTH = 120
_SENTENCE_WIDTH = 400
"""What is longer loses its middle: GitHub takes no comment of more than 65,536 characters."""


def text(sentence: str) -> str:
    """A sentence that means nothing but itself, also in a cell."""
    shown = cut(" ".join(valid_text(sentence).split()), _SENTENCE_WIDTH)
    return _SPECIAL.sub(lambda match: _escaped(match[0]), shown)


def _escaped(special: str) -> str:
    match special:
        case "|":
            return "&#124;"
        case "@" | "#" | "://" | "www.":
            return f"{special[0]}&#8203;{special[1:]}"
        case _:
            return "\\" + special


def code(name: str) -> str:
    """A name, safe to read already, as a code span in a cell."""
    shown = cut(" ".join(valid_text(name).splitlines()), _NAME_WIDTH)
    if not shown.strip():
        return ""
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    if len(fence) > _FENCE:
        return text(shown)
    padded = f" {shown} " if shown[0] in "` " or shown[-1] in "` " else shown
    return fence + _PIPES.sub(_behind_backslashes, padded) + fence


def _behind_backslashes(match: re.Match[str]) -> str:
    """A pipe behind an odd number of backslashes. What is behind an even one ends the cell, on GitHub."""
    return match[1] + "\\" * (2 - (len(match[1]) + 1) % 2) + "|"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    """Rows of cells that are Markdown; the columns in ``right`` are aligned to the right."""
    yield _row(header)
    yield _row(["--:" if column in right else ":--" for column in range(len(header))])
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def details(summary: str, lines: Sequence[str], *, is_open: bool = False) -> Iterator[str]:
    """Lines that fold away; ``summary`` is plain words of our own."""
    yield f"<details{' open' if is_open else ''}><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def problems(shown: Sequence[Diagnostic]) -> list[str]:
    """Return a table of findings."""
    rows = [[_MARKS[row.level], code(row.place), row.id, text(row.says())] for row in shown]
    return list(table(["", "where", "finding", "what"], rows))
