"""What an advice says besides its lines: evidence, savings, folded entries, what is withheld."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from slugtrim.files import Tree
from slugtrim.reports.formats import render
from slugtrim.reports.style import Style
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.suggester.heroku_ci import heroku_ci_evidence
from slugtrim.suggester.record import Advice, Evidence, EvidenceKind
from tests.applications import (
    DJANGO,
    ELIXIR,
    FLASK,
    IMAGE,
    LARGE,
    NODE,
    PHP,
    RAILS,
    Files,
    advise,
    suggest_tree,
    suggested,
)
from tests.builders import make_repo, make_tree
from tests.test_reports_suggest import as_text

NOISE = random.Random(11)


def noise(size_bytes: int) -> bytes:
    """Return bytes that no codec makes smaller, read as binary."""
    return b"\0" + NOISE.randbytes(size_bytes - 1)


def patterns(advice: Advice) -> list[str]:
    return [entry.pattern.decode() for entry in advice.suggestions]


ADMIN: Files = {"admin/package.json": '{"name": "admin"}\n', "admin/main.js": "start();\n", "admin/src/a.js": "a();\n"}

# Heroku CI


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"environments": {"test": {}}}', 1),
        ('{\n "environments": {\n  "test": {\n   "scripts": {"test": "rake"}}}}', 3),
        ('{\n "name": "test",\n "environments": {\n  "review": {},\n  "test": {}}}', 5),
        ('{\n "scripts": {"test": "rake"},\n "environments": {\n  "test": {"env": {"A": "test"}}}}', 4),
        ('{\n "environments": {\n  "test" : {}}}', 3),
        pytest.param(
            '{\n "environments": {\n  "review": {"scripts": {"test": "rake"}},\n  "test": {}}}',
            4,
        ),
        ('{"environments": {"review": {}}}', None),
        ('{"environments": {"test": null}}', None),
        ('{"environments": ["test"]}', None),
        ('{"env": {"test": {}}}', None),
        ('["environments"]', None),
        ('{"environments": {"test": {}}', None),
        ("", None),
        ("\ufffe", None),
        ('{"environments": {"test": {}}}' + " " * (1 << 20), None),  # no manifest is so large
    ],
)
def test_the_test_environment_of_app_json_is_found(tmp_path: Path, text: str, line: int | None) -> None:
    slug = scan(open_tree(bytes(make_tree(tmp_path, {"app.json": text})), use_git=False))
    evidence = heroku_ci_evidence(slug.tree, slug.kept)
    assert (evidence.line if evidence is not None else None) == line


TESTED = '{"environments": {"test": {}}}'


@pytest.mark.parametrize("files", [{"web/app.json": TESTED}, {"app.json": TESTED, ".slugignore": "/app.json\n"}])
def test_only_the_app_json_of_the_slug_counts(tmp_path: Path, files: Files) -> None:
    slug = scan(open_tree(bytes(make_tree(tmp_path, files)), use_git=False))
    assert heroku_ci_evidence(slug.tree, slug.kept) is None


def test_reports_say_that_heroku_ci_needs_the_tests(tmp_path: Path) -> None:
    advice = advise({**RAILS, "app.json": TESTED})
    text = "has a test environment: Heroku CI applies .slugignore before it runs the tests"
    assert f"      app.json:1: {text}\n" in as_text(advice, Style(width=120), with_withheld=True)
    (spec,) = json.loads(render("suggest", "json", advice, with_withheld=True))["withheld"]
    assert (spec["path"], spec["evidence"]) == (
        "spec",
        [{"kind": "heroku-ci", "text": text, "path": "app.json", "line": 1}],
    )


@pytest.mark.parametrize("path", ["venv/lib/a.py", "node_modules/a.js", "shop/__pycache__/web.pyc", "coverage/a.html"])
def test_what_was_committed_by_mistake_comes_with_the_advice_to_take_it_out_of_git(tmp_path: Path, path: str) -> None:
    files: Files = {
        **FLASK,
        "package.json": "{}\n",
        "package-lock.json": "{}\n",
        "venv/pyvenv.cfg": "home = /usr/bin\n",
    }
    advice = advise({**files, path: LARGE})
    (entry,) = [entry for entry in advice.suggestions if any(file.path == path.encode() for file in entry.files)]
    (committed,) = [item for item in entry.evidence if item.kind is EvidenceKind.COMMITTED]
    assert committed.text.startswith("remove from git")


# What an entry says


def committed(root: Path, files: Files) -> Tree:
    return open_tree(bytes(make_repo(root, files)), rev="HEAD")


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ({"old/logo.png": IMAGE}, [b"public/logo.png"]),
        ({"old/logo.png": IMAGE, "old/logo-2.png": IMAGE}, [b"public/logo.png"]),
        ({"old/logo.png": IMAGE + b"\0"}, []),
        ({"old/logo.png": IMAGE, "old/other.png": IMAGE + b"\0"}, []),
    ],
)
def test_a_copy_of_a_file_that_stays_says_so(tmp_path: Path, copies: Files, expected: list[bytes]) -> None:
    advice = suggest_tree(committed(tmp_path, {**NODE, "public/logo.png": IMAGE, **copies}))
    (entry,) = advice.suggestions
    assert {file.path.decode() for file in entry.files} == set(copies)
    same = [item for item in entry.evidence if item.kind is EvidenceKind.SAME_BYTES]
    assert [item.path for item in same] == expected
    assert [item.text for item in same] == ["a file that stays has the same bytes"] * len(expected)


def test_two_copies_that_both_go_vouch_for_nothing(tmp_path: Path) -> None:
    advice = suggest_tree(committed(tmp_path, {**NODE, "old/logo.png": IMAGE, "design/logo.png": IMAGE}))
    assert patterns(advice) == ["/design", "/old"]
    assert [item.kind for entry in advice.suggestions for item in entry.evidence] == [EvidenceKind.UNREAD] * 2


def test_an_entry_says_how_many_files_were_searched(tmp_path: Path) -> None:
    advice = advise({**NODE, "design/logo.psd": LARGE})
    assert advice.searched_files == len(NODE) - 1  # a lock file reads nothing
    text = f"none of the {len(NODE) - 1} files that a deploy reaches needs it"
    assert [entry.evidence for entry in advice.suggestions] == [(Evidence(kind=EvidenceKind.UNREAD, text=text),)]


# What entries save

MANY: Files = {f"art/{number}/logo.psd": noise(600 + 7 * number) for number in range(40)}
APPLICATIONS: dict[str, Files] = {
    "rails": {**RAILS, "docs/a.md": "# A\n" * 900, "design/logo.psd": noise(30_000), "log/a.log": "x\n" * 9000},
    "django": {**DJANGO, "tests/test_a.py": "x = 1\n" * 900, "a.ipynb": "{}\n" * 900, "data/a.csv": "1,2\n" * 9000},
    "flask": {**FLASK, "models/a.pkl": noise(9000), "README.md": "# Shop\n", "LICENSE": "MIT\n", "tox.ini": "[tox]\n"},
    "node": {
        **NODE,
        **ADMIN,
        **MANY,
        "lib/start.test.js": "a();\n" * 99,
        ".eslintrc.json": "{}\n",
        "e2e/a.js": "a();\n",
    },
    "elixir": {**ELIXIR, "docs/a.md": "# A\n", "priv/static/film.mp4": noise(9000), "film.mp4": noise(9000)},
    "php": {**PHP, "docs/a.md": "# A\n", "phpunit.xml": "<phpunit/>\n", "public/docs/a.md": "# A\n"},
}


@pytest.fixture(params=APPLICATIONS)
def application(request: pytest.FixtureRequest) -> Files:
    return APPLICATIONS[request.param]


def test_savings_add_up_to_before_minus_after(tmp_path: Path, application: Files) -> None:
    advice = advise(application)
    before, after, entries = advice.before, advice.after, advice.suggestions
    assert len(entries) > 1
    assert sum(entry.saves_compressed_bytes for entry in entries) == before.compressed_bytes - after.compressed_bytes
    assert sum(entry.size_bytes for entry in entries) == before.size_bytes - after.size_bytes
    assert sum(len(entry.files) for entry in entries) == before.files - after.files
    assert len(suggested(advice)) == before.files - after.files


def test_suggestions_that_were_followed_are_not_made_again(tmp_path: Path, application: Files) -> None:
    first = advise(application)
    lines = b"".join(entry.pattern + b"\n" for entry in first.suggestions)
    second = advise({**application, ".slugignore": lines})
    assert second.suggestions == ()
    assert second.before == second.after
    assert second.before.files == first.after.files + 1
    assert second.before.size_bytes == first.after.size_bytes + len(lines)


def test_the_largest_saving_comes_first_and_what_folds_last(tmp_path: Path, application: Files) -> None:
    shares = [entry.saves_compressed_bytes for entry in advise(application).suggestions]
    least = sorted(shares)[len(shares) // 2]
    entries = suggest_tree(
        open_tree(bytes(make_tree(tmp_path / "b", application)), use_git=False), min_saving_bytes=least
    ).suggestions
    assert [entry.folded for entry in entries] == sorted(entry.saves_compressed_bytes < least for entry in entries)
    assert sum(entry.saves_compressed_bytes for entry in entries) == sum(shares)


@pytest.mark.parametrize(
    ("slug_bytes", "saves_bytes", "folded"),
    [
        (100_000, 400, True),  # below 1 %
        (100_000, 2_500, False),
        (9_000_000, 60_000, True),  # below 64 KiB, which is less than 1 %
        (9_000_000, 70_000, False),
    ],
)
def test_an_entry_below_one_percent_and_64_kib_is_folded(
    tmp_path: Path, slug_bytes: int, saves_bytes: int, folded: bool
) -> None:
    files: Files = {**NODE, "public/film.bin": noise(slug_bytes), "design/logo.psd": noise(saves_bytes)}
    assert [entry.folded for entry in advise(files).suggestions] == [folded]


@pytest.mark.parametrize(("min_saving_bytes", "folded"), [(0, False), (20_000, False), (40_000, True)])
def test_the_threshold_may_be_named(tmp_path: Path, min_saving_bytes: int, folded: bool) -> None:
    tree = open_tree(bytes(make_tree(tmp_path, {**NODE, "design/logo.psd": noise(30_000)})), use_git=False)
    assert [entry.folded for entry in suggest_tree(tree, min_saving_bytes=min_saving_bytes).suggestions] == [folded]


def test_what_stays_is_given_with_its_weight_the_heaviest_first(tmp_path: Path) -> None:
    files: Files = {**NODE, "docs/a.pdf": noise(20_000), "docs/b.pdf": noise(9000), "media/a.mp3": noise(70_000)}
    advice = advise({**files, "lib/extra.js": 'send("docs/a.pdf"); play("media/a.mp3");\n'})
    assert patterns(advice) == ["/docs/b.pdf"]
    assert [(each.path, [file.path for file in each.files]) for each in advice.withheld] == [
        (b"media", [b"media/a.mp3"]),
        (b"docs", [b"docs/a.pdf"]),
    ]
    assert [each.size_bytes for each in advice.withheld] == [70_000, 20_000]
    assert advice.withheld[0].compressed_bytes > advice.withheld[1].compressed_bytes > 9000
