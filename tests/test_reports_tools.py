"""What tools on a platform read: GitHub, JUnit, SARIF, GitLab. Each against its schema, or something that reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from junitparser import Error, Failure, JUnitXml
from msgspec.structs import replace
from requests_cache.backends.sqlite import SQLiteCache

from slugtrim.budget import Measure, Verdict, Written, exceeded_ids
from slugtrim.check import Check
from slugtrim.files import Source, SourceKind, printable, quoted
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect
from slugtrim.lint.findings import Lint, lint_tree, sections
from slugtrim.lint.view import FixableFinding
from slugtrim.reports.diagnostics import of_check, of_lint, written_in
from slugtrim.reports.formats import render
from slugtrim.sources import open_tree
from tests.builders import make_tree
from tests.checks import INCOMPLETE, MINIMAL, RICH
from tests.rows import each_row

if TYPE_CHECKING:
    from junitparser import TestSuite

LINT = Lint(
    source=RICH.source,
    dialect=Dialect.GITIGNORE,
    found=tuple(FixableFinding(finding=finding) for finding in RICH.findings),
    slugignore=RICH.slugignore,
    unreadable=(),
)
CLEAN = replace(LINT, found=(), slugignore=None)

HOSTILE = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.text(alphabet="a:|`@#<>&\"'%,=[]()\\\r\n]\u202e\u2028\x1b\x85 ", min_size=1, max_size=30).map(str.encode),
).map(lambda name: name.replace(b"\0", b"0").strip(b"/") or b"x")
"""Any name that git can hold."""


def hostile_examples(test: Callable[..., None]) -> Callable[..., None]:
    for name in (
        b"a\n::error file=x::injected",
        b"::stop-commands::x",
        b"| `x` | @everyone | <script>alert(1)</script>",
        b"]]>&amp;<x>",
        b"100%0A::set-env",
        b"[link](javascript:alert(1))",
        b"\xff\xfe\xed\xa0\x80",
        b"c:\\dir, and = more ",
    ):
        test = example(name=name)(test)
    return settings(deadline=None)(given(name=HOSTILE)(test))


def named(name: bytes) -> Lint:
    """One finding on this file, whose message quotes it."""
    finding = Finding(
        id="secret-ships",
        level=Level.WARNING,
        path=name,
        line=None,
        message=f"{quoted(name)} holds a private key",
        cure="Take it out",
    )
    return replace(LINT, found=(FixableFinding(finding=finding),), source=replace(LINT.source, prefix=b""))


# --- GitHub: the grammar is that of ActionCommand.cs in actions/runner, read here a second time.


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def unescaped(text: str, codes: str) -> str:
    for code in codes.split():
        text = text.replace(f"%{code}", chr(int(code, 16)))
    return text.replace("%25", "%")


def commands(output: str) -> list[Command]:
    """What the runner takes a step's output for; a line that is no command fails."""
    found = []
    for line in re.split("\r\n|\r|\n", output)[:-1]:
        line = line.strip()
        assert line.startswith("::"), line
        info, data = line[2:].split("::", 1)
        name, _, listed = info.partition(" ")
        properties = dict(each.split("=", 1) for each in listed.strip().split(",") if each)
        found.append(
            Command(
                name,
                {key: unescaped(value, "0D 0A 3A 2C") for key, value in properties.items()},
                unescaped(data, "0D 0A"),
            )
        )
    return found


RICH_GITHUB = """\
::error file=slugtrim.toml,line=3,title=slugtrim%3A budget-total::52.1M is 2.1M over the total of 50MB \
(slugtrim.toml:3).%0AMake the slug smaller (slugtrim suggest shows what to leave out), or raise the limit \
(slugtrim.toml:3).
::error file=apps/web/.slugignore,title=slugtrim%3A budget-growth::+3.2M since the base is 773.1K over the allowed \
growth of 2.4M (5%25; --max-growth).%0AMake the slug smaller (slugtrim suggest shows what to leave out), \
or raise the limit (--max-growth).
"""


def test_annotations_stand_where_the_limit_is_written() -> None:
    output = render("check", "github", RICH)
    assert output.startswith(RICH_GITHUB)
    assert [(each.name, each.properties.get("line")) for each in commands(output)] == [
        ("error", "3"),
        ("error", None),
        ("error", "10"),
        ("error", "5"),
        ("error", "6"),
        ("warning", "4"),
        ("error", "2"),
        ("warning", None),
    ]


def test_what_is_within_its_limits_is_not_annotated() -> None:
    assert render("check", "github", MINIMAL) == ""
    assert render("lint", "github", CLEAN) == ""


def test_annotations_of_lint_are_at_paths_from_the_root_of_the_repository() -> None:
    negation, secret = commands(render("lint", "github", LINT))
    assert negation == Command(
        "error",
        {"file": "apps/web/.slugignore", "line": "2", "title": "slugtrim: negation"},
        "!README.md does nothing: Heroku doesn't support negation.\nRemove the line.",
    )
    assert secret.properties["file"] == "apps/web/caf\udce9: <b>@me</b>.pem"


@hostile_examples
def test_any_name_comes_back_out_of_an_annotation_less_what_a_terminal_obeys(name: bytes) -> None:
    (command,) = commands(render("lint", "github", named(name)))
    assert command.name == "warning"
    text = name.decode("utf-8", "surrogateescape")
    assert command.properties["file"] == "".join(char if char in "\r\n" else printable(char) for char in text)
    assert command.properties["title"] == "slugtrim: secret-ships"
    assert command.data == f"{quoted(name)} holds a private key.\nTake it out."


# --- JUnit


def parsed(text: str) -> list[TestSuite]:
    ElementTree.fromstring(text.encode("utf-8"))  # noqa: S314 - our own, and it must be well-formed
    found = JUnitXml.fromstring(text.encode("utf-8"))
    assert isinstance(found, JUnitXml)
    suites = list(found)
    for suite in suites:
        cases = list(suite)
        assert suite.tests == len(cases)
        assert suite.failures == sum(isinstance(each, Failure) for case in cases for each in case.result)
        assert suite.errors == sum(isinstance(each, Error) for case in cases for each in case.result)
    assert found.tests == sum(suite.tests for suite in suites)
    return suites


MINIMAL_JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="slugtrim lint" tests="1" failures="0" errors="0" skipped="0" time="0">
  <testsuite name="slugtrim.lint" tests="1" failures="0" errors="0" skipped="0" time="0">
    <testcase name="no findings" classname="slugtrim.lint" time="0" />
  </testsuite>
</testsuites>
"""

RICH_LINT_JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="slugtrim lint" tests="2" failures="1" errors="0" skipped="0" time="0">
  <testsuite name="slugtrim.lint" tests="2" failures="1" errors="0" skipped="0" time="0">
    <testcase name="apps/web/.slugignore:2 negation" classname="slugtrim.lint" time="0">
      <failure type="negation" message="error: !README.md does nothing: Heroku doesn't support \
negation">error: !README.md does nothing: Heroku doesn't support negation
Remove the line.</failure>
    </testcase>
    <testcase name="apps/web/caf\ufffd: &lt;b&gt;@me&lt;/b&gt;.pem secret-ships" classname="slugtrim.lint" time="0">
      <system-out>warning: holds a private key
Take it out of the repository.</system-out>
    </testcase>
  </testsuite>
</testsuites>
"""


def test_lint_as_junit() -> None:
    assert render("lint", "junit", CLEAN) == MINIMAL_JUNIT
    assert render("lint", "junit", LINT) == RICH_LINT_JUNIT
    (suite,) = parsed(render("lint", "junit", LINT))
    assert (suite.tests, suite.failures) == (2, 1)
    (suite,) = parsed(render("lint", "junit", LINT, strict=True))
    assert (suite.tests, suite.failures) == (2, 2)


def test_a_check_has_a_case_for_each_limit() -> None:
    complete, limits, findings = parsed(render("check", "junit", RICH))
    assert (complete.tests, complete.errors) == (1, 0)
    assert (limits.tests, limits.failures) == (11, 5)
    assert (findings.tests, findings.failures) == (2, 0)
    cases = list(limits)
    assert len({case.name for case in cases}) == 11
    assert [case.name for case in cases][:3] == [
        "total: 50MB (slugtrim.toml:3)",
        "warn: 45MB (slugtrim.toml:4)",
        "growth: 2.4M (5%; --max-growth)",
    ]
    (failure,) = cases[0].result
    assert (failure.type, failure.message) == (
        "budget-total",
        "52.1M is 2.1M over the total of 50MB (slugtrim.toml:3)",
    )
    assert cases[1].system_out is not None
    assert cases[1].system_out.startswith("warning: 52.1M is 7.1M over the warning level of 45MB")
    assert cases[3].system_out == "7M of 8MB"


def test_warnings_fail_when_strict() -> None:
    limits = parsed(render("check", "junit", RICH, strict=True))[1]
    assert limits.failures == 6


def test_what_could_not_be_read_is_an_error_of_the_check_and_a_word_of_lint() -> None:
    complete, limits = parsed(render("check", "junit", INCOMPLETE))
    assert (complete.errors, limits.failures) == (1, 0)
    (suite,) = parsed(render("lint", "junit", replace(CLEAN, unreadable=INCOMPLETE.unreadable), strict=True))
    assert (suite.tests, suite.failures) == (1, 0)


@hostile_examples
def test_any_name_is_well_formed_xml(name: bytes) -> None:
    (suite,) = parsed(render("lint", "junit", named(name), strict=True))
    (case,) = suite
    (failure,) = case.result
    said = f"{quoted(name)} holds a private key".encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    no_xml = re.compile("[\ufffe\uffff]")
    odd = re.compile("\ufffd+")  # a bad sequence is one or several of them
    assert odd.sub("?", str(failure.message)) == odd.sub("?", no_xml.sub("\ufffd", f"warning: {said}"))


# --- SARIF


@cache
def sarif_validator() -> Draft7Validator:
    """The schema that OASIS published, out of the package that has those of schemastore.org."""
    stored = SQLiteCache(Path(str(distribution("schemastore").locate_file("schemastore/cache.sqlite"))))
    url = "https://json.schemastore.org/sarif-2.1.0.json"
    (schema,) = (each.json() for each in stored.responses.values() if each.url == url)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def run_of(text: str) -> dict[str, Any]:
    text.encode("utf-8")
    log = json.loads(text)
    sarif_validator().validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for rule in run["tool"]["driver"]["rules"]:  # what GitHub's code scanning wants beside the schema
        assert {"id", "shortDescription", "fullDescription", "help"} == set(rule)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        uri = uri_of(result)
        split = urlsplit(uri)
        assert (split.scheme, split.netloc, split.query, split.fragment) == ("", "", "", "")
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)
        assert not uri.startswith("/")
    prints = [result["partialFingerprints"]["slugtrimFinding/v1"] for result in run["results"]]
    assert len(prints) == len(set(prints))
    found: dict[str, Any] = run
    return found


def uri_of(result: dict[str, Any]) -> str:
    (location,) = result["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert isinstance(uri, str)
    return uri


def test_a_check_as_sarif() -> None:
    run = run_of(render("check", "sarif", RICH))
    assert run["automationDetails"] == {"id": "slugtrim/check/production/apps%2Fweb/"}
    assert [
        (each["ruleId"], each["level"], uri_of(each), each["locations"][0]["physicalLocation"]["region"]["startLine"])
        for each in run["results"]
    ] == [
        ("budget-total", "error", "slugtrim.toml", 3),
        ("budget-growth", "error", "apps/web/.slugignore", 1),
        ("budget-paths", "error", "slugtrim.toml", 10),
        ("budget-largest-file", "error", "slugtrim.toml", 5),
        ("budget-files", "error", "slugtrim.toml", 6),
        ("budget-total", "warning", "slugtrim.toml", 4),
        ("negation", "error", "apps/web/.slugignore", 2),
        ("secret-ships", "warning", "apps/web/caf%E9%3A%20%3Cb%3E%40me%3C/b%3E.pem", 1),
    ]


def test_sarif_of_next_to_nothing() -> None:
    run = run_of(render("check", "sarif", MINIMAL))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    assert run["automationDetails"] == {"id": "slugtrim/check/"}
    assert run_of(render("lint", "sarif", CLEAN))["results"] == []
    (result,) = run_of(render("check", "sarif", INCOMPLETE))["results"]
    assert (result["ruleId"], result["level"], uri_of(result)) == ("incomplete", "error", "a%FF")


def test_sarif_of_lint_explains_every_finding() -> None:
    findings = [Finding(id=id_, level=Level.NOTE, path=b"a", line=None, message="m") for id_ in sections()]
    lint = replace(LINT, found=tuple(FixableFinding(finding=finding) for finding in findings))
    run = run_of(render("lint", "sarif", lint))
    assert run["automationDetails"] == {"id": "slugtrim/lint/apps%2Fweb/"}
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(sections())
    for rule in rules:
        assert rule["fullDescription"]["text"]
        assert rule["help"]["markdown"].startswith("Cause: ")
    assert {each["level"] for each in run["results"]} == {"note"}


@hostile_examples
def test_any_name_comes_back_out_of_a_sarif_uri(name: bytes) -> None:
    (result,) = run_of(render("lint", "sarif", named(name)))["results"]
    assert unquote_to_bytes(uri_of(result)) == name
    assert re.search(r"(?<!\\)\]\(", result["message"]["text"]) is None


# --- GitLab

GITLAB = {
    # https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: the fields and their values.
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)(?!/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def issues(text: str) -> list[dict[str, Any]]:
    text.encode("utf-8")
    assert not text.startswith("\ufeff")
    found: list[dict[str, Any]] = json.loads(text)
    Draft202012Validator(GITLAB).validate(found)
    prints = [each["fingerprint"] for each in found]
    assert len(prints) == len(set(prints))
    return found


RICH_LINT_GITLAB = """\
[
  {"description": "!README.md does nothing: Heroku doesn't support negation. Remove the \
line.", "check_name": "negation", "fingerprint": "f6a8050a5a287e7fbdbfbc30adb4faae", "severity": "major", "location": \
{"path": "apps/web/.slugignore", "lines": {"begin": 2}}},
  {"description": "holds a private key. Take it out of the repository.", "check_name": "secret-ships", "fingerprint": \
"0ef2df3654d649908f2f0a46958ee0dd", "severity": "minor", "location": {"path": "apps/web/caf\ufffd: <b>@me</b>.pem", \
"lines": {"begin": 1}}}
]
"""


def test_lint_as_code_quality() -> None:
    text = render("lint", "gitlab", LINT)
    assert text == RICH_LINT_GITLAB
    assert len(issues(text)) == 2
    assert render("lint", "gitlab", CLEAN) == "[]\n"
    assert issues(render("lint", "gitlab", CLEAN)) == []


def test_a_check_as_code_quality() -> None:
    found = issues(render("check", "gitlab", RICH))
    assert [each["check_name"] for each in found] == [
        "budget-total",
        "budget-growth",
        "budget-paths",
        "budget-largest-file",
        "budget-files",
        "budget-total",
        "negation",
        "secret-ships",
    ]
    assert [each["severity"] for each in found] == ["major"] * 5 + ["minor", "major", "minor"]
    assert issues(render("check", "gitlab", MINIMAL)) == []
    (incomplete,) = issues(render("check", "gitlab", INCOMPLETE))
    assert (incomplete["check_name"], incomplete["severity"]) == ("incomplete", "major")


def test_one_problem_says_all_that_could_not_be_read() -> None:
    (many,) = of_check(INCOMPLETE).problems
    assert many.text == (
        "5 paths could not be read, so the sizes are too low: a\udcff (its object is missing or damaged), b0 "
        "(permission denied), b1 (permission denied), 2 more"
    )
    (one,) = of_lint(replace(CLEAN, unreadable=INCOMPLETE.unreadable[1:2])).problems
    assert (one.level, one.path) == (Level.WARNING, b"apps/web/b0")
    assert one.text == "1 path could not be read, so there may be more findings: b0 (permission denied)"


@hostile_examples
def test_any_name_is_valid_in_code_quality(name: bytes) -> None:
    (issue,) = issues(render("lint", "gitlab", named(name)))
    assert issue["location"]["path"] == name.decode("utf-8", "replace")


# --- what they have in common


def fingerprints(lint: Lint) -> dict[str, str]:
    return {row.text: row.fingerprint for row in of_lint(lint).problems}


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_line(tmp_path: Path) -> None:
    def linted(rules: str) -> dict[str, str]:
        return fingerprints(lint_tree(open_tree(bytes(make_tree(tmp_path, {"a": "a", ".slugignore": rules})))))

    first = linted("!x\n!y\n")
    assert len(set(first.values())) == 2
    assert linted("# --\n\n!x\n!y\n") == first
    assert not set(linted("!other\n").values()) & set(first.values())


def test_equal_lines_have_fingerprints_of_their_own() -> None:
    finding = RICH.findings[0]
    twice = tuple(FixableFinding(finding=replace(finding, line=line)) for line in (1, 2))
    problems = of_lint(replace(LINT, found=twice, slugignore=b"!README.md\n!README.md\n")).problems
    assert len({problem.fingerprint for problem in problems}) == 2


def test_a_check_and_lint_give_the_same_finding_the_same_fingerprint() -> None:
    assert [row.fingerprint for row in of_check(RICH).problems][-2:] == [
        row.fingerprint for row in of_lint(LINT).problems
    ]


def test_a_budget_keeps_its_fingerprint_when_the_size_changes() -> None:
    def total(check: Check) -> str:
        return of_check(check).problems[0].fingerprint

    grown = replace(RICH, results=tuple(replace(result, used=result.used + 1000) for result in RICH.results))
    assert total(grown) == total(RICH)
    raised = replace(RICH, results=tuple(replace(result, text="51MB") for result in RICH.results))
    assert total(raised) != total(RICH)


def test_every_budget_and_limit_has_an_id() -> None:
    (result,) = (each for each in RICH.results if each.measure is Measure.GROWTH)
    for measure in Measure:
        texts = ("soft", "hard", "checkout") if measure is Measure.PLATFORM else ("1MB",)
        for text in texts:
            over = replace(result, measure=measure, text=text, verdict=Verdict.FAIL, pattern=b"a")
            (row,) = of_check(replace(MINIMAL, results=(over,))).problems
            assert row.id in exceeded_ids()
    assert len(exceeded_ids()) == 9


@each_row(
    "written, path, line",
    [
        (Written(name="slugtrim.toml", line=3), b"slugtrim.toml", 3),
        (Written(name="./slugtrim.toml", line=3), b"slugtrim.toml", 3),
        (Written(name="/repo/sub/slugtrim.toml", line=3), b"sub/slugtrim.toml", 3),
        (Written(name="/etc/slugtrim.toml", line=3), b"app/.slugignore", None),
        (Written(name="../slugtrim.toml", line=3), b"app/.slugignore", None),
        (Written(name="--max-growth"), b"app/.slugignore", None),
    ],
)
def test_where_a_limit_is_written(written: Written, path: bytes, line: int | None) -> None:
    source = Source(kind=SourceKind.WORKTREE, root=b"/repo", prefix=b"app")
    assert written_in(replace(RICH.results[0], written=written), source) == (path, line)
