"""The GitHub Action and the pre-commit hooks: their files, and what they do when they are run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import GIT_ENVIRONMENT, Content, commit_all, git, make_repo, make_tree

TOP = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((TOP / "action.yml").read_text())
FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n",
    "app/a.bin": os.urandom(30_000),
    "slugtrim.toml": '[budgets]\ntotal = "35KB"\n',
}


def script(id_: str) -> str:
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == id_]
    return str(step["run"])


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A runner's directory in which the first step has been: slugtrim is there."""
    bin_ = tmp_path / "temp" / "slugtrim" / "bin"
    bin_.mkdir(parents=True)
    for name, line in (
        ("slugtrim", f'exec "{sys.executable}" -m slugtrim "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
    ):
        (bin_ / name).write_text(f"#!/bin/sh\n{line}\n")
        (bin_ / name).chmod(0o755)
    return tmp_path / "temp"


def run_action(repository: Path, temp: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Status, output and outputs of the step that checks, run as a runner does."""
    names = {"path": "CHECKED", "target": "TARGET", "budget": "BUDGET", "max_growth": "MAX_GROWTH", "base": "BASE"}
    names |= {"strict": "STRICT", "comment": "COMMENT", "token": "TOKEN"}
    given = {name: str(ACTION["inputs"][name.replace("_", "-")]["default"]) for name in names} | inputs
    outputs, summary = temp / "outputs", temp / "summary"
    for file in (outputs, summary):
        file.write_text("")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "GIT_"))}
    env |= {names[name]: value for name, value in given.items()}
    env |= {"RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    env |= {"PYTHONPATH": str(TOP), "SLUGTRIM_CACHE_DIR": str(temp / "cache"), "FROM": str(TOP), "NUMBER": "7"}
    env |= {"REPOSITORY": "shop/shop", "PATH": f"{temp / 'gh'}:{os.environ['PATH']}"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script("check")]
    done = subprocess.run(command, cwd=repository, env=env, capture_output=True, check=False)
    pairs = (line.partition("=") for line in outputs.read_text().splitlines())
    return done.returncode, done.stdout.decode() + done.stderr.decode(), {name: value for name, _, value in pairs}


def test_the_action_passes_fails_and_tells_its_outputs(tmp_path: Path, installed: Path) -> None:
    repository = make_repo(tmp_path / "app", FILES)
    status, _, outputs = run_action(repository, installed)
    assert (status, outputs["verdict"], outputs["class"], outputs["delta"]) == (0, "pass", "small", "")
    assert 30_000 < int(outputs["size"]) < 32_000
    make_tree(repository, {"app/b.bin": os.urandom(10_000)})
    commit_all(repository)
    status, text, outputs = run_action(repository, installed, base="HEAD~1", comment="comment.md")
    assert (status, outputs["verdict"]) == (1, "fail")
    assert 10_000 < int(outputs["delta"]) < 11_000
    assert "::error file=slugtrim.toml,line=2" in text
    assert "<!-- slugtrim" in (repository / "comment.md").read_text()
    assert (installed / "summary").read_text()
    assert json.loads((installed / "slugtrim.json").read_text())["verdict"] == "fail"


GH = """\
#!{python}
import json, os, sys
store, arguments = {store!r}, sys.argv[2:]
if os.environ["GH_TOKEN"] == "of-a-fork" and "--method" in arguments:
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
comments = json.load(open(store)) if os.path.exists(store) else []
if "POST" in arguments:
    comments.append({{"id": 40 + len(comments), "body": json.load(sys.stdin)["body"]}})
elif "PATCH" in arguments:
    (one,) = [each for each in comments if arguments[2].endswith("/%d" % each["id"])]
    one["body"] = json.load(sys.stdin)["body"]
else:
    for each in comments:
        if each["body"].startswith("<!-- slugtrim -->"):
            print(json.dumps(each))
json.dump(comments, open(store, "w"))
"""
"""What the action asks of GitHub's own program: comments are listed, made and changed."""


@pytest.mark.full
def test_the_targets_of_a_pull_request_share_one_comment(tmp_path: Path, installed: Path) -> None:
    store = tmp_path / "comments.json"
    store.write_text(json.dumps([{"id": 1, "body": "Looks good"}]))
    make_tree(installed / "gh", {"gh*": GH.format(python=sys.executable, store=str(store))})
    targets = '[targets.production.budgets]\ntotal = "1MB"\n[targets.staging.budgets]\ntotal = "2MB"\n'
    repository = make_repo(tmp_path / "app", FILES | {"slugtrim.toml": targets})
    for target in ("staging", "production", "staging"):
        status, text, _ = run_action(repository, installed, target=target, token="t")  # noqa: S106
        assert status == 0, text
    first, ours = json.loads(store.read_text())
    assert first["body"] == "Looks good"
    assert ours["body"].startswith("<!-- slugtrim -->\n\n<!-- slugtrim check target=production -->\n")
    assert ours["body"].count("<!-- slugtrim check target=staging -->") == 1
    before = store.read_text()
    status, text, _ = run_action(repository, installed, target="staging", token="of-a-fork", budget="35KB")  # noqa: S106
    assert (status, store.read_text()) == (0, before)
    assert "::warning::slugtrim: the pull request gets no comment" in text
    assert "HTTP 403" in text


@pytest.mark.full
@pytest.mark.parametrize("name", ["target", "budget", "max_growth", "base", "path"])
def test_no_input_of_the_action_is_run(tmp_path: Path, installed: Path, name: str) -> None:
    repository = make_repo(tmp_path / "app", FILES)
    status, text, outputs = run_action(repository, installed, **{name: "$(touch pwned); `touch pwned` --help"})
    assert (status, outputs) == (2, {})
    assert "slugtrim: " in text
    assert not (repository / "pwned").exists()


def test_every_input_and_output_of_the_action_is_used(tmp_path: Path) -> None:
    text = (TOP / "action.yml").read_text()
    for name in ACTION["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in text, name
    for name in ACTION["outputs"]:
        assert f'print(f"{name}=' in text, name
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]  # what an input holds comes by the environment, and is never a script


# pre-commit


def pre_commit(repository: Path, *arguments: str, cache: Path) -> subprocess.CompletedProcess[bytes]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CI", "GITHUB_"))}
    env |= {**GIT_ENVIRONMENT, "PRE_COMMIT_HOME": str(cache), "PRE_COMMIT_COLOR": "never"}
    command = [sys.executable, "-m", "pre_commit", *arguments]
    return subprocess.run(command, cwd=repository, env=env, capture_output=True, check=False)


@pytest.mark.full
@pytest.mark.skipif(not (TOP / ".git").exists(), reason="pre-commit installs hooks from a git repository")
def test_pre_commit_installs_and_runs_both_hooks(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    hooks = tmp_path / "hooks"
    # What is in the work tree, as a release would have it.
    files = git(TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")[:-1]
    for name in map(os.fsdecode, files):
        if (TOP / name).is_file() and not name.startswith(("fixtures/", "tests/")):
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, hooks / name)
    rev = git(make_repo(hooks, {}), "rev-parse", "HEAD").decode().strip()
    config = f"repos:\n- repo: {hooks}\n  rev: {rev}\n  hooks:\n  - id: slugtrim-check\n  - id: slugtrim-lint\n"
    repository = make_repo(tmp_path / "app", {**FILES, ".pre-commit-config.yaml": config})
    cache = tmp_path / "cache"
    (repository / ".slugignore").write_text("!README.md\n")
    git(repository, "add", ".slugignore")
    linted = pre_commit(repository, "run", cache=cache)
    assert linted.returncode == 1, linted.stdout.decode() + linted.stderr.decode()
    assert b"negation" in linted.stdout
    assert b"slugtrim check" not in linted.stdout  # that is for a push
    (repository / ".slugignore").write_text("/spec\n")
    git(repository, "checkout", "-q", ".slugignore")
    head = git(repository, "rev-parse", "HEAD").decode().strip()
    make_tree(repository, {"app/b.bin": os.urandom(10_000)})
    larger = commit_all(repository)
    (repository / "app/b.bin").unlink()  # what is on disk is not what is pushed
    stage = ["run", "--hook-stage", "pre-push", "--from-ref", head, "--to-ref"]
    assert pre_commit(repository, *stage, head, cache=cache).returncode == 0
    pushed = pre_commit(repository, *stage, larger, cache=cache)
    assert pushed.returncode == 1, pushed.stdout.decode() + pushed.stderr.decode()
    assert b"slugtrim.toml:2" in pushed.stdout


# Files that others define


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "action.yml")],
)
def test_files_follow_the_published_schemas(schema: str, file: str) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(TOP / file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
