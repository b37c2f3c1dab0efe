"""Adding entries to a .slugignore: what is there stays, and nothing is half done."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Source, SourceKind
from slugtrim.ignore import Dialect, parse
from slugtrim.suggester.writing import check_writable, with_entries, write_slugignore
from tests.builders import make_tree, unprivileged

TODAY = date(2026, 11, 23)
LATER = date(2027, 1, 2)
BOM = b"\xef\xbb\xbf"
HEADING = b"# Suggested by slugtrim, 2026-11-23"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, HEADING + b"\n/spec\n*.psd\n"),
        (b"", HEADING + b"\n/spec\n*.psd\n"),
        (b"\n", b"\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/log\n", b"/log\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/log\n\n", b"/log\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/log", b"/log\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/log \n  \n", b"/log \n  \n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/log\r\n/tmp\r\n", b"/log\r\n/tmp\r\n\r\n" + HEADING + b"\r\n/spec\r\n*.psd\r\n"),
        (b"/log\r\n/tmp", b"/log\r\n/tmp\r\n\r\n" + HEADING + b"\r\n/spec\r\n*.psd\r\n"),
        (b"/log\r\n/tmp\r", b"/log\r\n/tmp\r\n\r\n" + HEADING + b"\r\n/spec\r\n*.psd\r\n"),
        (b"/a\r\n/b\n/c\n", b"/a\r\n/b\n/c\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (BOM, BOM + b"\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (BOM + b"/log\n", BOM + b"/log\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"\xff\xfe\x80\n", b"\xff\xfe\x80\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/spec\n", b"/spec\n\n" + HEADING + b"\n*.psd\n"),
        (b"/spec  \r\n/x\r\n", b"/spec  \r\n/x\r\n\r\n" + HEADING + b"\r\n*.psd\r\n"),
        (b" /spec\n*.psd\t\n", b" /spec\n*.psd\t\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        # The glob dialect takes the mark for a part of the name, so that the line is another one to it.
        (BOM + b"/spec", BOM + b"/spec\n\n" + HEADING + b"\n/spec\n*.psd\n"),
        (b"/spec # tests\n", b"/spec # tests\n\n" + HEADING + b"\n/spec\n*.psd\n"),
    ],
)
def test_entries_come_after_what_is_there(content: bytes | None, expected: bytes) -> None:
    assert with_entries(content, [b"/spec", b"*.psd", b"/spec"], TODAY) == expected


def test_a_later_call_adds_to_the_same_lines_and_tells_the_day() -> None:
    first = with_entries(b"/log\r\n", [b"/spec"], TODAY) + b"\r\n# mine\r\n/own\r\n"
    assert with_entries(first, [b"/docs", b"/own"], LATER) == (
        b"/log\r\n\r\n# Suggested by slugtrim, 2027-01-02\r\n/spec\r\n/docs\r\n\r\n# mine\r\n/own\r\n"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADING, b"# Suggested by slugtrim, 2027-01-02\n/docs\n"),
        (BOM + HEADING + b"  \n/spec", BOM + b"# Suggested by slugtrim, 2027-01-02  \n/spec\n/docs\n"),
        (HEADING + b"\n# mine\n/x\n", b"# Suggested by slugtrim, 2027-01-02\n/docs\n# mine\n/x\n"),
        (HEADING + b"\n\n" + HEADING + b"\n/x\n", HEADING + b"\n\n# Suggested by slugtrim, 2027-01-02\n/x\n/docs\n"),
        (b"#" + HEADING + b"\n", b"#" + HEADING + b"\n\n# Suggested by slugtrim, 2027-01-02\n/docs\n"),
    ],
)
def test_its_comment_is_found_wherever_it_is(content: bytes, expected: bytes) -> None:
    assert with_entries(content, [b"/docs"], LATER) == expected


CONTENT = st.none() | st.lists(
    st.sampled_from([b"/spec", b"/log", b" /spec ", b"", b"# c", HEADING, b"\n", b"\r\n", b"\n", b"\r", b"\xff", BOM]),
    max_size=12,
).map(b"".join)
PATTERNS = st.lists(st.sampled_from([b"/spec", b"/docs", b"*.psd", b"/a b", b"/log"]), max_size=5)


@given(CONTENT, PATTERNS, PATTERNS)
@example(b"\n\xef\xbb\xbf# Suggested by slugtrim, 2026-11-23", [], [b"/spec"])
def test_whatever_is_there_stays_and_the_same_again_changes_nothing(
    content: bytes | None, patterns: list[bytes], more: list[bytes]
) -> None:
    once = with_entries(content, patterns, TODAY)
    assert with_entries(once, patterns, LATER) == once
    both = with_entries(once, more, LATER)
    for dialect in Dialect:
        before = [rule.pattern for rule in parse(content or b"", dialect)]
        after = [rule.pattern for rule in parse(both, dialect)]
        assert set(after) == {*before, *patterns, *more}
        assert len(after) <= len(before) + len({*patterns, *more})
    lines = (content or b"").split(b"\n")
    kept = iter(line.removesuffix(b"\r") for line in both.split(b"\n"))
    assert all(b"Suggested" in line or line.removesuffix(b"\r") in kept for line in lines)


def worktree(root: Path, prefix: bytes = b"") -> Source:
    return Source(kind=SourceKind.WORKTREE, root=bytes(root), prefix=prefix)


def test_a_new_file_is_as_the_user_makes_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    write_slugignore(worktree(tmp_path), None, b"/spec\n")
    os.umask(before)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (".slugignore", b"/spec\n", 0o640)


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755, 0o444])
def test_a_file_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    file = make_tree(tmp_path, {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(mode)
    write_slugignore(worktree(tmp_path), b"/log\n", b"/spec\n")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"/spec\n", mode)
    assert list(tmp_path.iterdir()) == [file]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner_where_that_is_permitted(shared: Path) -> None:
    file = make_tree(shared, {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(0o644)
    os.chown(file, 1234, 4321)
    write_slugignore(worktree(shared), b"/log\n", b"/spec\n")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)
    with unprivileged(shared):
        os.seteuid(0)
        os.chown(file, 1234, 4321)
        os.seteuid(65534)
        write_slugignore(worktree(shared), b"/spec\n", b"/docs\n")
    assert (file.read_bytes(), file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) == (b"/docs\n", 65534, 0o644)


def test_with_a_prefix_it_is_the_file_of_that_directory(tmp_path: Path) -> None:
    make_tree(tmp_path, {"web/.slugignore": b"/log\n"})
    write_slugignore(worktree(tmp_path, b"web"), b"/log\n", b"/spec\n")
    assert (tmp_path / "web/.slugignore").read_bytes() == b"/spec\n"
    assert not (tmp_path / ".slugignore").exists()


def refused(source: Source, before: bytes | None = None) -> str:
    with pytest.raises((SourceError, UsageError)) as caught:
        write_slugignore(source, before, b"/spec\n")
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_commit_is_not_written_to(tmp_path: Path) -> None:
    source = Source(kind=SourceKind.COMMIT, root=bytes(tmp_path), rev="a" * 40)
    with pytest.raises(UsageError) as caught:
        check_writable(source)
    assert str(caught.value) == (
        "--write: changes the .slugignore on disk, and --rev measures a commit; drop one of them"
    )


def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"rules": b"/log\n", ".slugignore": Path("rules")})
    assert refused(worktree(tmp_path), b"/log\n") == (
        f"{tmp_path}/.slugignore: is a symlink, which --write does not follow; make it a file"
    )
    assert (tmp_path / "rules").read_bytes() == b"/log\n"
    assert (tmp_path / ".slugignore").is_symlink()


def test_a_directory_is_not_written_to(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore/x": b""})
    assert refused(worktree(tmp_path)) == (
        f"{tmp_path}/.slugignore: is not a file, so --write cannot change it; make it one"
    )


def test_a_prefix_that_became_a_symlink_is_not_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"elsewhere/.slugignore": b"/log\n", "repo/web": Path("../elsewhere")})
    assert refused(worktree(tmp_path / "repo", b"web"), b"/log\n") == (
        f"{tmp_path}/repo/web: is reached through a symlink; name the directory it leads to"
    )
    assert (tmp_path / "elsewhere/.slugignore").read_bytes() == b"/log\n"


def test_the_root_may_be_reached_through_a_symlink(tmp_path: Path) -> None:
    make_tree(tmp_path, {"repo/web/x": b"", "link": Path("repo")})
    write_slugignore(worktree(tmp_path / "link", b"web"), None, b"/spec\n")
    assert (tmp_path / "repo/web/.slugignore").read_bytes() == b"/spec\n"


@pytest.mark.parametrize("before", [None, b"/other\n"])
def test_what_somebody_else_wrote_meanwhile_stays(before: bytes | None, tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": b"/log\n"})
    assert refused(worktree(tmp_path), before) == (
        f"{tmp_path}/.slugignore: was changed meanwhile, and is left as it is; run the command again"
    )
    assert (tmp_path / ".slugignore").read_bytes() == b"/log\n"


def test_a_directory_that_nobody_may_write_to_is_one_line(shared: Path) -> None:
    file = make_tree(shared / "repo", {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(0o644)
    file.parent.chmod(0o555)
    with unprivileged(shared):
        message = refused(worktree(file.parent), b"/log\n")
    assert message == f"{file}: cannot be written (Permission denied) and is as it was; mend that, or use --diff"
    assert (file.read_bytes(), os.listdir(file.parent)) == (b"/log\n", [".slugignore"])


def test_a_disk_without_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    make_tree(tmp_path, {".slugignore": b"/log\n"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        message = refused(worktree(tmp_path), b"/log\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message == (
        f"{tmp_path}/.slugignore: cannot be written (File too large) and is as it was; mend that, or use --diff"
    )
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(".slugignore", b"/log\n")]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """While it is written again and again, another process never reads anything else."""
    old, new = b"/a\n" * 20_000, b"/b\n" * 20_000
    file = make_tree(tmp_path, {".slugignore": old}) / ".slugignore"
    script = (
        "import sys\n"
        f"seen = {{open({str(file)!r}, 'rb').read() for _ in range(2000)}}\n"
        f"sys.exit(not seen <= {{b'/a\\n' * 20_000, b'/b\\n' * 20_000}})"
    )
    reader = subprocess.Popen([sys.executable, "-c", script])
    before, after = old, new
    while reader.poll() is None:
        write_slugignore(worktree(tmp_path), before, after)
        before, after = after, before
    assert reader.returncode == 0
