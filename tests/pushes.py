"""Real pushes to something that is ``git@heroku.com:app.git`` to git, and a bare repository here in truth."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

from msgspec import Struct

from tests.builders import GIT_ENVIRONMENT, Content, git, make_bare, make_repo
from tests.command_line import Run, run

PROGRAM = Path(sys.executable).parent / "slugtrim"
URL = "git@heroku.com:app.git"

_NO_MORE: Mapping[str, str] = MappingProxyType({})

_SSH = """#!/bin/sh
# ssh [OPTIONS] HOST "git-receive-pack 'app.git'"
for word; do command=$word; done
case $command in
git-receive-pack*) exec git receive-pack {bare} ;;
*) exit 9 ;;
esac
"""


def environment(area: Path) -> dict[str, str]:
    """What git and the hook run with."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | GIT_ENVIRONMENT | {"GIT_SSH_COMMAND": f"'{area / 'ssh'}'", "GIT_SSH_VARIANT": "ssh"}


class Application(Struct, frozen=True, kw_only=True):
    """A repository with a Heroku remote."""

    root: Path
    remote: Path
    """The bare repository that a push arrives in."""

    def slugtrim(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] = _NO_MORE) -> Run:
        """The real program, with these variables on top of the environment; what is about the hook in this process."""
        variables = environment(self.root.parent) | dict(env)
        if arguments[:1] == ("hook",):
            with patch.dict(os.environ, variables, clear=True):
                return run(*arguments, cwd=cwd or self.root)
        return _run([str(PROGRAM), *arguments], cwd or self.root, variables)

    def push(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] = _NO_MORE) -> Run:
        """``git push -q``: what it prints is the hook's, and what git has to say of a failure.

        Without what buildpacks will add: ``test_buildpacks_prediction`` holds that line.
        """
        command = ["git", "push", "-q", *arguments]
        return _without_prediction(_run(command, cwd or self.root, environment(self.root.parent) | dict(env)))

    def pre_push(self, lines: str, remote: str = "heroku", url: str = URL, cwd: Path | None = None) -> Run:
        """The command that the hook runs, with these lines on stdin."""
        command = [str(PROGRAM), "pre-push", "--", remote, url]
        stdin = lines.encode("utf-8", "surrogateescape")
        return _without_prediction(_run(command, cwd or self.root, environment(self.root.parent), stdin))

    def arrived(self, ref: str = "refs/heads/main") -> str | None:
        """The id that the remote has for a ref."""
        found = git(self.remote, "for-each-ref", "--format=%(objectname)", ref).decode().strip()
        return found or None

    def head(self, rev: str = "HEAD") -> str:
        """The id of a commit."""
        return git(self.root, "rev-parse", rev).decode().strip()

    @property
    def hook(self) -> Path:
        """Where git looks for it by default."""
        return self.root / ".git/hooks/pre-push"


def _without_prediction(done: Run) -> Run:
    lines = done.stderr.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(b"slugtrim: with buildpacks ")]
    return done._replace(stderr=b"".join(kept))


def _run(command: list[str], cwd: Path, env: dict[str, str], stdin: bytes = b"") -> Run:
    done = subprocess.run(command, input=stdin, cwd=cwd, env=env, capture_output=True, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


def make_application(area: Path, files: dict[bytes | str, Content], name: str = "app") -> Application:
    """An application with these files committed, and nothing pushed yet."""
    root, remote = make_repo(area / name, files), make_bare(area / "remote.git")
    with open(root / ".git/config", "a") as config:
        config.write(f'[remote "heroku"]\n\turl = {URL}\n\tfetch = +refs/heads/*:refs/remotes/heroku/*\n')
    ssh = area / "ssh"
    ssh.write_text(_SSH.format(bare="'" + str(remote).replace("'", "'\\''") + "'"))
    ssh.chmod(0o755)
    return Application(root=root, remote=remote)
