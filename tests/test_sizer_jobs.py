"""Jobs in threads: bounded, in order, and gone when something goes wrong."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from slugtrim.sizer.jobs import Jobs


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(threads: int) -> None:
    done: list[int] = []
    with Jobs(threads) as jobs:
        for number in range(50):
            jobs.submit(partial(abs, -number), done.append)
    assert done == list(range(50))


def test_only_so_many_wait_at_a_time() -> None:
    waiting = threading.Semaphore(0)
    under_way: list[int] = []
    most = 0

    def finished(_: object) -> None:
        under_way.pop()

    def job() -> None:
        waiting.acquire(timeout=10)

    with Jobs(2) as jobs:
        for number in range(20):
            waiting.release()
            jobs.submit(job, finished)
            under_way.append(number)
            most = max(most, len(under_way))
    assert most <= 6


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_job_is_raised_and_the_rest_dropped(threads: int) -> None:
    ran: list[int] = []

    def fail() -> None:
        raise ValueError("bad job")

    def later(number: int) -> None:
        time.sleep(0.01)
        ran.append(number)

    with pytest.raises(ValueError, match="bad job"), Jobs(threads) as jobs:  # noqa: PT012
        jobs.submit(fail, lambda _: None)
        for number in range(200):
            jobs.submit(partial(later, number), lambda _: None)
    assert len(ran) < 20
    assert threading.active_count() == 1


@pytest.mark.parametrize("threads", [1, 3])
def test_a_job_runs_beside_those_that_are_submitted(threads: int) -> None:
    done: list[int] = []
    with Jobs(threads) as jobs:
        beside = jobs.begin(partial(abs, -7))
        for number in range(20):
            jobs.submit(partial(abs, -number), done.append)
        assert (beside(), beside()) == (7, 7)
    assert done == list(range(20))


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_a_job_beside_is_raised_where_it_is_asked_for(threads: int) -> None:
    def fail() -> None:
        raise ValueError("bad job")

    with Jobs(threads) as jobs:
        beside = jobs.begin(fail)
        for _ in range(2):
            with pytest.raises(ValueError, match="bad job"):
                beside()
    assert threading.active_count() == 1


def test_an_interrupt_while_a_thread_starts_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        if started:
            raise KeyboardInterrupt
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), Jobs(2) as jobs:  # noqa: PT012
        jobs.submit(list, lambda _: None)
        jobs.submit(list, lambda _: None)
    assert threading.active_count() == 1
