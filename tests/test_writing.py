"""A whole new file in place of one: killed, stopped or without room, it is the old one or the new one."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from slugtrim import writing
from slugtrim.writing import prepared, replace_file
from tests.builders import Content, git, make_repo, make_tree
from tests.command_line import run
from tests.kills import killed_everywhere

OLD, NEW = b"/log\n", b"/log\n/spec\n"


def ordinary(path: Path) -> Path:
    return make_repo(path / "repo", {".slugignore": OLD, "app.rb": b"x"})


def linked(path: Path) -> Path:
    """A second work tree: its ``.git`` is a file."""
    git(ordinary(path), "worktree", "add", "-q", str(path / "linked"))
    return path / "linked"


def apart(path: Path) -> Path:
    """A repository whose git directory is on another file system, where there is one."""
    repository = ordinary(path)
    elsewhere = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else path
    directory = Path(tempfile.mkdtemp(dir=elsewhere)) / "git"
    shutil.move(repository / ".git", directory)
    (repository / ".git").write_text(f"gitdir: {directory}\n")
    return repository


def in_a_directory_linked_to_git(path: Path) -> Path:
    """The ``.git`` is a symlink."""
    repository = ordinary(path)
    (repository / ".git").rename(path / "git")
    (repository / ".git").symlink_to("../git")
    return repository


@pytest.fixture(params=[ordinary, linked, apart, in_a_directory_linked_to_git])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    made: Path = request.param(tmp_path)
    yield made
    if request.param is apart:
        shutil.rmtree(Path((made / ".git").read_text().split()[1]).parent)


def taken(repository: Path) -> list[bytes]:
    """What ``git add -A`` would take, and what ``git status`` shows."""
    added = git(repository, "add", "-A", "-n").splitlines()
    shown = git(repository, "status", "--porcelain", "--untracked-files=all").splitlines()
    return sorted({*added, *shown})


def names_outside_git(repository: Path) -> list[bytes]:
    """The names of all that is in the work tree."""
    paths = (path.relative_to(repository) for path in repository.rglob("*"))
    return sorted(bytes(path) for path in paths if path.parts[0] != ".git")


@pytest.mark.full
def test_whatever_moment_a_kill_comes_git_takes_the_old_file_or_the_new_one(repository: Path) -> None:
    file = repository / ".slugignore"
    seen = []
    known: dict[tuple[bytes, ...], list[bytes]] = {}
    git_dir = repository / ".git"
    every = 1 if git_dir.is_dir() and not git_dir.is_symlink() else 3  # the lines are the same ones
    for _ in killed_everywhere(lambda: replace_file(bytes(file), NEW), writing, every=every):
        content = file.read_bytes()
        assert content in (OLD, NEW)
        # What git takes follows from the names and the content: it is asked once for each state.
        state = (content, *names_outside_git(repository))
        if state not in known:
            known[state] = taken(repository)
        assert known[state] == ([] if content == OLD else [b" M .slugignore", b"add '.slugignore'"])
        seen.append(content)
        file.write_bytes(OLD)
    assert len(seen) > 30 // every
    assert set(seen) == {OLD, NEW}


@pytest.mark.full
@pytest.mark.parametrize(
    ("arguments", "name", "old"),
    [
        (["suggest", "--write"], ".slugignore", b"/spec\n!README.md\n"),
        (["lint", "--fix"], ".slugignore", b"/spec\n!README.md\n"),
        (["hook", "install", "--budget", "50MB"], "slugtrim.toml", b"[budgets]\nfiles = 10\n"),
        (["check", "-o", "report.txt"], "report.txt", b"the report of yesterday\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_no_command_that_is_killed_leaves_a_file_that_git_takes(
    arguments: list[str], name: str, old: bytes, tmp_path: Path
) -> None:
    files: dict[bytes | str, Content] = {
        ".slugignore": b"/spec\n!README.md\n",
        "README.md": Random(1).randbytes(2_000).hex(),
        "spec/a": b"x",
        "docs/demo.mp4": b"x" * 9000,
    }
    repository = make_repo(tmp_path, {**files, name: old})
    file = repository / name
    seen = set()
    for _ in killed_everywhere(lambda: run(*arguments, cwd=repository), writing, every=15):
        content = file.read_bytes()
        assert taken(repository) == ([] if content == old else [b" M " + name.encode(), f"add '{name}'".encode()])
        seen.add(content)
        file.write_bytes(old)
    assert len(seen) == 2
    assert old in seen


def test_the_other_name_is_not_in_the_work_tree_where_git_has_a_place(repository: Path) -> None:
    before = sorted(os.listdir(repository))
    with prepared(bytes(repository / ".slugignore"), NEW) as put:
        beside = [name for name in os.listdir(repository) if name not in before]
        assert len(beside) == (0 if (repository / ".git").is_dir() and not (repository / ".git").is_symlink() else 1)
        assert taken(repository) == []
        put()
    assert sorted(os.listdir(repository)) == before
    assert (repository / ".slugignore").read_bytes() == NEW


class _Signal(BaseException):
    pass


def test_what_a_signal_raises_leaves_nothing(repository: Path) -> None:
    every = sorted(os.walk(repository.parent))
    with pytest.raises(_Signal), prepared(bytes(repository / ".slugignore"), NEW):
        raise _Signal
    assert sorted(os.walk(repository.parent)) == every
    assert (repository / ".slugignore").read_bytes() == OLD


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """A limit on the size of files stands for the full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    repository = ordinary(tmp_path)
    every = sorted(os.walk(repository))
    with files_up_to(3), pytest.raises(OSError, match="File too large"):
        replace_file(bytes(repository / ".slugignore"), NEW)
    assert sorted(os.walk(repository)) == every
    assert (repository / ".slugignore").read_bytes() == OLD


def test_a_git_directory_that_cannot_be_written_to_does_no_harm(tmp_path: Path) -> None:
    """A file stands for it: root may write to any directory."""
    make_tree(tmp_path, {"repo/.git": b"gitdir: nowhere\n", "repo/a": OLD})
    replace_file(bytes(tmp_path / "repo/a"), NEW)
    assert sorted(os.listdir(tmp_path / "repo")) == [".git", "a"]
    assert (tmp_path / "repo/a").read_bytes() == NEW


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_git_directory_behind_a_mount_does_no_harm(tmp_path: Path) -> None:
    """A part of a repository that is mounted by itself, as in a container: nothing is renamed into it."""
    repository = ordinary(tmp_path)
    make_tree(tmp_path, {"part/a": OLD, "repo/part/here": b""})
    mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && exec "$2" -c "$3" "$1/a"']
    script = "import os, sys; from slugtrim.writing import replace_file; replace_file(os.fsencode(sys.argv[1]), b'new')"
    places = [str(tmp_path / "part"), str(repository / "part")]
    done = subprocess.run([*mount, *places, sys.executable, script], capture_output=True, check=False)
    if b"unshare" in done.stderr or b"mount:" in done.stderr:
        pytest.skip("nothing can be mounted here")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "part/a").read_bytes() == b"new"
    assert os.listdir(tmp_path / "part") == ["a"]


def test_a_mode_that_is_asked_for_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    make_tree(tmp_path, {"hook": OLD})
    (tmp_path / "hook").chmod(0o600)
    before = os.umask(0o027)
    with prepared(bytes(tmp_path / "hook"), NEW, mode=0o777) as put:
        put()
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "hook").stat().st_mode) == 0o750
