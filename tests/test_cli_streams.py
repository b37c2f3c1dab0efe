"""Outputs that take nothing: the exit code stays, and the file that could not be written is named."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.archives import END, PROCFILE, entry
from tests.builders import Content, make_repo
from tests.command_line import COMMAND, Run

pytestmark = pytest.mark.full

FILES: dict[bytes | str, Content] = {".slugignore": b"/spec\n!x\n", "a": b"x", "docs/demo.mp4": b"x" * 9000}
EXITS = [
    ("audit -q", 0),
    ("--help", 0),
    ("hook status", 0),
    ("ls --long --no-cache --progress", 0),
    ("suggest --write", 0),
    ("lint", 1),
    ("check --budget 0.1KB", 1),
    ("builds record ../failed.log", 0),
    ("builds record -- sh -c 'echo x; echo y >&2; exit 7'", 7),
    ("bogus", 2),
    ("--rev nope", 2),
    ("audit -o /dev/full", 2),
    ("audit >/dev/full", 2),
    ("audit >&-", 2),
    ("--help >/dev/full", 2),
    ("suggest --min-saving 0 --verify false -q", 2),
]


def shell(line: str, cwd: Path, **environment: str) -> Run:
    env = {**os.environ, "PYTHONWARNINGS": "error", **environment}
    done = subprocess.run(["sh", "-c", line, *COMMAND], cwd=cwd, env=env, capture_output=True, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository to copy."""
    return make_repo(tmp_path_factory.mktemp("application") / "repo", FILES)


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize(("arguments", "code"), EXITS)
def test_no_exit_code_depends_on_stderr(
    application: Path, arguments: str, code: int, stderr: str, tmp_path: Path
) -> None:
    repository = shutil.copytree(application, tmp_path / "repo")
    (tmp_path / "failed.log").write_bytes(b"nothing of a build\n")
    run = shell(f'"$0" "$@" {arguments} {stderr}', repository)
    assert run.code == code


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_nor_does_that_of_a_bug(stderr: str, tmp_path: Path) -> None:
    script = "import sys; from slugtrim.cli import auditing, main; auditing.named_tree = None; sys.exit(main(['.']))"
    run = shell(f'"$0" -c "{script}" {stderr}', tmp_path)
    assert run.code == 3


@pytest.mark.parametrize("command", ["", "audit", "hook"])
def test_help_that_cannot_be_printed_is_told_of_stdout(command: str, tmp_path: Path) -> None:
    run = shell(f'"$0" "$@" {command} --help >/dev/full', tmp_path)
    why = "stdout: cannot be written (No space left on device); make room, or use --output"
    assert (run.code, run.stderr.decode()) == (2, f"slugtrim: {why}\n")


# A full disk


def on_a_small_disk(line: str, cwd: Path) -> Run:
    """Run ``line`` with a disk of 512 KiB at ``small``, of which 16 KiB are free."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    (cwd / "small").mkdir()
    mount = "mount -t tmpfs -o size=512k none small && mkdir small/tmp small/cache && head -c 507904 /dev/zero >small/x"
    done = shell('exec unshare --mount sh -c "$LINE" "$0" "$@"', cwd, LINE=f"{mount}; {line}")
    if b"unshare" in done.stderr or b"mount:" in done.stderr:
        pytest.skip("nothing can be mounted here")
    return done


NO_ROOM = "(No space left on device)"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'cat slug.tar | TMPDIR=$PWD/small/tmp "$0" "$@" inspect --extract out -',
            "{small}/tmp: a temporary file cannot be written " + NO_ROOM + "; make room, or set TMPDIR",
        ),
        (
            '"$0" "$@" inspect --extract small/out slug.tar',
            "--extract small/out: cannot be written " + NO_ROOM + "; nothing was left; make room or name another place",
        ),
        (
            'TMPDIR=$PWD/small/tmp "$0" "$@" audit --no-cache --rev HEAD repo',
            "{small}/tmp: a temporary file cannot be written " + NO_ROOM + "; make room, or set TMPDIR",
        ),
        (
            '"$0" "$@" ls repo -o small/report',
            "small/report: cannot be written " + NO_ROOM + "; name a writable file",
        ),
    ],
)
def test_a_full_disk_is_blamed_on_the_file_that_has_no_room(line: str, message: str, tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {f"app/file-{number:04}-{'x' * 40}.rb": b"%d" % number for number in range(900)}
    make_repo(tmp_path / "repo", files)
    (tmp_path / "slug.tar").write_bytes(PROCFILE + entry("./app/data", os.urandom(200_000)) + END)
    run = on_a_small_disk(line, tmp_path)
    assert (run.code, run.stdout) == (2, b"")
    assert run.stderr.decode() == f"slugtrim: {message.format(small=tmp_path / 'small')}\n"
