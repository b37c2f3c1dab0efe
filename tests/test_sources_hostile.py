"""A repository whose own configuration tries to run programs: none of them ever starts.

Each trap would create a file. That the traps work is proved by letting git itself step into them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.files import Tree
from slugtrim.sources import open_tree
from tests.builders import GIT_ENVIRONMENT, commit_all, git, in_batches, in_pieces, make_repo, make_tree

pytestmark = pytest.mark.full


def everything(root: Path) -> list[Tree]:
    """All that slugtrim can ask of a repository. From below its top, only another path is asked for."""
    trees = []
    for path, revs in ((root, (None, "HEAD", "HEAD~1", ":/first")), (root / "d", (None, "HEAD"))):
        for rev in revs:
            for prefix in (b"", b"d"):
                tree = open_tree(os.fsencode(path), rev=rev, prefix=prefix)
                in_batches(tree)
                in_pieces(tree)
                tree.contents.deflated_bytes(tree.files)
                trees.append(tree)
    return trees


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two commits; every file is changed, touched or racily clean, so that git would look into each."""
    root = make_repo(tmp_path / "app", {"a": "aaa", "b": "bbb", "d/c": "ccc", "d/e": "eee", "same": "same"})
    commit_all(make_tree(root, {"b": "BBB", "d/f": "fff", "image.png": "png"}))
    return root


def make_racy(root: Path) -> None:
    """Gives the index and every file the same time stamp: git cannot tell by it whether a file was changed since."""
    git(root, "add", "-A")
    for path in (*root.glob("*"), *root.glob("d/*")):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    git(root, "-c", "core.fsmonitor=false", "update-index", "-q", "--refresh")
    # The files not again: their ctime would be another than the index has, once a second is over in between.
    os.utime(root / ".git/index", (1_600_000_000, 1_600_000_000))


def program(tmp_path: Path, marker: Path) -> Path:
    """A program that leaves a mark and passes on what it is given."""
    run = tmp_path / f"program-{marker.name}"
    make_tree(tmp_path, {f"{run.name}*": f"#!/bin/sh\ntouch '{marker}'\nexec cat\n"})
    return run


SETTINGS = [
    *("core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy", "core.alternateRefsCommand"),
    *("diff.external", "diff.x.command", "diff.x.textconv", "gpg.program", "merge.x.driver", "interactive.diffFilter"),
    *("pager.rev-parse", "pager.ls-files", "pager.diff-files", "pager.config", "pager.ls-tree", "pager.cat-file"),
    *("alias.ls-files", "alias.rev-parse", "alias.diff-files", "credential.helper", "sequence.editor", "man.x.cmd"),
    *("uploadpack.packObjectsHook", "remote.origin.uploadpack", "trailer.x.command", "difftool.x.cmd"),
    *("submodule.d.update", "web.browser"),
]


def test_no_setting_makes_a_program_run(root: Path, tmp_path: Path) -> None:
    markers = make_tree(tmp_path / "markers", {})
    make_tree(root, {".gitattributes": "* diff=x merge=x\n", "a": "changed"})
    for setting in SETTINGS:
        run = program(tmp_path, markers / setting)
        git(
            root, "config", setting, f"!{run}" if setting.startswith(("alias", "credential", "submodule")) else str(run)
        )
    everything(root)
    assert list(markers.iterdir()) == []


@pytest.mark.parametrize("value", ["{run}", "{run} with arguments", "true"])
def test_no_fsmonitor_runs(root: Path, tmp_path: Path, value: str) -> None:
    marker = tmp_path / "marker"
    git(root, "config", "core.fsmonitor", value.format(run=program(tmp_path, marker)))
    make_tree(root, {"a": "changed"})
    everything(root)
    assert not marker.exists()
    assert not (root / ".git/fsmonitor--daemon.ipc").exists()
    if value != "true":
        git(root, "status")
        assert marker.exists()


FILTER_NAMES = [
    *(
        "x",
        "lfs",
        "Upper",
        "with.dots.in",
        "a=b",
        "=",
        "x.clean",
        'q"uote',
        "back\\slash",
        "caf\u00e9",
        "#h",
        "sec]tion",
    ),
    *("", "a b", " ", "a\ttab"),
]
"""In ``.gitattributes`` the last three cannot be written, but they may be configured."""


def with_filters(root: Path, tmp_path: Path, variable: str) -> Path:
    """A file for each filter, every one racily clean; where the filters leave their marks."""
    named = [(number, name) for number, name in enumerate(FILTER_NAMES) if not any(map(str.isspace, name))]
    make_tree(root, {f"file{number}": f"content {number}" for number, _ in named})
    make_tree(root, {".gitattributes": "".join(f"file{number} filter={name}\n" for number, name in named)})
    make_racy(root)
    markers = make_tree(tmp_path / "markers", {})
    with (root / ".git/config").open("a") as file:
        for number, name in enumerate(FILTER_NAMES):
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            run = program(tmp_path, markers / str(number))
            file.write(f'[filter "{escaped}"]\n\t{variable} = {run}\n\trequired = true\n')
    return markers


@pytest.mark.parametrize("variable", ["clean", "smudge", "process"])
def test_no_filter_runs_even_where_git_must_compare_contents(root: Path, tmp_path: Path, variable: str) -> None:
    markers = with_filters(root, tmp_path, variable)
    everything(root)
    make_tree(root, {f"file{number}": f"changed {number}" for number in range(0, len(FILTER_NAMES), 2)})
    everything(root)
    assert list(markers.iterdir()) == []


def test_the_trap_of_the_filters_works(root: Path, tmp_path: Path) -> None:
    markers = with_filters(root, tmp_path, "clean")
    git(root, "diff-files")
    written = {str(number) for number, name in enumerate(FILTER_NAMES) if not any(map(str.isspace, name))}
    assert {path.name for path in markers.iterdir()} == written


def included(root: Path, text: str) -> None:
    make_tree(root, {".git/more": text})
    git(root, "config", "include.path", "more")


def included_for_the_branch(root: Path, text: str) -> None:
    make_tree(root, {".git/more": text})
    git(root, "config", "includeIf.onbranch:main.path", "more")


def included_for_the_directory(root: Path, text: str) -> None:
    make_tree(root, {".git/more": text})
    git(root, "config", f"includeIf.gitdir:{root}/.path", "more")


def for_this_work_tree(root: Path, text: str) -> None:
    git(root, "config", "extensions.worktreeConfig", "true")
    make_tree(root, {".git/config.worktree": text})


def of_the_user(root: Path, text: str) -> None:
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(text)


@pytest.mark.parametrize(
    "place", [included, included_for_the_branch, included_for_the_directory, for_this_work_tree, of_the_user]
)
def test_a_filter_configured_elsewhere_does_not_run(
    root: Path, tmp_path: Path, place: Callable[[Path, str], None]
) -> None:
    marker = tmp_path / "marker"
    make_tree(root, {".gitattributes": "* filter=x\n"})
    make_racy(root)
    run = program(tmp_path, marker)
    place(root, f'[filter "x"]\n\tclean = {run}\n\tsmudge = {run}\n\tprocess = {run}\n\trequired\n')
    everything(root)
    assert not marker.exists()
    env = {name: value for name, value in GIT_ENVIRONMENT.items() if name != "GIT_CONFIG_GLOBAL"}
    subprocess.run(["git", "-C", str(root), "diff-files"], env={**os.environ, **env}, capture_output=True, check=False)
    assert marker.exists()


HOOKS = [
    "post-index-change",
    "post-checkout",
    "pre-commit",
    "reference-transaction",
    "fsmonitor-watchman",
    "query-watchman",
]


@pytest.mark.parametrize("place", [".git/hooks", "hooks"])
def test_no_hook_runs(root: Path, tmp_path: Path, place: str) -> None:
    marker = tmp_path / "marker"
    make_tree(root, {f"{place}/{hook}*": f"#!/bin/sh\ntouch '{marker}'\n" for hook in HOOKS})
    git(root, "config", "core.hooksPath", place)
    git(root, "config", "core.fsmonitor", str(root / place / "fsmonitor-watchman"))
    everything(root)
    assert not marker.exists()
    git(root, "update-index", "--refresh", "-q", "--really-refresh", "--force-write-index")
    assert marker.exists()


def test_nothing_in_the_repository_is_written(root: Path) -> None:
    make_racy(root)
    make_tree(root, {"a": "changed", "untracked": "x"})
    git(root, "config", "core.untrackedCache", "true")

    def state() -> dict[str, tuple[int, int, int]]:
        infos = {str(path): path.lstat() for path in (root, *root.rglob("*"))}
        return {name: (info.st_size, info.st_mtime_ns, info.st_ino) for name, info in infos.items()}

    before = state()
    everything(root)
    assert state() == before


def test_a_submodules_own_configuration_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    run = program(tmp_path, marker)
    make_repo(tmp_path / "sub", {"s": "sss", ".gitattributes": "* filter=x diff=x\n"})
    root = make_repo(tmp_path / "app", {"a": "x", "d/b": "first"})
    git(root, "submodule", "--quiet", "add", "../sub", "sub")
    commit_all(make_tree(root, {".slugignore": "x\n", "d/b": "y"}))
    sub = root / "sub"
    for setting in ("filter.x.clean", "filter.x.process", "core.fsmonitor", "diff.external", "core.pager"):
        git(sub, "config", setting, str(run))
    git(root, "config", "submodule.sub.update", f"!{run}")
    make_tree(sub, {"s": "SSS", "untracked": "x"})
    everything(root)
    assert not marker.exists()


TRANSPORTS = ["ext::{run} %S", "file://{other}", "{other}", "ssh://-oProxyCommand={run}/x", "git://127.0.0.1:1/x"]


@pytest.mark.parametrize("url", TRANSPORTS)
@pytest.mark.parametrize("setting", ["extensions.partialClone", "remote.origin.promisor"])
def test_a_repository_that_claims_to_be_a_partial_clone_fetches_nothing(
    root: Path, tmp_path: Path, url: str, setting: str
) -> None:
    marker = tmp_path / "marker"
    run = program(tmp_path, marker)
    other = make_repo(tmp_path / "other", {"a": "aaa"})
    blob = git(root, "rev-parse", "HEAD:a").decode().strip()
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", setting, "origin" if setting.startswith("ext") else "true")
    for key, value in {
        "remote.origin.url": url.format(run=run, other=other),
        "remote.origin.uploadpack": f"touch {marker}; git-upload-pack",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
        "core.sshCommand": str(run),
    }.items():
        git(root, "config", key, value)
    trees = everything(root)
    assert [gone.path for gone in trees[2].unreadable] == [b"a"]
    assert not marker.exists()
    assert not (root / ".git/objects" / blob[:2] / blob[2:]).exists()


def test_a_work_tree_configured_elsewhere_is_refused_or_only_listed(root: Path, tmp_path: Path) -> None:
    make_tree(tmp_path / "elsewhere", {"secret": "x"})
    git(root, "config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(SourceError) as caught:
        open_tree(os.fsencode(root))
    message = f"{root}: is in no working tree of its repository; name that, or use --no-git"
    assert str(caught.value) == message
