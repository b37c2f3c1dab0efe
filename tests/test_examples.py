"""Every example of the README and of the pages under ``docs/`` is run, and says what is shown.

Figures, dates and commit ids may differ; words may not. ``python -m tests.examples`` writes the pages anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks import releases
from slugtrim.config import load_config
from slugtrim.config.settings import Flags
from slugtrim.sources import find_tree
from slugtrim.units import MIB
from tests.builders import make_repo, make_tree
from tests.command_line import run
from tests.examples import PAGES, TOP, Files, examples, replayed, tables, without_figures
from tests.rows import each_row

TEXT = {page: page.read_text() for page in PAGES}
HELD = {"console", "gitignore", "json", "python", "sh", "toml", "yaml"}
"""Languages of blocks that tests run or read."""


@pytest.fixture
def area() -> Iterator[Path]:
    """A directory with a short name: long ones break lines elsewhere."""
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as directory:
        yield Path(directory).resolve()


def blocks(language: str) -> list[str]:
    """The blocks of all pages."""
    found = (re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) for text in TEXT.values())
    return [block for of_page in found for block in of_page]


MANY_PROCESSES = {"builds", "hooks", "suggestions"}
"""Pages that push and verify."""
SHOWN = [
    pytest.param(page, id=page.stem, marks=[pytest.mark.full] if page.stem in MANY_PROCESSES else [])
    for page in PAGES
    if examples(page)
]


@pytest.mark.usefixtures("quick_python")
@pytest.mark.parametrize("page", SHOWN)
def test_the_shown_runs_say_what_a_run_prints(page: Path, area: Path) -> None:
    for example, printed in replayed(page, area):
        shown = without_figures(example.text)
        if example.is_public:  # the application that stands in has other files
            words = " ".join(without_figures(printed))
            assert [line for line in shown if line != "…" and line not in words] == []
        else:
            assert shown == without_figures(printed)


@each_row("page", PAGES)
def test_every_block_is_of_a_kind_that_is_held(page: Path) -> None:
    assert set(re.findall(r"^```(\w*)\n(?:.*?)^```$", TEXT[page], re.DOTALL | re.MULTILINE)) <= HELD
    assert len(examples(page)) == len(re.findall(r"^```console$", TEXT[page], re.MULTILINE))


def test_the_table_over_releases_is_made_of_the_results_that_are_kept(tmp_path: Path) -> None:
    slow, fast = ({"seconds": seconds, "cpu_seconds": 1.0, "peak_bytes": 30 << 20} for seconds in (2.0, 0.05))
    commands = {
        "git archive | gzip -6": slow,
        "cold": slow,
        "suggest, cold": slow,
        "known tree": fast,
        "work tree, known, as text": fast,
        "work tree, one file changed": fast,
        "hook, known tree": fast,
        "suggest, again": fast,
    }
    for version in ("0.10.0", "0.9.1"):
        (tmp_path / f"{version}.json").write_text(json.dumps({"built-5000": commands}))
    figures = "| built-5000 | 1.00 | 1.00 | 50 | 50 | 50 | 50 | 50 | 30 |"
    assert releases.rows(tmp_path) == [f"| 0.9.1 {figures}", f"| 0.10.0 {figures}"]


def test_the_tables_are_those_of_the_code() -> None:
    held = {match[2]: (match[3].splitlines(), rows) for text in TEXT.values() for match, rows in tables(text)}
    assert set(held) == {"settings", "variables", "classes", "limits", "releases", "predictions"}
    for shown, rows in held.values():
        assert shown == rows


def test_the_library_example_runs(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app.rb": b"puts 1\n"})
    (example,) = blocks("python")
    assert len(example.strip().splitlines()) <= 6
    env = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert re.fullmatch(rb"\d+B small\n", done.stdout)


def test_the_shown_settings_are_read(tmp_path: Path) -> None:
    shown = blocks("toml")
    assert len(shown) >= 3
    for number, block in enumerate(shown):
        root = make_tree(tmp_path / str(number), {"slugtrim.toml": block, "a": "x"})
        config = load_config(find_tree(bytes(root), use_git=False).source, Flags(), {}, git_dir=None)
        if "[targets." in block:
            terms = config.for_target("production")
            assert terms.budgets.total is not None
            assert terms.overhead is not None
            assert (terms.budgets.total.value, terms.overhead.value) == (80 * MIB, 38 * MIB)
            assert [budget.pattern for budget in terms.budgets.paths] == [b"app/assets/**"]


def test_the_shown_comment_accepts_a_finding(tmp_path: Path) -> None:
    (rules,) = blocks("gitignore")
    files: Files = {"Gemfile": "", "config.ru": 'require "./spec/support"\n', "spec/support.rb": "x = 1\n"}
    without = run("lint", cwd=make_repo(tmp_path / "a", {**files, ".slugignore": rules.splitlines()[1] + "\n"}))
    accepted = run("lint", cwd=make_repo(tmp_path / "b", {**files, ".slugignore": rules}))
    assert b"  removes-read" in without.stdout
    assert b"no findings" in accepted.stdout


SCHEMAS = ["vendor.github-workflows", "vendor.gitlab-ci", "vendor.circle-ci"]


def recipes(schema: str) -> list[str]:
    """The recipes that are marked with a schema."""
    pattern = rf"<!-- schema: {schema} -->\n+```yaml\n(.*?)```"
    return [recipe for text in TEXT.values() for recipe in re.findall(pattern, text, re.DOTALL)]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_recipes_follow_the_published_schemas(tmp_path: Path, schema: str) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    shown = recipes(schema)
    assert shown
    made = make_tree(tmp_path, {f"{number}.yml": recipe for number, recipe in enumerate(shown)})
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, *map(str, sorted(made.iterdir()))], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_every_recipe_is_marked() -> None:
    assert len(blocks("yaml")) == sum(len(recipes(schema)) for schema in [*SCHEMAS, "pre-commit"])


def test_what_the_recipes_name_exists() -> None:
    action = yaml.safe_load((TOP / "action.yml").read_text())
    steps = [step for recipe in recipes(SCHEMAS[0]) for step in yaml.safe_load(recipe)["jobs"]["slug"]["steps"]]
    (used,) = [step for step in steps if step.get("uses", "").startswith("slugtrim/")]
    assert set(used["with"]) <= set(action["inputs"])
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in TEXT[TOP / "docs/ci.md"], name
    hooks = {hook["id"] for hook in yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())}
    (pre_commit,) = map(yaml.safe_load, recipes("pre-commit"))
    assert {hook["id"] for hook in pre_commit["repos"][0]["hooks"]} == hooks
    (heroku,) = blocks("json")
    assert "slugtrim check --no-git" in json.loads(heroku)["environments"]["test"]["scripts"]["test"]


def test_the_commands_of_the_recipes_are_taken(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"Procfile": "web: ./a\n", "a*": "#!/bin/sh\n"})
    (tmp_path / "results").mkdir()
    text = "\n".join([*blocks("yaml"), *blocks("json")])
    found = re.findall(r"\bslugtrim (check(?: --[a-z-]+(?: [\w.=/-]+)?)*)", text)
    assert len(found) >= 4
    for command in found:
        # A limit on growth needs a base, which a CI names.
        base = ["--base", "HEAD"] if "growth" in command else []
        assert run(*command.split(), *base, cwd=root).code == 0, command
