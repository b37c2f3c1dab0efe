"""Options over environment over file, what holds for a target, and what a command makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slugtrim.budget import Budgets, Written
from slugtrim.cli.options import leading_options
from slugtrim.config import load_config
from slugtrim.config.keys import BUDGET_KEYS
from slugtrim.config.settings import VARIABLES, Config, Flags, Setting, Terms
from slugtrim.errors import ConfigError
from slugtrim.ignore import Dialect
from slugtrim.sources import find_tree
from slugtrim.units import MIB
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run, run_process
from tests.rows import each_row
from tests.test_audit_known import modules_after

SETTINGS = """\
dialect = "glob"
buildpack-overhead = "30MB"
[budgets]
total = "50MB"
warn = "45MB"
[budgets.paths]
"*.css" = "1MB"
"*.js" = "2MB"
[targets.production]
remotes = ["heroku"]
buildpack-overhead = "38MB"
[targets.production.budgets]
total = "80MB"
paths."*.js" = "3MB"
[targets.staging]
"""


def config_of(root: Path, environ: dict[str, str] | None = None, **flags: str) -> Config:
    make_tree(root, {"slugtrim.toml": SETTINGS, "a": "x"})
    found = find_tree(bytes(root), use_git=False)
    return load_config(found.source, Flags(**flags), environ or {}, git_dir=None)  # type: ignore[arg-type]


def origins(terms: Terms) -> dict[str, str]:
    """What holds, and set in."""
    found = {}
    budgets = terms.budgets
    for name, amount in (
        ("total", budgets.total),
        ("warn", budgets.warn),
        ("growth", budgets.max_growth),
        ("overhead", terms.overhead),
        *((budget.pattern.decode(), budget.limit) for budget in budgets.paths),
    ):
        if amount is not None:
            found[name] = f"{amount.text} {amount.written}"
    return found


def test_without_a_target_the_general_settings_hold(tmp_path: Path) -> None:
    terms = config_of(tmp_path).for_target()
    assert terms.target is None
    assert origins(terms) == {
        "total": "50MB slugtrim.toml:4",
        "warn": "45MB slugtrim.toml:5",
        "overhead": "30MB slugtrim.toml:2",
        "*.css": "1MB slugtrim.toml:7",
        "*.js": "2MB slugtrim.toml:8",
    }


def test_a_target_s_settings_are_over_the_general_ones(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    terms = config.for_target("production")
    assert terms.target == "production"
    assert origins(terms) == {
        "total": "80MB slugtrim.toml:13",
        "warn": "45MB slugtrim.toml:5",
        "overhead": "38MB slugtrim.toml:11",
        "*.js": "3MB slugtrim.toml:14",
        "*.css": "1MB slugtrim.toml:7",
    }
    assert origins(config.for_target("staging")) == origins(config.for_target())


ENVIRONMENT = {
    "SLUGTRIM_DIALECT": "gitignore",
    "SLUGTRIM_TARGET": "production",
    "SLUGTRIM_BUDGET": "small",
    "SLUGTRIM_MAX_GROWTH": "5%",
    "SLUGTRIM_BUILDPACK_OVERHEAD": "7MB",
}


def test_the_environment_is_over_the_file_and_over_any_target(tmp_path: Path) -> None:
    config = config_of(tmp_path, ENVIRONMENT)
    assert config.reading is Dialect.GITIGNORE
    terms = config.for_target()
    assert terms.target == "production"
    assert origins(terms) == {
        "total": "small SLUGTRIM_BUDGET",
        "warn": "45MB slugtrim.toml:5",
        "growth": "5% SLUGTRIM_MAX_GROWTH",
        "overhead": "7MB SLUGTRIM_BUILDPACK_OVERHEAD",
        "*.js": "3MB slugtrim.toml:14",
        "*.css": "1MB slugtrim.toml:7",
    }


def test_options_are_over_the_environment(tmp_path: Path) -> None:
    flags = {"dialect": "glob", "target": "staging", "total": "9MB", "warn": "8MB", "max_growth": "0B"}
    config = config_of(tmp_path, ENVIRONMENT, **flags, overhead="6MB")
    assert config.reading is Dialect.GLOB
    terms = config.for_target()
    assert terms.target == "staging"
    assert origins(terms) == {
        "total": "9MB --budget",
        "warn": "8MB --warn",
        "growth": "0B --max-growth",
        "overhead": "6MB --buildpack-overhead",
        "*.css": "1MB slugtrim.toml:7",
        "*.js": "2MB slugtrim.toml:8",
    }
    assert terms.budgets.total is not None
    assert (terms.budgets.total.value, terms.budgets.total.written) == (9 * MIB, Written(name="--budget"))


def test_an_empty_variable_and_one_that_is_not_published_say_nothing(tmp_path: Path) -> None:
    environ = dict.fromkeys(ENVIRONMENT, "") | {"SLUGTRIM_WARN": "5X", "SLUGTRIM_BUDGET_TOTAL": "5X", "BUDGET": "5X"}
    assert config_of(tmp_path, environ) == config_of(tmp_path)


def test_the_environment_may_name_the_file_and_an_option_another(tmp_path: Path) -> None:
    other = make_tree(tmp_path, {"one": "budgets.total = '1MB'", "two": "budgets.total = '2MB'"})
    environ = {"SLUGTRIM_CONFIG": str(other / "one")}
    assert origins(config_of(tmp_path / "app", environ).for_target()) == {"total": f"1MB {other}/one:1"}
    terms = config_of(tmp_path / "app", environ, file=str(other / "two")).for_target()
    assert origins(terms) == {"total": f"2MB {other}/two:1"}


@each_row(
    "name, text, message",
    [
        ("SLUGTRIM_DIALECT", "gitginore", '"gitginore" is not a dialect; did you mean gitignore?'),
        ("SLUGTRIM_BUDGET", "5X", '"5X" is not a size; write 300MB or 300MiB'),
        ("SLUGTRIM_BUDGET", "5\x1b\n", '"5\\033\\n" is not a size; write 300MB or 300MiB'),
        ("SLUGTRIM_BUDGET", "\udcff", '"\udcff" is not a size; write 300MB or 300MiB'),
        (
            "SLUGTRIM_BUDGET",
            "weighty",
            '"weighty" is the heaviest class, so it would allow everything; write small, average or a size',
        ),
        ("SLUGTRIM_MAX_GROWTH", "5", '"5" has no unit; did you mean 5MB?'),
        ("SLUGTRIM_BUILDPACK_OVERHEAD", "x", '"x" is not a size; write 300MB or 300MiB'),
    ],
)
def test_a_bad_value_in_the_environment_names_the_variable(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, {name: text})
    assert str(caught.value) == f"{name}: {message}"


def test_mistakes_of_file_environment_and_options_are_told_together(tmp_path: Path) -> None:
    make_tree(tmp_path, {"wrong": "x = 1\n\nbudgets.total = 5\n"})
    with pytest.raises(ConfigError) as caught:
        config_of(
            tmp_path, {"SLUGTRIM_MAX_GROWTH": "x"}, file=str(tmp_path / "wrong"), total="5X", overhead="7", warn="-1B"
        )
    assert str(caught.value).split("\n") == [
        f"{tmp_path}/wrong:1: x: unknown key; "
        "the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, budgets, targets, suggest, lint",
        f'{tmp_path}/wrong:3: budgets.total: 5 has no unit; write "5MB"',
        '--budget: "5X" is not a size; write 300MB or 300MiB',
        '--warn: "-1B" is not a size; write 300MB or 300MiB',
        'SLUGTRIM_MAX_GROWTH: "x" is not a size or a percentage; write 2MB or 5%',
        '--buildpack-overhead: "7" has no unit; did you mean 7MB?',
    ]


@each_row(
    "name, message",
    [
        ("prodution", "--target prodution: no such target; did you mean production?"),
        ("Staging", "--target Staging: no such target; did you mean staging?"),
        ("x", "--target x: no such target; the targets are production, staging"),
        ("", '--target "": no such target; the targets are production, staging'),
        ("a\nb", '--target "a\\nb": no such target; the targets are production, staging'),
    ],
)
def test_an_unknown_target_is_an_error(tmp_path: Path, name: str, message: str) -> None:
    for config, asked in ((config_of(tmp_path), name), (config_of(tmp_path, target=name), None)):
        with pytest.raises(ConfigError) as caught:
            config.for_target(asked)
        assert str(caught.value) == message


def test_an_unknown_target_names_who_asked_and_that_there_is_none() -> None:
    config = load_config(
        find_tree(b"/", use_git=False).source, Flags(use_file=False), {"SLUGTRIM_TARGET": "eu west"}, git_dir=None
    )
    with pytest.raises(ConfigError) as caught:
        config.for_target()
    message = 'SLUGTRIM_TARGET "eu west": no such target; none is configured, so write [targets."eu west"]'
    assert str(caught.value) == message


def test_nothing_configured_is_gitignore_without_budgets(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    config = load_config(find_tree(bytes(tmp_path), use_git=False).source, Flags(), {}, git_dir=None)
    assert config == Config()
    assert config.reading is Dialect.GITIGNORE
    assert origins(config.for_target()) == {}


def test_every_setting_that_can_be_asked_for_has_an_option_and_the_variables_are_of_slugtrim() -> None:
    assert Flags().asked() == {}
    every = Flags(file="", platform="", dialect="", target="", total="", warn="", max_growth="", overhead="")
    assert set(every.asked()) == set(Setting)
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)
    assert all(variable.name.startswith("SLUGTRIM_") for variable in VARIABLES)


# The command line

DIFFERS: dict[bytes | str, Content] = {".slugignore": "docs/*.md\n", "docs/.a.md": "x", "b": "y"}
"""A leading dot stays by glob."""


@pytest.mark.parametrize(
    ("arguments", "environment", "dialect"),
    [
        ("", {}, "glob"),
        ("--dialect gitignore", {}, "gitignore"),
        ("", {"SLUGTRIM_DIALECT": "gitignore"}, "gitignore"),
        ("--dialect glob", {"SLUGTRIM_DIALECT": "gitignore"}, "glob"),
        ("--no-config", {}, "gitignore"),
        ("--no-config --dialect glob", {}, "glob"),
        ("--config other.toml", {}, "gitignore"),
        ("", {"SLUGTRIM_CONFIG": "other.toml"}, "gitignore"),
        ("--no-config", {"SLUGTRIM_DIALECT": "glob"}, "glob"),
        ("--rev HEAD", {}, "glob"),
        ("--no-git", {}, "glob"),
        ("--prefix web", {}, "gitignore"),
    ],
)
def test_every_command_reads_rules_as_configured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    environment: dict[str, str],
    dialect: str,
) -> None:
    root = make_repo(tmp_path, {**DIFFERS, "other.toml": ""})
    make_tree(root / "web", {**DIFFERS, "slugtrim.toml": ""})
    commit_all(root)
    make_tree(root, {"slugtrim.toml": "dialect = 'glob'\n"})
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    words = arguments.split()
    stays = dialect == "glob"
    name = "web/docs/.a.md" if "web" in words else "docs/.a.md"
    assert (b"docs/.a.md" in run("ls", *words, cwd=root).stdout.split(b"\n")) is stays
    for command in ("audit", "suggest", "lint"):
        report = json.loads(run(command, *words, "--format", "json", cwd=root).stdout)
        assert report["dialect"] == dialect, command
    explained = run("explain", *words, name, cwd=root).stdout.decode().splitlines()
    assert explained[1].split()[0] == dialect
    assert leading_options(["--config", "ls", "audit"]) == (["--config"], 2)


def test_a_bare_repository_is_read_as_its_commit_says(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {**DIFFERS, "slugtrim.toml": "dialect = 'glob'\n"})
    git(tmp_path, "clone", "-q", "--bare", "app", "bare.git")
    for _ in ("measured", "known"):
        report = json.loads(run("bare.git", "--rev", "HEAD", "--format", "json", cwd=tmp_path).stdout)
        assert report["dialect"] == "glob"


def test_a_mistake_in_the_settings_ends_every_command_with_two(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {".slugignore": "/docs\n", "slugtrim.toml": "a = 1\nbudgets.b = 2\n"})
    message = (
        b"slugtrim: slugtrim.toml:1: a: unknown key; "
        b"the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, budgets, targets, suggest, lint\n"
        b"slugtrim: slugtrim.toml:2: budgets.b: unknown key; the keys are total, warn, largest-file, files, "
        b"checkout, max-growth, paths, of\n"
    )
    before = {path: path.read_bytes() for path in root.iterdir() if path.is_file()}
    for command in (["audit"], ["ls"], ["suggest", "--write"], ["lint", "--fix"], ["explain", "x"]):
        assert run(*command, cwd=root) == (2, b"", message)
    assert {path: path.read_bytes() for path in root.iterdir() if path.is_file()} == before
    assert run("lint", "--explain", "negation", cwd=root).code == 0


def test_config_and_no_config_exclude_each_other(tmp_path: Path) -> None:
    message = b"slugtrim: --config: conflicts with --no-config; drop one of them\n"
    assert run("ls", "--config", "x", "--no-config", cwd=tmp_path) == (2, b"", message)


def test_a_variable_with_a_bad_value_ends_a_command_with_two(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    message = b'slugtrim: SLUGTRIM_DIALECT: "ruby" is not a dialect; write gitignore, glob, filepath or filepath-root\n'
    assert run_process("ls", "--no-git", cwd=tmp_path, SLUGTRIM_DIALECT="ruby") == (2, b"", message)
    assert run_process("ls", "--no-git", cwd=tmp_path, SLUGTRIM_DIALECT="") == (0, b"a\n", b"")


def test_each_row_of_a_budget_is_a_field_of_the_budgets() -> None:
    assert {key.field for key in BUDGET_KEYS} == set(Budgets.__struct_fields__) - {"of_compiled", "slug_limit"}
    assert {key.setting for key in BUDGET_KEYS} - {None} == {Setting.TOTAL, Setting.WARN, Setting.MAX_GROWTH}


def test_nothing_is_imported_for_settings_where_there_are_none(tmp_path: Path) -> None:
    # config.reading is what imports tomllib; a measurement of coverage imports that for itself.
    reading = {"difflib", "fractions", "slugtrim.budget", "slugtrim.config.keys", "slugtrim.config.reading"}
    make_repo(tmp_path, {"a": "x"})
    run("--format", "json", cwd=tmp_path)
    for arguments in ((), ("--dialect", "gitignore")):
        known = modules_after("--format", "json", *arguments, cwd=tmp_path)
        assert known & reading == set()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert modules_after("--format", "json", cwd=tmp_path) & reading == set()
    (tmp_path / "slugtrim.toml").write_text("dialect = 'gitignore'\n")
    assert modules_after("--format", "json", cwd=tmp_path) >= reading - {"difflib"}
