"""``slugtrim check``: verdicts, exit codes, budgets out of a file, the base of a CI, several reports at once."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import Run, run, run_process
from tests.test_cli_suggest import snapshot
from tests.test_reports_json import checked

NOISE = random.Random(9)
FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n",
    "app/a.bin": NOISE.randbytes(30_000),
    "lib/b.bin": NOISE.randbytes(10_000),
    "spec/c.bin": NOISE.randbytes(50_000),
}
CI_VARIABLES = ("CI", "GITHUB_ACTIONS", "GITHUB_BASE_REF", "GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY", "GITLAB_CI")


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run in a CI themselves."""
    for name in (*CI_VARIABLES, "CIRCLECI", "HEROKU_TEST_RUN_ID", "PRE_COMMIT_TO_REF"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", FILES)


def outcome(cwd: Path, *arguments: str) -> dict[str, Any]:
    done = run("check", "--format", "json", *arguments, cwd=cwd)
    data = checked(done.stdout.decode(), "check")
    assert done.code == {"pass": 0, "warn": 0, "fail": 1}[data["verdict"]]
    return data


def configure(repository: Path, text: str) -> None:
    (repository / "slugtrim.toml").write_text(text)


def results(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["measure"], each["verdict"]) for each in data["results"] if each["measure"] != "platform"]


def test_without_a_budget_a_light_slug_passes(repository: Path) -> None:
    data = outcome(repository)
    assert (data["verdict"], results(data)) == ("pass", [("total", "pass")])
    assert [each["text"] for each in data["results"] if each["measure"] == "platform"] == ["soft", "hard", "checkout"]


BUDGETS = [
    ('total = "40KB"', "pass", [("total", "pass")]),
    ('total = "39KB"', "fail", [("total", "fail")]),
    ('total = "small"', "pass", [("total", "pass")]),
    ('total = "1MB"\nwarn = "20KB"', "warn", [("total", "pass"), ("total", "warn")]),
    ('largest-file = "29KB"', "fail", [("largest-file", "fail")]),
    ("files = 3", "pass", [("files", "pass")]),
    ("files = 2", "fail", [("files", "fail")]),
    ('checkout = "80KB"', "fail", [("checkout", "fail")]),
    ('[budgets.paths]\n"/app" = "20KB"', "fail", [("paths", "fail")]),
    ('[budgets.paths]\n"/lib" = "20KB"', "pass", [("paths", "pass")]),
]


@pytest.mark.parametrize(("budgets", "verdict", "expected"), BUDGETS)
def test_budgets_out_of_the_file(repository: Path, budgets: str, verdict: str, expected: list[tuple[str, str]]) -> None:
    configure(repository, f"[budgets]\n{budgets}\n")
    data = outcome(repository)
    assert (data["verdict"], results(data)) == (verdict, expected)


def test_a_limit_says_where_it_is_written(repository: Path) -> None:
    configure(repository, '# ours\n[budgets]\ntotal = "20KB"\n')
    (result,) = [each for each in outcome(repository)["results"] if each["measure"] == "total"]
    assert (result["text"], result["written"]) == ("20KB", {"name": "slugtrim.toml", "line": 3})
    (result,) = [each for each in outcome(repository, "--budget", "10KB")["results"] if each["measure"] == "total"]
    assert (result["text"], result["written"]) == ("10KB", {"name": "--budget", "line": None})


def test_a_target_has_budgets_and_buildpacks_of_its_own(repository: Path) -> None:
    configure(
        repository,
        '[budgets]\ntotal = "50KB"\n[targets.production]\nremotes = ["heroku"]\nbuildpack-overhead = "1MB"\n'
        '[targets.production.budgets]\ntotal = "1MB"\n',
    )
    assert outcome(repository)["verdict"] == "pass"
    data = outcome(repository, "--target", "production")
    assert (data["verdict"], data["target"]) == ("fail", "production")
    assert data["compiled"]["overhead_bytes"] == 1 << 20
    assert data["compiled"]["compressed_bytes"] == data["slug"]["compressed_bytes"] + (1 << 20)
    assert data["compressed_bytes"] == data["compiled"]["compressed_bytes"]


def test_strict_fails_on_warnings(repository: Path) -> None:
    configure(repository, '[budgets]\nwarn = "20KB"\n')
    assert run("check", cwd=repository).code == 0
    assert run("check", "--strict", cwd=repository).code == 1
    assert run_process("check", "--strict", cwd=repository).code == 1


def grown(repository: Path, size_bytes: int = 5000) -> str:
    before = git(repository, "rev-parse", "HEAD").decode().strip()
    make_tree(repository, {"app/new.bin": NOISE.randbytes(size_bytes)})
    commit_all(repository, "a picture")
    return before


@pytest.mark.parametrize(
    ("limit", "verdict"), [("4KB", "fail"), ("6KB", "pass"), ("10%", "fail"), ("14%", "pass"), ("0B", "fail")]
)
def test_growth_by_bytes_and_by_percent(repository: Path, limit: str, verdict: str) -> None:
    base = grown(repository)
    data = outcome(repository, "--base", base, "--max-growth", limit)
    assert data["verdict"] == verdict
    (growth,) = data["base"]["grown"]
    assert (growth["path"], growth["subject"], growth["before_bytes"]) == ("app/new.bin", "a picture", 0)
    assert 5000 < growth["after_bytes"] < 5300


def test_a_base_costs_nothing_where_growth_is_not_limited(repository: Path) -> None:
    base = grown(repository)
    data = outcome(repository, "--base", base)
    assert (data["verdict"], data["base"]["rev"]) == ("pass", base)


def test_in_a_merge_request_the_base_is_found(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "checkout", "-q", "-b", "topic")
    grown(repository)
    git(tmp_path, "clone", "-q", "-b", "topic", repository.as_uri(), str(tmp_path / "full"))
    git(tmp_path, "clone", "-q", "-b", "topic", "--depth", "1", repository.as_uri(), str(tmp_path / "shallow"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    data = outcome(tmp_path / "full", "--max-growth", "1KB")
    assert (data["verdict"], data["base"]["name"]) == ("fail", "merge-base with origin/main")
    line = "the base of this run (origin/main) is not in this clone; the clone is shallow: set fetch-depth: 0 for "
    refused = run("check", "--max-growth", "1KB", cwd=tmp_path / "shallow")
    assert refused == Run(2, b"", f"slugtrim: {line}actions/checkout\n".encode())
    assert outcome(tmp_path / "shallow")["base"] is None  # nothing is held to the growth
    assert outcome(tmp_path / "shallow", "--max-growth", "1KB", "--no-base")["base"] is None


def test_pre_commit_has_the_pushed_commit_checked(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = grown(repository)
    pushed = git(repository, "rev-parse", "HEAD").decode().strip()
    make_tree(repository, {"app/huge.bin": NOISE.randbytes(90_000)})
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", before)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", pushed)
    data = outcome(repository, "--budget", "60KB", "--max-growth", "6KB")
    assert (data["verdict"], data["source"]["rev"], data["base"]["rev"]) == ("pass", pushed, before)


def test_an_incomplete_tree_fails_when_it_is_over_and_else_ends_with_2(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:lib/b.bin").decode().strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    over = run("check", "--rev", "HEAD", "--budget", "20KB", cwd=repository)
    assert over.code == 1
    within = run("check", "--rev", "HEAD", "--budget", "90KB", cwd=repository)
    assert within.code == 2
    assert within.stderr == (
        b"slugtrim: the check is incomplete: part of the slug can't be read; the rest is within its budgets\n"
    )
    assert json.loads(run("check", "--rev", "HEAD", "--format", "json", cwd=repository).stdout)["complete"] is False


def test_several_reports_come_out_of_one_run(repository: Path, tmp_path: Path) -> None:
    formats = ["json", "markdown", "github", "junit", "sarif", "gitlab", "text"]
    arguments = [f"--report={name}={tmp_path / name}" for name in formats]
    done = run("check", "--budget", "10KB", *arguments, cwd=repository)
    assert (done.code, done.stderr) == (1, b"")
    assert all((tmp_path / name).stat().st_size > 50 for name in formats)
    assert (tmp_path / "text").read_bytes() == done.stdout


def test_the_summary_of_a_step_is_added_to(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert run("check", "--format", "github", cwd=repository).code == 0
    text = summary.read_text()
    assert text.startswith("# Before\n")
    assert len(text) > 50
    assert run("check", cwd=repository).code == 0
    assert summary.read_text() == text  # only for those who read annotations


REFUSED = [
    (["--budget", "50"], '--budget: "50" has no unit; did you mean 50MB?'),
    (["--budget", "weighty"], "--budget: "),
    (["--max-growth", "much"], "--max-growth: "),
    (["--target", "prod"], "--target prod: no such target; none is configured, so write [targets.prod]"),
    (["--base", "nothing"], "--base nothing: not a commit in this repository; git fetch it"),
    (["--base", "HEAD", "--no-base"], "--base: conflicts with --no-base; drop one of them"),
    (["--base", "HEAD", "--no-git"], "--base: names a commit, but this is not a git repository; drop --base"),
    (["--report", "junit=no/such/dir.xml"], "no/such/dir.xml: cannot be written (No such file or directory)"),
    (["--report", "junit=a", "--report", "json=./a"], "./a: two reports would go here; name a file for each"),
    (["--report", "junit=-"], "stdout: two reports would go here; name a file for each"),
    (["--config", "nowhere.toml"], "nowhere.toml"),
    (["nowhere"], "nowhere: does not exist; name a directory to measure"),
]


@pytest.mark.parametrize(("arguments", "line"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(repository: Path, arguments: list[str], line: str) -> None:
    before = snapshot(repository)
    code, stdout, stderr = run("check", *arguments, cwd=repository)
    assert (code, stdout) == (2, b"")
    assert stderr.decode().startswith(f"slugtrim: {line}") or line in stderr.decode()
    assert stderr.count(b"\n") == 1
    assert snapshot(repository) == before


def test_a_config_that_is_wrong_is_told_with_all_its_mistakes(repository: Path) -> None:
    configure(repository, '[budgets]\ntotl = "50MB"\nwarn = "5X"\n')
    code, stdout, stderr = run("check", cwd=repository)
    assert (code, stdout) == (2, b"")
    assert [line.partition(": ")[2].partition(": ")[0] for line in stderr.decode().splitlines()] == [
        "slugtrim.toml:2",
        "slugtrim.toml:3",
    ]


def test_names_that_are_no_text_pass_through_every_format(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {b"caf\xe9\n|`@all`::x": NOISE.randbytes(9000), ".slugignore": b"!\xff\n"}
    repository = make_repo(tmp_path / "app", files)
    for name in ("text", "json", "markdown", "github", "junit", "sarif", "gitlab"):
        done = run("check", "--budget", "1KB", "--format", name, "-v", cwd=repository)
        assert done.code == 1, name
        assert done.stdout
        assert b"\x1b" not in done.stdout


def test_a_plain_directory_has_budgets_as_well(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {**FILES, "slugtrim.toml": "[budgets]\nfiles = 1\n"})
    assert outcome(tree, "--no-git")["verdict"] == "fail"
    assert os.path.exists(tree / "slugtrim.toml")


def test_the_audit_counts_what_buildpacks_add_as_well(repository: Path) -> None:
    plain = checked(run("--format", "json", cwd=repository).stdout.decode(), "audit")
    assert plain["compiled"] is None
    configure(
        repository,
        'buildpack-overhead = "20MB"\n[targets.production]\nbuildpack-overhead = "95MB"\n',
    )
    for _ in range(2):  # also when the tree is known
        data = checked(run("--format", "json", cwd=repository).stdout.decode(), "audit")
        assert data["slug"] == plain["slug"]
        assert data["compiled"] == {
            "compressed_bytes": plain["slug"]["compressed_bytes"] + (20 << 20),
            "overhead_bytes": 20 << 20,
            "origin": "slugtrim.toml:1",
            "age_days": None,
            "changed": [],
            "class": "average",
            "low_bytes": plain["slug"]["compressed_bytes"] + (20 << 20),
            "high_bytes": plain["slug"]["compressed_bytes"] + (20 << 20),
            "prediction": None,
            "estimated": True,
        }
        used = {each["id"]: each["used_bytes"] for each in data["limits"]}
        assert used["hard"] == data["compiled"]["compressed_bytes"]
        assert used["checkout"] == data["checkout"]["bytes"]
    text = run(cwd=repository).stdout.decode()
    assert text.startswith("20M average\n")
    assert "of your code + 20M of buildpacks (slugtrim.toml:1) = 20M (estimated)." in text
    (repository / "slugtrim.toml").unlink()
    assert checked(run("--format", "json", cwd=repository).stdout.decode(), "audit")["compiled"] is None


def test_the_target_of_the_environment_counts_for_the_audit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(repository, '[targets.production]\nbuildpack-overhead = "95MB"\n')
    monkeypatch.setenv("SLUGTRIM_TARGET", "production")
    assert b"weighty" in run("-q", cwd=repository).stdout
    monkeypatch.setenv("SLUGTRIM_TARGET", "prod")
    code, _, stderr = run("-q", cwd=repository)
    assert (code, stderr.count(b"\n")) == (2, 1)


def test_a_limit_that_nothing_is_held_to_is_noted(repository: Path) -> None:
    configure(repository, '[budgets]\nmax-growth = "1KB"\n[budgets.paths]\n"ap/**" = "1KB"\n"/app" = "1MB"\n')
    data = outcome(repository)
    notes = {note["id"]: note for note in data["notes"]}
    assert notes["no-base"]["message"] == ("growth is not checked (slugtrim.toml:2): no base; name one with --base")
    assert notes["idle-budget"]["paths"] == [{"path": "ap/**"}]
    assert "no-base" not in {note["id"] for note in outcome(repository, "--base", "HEAD")["notes"]}


def test_git_is_no_part_of_a_checkout(repository: Path) -> None:
    tracked = outcome(repository)
    description = repository / ".git" / "description"
    description.touch()
    os.truncate(description, 3 << 30)
    data = outcome(repository, "--no-git")
    (limit,) = [each for each in data["results"] if each["text"] == "checkout"]
    (same,) = [each for each in tracked["results"] if each["text"] == "checkout"]
    assert (limit["verdict"], limit["used"]) == ("pass", same["used"])


def test_a_branch_that_only_the_remote_has_is_hinted_at(tmp_path: Path, repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "topic")
    git(tmp_path, "clone", "-q", "-b", "topic", repository.as_uri(), str(tmp_path / "clone"))
    done = run("check", "--base", "main", cwd=tmp_path / "clone")
    assert done == Run(2, b"", b"slugtrim: --base main: not a commit in this repository; did you mean origin/main?\n")


def test_a_budget_for_a_file_does_not_make_it_needed(repository: Path) -> None:
    make_tree(repository, {"docs/film.mp4": NOISE.randbytes(90_000)})
    configure(repository, '[budgets.paths]\n"docs/film.mp4" = "1MB"\n')
    commit_all(repository)
    data = json.loads(run("suggest", "--format", "json", cwd=repository).stdout)
    assert "docs/film.mp4" in {path["path"] for entry in data["suggestions"] for path in entry["paths"]}
