"""Which commit a slug is compared with, named or found in a CI's environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slugtrim.check import Ci, detect, found_base, named_base, touching_commits
from slugtrim.errors import SourceError
from slugtrim.git import Repository
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.rows import each_row

ZERO = "0" * 40
GITHUB = {"CI": "true", "GITHUB_ACTIONS": "true"}
GITLAB = {"CI": "true", "GITLAB_CI": "true"}

DETECTED = [
    ({}, b"", None),
    ({"CI": "false"}, b"", None),
    ({"CI": "true"}, b"", ("CI", ("origin/HEAD",), None, False)),
    ({"CI": "1"}, b"", ("CI", ("origin/HEAD",), None, False)),
    ({"CI": "true", "CIRCLECI": "true"}, b"", ("CircleCI", ("origin/HEAD",), None, False)),
    ({"CI": "true", "HEROKU_TEST_RUN_ID": "x"}, b"", ("Heroku CI", (), None, False)),
    (
        {**GITHUB, "GITHUB_BASE_REF": "main"},
        b'{"before": "a"}',
        ("GitHub Actions", ("refs/remotes/origin/main", "refs/heads/main"), None, True),
    ),
    (GITHUB, json.dumps({"before": "ab" * 20}).encode(), ("GitHub Actions", (), "ab" * 20, False)),
    (GITHUB, json.dumps({"before": ZERO}).encode(), ("GitHub Actions", (), None, False)),
    (GITHUB, b'{"before": 5}', ("GitHub Actions", (), None, False)),
    (GITHUB, b"[" * 100_000, ("GitHub Actions", (), None, False)),
    (GITHUB, b"\xff", ("GitHub Actions", (), None, False)),
    (
        {**GITLAB, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "cd" * 20},
        b"",
        ("GitLab CI", ("refs/remotes/origin/main", "refs/heads/main"), "cd" * 20, True),
    ),
    ({**GITLAB, "CI_COMMIT_BEFORE_SHA": ZERO}, b"", ("GitLab CI", (), None, False)),
]


@each_row("environ, event, expected", DETECTED)
def test_a_ci_is_told_by_its_environment(
    environ: dict[str, str], event: bytes, expected: tuple[str, tuple[str, ...], str | None, bool] | None
) -> None:
    ci = detect(environ, event)
    found = (ci.name, ci.branches, ci.commit, ci.is_certain) if ci is not None else None
    assert found == expected


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A branch that left main one commit ago, while main went on."""
    repository = make_repo(tmp_path / "upstream", {"a": "1"})
    git(repository, "checkout", "-q", "-b", "topic")
    make_tree(repository, {"b": "2"})
    commit_all(repository, "topic")
    git(repository, "checkout", "-q", "main")
    make_tree(repository, {"c": "3"})
    commit_all(repository, "main goes on")
    return repository


def opened(path: Path) -> Repository:
    repository = Repository.discover(bytes(path))
    assert repository is not None
    return repository


def head(path: Path, rev: str = "HEAD") -> str:
    return git(path, "rev-parse", rev).decode().strip()


def clone(upstream: Path, *options: str) -> Path:
    path = upstream.with_name("clone")
    git(upstream.parent, "clone", "-q", "-b", "topic", *options, upstream.as_uri(), str(path))
    return path


PULL = Ci(
    name="GitHub Actions",
    branches=("refs/remotes/origin/main", "refs/heads/main"),
    is_certain=True,
    deepen="set fetch-depth: 0 for actions/checkout",
)


def test_in_a_merge_request_the_base_is_where_the_branch_left(upstream: Path) -> None:
    here = clone(upstream)
    base = found_base(opened(here), PULL, head(here))
    assert base is not None
    assert base.rev == head(upstream, "topic~1")
    assert base.name == "merge-base with origin/main"


def test_a_shallow_clone_without_the_base_is_told_how_deep_to_fetch(upstream: Path) -> None:
    here = clone(upstream, "--depth", "1")
    with pytest.raises(SourceError) as error:
        found_base(opened(here), PULL, head(here))
    assert str(error.value) == (
        "the base of this run (origin/main) is not in this clone; "
        "the clone is shallow: set fetch-depth: 0 for actions/checkout"
    )
    with pytest.raises(
        SourceError, match=r"^--base nothing: not a commit in this repository; the clone is shallow: git fetch it$"
    ):
        named_base(opened(here), "nothing")


def test_a_clone_with_both_tips_but_not_where_they_meet_is_too_shallow(upstream: Path) -> None:
    here = clone(upstream, "--depth", "1", "--no-single-branch")
    with pytest.raises(SourceError, match="the clone is shallow: set fetch-depth: 0"):
        found_base(opened(here), PULL, head(here))


def test_what_a_ci_names_itself_counts_where_no_branch_is_found(upstream: Path) -> None:
    ci = Ci(name="GitLab CI", branches=("refs/remotes/origin/gone",), commit=head(upstream, "topic~1"), is_certain=True)
    base = found_base(opened(upstream), ci, head(upstream, "topic"))
    assert base is not None
    assert (base.rev, base.name) == (head(upstream, "topic~1"), "as GitLab CI says")


def test_a_run_that_need_not_have_a_base_may_have_none(upstream: Path) -> None:
    for ci in (Ci(name="CI", branches=("origin/HEAD",)), Ci(name="Heroku CI"), Ci(name="x", commit="ab" * 20)):
        assert found_base(opened(upstream), ci, head(upstream)) is None
    here = clone(upstream)
    base = found_base(opened(here), Ci(name="CI", branches=("origin/HEAD",)), head(here))
    assert base is not None
    assert base.rev == head(upstream, "topic~1")


@pytest.mark.parametrize("branch", ["--upload-pack=touch x", "a b", "$(touch x)", "..", "\n", "x" * 5000])
def test_a_hostile_branch_name_is_only_a_name(upstream: Path, branch: str) -> None:
    ci = detect({**GITHUB, "GITHUB_BASE_REF": branch})
    assert ci is not None
    with pytest.raises(SourceError, match="the base of this run") as error:
        found_base(opened(upstream), ci, head(upstream))
    assert "\n" not in str(error.value)
    assert sorted(os.listdir(upstream)) == [".git", "a", "c"]


def test_a_named_base_is_any_revision(upstream: Path) -> None:
    assert named_base(opened(upstream), "topic").rev == head(upstream, "topic")
    with pytest.raises(SourceError, match=r"^--base tpoic: not a commit in this repository; git fetch it$"):
        named_base(opened(upstream), "tpoic")


def test_the_newest_commit_that_touched_a_path_is_told(tmp_path: Path) -> None:
    odd: dict[bytes | str, Content] = {"a": "1", b"new\nline": "1", b"\nfirst": "1", "sub/b": "1"}
    repository = make_repo(tmp_path, odd)
    base = head(repository)
    make_tree(repository, {"a": "2", b"\nfirst": "2"})
    commit_all(repository, "second\n\nwith a body")
    make_tree(repository, {"a": "3", b"new\nline": "2", "sub/b": "2"})
    last = commit_all(repository, "third")
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "gpg.program", "touch pwned")
    paths = [os.fsencode(path) for path in odd]
    found = touching_commits(opened(repository), base, last, paths)
    assert {path: subject for path, (_, subject) in found.items()} == {
        b"a": "third",
        b"new\nline": "third",
        b"\nfirst": "second",
        b"sub/b": "third",
    }
    assert all(last.startswith(short) for path, (short, _) in found.items() if path == b"a")
    assert touching_commits(opened(repository), base, last, []) == {}
    assert touching_commits(opened(repository), "ab" * 20, last, paths) == {}
    assert not (repository / "pwned").exists()
