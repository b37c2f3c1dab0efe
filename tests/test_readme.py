"""What the README and the pages under ``docs/`` say is so. ``test_examples.py`` runs their examples."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from slugtrim import __all__ as public_names
from slugtrim.archive.limits import limits_from
from slugtrim.budget import exceeded_ids
from slugtrim.errors import UsageError
from slugtrim.hook import installation
from slugtrim.lint.findings import sections
from slugtrim.sizer import table
from slugtrim.units import GIB, KIB, MIB, format_size, parse_size
from tests.builders import make_tree
from tests.command_line import run
from tests.examples import PAGES, TOP
from tests.rows import each_row

README = (TOP / "README.md").read_text()
DOCS = {page.stem: page.read_text() for page in PAGES if page.parent.name == "docs"}
PROSE = README + "".join(text for name, text in DOCS.items() if name != "commands")
OTHERS = {
    "--dist",
    "--from",
    "--spec",
    "--extra-index-url",
    "--git",
    "--hook-type",
    "--edit-last",
    "--create-if-none",
    "--body-file",
    "--no-verify",
}
"""Options of git, gh, pip, pytest, pre-commit and uvx that the pages show."""


@pytest.fixture(scope="module")
def help_texts() -> dict[str, str]:
    """The help of each command, and of slugtrim itself under the empty name."""
    general = run("--help", cwd=TOP).stdout.decode()
    names = re.findall(r"^  ([\w-]+)  ", general.partition("Commands:")[2], re.MULTILINE)
    assert len(names) >= 12
    texts = {"": general} | {name: run(name, "--help", cwd=TOP).stdout.decode() for name in names}
    for name, text in list(texts.items())[1:]:
        for action in re.findall(r"^  ([\w-]+)  ", text.partition("Commands:")[2], re.MULTILINE):
            texts[f"{name} {action}"] = run(name, action, "--help", cwd=TOP).stdout.decode()
    return texts


def test_the_readme_is_short() -> None:
    assert 120 <= len(README.splitlines()) <= 150


def test_ci_runs_the_test_command_as_written() -> None:
    install, test = (block.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    assert install.endswith("slugtrim")
    assert test in (TOP / ".ci/run").read_text().splitlines()


def test_ci_checks_this_repository_against_its_own_budget() -> None:
    assert ".venv/bin/slugtrim check" in (TOP / ".ci/run").read_text().splitlines()
    done = run("check", "--no-base", cwd=TOP)
    assert done.code == 0, done.stdout.decode()
    assert b"slugtrim.toml:" in done.stdout


def test_every_command_is_documented(help_texts: dict[str, str]) -> None:
    for name in help_texts:
        assert f"$ slugtrim {name} --help".replace("  ", " ") in DOCS["commands"]
        assert f"slugtrim {name}".rstrip() in PROSE


def test_every_option_is_explained_and_no_other_is_named(help_texts: dict[str, str]) -> None:
    offered = {option for text in help_texts.values() for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PROSE))
    everywhere = {"--output", "--quiet", "--verbose", "--version", "--help"}  # their own help is enough
    assert offered - named - everywhere == set()
    assert named - offered - OTHERS == set()


def test_every_finding_has_its_section() -> None:
    """The page includes the one that ships, so that it is the same text."""
    (included,) = re.findall(r'--8<-- "(.*)"', DOCS["findings"])
    assert "slugtrim/lint/findings.md" in README
    page = (TOP / included).read_text()
    assert [id_ for id_ in sections() if f"### `{id_}`" not in page] == []


def test_every_id_of_a_budget_is_named() -> None:
    assert [id_ for id_ in exceeded_ids() if f"`{id_}`" not in DOCS["formats"]] == []


def test_every_format_is_named_with_its_commands(help_texts: dict[str, str]) -> None:
    rows = re.findall(r"^\| (`[a-z`, -]+) \| ([^|]+) \|", DOCS["formats"], re.MULTILINE)
    of = {name: commands for names, commands in rows for name in re.findall(r"`([\w-]+)`", names)}
    for command, text in help_texts.items():
        offered = {name for shown in re.findall(r"--format \[([a-z|-]+)\]", text) for name in shown.split("|")}
        for name, commands in of.items():
            if command and offered and name != "text":
                is_named = any(f"`{each}`" in commands for each in (command, command.split()[0]))
                assert (name in offered) == (is_named != ("every" in commands)), (command, name)
    (lint,) = re.findall(r"--format \[([a-z|-]+)\]", help_texts["lint"])
    assert {name for name, commands in of.items() if "`lint`" in commands or "every" in commands} == set(
        lint.split("|")
    )


def test_every_exit_code_is_that_of_the_help(help_texts: dict[str, str]) -> None:
    codes = re.findall(r"^\| (\d+) \|", DOCS["formats"], re.MULTILINE)
    told = help_texts[""].partition("Exit codes: ")[2]
    assert codes == re.findall(r"\b(\d+) [a-z]", told)


def test_every_limit_of_archives_is_named() -> None:
    with pytest.raises(UsageError) as refused:
        limits_from(["x"])
    for name in str(refused.value).rpartition("is one of ")[2].split(", "):
        assert f"| `{name}` |" in DOCS["compiled-slugs"]


def test_what_is_typed_as_a_size_is_read_so() -> None:
    (typed,) = re.findall(r"give it a unit: (.*)\.$", DOCS["sizes"], re.MULTILINE)
    assert [parse_size(text) for text in re.findall("`(.*?)`", typed)] == [50 * MIB, 3 * GIB // 2, 688 * KIB]
    assert format_size(parse_size("50MB")) == "50M"


def test_the_class_thresholds_are_those_of_the_table() -> None:
    small, average, weighty = (least for least, _ in table().classes)
    assert small == 0
    assert f"small below {average // MIB} MB, average below {weighty // MIB} MB, weighty" in README
    assert f"calls {table().average_bytes // MIB} MB average" in DOCS["sizes"]


DIALECTS = {
    "/spec": ("spec/a", "spec/a"),
    "spec/": ("spec/a web/spec/a", "spec/a"),
    "*.psd": (".a.psd .web/b.psd c.psd", "c.psd"),
    "{docs,spec}": ("", "docs/a docs/a.md spec/a web/spec/a"),
    "./docs": ("", "docs/a docs/a.md"),
    "docs # old": ("", "docs/a docs/a.md"),
    "docs/*.md": ("docs/a.md", "docs/a.md"),
    "!README.md": ("", ""),
    ".*": (".a.psd .slugignore .web/b.psd", "everything"),
}
"""By pattern, what it leaves out as ``gitignore`` and as ``glob``."""


@each_row("pattern", DIALECTS)
def test_the_dialects_differ_as_shown(tmp_path: Path, pattern: str) -> None:
    assert f"`{pattern}`" in DOCS["slugignore"].partition("## See what")[0]
    names = "README.md .a.psd .web/b.psd c.psd docs/a docs/a.md spec/a web/spec/a".split()
    root = make_tree(tmp_path, {".slugignore": pattern + "\n", **dict.fromkeys(names, "x")})
    for dialect, expected in zip(("gitignore", "glob"), DIALECTS[pattern], strict=True):
        left_out = run("ls", "--no-git", "--ignored", "--dialect", dialect, cwd=root).stdout.decode().split()
        assert left_out == (sorted([".slugignore", *names]) if expected == "everything" else expected.split())


def test_the_lines_for_other_managers_are_those_that_are_printed() -> None:
    rows = DOCS["hooks"].partition("doesn't edit hooks")[2]
    for line in (installation.CALL, installation.LEFTHOOK):
        assert f"`{line}`" in rows


def test_every_public_name_is_listed() -> None:
    listed = {name for row in re.findall(r"^\| (`.*?) \|", DOCS["library"], re.MULTILINE) for name in row.split(", ")}
    assert {name.strip("`") for name in listed} == set(public_names)


def test_the_repository_has_one_address() -> None:
    urls = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["urls"]
    site = yaml.safe_load((TOP / "mkdocs.yml").read_text())
    assert site["repo_url"] == urls["Source"]
    assert site["site_url"] == urls["Documentation"]
    assert f"repo: {urls['Source']}" in DOCS["ci"]


def test_the_navigation_has_every_page() -> None:
    text = (TOP / "mkdocs.yml").read_text()
    assert [name for name in DOCS if f"{name}.md" not in text] == []
    for target in re.findall(r"\]\((docs/[\w-]+\.md|[A-Z]\w+(?:\.md)?)", README):
        assert (TOP / target).is_file(), target


def test_the_site_builds_strictly(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("material", reason="the docs extra is not installed")
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-f", str(TOP / "mkdocs.yml"), "-d"]
    done = subprocess.run([*command, str(place)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    for page in place.rglob("*.html"):
        fetched = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="?(https?://[^" >]+)', page.read_text())
        assert [url for url in fetched if not url.startswith("https://slugtrim.github.io/")] == []
