"""Runs of slugtrim that a signal strikes at one point of their work: before or after a call that changes something.

As a program it makes the runs that it is asked for on stdin, each in a process of its own. Tests call ``strike``.
"""

from __future__ import annotations

import builtins
import fcntl
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from slugtrim.__main__ import run
from tests.builders import GIT_ENVIRONMENT

MARK = "SLUGTRIM_STRUCK"
_CHANGING = """
    chmod fchmod fsync ftruncate link lchown mkdir open remove rename replace rmdir symlink unlink utime waitpid write
""".split()
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_FURTHER = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


POINTS = 20
"""Runs that are struck, with points spread evenly over all of an undisturbed run."""


class Outcome(NamedTuple):
    """How a run ended."""

    at: int
    """The number of the point that was struck, from 1; 0 for the undisturbed run."""
    points: int
    """Points of the undisturbed run."""
    status: int
    """As ``subprocess`` has it: the negative number of a signal, or the exit status."""
    stderr: str


def strike(arguments: Sequence[str], roots: Sequence[Path], number: int, *, is_repeated: bool) -> list[Outcome]:
    """Run ``slugtrim ARGUMENTS`` in each directory but the first, the first time undisturbed.

    The directories are alike, and beside each is a directory ``tmp`` for temporary files. ``number`` is the signal;
    where it ``is_repeated``, all points from there on are struck, with all signals that end a process in turn.
    """
    asked = {"arguments": arguments, "roots": list(map(str, roots)), "number": number, "is_repeated": is_repeated}
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | GIT_ENVIRONMENT
    command = [sys.executable, "-B", "-m", "tests.struck"]
    top = Path(__file__).parent.parent
    done = subprocess.run(command, input=json.dumps(asked).encode(), cwd=top, env=env, capture_output=True, check=True)
    return [Outcome(*each) for each in json.loads(done.stdout)]


class _Points:
    def __init__(self, at: int, number: int, *, is_repeated: bool) -> None:
        self._at = at
        self._number = number
        self._is_repeated = is_repeated
        self.passed = 0

    def pass_one(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            os.kill(os.getpid(), self._number)
        elif self._is_repeated and self.passed > self._at > 0:
            os.kill(os.getpid(), _FURTHER[self.passed % len(_FURTHER)])

    def around(self, function: Callable[..., Any], matters: Callable[..., bool]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            if not matters(*arguments, **options):
                return function(*arguments, **options)
            self.pass_one()
            value = function(*arguments, **options)
            self.pass_one()
            return value

        return called

    def install(self) -> None:
        def always(*arguments: Any, **options: Any) -> bool:
            return True

        def is_opened_to_write(path: Any, flags: int, *arguments: Any, **options: Any) -> bool:
            return bool(flags & _WRITING)

        def is_file_to_write(path: Any, mode: str = "r", *arguments: Any, **options: Any) -> bool:
            return mode[0] in "wax"

        for name in _CHANGING:
            matters = is_opened_to_write if name == "open" else always
            setattr(os, name, self.around(getattr(os, name), matters))
        fcntl.flock = self.around(fcntl.flock, always)
        builtins.open = self.around(open, is_file_to_write)
        tarfile.bltn_open = builtins.open  # type: ignore[attr-defined]  # what it writes files with
        popen: Any = subprocess.Popen
        popen._execute_child = self.around(popen._execute_child, always)


def _enter(root: Path) -> None:
    os.chdir(root)
    beside = root.parent
    os.environ |= {"TMPDIR": str(beside / "tmp"), "SLUGTRIM_CACHE_DIR": str(beside / "cache"), MARK: str(beside)}
    tempfile.tempdir = None
    os.dup2(os.open(beside / "stdout", os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(os.open(beside / "stderr", os.O_WRONLY | os.O_CREAT), 2)


def _run(root: Path, points: _Points) -> None:
    _enter(root)
    points.install()
    code = run()
    sys.stdout.flush()
    sys.stderr.flush()
    (root.parent / "points").write_text(str(points.passed))
    os._exit(code)


def _status(root: Path, points: _Points) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _run(root, points)
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _main() -> None:
    asked = json.load(sys.stdin)
    number, is_repeated = asked["number"], asked["is_repeated"]
    first, undisturbed, *roots = map(Path, asked["roots"])
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    answer = os.dup(1)
    sys.argv = ["slugtrim", *asked["arguments"]]
    _enter(first)
    run()  # all imports and tables, once for all runs
    status = _status(undisturbed, _Points(0, number, is_repeated=False))
    points = int((undisturbed.parent / "points").read_text())
    outcomes = [Outcome(0, points, status, (undisturbed.parent / "stderr").read_text())]
    for step, root in enumerate(roots):
        at = 1 + round(step * (points - 1) / (len(roots) - 1))
        status = _status(root, _Points(at, number, is_repeated=is_repeated))
        outcomes.append(Outcome(at, points, status, (root.parent / "stderr").read_text()))
    os.write(answer, json.dumps(outcomes).encode())


if __name__ == "__main__":
    _main()
