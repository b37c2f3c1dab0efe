"""Submodules: the recorded commit counts where it is here, and is named where it is not."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import Note, Tree
from slugtrim.git import NOT_IN_PARTIAL_CLONE
from slugtrim.sources import open_tree
from tests.builders import Content, commit_all, git, in_batches, in_pieces, make_repo, make_tree, recorded

pytestmark = pytest.mark.full


def at(path: Path, rev: str | None = None, prefix: bytes = b"") -> Tree:
    return open_tree(os.fsencode(path), rev=rev, prefix=prefix)


def sizes(tree: Tree) -> dict[bytes, int]:
    return {file.path: file.size_bytes for file in tree.files if file.path != b".gitmodules"}


def unreadable(tree: Tree) -> dict[bytes, str]:
    return {gone.path: gone.reason for gone in tree.unreadable}


def not_here(commit: str) -> str:
    return f"submodule whose commit {commit[:10]} is not here; run git submodule update --init"


def head(repository: Path) -> str:
    return git(repository, "rev-parse", "HEAD").decode().strip()


MISSING = "submodules that are not here are not measured; run git submodule update --init --recursive"
UNMAPPED = "a submodule without an entry in .gitmodules, so the platform can't restore it"


@pytest.fixture
def nested(tmp_path: Path) -> Path:
    """A repository with a submodule, and one in that."""
    make_repo(tmp_path / "inner", {"i": "inner", "deep/x": "x" * 50})
    middle = make_repo(tmp_path / "middle", {"m": "mid", "link": Path("m")})
    git(middle, "submodule", "--quiet", "add", "../inner", "vendor/inner")
    commit_all(middle)
    root = make_repo(tmp_path / "app", {"a": "aa"})
    git(root, "submodule", "--quiet", "add", "--name", "odd name.v1", "../middle", "lib/middle")
    git(root, "submodule", "--quiet", "update", "--init", "--recursive")
    commit_all(root)
    return root


WHOLE = {
    b"a": 2,
    b"lib/middle/link": 1,
    b"lib/middle/m": 3,
    b"lib/middle/vendor/inner/deep/x": 50,
    b"lib/middle/vendor/inner/i": 5,
}


def without_nested_lists(tree: Tree) -> dict[bytes, int]:
    return {path: size for path, size in sizes(tree).items() if not path.endswith(b"/.gitmodules")}


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_submodule_that_is_checked_out_counts_and_so_do_those_in_it(nested: Path, rev: str | None) -> None:
    tree = at(nested, rev)
    assert without_nested_lists(tree) == WHOLE
    assert (tree.unreadable, tree.notes) == ((), ())
    assert in_batches(tree)[b"lib/middle/vendor/inner/i"] == b"inner"
    assert in_pieces(tree, 3)[b"lib/middle/vendor/inner/deep/x"] == b"x" * 50
    assert tree.links == {b"lib/middle/link": b"m"}
    middle = recorded(nested / "lib/middle")
    found = {file.path: (file.mode, file.blob, file.size_bytes) for file in tree.files}
    assert {path: found[b"lib/middle/" + path] for path in middle} == middle


@pytest.mark.parametrize("rev", [None, "HEAD"])
@pytest.mark.parametrize("removal", ["deinit", "rmtree"])
def test_a_submodule_that_is_only_in_the_git_directory_counts(nested: Path, rev: str | None, removal: str) -> None:
    if removal == "deinit":
        git(nested, "submodule", "--quiet", "deinit", "-f", "--all")
    else:
        shutil.rmtree(nested / "lib")
    tree = at(nested, rev)
    assert without_nested_lists(tree) == WHOLE
    assert tree.unreadable == ()
    assert in_batches(tree)[b"lib/middle/vendor/inner/i"] == b"inner"


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_submodule_that_is_not_here_is_named(nested: Path, tmp_path: Path, rev: str | None) -> None:
    git(tmp_path, "clone", "-q", str(nested), "clone")
    tree = at(tmp_path / "clone", rev)
    assert sizes(tree) == {b"a": 2}
    assert unreadable(tree) == {b"lib/middle": not_here(head(tmp_path / "middle"))}
    assert tree.notes == (Note(id="missing-submodule", message=MISSING, paths=(b"lib/middle",)),)
    git(tmp_path / "clone", "submodule", "--quiet", "update", "--init")
    tree = at(tmp_path / "clone", rev)
    assert set(unreadable(tree)) == {b"lib/middle/vendor/inner"}
    git(tmp_path / "clone", "submodule", "--quiet", "update", "--init", "--recursive")
    assert without_nested_lists(at(tmp_path / "clone", rev)) == WHOLE


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_the_recorded_commit_counts_whatever_is_checked_out(nested: Path, rev: str | None) -> None:
    middle = nested / "lib/middle"
    make_tree(middle, {"m": "edited, and longer", "untracked": "x"})
    assert without_nested_lists(at(nested, rev)) == WHOLE
    assert in_batches(at(nested, rev))[b"lib/middle/m"] == in_pieces(at(nested, rev))[b"lib/middle/m"] == b"mid"
    commit_all(middle)
    assert without_nested_lists(at(nested, rev)) == WHOLE
    git(nested, "add", "lib/middle")
    assert sizes(at(nested, "HEAD"))[b"lib/middle/m"] == 3
    assert sizes(at(nested))[b"lib/middle/m"] == 18


def test_a_bare_clone_names_its_submodules(nested: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(nested), "bare")
    tree = at(tmp_path / "bare", "main")
    assert sizes(tree) == {b"a": 2}
    assert set(unreadable(tree)) == {b"lib/middle"}


def test_a_linked_work_tree_finds_its_own_submodules_and_those_of_the_main_one(nested: Path, tmp_path: Path) -> None:
    git(nested, "worktree", "add", "-q", "../linked", "-b", "other")
    linked = tmp_path / "linked"
    assert without_nested_lists(at(linked)) == WHOLE
    git(linked, "submodule", "--quiet", "update", "--init", "--recursive")
    shutil.rmtree(nested / ".git/modules")
    assert without_nested_lists(at(linked)) == WHOLE
    git(linked, "submodule", "--quiet", "deinit", "-f", "--all")
    assert without_nested_lists(at(linked)) == WHOLE


def test_a_submodule_with_a_git_directory_of_its_own_counts(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    make_repo(root / "sub", {"s": "sss"})
    (root / ".gitmodules").write_text('[submodule "sub"]\n\tpath = sub\n\turl = ../sub\n')
    commit_all(root)
    assert sizes(at(root)) == sizes(at(root, "HEAD")) == {b"a": 1, b"sub/s": 3}


def gitlinks(root: Path, *paths: str, commit: str = "1" * 40) -> Path:
    for path in paths:
        git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    git(root, "commit", "-q", "-m", "links")
    return root


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_gitlink_without_an_entry_is_named_and_not_counted(tmp_path: Path, rev: str | None) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    make_repo(root / "loose", {"s": "sss"})
    commit_all(root)
    tree = at(root, rev)
    assert sizes(tree) == {b"a": 1}
    assert tree.unreadable == ()
    assert tree.notes == (Note(id="unmapped-submodule", message=UNMAPPED, paths=(b"loose",)),)


NAMES = {
    "dots": '"../../evil"',
    "inner dots": '"a/../../evil"',
    "absolute": '"{root}/evil"',
    "empty": '""',
    "itself": '"."',
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_that_leads_out_of_the_git_directory_is_not_followed(tmp_path: Path, case: str) -> None:
    evil = make_repo(tmp_path / "evil", {"s": "sss"})
    name = NAMES[case].format(root=tmp_path)
    root = make_repo(tmp_path / "app", {"a": "x", ".gitmodules": f"[submodule {name}]\n\tpath = sub\n\turl = x\n"})
    make_tree(root, {".git/modules/x": None, "../evil/.git/x": ""})
    gitlinks(root, "sub", commit=head(evil))
    assert unreadable(at(root)) == unreadable(at(root, "HEAD")) == {b"sub": not_here(head(evil))}


NO_LISTS: dict[str, Content] = {
    "noise": "[submodule\n",
    "binary": b"\0\xff\xfe",
    "too large": b"#" * (1 << 20) + b'\n[submodule "sub"]\n\tpath = sub\n',
    "without a path": '[submodule "sub"]\n\turl = x\n',
    "path without a value": '[submodule "sub"]\n\tpath\n',
    "of others": '[submodule "other"]\n\tpath = other\n\turl = x\n',
}


@pytest.mark.parametrize("case", NO_LISTS)
def test_a_list_that_says_nothing_leaves_a_gitlink_unmapped(tmp_path: Path, case: str) -> None:
    root = gitlinks(make_repo(tmp_path / "app", {".gitmodules": NO_LISTS[case]}), "sub")
    for tree in (at(root), at(root, "HEAD")):
        assert [(note.id, note.paths) for note in tree.notes] == [("unmapped-submodule", (b"sub",))]


def test_a_list_that_is_a_symlink_is_not_followed_as_git_does_not(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"list": '[submodule "sub"]\n\tpath = sub\n\turl = x\n'})
    link = git(root, "hash-object", "-w", "--stdin", stdin=b"list").decode().strip()
    # git add refuses such a link, but a push from elsewhere may hold one.
    entries = (
        git(root, "ls-tree", "HEAD") + f"120000 blob {link}\t.gitmodules\n160000 commit {'1' * 40}\tsub\n".encode()
    )
    tree_id = git(root, "mktree", "--missing", stdin=entries).decode().strip()
    commit = git(root, "commit-tree", "-m", "x", tree_id).decode().strip()
    assert [note.id for note in at(root, commit).notes] == ["unmapped-submodule"]


def test_awkward_paths_and_names_of_submodules(tmp_path: Path) -> None:
    sub = make_repo(tmp_path / "sub", {b"n\nl\xff": "content"})
    root = make_repo(tmp_path / "app", {"a": "x"})
    for number, path in enumerate((b"with space", b'qu"ote', b"\xff\xfe", b"tab\there", b"x=y.z")):
        git(root, "submodule", "--quiet", "add", "--name", b"n %d = .\xff" % number, "../sub", path)
    commit_all(root)
    for tree in (at(root), at(root, "HEAD")):
        assert sum(sizes(tree).values()) == 1 + 5 * len("content")
        assert tree.unreadable == ()
        assert in_batches(tree)[b"\xff\xfe/n\nl\xff"] == b"content"
    assert head(sub)


def test_the_list_on_disk_counts_for_a_work_tree(tmp_path: Path) -> None:
    listed = '[submodule "sub"]\n\tpath = sub\n\turl = x\n'
    root = gitlinks(make_repo(tmp_path / "app", {"a": "x", ".gitmodules": "# none\n"}), "sub")
    make_tree(root, {".gitmodules": listed})
    assert set(unreadable(at(root))) == {b"sub"}
    assert unreadable(at(root, "HEAD")) == {}
    (root / ".gitmodules").unlink()
    assert "unmapped-submodule" in [note.id for note in at(root).notes]
    git(root, "rm", "-q", "--cached", ".gitmodules")
    make_tree(root, {".gitmodules": listed})
    # A push of what is tracked would go without it.
    assert "unmapped-submodule" in [note.id for note in at(root).notes]


def test_a_submodule_is_no_root_of_a_slug(nested: Path) -> None:
    with pytest.raises(SourceError) as caught:
        at(nested, None, b"lib/middle")
    message = "lib/middle: git tracks nothing below it; name a tracked directory for --prefix"
    assert str(caught.value) == message
    with pytest.raises(SourceError) as caught:
        at(nested, "HEAD", b"lib/middle")
    message = "lib/middle: is no directory of HEAD; name one for --prefix that git ls-tree shows"
    assert str(caught.value) == message


def test_below_a_prefix_its_own_list_counts(tmp_path: Path) -> None:
    sub = make_repo(tmp_path / "sub", {"s": "sss"})
    root = make_repo(tmp_path / "app", {"app/a": "x"})
    git(root, "submodule", "--quiet", "add", "../sub", "app/sub")
    commit_all(root)
    for rev in (None, "HEAD"):
        assert [note.id for note in at(root, rev, b"app").notes] == ["unmapped-submodule"]
    make_tree(root, {"app/.gitmodules": '[submodule "app/sub"]\n\tpath = sub\n\turl = x\n'})
    commit_all(root)
    for rev in (None, "HEAD"):
        assert sizes(at(root, rev, b"app")) == {b"a": 1, b"sub/s": 3}
    assert head(sub)


def test_a_submodule_that_is_a_partial_clone_names_what_it_lacks_and_never_fetches(tmp_path: Path) -> None:
    sub = make_repo(tmp_path / "sub", {"d/old": "old", "same": "same"})
    old = head(sub)
    git(sub, "rm", "-q", "-r", "d")
    commit_all(sub)
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(sub, "config", setting, "true")
    listed = '[submodule "sub"]\n\tpath = sub\n\turl = x\n'
    root = gitlinks(make_repo(tmp_path / "app", {".gitmodules": listed}), "sub", commit=old)
    git(root, "clone", "-q", "--filter=tree:0", sub.as_uri(), "sub")
    marker = tmp_path / "asked"
    git(root / "sub", "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack")
    assert unreadable(at(root)) == unreadable(at(root, "HEAD")) == {b"sub": NOT_IN_PARTIAL_CLONE}
    assert not marker.exists()


CHILDREN = Path(f"/proc/self/task/{threading.get_native_id()}/children")


def children() -> set[str]:
    """This thread's child processes, where the system lists them; other tests of the worker may have left some."""
    return set(CHILDREN.read_text().split()) if CHILDREN.exists() else set()


def test_the_readers_git_processes_of_all_submodules_end(nested: Path) -> None:
    shutil.rmtree(nested / "lib")
    tree = at(nested, "HEAD")
    before = children()
    with tree.contents.open() as reader:
        mixed = sorted(tree.files, key=lambda file: (file.size_bytes, file.path))
        assert [len(data or b"") for data in reader.batch(mixed)] == [file.size_bytes for file in mixed]
        if CHILDREN.exists():
            assert len(children() - before) >= 3
    assert children() - before == set()
