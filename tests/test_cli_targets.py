"""Where reports go: whole, never through a symlink of a repository, straight into what is no regular file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from slugtrim.cli.output import find_target, write_target
from slugtrim.errors import UsageError
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, run, run_process, working_in
from tests.rows import each_row
from tests.test_writing import files_up_to

FILES: dict[bytes | str, Content] = {"app.rb": b"x" * 100}
WHY = "is a symlink inside a repository, so no report is written through it; name another file"


def entries(root: Path) -> dict[str, bytes | None]:
    return {
        str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*") if ".git" not in str(path)
    }


@each_row(
    "links, output, cwd, who",
    [
        ({"report.json": "../keys"}, "report.json", "repo", ""),
        ({"report.json": "keys-inside"}, "report.json", "repo", ""),
        ({"report.json": "../nothing-yet"}, "report.json", "repo", ""),
        ({"report.json": "../keys"}, "sub/../report.json", "repo", "{repo}/report.json "),
        ({"report.json": "../keys"}, "../report.json", "repo/sub", "{repo}/report.json "),
        ({"report.json": "../keys"}, "repo/report.json", "", ""),
        ({"report.json": "../keys"}, "{repo}/report.json", "", ""),
        ({"report.json": "../keys"}, "link-to-repo/report.json", "", "{repo}/report.json "),
        ({"out": ".."}, "out/keys", "repo", "{repo}/out "),
        ({"out": "sub"}, "out/new", "repo", "{repo}/out "),
        ({"out": ".."}, "out/repo/app.rb", "repo", "{repo}/out "),
        ({"a": "b", "b": "../keys"}, "a", "repo", ""),
        ({"report.json": "report.json"}, "report.json", "repo", ""),
        ({"report.json": "/dev/null"}, "report.json", "repo", ""),
    ],
)
@each_row("is_tracked", [True, False])
def test_no_report_is_written_through_a_symlink_inside_a_repository(
    links: dict[str, str], output: str, cwd: str, who: str, *, is_tracked: bool, tmp_path: Path
) -> None:
    make_tree(tmp_path, {"keys": b"precious\n", "link-to-repo": Path("repo")})
    repository = make_repo(tmp_path / "repo", {**FILES, "sub/x": b"", "keys-inside": b"precious\n"})
    for name, target in links.items():
        (repository / name).symlink_to(target)
    if is_tracked:
        commit_all(repository)
    before = entries(tmp_path)
    shown = output.format(repo=repository)
    for option in (["-o", shown], ["--report", f"json={shown}"]):
        done = run("audit", str(repository), "--no-cache", *option, cwd=tmp_path / cwd)
        assert (done.code, done.stdout) == (2, b"")
        assert done.stderr.decode() == f"slugtrim: {shown}: {who.format(repo=repository)}{WHY}\n"
    assert entries(tmp_path) == before


def test_a_directory_to_run_in_is_looked_at_as_well(tmp_path: Path) -> None:
    make_tree(tmp_path, {"keys": b"precious\n"})
    repository = make_repo(tmp_path / "repo", FILES)
    (repository / "report").symlink_to("../keys")
    done = run("audit", "-C", "repo", "-o", "report", cwd=tmp_path)
    assert (done.code, done.stderr) == (2, f"slugtrim: report: {WHY}\n".encode())
    assert (tmp_path / "keys").read_bytes() == b"precious\n"


@each_row(
    "arguments",
    [
        ["suggest"],
        ["lint"],
        ["lint", "--explain", "negation"],
        ["check"],
        ["ls"],
        ["explain", "app.rb"],
        ["diff", "HEAD", "HEAD"],
        ["inspect", "slug"],
        ["builds", "list"],
        ["hook", "status"],
        ["cache", "info"],
    ],
)
def test_every_command_refuses(arguments: list[str], tmp_path: Path) -> None:
    make_tree(tmp_path, {"keys": b"precious\n"})
    repository = make_repo(tmp_path / "repo", {**FILES, "slug/app/x": b""})
    (repository / "report").symlink_to("../keys")
    done = run(*arguments, "-o", "report", cwd=repository)
    assert (done.code, done.stderr) == (2, f"slugtrim: report: {WHY}\n".encode())
    assert (tmp_path / "keys").read_bytes() == b"precious\n"


def test_symlinks_of_the_user_outside_any_repository_are_followed(tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "repo", FILES)
    make_tree(tmp_path, {"disk/old.json": b"old", "reports": Path("disk"), "last.json": Path("reports/new.json")})
    (tmp_path / "abs.json").symlink_to(tmp_path / "reports/old.json")
    for name, place in (("last.json", "new.json"), ("abs.json", "old.json"), ("reports/direct.json", "direct.json")):
        done = run("audit", "--format", "json", "-o", f"../{name}", cwd=repository)
        assert (done.code, done.stderr) == (0, b"")
        assert json.loads((tmp_path / "disk" / place).read_bytes())["schema"]
    assert sorted(os.listdir(tmp_path / "disk")) == ["direct.json", "new.json", "old.json"]
    assert (tmp_path / "last.json").is_symlink()


def test_a_link_in_a_circle_is_one_line(tmp_path: Path) -> None:
    make_tree(tmp_path, {"app/a": b"x", "circle": Path("circle")})
    done = run("audit", "--no-git", "app", "-o", "circle", cwd=tmp_path)
    why = "cannot be written (Too many levels of symbolic links); name a writable file"
    assert (done.code, done.stderr) == (2, f"slugtrim: circle: {why}\n".encode())


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o444])
def test_a_report_keeps_the_mode_of_the_old_one_and_a_new_one_has_the_usual(mode: int, tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "old").write_bytes(b"yesterday")
    (tmp_path / "old").chmod(mode)
    before = os.umask(0o027)
    done = run("audit", "-o", "old", "--report", "json=new", cwd=tmp_path)
    os.umask(before)
    assert done.code == 0
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")] == [mode, 0o640]
    assert git(tmp_path, "status", "--porcelain").split() == [b"??", b"new", b"??", b"old"]


def test_the_old_report_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "report").write_bytes(b"yesterday")
    every = sorted(os.walk(tmp_path))
    with files_up_to(10):
        done = run("audit", "--no-cache", "-o", "report", cwd=tmp_path)
    why = "cannot be written (File too large); name a writable file"
    assert (done.code, done.stderr) == (2, f"slugtrim: report: {why}\n".encode())
    assert (tmp_path / "report").read_bytes() == b"yesterday"
    assert sorted(os.walk(tmp_path)) == every


def test_what_is_no_regular_file_is_written_straight_to(tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "repo", FILES)
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(repository / "pipe")
    for pipe in (tmp_path / "pipe", repository / "pipe"):
        found: list[bytes] = []
        reader = threading.Thread(target=lambda pipe=pipe, found=found: found.append(pipe.read_bytes()))
        reader.start()
        done = run("ls", "-o", str(pipe), cwd=repository)
        reader.join(30)
        assert (done.code, found) == (0, [b"app.rb\n"])
        assert stat.S_ISFIFO(pipe.lstat().st_mode)
    for name, expected in (("/dev/stdout", b"app.rb\n"), ("/dev/fd/1", b"app.rb\n"), ("/dev/null", b"")):
        assert run_process("ls", "-o", name, cwd=repository)[:2] == (0, expected)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with (tmp_path / "kept").open("wb") as file:
        subprocess.run([*COMMAND, "ls", "-o", "/dev/stdout"], cwd=repository, stdout=file, check=True)
        assert os.fstat(file.fileno()).st_nlink == 1
    assert (tmp_path / "kept").read_bytes() == b"app.rb\n"
    assert run("ls", "-o", "/dev/full", cwd=repository).stderr == (
        b"slugtrim: /dev/full: cannot be written (No space left on device); name a writable file\n"
    )


def test_a_directory_that_becomes_a_symlink_meanwhile_is_not_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"away/x": b""})
    repository = make_repo(tmp_path / "repo", {**FILES, "out/x": b""})
    with working_in(repository):
        target = find_target("out/report")
    (repository / "out").rename(repository / "was-out")
    (repository / "out").symlink_to("../away")
    with pytest.raises(UsageError, match=r"out/report: cannot be written \(Not a directory\)"):
        write_target(target, b"data")
    assert os.listdir(tmp_path / "away") == ["x"]
