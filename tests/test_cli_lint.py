"""``slugtrim lint``: what it prints, what it mends, how it ends, and what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from slugtrim.lint.findings import sections
from tests.builders import commit_all, git, make_repo, make_tree
from tests.command_line import run
from tests.rows import each_row
from tests.test_cli_suggest import snapshot
from tests.test_lint import FILES, Files
from tests.test_reports_json import checked

RULES = "/docs\n!README.md\n./log\n/a\n/b\n/c\n/d\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", {**FILES, ".slugignore": RULES})


def linted(cwd: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = run("lint", "--format", "json", *arguments, cwd=cwd)
    assert done.code == code
    return checked(done.stdout.decode(), "lint")


TEXT = """\
Next
  - To learn more, run slugtrim lint --explain negation.
  - To ignore such findings, add --ignore negation; to ignore one, put the
    comment # slugtrim: ignore negation above its rule.
  - Run slugtrim lint --fix to fix the findings marked (--fix); the slug stays
    the same.
  - -v lists each note.

.slugignore:2  error  negation  (--fix)
  !README.md does nothing: Heroku doesn't support negation.
  → Remove the line, and write rules that match only what should be left out.

.slugignore:3  warning  leading-dot
  ./log matches nothing: a leading ./ is part of the pattern.
  → Write /log, which leaves out log.

note  dead-rule, 4 times (lines 4, 5, 6, 7)
"""


def test_the_report_says_what_breaks_first_and_folds_what_does_no_harm(repository: Path) -> None:
    code, stdout, stderr = run("lint", cwd=repository)
    assert (code, stderr) == (1, b"")
    answer, source, rest = stdout.decode().split("\n\n", 2)
    assert answer == "1 error, 1 warning, 4 notes"
    assert source.startswith("Tracked files, at ")
    assert rest == TEXT


def test_verbose_tells_each_note_and_quiet_only_counts(repository: Path) -> None:
    assert run("lint", "-v", cwd=repository).stdout.count(b"note  dead-rule\n") == 4
    assert run("lint", "-q", cwd=repository) == (1, b"1 error, 1 warning, 4 notes\n", b"")


def test_color_marks_the_levels(repository: Path) -> None:
    stdout = run("lint", "--color", "always", cwd=repository).stdout
    assert b"\x1b[1;31merror\x1b[0m" in stdout
    assert b"\x1b[1;33mwarning\x1b[0m" in stdout


def test_a_tree_without_findings_says_so(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, FILES)
    code, stdout, stderr = run("lint", cwd=repository)
    assert (code, stderr) == (0, b"")
    answer, blank, source, *rest = stdout.decode().splitlines()
    assert (answer, blank, rest) == ("no findings", "", [NO_FILE])
    assert source.startswith("Tracked files, at ")


def test_the_json_has_every_finding(repository: Path) -> None:
    data = linted(repository, code=1)
    assert (data["errors"], data["warnings"], data["notes"], data["fixed"]) == (1, 1, 4, None)
    assert [(each["id"], each["level"], each["path"], each["line"]) for each in data["findings"][:2]] == [
        ("negation", "error", ".slugignore", 2),
        ("leading-dot", "warning", ".slugignore", 3),
    ]
    assert [each["fixable"] for each in data["findings"][:2]] == [True, False]


@each_row(
    "rules, arguments, code",
    [
        ("!README.md\n", [], 1),
        ("!README.md\n", ["--ignore", "negation"], 0),
        ("./docs\n", [], 0),
        ("./docs\n", ["--strict"], 1),
        ("./docs\n", ["--strict", "--ignore", "leading-dot"], 0),
        ("/nothing\n", ["--strict"], 0),
        ("/docs\n", ["--strict"], 0),
    ],
)
def test_errors_end_with_1_and_warnings_do_when_strict(
    tmp_path: Path, rules: str, arguments: list[str], code: int
) -> None:
    tree = make_tree(tmp_path, {**FILES, ".slugignore": rules})
    assert run("lint", "--no-git", *arguments, cwd=tree).code == code


def test_a_commit_is_linted_as_it_is(repository: Path) -> None:
    make_tree(repository, {".slugignore": "/docs\n"})
    assert linted(repository, "--rev", "HEAD", code=1)["errors"] == 1
    assert linted(repository, code=0)["errors"] == 0


def test_fix_mends_the_file_in_place_and_says_so(repository: Path) -> None:
    os.chmod(repository / ".slugignore", 0o640)
    before = snapshot(repository)
    kept = run("ls", cwd=repository).stdout
    code, stdout, stderr = run("lint", "--fix", cwd=repository)
    path = repository / ".slugignore"
    assert code == 0
    assert stderr.decode() == f"slugtrim: {path}: fixed 1 finding; commit it, since a push sends only commits\n"
    assert b"Fixed 1 finding; the slug's contents are unchanged." in stdout
    assert path.read_text() == RULES.replace("!README.md\n", "")
    assert path.stat().st_mode & 0o777 == 0o640
    assert run("ls", cwd=repository).stdout == kept
    after = snapshot(repository)
    assert {name for name in before if before[name] != after.get(name)} - {".slugignore"} == set()
    assert set(after) == set(before)
    again = run("lint", "--fix", cwd=repository)
    assert (again.code, again.stderr.decode()) == (0, f"slugtrim: {path}: nothing to fix\n")
    assert snapshot(repository) == after


def test_fix_tells_in_json_what_it_mended(repository: Path) -> None:
    data = linted(repository, "--fix", "-q", code=0)
    assert [(each["id"], each["line"]) for each in data["fixed"]] == [("negation", 2)]
    assert linted(repository, "--fix", "-q", code=0)["fixed"] == []


def test_fix_leaves_a_tree_without_rules_alone(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, FILES)
    before = snapshot(repository)
    assert run("lint", "--fix", cwd=repository).code == 0
    assert snapshot(repository) == before


def test_explain_prints_the_section_and_looks_at_nothing(tmp_path: Path) -> None:
    for id_, section in sections().items():
        code, stdout, stderr = run("lint", "--explain", id_, "/nowhere", cwd=tmp_path)
        assert (code, stdout.decode(), stderr) == (0, f"{id_}: {section}\n", b"")


NO_FILE = "  There is no .slugignore. Run slugtrim suggest to see what it could leave out."
REFUSED = [
    (["--explain", "negatoin"], "--explain negatoin: unknown finding; did you mean negation?"),
    (["--ignore", "%%%"], f"--ignore %%%: unknown finding; the ids are {', '.join(sections())}"),
    (
        ["--fix", "--rev", "HEAD"],
        "--fix: changes the .slugignore on disk, and --rev measures a commit; drop one of them",
    ),
    (["nowhere"], "nowhere: does not exist; name a directory to measure"),
]


@pytest.mark.parametrize(("arguments", "line"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(repository: Path, arguments: list[str], line: str) -> None:
    before = snapshot(repository)
    assert run("lint", *arguments, cwd=repository) == (2, b"", f"slugtrim: {line}\n".encode())
    assert snapshot(repository) == before


def test_fix_refuses_a_slugignore_that_is_a_link(tmp_path: Path) -> None:
    files: Files = {**FILES, "rules": "!a\n", ".slugignore": Path("rules")}
    repository = make_repo(tmp_path, files)
    code, stdout, stderr = run("lint", "--fix", cwd=repository)
    assert (code, stdout) == (2, b"")
    path = repository / ".slugignore"
    assert stderr.decode() == f"slugtrim: {path}: is a symlink, which --fix does not follow; make it a file\n"


def test_names_that_are_no_text_are_told_safely(tmp_path: Path) -> None:
    files: Files = {b"caf\xe9/a": "a", b"esc\x1b[31m.pem": "-----BEGIN PRIVATE KEY-----\n", "app.rb": "a\n"}
    repository = make_repo(tmp_path, {**files, ".slugignore": b"/caf\xe9/\n!\x1b[2J\n/new\\\nline\n"})
    stdout = run("lint", "-v", cwd=repository).stdout
    assert b"\x1b" not in stdout
    data = linted(repository, code=1)
    assert {each["id"] for each in data["findings"]} >= {"negation", "secret-ships", "not-utf-8"}
    json.dumps(data, ensure_ascii=False).encode("utf-8")


def test_what_was_searched_is_remembered_and_makes_no_difference(tmp_path: Path) -> None:
    files: Files = {
        "app.py": 'open("data/a.csv")\n',
        "data/a.csv": "1\n",
        "requirements.txt": "a\n",
        "Procfile": "web: x\n",
    }
    repository = make_repo(tmp_path, {**files, ".slugignore": "/data\n"})
    first = linted(repository, code=0)
    assert [each["id"] for each in first["findings"]] == ["removes-read"]
    assert linted(repository, code=0) == first
    assert linted(repository, "--no-cache", code=0) == first


def test_the_audit_shows_errors_and_warnings(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {**FILES, ".slugignore": RULES, "server.pem": "-----BEGIN PRIVATE KEY-----\n"})
    text = run(cwd=repository).stdout.decode()
    assert "To fix (run slugtrim lint for details and more checks)" in text
    assert "  error  .slugignore:2: !README.md does nothing" in text
    assert "[secret-ships]" in text
    assert "dead-rule" not in text
    for arguments in ([], ["--no-cache"]):  # the second time it is the report that was kept
        data = checked(run("--format", "json", *arguments, cwd=repository).stdout.decode(), "audit")
        assert [(each["id"], each["line"]) for each in data["findings"]] == [
            ("negation", 2),
            ("secret-ships", None),
            ("leading-dot", 3),
        ]
    assert run(cwd=repository).stdout.decode() == text


def test_the_audit_shows_the_first_of_each_kind_and_all_when_asked(tmp_path: Path) -> None:
    files: Files = {f"k{number:02}.pem": "-----BEGIN PRIVATE KEY-----\n" for number in range(14)}
    repository = make_repo(tmp_path, {**FILES, **files})
    assert "  error  k00.pem: a private key ships with every dyno [secret-ships, and 13\n  more]\n" in (
        run(cwd=repository).stdout.decode()
    )
    assert run("-v", cwd=repository).stdout.count(b"[secret-ships]") == 14


def test_a_bare_repository_is_linted_by_commit(tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "app", {**FILES, ".slugignore": "!a\n"})
    head = commit_all(repository)
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(tmp_path / "bare.git"))
    assert linted(tmp_path, "--rev", head, str(tmp_path / "bare.git"), code=1)["errors"] == 1


GITHUB = (
    b"::error file=.slugignore,line=2,title=slugtrim%3A negation::!README.md does nothing: Heroku doesn't "
    b"support negation.%0ARemove the line, and write rules that match only what should be left out.\n"
)


def test_several_reports_are_written_at_once(repository: Path, tmp_path: Path) -> None:
    formats = {"json": "a.json", "github": "a.txt", "sarif": "a.sarif", "junit": "a.xml", "gitlab": "codequality.json"}
    reports = [word for name, file in formats.items() for word in ("--report", f"{name}={tmp_path / file}")]
    done = run("lint", "--format", "github", *reports, cwd=repository)
    assert (done.code, done.stderr) == (1, b"")
    assert done.stdout.startswith(GITHUB)
    assert (tmp_path / "a.txt").read_bytes() == done.stdout
    assert json.loads((tmp_path / "a.json").read_bytes())["errors"] == 1
    assert len(json.loads((tmp_path / "a.sarif").read_bytes())["runs"][0]["results"]) == 6
    assert len(json.loads((tmp_path / "codequality.json").read_bytes())) == 6
    assert b'tests="6" failures="1"' in (tmp_path / "a.xml").read_bytes()
    assert b'tests="6" failures="2"' in run("lint", "--strict", "--format", "junit", cwd=repository).stdout


def test_the_summary_of_a_github_step_is_appended_to(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run("lint", cwd=repository)
    assert summary.read_text() == "before\n"
    run("lint", "--report", f"github={tmp_path / 'a.txt'}", cwd=repository)
    first = summary.read_text()
    assert first.startswith("before\n### slugtrim lint: 1 error, 1 warning, 4 notes\n\n|  | where | finding | what |\n")
    assert run("lint", "--format", "github", cwd=repository).stdout.startswith(GITHUB)
    assert summary.read_text() == first + first.removeprefix("before\n")


def test_a_summary_that_cannot_be_written_is_an_error(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere/summary.md"))
    code, stdout, stderr = run("lint", "--format", "github", cwd=repository)
    assert (code, stdout.startswith(GITHUB)) == (2, True)
    assert stderr.decode() == (
        f"slugtrim: GITHUB_STEP_SUMMARY={tmp_path}/nowhere/summary.md: cannot be written (No such file or directory); "
        "unset it\n"
    )


def test_paths_of_a_subdirectory_are_from_the_root_of_the_repository(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"apps/web/.slugignore": "!a\n", "apps/web/a": "a"})
    for arguments in (["--prefix", "apps/web"], ["--rev", "HEAD", "--prefix", "apps/web"]):
        stdout = run("lint", "--format", "github", *arguments, cwd=repository).stdout
        assert stdout.startswith(b"::error file=apps/web/.slugignore,line=1,title=slugtrim%3A negation::")


TESTS_LEFT_OUT: Files = {
    "Procfile": "web: node server.js\n",
    "package.json": '{"name": "shop"}\n',
    "app.json": '{"environments": {"test": {"scripts": {"test": "npm test"}}}}\n',
    "server.js": 'require("fs").readFileSync("docs/a.md");\n',
    "docs/a.md": "# A\n",
    "test/a.test.js": "a();\n",
    ".slugignore": "/docs\n/test\n",
}


def test_what_its_owner_accepts_does_not_fail_a_strict_run(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "shop", TESTS_LEFT_OUT)
    found = linted(root, "--strict", code=1)
    assert [(item["id"], item["line"]) for item in found["findings"]] == [("removes-read", 1), ("tests-left-out", 2)]
    rules = "# slugtrim: ignore removes-read - the page is gone\n/docs\n# slugtrim: ignore tests-left-out\n/test\n"
    make_tree(root, {".slugignore": rules})
    commit_all(root)
    found = linted(root, "--strict", code=0)
    assert found["accepted"] == [
        {"id": "removes-read", "count": 1, "by": ".slugignore:1: the page is gone"},
        {"id": "tests-left-out", "count": 1, "by": ".slugignore:3"},
    ]
    text = run("lint", "--strict", cwd=root).stdout.decode()
    assert (
        "\nIgnored: removes-read (.slugignore:1: the page is gone)\nIgnored: tests-left-out (.slugignore:3)\n" in text
    )


def test_the_configuration_accepts_findings_with_a_reason(tmp_path: Path) -> None:
    settings = '[lint]\nignore = ["removes-read",\n  { id = "tests-left-out", reason = "CI runs elsewhere" }]\n'
    root = make_repo(tmp_path / "shop", {**TESTS_LEFT_OUT, "slugtrim.toml": settings})
    found = linted(root, "--strict", code=0)
    assert [(item["id"], item["by"]) for item in found["accepted"]] == [
        ("removes-read", "slugtrim.toml:2"),
        ("tests-left-out", "slugtrim.toml:3: CI runs elsewhere"),
    ]
    assert linted(root, "--no-config", code=0)["accepted"] == []


def test_what_the_configuration_accepts_is_not_in_an_audit_or_a_check_either(tmp_path: Path) -> None:
    files: Files = {"app.rb": "puts 1\n", ".slugignore": "!README.md\n", "README.md": "a\n"}
    root = make_repo(tmp_path / "shop", files)

    def shown(command: str) -> list[str]:
        found = json.loads(run(command, "--format", "json", cwd=root).stdout)["findings"]
        return [item["id"] for item in found if item["id"] == "negation"]

    assert [shown(command) for command in ("audit", "check", "lint")] == [["negation"]] * 3
    (root / "slugtrim.toml").write_text('[lint]\nignore = ["negation"]\n')
    assert [shown(command) for command in ("audit", "check", "lint")] == [[]] * 3
