"""Cutting what a command prints into lines, as it comes: whatever it is, no more than one line is held."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_LINE_LIMIT_BYTES = 2000
"""No line that says anything is longer; the rest of one that is is dropped."""
_END = re.compile(rb"[\r\n]")
"""A carriage return ends a line as well: progress is written over itself."""

# Control sequences (ECMA-48): CSI, the strings that OSC and its like begin, and what is two characters long.
_CODES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\0-\x08\x0e-\x1f\x7f]"
)
# What a CI writes before each line: a date and a time or a time alone, and GitLab the number and kind of a stream.
_TIME = re.compile(
    rb"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: \d\d[OE]\+?)?(?:[ \t]|$)"
)
_REMOTE = re.compile(rb"remote:(?:[ \t]|$)")


class Line(NamedTuple):
    """One line without what is around it."""

    text: bytes
    is_remote: bool
    """git passes it on from the other side: it began with ``remote:``."""


class Lines:
    """Hands each line on to ``take``; those that are empty, too."""

    def __init__(self, take: Callable[[Line], None]) -> None:
        self._take = take
        self._begun = b""

    def feed(self, data: bytes) -> None:
        """More of what is printed, cut anywhere."""
        *whole, rest = _END.split(data)
        for part in whole:
            self._end(part)
        self._begun += rest[: _LINE_LIMIT_BYTES - len(self._begun)]

    def end(self) -> None:
        """There is no more: the last line may lack its end."""
        self._end(b"")

    def _end(self, part: bytes) -> None:
        line, self._begun = (self._begun + part)[:_LINE_LIMIT_BYTES], b""
        self._take(bare(line))


def bare(line: bytes) -> Line:
    """A line without terminal codes, without a time before it, and without ``remote:``."""
    text = _CODES.sub(b"", line)
    while (match := _TIME.match(text)) is not None:
        text = text[match.end() :]
    is_remote = False
    while (match := _REMOTE.match(text)) is not None:
        text = text[match.end() :]
        is_remote = True
    return Line(text.rstrip(), is_remote)
