"""Files of rules that somebody made to take forever: half a megabyte of them costs a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slugtrim.errors import RulesError
from slugtrim.ignore import Dialect, RuleState, parse
from slugtrim.ignore.gitignore import GitMatcher
from slugtrim.lint import view
from slugtrim.lint.findings import lint_tree
from slugtrim.lint.resolved import mend
from slugtrim.scanner import scan
from tests.builders import make_repo
from tests.command_line import run
from tests.rows import each_row
from tests.test_scanner import tree_of

MAX_SECONDS = 20.0
"""Of processor time, on a machine as slow as it may be. Each of these took minutes to days, and takes half a one."""
PATHS = [b"app/d%d/sub%d/file%d.rb" % (number % 60, number % 7, number) for number in range(3000)]


@contextmanager
def in_bounded_time() -> Iterator[None]:
    before = time.process_time()
    yield
    assert time.process_time() - before < MAX_SECONDS


def many(line: bytes, count: int) -> bytes:
    """Lines that differ by a number."""
    return b"".join(line % number for number in range(count))


LINTED = {
    "one line of blanks": b"a" + b" " * 500_000 + b"b\n",
    "one line of escaped blanks": b"a" + b"\\ " * 125_000 + b"\n",
    "one line of words": b"a b " * 50_000 + b"\n",
    "one line of stars": b"*a" * 125_000 + b"\n",
    "one line of classes": b"[[:" * 75_000 + b"]\n",
    "one line of directories": b"**/" * 75_000 + b"x\n",
    "equal lines": b"*.zip\n" * 2_500,
    "inert lines": b"!x\n" * 5_000,
    "different inert lines": many(b"!*x%d\n", 2_500),
    "different names": many(b"x%d\n", 5_000),
    "different paths": many(b"/app/d1/x%d/\n", 5_000),
    "names that are nearly right": many(b"fil%d.rb\n", 1_500),
    "names in capitals": many(b"FILE%d.RB\n", 1_500),
    "wildcards": many(b"*x*y%d\n", 2_500),
    "wildcards that match": many(b"*f*[i%d]*\n", 100),
    "wildcards in paths": many(b"app/*%d*/*x\n", 2_500),
    "rules in the shadow of another": many(b"file%d.rb\n", 1_500) + b"*.rb\n",
    "a rule in the shadow of others": b"*.rb\n" + many(b"file%d.rb\n", 1_500),
    "everything, and more": b"*\n" + many(b"x%d\n", 5_000),
}


@pytest.mark.full
@pytest.mark.parametrize(
    "dialect", [Dialect.GITIGNORE, Dialect.GLOB, pytest.param(Dialect.FILEPATH, marks=pytest.mark.long)]
)
@each_row("case", LINTED)
def test_a_large_file_is_linted_in_bounded_time(case: str, dialect: Dialect) -> None:
    with in_bounded_time():
        lint_tree(tree_of(PATHS[:1000], LINTED[case]), dialect)


@pytest.mark.full
@pytest.mark.parametrize("dialect", Dialect)
def test_thousands_of_lines_are_mended_in_bounded_time(dialect: Dialect) -> None:
    lines = b"!x\n" * 5_000 + b"/app/d1\n" * 5_000 + many(b"d%d/\n", 3_000)
    with in_bounded_time():
        mended = mend(tree_of(PATHS, lines), dialect)
    assert b"!" not in mended.content
    assert mended.content.count(b"/app/d1\n") == 1


@pytest.mark.full
def test_searching_the_tree_again_and_again_is_refused() -> None:
    with in_bounded_time(), pytest.raises(RulesError) as error:
        scan(tree_of(PATHS, many(b"**/sub1/**/file%d.rb\n", 3_000)), Dialect.GLOB)
    where, _, message = str(error.value).partition(": ")
    assert where.startswith(".slugignore:")
    assert message == (
        "the rules up to this line come by the same files on too many ways, by '**/', '..', braces or symlinks; "
        "name the directories themselves"
    )


@pytest.mark.full
@pytest.mark.parametrize("line", [b"{" * 100 + b"%d" + b"}" * 100 + b"\n", b"{a,b}{c,d}{e,f}{%d,g}\n"])
def test_braces_of_all_lines_together_are_limited(line: bytes) -> None:
    with in_bounded_time(), pytest.raises(RulesError) as error:
        parse(many(line, 4_000), Dialect.GLOB)
    assert str(error.value).endswith(
        ": the braces up to this line stand for more than 20,000 patterns, or for too long ones; "
        "use fewer of them, or '*'"
    )


def test_equal_braces_count_once() -> None:
    assert len(parse(b"{a,b}{c,d}{e,f}\n" * 4_000, Dialect.GLOB)) == 4_000


@pytest.mark.parametrize("dialect", Dialect.GITIGNORE.pair)
def test_more_rules_with_wildcards_than_the_limit_are_refused(dialect: Dialect) -> None:
    lines = b"*.zip\n" * 9_000 + many(b"!*.a%d\n", 9_000) + many(b"name%d\n", 9_000) + many(b"*.b%d\n", 4_999)
    parse(lines, dialect)
    with pytest.raises(RulesError) as error:
        parse(lines + b"*.zip\n!*.c\n*.d\n", dialect)
    assert str(error.value) == (
        ".slugignore:32002: is one more than the 5,000 different rules with wildcards that slugtrim reads; "
        "name directories instead of the files in them"
    )


@pytest.mark.parametrize("dialect", Dialect.FILEPATH.pair)
def test_more_of_them_are_refused_where_no_line_is_inert(dialect: Dialect) -> None:
    lines = b"*.zip\n" * 9_000 + many(b"name%d\n", 9_000) + many(b"*.b%d\n", 4_999)
    parse(lines, dialect)
    with pytest.raises(RulesError, match=r"^\.slugignore:23001: is one more than the 5,000 different rules"):
        parse(lines + b"*.zip\n*.d\n", dialect)


def test_too_many_wildcards_are_not_mended(tmp_path: Path) -> None:
    """What other commands say of them is in ``test_rules_bounds``."""
    lines = many(b"*.b%d\n", 5_001)
    repository = make_repo(tmp_path, {"a.b1": "x", ".slugignore": lines})
    done = run("lint", "--fix", cwd=repository)
    assert (done.code, done.stdout) == (2, b"")
    assert done.stderr == (
        b"slugtrim: .slugignore:5001: is one more than the 5,000 different rules with wildcards that slugtrim reads; "
        b"name directories instead of the files in them\n"
    )
    assert (repository / ".slugignore").read_bytes() == lines


# What costs nothing for each file is looked up: counted, not timed.


def test_literal_equal_and_inert_rules_are_compared_with_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_blocks(self: GitMatcher) -> None:
        raise AssertionError("looked at every name")

    monkeypatch.setattr(GitMatcher, "name_blocks", property(no_blocks))
    monkeypatch.setattr(GitMatcher, "path_blocks", property(no_blocks))
    lines = b"app/d1\n/app/d2/\nfile7.rb\na\\ b\n!*.rb\n" * 3
    slug = scan(tree_of(PATHS, lines), Dialect.GITIGNORE)
    assert {left.rule.line for left in slug.left_out} == {11, 12, 13}
    states = [RuleState.SHADOWED, RuleState.SHADOWED, RuleState.SHADOWED, RuleState.DEAD, RuleState.NEGATED]
    assert list(slug.states.values())[:5] == states


def test_a_rule_that_comes_too_late_is_reported_without_an_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MAX_EFFORT", 1_000)
    lint = lint_tree(tree_of([b"README.md"], b"Readme.md\nreadme.md\nREADME.MD\n"))
    assert [finding.id for finding in lint.findings] == ["wrong-case", "dead-rule", "dead-rule"]


def test_spellings_are_searched_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MAX_EFFORT", 600)
    lint = lint_tree(tree_of([b"samples/a"], b"/sampels\n/smaples\n"))
    assert [finding.id for finding in lint.findings] == ["typo", "dead-rule"]


def test_at_most_twenty_lines_are_named_that_shadow_another() -> None:
    lint = lint_tree(tree_of([*PATHS, b"README.md"], b"*.rb\n" + many(b"file%d.rb\n", 3_000)))
    (finding,) = (finding for finding in lint.findings if finding.id == "shadowed-rule")
    lines = ", ".join(map(str, range(2, 22)))
    assert finding.message == f"Lines {lines} and 2,980 more already cover *.rb"
