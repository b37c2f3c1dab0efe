"""Processes that work while this one does, so that the cores share it: Python uses one core in each process."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Generic, Self, TypeVar

T = TypeVar("T")

Send = Callable[[bytes], None]
"""What sends a message."""
_LENGTH_BYTES = 4


class ForkedWork:
    """Work that a fork of this process does, which sends messages meanwhile and may wait for requests.

    It ends with the ``with`` statement, and with this process, whose end of the pipe it waits at. Ctrl-C is for this
    process to deal with.
    """

    def __init__(self, work: Callable[[Iterator[bytes], Send], None]) -> None:
        """Fork. ``work`` runs in the other process only, with what is in memory now. It is given the requests."""
        there, self._to = os.pipe()
        self._from, back = os.pipe()
        self.process = _forked(
            (self._from, self._to), lambda: work(_received(there), lambda message: _send(back, message))
        )
        os.close(there)
        os.close(back)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)  # nobody wants its answer any more
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        if error is None:  # else a thread may still use them
            os.close(self._to)
            os.close(self._from)

    def ask(self, request: bytes) -> None:
        """Send a request. If the process has ended, nothing happens."""
        with contextlib.suppress(OSError):
            _send(self._to, request)

    def messages(self) -> Iterator[bytes]:
        """Yield the messages until the process ends."""
        return _received(self._from)


class SecondProcess(ForkedWork):
    """A fork of this process that answers requests, in their order."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        """Fork. ``answer`` runs in the other process only, with what is in memory now."""

        def work(requests: Iterator[bytes], send: Send) -> None:
            for request in requests:
                send(answer(request))

        super().__init__(work)
        self._messages = self.messages()
        self._answers: list[bytes] = []
        self.owed = 0
        """Requests without an answer."""
        self.is_alive = True

    def ask(self, request: bytes) -> None:
        """Send a request. If the process has ended, nothing happens."""
        self.owed += 1
        super().ask(request)

    def collect(self) -> None:
        """Take in the answers that have begun to arrive."""
        while self.is_alive and self.owed and select.select([self._from], [], [], 0)[0]:
            self._take()

    def next_answer(self) -> bytes | None:
        """Wait for the next answer; None if there will be none."""
        if not self._answers and self.is_alive and self.owed:
            self._take()
        return self._answers.pop(0) if self._answers else None

    def _take(self) -> None:
        message = next(self._messages, None)
        if message is None:
            self.is_alive = False
        else:
            self._answers.append(message)
            self.owed -= 1


def may_fork() -> bool:
    """Return True if a second process is safe to have, and of use: two cores, and no other thread to be cut off."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores > 1


class ThreadedWork(Generic[T]):
    """Work that a thread of its own does, while this one waits for something else.

    Nobody waits for it where this one is interrupted.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Begin."""
        self._work = work
        self._done: list[T] = []
        self._raised: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._done.append(self._work())
        except BaseException as error:  # for whoever asks for the result
            self._raised.append(error)

    def result(self) -> T:
        """Return what the work returns, or raise what it raises."""
        self._thread.join()
        for error in self._raised:
            raise error
        return self._done[0]


def _received(descriptor: int) -> Iterator[bytes]:
    """Yield the messages that come in until there are no more; the last one may be cut off, and is none then."""
    while len(header := _read(descriptor, _LENGTH_BYTES)) == _LENGTH_BYTES:
        length = int.from_bytes(header, "big")
        if len(message := _read(descriptor, length)) < length:
            return
        yield message


def _read(descriptor: int, count: int) -> bytes:
    """Return so many bytes; fewer if there will be no more."""
    found = bytearray()
    while len(found) < count and (piece := os.read(descriptor, count - len(found))):
        found += piece
    return bytes(found)


def _send(to: int, message: bytes) -> None:
    left = memoryview(len(message).to_bytes(_LENGTH_BYTES, "big") + message)
    while left:
        left = left[os.write(to, left) :]


def _forked(not_its: Collection[int], work: Callable[[], None]) -> int:
    """Return the number of a new process that does the work and ends. It closes the descriptors ``not_its``."""
    process = os.fork()
    if process:
        return process
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for descriptor in not_its:
            os.close(descriptor)
        work()
    finally:
        os._exit(0)  # nothing that is in memory here is this process's to finish
