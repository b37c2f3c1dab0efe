"""Processes that work while this one does, so that the cores share it: Python uses one core in each process."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


_LENGTH_BYTES = 4
_READ_BYTES = 1 << 16


class SecondProcess:
    """A fork of this process that answers requests, in their order.

    It ends with the ``with`` statement, and with this process, whose end of the pipe it waits at.
    """

    def __init__(self, answer: Callable[[bytes], bytes], prepare: Callable[[], None] = lambda: None) -> None:
        """Fork. ``prepare``, then ``answer`` run in the other process only, with what is in memory now."""
        there, self._to = os.pipe()
        self._from, back = os.pipe()
        self._buffer = bytearray()
        self._answers: deque[bytes] = deque()
        self.owed = 0
        """Requests without an answer."""
        self.is_alive = True
        self._process = _forked((self._to, self._from), lambda: _serve(answer, prepare, there, back))
        os.close(there)
        os.close(back)
        os.set_blocking(self._from, False)

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        _end(self._process)
        if error is None:  # else a thread may still use them
            os.close(self._to)
            os.close(self._from)

    def ask(self, request: bytes) -> None:
        """Send a request. If the process has ended, nothing happens but that ``is_alive`` is False."""
        self.owed += 1
        try:
            _send(self._to, request)
        except OSError:
            self.is_alive = False

    def collect(self) -> None:
        """Take in what was answered so far, without waiting."""
        while self.is_alive:
            try:
                piece = os.read(self._from, _READ_BYTES)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                self.is_alive = False
            self._buffer += piece
        begin = 0
        while len(self._buffer) - begin >= _LENGTH_BYTES:
            end = begin + _LENGTH_BYTES + int.from_bytes(self._buffer[begin : begin + _LENGTH_BYTES], "big")
            if end > len(self._buffer):
                break
            self._answers.append(bytes(self._buffer[begin + _LENGTH_BYTES : end]))
            self.owed -= 1
            begin = end
        del self._buffer[:begin]

    def next_answer(self) -> bytes | None:
        """Wait for the next answer; None if there will be none."""
        self.collect()
        while not self._answers and self.is_alive and self.owed:
            select.select([self._from], [], [])
            self.collect()
        return self._answers.popleft() if self._answers else None


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


class ForkedWork:
    """Work that a fork of this process does, which sends messages meanwhile and may wait for requests.

    It ends with the ``with`` statement. Ctrl-C is for this process to deal with.
    """

    def __init__(self, work: Callable[[Iterator[bytes], Callable[[bytes], None]], None]) -> None:
        """Fork. ``work`` runs in the other process only; it is given the requests, and what sends a message."""
        there, self._to = os.pipe()
        self._from, back = os.pipe()
        self.process = _forked(
            (self._from, self._to), lambda: work(_received(there), lambda message: _send(back, message))
        )
        os.close(there)
        os.close(back)

    def __enter__(self) -> ForkedWork:
        return self

    def __exit__(self, *exc: object) -> None:
        _end(self.process)
        os.close(self._to)
        os.close(self._from)

    def ask(self, request: bytes) -> None:
        """Send a request. If the process has ended, nothing happens."""
        with contextlib.suppress(OSError):
            _send(self._to, request)

    def messages(self) -> Iterator[bytes]:
        """Yield the messages until the process ends."""
        return _received(os.dup(self._from))


def _received(descriptor: int) -> Iterator[bytes]:
    """Yield the messages that come in until there are no more; the last one may be cut off, and is none then."""
    with os.fdopen(descriptor, "rb") as source:
        while len(header := source.read(_LENGTH_BYTES)) == _LENGTH_BYTES:
            length = int.from_bytes(header, "big")
            if len(message := source.read(length)) < length:
                return
            yield message


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


def _end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)  # nobody wants its answer any more
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


def _serve(answer: Callable[[bytes], bytes], prepare: Callable[[], None], requests: int, answers: int) -> None:
    """Answer requests until there are no more."""
    prepare()
    for request in _received(requests):
        _send(answers, answer(request))
