"""Running git so that a repository's own configuration can never make it run a program, fetch, or write.

``GIT_NO_LAZY_FETCH`` is only known to git since its releases of May 2024; ``GIT_ALLOW_PROTOCOL`` with a name that is
no protocol keeps older ones from fetching, too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from slugtrim.errors import SourceError

_PIPE_BYTES = 1 << 20

_CONFIGURATION = {"core.fsmonitor": "false", "core.hooksPath": "/dev/null", "core.ignorecase": "false"}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """git ended with an error. ``stderr`` holds its words, in English."""

    def __init__(self, arguments: Sequence[str | bytes], status: int, stderr: bytes) -> None:
        super().__init__(f"git {_text(arguments[0])} ended with status {status}")
        self.status = status
        self.stderr = stderr.decode("utf-8", "replace").strip()

    @property
    def first_line(self) -> str:
        """What git ended for, or the first line it said; the status where it said nothing. Fit to be printed."""
        lines = self.stderr.splitlines()
        line = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
        line = line.removeprefix("fatal: ").removeprefix("error: ")
        return "".join(char if char.isprintable() else "?" for char in line) or str(self)


def _text(argument: str | bytes) -> str:
    return os.fsdecode(argument)


def environment(configuration: Mapping[str, str] | None = None) -> dict[str, str]:
    """What git is run with: the caller's environment without any ``GIT_*``, and the hardening on top.

    ``configuration`` goes in as ``GIT_CONFIG_KEY_n``, which takes any key as it is, where ``-c`` ends it at a ``=``.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean.update(_ENVIRONMENT)
    settings = {**_CONFIGURATION, **(configuration or {})}
    clean["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        clean[f"GIT_CONFIG_KEY_{number}"] = key
        clean[f"GIT_CONFIG_VALUE_{number}"] = value
    return clean


def run(
    arguments: Sequence[str | bytes], env: Mapping[str, str], stdin: bytes = b"", ok: tuple[int, ...] = (0,)
) -> bytes:
    """What ``git ARGUMENTS`` prints. Raises ``GitError`` on a status not in ``ok``, ``SourceError`` without git."""
    try:
        done = subprocess.run(["git", *arguments], input=stdin, capture_output=True, env=env, check=False)
    except OSError as error:
        raise _no_git(error) from error
    if done.returncode not in ok:
        raise GitError(arguments, done.returncode, done.stderr)
    return done.stdout


def run_together(
    commands: Sequence[Sequence[str | bytes]], env: Mapping[str, str], watch: Callable[[bytes], None] | None = None
) -> list[bytes]:
    """What each of several commands prints that run at the same time. Raises as ``run`` does.

    ``watch`` gets what the first one prints, while it prints. What it raises ends all of them. That command must be one
    that prints few warnings, or it waits for somebody to read them.
    """
    processes = [start(arguments, env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) for arguments in commands]
    try:
        watched = _watched(processes[0], watch) if watch is not None else b""
        outputs = [process.communicate() for process in processes]
    except BaseException:
        for process in processes:
            process.kill()
            process.communicate()
        raise
    for arguments, process, (_, stderr) in zip(commands, processes, outputs, strict=True):
        if process.returncode:
            raise GitError(arguments, process.returncode, stderr)
    first, *others = (stdout for stdout, _ in outputs)
    return [watched + first, *others]


def _watched(process: subprocess.Popen[bytes], watch: Callable[[bytes], None]) -> bytes:
    assert process.stdout is not None
    pieces = []
    while piece := os.read(process.stdout.fileno(), _PIPE_BYTES):
        watch(piece)
        pieces.append(piece)
    return b"".join(pieces)


def stream(
    arguments: Sequence[str | bytes], env: Mapping[str, str], watch: Callable[[list[bytes]], None]
) -> Iterator[list[bytes]]:
    """The NUL-terminated records of what git prints, while it prints. Raises as ``run`` does, without git's words.

    ``watch`` gets all of them first. What it raises ends git.
    """
    process = start(arguments, env, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        rest = b""
        while data := os.read(process.stdout.fileno(), _PIPE_BYTES):
            *found, rest = (rest + data).split(b"\0")
            watch(found)
            yield found
        if process.wait():
            raise GitError(arguments, process.returncode, b"")
    finally:
        process.kill()
        process.communicate()


def start(
    arguments: Sequence[str | bytes],
    env: Mapping[str, str],
    stdin: BinaryIO | int = subprocess.PIPE,
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """A git process to talk to, or to read from with a file as ``stdin``.

    Raises ``SourceError`` without git.
    """
    try:
        process = subprocess.Popen(
            ["git", *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=env, bufsize=_PIPE_BYTES
        )
    except OSError as error:
        raise _no_git(error) from error
    assert process.stdout is not None
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # Reading costs more for how often it waits than for how much it reads. Users have a limit of such pipes.
        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _no_git(error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError("git: not found on PATH; install git, or measure a plain directory with --no-git")
    return SourceError(f"git: cannot be run ({error.strerror}); mend that, or measure a plain directory with --no-git")
