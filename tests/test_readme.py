"""What the README says is so."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from slugtrim.archive import limits_from
from slugtrim.budget import exceeded_ids
from slugtrim.config import Flags, load_config
from slugtrim.config.keys import TABLES
from slugtrim.config.settings import VARIABLES
from slugtrim.errors import UsageError
from slugtrim.hook import manager
from slugtrim.sizer import table
from slugtrim.sources import find_tree
from slugtrim.units import GIB, KIB, MIB, format_size, parse_size
from tests.builders import Content, commit_all, make_repo, make_slug, make_tree
from tests.command_line import run
from tests.deploys import make_deployed, says
from tests.diffs import distribution
from tests.pushes import make_application

TOP = Path(__file__).resolve().parent.parent
README = (TOP / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_test_command_as_written() -> None:
    install, test = (block.strip() for block in blocks("sh"))
    assert install.endswith("slugtrim")
    assert test in (TOP / ".ci/run").read_text().splitlines()


def test_the_library_example_runs(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app.rb": b"puts 1\n"})
    (example,) = blocks("python")
    assert len(example.strip().splitlines()) <= 6
    env = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert re.fullmatch(rb"\d+B small\n", done.stdout)


def test_the_shown_run_has_the_lines_that_a_run_prints(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {".slugignore": b"/design\n/spec\n", "app/a.rb": b"z" * 900}
    files |= {"design/a.psd": b"x" * 9000, "spec/a_spec.rb": b"y"}
    shown = blocks("console")[0].splitlines()[1:]
    printed = run("--no-git", cwd=make_tree(tmp_path, files)).stdout.decode().splitlines()
    headings = [line for line in shown if re.match(r"[A-Z]", line) and not line.startswith("Tracked")]
    assert len(headings) >= 5
    assert [line for line in headings if line not in printed] == []
    # Figures differ, the words beside them do not.
    words = {re.sub(r"[~<]?[\d.,]+[BKMG]?( %)?", "#", line).strip() for line in printed}
    for line in shown:
        plain = re.sub(r"[~<]?[\d.,]+[BKMG]?( %)?", "#", line).strip()
        is_path = re.fullmatch(r"(?:# *)+ \S+", plain) is not None or "/" in plain
        if not is_path and plain not in ("…", "") and not plain.startswith(("Small", "# small")):
            assert re.sub(r"\s+", " ", plain) in {re.sub(r"\s+", " ", word) for word in words}, line


def test_every_command_is_in_the_table_and_in_help() -> None:
    help_text = run("--help", cwd=TOP).stdout.decode()
    for command in re.findall(r"^  ([\w-]+)  ", help_text, re.MULTILINE):
        assert f"slugtrim {command}" in README or f"[{command}]" in README, command
    named = re.findall(r"^\| `slugtrim \[?([\w-]+)", README, re.MULTILINE)
    assert named
    for command in named:
        assert re.search(rf"^  {command}  ", help_text, re.MULTILINE), command


def test_the_shown_suggestions_have_the_words_that_a_run_prints(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "Gemfile": b"",
        "lib/tasks/demo.rake": b'task(:demo) { load "spec/factories/a.rb" }\n',
        ".rubocop.yml": os.urandom(2000).hex(),
        "README.md": os.urandom(2000).hex(),
        "docs/a.md": os.urandom(20_000).hex(),
        "spec/factories/a.rb": b"x = 1",
        "spec/models/a_spec.rb": os.urandom(2000).hex(),
    }
    root = make_repo(tmp_path / "app", files)
    printed = run("suggest", cwd=root).stdout.decode().splitlines()
    without_figures = [line for line in blocks("console")[1].splitlines()[1:] if not re.search(r"\d", line)]
    assert len(without_figures) >= 10
    words = " ".join(" ".join(printed).split())  # lines break elsewhere where figures are longer
    assert [line for line in without_figures if " ".join(line.split()) not in words] == []
    added = {line for line in run("suggest", "--diff", cwd=root).stdout.decode().splitlines() if line.startswith("+")}
    shown = [line for line in blocks("console")[2].splitlines() if line.startswith("+#") or line in ("+/docs", "+++ b")]
    assert len(shown) >= 3
    assert [line for line in shown if line not in added] == []


def test_the_shown_findings_are_those_of_a_run(tmp_path: Path) -> None:
    lines = [f"/nothing{number}\n" for number in range(10)] + ["!README.md\n", "*.md\n"]
    files: dict[bytes | str, Content] = {"README.md": b"a", "app.rb": b"a", ".slugignore": "".join(lines).encode()}
    printed = run("lint", cwd=make_repo(tmp_path, files)).stdout.decode().splitlines()
    shown = blocks("console")[4].splitlines()[1:]
    finding = shown[shown.index(".slugignore:11  error  negation  (--fix)") :][:4]
    assert "\n".join(finding) in "\n".join(printed)
    assert any(line.startswith("note  dead-rule, 10 times (lines 1, 2,") for line in printed)


def test_the_shown_inspection_has_the_words_that_a_run_prints(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "package.json": "{}",
        ".heroku/node/bin/node": os.urandom(90_000),
        "node_modules/.cache/a": os.urandom(90_000),
        "node_modules/@next/swc-linux-x64-musl/a.node": os.urandom(200_000),
        "node_modules/a/README.md": "x",
    }
    make_slug(tmp_path / "slug.tgz", make_tree(tmp_path / "app", files))
    printed = run("inspect", "slug.tgz", cwd=tmp_path).stdout.decode().splitlines()
    (block,) = [block for block in blocks("console") if block.startswith("$ slugtrim inspect")]
    shown = [line for line in block.splitlines()[1:] if line.strip() not in ("", "…")]
    figure = re.compile(r"[~<]?[\d.,]+[BKMG]?( %)?")
    words = {" ".join(figure.sub("#", line).split()) for line in printed}
    missing = [line for line in shown if " ".join(figure.sub("#", line).split()) not in words]
    # What differs is the size's class, and which packages there are.
    assert all(re.search(r"weighty|Weighty|swc-|packages \(", line) for line in missing), missing
    assert len(shown) - len(missing) >= 15


def test_every_limit_of_archives_is_named() -> None:
    section = README.partition("## What is in a compiled slug\n")[2].partition("\n## ")[0]
    with pytest.raises(UsageError) as refused:
        limits_from(["x=1"])
    for name in str(refused.value).rpartition("is one of ")[2].split(", "):
        assert f"`{name}`" in section


def test_the_settings_are_those_of_the_keys() -> None:
    rows = [f"| `{at}{key.name}` | {key.kind.words} | {key.says} |" for at, keys in TABLES for key in keys]
    rows += [f"| `{variable.name}` | {variable.says} |" for variable in VARIABLES]
    section = README.partition("### Configuration\n")[2].partition("\n### ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == rows


def test_the_shown_settings_are_read(tmp_path: Path) -> None:
    (shown,) = [block for block in blocks("toml") if "[targets." in block]
    make_tree(tmp_path, {"slugtrim.toml": shown, "a": "x"})
    terms = load_config(find_tree(bytes(tmp_path), use_git=False).source, Flags(), {}, git_dir=None).for_target(
        "production"
    )
    assert terms.budgets.total is not None
    assert terms.overhead is not None
    assert (terms.budgets.total.value, terms.overhead.value) == (80 * MIB, 38 * MIB)
    assert [budget.pattern for budget in terms.budgets.paths] == [b"app/assets/**"]


def test_what_is_typed_as_a_size_is_read_so() -> None:
    (typed,) = re.findall(r"has a unit, (.*), and is 1024-based", README)
    assert [parse_size(text) for text in re.findall("`(.*?)`", typed)] == [50 * MIB, 3 * GIB // 2, 688 * KIB]
    assert format_size(parse_size("50MB")) == "50M"


def test_every_option_of_lint_is_named() -> None:
    help_text = run("lint", "--help", cwd=TOP).stdout.decode()
    for option in ("--fix", "--strict", "--ignore ID", "--explain ID"):
        assert option in help_text
        assert option in README


def test_the_shown_verification_has_the_words_that_a_run_prints(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"Procfile": "web: python3 a.py\n", "a.py": "", "requirements.txt": ""}
    files |= {"README.md": os.urandom(2000).hex(), "tests/test_a.py": os.urandom(2000).hex()}
    root = make_repo(tmp_path / "app", files)
    printed = run("suggest", "--min-saving", "0", "--verify", "cat README.md", cwd=root)
    words = {without_figures(line) for line in (printed.stderr + printed.stdout).decode().splitlines()}
    (block,) = [block for block in blocks("console") if '--verify "python3' in block]
    shown = block.partition('manage.py check"\n')[2].splitlines()
    assert len(shown) >= 8
    own = ("…", "FileNotFoundError")
    assert [line for line in map(without_figures, shown) if not line.startswith(own) and line not in words] == []


def without_figures(line: str) -> str:
    return re.sub(r"[\d.]+(?=s\b)|\d+", "#", line).strip()


def test_every_option_of_suggest_is_named() -> None:
    help_text = run("suggest", "--help", cwd=TOP).stdout.decode()
    verify = ("--verify COMMAND", "--verify-timeout TIME", "--verify-runs N")
    for option in ("--all", "--diff", "--write", "--min-saving SIZE", *verify, "project-toml"):
        assert option in help_text
        assert option in README


@pytest.mark.parametrize("command", ["audit", "suggest", "lint", "check", "ls", "explain"])
def test_every_option_the_readme_names_exists(command: str) -> None:
    help_text = run(command, "--help", cwd=TOP).stdout.decode()
    common = ["-C", "--format", "-o", "--report", "--color", "-q", "-v", "-h"]
    for option in (*common, "--rev", "--no-git", "--prefix", "--dialect", "--config", "--no-config"):
        assert re.search(rf"(^|[ ,]){re.escape(option)}[ ,\n]", help_text), option
        assert option in README


def test_the_class_thresholds_are_those_of_the_table() -> None:
    small, average, weighty = (least for least, _ in table().classes)
    assert small == 0
    assert f"under {average // MIB} MB small, {table().average_bytes // MIB} MB average, {weighty // MIB} MB" in README


def test_every_format_of_lint_and_every_id_of_a_budget_is_named() -> None:
    help_text = run("lint", "--help", cwd=TOP).stdout.decode()
    rows = re.findall(r"^\| (`[a-z`, ]+) \| ([^|]+) \|", README, re.MULTILINE)
    of = {name: commands for names, commands in rows for name in re.findall(r"`(\w+)`", names)}
    (offered,) = re.findall(r"--format \[([a-z|]+)\]", help_text)
    assert {name for name, commands in of.items() if "lint" in commands or "every" in commands} == set(
        offered.split("|")
    )
    assert [id_ for id_ in exceeded_ids() if f"`{id_}`" not in README] == []


def test_every_option_of_check_is_named() -> None:
    help_text = run("check", "--help", cwd=TOP).stdout.decode()
    options = ("--base REV", "--no-base", "--target NAME", "--budget SIZE", "--max-growth SIZE", "--strict")
    for option in (*options, "--buildpack-overhead SIZE"):
        assert option in help_text
        assert option in README


def test_the_shown_check_has_the_words_that_a_run_prints(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "Gemfile": b"",
        "app/a.bin": os.urandom(40_000),
        "app/b.bin": os.urandom(90_000),
    }
    repository = make_repo(tmp_path, files)
    make_tree(repository, {"app/film.bin": os.urandom(70_000)})
    commit_all(repository, "A film for the start page")
    (repository / "slugtrim.toml").write_text('[budgets]\ntotal = "150KB"\nmax-growth = "50KB"\n')
    printed = run("check", "--base", "HEAD~1", cwd=repository).stdout.decode().splitlines()
    (shown,) = [block.splitlines()[1:] for block in blocks("console") if block.startswith("$ slugtrim check")]

    def words(line: str) -> str:
        return " ".join(
            re.sub(r"\b[0-9a-f]{7,10}\b|[+~]?[\d.,]+([BKMG]B?)?( %)?|\(main\)|\(HEAD~1\)", "#", line).split()
        )

    known = {words(line) for line in printed}
    plain = [line for line in shown if line.strip() not in ("", "…") and not line.startswith(("Tracked", "Over"))]
    assert len(plain) >= 10
    assert [line for line in plain if words(line) not in known and "since" not in line] == []


def test_the_shown_comparison_has_the_words_that_a_run_prints(tmp_path: Path) -> None:
    (shown,) = [block.splitlines()[1:] for block in blocks("console") if block.startswith("$ slugtrim diff")]
    old = {"manage.py": b"x", **distribution("django", "4.2.1", 40_000)}
    new = {"manage.py": b"x", **distribution("django", "4.2.7", 52_000), **distribution("pillow", "10.4.0", 90_000)}
    for name, files in (("v41", old), ("v42", new)):
        make_slug(tmp_path / f"{name}.tgz", make_tree(tmp_path / name, files))
    printed = run("diff", "v41.tgz", "v42.tgz", cwd=tmp_path).stdout.decode().splitlines()
    titles = [line for line in shown if re.match(r"[A-Z]", line)]
    assert len(titles) == 2
    assert [line for line in titles if line not in printed] == []
    assert "  Compressed sizes of compiled slugs." in shown
    assert "  Compressed sizes of compiled slugs." in printed

    def words(line: str) -> str:
        return re.sub(r"[+-]?[\d.,]+[BKMG]?\b", "#", " ".join(line.split()))

    for line in ("  Mostly pillow 10.4.0 (new) +4.8M", "   +6.2K    7.6M     +2  django 4.2.1 → 4.2.7"):
        assert line in shown
        assert words(line) in map(words, printed)


def test_every_option_of_diff_is_named() -> None:
    help_text = run("diff", "--help", cwd=TOP).stdout.decode()
    for option in ("--limit NAME=VALUE", "--format"):
        assert option in help_text
        assert option in README


def shown_pushes() -> list[str]:
    section = README.partition("## Before every push\n")[2].partition("\n## ")[0]
    return re.findall(r"```console\n(.*?)```", section, re.DOTALL)


def test_the_shown_pushes_are_those_of_a_run(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"Gemfile": b"", "Procfile": b"web: ruby app.rb\n", "app.rb": b"puts 1\n" * 40}
    sizes = {"public/logo.png": 300_000, "design/start.psd": 1_300_000, "spec/fixtures/orders.json": 900_000}
    files |= {name: random.Random(1).randbytes(size) for name, size in sizes.items()}
    app = make_application(tmp_path, files, "shop")
    blocked, passed = (block.splitlines() for block in shown_pushes())
    assert blocked[0] == "$ slugtrim hook install --budget 1.5MB"
    assert app.slugtrim("hook", "install", "--budget", "1.5MB").code == 0
    printed = app.push("heroku", "main").stderr.decode().splitlines()
    shown = [line for line in blocked[2:] if line.strip() != "…" and not line.startswith("Commit ")]
    assert len(shown) >= 18
    assert [line for line in shown if line not in printed] == []
    assert passed[0].startswith("$ slugtrim suggest --write && ")
    assert app.slugtrim("suggest", "--write").code == 0
    commit_all(app.root, "Leave out designs and specs")
    assert app.push("heroku", "main").stderr.decode().splitlines() == passed[2:]


def test_the_lines_for_other_managers_are_those_that_are_printed() -> None:
    rows = README.partition("| hooks by |")[2].partition("\n\n")[0].replace("\\|", "|")
    for line in (manager.CALL, manager.LEFTHOOK):
        assert f"`{line}`" in rows


RECIPES = [("vendor.github-workflows", 0), ("vendor.gitlab-ci", 1), ("vendor.circle-ci", 2)]


@pytest.mark.parametrize(("schema_name", "number"), RECIPES)
def test_the_recipes_follow_the_published_schemas(tmp_path: Path, schema_name: str, number: int) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(blocks("yaml")[number])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema_name, str(recipe)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_what_the_recipes_name_exists() -> None:
    action = yaml.safe_load((TOP / "action.yml").read_text())
    github, _, _, pre_commit = map(yaml.safe_load, blocks("yaml"))
    assert set(github["jobs"]["slug"]["steps"][1]["with"]) <= set(action["inputs"])
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in README, name
    hooks = {hook["id"] for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in pre_commit["repos"][0]["hooks"]} == hooks
    (heroku,) = [block for block in blocks("json") if "environments" in block]
    assert "slugtrim check --no-git" in json.loads(heroku)["environments"]["test"]["scripts"]["test"]


def test_ci_checks_this_repository_against_its_own_budget() -> None:
    assert ".venv/bin/slugtrim check" in (TOP / ".ci/run").read_text().splitlines()
    done = run("check", "--no-base", cwd=TOP)
    assert done.code == 0, done.stdout.decode()
    assert b"slugtrim.toml:" in done.stdout


def test_the_shown_builds_are_those_of_a_run(tmp_path: Path) -> None:
    (block,) = [block for block in blocks("console") if "builds record" in block]
    recording, listing, auditing = (part.splitlines() for part in block.split("$ slugtrim")[1:])
    app = make_deployed(
        tmp_path, {"requirements.txt": b"django\n", "app.py": random.Random(1).randbytes(410_000)}, "shop"
    )
    shown_log = "".join(line.removeprefix("remote: ") + "\n" for line in recording if line.startswith("remote:"))
    for size, release in (("50.3M", 24), ("51.5M", 25)):
        says(app, "-----> Python app detected\n" + shown_log.replace("51.5M", size).replace("v25", f"v{release}"))
        done = app.slugtrim(*recording[0].split()[0:2], "--", *recording[0].split()[3:])
        make_tree(app.root, {"static/hero.png": random.Random(2).randbytes(1_230_000)})
        commit_all(app.root)
    printed = [line.rstrip() for line in done.stderr.decode().splitlines()]
    assert [line.replace(" of app", " of shop") for line in printed if line.startswith("slugtrim: ")] == recording[-1:]
    assert [line for line in recording[1:-1] if line != "…" and line not in printed] == []

    def masked(lines: list[str]) -> list[str]:
        return [re.sub(r"\b[0-9a-f]{10}\b|\d{4}-\d\d-\d\d", "#", line).replace(" of app", " of shop") for line in lines]

    lines = app.slugtrim(*listing[0].split()).stdout.decode().splitlines()
    assert masked(lines[1:]) == masked(listing[2:])
    lines = app.slugtrim().stdout.decode().splitlines()
    assert [line for line in auditing[1:] if line != "…" and line not in masked(lines)] == []


def test_every_option_of_builds_is_named() -> None:
    help_text = run("builds", "--help", cwd=TOP).stdout.decode()
    for option in ("--commit REV", "--target NAME", "-n N", "csv"):
        assert option in help_text
        assert option in README
