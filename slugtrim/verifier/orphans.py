"""Ending every process that a command started, those that left its session and cleared their environment included."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

_SWEEPS = 50
"""What is left may start something while it is looked for."""
_SWEEP_SECONDS = 0.01
_SET_CHILD_SUBREAPER, _GET_CHILD_SUBREAPER = 36, 37
"""Options of Linux's ``prctl``."""


class Orphans:
    """The processes that a command leaves. Linux only: elsewhere none is found.

    A process is recognised by the mark in its environment. Within ``adopting`` it is also recognised as a descendant of
    ours that the command must have started.
    """

    def __init__(self, mark: bytes, own: frozenset[int] | None) -> None:
        """``mark`` is the variable with its value.

        ``own`` are the descendants of ours from before the command; None if orphans do not become our children.
        """
        self._mark = mark
        self._own = own

    def bury(self, command: int) -> None:
        """Collect the exit status of orphans that have ended, but not that of ``command``, a process id."""
        if self._own is None:
            return
        with suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if found.si_pid == command or found.si_pid in self._own:
                    return  # the system names no other before this one's status is collected
                os.waitpid(found.si_pid, 0)

    def end(self, command: int) -> None:
        """Kill them all. ``command`` is the process id of the command, which has ended."""
        for _ in range(_SWEEPS):
            left = self._left()
            self.bury(command)
            if not left:
                return
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_SWEEP_SECONDS)

    def _left(self) -> set[int]:
        parents = dict(_parents())
        marked = {pid for pid in parents if _has(pid, self._mark)}
        if self._own is None:
            return marked
        ours = os.getpid()
        adopted = {pid for pid, parent in parents.items() if parent == ours and pid not in self._own}
        return _with_descendants(marked | adopted, parents)


@contextmanager
def adopting(mark: bytes) -> Iterator[Orphans]:
    """Become the parent of every orphan among our descendants, within a ``with`` statement.

    Call it before the command starts. It works on Linux, in the main thread: another thread may have children of its
    own, which are not to be killed.
    """
    is_alone = threading.current_thread() is threading.main_thread()
    before = _set_subreaper(True) if is_alone else None
    own = None
    if before is not None:
        own = frozenset(_with_descendants({os.getpid()}, dict(_parents(with_ended=True))))
    try:
        yield Orphans(mark, own)
    finally:
        if before is not None:
            _set_subreaper(before)


def _with_descendants(pids: set[int], parents: Mapping[int, int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found = set(pids)
    stack = list(pids)
    while stack:
        new = [pid for pid in children.get(stack.pop(), ()) if pid not in found]
        found.update(new)
        stack.extend(new)
    return found


def _set_subreaper(value: bool) -> bool | None:
    """Return the value from before; None where that cannot be set."""
    if sys.platform != "linux":
        return None
    import ctypes  # 10 ms that only a run of --verify pays

    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None
    before = ctypes.c_int()
    unused = (ctypes.c_ulong(),) * 3
    if prctl(_GET_CHILD_SUBREAPER, ctypes.byref(before), *unused):
        return None
    return bool(before.value) if not prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(value), *unused) else None


def _parents(*, with_ended: bool = False) -> Iterator[tuple[int, int]]:
    """Yield each process and its parent. One that has ended counts only ``with_ended``."""
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal():
                with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
                    if with_ended or state not in (b"Z", b"X"):
                        yield int(name), int(parent)


def _has(pid: int, variable: bytes) -> bool:
    """Whether a process runs with this variable in its environment; the dead have none."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return variable in file.read().split(b"\0")
    except OSError:
        return False
