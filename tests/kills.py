"""A process that is killed in the middle of its work."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any


def killed_everywhere(action: Callable[[], object], module: ModuleType, *, every: int = 1) -> Iterator[int]:
    """Run ``action`` again and again, each time killed one line of ``module`` later; the last run comes to its end.

    Yields the number of the line, once the process is dead.
    """
    point = 0
    while True:
        point += every
        process = os.fork()
        if not process:
            _act(action, module, point)
        _, status = os.waitpid(process, 0)
        yield point
        if not os.WIFSIGNALED(status):
            assert status == 0
            return
        assert os.WTERMSIG(status) == signal.SIGKILL


def _act(action: Callable[[], object], module: ModuleType, point: int) -> None:
    left = point

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    try:
        sys.settrace(trace)
        action()
    except BaseException:
        os._exit(1)
    os._exit(0)
