"""Real pushes through the installed hook."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from slugtrim.ignore import Dialect
from slugtrim.measurement import KeptRecord, Total, Totals
from slugtrim.sources import find_tree
from tests.builders import Content, commit_all, git, make_tree
from tests.pushes import URL, Application, make_application

pytestmark = pytest.mark.full

FAILED = b"error: failed to push some refs to 'heroku.com:app.git'\n"


def noise(count: int) -> bytes:
    """Bytes that no codec makes smaller; the same ones every time."""
    return random.Random(count).randbytes(count)


FILES: dict[bytes | str, Content] = {"Gemfile": b"", "app/a.rb": b"puts 1\n", "spec/fixtures/film.bin": noise(90_000)}


@pytest.fixture
def app(tmp_path: Path) -> Application:
    made = make_application(tmp_path, FILES)
    assert made.slugtrim("hook", "install", "-q").code == 0
    return made


def budget(app: Application, total: str) -> None:
    (app.root / "slugtrim.toml").write_text(f'[budgets]\ntotal = "{total}"\n')


def test_a_push_within_its_budget_says_one_line(app: Application) -> None:
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.2K small\n")
    assert app.arrived() == app.head()
    (app.root / "app/b.bin").write_bytes(noise(10_000))
    commit_all(app.root)
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 98K small, +9.8K since what heroku has\n")
    git(app.root, "commit", "-q", "--allow-empty", "-m", "nothing")
    line = b"slugtrim: main: 98K small, no change since what heroku has\n"
    assert app.push("heroku", "HEAD:refs/heads/master") == (
        0,
        b"",
        line.replace(b"main:", b"master:").replace(b"what heroku has", b"the merge-base with heroku/main"),
    )
    assert app.push("heroku", "main") == (0, b"", line)


def test_a_push_over_its_budget_is_stopped_with_what_could_go(app: Application) -> None:
    budget(app, "50KB")
    stopped = app.push("heroku", "main")
    assert (stopped.code, stopped.stdout, app.arrived()) == (1, b"", None)
    lines = stopped.stderr.decode().splitlines()
    assert lines[0] == "Over: 88.2K is 38.2K over the total of 50KB (slugtrim.toml:2)"
    assert "Run slugtrim suggest to see what could be left out." in lines
    assert lines[-3:] == [
        "Blocked: main was not pushed to heroku.",
        "To push anyway: git push --no-verify, or SLUGTRIM_SKIP=1 git push",
        FAILED.decode().rstrip(),
    ]


def test_a_finding_that_the_configuration_accepts_is_not_told(app: Application) -> None:
    (app.root / ".slugignore").write_text("!README.md\n")
    for ignored, told in (("", True), ('[lint]\nignore = ["negation"]\n', False)):
        (app.root / "slugtrim.toml").write_text(f'[budgets]\ntotal = "50KB"\n{ignored}')
        commit_all(app.root)
        stopped = app.push("heroku", "main")
        assert (stopped.code, b"negation" in stopped.stderr) == (1, told)


def test_the_suggestion_taken_lets_it_pass(app: Application) -> None:
    budget(app, "50KB")
    assert app.slugtrim("suggest").code == 0
    stopped = app.push("heroku", "main")
    assert (stopped.code, b"  ~88.1K      1  /spec\n" in stopped.stderr) == (1, True)
    assert app.slugtrim("suggest", "--write").code == 0
    commit_all(app.root, "leave out specs")
    passed = app.push("heroku", "main")
    assert (passed.code, app.arrived()) == (0, app.head())
    assert re.fullmatch(rb"slugtrim: main: \d+B small\n", passed.stderr)


def test_both_ways_around_it_work(app: Application) -> None:
    budget(app, "50KB")
    skipped = app.push("heroku", "main", env={"SLUGTRIM_SKIP": "yes"})
    assert skipped == (0, b"", b"slugtrim: not measured: SLUGTRIM_SKIP is set\n")
    assert app.push("heroku", "main:master", env={"SLUGTRIM_SKIP": ""}).code == 1
    assert app.push("--no-verify", "heroku", "main:master") == (0, b"", b"")


def test_what_does_not_build_passes_in_silence(app: Application) -> None:
    budget(app, "1KB")
    git(app.root, "tag", "-a", "v1", "-m", "one")
    for refs in (["main:feature"], ["v1"], ["main:refs/heads/mainly"]):
        assert app.push("heroku", *refs) == (0, b"", b""), refs
    assert app.push("--no-verify", "heroku", "main").code == 0
    assert app.push("heroku", ":feature") == (0, b"", b"")
    git(app.remote, "config", "receive.denyDeleteCurrent", "ignore")
    assert app.push("heroku", ":main") == (0, b"", b"")
    assert app.arrived() is None
    assert app.push(str(app.remote), "main") == (0, b"", b"")


def test_of_several_refs_each_that_builds_is_measured(app: Application) -> None:
    git(app.root, "branch", "master")
    git(app.root, "branch", "feature")
    (app.root / "more.bin").write_bytes(noise(50_000))
    commit_all(app.root)
    line = b"slugtrim: main: 137.3K small\nslugtrim: master: 88.2K small\n"
    passed = app.push("heroku", "main", "master", "feature")
    assert (passed.code, b"".join(sorted(passed.stderr.splitlines(keepends=True)))) == (0, line)
    budget(app, "100KB")
    stopped = app.push("heroku", "main:master")
    assert stopped.code == 1
    assert b"Blocked: master was not pushed to heroku.\n" in stopped.stderr
    assert app.arrived("refs/heads/master") == app.head("master")


def test_a_forced_push_is_compared_with_what_it_replaces(app: Application) -> None:
    assert app.push("heroku", "main").code == 0
    git(app.root, "rm", "-q", "-r", "spec")
    git(app.root, "commit", "-q", "--amend", "-m", "without")
    forced = app.push("--force", "heroku", "main")
    assert forced.code == 0
    assert re.fullmatch(rb"slugtrim: main: \d+B small, -88[.\d]*K since what heroku has\n", forced.stderr)


def test_a_commit_on_the_remote_that_is_not_here_gives_way_to_the_merge_base(app: Application) -> None:
    assert app.push("heroku", "main").code == 0
    theirs = git(app.remote, "commit-tree", "-p", "main", "-m", "theirs", "main^{tree}").decode().strip()
    git(app.remote, "update-ref", "refs/heads/main", theirs)
    forced = app.push("--force", "heroku", "main")
    assert forced == (0, b"", b"slugtrim: main: 88.2K small, no change since the merge-base with heroku/main\n")


def test_a_push_that_mends_the_rules_is_compared_with_nothing(app: Application) -> None:
    (app.root / ".slugignore").write_text("/spec\n", "utf-16")
    commit_all(app.root)
    message = b"slugtrim: .slugignore: is UTF-16, which the platform reads as noise; save it as UTF-8\n"
    assert app.push("heroku", "main") == (1, b"", message + FAILED)
    assert app.push("--no-verify", "heroku", "main").code == 0
    (app.root / ".slugignore").write_text("/app\n")
    commit_all(app.root)
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.3K small\n")


def test_the_work_tree_does_not_matter(app: Application) -> None:
    budget(app, "100KB")
    make_tree(app.root, {"app/a.rb": noise(500_000), "new.bin": noise(500_000), ".slugignore": "/app\n"})
    git(app.root, "add", "new.bin")
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.2K small\n")


def test_an_annotated_tag_onto_a_branch_is_measured_as_its_commit(app: Application) -> None:
    git(app.root, "tag", "-a", "v1", "-m", "one")
    assert app.push("heroku", "v1^{}:refs/heads/main") == (0, b"", b"slugtrim: main: 88.2K small\n")


def test_a_target_has_its_own_budget_and_its_own_remotes(app: Application) -> None:
    text = '[targets.live]\nremotes = ["box", "{}"]\nbuildpack-overhead = "30MB"\nbudgets.total = "{}"\n'
    git(app.root, "remote", "add", "box", str(app.remote))
    (app.root / "slugtrim.toml").write_text(text.format("", "20MB").replace(', ""', ""))
    stopped = app.push("box", "main")
    assert stopped.code == 1
    assert stopped.stderr.startswith(b"Over: 30.1M is 10.1M over the total of 20MB (slugtrim.toml:4)\n")
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.2K small\n")
    (app.root / "slugtrim.toml").write_text(text.format(app.remote, "40MB"))
    line = b"slugtrim: master: 30.1M average with 30M of buildpacks\n"
    assert app.push(str(app.remote), "main:master") == (0, b"", line)


def test_growth_is_held_against_what_the_remote_has(app: Application) -> None:
    (app.root / "slugtrim.toml").write_text('[budgets]\nmax-growth = "5KB"\n')
    assert app.push("heroku", "main").code == 0
    (app.root / "film.bin").write_bytes(noise(20_000))
    commit_all(app.root, "A film")
    stopped = app.push("heroku", "main")
    assert stopped.code == 1
    assert b"Over: +19.7K since the base is 14.7K over the allowed growth of 5KB\n(slugtrim.toml:2)\n" in stopped.stderr
    assert b" A film\n" in stopped.stderr


def test_budgets_for_paths_and_single_files_are_held(app: Application) -> None:
    text = '[budgets]\nlargest-file = "80KB"\nfiles = 9\n'
    (app.root / "slugtrim.toml").write_text(text)
    assert b"Over: the largest file is 87.9K, 7.9K over" in app.push("heroku", "main").stderr
    (app.root / "slugtrim.toml").write_text('[budgets.paths]\n"/spec" = "80KB"\n')
    assert b"Over: /spec is 88.1K" in app.push("heroku", "main").stderr
    (app.root / "slugtrim.toml").write_text('[budgets]\nwarn = "80KB"\n[budgets.paths]\n"/spec" = "90KB"\n')
    warned = b"slugtrim: warning: 88.2K is 8.2K over the warning level of 80KB (slugtrim.toml:2)\n"
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.2K small\n" + warned)


def test_what_an_audit_remembers_serves_a_push(app: Application) -> None:
    assert app.slugtrim("--rev", "HEAD").code == 0
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 88.2K small\n")


def test_a_mistake_in_the_configuration_stops_a_push_that_builds_only(app: Application) -> None:
    (app.root / "slugtrim.toml").write_text("[budget]\n")
    stopped = app.push("heroku", "main")
    message = b"slugtrim: slugtrim.toml:1: budget: unknown key; did you mean budgets?\n"
    assert stopped == (1, b"", message + FAILED)
    assert app.push("heroku", "main:feature") == (0, b"", b"")


def test_a_push_from_below_and_from_a_linked_work_tree(app: Application, tmp_path: Path) -> None:
    budget(app, "50KB")
    assert app.push("heroku", "main", cwd=app.root / "app").code == 1
    linked = tmp_path / "linked"
    git(app.root, "worktree", "add", "-q", "-b", "other", str(linked))
    assert app.push("heroku", "other:main", cwd=linked) == (0, b"", b"slugtrim: main: 88.2K small\n")
    (linked / "slugtrim.toml").write_text('[budgets]\ntotal = "1KB"\n')
    assert app.push("heroku", "other:master", cwd=linked / "app").code == 1
    status = app.slugtrim("hook", "status", cwd=linked)
    assert status == (0, f"{app.hook}: installed.\n".encode(), b"")


def test_the_git_directory_that_git_names_is_heeded(app: Application, tmp_path: Path) -> None:
    budget(app, "50KB")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = {"GIT_DIR": str(app.root / ".git"), "GIT_WORK_TREE": str(app.root)}
    assert app.push("heroku", "main", cwd=elsewhere, env=named).code == 1
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(app.root), str(bare))
    assert app.slugtrim("hook", "install", cwd=bare).code == 0
    assert app.push(URL, "main", cwd=bare) == (0, b"", b"slugtrim: main: 88.2K small\n")
    target = '[targets.live]\nremotes = ["box"]\nbudgets.total = "1KB"\n'
    (app.root / "slugtrim.toml").write_text(target)
    commit_all(app.root)
    git(bare, "fetch", "-q", str(app.root), "main:main")
    git(bare, "remote", "add", "box", str(app.remote))
    assert app.push("box", "main", cwd=bare).code == 1


def test_ids_of_the_longer_hash_are_read(tmp_path: Path) -> None:
    made = make_application(tmp_path, FILES)
    root = tmp_path / "long"
    git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", str(root))
    make_tree(root, FILES)
    commit = commit_all(root)
    remote = tmp_path / "long.git"
    git(tmp_path, "init", "-q", "--bare", "--object-format=sha256", str(remote))
    (tmp_path / "ssh").write_text(f"#!/bin/sh\nexec git receive-pack '{remote}'\n")
    assert made.slugtrim("hook", "install", cwd=root).code == 0
    assert made.push(URL, "main", cwd=root) == (0, b"", b"slugtrim: main: 88.2K small\n")
    assert git(remote, "rev-parse", "main").decode().strip() == commit


def test_what_cannot_be_read_is_said_and_stops_nothing(app: Application) -> None:
    (id_,) = git(app.root, "rev-parse", "HEAD:app/a.rb").split()
    name = os.fsdecode(id_)
    lines = f"refs/heads/main {app.head()} refs/heads/main {'0' * 40}\n"
    (app.root / ".git/objects" / name[:2] / name[2:]).unlink()
    done = app.pre_push(lines)
    short = app.head()[:10]
    said = (
        f"slugtrim: main: 88.2K small at least\nslugtrim: 1 path could not be read; slugtrim --rev {short} says which\n"
    )
    assert done == (0, b"", said.encode())


def test_what_is_kept_in_another_form_is_measured_anew(app: Application) -> None:
    assert app.push("heroku", "main").code == 0
    found = find_tree(bytes(app.root), rev="HEAD")
    record = KeptRecord(found, Dialect.GITIGNORE)
    whole = record.read(Totals)
    assert whole is not None
    record.keep(Total(files=1, size_bytes=1), found.load())
    assert record.read(Totals) is None
    assert app.push("heroku", "main:master").stderr.startswith(b"slugtrim: master: 88.2K small")
    assert record.read(Totals) == whole
