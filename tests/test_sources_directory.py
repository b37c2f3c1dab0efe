"""A plain directory as a source."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, SourceKind, Tree
from slugtrim.sources import open_tree
from tests.builders import Content, git, in_batches, in_pieces, listed, make_repo, make_tree, unprivileged
from tests.rows import each_row


def at(path: Path, prefix: bytes = b"", *, use_git: bool = True) -> Tree:
    return open_tree(os.fsencode(path), prefix=prefix, use_git=use_git)


def error_at(path: Path, prefix: bytes = b"") -> str:
    with pytest.raises(SourceError) as caught:
        at(path, prefix)
    return str(caught.value)


@pytest.fixture
def open_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that every user can reach, which pytest's own are not."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    monkeypatch.setenv("HOME", str(path))
    yield path
    shutil.rmtree(path)


FILES: dict[bytes | str, Content] = {
    **{name: b"content of " + name for name in (b"a\nb", b"t\tab", b'"q\\', b"\x1b[31m", b"\xff\xfe", b"-x", b" ")},
    "d/e/f": "fff",
    "d.txt": "sorts before d/",
    "large": b"0123456789abcdef" * 100_000,
    "empty": "",
    "run*": "#!/bin/sh\n",
    "to-file": Path("large"),
    "to-dir": Path("d"),
    "dangling": Path("no/such"),
    "loop": Path("loop"),
    "empty-dir": None,
}


def test_everything_below_a_directory_counts(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "app", FILES)
    tree = at(root)
    expected = {
        os.fsencode(name).removesuffix(b"*"): os.fsencode(content) if isinstance(content, str | Path) else content
        for name, content in FILES.items()
        if content is not None
    }
    modes = {b"run": EXECUTABLE, **dict.fromkeys((b"to-file", b"to-dir", b"dangling", b"loop"), SYMLINK)}
    assert listed(tree) == {path: (modes.get(path, REGULAR), None, len(data)) for path, data in expected.items()}
    assert [file.path for file in tree.files] == sorted(expected)
    assert in_batches(tree) == in_pieces(tree) == expected
    assert tree.links == {path: data for path, data in expected.items() if modes.get(path) == SYMLINK}
    assert (tree.source.kind, tree.source.path) == (SourceKind.DIRECTORY, os.fsencode(root))
    assert (tree.unreadable, tree.notes, tree.source.rev) == ((), (), None)


def test_a_directory_counts_the_same_files_as_git_does(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES)
    tracked = listed(at(root))
    plain = {path: entry for path, entry in listed(at(root, use_git=False)).items() if not path.startswith(b".git/")}
    assert plain == {path: (mode, None, size) for path, (mode, _, size) in tracked.items()}
    assert {file.path for file in at(root / "d", use_git=False).files} == {b"e/f"}


def test_an_empty_directory_has_no_files(tmp_path: Path) -> None:
    assert at(tmp_path).files == ()


def test_a_prefix_is_the_root_of_the_slug(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x", "sub/.slugignore": "s\n", "sub/b": "y", ".slugignore": "t\n"})
    tree = at(tmp_path, b"sub/")
    assert (tree.slugignore, tree.source.path) == (b"s\n", os.fsencode(tmp_path / "sub"))
    assert in_batches(tree) == {b".slugignore": b"s\n", b"b": b"y"}
    assert error_at(tmp_path, b"no\npe") == (
        f'"{tmp_path}/no\\npe": cannot be read (No such file or directory); name a directory you may read'
    )
    assert error_at(tmp_path, b"a") == f"{tmp_path}/a: cannot be read (Not a directory); name a directory you may read"


ODD_PATHS = {
    "missing": ("no\nsuch", "{root}/no\\nsuch", "does not exist; name a directory to measure"),
    "below a file": ("file/x", "{root}/file/x", "cannot be read (Not a directory); name a directory to measure"),
    "a file": ("file", "{root}/file", "is not a directory; name the directory to measure, not a file in it"),
    "a dangling link": ("dangling", "{root}/dangling", "does not exist; name a directory to measure"),
    "a pipe": ("pipe", "{root}/pipe", "is not a directory; name the directory to measure, not a file in it"),
}


@each_row("case", ODD_PATHS)
@each_row("use_git", [True, False])
def test_a_path_that_is_no_directory_is_an_error_of_one_line(tmp_path: Path, case: str, *, use_git: bool) -> None:
    make_tree(tmp_path, {"file": "x", "dangling": Path("nope")})
    os.mkfifo(tmp_path / "pipe")
    name, shown, why = ODD_PATHS[case]
    with pytest.raises(SourceError) as caught:
        at(tmp_path / name, use_git=use_git)
    shown = shown.format(root=tmp_path)
    assert str(caught.value) == (f'"{shown}": {why}' if "\\" in shown else f"{shown}: {why}")


def test_a_path_with_a_nul_is_an_error_of_one_line() -> None:
    with pytest.raises(SourceError) as caught:
        open_tree(b"/tmp/a\0b")
    assert str(caught.value) == '"/tmp/a\\000b": does not exist; name a directory to measure'


def test_pipes_and_sockets_are_named_and_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {"d/a": "x", "to-pipe": Path("d/pipe")})
    os.mkfifo(tmp_path / "d/pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        tree = at(tmp_path)
    assert {file.path for file in tree.files} == {b"d/a", b"to-pipe"}
    (note,) = tree.notes
    assert (note.id, note.paths) == ("special-files", (b"d/pipe", b"socket"))
    assert note.message == "sockets, pipes and devices are not counted; git cannot hold them"


def test_what_may_not_be_read_is_data_below_the_root_and_an_error_at_it(open_path: Path) -> None:
    root = make_tree(open_path / "app", {"a": "x", "secret": "y", "closed/b": "z", "deep/closed/c": "z"})
    (root / "secret").chmod(0)
    (root / "closed").chmod(0)
    (root / "deep/closed").chmod(0o444)
    with unprivileged(open_path):
        tree = at(root)
        assert {gone.path: gone.reason for gone in tree.unreadable} == {
            b"closed": "Permission denied",
            b"deep/closed/c": "Permission denied",
        }
        with tree.contents.open() as reader:
            assert list(reader.batch(tree.files)) == [b"x", None]
            assert [b"".join(reader.pieces(file, 1)) for file in tree.files] == [b"x", b""]
            assert [(gone.path, gone.reason) for gone in reader.unreadable] == [(b"secret", "Permission denied")] * 2
        root.chmod(0)
        assert error_at(root).removeprefix(f"{root}: ") in (
            "cannot be read (Permission denied); name a directory you may read",
            "git cannot read this repository (cannot change to '" + str(root) + "': Permission denied); mend it, or "
            "use --no-git",
        )
        with pytest.raises(SourceError) as caught:
            at(root, use_git=False)
        assert str(caught.value) == f"{root}: cannot be read (Permission denied); name a directory you may read"
        root.chmod(0o755)
        (root / "closed").chmod(0o755)
        (root / "deep/closed").chmod(0o755)


@pytest.fixture
def make_deep(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """Makes directories in directories with a file at the bottom. pytest could not remove them again: it recurses."""
    top = tmp_path / "deep"

    def make(name: str, levels: int) -> Path:
        make_tree(top, {"top": "x"})
        here = os.open(top, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)
        return top

    yield make
    subprocess.run(["rm", "-rf", str(top)], check=True)


def test_two_thousand_levels_are_walked_as_far_as_the_system_goes(make_deep: Callable[[str, int], Path]) -> None:
    tree = at(make_deep("dd", 2000))
    assert {file.path for file in tree.files} == {b"top"}
    (gone,) = tree.unreadable
    assert gone.reason == "File name too long"
    assert gone.path.count(b"/") > 1000


def test_more_levels_than_python_recurses_are_counted(make_deep: Callable[[str, int], Path]) -> None:
    tree = at(make_deep("d", 1500))
    assert in_batches(tree) == {b"top": b"x", b"d/" * 1500 + b"file": b""}
    assert tree.unreadable == ()


def test_a_file_that_changes_while_it_is_read_counts_as_listed_or_is_reported(tmp_path: Path) -> None:
    make_tree(tmp_path, {"grew": "xx", "shrank": "yyyy", "went": "z", "pipe": "p", "same": "s"})
    tree = at(tmp_path)
    make_tree(tmp_path, {"grew": "xxxx", "shrank": "yy"})
    (tmp_path / "went").unlink()
    (tmp_path / "pipe").unlink()
    os.mkfifo(tmp_path / "pipe")
    expected = {b"grew": b"xx", b"pipe": None, b"same": b"s", b"shrank": b"yy", b"went": None}
    assert in_batches(tree) == expected
    assert in_pieces(tree, 1) == {path: data or b"" for path, data in expected.items()}
    with tree.contents.open() as reader:
        list(reader.batch(tree.files))
        for file in tree.files:
            list(reader.pieces(file, 1))
        assert [(gone.path, gone.reason) for gone in reader.unreadable] == [
            (b"pipe", "not a regular file"),
            (b"shrank", "it shrank while it was read"),
            (b"went", "No such file or directory"),
        ] * 2


def test_a_nested_repository_is_files_like_others_without_git(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    make_repo(tmp_path / "nested", {"b": "y"})
    tree = at(tmp_path)
    assert tree.source.kind is SourceKind.DIRECTORY
    assert {b"a", b"nested/b", b"nested/.git/HEAD"} <= {file.path for file in tree.files}
    assert git(tmp_path / "nested", "status", "--porcelain") == b""
