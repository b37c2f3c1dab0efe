"""Running slugtrim as a user does: as a process, or faster in this one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from slugtrim.cli import main
from slugtrim.lean import Question, answer

COMMAND = (sys.executable, "-m", "slugtrim")


class Run(NamedTuple):
    """How a run ended."""

    code: int
    stdout: bytes
    stderr: bytes


def run_process(*arguments: str | bytes, cwd: Path, **environment: str) -> Run:
    """A process of its own, with these variables on top of the environment."""
    command = [*COMMAND, *arguments]
    env = {**os.environ, "PYTHONWARNINGS": "error", **environment}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


def run(*arguments: str, cwd: Path, question: Question | None = None) -> Run:
    """The same ``main``, in this process."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    with (
        working_in(cwd),
        redirect_stdout(io.TextIOWrapper(stdout)) as out,
        redirect_stderr(io.TextIOWrapper(stderr)) as err,
    ):
        code = main(arguments, question)
        out.flush()
        err.flush()
        return Run(code, stdout.getvalue(), stderr.getvalue())


def run_lean(*arguments: str, cwd: Path) -> Run:
    """The same with the lean start before it: a kept answer is given, and what is printed is kept."""
    with TemporaryFile() as out, descriptor_to(1, out.fileno()), working_in(cwd):
        asked = answer(arguments)
        if isinstance(asked, Question):
            return run(*arguments, cwd=cwd, question=asked)
        out.seek(0)
        return Run(asked, out.read(), b"")


@contextmanager
def descriptor_to(descriptor: int, target: int) -> Iterator[None]:
    """With a descriptor that stands for ``target``."""
    before = os.dup(descriptor)
    os.dup2(target, descriptor)
    try:
        yield
    finally:
        os.dup2(before, descriptor)
        os.close(before)


@contextmanager
def working_in(directory: Path) -> Iterator[None]:
    """With ``directory`` as the current one; ``-C`` may move it further."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)
