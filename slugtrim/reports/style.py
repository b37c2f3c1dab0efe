"""How text reports look: width, colour, columns, names cut to fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

from slugtrim.audit import LimitUse
from slugtrim.sizer import Status, table
from slugtrim.units import format_size

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}
STATUS_LOOKS = {Status.OK: "green", Status.WARN: "yellow", Status.OVER: "red"}
_LEAST_NAME = 10
"""Columns that a name gets, however narrow the screen is."""


class Style(Struct, frozen=True, kw_only=True):
    """What the screen can show."""

    width: int = 80
    color: bool = False
    full: bool = False
    """Long lists are shown whole."""
    brief: bool = False
    """Only the headline is shown."""

    def paint(self, text: str, *looks: str) -> str:
        """``text`` in these looks, as it is without colour."""
        if not self.color or not looks:
            return text
        return f"\033[{';'.join(_CODES[look] for look in looks)}m{text}\033[0m"


def size(size_bytes: int) -> str:
    """A size as every report prints it: rounded, but never up onto a class or a limit."""
    return format_size(size_bytes, table().thresholds_bytes)


def used_share(use: LimitUse) -> str:
    """How much of a limit is used, in whole per cent."""
    percent = use.used_bytes * 100 // use.limit.limit_bytes
    return f"{percent} %" if percent or not use.used_bytes else "<1 %"


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def columns(rows: Sequence[Sequence[str]], width: int, indent: str = "  ", gap: str = "  ") -> list[str]:
    """Rows with every column but the last aligned to the right; the last is cut so that each row fits ``width``."""
    widths = [max(map(shown_width, column)) for column in list(zip(*rows, strict=True))[:-1]]
    left = width - len(indent) - sum(widths) - len(gap) * len(widths)
    return [
        (indent + gap.join([*map(_right, row[:-1], widths), cut(row[-1], max(left, _LEAST_NAME))])).rstrip()
        for row in rows
    ]


def cut(text: str, width: int) -> str:
    """``text`` with its middle left out where it is too long: both ends of a path tell more than its middle."""
    if shown_width(text) <= width:
        return text
    left = (width - 1) // 3
    return _fitting(text, left) + "…" + _fitting(text[::-1], width - 1 - left)[::-1]


def shown_width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters take two, marks that combine none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _right(text: str, width: int) -> str:
    return " " * (width - shown_width(text)) + text


def _fitting(text: str, width: int) -> str:
    return text[: sum(end <= width for end in accumulate(map(_cells, text)))]


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
