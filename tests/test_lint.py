"""What is wrong with the lines of a .slugignore, with what they take, and with the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, Directory, File, Tree
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.lint.findings import Lint, lint_tree
from slugtrim.lint.resolved import Accepted
from slugtrim.sources import open_tree
from tests.builders import Content, commit_all, make_repo, make_tree
from tests.rows import each_row

Files = dict[bytes | str, Content]

FILES: Files = {
    "README.md": "# Shop\n",
    "app/a.rb": "puts 1\n",
    "app/b.rb": "puts 2\n",
    "docs/a.md": "a\n",
    "docs/b.psd": "b\n",
    "samples/x.json": "{}\n",
    "log/deploy.log": "done\n",
}


def tree_of(root: Path, rules: bytes | str, files: Files = FILES) -> Tree:
    return open_tree(bytes(make_tree(root, {**files, ".slugignore": rules})), use_git=False)


def lint(root: Path, rules: bytes | str, files: Files = FILES, dialect: Dialect = Dialect.GITIGNORE) -> Lint:
    return lint_tree(tree_of(root, rules, files), dialect)


def findings(root: Path, rules: bytes | str, files: Files = FILES) -> Sequence[Finding]:
    return lint(root, rules, files).findings


def ids(found: Sequence[Finding]) -> list[tuple[str, str, int | None]]:
    return [(finding.id, finding.level.value, finding.line) for finding in found]


NEGATED = "!README.md does nothing: Heroku doesn't support negation, and README.md stays out of the slug"
LINES = [
    # rules, id, level, line, message
    ("*.md\n!README.md\n", "negation", "error", 2, NEGATED),
    (
        "!app/a.rb\n",
        "negation",
        "error",
        1,
        "!app/a.rb does nothing: Heroku doesn't support negation",
    ),
    ("*\n", "whole-slug", "error", 1, "* leaves out every file"),
    (
        ".*\n",
        "whole-slug",
        "error",
        1,
        ".* leaves out every file, read as Heroku's published slug compiler does (glob)",
    ),
    ("/docs\n/log\n/docs\n", "duplicate-rule", "note", 3, "/docs is already on line 1"),
    ("/docs/a.md\n/docs\n", "shadowed-rule", "note", 1, "Line 2 already covers /docs/a.md"),
    ("./docs\n", "leading-dot", "warning", 1, "./docs matches nothing: a leading ./ is part of the pattern"),
    (
        "docs # words\n",
        "inline-comment",
        "warning",
        1,
        '"docs # words" matches nothing: a # starts a comment only at the start of a line',
    ),
    (
        "\tdocs\n",
        "white-space",
        "warning",
        1,
        '"\\tdocs" matches nothing: leading and trailing white space is part of the pattern',
    ),
    ("docs log\n", "white-space", "warning", 1, '"docs log" matches nothing: the line is one pattern, spaces included'),
    (
        "{docs,log}\n",
        "braces",
        "warning",
        1,
        "{docs,log} matches nothing as documented: only the published compiler supports braces",
    ),
    (
        "readme.md\n",
        "wrong-case",
        "warning",
        1,
        "readme.md matches nothing: case matters, and the slug has README.md",
    ),
    (
        "/Docs/*.psd\n",
        "wrong-case",
        "warning",
        1,
        "/Docs/*.psd matches nothing: case matters, and the slug has docs/b.psd",
    ),
    ("/docs/a.dm\n", "typo", "warning", 1, "/docs/a.dm matches nothing: docs/a.md is similar"),
    ("/sampels\n", "typo", "warning", 1, "/sampels matches nothing: samples is similar"),
    (
        ".DS_Store\n",
        "dead-rule",
        "note",
        1,
        ".DS_Store matches nothing: Heroku removes it anyway, before any rule",
    ),
    ("/tmp\n", "dead-rule", "note", 1, "/tmp matches nothing: Heroku removes it anyway, before any rule"),
    (
        "node_modules/\n",
        "dead-rule",
        "note",
        1,
        "node_modules/ matches nothing: if a build creates it, that is after Heroku applies the rules, so it stays "
        "in the slug",
    ),
    ("/elsewhere\n", "dead-rule", "note", 1, "/elsewhere matches nothing: no file in the slug has that name"),
]


@each_row("rules, id_, level, line, message", LINES)
def test_a_line_that_does_not_do_what_it_says(
    tmp_path: Path, rules: str, id_: str, level: str, line: int, message: str
) -> None:
    found = [finding for finding in findings(tmp_path, rules) if finding.line == line]
    assert [(each.id, each.level.value, each.path, each.message) for each in found] == [
        (id_, level, b".slugignore", message)
    ]


@each_row(
    "rules",
    [
        "",
        "# a comment\n\n/docs\n",
        "/docs\n/log\n",
        "/docs/*.psd\n",
        "/docs/b.psd\r\n",
        "app/a.rb\n",
    ],
)
def test_rules_that_do_what_they_say_are_fine(tmp_path: Path, rules: str) -> None:
    assert findings(tmp_path, rules) == ()


def test_without_a_slugignore_there_is_nothing_wrong_with_it(tmp_path: Path) -> None:
    assert lint_tree(open_tree(bytes(make_tree(tmp_path, FILES)), use_git=False)).findings == ()


def test_a_line_that_the_readings_take_differently_names_the_paths(tmp_path: Path) -> None:
    files: Files = {**FILES, "lib/docs/c.md": "c\n", "lib/docs/d.md": "d\n"}
    (found,) = findings(tmp_path, "docs/\n", files)
    assert (found.id, found.level, found.line) == ("dialects-differ", Level.WARNING, 1)
    assert found.message == ("docs/ leaves out 2 files as gitignore only: the two readings differ")
    assert found.paths == (b"lib/docs/c.md", b"lib/docs/d.md")
    assert found.cure == "Write docs, which both read the same way"


def test_a_line_that_only_the_other_reading_takes_for_a_rule_is_told_as_well(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, "#docs\ndocs#x\n", dialect=Dialect.GLOB).findings
    assert ids([found]) == [("dialects-differ", "warning", 2)]
    assert found.message.startswith("docs leaves out 2 files as glob only")


def test_an_ambiguous_rule_that_another_settles_is_no_finding(tmp_path: Path) -> None:
    files: Files = {**FILES, "lib/docs/c.md": "c\n"}
    assert "dialects-differ" not in [each.id for each in findings(tmp_path, "docs/\n/lib\n", files)]


@pytest.mark.parametrize("rules", ["/test\n", "/spec\n", "/coverage\n"])
def test_a_usual_name_is_no_typo(tmp_path: Path, rules: str) -> None:
    files: Files = {"Gemfile": "", "tests/a.rb": "a\n", "specs/a.rb": "a\n", "coverages/a": "a\n"}
    assert {each.id for each in findings(tmp_path, rules, files)} == {"dead-rule"}


STARTED: Files = {
    "Procfile": "web: node server.js\n",
    "package.json": '{"scripts": {"test": "jest"}}\n',
    "server.js": 'require("./lib/used");\n',
    "lib/used.js": "x\n",
    "lib/idle.js": "x\n",
    "views/home.ejs": "x\n",
    "media/film.mov": "x\n" * 400_000,
}


@each_row(
    "rule, id_",
    [
        ("/lib/usde.js", "dead-rule"),
        ("/sever.js", "dead-rule"),
        ("/libs", "dead-rule"),
        ("/views/hoem.ejs", "dead-rule"),
        ("/lib/idel.js", "typo"),
        ("/media/flim.mov", "typo"),
    ],
)
def test_what_the_deploy_uses_is_not_what_was_meant(tmp_path: Path, rule: str, id_: str) -> None:
    assert [each.id for each in findings(tmp_path, f"{rule}\n", STARTED)] == [id_]


@each_row("rule", ["/samples/flim.mov", "/flim.mov", "flim.mov", "docs/film.mov"])
def test_a_name_in_another_directory_is_not_what_was_meant(tmp_path: Path, rule: str) -> None:
    files: Files = {"media/film.mov": "x\n" * 400_000, "samples/a.txt": "x\n"}
    assert [each.id for each in findings(tmp_path, f"{rule}\n", files)] == ["dead-rule"]


def test_a_name_that_is_left_out_already_is_not_the_one_that_was_meant(tmp_path: Path) -> None:
    assert ids(findings(tmp_path, "/samples\n/sampels\n")) == [("dead-rule", "note", 2)]


# git


def test_a_rule_for_what_git_ignores_or_does_not_track_says_so(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {**FILES, ".gitignore": "/big\n*.o\n", ".slugignore": "/big\n/new\nx.o\n"})
    make_tree(repository, {"big/a": "a", "new/a": "a", "lib/x.o": "o"})
    messages = [each.message for each in lint_tree(open_tree(bytes(repository))).findings]
    assert messages == [
        "/big matches nothing: git ignores it, so a push doesn't send it",
        "/new matches nothing: it is not tracked, so a push doesn't send it",
        "x.o matches nothing: git ignores it, so a push doesn't send it",
    ]


def test_a_slugignore_that_no_push_sends_is_an_error(tmp_path: Path) -> None:
    untracked = make_repo(tmp_path / "untracked", FILES)
    make_tree(untracked, {".slugignore": "/docs\n"})
    (found,) = lint_tree(open_tree(bytes(untracked))).findings
    assert (found.id, found.level, found.line) == ("slugignore-not-pushed", Level.ERROR, None)
    assert found.message == "git doesn't track .slugignore, so pushes don't include it"
    ignored = make_repo(tmp_path / "ignored", {**FILES, ".gitignore": ".slugignore\n"})
    make_tree(ignored, {".slugignore": "/docs\n"})
    (found,) = lint_tree(open_tree(bytes(ignored))).findings
    assert (found.id, found.level) == ("slugignore-not-pushed", Level.ERROR)
    assert found.message.startswith("git ignores .slugignore, so pushes don't include it")


def test_a_slugignore_that_is_not_the_committed_one_is_noted(tmp_path: Path) -> None:
    repository = make_repo(
        tmp_path / "app", {**FILES, "sub/.slugignore": "/b\n", "sub/b": "b", ".slugignore": "/docs\n"}
    )
    assert ids(lint_tree(open_tree(bytes(repository), prefix=b"sub")).findings) == []
    make_tree(repository, {".slugignore": "/log\n", "sub/.slugignore": "b\n"})
    noted = ("slugignore-changed", "note", None)
    assert noted in ids(lint_tree(open_tree(bytes(repository))).findings)
    assert ids(lint_tree(open_tree(bytes(repository), prefix=b"sub")).findings) == [noted]
    commit_all(repository)
    assert noted not in ids(lint_tree(open_tree(bytes(repository))).findings)


def test_before_the_first_commit_a_slugignore_counts_as_changed(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {**FILES, ".slugignore": "/docs\n"}, commit=False)
    assert ids(lint_tree(open_tree(bytes(repository))).findings) == [("slugignore-changed", "note", None)]


# What the rules take

RUBY: Files = {
    "Gemfile": "gem 'rails'\n",
    "Gemfile.lock": "GEM\n",
    "Procfile": "web: puma\n",
    "config.ru": "run App\n",
    "db/migrate/1.rb": "add\n",
    "db/seeds.rb": 'load "spec/factories/users.rb"\n',
    "spec/factories/users.rb": "factory\n",
    "spec/a_spec.rb": "it\n",
    "lib/tasks/a.rake": "task :a\n",
}


@pytest.mark.parametrize(
    ("rules", "level", "message"),
    [
        ("Procfile\n", "error", "Procfile leaves out Procfile: the platform reads it"),
        (
            "Gemfile*\n",
            "error",
            "Gemfile* leaves out Gemfile and 1 more like it: Bundler needs it to install your gems",
        ),
        (
            "/db\n",
            "warning",
            "/db leaves out db/migrate/1.rb and 1 more like it: it creates or changes the database",
        ),
    ],
)
def test_a_rule_that_takes_what_is_needed(tmp_path: Path, rules: str, level: str, message: str) -> None:
    (found,) = findings(tmp_path, rules, RUBY)
    assert (found.id, found.level.value, found.message) == ("removes-needed", level, message)


@each_row(
    "path",
    [
        "shop/migrations/0002_add_test.py",
        "migrations/1_users.js",
        "server/db/migrations/1.sql",
        "src/main/resources/db/migration/V1__users.sql",
        "store/alembic/versions/a1.py",
        "apps/shop/priv/repo/migrations/1.exs",
        "database/migrations/1.php",
    ],
)
def test_a_rule_that_takes_migrations(tmp_path: Path, path: str) -> None:
    top = path.partition("/")[0]
    files: Files = {"Procfile": "web: x\n", path: "x\n", f"{top}/shop/x.py": "x\n", f"{top}/main.py": "x\n"}
    (found,) = findings(tmp_path, f"/{path}\n", files)
    assert (found.id, found.level) == ("removes-needed", Level.WARNING)
    assert found.message == f"/{path} leaves out {path}: it creates or changes the database"


def test_migrations_go_with_their_application(tmp_path: Path) -> None:
    files: Files = {"requirements.txt": "x\n", "Procfile": "web: x\n", "old/migrations/1.py": "x\n", "old/a.py": "x\n"}
    assert findings(tmp_path, "/old\n", files) == ()


def test_migrations_go_with_the_tests_that_have_them(tmp_path: Path) -> None:
    files: Files = {
        "requirements.txt": "x\n",
        "Procfile": "web: x\n",
        "tests/migrations/1.py": "x\n",
        "tests/a.py": "x\n",
    }
    assert findings(tmp_path, "/tests/migrations\n", files) == ()


def test_of_two_lock_files_one_may_go(tmp_path: Path) -> None:
    files: Files = {"package.json": "{}\n", "package-lock.json": "{}\n", "yarn.lock": "\n", "a.js": "a\n"}
    assert findings(tmp_path / "one", "yarn.lock\n", files) == ()
    (found,) = findings(tmp_path / "both", "*lock*\n", files)
    assert (found.id, found.level) == ("removes-needed", Level.WARNING)


def test_where_the_manifests_are_of_several_languages_it_is_not_certain_which_is_needed(tmp_path: Path) -> None:
    files: Files = {"package.json": "{}\n", "requirements.txt": "flask\n", "app.py": "a\n"}
    (found,) = findings(tmp_path, "package.json\n", files)
    assert (found.id, found.level) == ("removes-needed", Level.WARNING)


@each_row("name", ["requirements-dev.txt", "requirements/test.txt", ".bundle/config", "tsconfig.json"])
def test_what_only_development_needs_may_go(tmp_path: Path, name: str) -> None:
    files: Files = {"requirements.txt": "flask\n", "package.json": "{}\n", "Gemfile": "", name: "x\n", "app.py": "a\n"}
    assert findings(tmp_path, f"/{name}\n", files) == ()


def test_a_rule_that_takes_what_a_file_reads_names_the_reader(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "/spec\n", RUBY)
    assert (found.id, found.level, found.line) == ("removes-read", Level.WARNING, 1)
    assert found.message == "/spec leaves out spec/factories/users.rb, which db/seeds.rb:1 names"
    assert found.paths == (b"spec/factories/users.rb",)


READ = [
    ("app.py", 'open("data/a.csv")\n', "data/a.csv"),
    ("app.py", "import charts.draw\n", "charts/draw.py"),
    ("lib/a.js", 'require("../models/b")\n', "models/b.js"),
    ("templates/a.html", '<img src="../img/a.png">\n', "img/a.png"),
]


@each_row("reader, text, path", READ)
def test_what_is_read_by_path_or_import_is_found(tmp_path: Path, reader: str, text: str, path: str) -> None:
    files: Files = {
        "requirements.txt": "flask\n",
        "package.json": "{}\n",
        "Procfile": "web: x\n",
        reader: text,
        path: "x\n",
    }
    (found,) = findings(tmp_path, f"/{path}\n", files)
    assert found.message == f"/{path} leaves out {path}, which {reader}:1 names"


NOT_READ = [
    ("README.md", "See data/a.csv.\n"),
    ("tests/test_a.py", 'open("data/a.csv")\n'),
    ("notebooks/a.ipynb", '"data/a.csv"\n'),
    ("train_model.py", 'open("data/a.csv")\n'),
    ("Dockerfile", "COPY data/a.csv .\n"),
    ("docker-compose.yml", "data/a.csv\n"),
    (".github/workflows/a.yml", "run: cat data/a.csv\n"),
    ("app.py", "# data/a.csv\n"),
    ("app.py", 'label("data")\n'),
    ("app.py", 'os.remove("data/a.csv")\n'),
    ("other/app.py", 'open("more/data/a.csv")\n'),
    ("data.json", '{"path": "data/a.csv"}\n'),
]


@each_row("reader, text", NOT_READ)
def test_what_neither_builds_nor_runs_is_no_reader(tmp_path: Path, reader: str, text: str) -> None:
    files: Files = {"requirements.txt": "flask\n", "Procfile": "web: x\n", "app.py": "a\n", "data/a.csv": "1\n"}
    assert findings(tmp_path, "/data\n", {**files, reader: text}) == ()


def test_only_what_the_deploy_reaches_is_a_reader(tmp_path: Path) -> None:
    files: Files = {**STARTED, "lib/idle.js": 'read("data/a.csv");\n', "data/a.csv": "1\n"}
    assert findings(tmp_path / "idle", "/data\n", files) == ()
    (found,) = findings(tmp_path / "used", "/data\n", {**files, "lib/used.js": 'require("./idle");\n'})
    assert (found.id, found.message) == ("removes-read", "/data leaves out data/a.csv, which lib/idle.js:1 names")


def test_a_file_that_is_left_out_is_no_reader(tmp_path: Path) -> None:
    files: Files = {**STARTED, "lib/used.js": 'require("./idle");\n', "lib/idle.js": 'read("data/a.csv");\n'}
    (found,) = findings(tmp_path, "/data\n/lib/idle.js\n", {**files, "data/a.csv": "1\n"})
    assert (found.line, found.message) == (2, "/lib/idle.js leaves out lib/idle.js, which lib/used.js:1 names")


def test_what_the_code_runs_without_may_go(tmp_path: Path) -> None:
    text = 'if (fs.existsSync("docs/a.md")) fs.readFileSync("docs/a.md");\n'
    assert findings(tmp_path, "/docs\n", {**STARTED, "lib/used.js": text, "docs/a.md": "x\n"}) == ()


def test_the_plainest_of_several_references_is_told(tmp_path: Path) -> None:
    files: Files = {**STARTED, "a.json": '{"files": ["lib/more.js"]}\n', "lib/more.js": "x\n"}
    (found,) = findings(tmp_path, "/lib/more.js\n", {**files, "lib/used.js": '\nrequire("./more");\n'})
    assert found.message == "/lib/more.js leaves out lib/more.js, which lib/used.js:2 names"


def test_a_page_may_mean_the_file_of_that_name_that_stays(tmp_path: Path) -> None:
    files: Files = {"a.html": '<link href="css/a.css">\n', "css/a.css": "a\n", "static/css/a.css": "a\n"}
    assert findings(tmp_path, "/css\n", files) == ()


def test_tests_left_out_under_heroku_ci(tmp_path: Path) -> None:
    files: Files = {**RUBY, "db/seeds.rb": "", "app.json": '{\n"environments": {\n"test": {}\n}}\n'}
    (found,) = findings(tmp_path, "/spec\n", files)
    assert (found.id, found.level, found.line) == ("tests-left-out", Level.WARNING, 1)
    assert found.message == (
        "/spec leaves out tests (spec/a_spec.rb), and app.json:3 has a test environment: Heroku CI applies .slugignore "
        "before it runs the tests"
    )


# The file


def test_a_nested_slugignore_does_nothing(tmp_path: Path) -> None:
    files: Files = {**FILES, "docs/.slugignore": "a.md\n", "api/.slugignore": "b\n", "api/package.json": "{}\n"}
    files["fixtures/tree/.slugignore"] = "a\n"
    found = [each for each in findings(tmp_path, "/log\n", files) if each.id == "nested-slugignore"]
    assert [(each.path, each.level) for each in found] == [
        (b"docs/.slugignore", Level.WARNING),
        (b"api/.slugignore", Level.NOTE),
        (b"fixtures/tree/.slugignore", Level.NOTE),
    ]
    assert [each.cure for each in found[:2]] == [
        "Move its rules to the root .slugignore, each prefixed with /docs/",
        "Deploy api on its own (slugtrim --prefix measures that), or move the rules",
    ]


def test_a_file_that_is_no_text_is_an_error_and_nothing_else_is_said_of_it(tmp_path: Path) -> None:
    (found,) = findings(tmp_path / "wide", "/docs\n".encode("utf-16"))
    assert (found.id, found.level, found.message) == (
        "not-text",
        Level.ERROR,
        "is UTF-16, which the platform reads as noise",
    )
    (found,) = findings(tmp_path / "nul", b"/docs\n/lo\0g\n")
    assert (found.id, found.message) == ("not-text", "has a NUL byte, so it is not a text file")


def test_a_line_that_is_not_utf_8(tmp_path: Path) -> None:
    files: Files = {**FILES, b"caf\xe9": "x"}
    assert ids(findings(tmp_path, b"/docs\n/caf\xe9\n", files)) == [("not-utf-8", "warning", 2)]


def test_a_word_of_a_comment_that_names_what_the_slug_has(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "# keep app/ and README.md, not docs\n/docs\n")
    assert (found.id, found.level, found.line) == ("comment-names-path", Level.NOTE, 1)
    assert found.message == "a word in the comment, app, is also a path in the slug"


def test_no_slug_at_all_comes_first(tmp_path: Path) -> None:
    files: Files = {**FILES, "heroku.yml": "build:\n  docker:\n    web: Dockerfile\n"}
    assert ids(findings(tmp_path, "!x\n", files)) == [("negation", "error", 1), ("no-slug", "error", None)]


def test_findings_are_sorted_errors_first_then_by_line(tmp_path: Path) -> None:
    assert ids(findings(tmp_path, "/nothing\n/sampels\n!x\n./docs\n")) == [
        ("negation", "error", 3),
        ("typo", "warning", 2),
        ("leading-dot", "warning", 4),
        ("dead-rule", "note", 1),
    ]


def test_a_hostile_list_of_rules_costs_no_more_than_it_must(tmp_path: Path) -> None:
    rules = "".join(f"name{number}\n" for number in range(2000)) + "a" * 50_000 + "\n" + "[" * 500 + "\n"
    found = findings(tmp_path, rules)
    assert {each.id for each in found} == {"dead-rule"}
    assert len(found) == 2002


# Comments by which an owner accepts findings


@each_row(
    "rules, expected",
    [
        ("# slugtrim: ignore dead-rule\n/absent\n", []),
        ("# slugtrim: ignore dead-rule, typo - it comes later\r\n/absent\r\n", []),
        ("#slugtrim:ignore dead-rule\n/absent\n", []),
        ("# slugtrim: ignore typo\n# slugtrim: ignore dead-rule\n/absent\n", []),
        ("# slugtrim: ignore typo\n/absent\n", ["dead-rule"]),
        ("# slugtrim: ignore dead-rule\n\n/absent\n", ["dead-rule"]),
        ("# slugtrim: ignore dead-rule\n/docs\n/absent\n", ["dead-rule"]),
        ("/docs\n# slugtrim: ignore dead-rule\n", []),
        ("/absent # slugtrim: ignore dead-rule\n", ["dead-rule"]),
        (" # slugtrim: ignore dead-rule\n/absent\n", ["dead-rule", "dead-rule"]),
        ("# slugtrim: ignore no-such\n/docs\n", ["unknown-finding"]),
    ],
)
def test_a_comment_above_a_rule_accepts_findings_of_that_rule(tmp_path: Path, rules: str, expected: list[str]) -> None:
    assert [id_ for id_, _, _ in ids(findings(tmp_path, rules))] == expected


@each_row("dialect", Dialect)
def test_such_a_comment_is_a_mere_comment_in_both_readings(dialect: Dialect) -> None:
    content = b"# slugtrim: ignore removes-read, typo - reason\n/docs\n"
    assert [rule.line for rule in parse(content, dialect)] == [2]
    files = {**FILES, "ignore": "x\n", "removes-read": "x\n", "slugtrim:": "x\n", "#": "x\n", "reason": "x\n"}
    rows = [File(os.fsencode(path), 1, REGULAR, None) for path in files]
    removed = decide(parse(content, dialect), dialect, Directory.from_files(rows), {}).removed
    assert {path for path in removed if not path.startswith(b"docs")} == set()


def test_ids_that_are_ignored_are_counted_with_who_ignores_them(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, "/absent\n/missing\n")
    found = lint_tree(tree, ignored={"dead-rule": "slugtrim.toml:3: planned"})
    assert found.findings == ()
    assert found.accepted == (Accepted(id="dead-rule", count=2, by="slugtrim.toml:3: planned"),)
