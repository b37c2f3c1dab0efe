"""Work handed to threads, a bounded number of jobs at a time: memory stays flat however much there is to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_JOBS_PER_THREAD = 3
"""Jobs that may wait or run at a time, for each thread."""


class Jobs:
    """Runs jobs in threads; what each returns is handed on in this thread, in the order of the jobs.

    With one thread they run in this one. Used in a ``with`` statement, which waits for all of them, and drops those not
    begun when it ends in an exception.
    """

    def __init__(self, threads: int) -> None:
        self._executor: ThreadPoolExecutor | None = None
        if threads > 1:
            from concurrent.futures import ThreadPoolExecutor  # 6 ms that a single job does without

            self._executor = ThreadPoolExecutor(threads)
        self._most = threads * _JOBS_PER_THREAD
        self._pending: deque[tuple[Future[Any], Callable[[Any], None]]] = deque()

    def __enter__(self) -> Jobs:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        try:
            while self._pending and kind is None:
                self._take()
        finally:
            if self._executor is not None:
                self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Has ``job`` run, and ``done`` called with what it returns; waits while there is too much under way."""
        if self._executor is None:
            done(job())
            return
        while len(self._pending) >= self._most:
            self._take()
        self._pending.append((self._executor.submit(job), done))

    def _take(self) -> None:
        future, done = self._pending.popleft()
        done(future.result())
