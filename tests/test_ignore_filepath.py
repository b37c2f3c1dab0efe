"""The ``filepath`` dialects: the documented examples, in both readings, and where those differ."""

from __future__ import annotations

import pytest

from slugtrim.errors import RulesError
from slugtrim.files import REGULAR, Directory, File
from slugtrim.ignore import Dialect, decide, matcher, parse
from slugtrim.ignore.filepath import compiled
from tests.rows import each_row

PATHS = (
    b".cache/yarn/v6/a.tgz",
    b"README.md",
    b"a.log",
    b"app/doc/index.rb",
    b"app/node_modules/x.js",
    b"app/z.log",
    b"doc/index.md",
    b"node_modules/x.js",
    b"spec/a_spec.rb",
    b"tmp/cache/assets/x",
    b"tmp/pids/1",
)
TREE = Directory.from_files([File(path, 1, REGULAR, None) for path in PATHS])


def removed(lines: bytes, dialect: Dialect) -> set[bytes]:
    return set(decide(parse(lines, dialect), dialect, TREE, {}).removed)


@each_row(
    "line, expected",
    [
        (b"spec", {b"spec"}),
        (b"/node_modules", {b"node_modules"}),
        (b"/tmp/cache", {b"tmp/cache"}),
        (b"/.cache/yarn", {b".cache/yarn"}),
        (b"app/doc", {b"app/doc"}),
        (b"tmp/*", {b"tmp/cache", b"tmp/pids"}),
        (b"app/[a-f]oc", {b"app/doc"}),
        (b" \t/spec\r", {b"spec"}),
        (b"# spec", set()),
        (b"", set()),
        (b"!spec", set()),
        (b"{spec,doc}", set()),
        (b"tmp/**/x", set()),
        (b"[", set()),
        (b"spec\\", set()),
        (b"\\spec", {b"spec"}),
    ],
)
def test_both_readings_take_the_documented_forms_alike(line: bytes, expected: set[bytes]) -> None:
    assert removed(line, Dialect.FILEPATH) == removed(line, Dialect.FILEPATH_ROOT) == expected


@each_row(
    "line, by_name, by_path",
    [
        (b"doc", {b"doc", b"app/doc"}, {b"doc"}),
        (b"[a-f]*.log", {b"a.log"}, {b"a.log"}),
        (b"*.log", {b"a.log", b"app/z.log"}, {b"a.log"}),
        (b"spec/", {b"spec"}, set()),
        (b"README.md/", set(), set()),
        (b"/*.log", {b"a.log"}, {b"a.log"}),
        (b"node_modules", {b"node_modules", b"app/node_modules"}, {b"node_modules"}),
    ],
)
def test_the_readings_differ_for_names_below_the_root(line: bytes, by_name: set[bytes], by_path: set[bytes]) -> None:
    assert removed(line, Dialect.FILEPATH) == by_name
    assert removed(line, Dialect.FILEPATH_ROOT) == by_path


def test_the_first_line_that_takes_a_file_has_the_credit() -> None:
    rules = parse(b"tmp/cache\ntmp\n/tmp/pids\ntmp/cache\n", Dialect.FILEPATH)
    outcome = decide(rules, Dialect.FILEPATH, TREE, {})
    assert {path: rule.line for path, rule in outcome.removed.items()} == {b"tmp/cache": 1, b"tmp": 2}


def test_a_rule_alone_takes_directories_as_a_whole() -> None:
    tries = matcher(Dialect.FILEPATH, TREE, {})
    assert tries.alone(b"*") == {b".cache", b"README.md", b"a.log", b"app", b"doc", b"node_modules", b"spec", b"tmp"}
    assert tries.takes_any(b"doc")
    assert not tries.takes_any(b"docs")


def test_many_rules_with_wildcards_for_many_files_are_refused() -> None:
    files = [File(b"d%d/f%d" % (number % 10, number), 1, REGULAR, None) for number in range(11_000)]
    rules = parse(b"\n".join(b"*%d?" % number for number in range(4_999)), Dialect.FILEPATH)
    with pytest.raises(
        RulesError, match=r"^\.slugignore:\d+: up to here are too many rules with wildcards for 11,010 "
    ):
        decide(rules, Dialect.FILEPATH, Directory.from_files(files), {})


def test_a_hostile_pattern_costs_no_more_than_it_must() -> None:
    assert compiled(b"*a" * 2_000).fullmatch(b"a" * 255) is None  # type: ignore[union-attr]
    assert compiled(b"*a" * 40_000) is None
    assert compiled(b"?" * 4_097) is None
