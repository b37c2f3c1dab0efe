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
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\0-\x08\x0e-\x1f\x7f]"
)
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")
# What a CI writes before each line: a date and a time or a time alone, and GitLab the number and kind of a stream.
_TIME = re.compile(
    rb"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: \d\d[OE]\+?)?(?:[ \t]|$)"
)
_REMOTE = re.compile(rb"remote:(?:[ \t]|$)")


class LogLine(NamedTuple):
    """One line without what is around it."""

    text: bytes
    is_remote: bool
    """git passes it on from the other side: it began with ``remote:``."""


class LogLines:
    """Hands lines on to ``take``: those that may matter, while ``wants_all`` says so every one.

    A line may matter if ``may_matter`` matches anywhere in it, once it is without terminal codes; the pattern must not
    match across the end of a line. It is searched for in all that comes at once: most of what is printed costs no more.
    """

    def __init__(
        self, take: Callable[[LogLine], None], may_matter: re.Pattern[bytes], wants_all: Callable[[], bool]
    ) -> None:
        self._take = take
        self._may_matter = may_matter
        self._wants_all = wants_all
        self._begun = b""

    def feed(self, data: bytes) -> None:
        """More of what is printed, cut anywhere."""
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        begin = 0
        if end and self._begun:
            begin = _end_of_line(data, 0) + 1
            self._end(data[: begin - 1])
        self._take_whole(data[begin:end])
        self._begun += data[end : end + _LINE_LIMIT_BYTES - len(self._begun)]

    def end(self) -> None:
        """There is no more: the last line may lack its end."""
        self._end(b"")

    def _take_whole(self, lines: bytes) -> None:
        has_codes = _CONTROL.search(lines) is not None
        # A line is cut to its limit with its codes in it, so those of a long one stay until then.
        is_each_taken = has_codes and _may_hold_a_long_line(lines)
        if has_codes and not is_each_taken:
            lines = _CODES.sub(b"", lines)
        at = 0
        while at < len(lines):
            stop = at
            if not is_each_taken and not self._wants_all():
                match = self._may_matter.search(lines, at)
                if match is None:
                    return
                at = max(at, lines.rfind(b"\n", at, match.start()) + 1, lines.rfind(b"\r", at, match.start()) + 1)
                stop = match.end()
            stop = _end_of_line(lines, stop)
            self._take(bare(lines[at : min(stop, at + _LINE_LIMIT_BYTES)]))
            at = stop + 1

    def _end(self, part: bytes) -> None:
        line, self._begun = (self._begun + part)[:_LINE_LIMIT_BYTES], b""
        self._take(bare(line))


def _end_of_line(lines: bytes, at: int) -> int:
    """Where the line that ``at`` lies in ends; there is an end."""
    match = _END.search(lines, at)
    assert match is not None
    return match.start()


def _may_hold_a_long_line(lines: bytes) -> bool:
    """Whether a line could be longer than the limit: such a line covers one of these stretches."""
    half = _LINE_LIMIT_BYTES // 2
    return any(_END.search(lines, at, at + half) is None for at in range(0, len(lines), half))


def bare(line: bytes) -> LogLine:
    """A line without terminal codes, without a time before it, and without ``remote:``."""
    text = _CODES.sub(b"", line)
    while (match := _TIME.match(text)) is not None:
        text = text[match.end() :]
    is_remote = False
    while (match := _REMOTE.match(text)) is not None:
        text = text[match.end() :]
        is_remote = True
    return LogLine(text.rstrip(), is_remote)
