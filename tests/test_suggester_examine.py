"""From a tree to its advice: which candidates there are, what each entry saves, what is remembered and what is not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import pytest

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Tree
from slugtrim.scanner import scan
from slugtrim.sizer import Sizer
from slugtrim.sources import open_tree
from slugtrim.store import CacheTable, Store
from slugtrim.suggester.brief import BEST, best_suggestions
from slugtrim.suggester.catalog import catalog
from slugtrim.suggester.compose import suggest_tree
from slugtrim.suggester.finders import unread_candidates
from slugtrim.suggester.heroku_ci import heroku_ci_evidence
from slugtrim.suggester.kinds import conventional, kinds
from slugtrim.suggester.paths import Paths
from slugtrim.suggester.reading import Hit
from slugtrim.suggester.record import Advice, Advised, Evidence, EvidenceKind, Tier
from slugtrim.suggester.remembered import Remembered
from slugtrim.suggester.resolve import Target
from tests.builders import commit_all, make_repo, make_tree
from tests.command_line import run
from tests.test_reports_json import checked
from tests.test_suggester_incidents import (
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
    against,
    suggested,
)

NOISE = random.Random(11)


def noise(size_bytes: int) -> bytes:
    """What no codec makes smaller, read as binary."""
    return b"\0" + NOISE.randbytes(size_bytes - 1)


def patterns(advice: Advice) -> list[str]:
    return [entry.pattern.decode() for entry in advice.suggestions]


# Sub-projects

ADMIN: Files = {"admin/package.json": '{"name": "admin"}\n', "admin/main.js": "start();\n", "admin/src/a.js": "a();\n"}
ADMIN_READERS = [
    ("Procfile", "web: node server.js\nadmin: cd admin && npm start\n", 2),
    ("Procfile", "web: node server.js\nadmin: node admin/main.js\n", 2),
    ("Procfile", "release: npm --prefix admin run migrate\nweb: node server.js\n", 1),
    ("package.json", '{\n  "scripts": {"heroku-postbuild": "cd admin && npm ci && npm run build"}\n}\n', 2),
    (
        "package.json",
        '{\n  "scripts": {\n    "build": "npm run all",\n    "all": "npm --prefix admin i"\n  }\n}\n',
        4,
    ),
    ("package.json", '{\n  "workspaces": [\n    "admin"\n  ]\n}\n', 3),
    ("package.json", '{\n  "dependencies": {\n    "admin": "file:./admin"\n  }\n}\n', 3),
    ("app.json", '{"scripts": {\n  "postdeploy": "cd admin && npm run seed"\n}}\n', 2),
    ("bin/start", "#!/bin/sh\nset -e\ncd admin\n", 3),
    ("server.js", 'const app = require("./lib/app");\nrequire("./admin/main");\n', 2),
    ("lib/more.js", '\napp.use(express.static("admin"));\n', 2),
]


@pytest.mark.parametrize(("reader", "text", "line"), ADMIN_READERS)
def test_a_project_that_the_deployed_one_names_stays(tmp_path: Path, reader: str, text: str, line: int) -> None:
    advice = advise(tmp_path, {**NODE, **ADMIN, reader: text})
    assert suggested(advice) == set()
    assert ("reader", reader, line) in against(advice, "admin/src/a.js")


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("README.md", "Start it with `cd admin && npm start`.\n"),
        ("package.json", '{"scripts": {"start": "node server.js", "lint": "eslint admin"}}\n'),
        (".github/workflows/test.yml", "run: cd admin && npm test\n"),
        ("lib/roles.js", "// admin/main.js starts the other one\nfunction admin(user) {}\n"),
    ],
)
def test_a_project_that_nothing_of_the_deployed_one_names_goes(tmp_path: Path, reader: str, text: str) -> None:
    advice = advise(tmp_path, {**NODE, **ADMIN, reader: text})
    (entry,) = [entry for entry in advice.suggestions if entry.rule == "unused-project"]
    assert (entry.pattern, entry.tier, entry.category) == (b"/admin", Tier.CONDITIONAL, "sub-projects")
    assert {file.path.decode() for file in entry.files} == set(ADMIN)


def test_without_an_entry_point_any_project_may_be_the_deployed_one(tmp_path: Path) -> None:
    files = {path: content for path, content in {**NODE, **ADMIN}.items() if path != "Procfile"}
    assert suggested(advise(tmp_path, files)) == set()


def test_without_a_project_at_the_root_any_other_may_be_the_deployed_one(tmp_path: Path) -> None:
    shop: Files = {"shop/package.json": '{"name": "shop"}\n', "shop/main.js": "start();\n"}
    assert suggested(advise(tmp_path, {"Procfile": "web: npm start\n", **shop, **ADMIN})) == set()


@pytest.mark.parametrize("name", ["app", "src", "lib", "backend", "server", "api", "web"])
def test_a_directory_that_usually_holds_the_code_is_no_project_apart(tmp_path: Path, name: str) -> None:
    assert suggested(advise(tmp_path, {**NODE, f"{name}/package.json": "{}\n", f"{name}/a.js": "a();\n"})) == set()


def test_what_a_build_left_in_a_project_may_be_all_that_is_read_of_it(tmp_path: Path) -> None:
    files: Files = {**NODE, **ADMIN, "admin/dist/index.html": "<h1>Admin</h1>\n"}
    advice = advise(tmp_path, {**files, "lib/more.js": 'app.use(express.static("admin/dist"));\n'})
    assert suggested(advice) == set(ADMIN)


def test_a_project_inside_a_project_goes_with_it(tmp_path: Path) -> None:
    advice = advise(tmp_path, {**NODE, **ADMIN, "admin/mail/package.json": "{}\n", "admin/mail/a.js": "a();\n"})
    assert patterns(advice) == ["/admin"]


# Kinds


def found(*files: tuple[str, int]) -> list[tuple[str, str, list[str]]]:
    """Rule, path and files of the candidates among files of these sizes."""
    records = [File(path.encode(), size, REGULAR, None) for path, size in files]
    return [
        (each.rule, each.path.decode(), [file.path.decode() for file in each.files])
        for each in unread_candidates(records)
    ]


@pytest.mark.parametrize("extension", sorted(kinds()))
def test_a_file_of_every_kind_is_a_candidate(extension: bytes) -> None:
    kind = kinds()[extension]
    path = "x/a." + extension.decode().upper()
    assert found((path, 8 * 1024), ("x/a.js", 1)) == [(kind.id, "", [path])]
    assert kind.category in {category.id for category in catalog().categories}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # A directory of nothing else is one candidate, by the kind that weighs most.
        ([("x/a.png", 9000), ("x/b.csv", 9001)], [("unread-data", "x", ["x/a.png", "x/b.csv"])]),
        ([("x/y/a.png", 9000), ("x/z/b.png", 9000)], [("unread-media", "x", ["x/y/a.png", "x/z/b.png"])]),
        (
            [("x/y/a.png", 9000), ("x/y/b.png", 9000), ("x/a.js", 1)],
            [("unread-media", "x/y", ["x/y/a.png", "x/y/b.png"])],
        ),
        # Beside other files, each by itself, all of a kind as one.
        (
            [("x/a.png", 9000), ("x/b.csv", 9000), ("y/c.png", 9000), ("x/a.js", 1), ("y/a.js", 1)],
            [("unread-data", "", ["x/b.csv"]), ("unread-media", "", ["x/a.png", "y/c.png"])],
        ),
        # The root is no directory of a kind.
        ([("a.png", 9000), ("b.png", 9000)], [("unread-media", "", ["a.png", "b.png"])]),
        # Too small for a line.
        ([("x/a.png", 8191), ("x/a.js", 1)], []),
        ([("x/a.png", 8000), ("x/b.png", 8383)], []),
        ([("x/a.png", 8000), ("x/b.png", 8384)], [("unread-media", "x", ["x/a.png", "x/b.png"])]),
        # Not of a kind: code, hidden, without an extension.
        ([("x/a.js", 9000), ("x/b", 9000), ("x/.png", 9000), ("x/c.svelte", 9000)], []),
    ],
)
def test_whole_directories_and_single_files_of_kinds(
    files: Sequence[tuple[str, int]], expected: list[tuple[str, str, list[str]]]
) -> None:
    assert found(*files) == expected


def test_a_name_that_a_framework_looks_for_is_no_candidate() -> None:
    assert {b"favicon", b"manifest", b"robots"} <= conventional()
    assert found(*((f"x/{name.decode()}.png", 90_000) for name in conventional())) == []


def test_a_symlink_is_no_candidate() -> None:
    assert unread_candidates([File(b"x/a.png", 90_000, SYMLINK, None), File(b"x/a.js", 1, EXECUTABLE, None)]) == ()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x = 1\n", ["/gallery", "/till/a.png", "/till/b.png"]),
        ('PICTURE = "gallery/b.png"\n', ["/gallery/a.png", "/till/a.png", "/till/b.png"]),
        ('PICTURES = "gallery"\n', ["/till/a.png", "/till/b.png"]),
        ('PICTURE = "till/a.png"\n', ["/gallery", "/till/b.png"]),
    ],
)
def test_of_a_kind_goes_what_nothing_names(tmp_path: Path, text: str, left: list[str]) -> None:
    pictures: Files = {f"{directory}/{name}.png": IMAGE for directory in ("gallery", "till") for name in "ab"}
    assert sorted(patterns(advise(tmp_path, {**DJANGO, **pictures, "till/show.py": text}))) == left


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
    advice = advise(tmp_path, {**NODE, "design/logo.psd": LARGE})
    assert advice.searched_files == len(NODE) - 1  # a lock file reads nothing
    text = f"none of the {len(NODE) - 1} files searched reads it"
    assert [entry.evidence for entry in advice.suggestions] == [(Evidence(kind=EvidenceKind.UNREAD, text=text),)]


def test_a_directory_that_several_rules_make_whole_goes_by_the_heaviest(tmp_path: Path) -> None:
    advice = advise(tmp_path, {**NODE, "docs/guide.html": "<p>" + "x" * 9000, "docs/logo.psd": LARGE})
    (entry,) = advice.suggestions
    assert (entry.pattern, entry.rule, entry.tier) == (b"/docs", "design-sources", Tier.CONDITIONAL)


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
    advice = advise(tmp_path, application)
    before, after, entries = advice.before, advice.after, advice.suggestions
    assert len(entries) > 1
    assert sum(entry.saves_compressed_bytes for entry in entries) == before.compressed_bytes - after.compressed_bytes
    assert sum(entry.size_bytes for entry in entries) == before.size_bytes - after.size_bytes
    assert sum(len(entry.files) for entry in entries) == before.files - after.files
    assert len(suggested(advice)) == before.files - after.files


def test_suggestions_that_were_followed_are_not_made_again(tmp_path: Path, application: Files) -> None:
    first = advise(tmp_path / "first", application)
    lines = b"".join(entry.pattern + b"\n" for entry in first.suggestions)
    second = advise(tmp_path / "second", {**application, ".slugignore": lines})
    assert second.suggestions == ()
    assert second.before == second.after
    assert second.before.files == first.after.files + 1
    assert second.before.size_bytes == first.after.size_bytes + len(lines)


def test_the_largest_saving_comes_first_and_what_folds_last(tmp_path: Path, application: Files) -> None:
    shares = [entry.saves_compressed_bytes for entry in advise(tmp_path / "a", application).suggestions]
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
    assert [entry.folded for entry in advise(tmp_path, files).suggestions] == [folded]


@pytest.mark.parametrize(("min_saving_bytes", "folded"), [(0, False), (20_000, False), (40_000, True)])
def test_the_threshold_may_be_named(tmp_path: Path, min_saving_bytes: int, folded: bool) -> None:
    tree = open_tree(bytes(make_tree(tmp_path, {**NODE, "design/logo.psd": noise(30_000)})), use_git=False)
    assert [entry.folded for entry in suggest_tree(tree, min_saving_bytes=min_saving_bytes).suggestions] == [folded]


def test_what_stays_is_given_with_its_weight_the_heaviest_first(tmp_path: Path) -> None:
    files: Files = {**NODE, "docs/a.pdf": noise(20_000), "docs/b.pdf": noise(9000), "media/a.mp3": noise(70_000)}
    advice = advise(tmp_path, {**files, "lib/more.js": 'send("docs/a.pdf"); play("media/a.mp3");\n'})
    assert patterns(advice) == ["/docs/b.pdf"]
    assert [(each.path, [file.path for file in each.files]) for each in advice.withheld] == [
        (b"media", [b"media/a.mp3"]),
        (b"docs", [b"docs/a.pdf"]),
    ]
    assert [each.size_bytes for each in advice.withheld] == [70_000, 20_000]
    assert advice.withheld[0].compressed_bytes > advice.withheld[1].compressed_bytes > 9000


# What is remembered


def remembered(cache: CacheTable, names: Iterable[str], sought: Iterable[bytes], roots: Sequence[bytes]) -> Remembered:
    return Remembered(cache, Paths(File(name.encode(), 1, REGULAR, None) for name in names), sought, roots)


NAMES = ["app.js", "data/a.csv", "data/b.csv", "data/deep/c.csv"]
HITS = [
    Hit(Target(b"data/a.csv", False, b"", True), 1, alone=True),
    Hit(Target(b"data/a.csv", False, b"", False, False), 70_000, alone=False),
    Hit(Target(b"data", True, b".csv", True, False), 3, alone=True, imported=True),
    Hit(Target(b"data/deep", True, b".parquet", False), 0, alone=False, imported=True),
    Hit(Target(b"data", True, b".longest-x", True), 1, alone=True, told=True),
]


def test_what_a_file_reads_is_remembered_as_it_was() -> None:
    memory = remembered(CacheTable(), NAMES, [b"data/a.csv"], [b""])
    for blob, hits in ((b"1" * 40, HITS), (b"2" * 40, []), (b"3" * 40, HITS[:1])):
        file = File(b"app.js", 1, REGULAR, blob)
        assert memory.get(file) is None
        memory.put(file, hits)
        assert memory.get(file) == hits


def test_what_has_no_name_is_not_remembered() -> None:
    memory = remembered(CacheTable(), NAMES, [b"data/a.csv"], [b""])
    file = File(b"app.js", 1, REGULAR, None)
    memory.put(file, HITS)
    assert memory.get(file) is None


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"nonsense",
        msgspec.msgpack.encode([1, 2, 3]),
        msgspec.msgpack.encode([Hit(Target(b"not/there", False, b"", True), 1, alone=True)]),
        msgspec.msgpack.encode([Hit(Target(b"data/a.csv", True, b"", True), 1, alone=True)]),
    ],
)
def test_what_somebody_else_wrote_is_not_remembered(entry: bytes) -> None:
    class Strange(CacheTable):
        def get(self, key: bytes) -> bytes | None:
            return entry

    memory = remembered(Strange(), NAMES, [b"data/a.csv"], [b""])
    assert memory.get(File(b"app.js", 1, REGULAR, b"1" * 40)) is None


@pytest.mark.parametrize(
    ("names", "sought", "roots", "path"),
    [
        ([*NAMES, "data/d.csv"], [b"data/a.csv"], [b""], b"app.js"),
        (NAMES[:3], [b"data/a.csv"], [b""], b"app.js"),
        (NAMES, [b"data/b.csv"], [b""], b"app.js"),
        (NAMES, [], [b""], b"app.js"),
        (NAMES, [b"data/a.csv"], [b"", b"data"], b"app.js"),
        (NAMES, [b"data/a.csv"], [b""], b"lib/app.js"),
    ],
)
def test_under_other_names_nothing_is_remembered(
    names: list[str], sought: list[bytes], roots: list[bytes], path: bytes
) -> None:
    cache = CacheTable()
    remembered(cache, NAMES, [b"data/a.csv"], [b""]).put(File(b"app.js", 1, REGULAR, b"1" * 40), HITS[:1])
    other = remembered(cache, names, sought, roots)
    assert other.get(File(path, 1, REGULAR, b"1" * 40)) is None


READ = ("docs/a.md", "data/a.csv", "data", "spec/support/a", "media/logo.png", "factory", "scripts/x.js", "admin/main")
PLACES = (
    "docs/a.md",
    "docs/b.md",
    "data/b.csv",
    "scripts/x.js",
    "scripts/y.js",
    "media/logo.png",
    "lib/c.js",
    "old/d.csv",
)


def edit(chance: random.Random, root: Path) -> None:
    """A file written, moved or deleted."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    path = chance.choice(paths)
    match chance.randrange(5):
        case 0:
            path.unlink()
        case 1:
            path.rename(path.with_stem(chance.choice("abc")))
        case _:
            text = f'open("{chance.choice(READ)}")\nrequire("../{chance.choice(READ)}")\n'
            make_tree(root, {chance.choice(PLACES): "\n" * chance.randrange(4) + text})


@pytest.mark.parametrize("seed", range(4))
def test_with_what_is_remembered_the_advice_is_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root = make_repo(tmp_path / "repo", {**RAILS, **NODE, **ADMIN, "spec/support/a.rb": "x\n", "data/a.csv": "1,2\n"})
    folder = str(tmp_path / "cache")
    kept = CacheTable()
    for _ in range(8):
        edit(chance, root)
        commit_all(root)
        tree = open_tree(bytes(root), rev="HEAD")
        expected = suggest_tree(tree)
        on_disk = CacheTable(Store(folder), "evidence-test")
        assert suggest_tree(tree, evidence=kept) == expected
        assert suggest_tree(tree, evidence=on_disk) == expected
        assert suggest_tree(tree, evidence=kept) == expected
        on_disk.save()


# The best suggestions, for a report that must not wait

TEXT = "".join(f"def f{number} = {number}\n" for number in range(6000))
SHORT: Files = {
    **RAILS,
    "app/read.rb": 'File.read("docs/guide.pdf")\n',
    "design/logo.psd": noise(90_000),
    "docs/guide.pdf": noise(80_000),
    "spec/models/user_spec.rb": noise(70_000),
    "film/intro.mov": noise(60_000),
    "log/a.log": noise(50_000),
}
LONG: Files = {**SHORT, **{f"app/models/m{number}.rb": TEXT for number in range(12)}}
"""More text than is searched by the way."""
CHECKED = [("/design/logo.psd", True), ("/spec", True), ("/film/intro.mov", True)]
UNCHECKED = [("/design", False), ("/docs", False), ("/spec", False)]
"""As far as nobody knows that docs are read."""


def best(tree: Tree, evidence: CacheTable | None = None) -> tuple[Advised, ...]:
    slug = scan(tree)
    return best_suggestions(slug, Sizer(tree.contents).measure(slug.kept), evidence)


def brief(entries: Iterable[Advised]) -> list[tuple[str, bool]]:
    return [(entry.pattern.decode(), entry.is_checked) for entry in entries]


def test_the_best_of_a_small_slug_are_checked(tmp_path: Path) -> None:
    found = best(committed(tmp_path, SHORT))
    assert brief(found) == CHECKED
    assert all(item.kind is EvidenceKind.UNREAD for entry in found for item in entry.evidence)


def test_the_best_of_a_large_slug_are_not_checked_and_say_so(tmp_path: Path) -> None:
    found = best(committed(tmp_path, LONG))
    assert brief(found) == UNCHECKED
    unchecked = Evidence(kind=EvidenceKind.UNCHECKED, text="not checked: run slugtrim suggest")
    assert [entry.evidence for entry in found] == [(unchecked,)] * BEST


def test_what_was_not_checked_is_never_called_safe(tmp_path: Path) -> None:
    assert {entry.tier for entry in best(committed(tmp_path, LONG))} == {Tier.CONDITIONAL}


def test_the_best_are_checked_after_suggest_remembered(tmp_path: Path) -> None:
    tree = committed(tmp_path, LONG)
    evidence = CacheTable()
    advice = suggest_tree(tree, evidence=evidence)
    found = best(tree, evidence)
    assert brief(found) == CHECKED
    assert [entry.pattern for entry in found] == [entry.pattern for entry in advice.suggestions[:BEST]]
    assert [entry.evidence for entry in found] == [entry.evidence for entry in advice.suggestions[:BEST]]
    assert [entry.size_bytes for entry in found] == [entry.size_bytes for entry in advice.suggestions[:BEST]]


def test_names_that_somebody_else_remembered_are_looked_for_anew(tmp_path: Path) -> None:
    class Strange(CacheTable):
        entry = b""

        def put(self, key: bytes, entry: bytes) -> None:
            super().put(key, self.entry)

    tree = committed(tmp_path, LONG)
    for entry in (b"nonsense", b"", msgspec.msgpack.encode([(b"/design", "text", [9999])])):
        evidence = Strange()
        evidence.entry = entry
        for _ in range(2):
            assert brief(best(tree, evidence)) == UNCHECKED


def test_tests_that_heroku_ci_needs_are_not_among_the_best(tmp_path: Path) -> None:
    found = best(committed(tmp_path, {**LONG, "app.json": TESTED}))
    assert brief(found) == [("/design", False), ("/docs", False), ("/film", False)]


def test_what_saves_next_to_nothing_is_not_among_the_best(tmp_path: Path) -> None:
    assert best(committed(tmp_path, {**NODE, "design/logo.psd": noise(900)})) == ()


def audited(root: Path) -> list[tuple[str, bool]]:
    done = run("--format", "json", cwd=root)
    assert (done.code, done.stderr) == (0, b"")
    return [(item["pattern"], item["checked"]) for item in checked(done.stdout.decode(), "audit")["suggestions"]]


@pytest.mark.parametrize(("files", "expected", "unchecked"), [(SHORT, CHECKED, 0), (LONG, UNCHECKED, BEST)])
def test_the_audit_says_what_was_checked(
    tmp_path: Path, files: Files, expected: list[tuple[str, bool]], unchecked: int
) -> None:
    root = make_repo(tmp_path / "repo", files)
    assert audited(root) == expected
    text = run(cwd=root).stdout.decode()
    assert text.count("  (not checked: run slugtrim suggest)\n") == unchecked


def test_after_suggest_the_audit_is_checked(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "repo", LONG)
    assert audited(root) == UNCHECKED
    assert run("suggest", "-q", cwd=root).code == 0
    assert audited(root) == CHECKED


def test_after_suggest_the_audit_of_an_application_with_sub_projects_is_checked(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "repo", {**LONG, **ADMIN, "package.json": "{}\n", "admin/film.mkv": noise(60_000)})
    assert audited(root) == UNCHECKED
    assert run("suggest", "-q", cwd=root).code == 0
    assert audited(root) == [("/design/logo.psd", True), ("/spec", True), ("/admin", True)]
