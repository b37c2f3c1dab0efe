"""``explain FILE``: why a deploy uses a file, or who else names it."""

from __future__ import annotations

import time
from pathlib import Path

from slugtrim.ignore import Dialect
from slugtrim.listing import Explanation, PathKind, explain, explain_reach
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style
from slugtrim.scanner import scan
from slugtrim.store import CacheTable
from slugtrim.suggester.records import Grade, Link
from tests.applications import memory_tree
from tests.builders import Content, make_repo
from tests.command_line import run
from tests.rows import each_row
from tests.test_reports_json import checked

Files = dict[bytes | str, Content]

FILES: Files = {
    "Procfile": "web: node server.js\n",
    "package.json": '{"dependencies": {"express": "4"},\n"scripts": {\n"build": "node tools/build.js"}}\n',
    "package-lock.json": "{}\n",
    "server.js": 'require("./lib/x");\n\nread(path.join(__dirname, "data/a.csv"));\nres.render("home");\n',
    "lib/x.js": 'if (fs.existsSync("docs/guide.md")) fs.readFileSync("docs/guide.md");\n',
    "lib/loop.js": 'require("./x");\n',
    "test/x.test.js": 'require("../lib/x");\nread("data/b.csv");\n',
    "tools/build.js": 'write("out");\n',
    "data/a.csv": "a\n",
    "data/b.csv": "b\n",
    "data/c.csv": "c\n",
    "docs/guide.md": "hi\n",
    "views/home.ejs": "<p>\n",
    "tmp/cache.js": "x\n",
    b"data/\xff\n.csv": "x\n",
}


def items(*paths: str, files: Files = FILES) -> dict[str, Explanation]:
    found = explain(memory_tree(files), [path.encode() for path in paths], Dialect.GITIGNORE)
    return {item.path.decode(): item for item in found.items}


def sentence(path: str, files: Files = FILES) -> str:
    """What the report says of the deploy; empty if nothing."""
    text = render("explain", "text", explain(memory_tree(files), [path.encode()], Dialect.GITIGNORE), style=Style())
    lines = [line.removeprefix("  deploy     ") for line in text.splitlines() if line.startswith("  deploy ")]
    return "\n".join(lines)


REACHED = [
    ("server.js", "uses it: Procfile:1 web → server.js"),
    ("lib/x.js", "uses it: Procfile:1 web → server.js:1 → lib/x.js"),
    ("data/a.csv", "uses it: Procfile:1 web → server.js:3 → data/a.csv"),
    ("views/home.ejs", "uses it: Procfile:1 web → server.js:4 → views/home.ejs"),
    ("tools/build.js", "uses it: package.json:3 scripts.build → tools/build.js"),
    (
        "docs/guide.md",
        "runs without it: Procfile:1 web → server.js:1 → lib/x.js:1 → docs/guide.md (the code handles its absence)",
    ),
    ("data/b.csv", "does not use it: only test/x.test.js:2 names it, and no deploy reads that"),
    ("data/c.csv", "does not use it: nothing refers to it"),
    (
        "lib/loop.js",
        "does not use it: nothing refers to it (only a one-off command, such as heroku run, could start it)",
    ),
    ("tmp/cache.js", ""),
    ("data", ""),
    ("data/new.csv", ""),
]


@each_row("path, expected", REACHED)
def test_the_chain_from_the_entry_point_is_told(path: str, expected: str) -> None:
    assert sentence(path) == expected


def test_of_several_files_each_is_told_as_alone() -> None:
    paths = [path for path, _ in REACHED]
    together = items(*paths)
    assert {path: item.reach for path, item in together.items()} == {
        path: item.reach for path in paths for item in items(path).values()
    }


def test_a_file_that_a_rule_leaves_out_is_told_as_one_that_stays() -> None:
    assert sentence("data/a.csv", {**FILES, ".slugignore": "/data\n"}) == sentence("data/a.csv")


def test_what_a_framework_loads_needs_no_reference() -> None:
    rails: Files = {
        "Gemfile": 'gem "rails"\n',
        "config/application.rb": "module A; end\n",
        "config.ru": "run A\n",
        "app/models/user.rb": 'A = File.read("data/a.csv")\n',
        "data/a.csv": "a\n",
    }
    assert sentence("app/models/user.rb", rails).startswith("Rails ")
    chain = sentence("data/a.csv", rails)
    assert chain.startswith("uses it: Rails ")
    assert chain.endswith(" → app/models/user.rb:1 → data/a.csv")
    both = items("app/models/user.rb", "data/a.csv", files=rails)
    assert [item.reach for item in both.values()] == [
        item.reach for path in both for item in items(path, files=rails).values()
    ]


def test_a_file_in_a_directory_that_is_served_whole_may_be_used() -> None:
    flask: Files = {
        "requirements.txt": "flask\n",
        "Procfile": "web: python app.py\n",
        "app.py": "import flask\n",
        "static/list.csv": "a\n",
        "list.csv": "a\n",
    }
    served = "may use it: nothing refers to it, but it is in static/: Django and Flask serve all of it"
    assert sentence("static/list.csv", flask) == served
    assert sentence("list.csv", flask) == "does not use it: nothing refers to it"


def test_names_that_are_not_utf_8_are_told() -> None:
    name = b"data/\xff\n.csv"
    (item,) = explain(memory_tree(FILES), [name], Dialect.GITIGNORE).items
    assert item.kind is PathKind.FILE
    assert item.reach is not None
    files: Files = {**FILES, b"lib/\xff.js": 'read("data/c.csv")\n', "server.js": b'require("./lib/\xff")\n'}
    del files["lib/loop.js"]
    text = render("explain", "json", explain(memory_tree(files), [b"data/c.csv"], Dialect.GITIGNORE))
    checked(text, "explain")


def test_the_record_has_every_step() -> None:
    (item,) = items("data/a.csv").values()
    assert item.reach is not None
    assert (item.reach.grade, item.reach.excuse) == (Grade.READ, None)
    assert item.reach.chain == (Link(path=b"Procfile", line=1, text="web"), Link(path=b"server.js", line=3, text=""))
    slug = scan(memory_tree(FILES))
    assert explain_reach(slug, [b"data/a.csv", b"no"]) == {b"data/a.csv": item.reach}
    assert explain_reach(slug, []) == explain_reach(slug, [b"no"]) == {}


def test_json_has_the_chain() -> None:
    paths = [b"data/a.csv", b"docs/guide.md", b"data", b"data/c.csv"]
    data = checked(render("explain", "json", explain(memory_tree(FILES), paths, Dialect.GITIGNORE)), "explain")
    assert data["schema"] == 2
    read, guarded, directory, unreached = (each["reach"] for each in data["paths"])
    assert read == {
        "grade": "read",
        "chain": [{"path": "Procfile", "line": 1, "text": "web"}, {"path": "server.js", "line": 3, "text": ""}],
        "excuse": None,
    }
    assert (guarded["grade"], guarded["excuse"]) == ("guarded", "the code handles its absence")
    assert directory is None
    assert unreached == {"grade": "unreached", "chain": [], "excuse": None}


def test_what_is_remembered_makes_no_difference() -> None:
    table = CacheTable()
    first = explain(memory_tree(FILES), [b"data/a.csv"], Dialect.GITIGNORE, evidence=table)
    assert explain(memory_tree(FILES), [b"data/a.csv"], Dialect.GITIGNORE, evidence=table) == first
    other = explain(memory_tree(FILES), [b"data/b.csv"], Dialect.GITIGNORE, evidence=table)
    assert other == explain(memory_tree(FILES), [b"data/b.csv"], Dialect.GITIGNORE)


def test_the_command_takes_a_file(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {name: content for name, content in FILES.items() if isinstance(name, str)})
    done = run("explain", "data/a.csv", "data", cwd=root)
    assert (done.code, done.stderr) == (0, b"")
    assert "  deploy     uses it: Procfile:1 web → server.js:3 → data/a.csv\n" in done.stdout.decode()


def test_a_cycle_ends() -> None:
    loop: Files = {f"lib/m{n}.js": f'require("./m{(n + 1) % 300}");\n' for n in range(300)}
    start = time.process_time()
    item = items("lib/m299.js", files={**FILES, **loop, "server.js": 'require("./lib/m0");\n'})["lib/m299.js"]
    assert item.reach is not None
    assert item.reach.grade is Grade.READ
    assert time.process_time() - start < 10
