"""The document model: a report for people is a tuple of blocks, built once from a record.

A builder (``check_report``, ``diff_report``, …) makes the blocks of a record; a printer (``text``, ``markdown``) prints
them. A builder knows for whom it builds (``View``), but no format. A printer knows blocks, but no record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import quoted

_Item = TypeVar("_Item")


class Look(Enum):
    """How a word stands out where there is colour."""

    BOLD = "bold"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class View(Struct, frozen=True, kw_only=True):
    """For whom a report is built: a page shows tables and folds what is long, a screen has lines of 80 columns."""

    is_page: bool = False
    full: bool = False
    brief: bool = False

    def some(self, items: Sequence[_Item], on_screen: int, on_page: int = 20) -> Sequence[_Item]:
        """Return the first items, as many as are shown. GitHub takes no comment of more than 65,536 characters."""
        if self.is_page:
            return items[:on_page]
        return items if self.full else items[:on_screen]

    def more(self, count: int, words: str = "more (-v shows all)", depth: int = 1) -> tuple[Line, ...]:
        """Return the line that ends a cut list; nothing if ``count`` is 0. ``words`` are for a screen."""
        if not count:
            return ()
        return (Line(text=f"… and {count:,} {'more.' if self.is_page else words}", depth=depth),)

    def ranking(
        self,
        items: Sequence[_Item],
        row_of: Callable[[_Item], Row],
        table: Table,
        on_screen: int,
        more: str = "more (-v shows all)",
    ) -> tuple[Block, ...]:
        """Return ``table`` with a row for each of the first items, and the line that ends a cut list."""
        if not items:
            return ()
        shown = self.some(items, on_screen)
        return (replace(table, rows=tuple(map(row_of, shown))), *self.more(len(items) - len(shown), more))

    def sentence(self, text: str) -> Inline:
        """Return a sentence, given without a full stop. A page adds one."""
        return (text, ".") if self.is_page else text


PAGE = View(is_page=True)


class SpanKind(Enum):
    """What a stretch of text is."""

    PROSE = "prose"
    """A sentence. It may quote anything, so a page escapes it."""
    LITERAL = "literal"
    """Numbers and words of our own. A page shows them as they are."""
    NAME = "name"
    """A name that is safe to print (``files.quoted``). A page sets it as code."""


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of text within a line."""

    text: str
    kind: SpanKind = SpanKind.PROSE
    looks: tuple[Look, ...] = ()
    page: str | None = None
    """What a page shows instead of ``text``: a sign for a word."""
    shortens: bool = False
    """A screen cuts its middle if it is wider than half a line."""


Inline: TypeAlias = str | Span | tuple[str | Span, ...]
"""Text within a line. A bare ``str`` is prose."""


def literal(text: str) -> Span:
    """Return numbers or words of our own, which need no escaping."""
    return Span(text=text, kind=SpanKind.LITERAL)


def name(text: str, *looks: Look, shortens: bool = False) -> Span:
    """Return a name that is safe to print already."""
    return Span(text=text, kind=SpanKind.NAME, looks=looks, shortens=shortens)


def path(raw: bytes, *looks: Look, shortens: bool = False) -> Span:
    """Return a name as it is in the tree."""
    return name(quoted(raw), *looks, shortens=shortens)


def marked(text: str, *looks: Look, page: str | None = None) -> Span:
    """Return a word that stands out. ``page`` is the sign that a page shows instead."""
    return Span(text=text, kind=SpanKind.LITERAL, looks=looks, page=page)


def spans(inline: Inline) -> tuple[Span, ...]:
    """Return the stretches of a line."""
    parts = inline if isinstance(inline, tuple) else (inline,)
    return tuple(part if isinstance(part, Span) else Span(text=part) for part in parts)


def safe(text: str) -> str:
    """Return text that may quote a name as a person may safely read it."""
    return text if text.isprintable() else quoted(text.encode("utf-8", "surrogateescape"))


class Headline(Struct, frozen=True, kw_only=True):
    """The answer in one line. It is all that a brief report has."""

    text: Inline
    looks: tuple[Look, ...] = ()
    """Of the whole line."""
    depth: int = 0


class Paragraph(Struct, frozen=True, kw_only=True):
    """Text that is wrapped. ``depth`` is how far a screen indents, in steps of two columns."""

    text: Inline
    depth: int = 1
    keeps_names: bool = False
    """A line does not end at a hyphen, because somebody may copy a name from it."""


class Line(Struct, frozen=True, kw_only=True):
    """One line. A screen does not wrap it."""

    text: Inline
    depth: int = 1
    shortens: bool = False
    """A screen cuts the middle of the whole line if it is too wide."""


class Items(Struct, frozen=True, kw_only=True):
    """A list of names, one a line. A screen cuts the middle of a name that is too wide."""

    items: tuple[Inline, ...]
    depth: int = 2


class Steps(Struct, frozen=True, kw_only=True):
    """What to do next."""

    steps: tuple[Inline, ...]


class Callout(Struct, frozen=True, kw_only=True):
    """A warning that nobody should miss."""

    text: Inline
    look: Look = Look.YELLOW
    depth: int = 0


class Verbatim(Struct, frozen=True, kw_only=True):
    """Output of another program, or text for one: no word of it changes."""

    lines: tuple[str, ...]
    depth: int = 0
    wraps: bool = False
    """A screen wraps lines that are too wide."""


class Hidden(Struct, frozen=True, kw_only=True):
    """A mark for programs that look for this report. People don't see it."""

    text: str


class Holds(Enum):
    """What the cells of a column hold, and so how they are aligned."""

    FIGURES = "figures"
    """Numbers: to the right."""
    WORDS = "words"
    """To the left on a page; to the right on a screen, beside the name."""
    MARKS = "marks"
    """A verdict of up to four letters: to the left."""
    NAMES = "names"
    """What the row is about. On a screen it is the last column, and cut to fit."""
    COPIED = "copied"
    """The same, but never cut: somebody may copy it."""


class Column(Struct, frozen=True, kw_only=True):
    """A column of a table."""

    holds: Holds
    title: str = ""
    page: str | None = None
    """The title on a page, if it is another."""


def figures(title: str = "", page: str | None = None) -> Column:
    """Return a column of numbers; ``page`` is its title on a page, if it is another."""
    return Column(holds=Holds.FIGURES, title=title, page=page)


def words(title: str = "", page: str | None = None) -> Column:
    """Return a column of words; ``page`` is its title on a page, if it is another."""
    return Column(holds=Holds.WORDS, title=title, page=page)


def names(page: str = "", title: str = "") -> Column:
    """Return the column that says what the rows are about. It needs no title on a screen."""
    return Column(holds=Holds.NAMES, title=title, page=page)


MARKS = Column(holds=Holds.MARKS)


class Row(Struct, frozen=True, kw_only=True):
    """A row of a table: a cell for each column."""

    cells: tuple[Inline, ...]
    look: Look | None = None
    """Of the whole row."""
    weight: int = 0
    """Bytes that a terminal shows as a bar, beside the heaviest row's."""
    below: tuple[Block, ...] = ()
    """What a screen shows below the row. A page has it in a last cell if the table has a title for that."""


def row(*cells: Inline, look: Look | None = None, weight: int = 0, below: tuple[Block, ...] = ()) -> Row:
    """Return a row of these cells."""
    return Row(cells=cells, look=look, weight=weight, below=below)


class Table(Struct, frozen=True, kw_only=True):
    """Rows of cells. A screen shows its last column to the left, all others to the right."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    screen: tuple[int, ...] | None = None
    """The columns that a screen shows, in this order; all of them by default."""
    page: tuple[int, ...] | None = None
    """The same of a page."""
    below: str | None = None
    """The title on a page of what is below the rows; None if a page doesn't show that."""


def table(*columns: Column, rows: Iterable[Row] = (), screen: tuple[int, ...] | None = None) -> Table:
    """Return a table of these columns; ``screen`` are those that a screen shows, in order."""
    return Table(columns=columns, rows=tuple(rows), screen=screen)


class Section(Struct, frozen=True, kw_only=True):
    """Blocks that belong together. One without blocks is not shown."""

    blocks: tuple[Block, ...]
    title: str = ""
    """The heading; on a page only if there is no summary."""
    summary: str = ""
    """On a page the section folds behind this line."""
    is_open: bool = False


Block: TypeAlias = Headline | Paragraph | Line | Items | Steps | Callout | Verbatim | Hidden | Table | Section
Report: TypeAlias = tuple[Block, ...]
