"""A second process that reads files while this one does, so that two cores share the work."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

from msgspec.structs import replace

from slugtrim.files import Contents, File, Reader, Tree, Unreadable


@contextmanager
def with_one_reader(tree: Tree) -> Iterator[Tree]:
    """Yield the tree as one whose contents are all read by the same reader, which ends with the ``with`` statement."""
    with tree.contents.open() as reader:
        yield replace(tree, contents=_Lent(reader, tree.contents))


class _Lent:
    """A reader that somebody else closes, and contents that have no other."""

    def __init__(self, reader: Reader, contents: Contents) -> None:
        self._reader = reader
        self._contents = contents
        self.unreadable: list[Unreadable] = reader.unreadable

    def open(self) -> Reader:
        return self

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        return self._contents.deflated_bytes(files)

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        return self._reader.batch(files)

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        return self._reader.pieces(file, piece_bytes)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the reader open."""


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
        self._process = os.fork()
        if self._process == 0:
            os.close(self._to)
            os.close(self._from)
            _serve(answer, prepare, there, back)
        os.close(there)
        os.close(back)
        os.set_blocking(self._from, False)

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)  # nobody wants its answer any more
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)
        if error is None:  # else a thread may still use them
            os.close(self._to)
            os.close(self._from)

    def ask(self, request: bytes) -> None:
        """Send a request. If the process has ended, nothing happens but that ``is_alive`` is False."""
        message = len(request).to_bytes(_LENGTH_BYTES, "big") + request
        self.owed += 1
        try:
            while message:
                message = message[os.write(self._to, message) :]
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


def _serve(answer: Callable[[bytes], bytes], prepare: Callable[[], None], requests: int, answers: int) -> NoReturn:
    """Answer requests until there are no more. Ctrl-C is for the other process to deal with."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        prepare()
        with os.fdopen(requests, "rb") as source, os.fdopen(answers, "wb") as target:
            while header := source.read(_LENGTH_BYTES):
                answered = answer(source.read(int.from_bytes(header, "big")))
                target.write(len(answered).to_bytes(_LENGTH_BYTES, "big") + answered)
                target.flush()
    finally:
        os._exit(0)  # nothing that is in memory here is this process's to finish
