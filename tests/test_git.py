"""git itself: finding repositories, naming commits, reading blobs, and the environment git is run in."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import REGULAR, File, FileCount
from slugtrim.git import OBJECT_MISSING, GitError, Repository
from slugtrim.git.blobs import BlobReader
from slugtrim.sources import open_tree
from tests.builders import Content, commit_all, git, in_batches, listed, make_repo, make_tree, make_twins, recorded


def discover(path: Path) -> Repository:
    repository = Repository.discover(os.fsencode(path))
    assert repository is not None
    return repository


def files_of(repository: Path) -> list[File]:
    return [File(path, size, mode, id_) for path, (mode, id_, size) in recorded(repository).items()]


def fake_git(directory: Path, script: str) -> str:
    """A PATH with this script as the only git."""
    make_tree(directory, {"git*": "#!/bin/sh\n" + script})
    return str(directory)


def error_of(path: Path, rev: str | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        open_tree(os.fsencode(path), rev=rev)
    return str(caught.value)


# Finding a repository


def test_a_path_inside_a_repository_finds_its_top(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a/b/c": "x"})
    found = discover(tmp_path / "app/a/b")
    assert found.top == os.fsencode(tmp_path / "app")
    assert found.git_dir == found.common_dir == os.fsencode(tmp_path / "app/.git")
    assert (found.object_format, found.promisor) == ("sha1", False)


def test_a_path_outside_any_repository_finds_none(tmp_path: Path) -> None:
    assert Repository.discover(os.fsencode(tmp_path)) is None


def test_a_symlink_to_a_directory_of_a_repository_finds_the_real_top(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a/b": "x"})
    (tmp_path / "link").symlink_to("app/a")
    assert discover(tmp_path / "link").top == os.fsencode(tmp_path / "app")


@pytest.mark.parametrize("name", [b"a\nb", b"-a", b"a b", b"\xff\x1b", b'"a\\', b"a\n"])
def test_a_repository_with_an_awkward_name_is_found(tmp_path: Path, name: bytes) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    make_repo(root, {"a": "x"})
    assert discover(root).top == os.fsencode(root)
    assert listed(open_tree(os.fsencode(root))) == recorded(root)
    bare = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bare" + name))
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    assert discover(bare).git_dir == os.fsencode(bare)


def test_a_linked_work_tree_shares_the_git_directory_of_the_main_one(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a": "x"})
    git(tmp_path / "app", "worktree", "add", "-q", "../linked", "-b", "other")
    found = discover(tmp_path / "linked")
    assert found.top == os.fsencode(tmp_path / "linked")
    assert found.git_dir == os.fsencode(tmp_path / "app/.git/worktrees/linked")
    assert found.common_dir == os.fsencode(tmp_path / "app/.git")


def test_the_git_directory_is_no_work_tree(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a": "x"})
    path = tmp_path / "app/.git/refs"
    assert error_of(path) == f"{path}: is in no working tree of its repository; name that, or use --no-git"


BROKEN_REPOSITORIES: dict[str, tuple[dict[bytes | str, Content], str]] = {
    ".git file pointing nowhere": (
        {".git": "gitdir: /nowhere/at/all\n"},
        "git cannot read this repository (not a git repository: /nowhere/at/all)",
    ),
    ".git file of noise": (
        {".git": "noise\n"},
        "git cannot read this repository (invalid gitfile format: {path}/.git)",
    ),
    "empty .git directory": (
        {".git": None},
        "git cannot read this repository (not a git repository (or any of the parent directories): .git)",
    ),
}


@pytest.mark.parametrize("case", BROKEN_REPOSITORIES)
def test_a_broken_repository_is_an_error_of_one_line(tmp_path: Path, case: str) -> None:
    files, message = BROKEN_REPOSITORIES[case]
    make_tree(tmp_path / "app", files)
    path = str(tmp_path / "app")
    assert error_of(tmp_path / "app") == f"{path}: {message.format(path=path)}; mend it, or use --no-git"


def test_a_configuration_that_git_cannot_read_is_an_error_of_one_line(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a": "x"})
    (tmp_path / "app/.git/config").write_text("[core\n")
    message = error_of(tmp_path / "app")
    assert message.startswith(f"{tmp_path}/app: git cannot read this repository (bad config line 1 in file ")
    assert "\n" not in message


def test_a_corrupt_index_is_an_error_of_one_line(tmp_path: Path) -> None:
    make_repo(tmp_path / "a\nb", {"a": "x"})
    (tmp_path / "a\nb/.git/index").write_bytes(b"noise" * 40)
    shown = f'"{tmp_path}/a\\nb"'
    assert error_of(tmp_path / "a\nb") == f"{shown}: git cannot read this repository: index file corrupt; try git fsck"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else_is_named_with_the_way_to_trust_it(
    tmp_path: Path, clean_environment: Path
) -> None:
    make_repo(tmp_path / "app", {"a": "x"})
    for path in (tmp_path / "app", tmp_path / "app/.git"):
        os.chown(path, 12345, 12345)
    assert error_of(tmp_path / "app") == (
        f"{tmp_path}/app: the repository belongs to somebody else, so git will not read it; if you trust it, run git "
        "config --global --add safe.directory with its path"
    )
    (clean_environment / ".gitconfig").write_text(f"[safe]\n\tdirectory = {tmp_path}/app\n")
    assert listed(open_tree(os.fsencode(tmp_path / "app"))).keys() == {b"a"}


# The git that is run


def test_without_git_on_the_path_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    message = "git: not found on PATH; install git, or measure a plain directory with --no-git"
    assert error_of(tmp_path) == message
    assert open_tree(os.fsencode(tmp_path), use_git=False).files == ()


FAKE_GITS = {
    "too old": (
        'case "$*" in *version*) echo "git version 2.11.0";; *) echo --path-format=absolute; echo false;; esac',
        "git: version 2.11.0 is too old; install git 2.31 or newer",
    ),
    "a stub": (
        "echo 'xcode-select: note: no tools\nmore' >&2; exit 1",
        "{path}: git cannot read this repository (xcode-select: note: no tools); mend it, or use --no-git",
    ),
    "silent": (
        "kill -9 $$",
        "{path}: git cannot read this repository (git -C ended with status -9); mend it, or use --no-git",
    ),
    "mute": ("exit 0", "git: does not answer as git does; see what git rev-parse --git-dir prints"),
}


@pytest.mark.parametrize("case", FAKE_GITS)
def test_a_git_that_will_not_do_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    script, message = FAKE_GITS[case]
    make_repo(tmp_path / "app", {"a": "x"})
    monkeypatch.setenv("PATH", fake_git(tmp_path / "bin", script))
    assert error_of(tmp_path / "app") == message.format(path=tmp_path / "app")


def test_a_git_that_may_not_be_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {"bin/git": "#!/bin/sh\n"})
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    message = "git: cannot be run (Permission denied); fix that, or measure a plain directory with --no-git"
    assert error_of(tmp_path) == message


INHERITED = {
    "GIT_DIR": "{other}/.git",
    "GIT_WORK_TREE": "{other}",
    "GIT_INDEX_FILE": "{other}/.git/index",
    "GIT_OBJECT_DIRECTORY": "{other}/.git/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{other}/.git/objects",
    "GIT_COMMON_DIR": "{other}/.git",
    "GIT_NAMESPACE": "n",
    "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
    "GIT_CONFIG_COUNT": "nonsense",
    "GIT_CEILING_DIRECTORIES": "{app}",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_TRACE": "{other}/trace",
}


@pytest.mark.parametrize("name", INHERITED)
def test_what_git_would_inherit_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    app = make_repo(tmp_path / "app", {"a": "x", "d/b": "y"})
    other = make_repo(tmp_path / "other", {"z": "zzz"})
    expected = recorded(app)
    monkeypatch.setenv(name, INHERITED[name].format(app=app, other=other))
    for rev in (None, "HEAD"):
        tree = open_tree(os.fsencode(app / "d"), rev=rev)
        assert listed(tree) == expected
        assert in_batches(tree) == {b"a": b"x", b"d/b": b"y"}
    assert not (other / "trace").exists()


def test_what_git_said_is_told_without_control_characters() -> None:
    error = GitError(["status"], 128, b"warning: x\nfatal: bad \x1b[31m\xc2\x9b thing\nmore\n")
    assert error.first_line == "bad ?[31m? thing"
    assert GitError([b"ls-files"], 3, b"").first_line == "git ls-files ended with status 3"


# Naming a commit


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: the first has a tag, an annotated tag and a branch. No test changes it."""
    root = make_repo(tmp_path_factory.mktemp("history") / "app", {"a": "one"})
    git(root, "tag", "light")
    git(root, "tag", "-a", "-m", "x", "heavy")
    git(root, "tag", "-a", "-m", "y", "heavier", "heavy")
    git(root, "branch", "feature/x")
    make_tree(root, {"a": "two two", "a^{commit}": "odd"})
    commit_all(root, "second thing")
    return root


@pytest.mark.parametrize(
    ("rev", "nth"),
    [
        *(("HEAD", 0), ("main", 0), ("@", 0), ("HEAD@{0}", 0), (":/second", 0), ("HEAD^{/second}", 0)),
        *(("HEAD~1", 1), ("HEAD^", 1), ("HEAD@{1}", 1), ("main@{1}", 1), (":/first", 1), ("feature/x", 1)),
        *(("light", 1), ("heavy", 1), ("heavier", 1), ("refs/tags/heavy", 1), ("heads/feature/x", 1)),
    ],
)
def test_every_name_of_a_commit_leads_to_its_id(history: Path, rev: str, nth: int) -> None:
    ids = git(history, "rev-list", "main").decode().split()
    assert discover(history).commit_id(rev) == ids[nth]
    tree = git(history, "rev-parse", ids[nth] + "^{tree}").strip()
    assert discover(history).commit_and_fingerprint(rev, b"") == (ids[nth], tree)
    assert discover(history).commit_id(ids[nth][:9]) == ids[nth]
    assert listed(open_tree(os.fsencode(history), rev=rev)) == recorded(history, ids[nth])


NO_COMMITS = {
    "": '""',
    "--all": "--all",
    "-x": "-x",
    "--exec=touch marker": "--exec=touch marker",
    "a b": "a b",
    "nope": "nope",
    "^HEAD": "^HEAD",
    "HEAD..main": "HEAD..main",
    "HEAD:a": "HEAD:a",
    "HEAD^{tree}": "HEAD^{tree}",
    ":/no such": ":/no such",
    "HEAD@{99}": "HEAD@{99}",
    "main\nHEAD": '"main\\nHEAD"',
    "\x1b[31m": '"\\033[31m"',
    "a\0b": '"a\\000b"',
    "\ud800": '"\\\\ud800"',
    "f" * 40: "f" * 40,
    "x" * 300_000: "x" * 80 + "…",
    "$(touch marker)": "$(touch marker)",
}


@pytest.mark.parametrize("rev", NO_COMMITS, ids=lambda rev: ascii(rev)[:20])
def test_what_names_no_commit_is_an_error_of_one_line(history: Path, rev: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(history)
    assert discover(history).commit_id(rev) is None
    assert discover(history).commit_and_fingerprint(rev, b"a") == (None, None)
    message = f"{NO_COMMITS[rev]}: not a commit in this repository; run git log to find one"
    assert error_of(history, rev) == message
    assert not (history / "marker").exists()


def test_a_file_named_like_a_peeled_revision_is_no_commit(history: Path) -> None:
    assert discover(history).commit_id("HEAD:a") is None
    assert discover(history).commit_id(":a") is None


def test_an_ambiguous_short_id_is_named_as_that(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    short = make_twins(root)
    message = f"{short}: is ambiguous: several objects of this repository begin so; write more of the id"
    assert error_of(root, short) == message


# Reading blobs


def test_batches_and_pieces_give_the_blobs_bytes(tmp_path: Path) -> None:
    contents: dict[bytes | str, bytes] = {
        "empty": b"",
        "newlines": b"\n\n\n",
        "binary": bytes(range(256)) * 40,
        "just a piece": b"x" * 1000,
        "large": os.urandom(1 << 20) + b"tail" * 300_000,
    }
    root = make_repo(tmp_path / "app", contents)
    files = files_of(root)
    expected = [contents[os.fsdecode(file.path)] for file in files]
    with BlobReader(discover(root)) as reader:
        assert list(reader.batch(files)) == expected
        assert [b"".join(reader.pieces(file, 1000)) for file in files] == expected
        pieces = list(reader.pieces(next(file for file in files if file.path == b"large"), 1 << 20))
        assert [len(piece) for piece in pieces] == [1 << 20, 1 << 20, 1_200_000 - (1 << 20)]
        assert reader.unreadable == []


@pytest.mark.full
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_thousands_of_blobs_in_one_batch_do_not_block(tmp_path: Path, object_format: str) -> None:
    root = make_repo(tmp_path / "app", {}, options=(f"--object-format={object_format}",))
    blobs = b"".join(b"blob\ndata 9000\n" + (b"%08d\n" % number) * 1000 + b"\n" for number in range(3000))
    git(root, "fast-import", "--quiet", stdin=blobs)
    ids = git(root, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").split(b"\n")
    files = [File(b"%d" % n, 9000, REGULAR, line[5:]) for n, line in enumerate(ids) if line.startswith(b"blob")]
    assert len(files) == 3000
    with BlobReader(discover(root)) as reader:
        assert {content[:9] for content in reader.batch(files) if content} == {b"%08d\n" % n for n in range(3000)}
        assert reader.unreadable == []


def test_an_abandoned_read_does_not_spoil_the_next(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {f"{n:03}": f"{n} " * 50_000 for n in range(100)})
    files = files_of(root)
    with BlobReader(discover(root)) as reader:
        assert next(reader.batch(files)) == b"0 " * 50_000
        assert next(reader.pieces(files[50], 6)) == b"50 50 "
        assert list(reader.batch(files[7:9])) == [b"7 " * 50_000, b"8 " * 50_000]
        assert reader.unreadable == []


def test_what_is_no_blob_here_is_unreadable_and_the_rest_is_read(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "aaa", "z": "zzz"})
    a, z = files_of(root)
    tree_id, commit_id = git(root, "rev-parse", "HEAD^{tree}", "HEAD").split()
    bad = {b"tree": tree_id, b"commit": commit_id, b"gone": b"1" * 40, b"unknown": None, b"noise": b"zz"}
    files = [a, *(File(name, 3, REGULAR, id_) for name, id_ in bad.items()), z]
    with BlobReader(discover(root)) as reader:
        assert list(reader.batch(files)) == [b"aaa", None, None, None, None, None, b"zzz"]
        assert [(gone.path, gone.reason) for gone in reader.unreadable] == [(name, OBJECT_MISSING) for name in bad]
        assert list(reader.pieces(files[1], 10)) == []
        assert list(reader.pieces(z, 2)) == [b"zz", b"z"]


def damage(repository: Path, id_: bytes, content: bytes) -> None:
    """Overwrites a loose object."""
    name = id_.decode()
    path = repository / ".git/objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.parametrize("content", [b"", b"noise", b"x\x9c"])
def test_a_damaged_object_is_unreadable_and_the_rest_is_read(tmp_path: Path, content: bytes) -> None:
    root = make_repo(tmp_path / "app", {f"{n:03}": f"{n}" for n in range(130)})
    files = files_of(root)
    bad = {files[0].path, files[70].path, files[71].path}
    for file in files:
        if file.path in bad and file.blob:
            damage(root, file.blob, content)
    with BlobReader(discover(root)) as reader:
        found = list(reader.batch(files))
        assert [data for data in found if data is not None] == [b"%d" % n for n in range(130) if n not in (0, 70, 71)]
        assert {gone.path for gone in reader.unreadable} == bad
    tree = open_tree(os.fsencode(root), rev="HEAD")
    assert {gone.path for gone in tree.unreadable} == bad
    assert len(tree.files) == 127


def test_an_object_damaged_behind_its_header_is_unreadable_in_batch_and_in_pieces(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": os.urandom(2 << 20), "b": "bbb"})
    a, b = files_of(root)
    assert a.blob is not None
    name = a.blob.decode()
    whole = (root / ".git/objects" / name[:2] / name[2:]).read_bytes()
    damage(root, a.blob, whole[: len(whole) // 2])
    with BlobReader(discover(root)) as reader:
        assert list(reader.batch([a, b])) == [None, b"bbb"]
        list(reader.pieces(a, 1000))
        assert [gone.path for gone in reader.unreadable] == [b"a", b"a"]
        assert b"".join(reader.pieces(b, 2)) == b"bbb"


def children() -> Sequence[str]:
    """The processes that this one has started and not yet waited for."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.mark.skipif(not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="needs Linux's list of them")
@pytest.mark.parametrize("take", [0, 1, 3])
def test_the_git_process_is_gone_behind_the_with_statement(tmp_path: Path, take: int) -> None:
    root = make_repo(tmp_path / "app", {f"{n}": "x" * 300_000 for n in range(3)})
    files = files_of(root)
    before = children()
    with BlobReader(discover(root)) as reader:
        batch = reader.batch(files)
        for _ in range(take):
            next(batch)
        assert len(children()) == len(before) + (take > 0)
    del batch, reader
    gc.collect()  # a pipe left open would warn now, and a warning fails the test
    assert children() == before


def test_a_git_that_dies_leaves_every_file_unreadable(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x", "b": "y"})
    repository, files = discover(root), files_of(root)
    shutil.rmtree(root / ".git")
    with BlobReader(repository) as reader:
        assert list(reader.batch(files)) == [None, None]
        assert list(reader.pieces(files[0], 1)) == []
        assert [(gone.path, gone.reason) for gone in reader.unreadable] == [
            (b"a", OBJECT_MISSING),
            (b"b", OBJECT_MISSING),
            (b"a", OBJECT_MISSING),
        ]


# Replaced, renamed, moved


def test_replaced_objects_are_ignored(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "short"})
    expected = recorded(root)
    blob = expected[b"a"][1].decode()
    other = git(root, "hash-object", "-w", "--stdin", stdin=b"very much longer").decode().strip()
    git(root, "replace", blob, other)
    assert listed(open_tree(os.fsencode(root), rev="HEAD")) == expected
    assert in_batches(open_tree(os.fsencode(root), rev="HEAD")) == {b"a": b"short"}


def test_core_quotepath_and_friends_change_nothing(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {b"caf\xc3\xa9": "x", b"a\tb": "y"})
    expected = recorded(root)
    for key, value in {
        "core.quotePath": "true",
        "core.precomposeUnicode": "true",
        "core.ignoreCase": "true",
        "core.abbrev": "4",
        "core.warnAmbiguousRefs": "true",
        "diff.noprefix": "true",
        "diff.renames": "copies",
        "color.ui": "always",
        "core.pager": "false",
        "log.showSignature": "true",
    }.items():
        git(root, "config", key, value)
    make_tree(root, {"a\tb": "yy"})
    assert listed(open_tree(os.fsencode(root), rev="HEAD")) == expected
    assert listed(open_tree(os.fsencode(root)))[b"a\tb"][2] == 2


def test_a_git_directory_named_directly_is_read_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    git(root, "config", "core.worktree", "/nowhere/at/all")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    found = Repository.at(os.fsencode(root / ".git"))
    assert found is not None
    assert found.top is None
    assert found.commit_id("HEAD") is not None
    assert Repository.at(os.fsencode(tmp_path)) is None
    assert Repository.at(os.fsencode(tmp_path / "nowhere")) is None


def test_a_repository_that_went_away_is_an_error_of_git(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    repository = discover(root)
    shutil.rmtree(root)
    with pytest.raises(GitError):
        repository.survey(b"", FileCount("app"))
