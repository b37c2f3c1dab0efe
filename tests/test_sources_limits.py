"""Trees that a few objects make as large as they like, and trees that git would not check out: one line for each."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import EXECUTABLE, REGULAR
from slugtrim.sources import find_tree, open_tree
from tests.builders import commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, run
from tests.pushes import make_application
from tests.rows import each_row

TOO_MANY = "has more than {:,} files and directories; if you trust it, raise the limit with --limit entries=NUMBER"


def made_tree(root: Path, *lines: str) -> str:
    """The id of a tree with these entries, as `git ls-tree` prints them."""
    return git(root, "mktree", stdin="".join(f"{line}\n" for line in lines).encode()).decode().strip()


def raw_tree(root: Path, *entries: tuple[str, bytes, str]) -> str:
    """The same with names that git would not put there: mode, name, id."""
    data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(id_) for mode, name, id_ in entries)
    arguments = ("hash-object", "--literally", "-t", "tree", "-w", "--stdin")
    return git(root, *arguments, stdin=data).decode().strip()


def blob(root: Path) -> str:
    return git(root, "hash-object", "-w", "--stdin", stdin=b"x\n").decode().strip()


def committed(root: Path, tree: str) -> str:
    """Makes a commit of a tree the one that the branch stands on."""
    commit = git(root, "commit-tree", "-m", "made", tree).decode().strip()
    git(root, "update-ref", "refs/heads/main", commit)
    return commit


def multiplied(root: Path, *, levels: int = 10, is_empty: bool = False) -> str:
    """A commit of a tree of ten equal trees of ten equal trees."""
    file = blob(root)
    tree = made_tree(root, *(() if is_empty else (f"100644 blob {file}\tf{number}" for number in range(10))))
    for _ in range(levels):
        tree = made_tree(root, *(f"040000 tree {tree}\td{number}" for number in range(10)))
    return committed(root, tree)


MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
sys.stdout.buffer.write(done.stdout + done.stderr)
"""


@pytest.mark.full
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_tree_of_ten_thousand_million_files_is_refused_early(tmp_path: Path, is_empty: bool) -> None:
    """Trees alone are held against the default limit; files, which take longer, against a lower one."""
    root = make_repo(tmp_path / "app", {"a": "x"})
    multiplied(root, is_empty=is_empty)
    most, most_megabytes, options = (500_000, 200, ()) if is_empty else (100_000, 100, ("--limit", "entries=100000"))
    command = [sys.executable, "-c", MEASURED, *COMMAND, "--rev", "HEAD", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True, timeout=300)
    numbers, _, said = done.stdout.decode().partition("\n")
    code, megabytes = map(int, numbers.split())
    assert (code, said) == (2, f"slugtrim: HEAD: {TOO_MANY.format(most)}\n")
    assert megabytes < most_megabytes


ASKING = [
    ("audit",),
    ("ls",),
    ("ls", "--long"),
    ("suggest",),
    ("lint",),
    ("check",),
    ("explain", "f0"),
]


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
@pytest.mark.parametrize("source", [("--rev", "HEAD"), (), ("--no-git",)], ids=["commit", "work tree", "directory"])
def test_every_command_keeps_the_limit_that_is_set(
    tmp_path: Path, command: tuple[str, ...], source: tuple[str, ...]
) -> None:
    root = make_repo(tmp_path / "app", {f"f{number}": "x" for number in range(12)})
    shown = "HEAD" if source[:1] == ("--rev",) else root
    done = run(*command, *source, "--limit", "entries=11", cwd=root)
    assert done == (2, b"", f"slugtrim: {shown}: {TOO_MANY.format(11)}\n".encode())
    enough = "entries=1000" if source == ("--no-git",) else "entries=12"  # with all that is in .git
    assert run(*command, *source, "--limit", enough, cwd=root).code == 0


def test_diff_keeps_it_for_both_sides(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    commit_all(make_tree(root, {f"f{number}": "x" for number in range(12)}))
    for sides in (("HEAD~1", "HEAD"), ("HEAD", "HEAD~1")):
        done = run("diff", *sides, "--limit", "entries=12", cwd=root)
        assert done == (2, b"", f"slugtrim: HEAD: {TOO_MANY.format(12)}\n".encode())
    assert run("diff", "HEAD~1", "HEAD", "--limit", "entries=13", cwd=root).code == 0


@each_row("text", ["entries", "entries=", "entries=x", "unpacked=1GB", "=9"])
def test_a_limit_that_is_none_is_a_mistake(tmp_path: Path, text: str) -> None:
    done = run("--limit", text, cwd=make_repo(tmp_path, {"a": "x"}))
    assert (done.code, done.stdout) == (2, b"")
    assert done.stderr.startswith(f"slugtrim: --limit {text}: is no".encode())


def test_files_of_submodules_count_together_with_the_rest(tmp_path: Path) -> None:
    make_repo(tmp_path / "lib", {f"l{number}": "x" for number in range(5)})
    root = make_repo(tmp_path / "app", {"a": "x"})
    for name in ("one", "two"):
        git(root, "submodule", "add", "-q", str(tmp_path / "lib"), name)
    commit_all(root)
    for rev in (None, "HEAD"):
        # .gitmodules and a; one and two; five in each
        assert len(open_tree(bytes(root), rev=rev).files) == 12
        assert len(find_tree(bytes(root), rev=rev, most_files=14).load().files) == 12
        with pytest.raises(SourceError) as caught:
            find_tree(bytes(root), rev=rev, most_files=13).load()
        assert str(caught.value) == f"{root if rev is None else rev}: {TOO_MANY.format(13)}"


def test_a_partial_clone_is_counted_before_it_is_asked_what_is_missing(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    multiplied(root, levels=3)
    git(root, "config", "remote.origin.promisor", "true")
    with pytest.raises(SourceError) as caught:
        find_tree(bytes(root), rev="HEAD", most_files=5000).load()
    assert str(caught.value) == f"HEAD: {TOO_MANY.format(5000)}"
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    assert not children.exists() or children.read_text() == ""  # git ends with it, though the error is still held
    assert len(open_tree(bytes(root), rev="HEAD").files) == 10_000


def test_equal_trees_are_listed_once_where_one_is_missing(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    lost = made_tree(root, f"100644 blob {blob(root)}\tlost")
    tree = made_tree(root, f"040000 tree {lost}\tlost", f"100644 blob {blob(root)}\tx")
    for _ in range(10):
        tree = made_tree(root, *(f"040000 tree {tree}\td{number}" for number in range(10)))
    committed(root, tree)
    (root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(SourceError) as caught:
        find_tree(bytes(root), rev="HEAD", most_files=20_000).load()
    assert str(caught.value) == f"HEAD: {TOO_MANY.format(20_000)}"


def test_a_damaged_tree_is_not_counted_twice(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"d/lost": "x", **{f"f{number}": "x" for number in range(5)}})
    lost = git(root, "rev-parse", "HEAD:d").decode().strip()
    (root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    tree = find_tree(bytes(root), rev="HEAD", most_files=6).load()
    assert ([gone.path for gone in tree.unreadable], len(tree.files)) == ([b"d"], 5)


def test_a_name_that_is_a_file_and_a_directory_gets_one_line(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    file = blob(root)
    below = made_tree(root, f"100644 blob {file}\tx")
    committed(root, raw_tree(root, ("100644", b"a", file), ("40000", b"a", below)))
    message = "HEAD: holds a as a file and as a directory, so git cannot check it out; see git fsck, and commit it anew"
    for command in ASKING:
        assert run(*command, "--rev", "HEAD", cwd=root) == (2, b"", f"slugtrim: {message}\n".encode())


def test_a_name_that_is_there_twice_gets_one_line(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    file = blob(root)
    committed(root, raw_tree(root, ("100644", b"a", file), ("100755", b"a", file)))
    message = "HEAD: holds a twice, so git cannot check it out; see git fsck, and commit it anew"
    assert run("--rev", "HEAD", cwd=root) == (2, b"", f"slugtrim: {message}\n".encode())


@pytest.mark.parametrize("name", [b"..", b".", b".git", b"", b"a/b", b"/", b"../x", b"a//b", b"\xff\n"])
@pytest.mark.parametrize("is_directory", [False, True])
def test_a_name_that_no_tree_should_have_ends_in_a_report_or_a_line(
    tmp_path: Path, name: bytes, is_directory: bool
) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    file = blob(root)
    below = made_tree(root, f"100644 blob {file}\tx")
    entry = ("40000", name, below) if is_directory else ("100644", name, file)
    committed(root, raw_tree(root, entry, ("100644", b"zzz", file)))
    for command in ASKING:
        done = run(*command, "--rev", "HEAD", cwd=root)
        assert done.code in (0, 2), (command, done)
        assert b"Traceback" not in done.stderr
        if done.code == 2:
            assert (done.stdout, done.stderr.count(b"\n")) == (b"", 1)


def test_a_push_of_what_cannot_be_measured_says_so(tmp_path: Path) -> None:
    app = make_application(tmp_path, {"Procfile": "web: x\n"})
    assert app.slugtrim("hook", "install").code == 0
    file = blob(app.root)
    below = made_tree(app.root, f"100644 blob {file}\tx")
    commit = committed(app.root, raw_tree(app.root, ("100644", b"a", file), ("40000", b"a", below)))
    line = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n"
    done = app.pre_push(line)
    why = (
        f"{commit}: holds a as a file and as a directory, so git cannot check it out; see git fsck, and commit it anew"
    )
    unmeasured = "the push was not measured, and git push --no-verify skips the check"
    assert done == (2, b"", f"slugtrim: {why}; {unmeasured}\n".encode())
    pushed = app.push("heroku", "main")
    assert pushed.code == 1
    assert pushed.stderr.startswith(f"slugtrim: {why}; {unmeasured}\n".encode())
    assert app.arrived() is None


def with_modes(root: Path, modes: dict[bytes, int]) -> None:
    """Gives entries of the index these modes, and the index a checksum that holds."""
    path = root / ".git/index"
    data = bytearray(path.read_bytes()[:-20])
    for name, mode in modes.items():
        at = data.index(name + b"\0", 12) - 62
        data[at + 24 : at + 28] = struct.pack(">I", mode)
    path.write_bytes(bytes(data) + hashlib.sha1(data, usedforsecurity=False).digest())


@pytest.mark.parametrize("mode_is_trusted", ["true", "false"])
def test_modes_of_an_index_are_read_as_git_reads_them(tmp_path: Path, mode_is_trusted: str) -> None:
    root = make_repo(tmp_path / "app", {"plain": "x", "program*": "y", "unclear": "z"})
    git(root, "config", "core.fileMode", mode_is_trusted)
    with_modes(root, {b"plain": 0o102644, b"program": 0o100775, b"unclear": 0o100600})
    assert b"102644" in git(root, "ls-files", "--stage")
    for _ in range(2):
        tree = open_tree(bytes(root))
        modes = {file.path: file.mode for file in tree.files}
        assert modes == {b"plain": REGULAR, b"program": EXECUTABLE, b"unclear": REGULAR}
        assert run(cwd=root).code == 0
        os.utime(root / "plain", (1, 1))  # and when git has to look at what is on disk
        make_tree(root, {"unclear": "zz"})


def test_the_commit_in_a_message_is_cut_where_it_is_long(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    file = blob(root)
    name = b"n" * 5000
    committed(root, raw_tree(root, ("100644", name, file), ("100755", name, file)))
    with pytest.raises(SourceError) as caught:
        open_tree(bytes(root), rev="HEAD")
    assert len(str(caught.value)) < 500
