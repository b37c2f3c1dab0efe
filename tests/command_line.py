"""Running slugtrim as a user does: as a process, or faster in this one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from slugtrim.cli import main

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


def run(*arguments: str, cwd: Path) -> Run:
    """The same ``main``, in this process."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    with (
        working_in(cwd),
        redirect_stdout(io.TextIOWrapper(stdout)) as out,
        redirect_stderr(io.TextIOWrapper(stderr)) as err,
    ):
        code = main(arguments)
        out.flush()
        err.flush()
        return Run(code, stdout.getvalue(), stderr.getvalue())


@contextmanager
def working_in(directory: Path) -> Iterator[None]:
    """With ``directory`` as the current one; ``-C`` may move it further."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)
