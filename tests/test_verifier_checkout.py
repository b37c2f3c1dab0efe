"""Laying files out: bytes, modes and names as in the tree, and nothing outside the directory."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import REGULAR, SYMLINK, File
from slugtrim.interrupts import Interrupted
from slugtrim.sources import open_tree
from slugtrim.verifier.laboratory import lay_out, refuse, remove
from tests.builders import Content, git, lfs_pointer, make_repo, make_tree, unprivileged
from tests.rows import each_row

ODD: dict[bytes | str, Content] = {
    b"a\nb/c\td": b"1",
    b"bad\xff/\xfe": b"2",
    "bin/run*": "#!/bin/sh\n",
    "empty": b"",
    "large.bin": os.urandom(3 << 20),
    "lnk/dangling": Path("/no/such"),
    "lnk/dir": Path("../bin"),
    "lnk/out": Path("/etc"),
    "sp ace/-x": b"3",
}


def never() -> None:
    pass


def seen(root: Path) -> dict[bytes, tuple[int, bytes]]:
    """Path to kind with the owner's bit to execute, and content."""
    found = {}
    top = os.fsencode(root)
    for directory, _, _ in os.walk(top):
        for entry in [entry for entry in os.scandir(directory) if not entry.is_dir(follow_symlinks=False)]:
            mode = entry.stat(follow_symlinks=False).st_mode
            content = os.readlink(entry.path) if stat.S_ISLNK(mode) else Path(os.fsdecode(entry.path)).read_bytes()
            found[os.path.relpath(entry.path, top)] = (stat.S_IFMT(mode) | (mode & 0o100), content)
    return found


@pytest.mark.parametrize("use_git", [True, False])
def test_it_is_what_is_in_the_tree(tmp_path: Path, use_git: bool) -> None:
    root = make_repo(tmp_path / "repo", ODD) if use_git else make_tree(tmp_path / "tree", ODD)
    tree = open_tree(os.fsencode(root), rev="HEAD" if use_git else None, use_git=use_git)
    target = tmp_path / "out"
    lay_out(tree.contents, tree.files, os.fsencode(target), never)
    assert seen(target) == seen(make_tree(tmp_path / "expected", ODD))


def test_git_has_no_say_in_it(tmp_path: Path) -> None:
    """No line ends are changed, no keywords filled in, no large file fetched, no program of a filter run."""
    pointer = lfs_pointer(b"x" * 5000)
    files: dict[bytes | str, Content] = {
        ".gitattributes": "*.txt text eol=crlf ident\n*.psd filter=lfs\n*.x filter=evil\n",
        "a.psd": pointer,
        "a.txt": "one $Id$\ntwo\n",
        "a.x": "x",
    }
    repo = make_repo(tmp_path / "repo", files)
    for key in ("filter.evil.smudge", "filter.lfs.smudge"):
        git(repo, "config", key, f"touch {tmp_path}/ran; cat")
    make_tree(repo, {".git/hooks/post-checkout*": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    tree = open_tree(os.fsencode(repo), rev="HEAD")
    lay_out(tree.contents, tree.files, os.fsencode(tmp_path / "out"), never)
    assert (tmp_path / "out/a.txt").read_bytes() == b"one $Id$\ntwo\n"
    assert (tmp_path / "out/a.psd").read_bytes() == pointer
    assert not (tmp_path / "ran").exists()


def file(path: bytes, mode: int = REGULAR, size: int = 0) -> File:
    return File(path, size, mode, None)


@each_row(
    "path, shown",
    [
        (b"../x", "../x"),
        (b"a/../../x", "a/../../x"),
        (b"/etc/x", "/etc/x"),
        (b"a//b", "a//b"),
        (b"a/./b", "a/./b"),
        (b"", ""),
        (b".git/hooks/x", ".git/hooks/x"),
        (b"sub/.GIT/config", "sub/.GIT/config"),
        (b"sub/.git", "sub/.git"),
        (b"a\0b", '"a\\000b"'),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(path: bytes, shown: str) -> None:
    with pytest.raises(SourceError) as caught:
        refuse([file(b"fine"), file(path)])
    why = "leads out of the tree or into a .git, and --verify does not write that; rename it"
    assert str(caught.value) == f"{shown}: {why}"


@pytest.mark.parametrize("paths", [(b"a", b"a"), (b"a/b", b"a"), (b"a", b"a/b/c")])
def test_two_files_in_one_place_are_refused(paths: tuple[bytes, ...]) -> None:
    """A link and a file below it would be the way out of the directory."""
    with pytest.raises(SourceError) as caught:
        refuse([file(path, SYMLINK) for path in paths])
    assert str(caught.value) == "a: exists twice, and --verify cannot write both; rename one of them"


def test_a_hostile_commit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", {"a.txt": "a"})
    blob = git(repo, "hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\n").decode().strip()
    inner = raw_tree(repo, b"100755", b"x", blob)
    for name, shown in ((b"..", "../x"), (b".git", ".git/x")):
        commit = git(repo, "commit-tree", "-m", "evil", raw_tree(repo, b"40000", name, inner)).decode().strip()
        tree = open_tree(os.fsencode(repo), rev=commit)
        with pytest.raises(SourceError, match=r"leads out of the tree or into a \.git") as caught:
            lay_out(tree.contents, tree.files, os.fsencode(tmp_path / "out"), never)
        assert str(caught.value).startswith(f"{shown}: ")
        assert not (tmp_path / "out").exists()
        assert not (tmp_path / "x").exists()


def raw_tree(repo: Path, mode: bytes, name: bytes, id_: str) -> str:
    """A tree of one entry, which git itself would not make."""
    entry = mode + b" " + name + b"\0" + bytes.fromhex(id_)
    return git(repo, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=entry).decode().strip()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", {"a": "a", "b": "b"})
    tree = open_tree(os.fsencode(repo), rev="HEAD")
    blob = next(item.blob for item in tree.files if item.path == b"b")
    assert blob is not None
    (repo / ".git/objects" / blob[:2].decode() / blob[2:].decode()).unlink()
    with pytest.raises(SourceError) as caught:
        lay_out(tree.contents, tree.files, os.fsencode(tmp_path / "out"), never)
    why = "its object is missing or damaged"
    assert str(caught.value) == f"b: cannot be read ({why}), and --verify needs every file; fix that, or drop --verify"


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_file_that_shrank_meanwhile_is_said(tmp_path: Path, size: int) -> None:
    root = make_tree(tmp_path / "tree", {"a": b"x" * size})
    tree = open_tree(os.fsencode(root), use_git=False)
    os.truncate(root / "a", size // 2)
    with pytest.raises(SourceError, match=r"^a: cannot be read"):
        lay_out(tree.contents, tree.files, os.fsencode(tmp_path / "out"), never)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "tree", {"a": b"x"})
    tree = open_tree(os.fsencode(root), use_git=False)
    target = tmp_path / "no/out"
    with pytest.raises(SourceError) as caught:
        lay_out(tree.contents, tree.files, os.fsencode(target), never)
    why = "cannot be written for --verify (No such file or directory); make room, or set TMPDIR"
    assert str(caught.value) == f"{target}: {why}"


def test_it_stops_when_it_is_told_to(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "tree", {str(number): b"x" for number in range(20)})
    tree = open_tree(os.fsencode(root), use_git=False)
    left = iter(range(5))

    def check() -> None:
        if next(left, None) is None:
            raise Interrupted

    with pytest.raises(Interrupted):
        lay_out(tree.contents, tree.files, os.fsencode(tmp_path / "out"), check)
    assert len(list((tmp_path / "out").iterdir())) == 5


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that others may enter."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_what_a_build_made_unreadable_is_removed(open_path: Path) -> None:
    outside = make_tree(open_path / "outside", {"keep": "x"})
    root = make_tree(open_path / "root", {"a/b/c": "x", "a/lnk": outside, "a/b/d/e": "x", "locked/f": "x"})
    os.mkfifo(root / "fifo")
    for path in ("a/b/d", "a/b", "a", "locked"):
        (root / path).chmod(0 if path != "a" else 0o555)
    with unprivileged(open_path):
        remove(os.fsencode(root))
    assert not root.exists()
    assert (outside / "keep").read_text() == "x"
    assert outside.stat().st_mode & 0o777 != 0


def test_a_link_put_in_its_place_is_not_followed(tmp_path: Path) -> None:
    outside = make_tree(tmp_path / "outside", {"keep": "x"})
    (tmp_path / "root").symlink_to(outside)
    remove(os.fsencode(tmp_path / "root"))
    assert not os.path.lexists(tmp_path / "root")
    assert (outside / "keep").read_text() == "x"


@pytest.mark.full
def test_a_deep_tree_is_removed(tmp_path: Path) -> None:
    depth = 1500
    path = tmp_path / "root"
    path.mkdir()
    before = os.open(".", os.O_RDONLY)
    os.chdir(path)
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.fchdir(before)
        os.close(before)
    remove(os.fsencode(path))
    assert not path.exists()
