"""Signals that end the process, handled for a while: raised as exceptions, or put off until nothing is left behind."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Handled:
    """Calls ``receive`` with the number of each of these signals, within a ``with`` statement.

    An ignored signal stays ignored. Outside the main thread, which gets all signals, nothing happens.
    """

    def __init__(self, numbers: Iterable[int], receive: Callable[[int], None]) -> None:
        self._numbers = tuple(numbers)
        self._receive = receive
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        try:
            for number in self._numbers:
                before = signal.getsignal(number)
                if before not in (signal.SIG_IGN, None):
                    self._before[number] = before
                    signal.signal(number, self._call)
        except BaseException:  # a signal came in between
            self._restore()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.getsignal gave

    def _call(self, number: int, frame: FrameType | None) -> None:
        self._receive(number)


class Terminated(BaseException):
    """A signal other than that of Ctrl-C wants the process to end. Clean up, as for ``KeyboardInterrupt``."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Cancelled(KeyboardInterrupt):
    """What Ctrl-C raises, of a kind that can be looked for."""


class Raised(Handled):
    """Raises ``KeyboardInterrupt`` or ``Terminated`` for a signal, within a ``with`` statement.

    Further signals are ignored while that exception is under way: nothing cuts the clean-up short.
    """

    def __init__(self) -> None:
        super().__init__(ENDING, self._raise)
        self._under_way: Callable[[], BaseException | None] = lambda: None

    def _raise(self, number: int) -> None:
        if self._under_way() is None:
            error = _Cancelled() if number == signal.SIGINT else Terminated(number)
            self._under_way = weakref.ref(error)
            try:
                raise error
            finally:
                del error  # else its traceback holds this frame, and this frame it, for good


class Interrupted(BaseException):
    """The user wants it to end. Never seen outside the ``with`` statement of ``Interrupts``."""


class Interrupts(Handled):
    """Puts off signals that end the process until the end of a ``with`` statement, so that no step is cut short.

    They only set a mark, for ``check`` to look at. At the end the first one is raised again, as if it came then.
    """

    def __init__(self) -> None:
        super().__init__(ENDING, self._mark)
        self._received: int | None = None

    def __enter__(self) -> Interrupts:  # type: ignore[override]  # the others need no name
        super().__enter__()
        return self

    def check(self) -> None:
        """Raise ``Interrupted`` once a signal came."""
        if self._received is not None:
            raise Interrupted

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._received is not None:
            signal.raise_signal(self._received)

    def _mark(self, number: int) -> None:
        if self._received is None:
            self._received = number
