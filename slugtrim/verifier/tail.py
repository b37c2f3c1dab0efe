"""The last lines of what a command prints, however much that is."""

from __future__ import annotations

import re

_KEPT_BYTES = 64 << 10
_LINES = 20
_CHARACTERS = 300
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
"""Colours, movements of the cursor, titles of the window (ECMA-48, and OSC as xterm has it)."""


class Tail:
    """Keeps the end of a stream of bytes."""

    def __init__(self, place: bytes) -> None:
        """``place`` is the directory of the run: names in it are shown from there, as it is gone when they are read."""
        self._place = place
        self._end = b""
        self._is_cut = False

    def add(self, data: bytes) -> None:
        """What came next."""
        self._is_cut = self._is_cut or len(self._end) + len(data) > _KEPT_BYTES
        self._end = (self._end + data[-_KEPT_BYTES:])[-_KEPT_BYTES:]

    def lines(self) -> tuple[str, ...]:
        """The last lines that have anything in them, in valid Unicode, fit for a terminal and for a report.

        Of what was written over on one line, as a progress bar is, the last stands.
        """
        found = self._end.replace(self._place + b"/", b"").replace(self._place, b".").split(b"\n")
        if self._is_cut and len(found) > 1:
            found = found[1:]  # it begins in the middle
        shown = (_shown(line) for line in found)
        return tuple(line for line in shown if line)[-_LINES:]


def _shown(line: bytes) -> str:
    text = _ESCAPES.sub("", line.decode("utf-8", "replace"))
    text = text.rstrip("\r").rpartition("\r")[2].expandtabs(4).rstrip()
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"
