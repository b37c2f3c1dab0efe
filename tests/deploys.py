"""Deploys to a bare repository whose hook prints the log of a build, and terminals to see them on."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from slugtrim.builds.journal import Journal, read_journal
from tests.builders import Content
from tests.command_line import run
from tests.pushes import PROGRAM, Application, environment, make_application

LOGS = Path(__file__).parent.parent / "fixtures/build-logs"

_HOOK = """#!/bin/sh
cat >/dev/null
cat "$GIT_DIR/log"
exit $(cat "$GIT_DIR/status")
"""

# Makes a terminal on stdin the controlling one of a new session, and becomes the program.
_LEADER = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def make_deployed(area: Path, files: dict[bytes | str, Content], name: str = "app") -> Application:
    """An application whose remote builds, as ``says`` has it."""
    app = make_application(area, files, name)
    hook = app.remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    says(app, "")
    return app


def says(app: Application, log: str, status: int = 0) -> None:
    """What the next build prints, and how it ends."""
    (app.remote / "log").write_text(log)
    (app.remote / "status").write_text(str(status))


def hook_lines(name: str) -> str:
    """What the other side printed in one of the whole logs: without git's own lines, and without ``remote:``."""
    lines = (LOGS / name).read_text().splitlines()
    return "".join(
        re.sub(r"^remote: ?|\x1b\[K", "", line).rstrip() + "\n" for line in lines if line.startswith("remote:")
    )


def build_log(size: str, release: int = 1, app: str = "shop", deleting: int | None = None) -> str:
    """A short log of a build that was released."""
    deleted = "" if deleting is None else f"-----> Deleting {deleting} files matching .slugignore patterns.\n"
    return (
        f"-----> Building on the Heroku-24 stack\n-----> Using buildpack: heroku/python\n{deleted}"
        f"-----> Python app detected\n-----> Compressing...\n       Done: {size}\n-----> Launching...\n"
        f"       Released v{release}\n       https://{app}-0123456789ab.herokuapp.com/ deployed to Heroku\n"
    )


def journal(root: Path) -> Journal:
    """What is remembered in a repository with a work tree."""
    return read_journal(bytes(root / ".git"))


def remember(app: Application, log: str, *arguments: str) -> None:
    """Records a log by its file."""
    path = app.root.parent / "build.log"
    path.write_text(log)
    assert run("builds", "record", "-q", *arguments, str(path), cwd=app.root).code == 0


class Terminal:
    """A program on a terminal of its own, which is its stdin, stdout, stderr and what Ctrl-C is pressed on."""

    def __init__(self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], size: tuple[int, int] = (24, 80)):
        self.control, terminal = os.openpty()
        termios.tcsetwinsize(terminal, size)
        command = [sys.executable, "-c", _LEADER, str(PROGRAM), *arguments]
        self.process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=cwd, env=env)
        os.close(terminal)
        self.seen = b""

    @classmethod
    def of(cls, app: Application, *arguments: str) -> Terminal:
        """``slugtrim`` in the root of an application."""
        return cls(arguments, app.root, {**environment(app.root.parent), "TERM": "xterm"})

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.control)

    def read_until(self, text: bytes) -> None:
        """Reads on until ``text`` was seen."""
        while text not in self.seen:
            piece = self._read()
            assert piece, self.seen
            self.seen += piece

    def type(self, keys: bytes) -> None:
        """Presses keys."""
        os.write(self.control, keys)

    def end(self) -> int:
        """Reads to the end; the exit status."""
        while piece := self._read():
            self.seen += piece
        return self.process.wait()

    def process_ended(self) -> int:
        """Reads until the program has ended, whoever else prints on; the exit status."""
        while self.process.poll() is None:
            if select.select([self.control], [], [], 0.05)[0]:
                self.seen += self._read()
        return self.process.returncode

    def _read(self) -> bytes:
        try:
            return os.read(self.control, 65536)
        except OSError:
            return b""  # how Linux says that nobody holds the terminal any more
