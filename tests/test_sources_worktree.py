"""A work tree as a source, against what `git add --update` would record of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from slugtrim.errors import RulesError, SourceError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, SourceKind, Tree
from slugtrim.sources import open_tree
from tests.builders import (
    Content,
    as_added,
    blobs,
    commit_all,
    git,
    in_batches,
    in_pieces,
    lfs_pointer,
    listed,
    make_repo,
    make_tree,
    recorded,
    unprivileged,
)


def at(path: Path, prefix: bytes = b"") -> Tree:
    return open_tree(os.fsencode(path), prefix=prefix)


def error_at(path: Path, prefix: bytes = b"") -> str:
    with pytest.raises((SourceError, RulesError)) as caught:
        at(path, prefix)
    return str(caught.value)


def notes(tree: Tree) -> dict[str, tuple[bytes, ...]]:
    return {note.id: note.paths for note in tree.notes}


def unreadable(tree: Tree) -> dict[bytes, str]:
    return {gone.path: gone.reason for gone in tree.unreadable}


Change = Callable[[Path], object]
"""Does something to the work tree of a repository."""


@pytest.fixture
def open_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that every user can reach, which pytest's own are not."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    monkeypatch.setenv("HOME", str(path))
    yield path
    shutil.rmtree(path)


# What was changed since the index

FILES: dict[bytes | str, Content] = {
    "a": "aaa",
    "b": "bbb",
    "run*": "#!/bin/sh\n",
    "link": Path("a"),
    "dangling": Path("nope"),
    "loop": Path("loop"),
    "d/c": "ccc",
    "d/e/f": "fff",
    b"a\nb": "newline",
    b"tab\t\"quo'te\\": "marks",
    b"\xff\xfe": "no UTF-8",
    b"-x y\x1b": "dash",
}


def edit(files: Mapping[bytes | str, Content]) -> Change:
    return lambda root: make_tree(root, files)


def touched(*names: str) -> Change:
    """Gives files another time stamp and nothing else."""

    def change(root: Path) -> None:
        for name in names:
            os.utime(root / name, (1_000_000_000, 1_000_000_000))

    return change


def mode(bits: int, name: str) -> Change:
    return lambda root: os.chmod(root / name, bits)


def remove(*names: str) -> Change:
    def change(root: Path) -> None:
        for name in names:
            path = root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def replace_with(name: str, content: Content) -> Change:
    return steps(remove(name), edit({name: content}))


def run_git(*arguments: str) -> Change:
    return lambda root: git(root, *arguments)


def steps(*changes: Change) -> Change:
    return lambda root: [change(root) for change in changes]


def conflict(root: Path) -> None:
    """Both sides change ``a`` and ``b``, one removes ``d/c``; all three are in conflict."""
    git(root, "checkout", "-q", "-b", "side")
    commit_all(make_tree(root, {"a": "side's", "b": "side's", "d/c": "side's"}))
    git(root, "checkout", "-q", "main")
    (root / "d/c").unlink()
    commit_all(make_tree(root, {"a": "ours, longer", "b": "ours, longer"}))
    git(root, "config", "advice.mergeConflict", "false")
    with pytest.raises(Exception, match="returned non-zero exit status 1"):
        git(root, "-c", "user.name=x", "-c", "user.email=x@example.com", "merge", "side")
    (root / "b").unlink()


CHANGES: dict[str, tuple[Change, set[bytes]]] = {
    "nothing": (steps(), set()),
    "touched": (touched("a", "d/c", "run"), set()),
    "edited": (edit({"a": "longer than before", "d/c": "CCC", b"a\nb": "nl"}), set()),
    "edited, as long as before": (edit({"a": "AAA"}), set()),
    "emptied": (edit({"a": ""}), set()),
    "made executable": (mode(0o755, "a"), set()),
    "made not executable": (mode(0o644, "run"), set()),
    "deleted": (remove("a", "link"), {b"a", b"link"}),
    "directory deleted": (remove("d"), {b"d/c", b"d/e/f"}),
    "file to directory": (replace_with("a", None), {b"a"}),
    "file to full directory": (steps(replace_with("a", None), edit({"a/x": "x"})), {b"a"}),
    "file to symlink": (replace_with("a", Path("b")), set()),
    "file to dangling symlink": (replace_with("a", Path("far/away")), set()),
    "symlink to file": (replace_with("link", "now a file"), set()),
    "symlink to elsewhere": (replace_with("link", Path("b")), set()),
    "directory to file": (replace_with("d", "now a file"), {b"d/c", b"d/e/f"}),
    "directory to symlink": (replace_with("d", Path("/etc")), {b"d/c", b"d/e/f"}),
    "staged": (steps(edit({"n": "new", "a": "x"}), run_git("add", "n", "a")), set()),
    "staged, then edited": (steps(edit({"n": "new"}), run_git("add", "n"), edit({"n": "newer"})), set()),
    "staged deletion": (run_git("rm", "-q", "--cached", "a"), set()),
    "intent to add": (steps(edit({"n": "new"}), run_git("add", "-N", "n")), set()),
    "intent to add nothing": (steps(edit({"n": ""}), run_git("add", "-N", "n")), set()),
    "intent to add, deleted": (steps(edit({"n": ""}), run_git("add", "-N", "n"), remove("n")), {b"n"}),
    "untracked": (edit({"n": "new", "d/n": "new"}), set()),
    "assume-unchanged": (steps(run_git("update-index", "--assume-unchanged", "a"), edit({"a": "edited"})), set()),
    "assume-unchanged, deleted": (steps(run_git("update-index", "--assume-unchanged", "a"), remove("a")), set()),
    "skip-worktree": (steps(run_git("update-index", "--skip-worktree", "a", "d/c"), remove("a")), set()),
    "fileMode off": (steps(run_git("config", "core.fileMode", "false"), mode(0o755, "a"), touched("run")), set()),
    "symlinks off": (steps(run_git("config", "core.symlinks", "false"), replace_with("link", "elsewhere")), set()),
    "in conflict": (conflict, {b"b"}),
    "split index": (steps(run_git("update-index", "--split-index"), edit({"a": "x"})), set()),
    "index version 4": (steps(run_git("update-index", "--index-version=4"), touched("a")), set()),
}


@pytest.mark.parametrize(
    ("case", "object_format"),
    [*((case, "sha1") for case in CHANGES), *((case, "sha256") for case in ("touched", "edited", "in conflict"))],
)
def test_a_work_tree_counts_as_git_would_record_it(tmp_path: Path, case: str, object_format: str) -> None:
    change, deleted = CHANGES[case]
    root = make_repo(tmp_path / "app", FILES, options=(f"--object-format={object_format}",))
    change(root)
    expected = as_added(root)
    tree = at(root)
    assert listed(tree) == expected
    assert [file.path for file in tree.files] == sorted(expected)
    assert notes(tree).get("deleted", ()) == tuple(sorted(deleted or ()))
    assert tree.unreadable == ()
    copy = root.with_name("app-as-added")
    contents = dict(zip(expected, blobs(copy, [id_ for _, id_, _ in expected.values()]), strict=True))
    assert in_batches(tree) == in_pieces(tree) == contents
    assert tree.links == {path: contents[path] for path, (mode, _, _) in expected.items() if mode == SYMLINK}


def test_a_work_tree_knows_the_commit_it_stands_on(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "d/b": "y"})
    source = at(root / "d").source
    assert (source.kind, source.path) == (SourceKind.WORKTREE, os.fsencode(root))
    assert source.rev == git(root, "rev-parse", "HEAD").decode().strip()


def test_an_unborn_branch_counts_what_is_staged(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "d/b": "yy"}, commit=False)
    tree = at(root)
    assert {file.path: file.size_bytes for file in tree.files} == {b"a": 1, b"d/b": 2}
    assert tree.source.rev is None
    assert in_batches(tree) == {b"a": b"x", b"d/b": b"yy"}


def test_nothing_tracked_is_an_error_of_one_line(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "a\nb", {}, commit=False)
    make_tree(root, {"untracked": "x"})
    shown = f'"{tmp_path}/a\\nb"'
    message = f"{shown}: no commits yet and nothing is tracked; git add your files, or use --no-git"
    assert error_at(root) == message
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    assert error_at(root) == f"{shown}: git tracks no file here; git add your files, or use --no-git"


def test_a_linked_work_tree_is_measured_where_it_lies(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    git(root, "worktree", "add", "-q", "../linked", "-b", "other")
    make_tree(tmp_path / "linked", {"a": "changed"})
    assert in_batches(at(tmp_path / "linked")) == {b"a": b"changed"}
    assert in_batches(at(root)) == {b"a": b"x"}


def test_a_head_that_names_no_commit_leaves_the_index_to_measure(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    (root / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    tree = at(root)
    assert (tree.source.rev, in_batches(tree)) == (None, {b"a": b"x"})


# What cannot be read


def test_a_file_replaced_by_a_pipe_is_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "b": "y"})
    (root / "a").unlink()
    os.mkfifo(root / "a")
    tree = at(root)
    assert unreadable(tree) == {b"a": "neither a file nor a symlink"}
    assert in_batches(tree) == {b"b": b"y"}


def test_a_file_replaced_by_a_repository_is_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "b": "y"})
    (root / "a").unlink()
    make_repo(root / "a", {"z": "z"})
    assert unreadable(at(root)) == {b"a": "neither a file nor a symlink"}


def test_a_file_that_may_not_be_read_is_unreadable(open_path: Path) -> None:
    root = make_repo(open_path / "app", {"a": "x", "b": "y", "d/c": "z"})
    make_tree(root, {"a": "changed"})
    (root / "a").chmod(0)
    with unprivileged(open_path):
        tree = at(root)
        assert unreadable(tree) == {b"a": "Permission denied"}
        assert in_batches(tree) == {b"b": b"y", b"d/c": b"z"}


def test_a_slugignore_that_may_not_be_read_is_an_error(open_path: Path) -> None:
    root = make_repo(open_path / "app", {".slugignore": "a\n", "a": "x"})
    (root / ".slugignore").chmod(0)
    with unprivileged(open_path):
        reason = "Permission denied"
        assert error_at(root) == f".slugignore: cannot be read ({reason}); make it a readable file"


# Conversions: a file that the index calls clean counts as its blob

CONVERSIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "eol=crlf": ("*.txt text eol=crlf\n", ()),
    "autocrlf": ("", ("core.autocrlf=true",)),
    "text=auto and eol": ("* text=auto\n", ("core.eol=crlf",)),
    "safecrlf": ("*.txt text eol=crlf\n", ("core.safecrlf=true",)),
    "ident": ("*.txt ident\n", ()),
    "working-tree-encoding": ("*.txt text working-tree-encoding=UTF-16LE\n", ()),
}


@pytest.mark.parametrize("case", CONVERSIONS)
def test_a_checkout_that_git_converted_counts_as_its_blobs(tmp_path: Path, case: str) -> None:
    attributes, settings = CONVERSIONS[case]
    text = "one $Id$\ntwo\n"
    origin = make_repo(tmp_path / "origin", {"d/a.txt": text, b'"n\nl\xff.txt': text, "same.txt": "one line"})
    # Committed as they are, before the attributes that convert them.
    make_tree(origin, {".gitattributes": attributes})
    git(origin, "add", ".gitattributes")
    git(origin, "commit", "-q", "-m", "attributes")
    options = [word for setting in settings for word in ("-c", setting)]
    git(tmp_path, "clone", "-q", *options, str(origin), "app")
    root = tmp_path / "app"
    for setting in settings:
        git(root, "config", *setting.split("="))
    assert (root / "d/a.txt").read_bytes() != text.encode()
    expected = recorded(root)
    names = [str(path.relative_to(root)) for path in root.rglob("*.txt")]
    for change in (steps(), touched(*names)):
        change(root)
        assert listed(at(root)) == expected == as_added(root)
        assert in_batches(at(root))[b"d/a.txt"] == in_pieces(at(root))[b"d/a.txt"] == text.encode()
        shutil.rmtree(root.with_name("app-as-added"))


def test_a_changed_file_counts_its_bytes_on_disk(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {".gitattributes": "* text eol=crlf\n", "a": "one\ntwo\n"})
    make_tree(root, {"a": "one\r\ntwo\r\nthree\r\n"})
    tree = at(root)
    assert {file.path: file.size_bytes for file in tree.files}[b"a"] == 17
    assert in_batches(tree)[b"a"] == b"one\r\ntwo\r\nthree\r\n"


def test_line_ends_changed_where_git_converts_none_are_a_change(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "one\ntwo\n"})
    make_tree(root, {"a": "one\r\ntwo\r\n"})
    assert listed(at(root)) == as_added(root)
    assert in_batches(at(root)) == {b"a": b"one\r\ntwo\r\n"}


def test_a_converted_file_made_executable_is_its_blob_all_the_same(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {".gitattributes": "a text eol=crlf\n", "a": "one\r\ntwo\r\n"})
    (root / "a").chmod(0o755)
    assert listed(at(root)) == as_added(root)
    assert in_batches(at(root))[b"a"] == in_pieces(at(root), 3)[b"a"] == b"one\ntwo\n"


# LFS, without git-lfs: the repository is built with a filter that does what git-lfs does

FAKE_LFS = """#!/bin/sh
cat > "$0.$$"
size=$(wc -c < "$0.$$")
if test "$size" = 0 || grep -q '^version https://git-lfs' "$0.$$"; then cat "$0.$$"
else
  printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %d\\n' \\
    "$(sha256sum < "$0.$$" | cut -d' ' -f1)" "$size"
fi
rm "$0.$$"
"""


@pytest.fixture
def lfs(tmp_path: Path) -> Path:
    """A repository whose ``*.bin`` are kept by LFS: smudged on disk, pointers in the index."""
    make_tree(tmp_path, {"clean*": FAKE_LFS})
    root = make_repo(tmp_path / "app", {".gitattributes": "*.bin filter=lfs -text\n"})
    git(root, "config", "filter.lfs.clean", str(tmp_path / "clean"))
    git(root, "config", "filter.lfs.required", "true")
    make_tree(
        root,
        {"a.bin": b"A" * 5000, "d/b.bin": b"B" * (2 << 20), "empty.bin": b"", "unsmudged.bin": lfs_pointer(b"C" * 99)},
    )
    commit_all(root)
    return root


def test_a_smudged_file_that_is_clean_counts_as_its_pointer(lfs: Path) -> None:
    expected = recorded(lfs)
    assert in_batches(at(lfs))[b"a.bin"] == lfs_pointer(b"A" * 5000)
    for change in (steps(), touched("a.bin", "d/b.bin", "empty.bin", "unsmudged.bin")):
        change(lfs)
        assert listed(at(lfs)) == expected
        assert in_batches(at(lfs)) == in_pieces(at(lfs)) == in_batches(open_tree(os.fsencode(lfs), rev="HEAD"))


def test_a_changed_file_counts_as_the_pointer_that_git_lfs_would_write(lfs: Path) -> None:
    make_tree(lfs, {"a.bin": b"changed" * 999, "empty.bin": b"no more", "unsmudged.bin": lfs_pointer(b"other")})
    (lfs / "d/b.bin").chmod(0o755)
    make_tree(lfs, {"new.bin*": b"new" * 9999, "was.bin": b"x", "link.bin": Path("a.bin")})
    git(lfs, "add", "-N", "new.bin", "link.bin")
    tree = at(lfs)
    assert listed(tree) == as_added(lfs)
    assert in_batches(tree) == in_pieces(tree, 7)
    assert in_batches(tree)[b"a.bin"] == lfs_pointer(b"changed" * 999)
    assert in_batches(tree)[b"unsmudged.bin"] == lfs_pointer(b"other")
    assert in_batches(tree)[b"link.bin"] == b"a.bin"


def test_a_file_emptied_counts_as_empty_as_git_lfs_leaves_it(lfs: Path) -> None:
    make_tree(lfs, {"a.bin": b""})
    assert listed(at(lfs)) == as_added(lfs)
    assert in_batches(at(lfs))[b"a.bin"] == b""


# Sparse checkouts


@pytest.mark.parametrize("options", [("--cone",), ("--cone", "--sparse-index"), ("--no-cone",)])
def test_a_sparse_checkout_counts_what_a_push_would_send(tmp_path: Path, options: tuple[str, ...]) -> None:
    files: dict[bytes | str, Content] = {
        ".slugignore": "x\n",
        "in/a": "aa",
        "out/.slugignore": "y\n",
        "out/b": "bb",
        "out/d/c": "cc",
    }
    root = make_repo(tmp_path / "app", files)
    git(root, "sparse-checkout", "set", *options, "in")
    assert not (root / "out").exists()
    expected = recorded(root)
    assert listed(at(root)) == expected
    assert in_batches(at(root))[b"out/d/c"] == b"cc"
    assert at(root).slugignore == b"x\n"
    assert notes(at(root)) == {}
    out = at(root, b"out")
    assert (out.slugignore, in_batches(out)) == (b"y\n", {b".slugignore": b"y\n", b"b": b"bb", b"d/c": b"cc"})
    make_tree(root, {"in/a": "changed", "in/n": "untracked", "out/b": "back, and changed"})
    assert listed(at(root)) == as_added(root)


def test_a_sparse_partial_clone_names_what_it_lacks_and_never_fetches(tmp_path: Path) -> None:
    origin = make_repo(tmp_path / "origin", {"top": "t", "in/a": "a", **{f"out/{n}": f"{n}" for n in range(30)}})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--sparse", origin.as_uri(), "app")
    root, marker = tmp_path / "app", tmp_path / "asked"
    git(root, "sparse-checkout", "set", "in")
    git(root, "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack")
    tree = at(root)
    expected = recorded(origin)
    assert listed(tree) == {path: expected[path] for path in (b"top", b"in/a")}
    assert unreadable(tree) == {b"out/%d" % n: "not in this partial clone" for n in range(30)}
    # The index may hold objects that no commit here leads to.
    (root / ".git/refs/heads/main").unlink()
    (root / ".git/packed-refs").unlink()
    shutil.rmtree(root / ".git/refs/remotes")
    assert listed(at(root)) == listed(tree)
    assert not marker.exists()


# .slugignore


def test_an_edit_of_the_slugignore_shows_before_it_is_committed(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {".slugignore": "a\n", "a": "x"})
    assert at(root).slugignore == b"a\n"
    make_tree(root, {".slugignore": "b\n"})
    assert at(root).slugignore == b"b\n"
    (root / ".slugignore").unlink()
    assert at(root).slugignore is None
    assert notes(at(root)) == {"deleted": (b".slugignore",)}


def test_a_slugignore_that_is_not_tracked_counts_and_is_named(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", ".gitignore": ".slugignore\n"})
    make_tree(root, {".slugignore": "a\n"})
    tree = at(root)
    assert tree.slugignore == b"a\n"
    (note,) = tree.notes
    assert (note.id, note.paths) == ("slugignore-untracked", (b".slugignore",))
    assert note.message == ".slugignore is not tracked by git, so a push won't include it: add and commit it"


def test_a_slugignore_with_converted_line_ends_is_read_as_it_is_pushed(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {".gitattributes": "* text eol=crlf\n", ".slugignore": "a\r\nb\r\n"})
    assert at(root).slugignore == b"a\nb\n"


OUT = ".slugignore: is a symlink out of the tree; put the rules themselves into the file"
NOT_A_FILE = ".slugignore: is not a file; the platform reads rules from a file of that name only"
NO_FILE = ".slugignore: cannot be read (No such file or directory); make it a readable file"
SLUGIGNORES: dict[str, tuple[dict[bytes | str, Content], bytes | str | None]] = {
    "a link to a file": ({".slugignore": Path("conf/rules"), "conf/rules": "b\n"}, b"b\n"),
    "a link through a link": (
        {
            ".slugignore": Path("here/../deep/rules"),
            "here": Path("conf/deep"),
            "conf/deep/rules": Path("../r"),
            "conf/r": "c\n",
        },
        b"c\n",
    ),
    "a link out of the tree": ({".slugignore": Path("../outside")}, OUT),
    "a link out of the tree and back": ({".slugignore": Path("../app/rules"), "rules": "d\n"}, b"d\n"),
    "an absolute link": ({".slugignore": Path("/etc/hostname")}, OUT),
    "a dangling link": ({".slugignore": Path("nope")}, NO_FILE),
    "a loop": (
        {".slugignore": Path("b"), "b": Path(".slugignore")},
        ".slugignore: cannot be read (Too many levels of symbolic links); make it a readable file",
    ),
    "a directory": ({".slugignore/a": "x"}, NOT_A_FILE),
    "a link to a directory": ({".slugignore": Path("d"), "d/a": "x"}, NOT_A_FILE),
    "too large": (
        {".slugignore": "a\n" * 600_000},
        ".slugignore: is larger than 1 MB, so it is not a list of patterns; shorten it",
    ),
}


@pytest.mark.parametrize("case", SLUGIGNORES)
@pytest.mark.parametrize("kind", ["tracked", "untracked", "no git"])
def test_the_slugignore_on_disk(tmp_path: Path, case: str, kind: str) -> None:
    files, expected = SLUGIGNORES[case]
    (tmp_path / "outside").write_text("o\n")
    root = make_repo(tmp_path / "app", {**files, "z": "z"} if kind == "tracked" else {"z": "z"})
    if kind != "tracked":
        make_tree(root, files)

    def read() -> bytes | None:
        return open_tree(os.fsencode(root), use_git=kind != "no git").slugignore

    if isinstance(expected, str):
        with pytest.raises(RulesError) as caught:
            read()
        assert str(caught.value) == expected
    else:
        assert read() == expected


# Notes


def untracked(tree: Tree) -> tuple[bytes, ...]:
    return next((note.paths for note in tree.notes if note.id == "untracked"), ())


def test_untracked_files_are_named_and_not_counted(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", ".gitignore": "*.log\n", "d/b": "y"})
    assert at(root).notes == ()
    make_tree(root, {b"n\nl": "1", "d/n": "22", "new/a": "3", "new/b": "4", "x.log": "ignored", "empty": None})
    make_repo(root / "nested", {"q": "q"})
    assert untracked(at(root)) == (b"d/n", b"n\nl", b"nested/", b"new/")
    assert {file.path for file in at(root).files} == {b"a", b".gitignore", b"d/b"}
    assert untracked(at(root, b"d")) == (b"n",)


def test_only_a_work_tree_has_untracked_files(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare")
    make_tree(root, {"n": "new"})
    assert open_tree(os.fsencode(root), use_git=False).notes == ()
    assert open_tree(os.fsencode(tmp_path / "bare"), rev="main").notes == ()


# Reading


def test_a_file_changed_after_it_was_listed_is_read_from_git(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {f"{n}": bytes([n]) * (1 << 20) + b"end" for n in range(1, 6)}
    root = make_repo(tmp_path / "app", files)
    tree = at(root)
    make_tree(root, {"1": b"short", "2": bytes([9]) * (1 << 20) + b"end"})
    (root / "3").unlink()
    replace_with("4", Path("5"))(root)
    assert in_batches(tree) == in_pieces(tree, 1 << 19) == {os.fsencode(name): data for name, data in files.items()}


def test_a_changed_file_that_changes_again_is_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "a", "b": "b", "c": "c", "d": "d"})
    make_tree(root, {"a": "aa", "b": "bb", "c": "cc"})
    tree = at(root)
    make_tree(root, {"a": "AA"})
    (root / "b").unlink()
    with tree.contents.open() as reader:
        assert list(reader.batch(tree.files)) == [None, None, b"cc", b"d"]
        assert [b"".join(reader.pieces(file, 10)) for file in tree.files] == [b"", b"", b"cc", b"d"]
        assert [(gone.path, gone.reason) for gone in reader.unreadable] == [
            (path, "it changed while it was read") for path in (b"a", b"b", b"a", b"b")
        ]


def test_a_damaged_object_does_not_matter_where_the_disk_has_the_content(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": b"x" * 5000, "b": b"y" * 5000})
    tree = at(root)
    shutil.rmtree(root / ".git/objects")
    assert in_batches(tree) == in_pieces(tree) == {b"a": b"x" * 5000, b"b": b"y" * 5000}


def test_modes_are_gits(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "b*": "x", "c": Path("a")})
    (root / "a").chmod(0o600)
    (root / "b").chmod(0o700)
    assert {file.path: file.mode for file in at(root).files} == {b"a": REGULAR, b"b": EXECUTABLE, b"c": SYMLINK}
