"""One run of the user's command, from which nothing survives but how it ended."""

from __future__ import annotations

import os
import secrets
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

from slugtrim.errors import SourceError
from slugtrim.suggester.verification import Ending
from slugtrim.verifier.orphans import adopting
from slugtrim.verifier.tail import Tail

_READ_BYTES = 1 << 20
_PIPE_READS = 16
"""No pipe holds more than as many reads take out of it."""
_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 1.0
"""Between being asked to end and being ended: a script may have something of its own to clean up."""
_MARK = "SLUGTRIM_VERIFY"
_OF_A_REPOSITORY = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CEILING_DIRECTORIES GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_COUNT
    GIT_CONFIG_PARAMETERS GIT_DIR GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE
    GIT_INTERNAL_SUPER_PREFIX GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
    GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
    """.split()
)
"""What ties git to one repository (``git rev-parse --local-env-vars``, and what steers where it looks for one)."""


def run(command: str, directory: bytes, limit_seconds: float, check: Callable[[], None]) -> Ending:
    """``sh -c COMMAND`` in ``directory``, ended after ``limit_seconds``, and with it all that it started.

    ``check`` is called some twenty times a second; when it raises, all of it is ended as well. Raises ``SourceError``
    when there is no shell to run it.
    """
    mark = secrets.token_hex(16)
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
            raise SourceError(f"--verify: the command cannot be run ({why}); mend that, or name another") from error
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
    """The user's own, less what would have a git in ``directory`` work on another repository than one there."""
    env = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    path = os.fsdecode(directory)
    return env | {"GIT_CEILING_DIRECTORIES": os.path.dirname(path), "PWD": path, _MARK: mark}


def _wait(process: subprocess.Popen[bytes], output: int, tail: Tail, until: float, check: Callable[[], None]) -> bool:
    """Reads along until the shell has ended; False when that takes too long.

    The end of the output tells nothing: what was left in the background may hold it open, or nobody any more.
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
    """What was printed before the end and not read yet; what is printed on is not waited for."""
    with suppress(BlockingIOError):
        for _ in range(_PIPE_READS):
            tail.add(os.read(output, _READ_BYTES))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the shell and all in its process group."""
    if process.returncode is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
