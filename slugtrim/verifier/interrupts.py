"""Ctrl-C and its like, put off until nothing is left behind."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interrupted(Exception):
    """The user wants it to end. Never seen outside the ``with`` statement of ``Interrupts``."""


class Interrupts:
    """In its ``with`` statement signals that would end the process only set a mark, which ``check`` looks at.

    So no cleaning up is ever cut short, by a second Ctrl-C neither. At its end the signal is raised again, as if it
    came then. A signal that is ignored stays so; outside the main thread, which gets all signals, nothing happens.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def check(self) -> None:
        """Raises ``Interrupted`` once a signal came."""
        if self._received is not None:
            raise Interrupted

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave
        if self._received is not None:
            signal.raise_signal(self._received)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received = number
