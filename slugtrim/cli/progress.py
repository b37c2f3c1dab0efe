"""A line on stderr that shows how far a measurement has come, once it has taken half a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from slugtrim.cli.output import tell
from slugtrim.sizer import Progress

_PATIENCE_SECONDS = 0.5
_BETWEEN_SECONDS = 0.1


class ProgressLine(Progress):
    """Used in a ``with`` statement, at whose end the line is wiped away."""

    def __init__(self, *, shown: bool | None) -> None:
        """``shown``: None for on a terminal only."""
        self._shown = shown if shown is not None else sys.stderr is not None and sys.stderr.isatty()
        self._next_seconds = time.monotonic() + _PATIENCE_SECONDS
        self._width = 0
        self._files = self._size_bytes = 0
        self._all_files = self._all_bytes = 0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def wipe(self) -> None:
        """Makes room for another line."""
        if self._width:
            tell("\r" + " " * self._width + "\r")
            self._width = 0

    def expect(self, files: int, size_bytes: int) -> None:
        self._all_files += files
        self._all_bytes += size_bytes

    def advance(self, files: int, size_bytes: int) -> None:
        self._files += files
        self._size_bytes += size_bytes
        now = time.monotonic()
        if not self._shown or now < self._next_seconds:
            return
        from slugtrim.reports.style import size

        self._next_seconds = now + _BETWEEN_SECONDS
        files_done = f"{self._files:,} of {self._all_files:,} files"
        line = f"slugtrim: measured {files_done}, {size(self._size_bytes)} of {size(self._all_bytes)}"
        tell("\r" + line.ljust(self._width))
        self._width = max(self._width, len(line))
