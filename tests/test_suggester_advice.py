"""What an advice says besides its lines: evidence, savings, small entries, assets, what is withheld."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from slugtrim.files import Tree
from slugtrim.lint.findings import lint_tree
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.suggester.notices import heroku_ci_evidence
from slugtrim.suggester.records import Advice, AdviceTerms, Evidence, EvidenceKind, Grade, Tier
from slugtrim.suggester.writing import with_entries
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
    memory_tree,
    suggest_tree,
)
from tests.builders import make_repo, make_tree
from tests.rows import each_row
from tests.test_reports_suggest import as_text

NOISE = random.Random(11)


def noise(size_bytes: int) -> bytes:
    """Return bytes that no codec makes smaller, read as binary."""
    return b"\0" + NOISE.randbytes(size_bytes - 1)


def patterns(advice: Advice) -> list[str]:
    return [entry.pattern.decode() for entry in advice.suggestions]


ADMIN: Files = {"admin/package.json": '{"name": "admin"}\n', "admin/main.js": "start();\n", "admin/src/a.js": "a();\n"}

# Heroku CI


@each_row(
    "text, line",
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
    assert sorted(patterns(advice)) == ["/design", "/old"]
    assert [item.kind for entry in advice.suggestions for item in entry.evidence] == [EvidenceKind.UNREAD] * 2


def test_an_entry_says_how_many_files_were_searched(tmp_path: Path) -> None:
    advice = advise({**NODE, "design/logo.psd": LARGE})
    assert advice.searched_files == len(NODE) - 1  # a lock file reads nothing
    text = "nothing that the deploy reaches uses it"
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
    before = advice.before
    assert len(advice.suggestions) > 1
    for after, entries in ((advice.after, advice.written()), (advice.after_all, advice.written(conditional=True))):
        saved = before.compressed_bytes - after.compressed_bytes
        assert sum(entry.saves_compressed_bytes for entry in entries) == saved
        assert sum(entry.size_bytes for entry in entries) == before.size_bytes - after.size_bytes
        assert sum(len(entry.files) for entry in entries) == before.files - after.files


def test_suggestions_that_were_followed_are_not_made_again(tmp_path: Path, application: Files) -> None:
    first = advise(application)
    lines = b"".join(entry.pattern + b"\n" for entry in first.suggestions)
    second = advise({**application, ".slugignore": lines})
    assert second.suggestions == ()
    assert second.before == second.after
    assert second.before.files == first.after_all.files + 1
    assert second.before.size_bytes == first.after_all.size_bytes + len(lines)


@pytest.mark.parametrize("conditional", [False, True])
def test_applying_linting_and_applying_again_changes_nothing(application: Files, conditional: bool) -> None:
    first = advise(application)
    written = with_entries(None, first.written(conditional=conditional), first.comments)
    tree = memory_tree({**application, ".slugignore": written})
    found = lint_tree(tree).findings
    assert [each.id for each in found if each.path == b".slugignore"] == []
    again = suggest_tree(tree)
    assert with_entries(written, again.written(conditional=conditional), again.comments) == written


def test_what_is_left_of_a_directory_is_not_offered_run_after_run() -> None:
    """A directory of which a part stays is worth five lines, and no more of them in a second run."""
    specs: Files = {f"docs/{name}/a.md": noise(2000 + 600 * number) for number, name in enumerate("abcdefgh")}
    files: Files = {**NODE, **specs, "docs/kept.md": "x", "lib/extra.js": 'send("docs/kept.md");\n'}
    first = advise(files)
    assert len(first.suggestions) == 5
    lines = b"".join(entry.pattern + b"\n" for entry in first.suggestions)
    assert advise({**files, ".slugignore": lines}).suggestions == ()
    some = b"".join(entry.pattern + b"\n" for entry in first.suggestions[:2])
    rest = {entry.pattern for entry in advise({**files, ".slugignore": some}).suggestions}
    assert rest <= {entry.pattern for entry in first.suggestions[2:]}


def test_safe_entries_come_first_and_then_the_largest_saving(tmp_path: Path, application: Files) -> None:
    entries = advise(application).suggestions
    ranks = [(entry.tier is not Tier.SAFE, -entry.saves_compressed_bytes, entry.pattern) for entry in entries]
    assert ranks == sorted(ranks)


def test_entries_that_save_too_little_are_only_counted(application: Files) -> None:
    whole = advise(application)
    sizes = sorted(entry.saves_compressed_bytes for entry in whole.suggestions)
    least = sizes[len(sizes) // 2] + 1
    advice = suggest_tree(memory_tree(application), asked=AdviceTerms(min_saving_bytes=least))
    assert advice.suggestions
    assert all(entry.saves_compressed_bytes >= least for entry in advice.suggestions)
    assert advice.small.entries == len(whole.suggestions) - len(advice.suggestions) > 0
    assert advice.small.min_saving_bytes == least
    assert advice.after.files >= whole.after.files


@pytest.mark.parametrize(("size_bytes", "entries"), [(900, 0), (1200, 1)])
def test_a_kilobyte_is_worth_a_line_in_any_slug(size_bytes: int, entries: int) -> None:
    files: Files = {**NODE, "public/film.bin": noise(11_000_000), "design/logo.psd": noise(size_bytes)}
    advice = suggest_tree(memory_tree(files), asked=AdviceTerms())
    assert (len(advice.suggestions), advice.small.entries) == (entries, 1 - entries)


# Findings that are no lines

PICTURES: Files = {path: noise(60_000) for path in ("shop/icons/a.png", "shop/icons/b.svg", "shop/type/c.woff2")}
NAMED: Files = {"shop/icons/used.png": noise(9_000), "shop/web.py": 'ICON = "shop/icons/used.png"\n'}


def test_unused_pictures_icons_and_fonts_are_one_finding() -> None:
    advice = advise({**FLASK, **NAMED, **PICTURES, "design/logo.psd": noise(9000)})
    assert patterns(advice) == ["/design/logo.psd"]
    assert [file.path.decode() for file in advice.assets.files] == sorted(PICTURES)
    assert advice.assets.size_bytes == 180_000
    assert advice.assets.compressed_bytes > 179_000
    assert advice.small.entries == 0


def test_a_directory_of_unused_pictures_is_a_line_and_so_are_the_heaviest() -> None:
    heavy: Files = {f"shop/icons/heavy{number}.png": noise(70_000 + 9_000 * number) for number in range(7)}
    posters: Files = {"shop/posters/a.png": noise(9_000), "shop/posters/b.png": noise(9_001)}
    advice = advise({**FLASK, **NAMED, **heavy, **posters, "shop/large.bin": noise(9_000_000)})
    lines = sorted(line for line in patterns(advice) if line != "/shop/large.bin")
    assert lines == [*(f"/shop/icons/heavy{number}.png" for number in range(2, 7)), "/shop/posters"]
    assert [file.path for file in advice.assets.files] == [b"shop/icons/heavy0.png", b"shop/icons/heavy1.png"]


def test_a_picture_that_is_a_hundredth_of_the_slug_is_a_line() -> None:
    heavy: Files = {f"shop/icons/heavy{number}.png": noise(70_000 + 9_000 * number) for number in range(7)}
    assert advise({**FLASK, **NAMED, **heavy}).assets.files == ()


def test_a_picture_that_code_names_is_no_unused_asset() -> None:
    advice = advise({**FLASK, **PICTURES, "shop/web.py": 'ICON = "shop/icons/a.png"\n'})
    assert [file.path for file in advice.assets.files] == [b"shop/icons/b.svg", b"shop/type/c.woff2"]


@pytest.mark.parametrize(
    ("reader", "text", "stays"),
    [
        ("shop/web.py", 'ICON = "/static/icons/a.png"\n', True),  # a build step copies it there
        ("shop/web.py", 'ICON = "a.png?v=2"\n', True),
        ("shop/web.py", 'ICON = "/icons/data.png"\n', False),
        ("README.md", "![The shop](https://example.org/main/icons/a.png)\n", True),
        ("gulpfile.js", "copy('dist/icons/a.png');\n", True),
    ],
)
def test_an_asset_that_any_file_mentions_is_not_to_be_removed_from_git(reader: str, text: str, *, stays: bool) -> None:
    advice = advise({**FLASK, **PICTURES, "shop/icons/a.py": "", reader: text})
    assert (b"shop/icons/a.png" in {file.path for file in advice.assets.files}) is not stays
    assert {file.path for file in advice.assets.files} >= {b"shop/icons/b.svg", b"shop/type/c.woff2"}


def test_of_two_assets_of_one_name_the_directory_tells() -> None:
    files: Files = {**FLASK, **PICTURES, "shop/old/a.png": noise(50_000), "shop/old/a.py": "", "shop/icons/a.py": ""}
    advice = advise({**files, "shop/web.py": 'ICON = "/static/old/a.png"\n'})
    assert [file.path for file in advice.assets.files] == [
        b"shop/icons/a.png",
        b"shop/icons/b.svg",
        b"shop/type/c.woff2",
    ]


@each_row(
    "path, is_personal",
    [
        ("db/dump.sql", True),
        ("sql/monthly-figures.sql", False),
        ("latest.dump", True),
        ("log/production.log", True),
        ("backup_data.json", True),
        ("data/users-export.csv", True),
        ("data/2020.backup.json", True),
        ("data/prices.csv", False),
        ("old/app.js.bak", False),
    ],
)
def test_dumps_logs_and_backups_may_hold_data_of_people(path: str, is_personal: bool) -> None:
    advice = advise({**FLASK, path: noise(20_000)})
    assert [file.path.decode() for file in advice.personal.files] == ([path] if is_personal else [])


def test_what_stays_is_given_with_its_weight_the_heaviest_first(tmp_path: Path) -> None:
    files: Files = {**NODE, "docs/a.pdf": noise(20_000), "docs/b.pdf": noise(9000), "media/a.mp3": noise(70_000)}
    advice = advise({**files, "lib/extra.js": 'send("docs/a.pdf"); play("media/a.mp3");\n'})
    assert patterns(advice) == ["/docs/b.pdf"]
    assert {each.grade for each in advice.withheld} == {Grade.READ}
    assert [each.is_whole for each in advice.withheld] == [True, True]
    assert [link.text for link in advice.withheld[0].chain][-1:] == ["media/a.mp3"]
    assert [(each.path, [file.path for file in each.files]) for each in advice.withheld] == [
        (b"media", [b"media/a.mp3"]),
        (b"docs", [b"docs/a.pdf"]),
    ]
    assert [each.size_bytes for each in advice.withheld] == [70_000, 20_000]
    assert advice.withheld[0].compressed_bytes > advice.withheld[1].compressed_bytes > 9000


def test_two_that_stay_in_one_directory_are_not_both_called_by_its_name() -> None:
    pictures = {"themes/a.jpg": 300_000, "themes/b.jpg": 300_000, "themes/c.jpg": 60_000, "themes/d.jpg": 60_000}
    calls = "".join(f'show("{path}");\n' for path in pictures)
    advice = advise({**NODE, **{path: noise(size) for path, size in pictures.items()}, "lib/extra.js": calls})
    assert [(each.path, len(each.files), each.is_whole) for each in advice.withheld] == [(b"themes", 2, False)] * 2


def test_what_is_conditional_for_its_place_says_so() -> None:
    advice = advise({**PHP, "resources/art/logo.psd": noise(20_000)})
    (entry,) = (each for each in advice.suggestions if each.category == "design")
    assert entry.tier is Tier.CONDITIONAL
    assert entry.evidence[0].kind is EvidenceKind.INSIDE
    assert entry.evidence[0].text.startswith("it is in resources/: ")


@pytest.mark.parametrize(
    ("content", "is_personal"),
    [
        ("CREATE TABLE people (name text);\n", False),
        ("CREATE TABLE people (name text);\nINSERT INTO people VALUES ('a');\n", True),
        ("CREATE TABLE people (name text);\nCOPY people (name) FROM stdin;\na\n", True),
    ],
)
def test_only_sql_with_rows_holds_data_of_people(content: str, is_personal: bool) -> None:
    advice = advise({**FLASK, "db/dump.sql": content + "-- more\n" * 100})
    assert bool(advice.personal.files) == is_personal


def test_a_line_of_documents_has_the_reason_of_documents() -> None:
    tree = memory_tree({"AGENTS.md": "x" * 9000, "README.md": "y" * 3000, "CONTRIBUTING.md": "z" * 3000, "app.py": ""})
    (entry,) = (each for each in suggest_tree(tree).suggestions if each.pattern == b"/*.md")
    assert (entry.category, entry.rule, len(entry.files)) == ("docs", "markdown", 3)


def test_a_sample_below_a_directory_of_tests_is_of_tests() -> None:
    tree = memory_tree({"shop/test/mail/a.eml": "x" * 3000, "shop/test/mail/b.eml": "y" * 3000, "shop/app.py": ""})
    assert {each.category for each in suggest_tree(tree).suggestions} == {"tests"}


@pytest.mark.parametrize(
    ("others_bytes", "least_bytes"), [(0, 64), (3_000_000, 300), (30_000_000, 1024)], ids=["tiny", "small", "large"]
)
def test_what_is_worth_a_line_is_a_share_of_the_tree(others_bytes: int, least_bytes: int) -> None:
    tree = memory_tree({**FLASK, "static/film.mp4": bytes(others_bytes), "LICENSE": "Do as you like. " * 9})
    small = suggest_tree(tree, asked=AdviceTerms()).small
    assert small.min_saving_bytes == pytest.approx(least_bytes, abs=1)


def test_a_small_application_is_told_of_small_files() -> None:
    tree = memory_tree({**FLASK, "docker-compose.yml": "services: {}\n" + "# one line more\n" * 20})
    assert [each.pattern for each in suggest_tree(tree, asked=AdviceTerms()).suggestions] == [b"/docker-compose.yml"]


def test_entries_that_join_others_have_to_save_half_as_much_again() -> None:
    film = random.Random(2).randbytes(11_000_000)
    docs = random.Random(1).randbytes(1000).hex()
    files = {**FLASK, "docs/a.md": docs, "static/film.mp4": film, "Procfile": "web: python app.py\n"}
    first = {each.pattern for each in suggest_tree(memory_tree(files), asked=AdviceTerms()).suggestions}
    again = suggest_tree(memory_tree({**files, ".slugignore": "/spec\n"}), asked=AdviceTerms())
    assert b"/docs" in first
    assert b"/docs" not in {each.pattern for each in again.suggestions}
    assert (again.small.entries > 0, again.small.min_saving_bytes) == (True, 1536)
