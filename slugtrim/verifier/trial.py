"""Run the user's command once, and end every process it started."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from slugtrim.errors import SourceError
from slugtrim.suggester.records import Ending

_KEPT_BYTES = 64 << 10
_LINES = 20
_CHARACTERS = 300
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
"""Terminal control sequences: colours, cursor movements, window titles (ECMA-48; OSC as in xterm)."""


class Tail:
    """Keeps the end of a stream of bytes."""

    def __init__(self, place: bytes) -> None:
        """``place`` is the run's directory. Names below it are shown relative to it, since it is deleted afterwards."""
        self._place = place
        self._end = b""
        self._is_cut = False

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self._is_cut = self._is_cut or len(self._end) + len(data) > _KEPT_BYTES
        self._end = (self._end + data[-_KEPT_BYTES:])[-_KEPT_BYTES:]

    def lines(self) -> tuple[str, ...]:
        """Return the last lines that are not blank, as valid Unicode that is safe for a terminal and a report.

        Of a line that was overwritten, such as a progress bar, return the final state.
        """
        found = self._end.replace(self._place + b"/", b"").replace(self._place, b".").split(b"\n")
        if self._is_cut and len(found) > 1:
            found = found[1:]  # the first line is cut
        shown = (_shown(line) for line in found)
        return tuple(line for line in shown if line)[-_LINES:]


def _shown(line: bytes) -> str:
    text = _ESCAPES.sub("", line.decode("utf-8", "replace"))
    text = text.rstrip("\r").rpartition("\r")[2].expandtabs(4).rstrip()
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"


_SWEEPS = 50
"""Repeat the search this often, because a process may start another one meanwhile."""
_SWEEP_SECONDS = 0.01
_SET_CHILD_SUBREAPER, _GET_CHILD_SUBREAPER = 36, 37
"""Options of Linux's ``prctl``."""


class Orphans:
    """Finds and ends the processes that a command leaves behind. Linux only; elsewhere it finds none.

    It recognises a process by a marker variable in its environment. Within ``adopting``, it also recognises descendants
    of this process that the command must have started.
    """

    def __init__(self, mark: bytes, own: frozenset[int] | None) -> None:
        """``mark`` is the marker variable with its value.

        ``own`` are descendants from before the command; None if orphans do not become our children.
        """
        self._mark = mark
        self._own = own

    def bury(self, command: int) -> None:
        """Collect the exit status of ended orphans, but not that of process ``command``."""
        if self._own is None:
            return
        with suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if found.si_pid == command or found.si_pid in self._own:
                    return  # until this status is collected, the system reports no other
                os.waitpid(found.si_pid, 0)

    def end(self, command: int) -> None:
        """Kill all of them. ``command`` is the process id of the command, which has ended."""
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
    """Become the parent of all orphans among our descendants, within a ``with`` statement.

    Call it before the command starts. It works on Linux in the main thread only, since other threads may have children
    that must survive.
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
    """Set the subreaper flag and return the previous value; return None if the system has no such flag."""
    if sys.platform != "linux":
        return None
    import ctypes  # 10 ms that only --verify needs

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
    """Yield each process id with its parent's; ended processes only with ``with_ended``."""
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal():
                with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
                    if with_ended or state not in (b"Z", b"X"):
                        yield int(name), int(parent)


def _has(pid: int, variable: bytes) -> bool:
    """Return True if the process has this variable in its environment. Ended processes have none."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return variable in file.read().split(b"\0")
    except OSError:
        return False


_READ_BYTES = 1 << 20
_PIPE_READS = 16
"""A pipe holds no more than this many reads return."""
_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 1.0
"""Seconds between SIGTERM and SIGKILL, so that a script can clean up."""
_MARK = "SLUGTRIM_VERIFY"
_OF_A_REPOSITORY = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CEILING_DIRECTORIES GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_COUNT
    GIT_CONFIG_PARAMETERS GIT_DIR GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE
    GIT_INTERNAL_SUPER_PREFIX GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
    GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
    """.split()
)
"""Variables that tie git to one repository (``git rev-parse --local-env-vars``, and those that steer its search)."""


def run(command: str, directory: bytes, limit_seconds: float, check: Callable[[], None]) -> Ending:
    """Run ``sh -c COMMAND`` in ``directory``. After ``limit_seconds``, end it with all processes that it started.

    ``check`` is called about 20 times a second; if it raises, the processes end as well. Raise ``SourceError`` if there
    is no shell.
    """
    mark = os.urandom(16).hex()
    with adopting(f"{_MARK}={mark}".encode()) as orphans:
        begin = time.monotonic()
        try:
            process = subprocess.Popen(
                ["sh", "-c", command],
                cwd=directory,
                env=environment(directory, mark),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise SourceError(f"--verify: the command cannot be run ({why}); fix that, or name another") from error
        assert process.stdout is not None
        tail = Tail(directory)
        with process.stdout as output:
            os.set_blocking(output.fileno(), False)

            def look() -> None:
                check()
                orphans.bury(process.pid)

            try:
                in_time = _wait(process, output.fileno(), tail, begin + limit_seconds, look)
                seconds = time.monotonic() - begin
            finally:
                _end(process)
                orphans.end(process.pid)
            _drain(output.fileno(), tail)
    status = process.returncode if in_time else None
    return Ending(
        status=status if status is not None and status >= 0 else None,
        signal=-status if status is not None and status < 0 else None,
        seconds=seconds,
        lines=tail.lines(),
    )


def environment(directory: bytes, mark: str) -> dict[str, str]:
    """Return the user's environment without variables that would point git at another repository."""
    env = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    path = os.fsdecode(directory)
    return env | {"GIT_CEILING_DIRECTORIES": os.path.dirname(path), "PWD": path, _MARK: mark}


def _wait(process: subprocess.Popen[bytes], output: int, tail: Tail, until: float, check: Callable[[], None]) -> bool:
    """Read output until the shell ends; return False if that takes too long.

    The end of the output proves nothing: a background process may hold the pipe open after the shell has ended.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while process.poll() is None:
            check()
            left = until - time.monotonic()
            if left <= 0:
                return False
            if not selector.get_map():
                time.sleep(min(left, _LOOK_SECONDS))
            elif selector.select(min(left, _LOOK_SECONDS)):
                data = os.read(output, _READ_BYTES)
                tail.add(data)
                if not data:
                    selector.unregister(output)
    return True


def _drain(output: int, tail: Tail) -> None:
    """Read output that was printed before the end, without waiting for more."""
    with suppress(BlockingIOError):
        for _ in range(_PIPE_READS):
            tail.add(os.read(output, _READ_BYTES))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the shell and its process group."""
    if process.returncode is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
