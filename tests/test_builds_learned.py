"""What recorded builds teach audit, check and the hook: how much buildpacks add, by which build, how sure it is."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from slugtrim.audit import audit_tree
from slugtrim.builds.build import BuildOutcome, SourcePart
from slugtrim.builds.journal import append
from slugtrim.builds.learned import known_locks, locks_of
from slugtrim.ignore import Dialect
from slugtrim.reports.formats import render
from slugtrim.sizer import Overhead, with_overhead
from slugtrim.sources import find_tree
from slugtrim.store import Store
from slugtrim.units import MIB
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run, run_lean
from tests.deploys import build_log
from tests.pushes import Application, make_application
from tests.test_audit_known import modules_after, unread
from tests.test_builds_journal import build
from tests.test_reports_json import checked

FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n",
    "app/a.bin": random.Random(1).randbytes(300_000),
    "spec/a.rb": "it\n" * 90,
    "requirements.txt": "django\n",
    "Gemfile.lock": "GEM\n",
}
SOURCE = {dialect: SourcePart(compressed_bytes=1 * MIB, deleting=1) for dialect in Dialect.GITIGNORE.pair}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", FILES)


def recorded(root: Path, size: float, *, rev: str | None = None, days: int = 0, **changes: Any) -> None:
    """A build of the tree as it is (or of a commit), so many days ago, whose buildpacks added ``size`` less 1 MB."""
    locks = locks_of(find_tree(bytes(root), rev=rev).load().files)
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86_400 - 60))
    append(bytes(root / ".git"), build(size, **{"sources": SOURCE, "locks": locks, "date": date, **changes}))


def compiled(root: Path, *arguments: str) -> Any:
    data = checked(
        run(*arguments, "--format", "json", cwd=root).stdout.decode(), "check" if "check" in arguments else "audit"
    )
    # What is predicted is no build's word.
    return data["compiled"] if data["compiled"] is None or data["compiled"]["prediction"] is None else None


def summary(found: Any) -> tuple[int, str, int | None, list[str]] | None:
    """MB added, by which build, how old, what changed."""
    if found is None:
        return None
    paths = [each["path"] for each in found["changed"]]
    return found["overhead_bytes"] // MIB, found["origin"], found["age_days"], paths


@pytest.mark.parametrize("command", [(), ("check",), ("--rev", "HEAD"), ("--no-cache",)])
def test_the_newest_build_with_the_same_lock_files_counts(repository: Path, command: tuple[str, ...]) -> None:
    assert compiled(repository, *command) is None
    recorded(repository, 30, days=9, release=7)
    recorded(repository, 40, days=3, release=8)
    recorded(repository, 50, release=9, locks={b"Gemfile.lock": b"0" * 40})
    for _ in range(2):  # also when the tree is known
        assert summary(compiled(repository, *command)) == (39, "v8 of shop", 3, [])


@pytest.mark.parametrize("command", [(), ("check",)])
def test_where_lock_files_changed_since_the_newest_counts_and_says_so(
    repository: Path, command: tuple[str, ...]
) -> None:
    recorded(repository, 30, release=7)
    recorded(repository, 40, release=8)
    (repository / "requirements.txt").write_text("django\npandas\n")
    assert summary(compiled(repository, *command)) == (39, "v8 of shop", 0, ["requirements.txt"])
    make_tree(repository, {"package.json": "{}"})
    (repository / "Gemfile.lock").unlink()
    commit_all(repository)
    changed = ["Gemfile.lock", "package.json", "requirements.txt"]
    assert summary(compiled(repository, *command)) == (39, "v8 of shop", 0, changed)
    text = " ".join(run(*command, cwd=repository).stdout.decode().split())
    assert (
        "293.5K of your code + 39M of buildpacks (v8 of shop, less than a day old) = 39.3M (estimated); Gemfile.lock "
        "and 2 more changed since, so it may be out of date"
    ) in text
    recorded(repository, 60, release=9)
    assert summary(compiled(repository, *command)) == (59, "v9 of shop", 0, [])


def test_headline_class_and_limits_are_of_the_compiled_slug(repository: Path) -> None:
    recorded(repository, 96, days=1)
    text = run(cwd=repository).stdout.decode()
    assert text.startswith("95.3M weighty\n")
    assert "(v24 of shop, 1 day old)" in text
    data = json.loads(run("--format", "json", cwd=repository).stdout)
    assert data["limits"][0]["used_bytes"] == data["compiled"]["compressed_bytes"]
    assert run("check", "--budget", "90MB", cwd=repository).code == 1
    assert run("check", "--budget", "96MB", cwd=repository).code == 0


@pytest.mark.parametrize("command", [(), ("check",)])
def test_what_is_configured_wins(repository: Path, command: tuple[str, ...]) -> None:
    recorded(repository, 40)
    (repository / "slugtrim.toml").write_text('buildpack-overhead = "20MB"\n')
    assert summary(compiled(repository, *command)) == (20, "slugtrim.toml:1", None, [])


def test_a_target_has_its_own_builds(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[targets.live]\nremotes = ["live"]\n[targets.new]\nremotes = ["new"]\n[targets.set]\n'
    (repository / "slugtrim.toml").write_text(text + 'buildpack-overhead = "5MB"\n')
    recorded(repository, 30, release=7, target="live", remote=None)
    recorded(repository, 40, release=8, remote="live", app="shop-live")
    recorded(repository, 50, release=9, remote="heroku", app="shop-staging")
    assert summary(compiled(repository, "check", "--target", "live")) == (39, "v8 of shop-live", 0, [])
    assert compiled(repository, "check", "--target", "new") is None
    assert summary(compiled(repository, "check", "--target", "set")) == (5, "slugtrim.toml:6", None, [])
    assert summary(compiled(repository, "check")) == (49, "v9 of shop-staging", 0, [])
    monkeypatch.setenv("SLUGTRIM_TARGET", "live")
    assert summary(compiled(repository)) == (39, "v8 of shop-live", 0, [])
    monkeypatch.setenv("SLUGTRIM_TARGET", "new")
    assert compiled(repository) is None


def test_builds_that_tell_nothing_are_passed_over(repository: Path) -> None:
    recorded(repository, 40, release=8)
    recorded(repository, 50, release=9, sources={})
    with (repository / ".git/slugtrim/builds.jsonl").open("ab") as file:
        file.write(b"nonsense\n")
    assert summary(compiled(repository)) == (39, "v8 of shop", 0, [])
    recorded(repository, 60, release=None, app=None)
    assert summary(compiled(repository)) == (59, "build of 1a2b3c4d5e", 0, [])
    recorded(repository, 61, release=None, commit=None, days=-5)
    assert summary(compiled(repository)) == (60, "build of shop", 0, [])


def test_a_build_that_was_too_large_says_nothing_of_the_push_that_repairs_it(repository: Path) -> None:
    recorded(repository, 40, release=8)
    recorded(repository, 1300, release=None, app=None, outcome=BuildOutcome.TOO_LARGE)
    assert summary(compiled(repository)) == (39, "v8 of shop", 0, [])
    assert run("check", cwd=repository).code == 0


def test_each_dialect_has_its_own_overhead(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {".slugignore": "doc/\n", "app/doc/b": os.urandom(200_000), "app/c": "z"}
    root = make_repo(tmp_path / "app", files)
    log = tmp_path / "log"
    log.write_text(build_log("9M"))
    assert run("builds", "record", "-q", str(log), cwd=root).code == 0
    for dialect in ("gitignore", "glob"):
        assert compiled(root, "--dialect", dialect)["compressed_bytes"] == 9 * MIB
    both = [compiled(root, "--dialect", dialect)["overhead_bytes"] for dialect in ("gitignore", "glob")]
    assert both[0] - both[1] > 190_000


def test_a_journal_that_cannot_be_read_stops_nothing(repository: Path) -> None:
    recorded(repository, 40)
    journal = repository / ".git/slugtrim/builds.jsonl"
    journal.rename(journal.with_name("elsewhere"))
    journal.symlink_to("elsewhere")
    assert compiled(repository) is None
    assert run("check", cwd=repository).code == 0


def test_a_prefix_is_matched_by_its_own_lock_files(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "mono", {"a/package.json": "{}", "b/requirements.txt": "x", "a/x": "x", "b/x": "x"})
    locks = {name: locks_of(find_tree(bytes(root), prefix=name).load().files) for name in (b"a", b"b")}
    recorded(root, 30, release=1, locks=locks[b"a"])
    recorded(root, 40, release=2, locks=locks[b"b"])
    assert summary(compiled(root, "--prefix", "a")) == (29, "v1 of shop", 0, [])
    assert summary(compiled(root, "--prefix", "b")) == (39, "v2 of shop", 0, [])


def test_outside_git_nothing_is_learned(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    assert compiled(tmp_path) is None
    assert compiled(tmp_path, "check") is None


# What it costs


def test_the_json_is_that_of_the_whole_report(repository: Path) -> None:
    recorded(repository, 40, release=8)
    (repository / "Gemfile.lock").write_text("other\n")
    overhead = Overhead(size_bytes=39 * MIB, origin="v8 of shop", age_days=0, changed=(b"Gemfile.lock",))
    report = audit_tree(find_tree(bytes(repository)).load())
    expected = render("audit", "json", report.with_buildpacks(with_overhead(report.compressed_bytes, overhead)))
    for _ in range(2):  # also when the tree is known
        assert run("--format", "json", cwd=repository).stdout.decode() == expected


@pytest.mark.full
def test_without_a_journal_nothing_is_imported_for_it(repository: Path) -> None:
    for arguments in ((), ("--format", "json"), ("check",)):
        loaded = {name for name in modules_after(*arguments, cwd=repository) if name.startswith("slugtrim.builds")}
        assert loaded == {"slugtrim.builds"}, arguments


def test_the_lock_files_of_a_known_tree_are_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_tree(bytes(repository))
    locks = known_locks(found)
    assert list(locks) == [b"Gemfile.lock", b"requirements.txt"]
    assert known_locks(unread(find_tree(bytes(repository)))) == locks
    with monkeypatch.context() as patch:
        patch.setattr(Store, "get", lambda self, key: b"nonsense")
        assert known_locks(find_tree(bytes(repository))) == locks
    (repository / "Gemfile.lock").write_text("changed\n")
    assert known_locks(find_tree(bytes(repository))) != locks


def test_a_known_tree_with_a_journal_is_not_read(repository: Path) -> None:
    recorded(repository, 40)
    expected = run("--format", "json", cwd=repository)
    loaded = modules_after("--format", "json", cwd=repository)
    unneeded = {"slugtrim.scanner", "slugtrim.sizer.measure", "slugtrim.ignore.gitignore", "slugtrim.sources.tree"}
    assert loaded & (unneeded | {"slugtrim.lint.findings", "slugtrim.config.reading"}) == set()
    assert run("--format", "json", cwd=repository) == expected


def git_calls(root: Path, *arguments: str) -> list[str]:
    """The commands that git is called with."""
    area, real = root.parent, shutil.which("git")
    calls = area / "calls"
    calls.write_text("")
    make_tree(area / "bin", {"git*": f"#!/bin/sh\necho \"$*\" >>'{calls}'\nexec '{real}' \"$@\"\n"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{area / 'bin'}:{os.environ['PATH']}")
        assert run_lean(*arguments, cwd=root).code == 0
    assert calls.read_text()
    return sorted(calls.read_text().splitlines())


@pytest.mark.full
@pytest.mark.parametrize("arguments", [("-C", ".", "--format", "json"), ("-C", ".", "--rev", "HEAD"), ("check",)])
def test_a_journal_costs_no_process(repository: Path, arguments: tuple[str, ...]) -> None:
    def new_and_known(number: int) -> tuple[list[str], list[str]]:
        (repository / "app/b.rb").write_text(f"puts {number}\n")
        commit_all(repository)
        found = [git_calls(repository, *arguments) for _ in range(2)]
        commit = git(repository, "rev-parse", "HEAD").decode().strip()
        return tuple([call.replace(commit, "COMMIT") for call in calls] for calls in found)  # type: ignore[return-value]

    new_and_known(0)  # what reads what is known from then on
    new_without, known_without = new_and_known(1)
    recorded(repository, 40)
    new, known = new_and_known(2)
    assert known == known_without
    assert [call for call in new if call not in new_without] == []  # fewer: nothing is predicted


# The hook


@pytest.fixture
def app(tmp_path: Path) -> Application:
    made = make_application(tmp_path, FILES)
    assert made.slugtrim("hook", "install").code == 0
    return made


@pytest.mark.full
def test_the_hook_says_which_build_it_goes_by(app: Application) -> None:
    recorded(app.root, 40, days=2, release=8, app="app")
    recorded(app.root, 90, release=9, app="other", remote="other")
    line = b"slugtrim: main: 39.3M average with 39M of buildpacks (v8 of app, 2 days old)\n"
    assert app.push("heroku", "main") == (0, b"", line)
    (app.root / "requirements.txt").write_text("x\n")
    commit_all(app.root)
    done = app.push("heroku", "main")
    assert done.stderr.startswith(
        b"slugtrim: main: 39.3M average with 39M of buildpacks (v8 of app, 2 days old; requirements.txt changed since)"
    )
    (app.root / "slugtrim.toml").write_text('[budgets]\ntotal = "39MB"\n')
    (app.root / "app/b.rb").write_text("puts 1\n")
    commit_all(app.root)
    stopped = app.push("heroku", "main")
    assert stopped.code == 1
    assert b"(estimated); requirements.txt changed since, so it may be out of date\n" in stopped.stderr
    (app.root / "slugtrim.toml").write_text('buildpack-overhead = "5MB"\n')
    assert b" with 5M of buildpacks, " in app.push("heroku", "main").stderr


@pytest.mark.full
def test_the_hook_goes_by_the_builds_of_the_target(app: Application) -> None:
    text = '[targets.live]\nremotes = ["heroku"]\n'
    (app.root / "slugtrim.toml").write_text(text)
    recorded(app.root, 40, release=8, app="app", remote="staging")
    assert app.push("heroku", "main").stderr == b"slugtrim: main: 293.5K small\n"
    recorded(app.root, 0.5, release=9, remote="heroku")
    git(app.root, "commit", "-q", "--allow-empty", "-m", "more")
    line = b"slugtrim: main: 0B small with 512K less of buildpacks (v9 of shop, less than a day old), no change "
    assert app.push("heroku", "main").stderr.startswith(line)


def test_a_comparison_has_what_a_build_of_the_later_side_added(repository: Path) -> None:
    make_tree(repository, {"app.rb": "puts 2\n" * 9})
    commit_all(repository)
    recorded(repository, 40, days=3, release=8)
    data = checked(run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=repository).stdout.decode(), "diff")
    for side in ("before", "after"):
        assert summary(data[side]["compiled"]) == (39, "v8 of shop", 3, [])
        assert data[side]["class"] == "average"
    text = run("diff", "HEAD~1", "HEAD", cwd=repository).stdout.decode()
    assert "39M of buildpacks (v8 of shop, 3 days old)" in " ".join(text.split())
