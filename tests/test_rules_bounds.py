"""Files of rules that are small and once took minutes: each command answers within seconds, or refuses in one line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from slugtrim.ignore import MAX_WILDCARDS
from tests.builders import make_repo
from tests.command_line import Run, run
from tests.rows import each_row

BOUND_SECONDS = 10
"""Of CPU time. The slowest takes about 1 on a quiet machine; before there were bounds, most took 15 to 60 or more."""
SHORT = {"audit": ("--format", "json"), "lint": ("--format", "json"), "ls": ()}
"""Options with which the rules are most of the work: wrapping the text of 15,000 findings takes longer."""

pytestmark = pytest.mark.full
DIALECTS = ["gitignore", "glob", "filepath"]
RUNS = [("audit", "gitignore"), *product(["lint", "ls"], DIALECTS)]
"""`audit` does for each dialect what `ls` does; what it does beyond that knows no dialect."""


def answer(root: Path, command: str, dialect: str, *options: str) -> Run:
    """Run a command, and check what CPU time it takes."""
    (root / "slugtrim.toml").write_text(f'dialect = "{dialect}"\n')
    begin = time.process_time()
    done = run(command, *options, cwd=root)
    assert time.process_time() - begin < BOUND_SECONDS
    return done


def repo(place: Path, slugignore: str, files: Mapping[bytes | str, str]) -> Path:
    return make_repo(place / "app", {**files, ".slugignore": slugignore})


def files_listed(done: Run) -> set[str]:
    assert (done.code, done.stderr) == (0, b"")
    return set(done.stdout.decode().splitlines()) - {".slugignore"}


@each_row("command, dialect", product(["audit", "check", "lint"], DIALECTS))
def test_two_hundred_thousand_blanks_in_a_line(tmp_path: Path, dialect: str, command: str) -> None:
    done = answer(repo(tmp_path, "a" + " " * 200_000 + "b\n", {"a": "x"}), command, dialect)
    assert (done.code, done.stderr) == (0, b"")
    assert len(done.stdout) < 10_000


FILES: dict[bytes | str, str] = {f"d{number % 30}/f{number}": "" for number in range(3000)}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three thousand files and a log, under rules that leave out logs."""
    return repo(tmp_path_factory.mktemp("large"), "*.log\n" * 2000, {**FILES, "d0/x.log": ""})


@each_row("command, dialect", RUNS)
def test_two_thousand_equal_lines_over_three_thousand_files(large: Path, dialect: str, command: str) -> None:
    done = answer(large, command, dialect, *SHORT[command])
    assert (done.code, done.stderr) == (0, b"")
    if command == "ls":
        assert files_listed(done) == FILES.keys()


@each_row("command, dialect", RUNS)
def test_fifteen_thousand_negated_lines(tmp_path: Path, dialect: str, command: str) -> None:
    done = answer(repo(tmp_path, "!x\n" * 15_000, {"x": ""}), command, dialect, *SHORT[command])
    assert (done.code, done.stderr) == (1 if command == "lint" else 0, b"")
    if command == "ls":
        assert files_listed(done) == {"x"}


@each_row("command, dialect", RUNS)
def test_twenty_thousand_literal_rules(tmp_path: Path, dialect: str, command: str) -> None:
    rules = "".join(f"name{number}\n" for number in range(20_000))
    done = answer(
        repo(tmp_path, rules, {"a": "", "name7": "", "d/name8": "", "d/b": ""}), command, dialect, *SHORT[command]
    )
    assert (done.code, done.stderr) == (0, b"")
    if command == "ls":
        assert files_listed(done) == {"a", "d/b"}


def wildcards(number: int) -> str:
    return "".join(f"name{number}*\n" for number in range(number))


@each_row("command, dialect", product(["audit", "check", "lint", "ls"], DIALECTS))
def test_more_rules_with_wildcards_than_the_limit_are_refused(tmp_path: Path, dialect: str, command: str) -> None:
    done = answer(repo(tmp_path, "literal\n" + wildcards(MAX_WILDCARDS + 1), {"a": ""}), command, dialect)
    refusal = (
        "slugtrim: .slugignore:5002: is one more than the 5,000 different rules with wildcards that slugtrim reads; "
        "name directories instead of the files in them\n"
    )
    assert (done.code, done.stdout, done.stderr.decode()) == (2, b"", refusal)


@each_row("command, dialect", product(["lint", "ls"], DIALECTS))
def test_as_many_rules_with_wildcards_as_the_limit_are_read(tmp_path: Path, dialect: str, command: str) -> None:
    done = answer(
        repo(tmp_path, wildcards(MAX_WILDCARDS), {"a": "", "name4999x": ""}), command, dialect, *SHORT[command]
    )
    assert (done.code, done.stderr) == (0, b"")
    if command == "ls":
        assert files_listed(done) == {"a"}


@each_row("dialect", DIALECTS)
def test_equal_rules_with_wildcards_count_once_and_inert_ones_not_at_all(tmp_path: Path, dialect: str) -> None:
    mark = "# " if dialect == "filepath" else "!"  # there a line with ! is one for names that begin so
    inert = "".join(f"{mark}name{number}*\n" for number in range(MAX_WILDCARDS + 1))
    slugignore = wildcards(MAX_WILDCARDS) + "name1*\n" * MAX_WILDCARDS + inert
    done = answer(repo(tmp_path, slugignore, {"a": "", "name1x": ""}), "ls", dialect)
    assert files_listed(done) == {"a"}
