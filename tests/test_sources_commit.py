"""A commit as a source, against what git tells of it."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from slugtrim.errors import RulesError, SourceError, UsageError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, SourceKind, Tree
from slugtrim.git import NOT_IN_PARTIAL_CLONE, OBJECT_MISSING
from slugtrim.sources import normal_prefix, open_tree
from tests.builders import commit_all, git, in_batches, in_pieces, listed, make_repo, make_tree, recorded
from tests.rows import each_row


def at(path: Path, rev: str = "HEAD", prefix: bytes = b"") -> Tree:
    return open_tree(os.fsencode(path), rev=rev, prefix=prefix)


def error_at(path: Path, rev: str = "HEAD", prefix: bytes = b"") -> str:
    with pytest.raises((SourceError, RulesError, UsageError)) as caught:
        at(path, rev, prefix)
    return str(caught.value)


def unreadable(tree: Tree) -> dict[bytes, str]:
    return {gone.path: gone.reason for gone in tree.unreadable}


def archived(root: Path, rev: str = "HEAD") -> dict[bytes, tuple[int, bytes]]:
    """Path to mode and content of what `git archive` packs."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", rev)), encoding="utf-8") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            mode = SYMLINK if member.issym() else EXECUTABLE if member.mode & 0o100 else REGULAR
            if not member.isdir():
                data = file.read() if file else os.fsencode(member.linkname)
                found[os.fsencode(member.name)] = (mode, data)
    return found


AWKWARD: dict[bytes | str, bytes | str | Path | None] = {
    **{name: b"content of " + name for name in (b"a\nb", b"tab\there", b'quo"te', b"esc\x1b[31m", b"back\\slash")},
    **{
        name: b"content of " + name
        for name in (b"\xff\xfe\x80", b"-dash", b"--help", b" lead", b"trail ", b"caf\xc3\xa9")
    },
    **{
        name: b"content of " + name
        for name in (b":(glob)x", b"a*b", b"[a]", b"d/e\n/f", b"d/\xff/g", b"\xc2\x9b", b"\n")
    },
    b"run me*": b"#!/bin/sh\n",
    b"large": b"0123456789abcdef" * 100_000,
    b"empty": b"",
    b"crlf": b"one\r\ntwo\r\n",
    b"to-file": Path("large"),
    b"to-dir": Path("d"),
    b"dangling": Path("no/such"),
    b"looping": Path("looping"),
    b"outside": Path("/etc/passwd"),
}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_commit_is_what_git_lists_and_archives(tmp_path: Path, object_format: str) -> None:
    root = make_repo(tmp_path / "app", AWKWARD, options=(f"--object-format={object_format}",))
    commit = git(root, "rev-parse", "HEAD").decode().strip()
    make_tree(root, {"not committed": "x", "large": "changed on disk"})
    tree = at(root)
    assert (tree.source.kind, tree.source.rev, tree.source.path) == (SourceKind.COMMIT, commit, os.fsencode(root))
    assert listed(tree) == recorded(root)
    assert [file.path for file in tree.files] == sorted(recorded(root))
    expected = archived(root)
    assert {file.path: file.mode for file in tree.files} == {path: mode for path, (mode, _) in expected.items()}
    assert in_batches(tree) == in_pieces(tree) == {path: data for path, (_, data) in expected.items()}
    assert tree.links == {path: data for path, (mode, data) in expected.items() if mode == SYMLINK}
    assert (tree.unreadable, tree.notes, tree.slugignore) == ((), (), None)


def test_a_bare_repository_is_measured_by_a_commit_and_not_without(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", ".slugignore": "a\n"})
    bare = tmp_path / "app.git"
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    for path in (bare, bare / "refs"):
        tree = at(path, "main")
        assert listed(tree) == recorded(root)
        assert tree.source.root == os.fsencode(bare)
        assert tree.slugignore == b"a\n"
        with pytest.raises(SourceError) as caught:
            open_tree(os.fsencode(path))
        assert str(caught.value) == f"{bare}: is a bare repository; name the commit to measure with --rev"


def test_a_tree_deeper_than_the_file_system_goes_is_counted(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {})
    path = b"dd/" * 2000 + b"file"
    commit = b"commit refs/heads/deep\ncommitter C <c@example.com> 1 +0000\ndata 0\nM 100644 inline %s\ndata 3\nabc\n"
    git(root, "fast-import", "--quiet", stdin=commit % path)
    tree = at(root, "deep")
    assert in_batches(tree) == {path: b"abc"}
    assert tree.unreadable == ()


def test_an_empty_commit_has_no_files(tmp_path: Path) -> None:
    assert at(make_repo(tmp_path / "app", {})).files == ()


def test_a_shallow_clone_is_measured_whole(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "d/b": "yy"})
    commit_all(make_tree(root, {"c": "zzz"}))
    git(tmp_path, "clone", "-q", "--depth=1", root.as_uri(), "shallow")
    assert listed(at(tmp_path / "shallow")) == recorded(root)
    message = "HEAD~1: not a commit in this repository; run git log to find one"
    assert error_at(tmp_path / "shallow", "HEAD~1") == message


def test_a_commit_of_a_linked_work_tree_is_its_own(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    git(root, "worktree", "add", "-q", "../linked", "-b", "other")
    commit_all(make_tree(tmp_path / "linked", {"b": "y"}))
    assert listed(at(tmp_path / "linked")) == recorded(root, "other")
    assert listed(at(root)) == recorded(root, "main")


@pytest.mark.parametrize("rev", ["HEAD", "main", "master"])
def test_a_repository_without_commits_says_so(tmp_path: Path, rev: str) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"}, commit=False)
    message = f"{rev}: the repository has no commits yet; make one, or measure the working tree without --rev"
    assert error_at(root, rev) == message


def test_a_revision_without_a_repository_is_an_error_of_one_line(tmp_path: Path) -> None:
    message = f'{tmp_path}: is in no git repository, so it has no commit "a\\nb"; drop --rev'
    assert error_at(tmp_path, "a\nb") == message
    with pytest.raises(UsageError, match=r"^--rev: names a commit, which --no-git rules out; drop one of them$"):
        open_tree(os.fsencode(tmp_path), rev="HEAD", use_git=False)


# A subdirectory as the root of the slug


@pytest.fixture
def monorepo(tmp_path: Path) -> Path:
    files: dict[bytes | str, bytes | str | Path | None] = {
        ".slugignore": "top\n",
        "file": "x",
        "apps/web/.slugignore": "web\n",
        "apps/web/index": "index",
        "apps/web/lib/a": "aa",
        "apps/websocket/other": "o",
        b"apps/a\n*/f": "fff",
        "link": Path("apps"),
    }
    return make_repo(tmp_path / "app", files)


PREFIXES: dict[bytes, tuple[bytes, set[bytes], bytes | None]] = {
    b"apps/web": (b"apps/web", {b".slugignore", b"index", b"lib/a"}, b"web\n"),
    b"./apps//web/": (b"apps/web", {b".slugignore", b"index", b"lib/a"}, b"web\n"),
    b"apps/x/../web": (b"apps/web", {b".slugignore", b"index", b"lib/a"}, b"web\n"),
    b"apps/web/lib": (b"apps/web/lib", {b"a"}, None),
    b"apps/a\n*": (b"apps/a\n*", {b"f"}, None),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("rev", ["HEAD", None])
def test_a_prefix_is_the_root_of_the_slug(monorepo: Path, prefix: bytes, rev: str | None) -> None:
    normal, paths, rules = PREFIXES[prefix]
    tree = open_tree(os.fsencode(monorepo), rev=rev, prefix=prefix)
    assert {file.path for file in tree.files} == paths
    assert tree.slugignore == rules
    assert tree.source.prefix == normal
    assert tree.source.path == os.fsencode(monorepo) + b"/" + normal
    assert in_batches(tree) == {path: (monorepo / os.fsdecode(normal + b"/" + path)).read_bytes() for path in paths}


@pytest.mark.parametrize("prefix", [b"", b".", b"./", b"apps/.."])
def test_a_prefix_that_is_the_top_is_none(monorepo: Path, prefix: bytes) -> None:
    assert listed(at(monorepo, prefix=prefix)) == recorded(monorepo)


@pytest.mark.parametrize(
    ("prefix", "shown"), [(b"nope", "nope"), (b"file", "file"), (b"link", "link"), (b"a\n", '"a\\n"')]
)
def test_a_prefix_that_is_no_directory_is_an_error(monorepo: Path, prefix: bytes, shown: str) -> None:
    message = f"{shown}: is no directory of HEAD; name one for --prefix that git ls-tree shows"
    assert error_at(monorepo, prefix=prefix) == message
    with pytest.raises(SourceError) as caught:
        open_tree(os.fsencode(monorepo), prefix=prefix)
    assert str(caught.value) == f"{shown}: git tracks nothing below it; name a tracked directory for --prefix"


@each_row(
    "prefix, shown",
    [(b"..", ".."), (b"../x", "../x"), (b"/etc", "/etc"), (b"a/../../b", "a/../../b"), (b"a\0b", '"a\\000b"')],
)
def test_a_prefix_that_leaves_the_root_is_refused(prefix: bytes, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        normal_prefix(prefix)
    message = f"--prefix {shown}: is not below the root; name a directory relative to the root"
    assert str(caught.value) == message


# .slugignore

NO_FILE = ".slugignore: is a symlink to no file of this commit; put the rules themselves into the file"
SLUGIGNORES: dict[str, tuple[dict[bytes | str, bytes | str | Path | None], bytes | str | None]] = {
    "none": ({"a": "x"}, None),
    "a file": ({".slugignore": "a\n"}, b"a\n"),
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
    "a link out of the tree": ({".slugignore": Path("../outside")}, NO_FILE),
    "an absolute link": ({".slugignore": Path("/etc/hostname")}, NO_FILE),
    "a dangling link": ({".slugignore": Path("nope")}, NO_FILE),
    "a loop": ({".slugignore": Path("b"), "b": Path(".slugignore")}, NO_FILE),
    "a link to a directory": ({".slugignore": Path("d"), "d/a": "x"}, NO_FILE),
    "a directory": (
        {".slugignore/a": "x"},
        ".slugignore: is not a file; the platform reads rules from a file of that name only",
    ),
    "too large": (
        {".slugignore": "a\n" * 600_000},
        ".slugignore: is larger than 1 MB, so it is not a list of patterns; shorten it",
    ),
}


@pytest.mark.parametrize("case", SLUGIGNORES)
def test_the_slugignore_of_a_commit(tmp_path: Path, case: str) -> None:
    files, expected = SLUGIGNORES[case]
    root = make_repo(tmp_path / "app", {**files, "z": "z"})
    (tmp_path / "outside").write_text("o\n")
    if isinstance(expected, str):
        assert error_at(root) == expected
    else:
        assert at(root).slugignore == expected


# Objects that are not here


def remove_object(root: Path, spec: str) -> None:
    id_ = git(root, "rev-parse", spec).decode().strip()
    (root / ".git/objects" / id_[:2] / id_[2:]).unlink()


def test_missing_objects_are_data(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "d/b": "yy", "e/f/c": "zzz", "e/g": "g"})
    expected = recorded(root)
    remove_object(root, "HEAD:a")
    remove_object(root, "HEAD:e/f")
    tree = at(root)
    assert unreadable(tree) == {b"a": OBJECT_MISSING, b"e/f": OBJECT_MISSING}
    assert listed(tree) == {path: expected[path] for path in (b"d/b", b"e/g")}
    remove_object(root, "HEAD^{tree}")
    message = f"HEAD: its list of files is not here ({OBJECT_MISSING}); run git fsck, or name another commit"
    assert error_at(root) == message


def test_an_object_of_the_wrong_kind_is_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"d/a": "x"})
    tree_id = git(root, "rev-parse", "HEAD:d").decode().strip()
    raw = b"100644 d\0" + bytes.fromhex(tree_id)
    bad = git(root, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=raw).decode().strip()
    commit = git(root, "commit-tree", "-m", "x", bad).decode().strip()
    tree = at(root, commit)
    with tree.contents.open() as reader:
        assert list(reader.batch(tree.files)) == [None]
    assert {gone.path: gone.reason for gone in reader.unreadable} == {b"d": OBJECT_MISSING}


def test_a_slugignore_whose_object_is_missing_is_an_error(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", ".slugignore": "a\n"})
    remove_object(root, "HEAD:.slugignore")
    assert error_at(root) == f".slugignore: cannot be read ({OBJECT_MISSING}); its rules would be missing"


def partial_clone(tmp_path: Path, filter_: str, *options: str) -> tuple[Path, Path, Path]:
    """A partial clone of two commits, its origin, and a file that comes to be when anybody asks the origin again."""
    origin = make_repo(tmp_path / "origin", {"a": "old", "d/b": "old b", "e/c": "same"})
    commit_all(make_tree(origin, {"a": "new a", "d/b": "new b", ".slugignore": "x\n"}))
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", f"--filter={filter_}", *options, origin.as_uri(), "clone")
    clone, marker = tmp_path / "clone", tmp_path / "asked"
    git(clone, "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack")
    return origin, clone, marker


def test_a_blobless_clone_counts_what_is_here_and_never_fetches(tmp_path: Path) -> None:
    origin, clone, marker = partial_clone(tmp_path, "blob:none")
    now = at(clone)
    assert (listed(now), now.unreadable) == (recorded(origin), ())
    before = at(clone, "HEAD~1")
    old = recorded(origin, "HEAD~1")
    assert listed(before) == {b"e/c": old[b"e/c"]}
    assert unreadable(before) == dict.fromkeys((b"a", b"d/b"), NOT_IN_PARTIAL_CLONE)
    assert in_batches(before) == {b"e/c": b"same"}
    assert not marker.exists()
    # The trap does work: git itself steps into it.
    git(clone, "cat-file", "blob", "HEAD~1:a")
    assert marker.exists()


def test_a_treeless_clone_counts_what_is_here_and_never_fetches(tmp_path: Path) -> None:
    origin, clone, marker = partial_clone(tmp_path, "tree:0")
    assert listed(at(clone)) == recorded(origin)
    why = f"its list of files is not here ({NOT_IN_PARTIAL_CLONE})"
    assert error_at(clone, "HEAD~1") == f"HEAD~1: {why}; git checkout fetches it, or name another commit"
    message = "d: is no directory that this partial clone has of HEAD~1; name one for --prefix that git ls-tree shows"
    assert error_at(clone, "HEAD~1", b"d") == message
    assert not marker.exists()


def test_a_bare_treeless_clone_names_the_directories_it_lacks(tmp_path: Path) -> None:
    origin, clone, marker = partial_clone(tmp_path, "tree:1", "--bare")
    message = ".slugignore: cannot be read (not in this partial clone); its rules would be missing"
    assert error_at(clone) == message
    tree = at(clone, "HEAD~1")
    assert tree.files == ()
    assert unreadable(tree) == dict.fromkeys((b"a", b"d", b"e"), NOT_IN_PARTIAL_CLONE)
    assert not marker.exists()
    assert origin.exists()


def test_a_partial_clone_whose_origin_is_gone_is_measured_all_the_same(tmp_path: Path) -> None:
    origin, clone, _ = partial_clone(tmp_path, "blob:none")
    origin.rename(tmp_path / "elsewhere")
    assert set(unreadable(at(clone, "HEAD~1"))) == {b"a", b"d/b"}


def test_a_submodule_list_that_is_not_here_leaves_the_submodules_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", ".gitmodules": '[submodule "s"]\n\tpath = s\n\turl = ../s\n'})
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},s")
    git(root, "commit", "-q", "-m", "with s")
    remove_object(root, "HEAD:.gitmodules")
    tree = at(root)
    reason = "submodule whose commit 1111111111 is not here; run git submodule update --init"
    assert unreadable(tree) == {b".gitmodules": OBJECT_MISSING, b"s": reason}
    assert [note.id for note in tree.notes] == ["missing-submodule"]
