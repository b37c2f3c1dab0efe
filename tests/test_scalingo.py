"""An application on Scalingo: how it is told, and what is said differently there."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from slugtrim.config import load_config
from slugtrim.config.settings import Flags
from slugtrim.ignore import Dialect
from slugtrim.platforms import HEROKU, SCALINGO, Platform
from slugtrim.sources import find_tree
from tests.builders import Content, commit_all, copy_bare, git, make_repo
from tests.command_line import Run, run, run_lean
from tests.pushes import make_application

FILES: dict[bytes | str, Content] = {
    "Procfile": "web: bundle exec puma\n",
    "Gemfile": "source 'https://rubygems.org'\ngem 'puma'\n",
    "Gemfile.lock": "GEM\n",
    "package.json": '{"scripts": {"build": "webpack"}}',
    "yarn.lock": "",
    "config.ru": "run App\n",
    "app/doc/a.rb": "A = 1\n",
    "spec/a_spec.rb": random.Random(2).randbytes(3000).hex(),
}
SIGN: dict[bytes | str, Content] = {"scalingo.json": "{}"}
RULES = "spec\n/node_modules\n/tmp/cache\n/.cache/yarn\n"


def document(*arguments: str, cwd: Path) -> dict[str, Any]:
    done = run(*arguments, "--format", "json", cwd=cwd)
    assert (done.code, done.stderr) == (0, b"")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seen(
    root: Path, *, platform: str | None = None, dialect: str | None = None
) -> tuple[Platform | None, tuple[Platform, ...], Dialect]:
    found = find_tree(bytes(root))
    config = load_config(found.source, Flags(platform=platform, dialect=dialect), {}, git_dir=found.git_dir)
    return config.platform, config.beside, config.reading


def test_the_platform_is_what_the_repository_shows(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES)
    assert seen(root) == (HEROKU, (), Dialect.GITIGNORE)
    git(root, "remote", "add", "scalingo", "git@ssh.osc-fr1.scalingo.com:app.git")
    assert seen(root) == (SCALINGO, (), Dialect.FILEPATH)
    git(root, "remote", "add", "production", "https://git.heroku.com/app.git")
    assert seen(root) == (HEROKU, (SCALINGO,), Dialect.GITIGNORE)
    git(root, "remote", "remove", "production")
    (root / "app.json").write_text("{}")
    assert seen(root) == (HEROKU, (SCALINGO,), Dialect.GITIGNORE)
    assert seen(root, platform="scalingo") == (SCALINGO, (), Dialect.FILEPATH)
    assert seen(root, dialect="filepath-root") == (SCALINGO, (), Dialect.FILEPATH_ROOT)
    (root / "slugtrim.toml").write_text('platform = "scalingo"\n')
    assert seen(root) == (SCALINGO, (), Dialect.FILEPATH)
    assert seen(root, dialect="glob") == (HEROKU, (), Dialect.GLOB)
    assert seen(root, platform="heroku") == (HEROKU, (), Dialect.GITIGNORE)


def test_a_file_of_the_platform_is_enough_also_in_a_bare_repository(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN)
    assert seen(root) == (SCALINGO, (), Dialect.FILEPATH)
    bare = copy_bare(root, tmp_path / "bare")
    found = find_tree(bytes(bare), rev="HEAD")
    assert load_config(found.source, Flags(), {}, git_dir=found.git_dir).platform is SCALINGO


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--platform", "scalngo"], b'slugtrim: --platform: "scalngo" is not a platform; did you mean scalingo?\n'),
        (["--platform", "x"], b'slugtrim: --platform: "x" is not a platform; write heroku or scalingo\n'),
        (
            ["--platform", "scalingo", "--dialect", "glob"],
            b"slugtrim: --dialect: glob is no reading of Scalingo; write filepath or filepath-root\n",
        ),
    ],
)
def test_a_mistake_names_what_is_near(tmp_path: Path, options: list[str], said: bytes) -> None:
    root = make_repo(tmp_path / "app", FILES)
    assert run("audit", *options, cwd=root) == Run(2, b"", said)


def test_a_reading_of_another_platform_in_the_settings_is_a_mistake(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"slugtrim.toml": 'platform = "scalingo"\ndialect = "glob"\n'})
    said = b"slugtrim: slugtrim.toml:2: dialect: glob is no reading of Scalingo; write filepath or filepath-root\n"
    assert run("audit", cwd=root) == Run(2, b"", said)


def test_the_audit_names_the_platform_and_claims_no_limits(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {".slugignore": RULES})
    audit = document("audit", cwd=root)
    assert (audit["dialect"], audit["limits"], audit["predicted_log"]) == ("filepath", [], {"deleting": None})
    assert (audit["compiled"], audit["platforms"], audit["other_dialect"]["dialect"]) == (None, [], "filepath-root")
    text = run("audit", cwd=root).stdout.decode()
    assert "Scalingo applies .slugignore after the build, so rules may also name build" in text
    assert "Heroku" not in text
    assert "Remove or fix" not in text


def test_both_platforms_stand_in_one_table(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {"app.json": "{}", ".slugignore": "*.rb\nspec/\n"})
    readings = {(each["platform"], each["dialect"]): each["files"] for each in document("audit", cwd=root)["platforms"]}
    assert readings == {
        ("Heroku", "gitignore"): 9,
        ("Heroku", "glob"): 9,
        ("Scalingo", "filepath"): 9,
        ("Scalingo", "filepath-root"): 11,
    }
    text = run("audit", cwd=root).stdout.decode()
    assert "Your code on each platform" in text


def test_a_known_tree_is_not_answered_for_another_platform(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | {".slugignore": RULES})
    first = run_lean("audit", "--json", cwd=root).stdout
    assert run_lean("audit", "--json", cwd=root).stdout == first
    git(root, "remote", "add", "scalingo", "git@ssh.osc-fr1.scalingo.com:app.git")
    assert json.loads(run_lean("audit", "--json", cwd=root).stdout)["dialect"] == "filepath"


def test_rules_for_what_the_build_makes_are_no_finding(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {".slugignore": RULES})
    assert run("lint", cwd=root).stdout.startswith(b"no findings\n")
    assert b"dead-rule" in run("lint", "-v", "--platform", "heroku", cwd=root).stdout
    (root / "app.json").write_text("{}")
    commit_all(root)
    assert b"dead-rule" not in run("lint", "-v", cwd=root).stdout


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("!spec\n", ["negation"]),
        ("{spec,doc}\n", ["foreign-sign"]),
        ("app/**/a.rb\n", []),  # one star stands for one directory, and there is one
        ("**/a_spec.rb\n", []),
        ("spec/**/b/a_spec.rb\n", []),
        ("app/**/b/**/a.rb\n", []),
        ("/Spec\n", ["wrong-case"]),
        ("package.json\nyarn.lock\n", []),
        ("Gemfile\n", ["removes-needed"]),
        ("doc\n", ["dialects-differ"]),
    ],
)
def test_findings_go_by_the_platform(tmp_path: Path, rules: str, expected: list[str]) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {".slugignore": rules})
    done = run("lint", "--format", "json", cwd=root)
    assert [each["id"] for each in json.loads(done.stdout)["findings"]] == expected


def test_two_stars_that_git_would_follow_deeper_are_a_finding(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {"x/y/z/log.txt": "1", ".slugignore": "x/**/log.txt\n"})
    (found,) = json.loads(run("lint", "--format", "json", cwd=root).stdout)["findings"]
    assert found["id"] == "foreign-sign"
    assert found["message"] == "x/**/log.txt matches nothing: Scalingo reads ** as *, which stops at a slash"


def test_what_the_build_leaves_behind_is_suggested_and_written(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN)
    advice = document("suggest", cwd=root)
    behind = {each["pattern"]: (each["tier"], each["grade"], each["files"]) for each in advice["suggestions"]}
    assert behind.pop("/spec")[0] == "safe"
    assert set(behind.values()) == {("conditional", "build", 0)}
    assert set(behind) == {"/node_modules", "/.cache", "/tmp/cache"}
    done = run("suggest", "--write", "--conditional", cwd=root)
    assert done.code == 0
    lines = (root / ".slugignore").read_text().splitlines()
    assert {"/spec", *behind} <= set(lines)
    assert document("suggest", cwd=root)["suggestions"] == []
    commit_all(root)
    assert run("lint", cwd=root).stdout.startswith(b"no findings\n")


def test_modules_that_a_process_needs_are_not_suggested(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {"Procfile": "web: node server.js\n", "server.js": ""})
    patterns = [each["pattern"] for each in document("suggest", cwd=root)["suggestions"]]
    assert "/node_modules" not in patterns


def test_what_only_the_build_uses_may_go(tmp_path: Path) -> None:
    """A test file that the build script requires is needed on Heroku, and conditional here."""
    files: dict[bytes | str, Content] = {
        "Procfile": "web: bundle exec puma\n",
        "Gemfile": "gem 'puma'\n",
        "config.ru": "run App\n",
        "package.json": '{"scripts": {"build": "node build.js"}}',
        "build.js": "require('./test/helper.js')\n",
        "test/helper.js": f"x = '{random.Random(3).randbytes(3000).hex()}';\n",
    }
    root = make_repo(tmp_path / "app", files | SIGN)
    (found,) = [each for each in document("suggest", cwd=root)["suggestions"] if each["files"]]
    assert (found["pattern"], found["tier"], found["grade"]) == ("/test", "conditional", "build")
    assert found["evidence"][0]["path"] == "build.js"
    assert document("suggest", "--platform", "heroku", cwd=root)["suggestions"] == []
    text = run("explain", "test/helper.js", cwd=root).stdout.decode()
    assert "uses it in the build only" in text


def test_what_the_description_of_the_app_runs_is_used(tmp_path: Path) -> None:
    noise = random.Random(4).randbytes(3000).hex()
    description = '{"scripts": {"first-deploy": "ruby spec/fill.rb"}}'
    root = make_repo(tmp_path / "app", FILES | {"scalingo.json": description, "spec/fill.rb": f"A = '{noise}'\n"})
    assert "spec/fill.rb" not in _left_out(root, "scalingo")
    assert "spec/fill.rb" in _left_out(root, "heroku")
    assert "uses it: scalingo.json:1" in run("explain", "spec/fill.rb", cwd=root).stdout.decode()


def _left_out(root: Path, platform: str) -> set[str]:
    advice = document("suggest", "--platform", platform, cwd=root)
    return {each["path"] for entry in advice["suggestions"] for each in entry["paths"]}


@pytest.mark.full
def test_the_hook_measures_a_push_by_the_platform_that_it_goes_to(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(90_000)
    app = make_application(tmp_path, {".slugignore": "film/[!z]*.bin\n", "film/a.bin": noise})
    git(app.root, "remote", "add", "scalingo", "git@ssh.osc-fr1.scalingo.com:app.git")
    assert app.slugtrim("hook", "install", "-q").code == 0
    assert app.push("scalingo", "main") == (0, b"", b"slugtrim: main on Scalingo: 88.3K small\n")
    assert app.push("heroku", "HEAD:refs/heads/master").stderr.startswith(b"slugtrim: master: 150B small")
    (app.root / "slugtrim.toml").write_text('[budgets]\ntotal = "50KB"\n')
    git(app.root, "commit", "-q", "--allow-empty", "-m", "more")
    stopped = app.push("scalingo", "main")
    assert stopped.code == 1
    assert b"Heroku" not in stopped.stderr


def test_without_a_cache_nothing_is_kept_of_the_other_platform_either(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES | SIGN | {"app.json": "{}"})
    before = document("cache", "info", cwd=root)["repositories"]
    assert document("audit", "--no-cache", cwd=root)["platforms"]
    assert document("cache", "info", cwd=root)["repositories"] == before
