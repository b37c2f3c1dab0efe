"""How text reports look: width, colour, columns, names cut to fit."""

from __future__ import annotations

import unicodedata
from itertools import accumulate, takewhile

from msgspec import Struct

from slugtrim.audit import LimitUse
from slugtrim.sizer import table
from slugtrim.units import format_size


class Style(Struct, frozen=True, kw_only=True):
    """What the screen can show."""

    width: int = 80
    color: bool = False
    full: bool = False
    """Long lists are shown whole."""
    brief: bool = False
    """Only the headline is shown."""
    cuts: bool = True
    """Names that are too wide lose their middle; otherwise a line is as long as it has to be."""


def size(size_bytes: int) -> str:
    """A size as every report prints it: rounded, but never up onto a class or a limit."""
    return format_size(size_bytes, table().thresholds_bytes)


def signed(grown_bytes: int) -> str:
    """Return a change in size, with its sign."""
    return ("-" if grown_bytes < 0 else "+") + size(abs(grown_bytes))


def used_share(use: LimitUse) -> str:
    """How much of a limit is used, in whole per cent."""
    percent = use.used_bytes * 100 // use.limit.limit_bytes
    return f"{percent} %" if percent or not use.used_bytes else "<1 %"


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cut(text: str, width: int) -> str:
    """``text`` with its middle left out where it is too long: both ends of a path tell more than its middle."""
    if shown_width(text) <= width:
        return text
    left = (width - 1) // 3
    return _fitting(text, left) + "…" + _fitting(text[::-1], width - 1 - left)[::-1]


def shown_width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide characters take two, marks that combine none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _fitting(text: str, width: int) -> str:
    # Stops where it is full: a name may have a million characters.
    return text[: sum(1 for _ in takewhile(lambda end: end <= width, accumulate(map(_cells, text))))]


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
