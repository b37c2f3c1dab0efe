"""``slugtrim diff``: what its words name, and what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Content, commit_all, git, make_repo, make_tree, make_twins
from tests.command_line import Run, run, run_process

FILES: dict[bytes | str, Content] = {".slugignore": "/spec\n", "app.rb": "a" * 300, "spec/a.rb": "s", "docs/x": "d"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: a film was added, a program grew, and the rules leave out the documents as well."""
    repository = make_repo(tmp_path_factory.mktemp("app"), FILES)
    make_tree(repository, {"public/film.mp4": bytes(range(256)) * 40, "app.rb": "a" * 300 + "xyz" * 50})
    make_tree(repository, {".slugignore": "/spec\n/docs\n"})
    commit_all(repository)
    return repository


def printed(done: Run) -> str:
    assert (done.code, done.stderr) == (0, b"")
    return done.stdout.decode()


def data(done: Run) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(printed(done))
    return loaded


def kinds(done: Run) -> dict[str, str]:
    return {item["path"]: item["what"] for item in data(done)["files"]}


EXPECTED = {"public/film.mp4": "added", "app.rb": "grew", ".slugignore": "grew", "docs/x": "left-out"}


def test_two_commits_are_compared(app: Path) -> None:
    assert kinds(run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=app)) == EXPECTED


@pytest.mark.parametrize("word", ["HEAD~1..HEAD", "HEAD~1..", "HEAD~1...HEAD", "main^...main"])
def test_a_range_is_two_commits(app: Path, word: str) -> None:
    assert kinds(run("diff", word, "--format", "json", cwd=app)) == EXPECTED


def test_three_dots_begin_where_the_other_left(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"a": "1"})
    git(repository, "checkout", "-q", "-b", "topic")
    make_tree(repository, {"b": "2"})
    commit_all(repository)
    git(repository, "checkout", "-q", "main")
    make_tree(repository, {"c": "3"})
    commit_all(repository)
    found = data(run("diff", "main...topic", "--format", "json", cwd=repository))
    assert [item["path"] for item in found["files"]] == ["b"]
    assert found["before"]["name"] == "merge-base of main and topic"
    git(repository, "checkout", "-q", "--orphan", "alone")
    commit_all(repository)
    done = run("diff", "main...alone", cwd=repository)
    message = b"slugtrim: main...alone: the two have no commit in common here; write A..B\n"
    assert done == Run(2, b"", message)


def test_the_top_of_a_repository_is_its_work_tree(app: Path) -> None:
    (app / "new.rb").write_text("n")
    git(app, "add", "-N", "new.rb")
    done = run("diff", "HEAD", ".", "--format", "json", cwd=app)
    git(app, "rm", "-q", "--cached", "new.rb")
    (app / "new.rb").unlink()
    assert kinds(done) == {"new.rb": "added"}
    assert data(done)["after"]["source"]["kind"] == "worktree"


def test_a_side_of_which_an_image_is_built_has_no_compiled_size(tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "app", {"package.json": "{}", "Procfile": "web: node server.js"})
    make_tree(repository, {"heroku.yml": "build: {docker: {web: Dockerfile}}\n"})
    commit_all(repository)
    before, after = (
        data(run("diff", "HEAD~1", "HEAD", "--json", cwd=repository))[side] for side in ("before", "after")
    )
    assert before["compiled"]["prediction"] is not None
    assert after["compiled"] is None
    assert [note["id"] for note in after["notes"]] == ["no-slug"]
    text = run("diff", "HEAD~1", "HEAD", cwd=repository).stdout.decode()
    assert text.startswith("HEAD makes no slug: heroku.yml builds a Docker image")
    assert text.count("heroku.yml builds") == 1


def test_a_bare_repository_has_files_of_its_own_and_revisions(app: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(app), "bare.git")
    assert kinds(run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=tmp_path / "bare.git")) == EXPECTED


def test_a_name_that_is_both_is_refused(app: Path) -> None:
    git(app, "branch", "docs")
    try:
        done = run("diff", "docs", "HEAD", cwd=app)
        assert done == Run(2, b"", b"slugtrim: docs: is both a path here and a revision; write ./docs or docs~0\n")
        assert run("diff", "docs~0", "HEAD", cwd=app).code == 0
    finally:
        git(app, "branch", "-q", "-D", "docs")


MISTAKES = [
    (["HEAD"], "diff: needs two commits or slugs: slugtrim diff A B, or A..B for two commits"),
    (["HEAD", "HEAD", "HEAD"], "diff: needs two commits or slugs: slugtrim diff A B, or A..B for two commits"),
    (["HEAD", "nope"], "nope: no such file or directory here, and not a commit of this repository"),
    (["HEAD", "./nope"], "./nope: does not exist; name a slug, a directory or a commit"),
    (["HEAD", ""], '"": no such file or directory here, and not a commit of this repository'),
    (["HEAD", "a\nb"], '"a\\nb": no such file or directory here, and not a commit of this repository'),
    (["HEAD", "--", "--output=x"], "--output=x: no such file or directory here, and not a commit of this repository"),
    (["HEAD..nope"], "HEAD..nope: nope is not a commit in this repository; run git log to find one"),
    (["nope...HEAD"], "nope...HEAD: nope is not a commit in this repository; run git log to find one"),
    (["HEAD..HEAD", "HEAD"], "HEAD..HEAD: no such file or directory here, and not a commit of this repository"),
    (["-", "-"], "-: stdin holds one slug; name a file for the other"),
    (["HEAD", "HEAD", "--prefix", "lib"], "lib: is no directory of HEAD; name one for --prefix that git ls-tree shows"),
    (["HEAD", "HEAD", "--format", "csv"], "Invalid value for '--format': 'csv' is not one of"),
    (["HEAD", "HEAD", "--rev", "HEAD"], "No such option"),
    ([], "Missing argument 'A B'"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_a_mistake_is_one_line(app: Path, words: list[str], message: str) -> None:
    done = run("diff", *words, cwd=app)
    assert (done.code, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.decode().startswith(f"slugtrim: {message}")


def test_outside_a_repository_there_are_no_commits(tmp_path: Path) -> None:
    done = run("diff", "v1", "v2", cwd=tmp_path)
    message = b"slugtrim: v1: does not exist, and this is not a git repository, so it is no commit either\n"
    assert done == Run(2, b"", message)
    done = run("diff", "v1..v2", cwd=tmp_path)
    message = b"slugtrim: v1..v2: names commits, and this is not a git repository; use -C DIR\n"
    assert done == Run(2, b"", message)


def test_an_ambiguous_id_is_told(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"a": "1"})
    twin = make_twins(repository)
    done = run("diff", twin, "HEAD", cwd=repository)
    message = f"slugtrim: {twin}: is ambiguous: several objects of this repository begin so; write more of the id\n"
    assert done == Run(2, b"", message.encode())


def test_it_ends_well_whatever_it_finds(app: Path) -> None:
    done = run_process("diff", "HEAD~1", "HEAD", cwd=app)
    lines = printed(done).splitlines()
    assert re.fullmatch(r"\+[\d.]+B \(\+[\d.]+%\): [\d.]+B small → [\d.]+B small", lines[0])
    assert lines[1].startswith("  public/film.mp4 +") or lines[1].startswith("  Mostly public/film.mp4 +")
    assert re.match(r"  1 added \+\d+B, 1 left out -\d+B, 2 grew \+\d+B; 0 files unchanged", " ".join(lines[2:4]))


def test_a_prefix_is_the_root_of_both(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"apps/web/a": "1", "apps/api/b": "1"})
    make_tree(repository, {"apps/web/c": "2", "apps/api/d": "2"})
    commit_all(repository)
    assert kinds(run("diff", "HEAD~1", "HEAD", "--prefix", "apps/web", "--format", "json", cwd=repository)) == {
        "c": "added"
    }


def test_the_configured_reading_and_overhead_count(app: Path) -> None:
    (app / "slugtrim.toml").write_text('dialect = "glob"\nbuildpack-overhead = "20MB"\n')
    try:
        found = data(run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=app))
        plain = data(run("diff", "HEAD~1", "HEAD", "--format", "json", "--no-config", cwd=app))
        text = printed(run("diff", "HEAD~1", "HEAD", cwd=app))
    finally:
        (app / "slugtrim.toml").unlink()
    assert found["dialect"] == "glob"
    for side in ("before", "after"):
        assert found[side]["compiled"]["compressed_bytes"] == found[side]["compressed_bytes"] + (20 << 20)
        assert (found[side]["class"], plain[side]["class"]) == ("average", "small")
        assert plain[side]["compiled"] is None
    assert found["grown_compressed_bytes"] == plain["grown_compressed_bytes"]
    assert "of your code + 20M of buildpacks (slugtrim.toml:2) =" in " ".join(text.split())


def test_sizes_are_remembered_unless_told_otherwise(app: Path, clean_environment: Path) -> None:
    first = run("diff", "HEAD~1", "HEAD", "--format", "json", "--no-cache", cwd=app)
    assert not (clean_environment / "cache").exists()
    again = [run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=app) for _ in range(2)]
    assert again == [first, first]
    assert (clean_environment / "cache").exists()


def test_reports_are_written_beside_the_text(app: Path, tmp_path: Path) -> None:
    reports = [f"--report={name}={tmp_path / name}" for name in ("json", "markdown")]
    assert printed(run("diff", "HEAD~1", "HEAD", "-q", *reports, cwd=app)).count("\n") == 1
    assert json.loads((tmp_path / "json").read_text())["schema"] == 1
    assert (tmp_path / "markdown").read_text().startswith("### +")
