"""Work handed to threads, a bounded number of jobs at a time: memory stays flat however much there is to do."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

_JOBS_PER_THREAD = 3
"""Jobs that may wait or run at a time, for each thread."""


class Jobs:
    """Runs jobs in threads; what each returns is handed on in this thread, in the order of the jobs.

    With one thread they run in this one. Used in a ``with`` statement, which waits for all of them, and drops those not
    begun when it ends in an exception. An executor of ``concurrent.futures`` does the same, and takes 6 ms to import.
    """

    def __init__(self, threads: int) -> None:
        self._most_threads = threads if threads > 1 else 0
        self._threads: list[Thread] = []
        self._most = threads * _JOBS_PER_THREAD
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._pending: deque[_Job] = deque()

    def __enter__(self) -> Jobs:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            while self._pending and kind is None:
                self._take()
        finally:
            for job in self._pending:
                job.drop()
            for _ in self._threads:
                self._waiting.put(None)
            for thread in self._threads:
                with suppress(RuntimeError):  # an interrupt came before it was started; if it runs, it ends at once
                    thread.join()

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Has ``job`` run, and ``done`` called with what it returns; waits while there is too much under way."""
        if not self._most_threads:
            done(job())
            return
        while len(self._pending) >= self._most:
            self._take()
        self._pending.append(_Job(job, done))
        self._hand_to_thread(self._pending[-1])

    def begin(self, job: Callable[[], Any]) -> Callable[[], Any]:
        """Have ``job`` run beside those that are submitted. What is returned waits for it, and returns what it does."""
        results: list[Any] = []
        begun = _Job(job, results.append)
        if self._most_threads:
            self._hand_to_thread(begun)
        else:
            begun.run()

        def result() -> Any:
            if not results:
                begun.hand_on()
            return results[0]

        return result

    def _hand_to_thread(self, job: _Job) -> None:
        self._waiting.put(job)
        if len(self._threads) < self._most_threads:
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            job.run()

    def _take(self) -> None:
        self._pending.popleft().hand_on()


class _Job:
    """A job, and whoever gets what it returns."""

    def __init__(self, call: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._call: Callable[[], Any] | None = call
        self._done = done
        self._result: Any = None
        self._error: BaseException | None = None
        self._running = allocate_lock()
        self._running.acquire()

    def run(self) -> None:
        """Run it, in whatever thread."""
        call, self._call = self._call, None
        try:
            self._result = call() if call is not None else None
        except BaseException as error:
            self._error = error
        finally:
            self._running.release()

    def drop(self) -> None:
        """Have it not run, if it hasn't begun."""
        self._call = None

    def hand_on(self) -> None:
        """Wait for it, and hand on what it returns. Raises what it raises."""
        with self._running:
            pass
        if self._error is not None:
            raise self._error
        self._done(self._result)
