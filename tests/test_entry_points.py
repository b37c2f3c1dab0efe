"""Entry points: what Heroku, buildpacks, frameworks and developers start from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from slugtrim.sources.directory import read_directory
from slugtrim.suggester.edges import How, Phase
from slugtrim.suggester.entry_points import EntryPoints, entry_points
from slugtrim.suggester.places import find_projects
from slugtrim.suggester.root_table import implied_references, root_table
from tests.builders import Content, make_tree
from tests.rows import each_row

Files = Mapping[str, str | bytes]


def find(root: Path, files: Files) -> EntryPoints:
    contents: dict[bytes | str, Content] = dict(files.items())
    tree = read_directory(bytes(make_tree(root, contents)))
    return entry_points(tree, tree.files, find_projects(tree.files))


def phases(points: EntryPoints) -> dict[str, str]:
    return {root.path.decode("utf-8", "replace"): root.phase.name for root in points.roots}


def package(scripts: str, more: str = "") -> str:
    return f'{{"name": "shop", "scripts": {{{scripts}}}{more}}}'


SIMPLE: list[tuple[Files, str, str | None]] = [
    ({"Procfile": "web: node a.js\n"}, "a.js", "RUN"),
    ({"Procfile": "web: node b.js\n"}, "a.js", None),
    ({"Procfile": "web: x\nrelease: python a.py\n"}, "a.py", "RUN"),
    ({"Procfile": "web: cd web && gunicorn a:app\n"}, "web/a.py", "RUN"),
    ({"Procfile": "web: gunicorn --chdir back p.a:app\n"}, "back/p/a.py", "RUN"),
    ({"Procfile": "web: sh bin/go\n", "bin/go": "#!/bin/sh\nnode lib/a.js\n"}, "lib/a.js", "RUN"),
    ({"Procfile": "web: npm run w\n", "package.json": package('"w": "node a.js"')}, "a.js", "RUN"),
    ({"Procfile": "web: foreman start -f Procfile.all\n", "Procfile.all": "web: node a.js\n"}, "a.js", "RUN"),
    ({"Procfile": "web: serve -s site\n"}, "site/a.html", "RUN"),
    ({"package.json": package('"start": "node a.js"')}, "a.js", "RUN"),
    ({"package.json": package("")}, "server.js", "RUN"),
    ({"package.json": package('"start": "node a.js"'), "Procfile": "web: x\n"}, "a.js", "DEV"),
    ({"package.json": package('"build": "node a.js"')}, "a.js", "BUILD"),
    ({"package.json": package('"build": "node b.js", "heroku-postbuild": "node a.js"')}, "a.js", "BUILD"),
    ({"package.json": package('"build": "node a.js", "heroku-postbuild": "x"')}, "a.js", "DEV"),
    ({"package.json": package('"postinstall": "npm run x", "x": "npm run x; node a.js"')}, "a.js", "BUILD"),
    ({"package.json": package('"build": "run-s b:*", "b:a": "node a.js"')}, "a.js", "BUILD"),
    ({"package.json": package('"prepare": "yarn x", "postx": "node a.js", "x": "y"')}, "a.js", "BUILD"),
    ({"package.json": package('"test": "node a.js"')}, "a.js", "DEV"),
    ({"package.json": package('"test": "cp -r a b"')}, "a/a.js", None),
    ({"Procfile": "web: sidekiq -e work\n"}, "config/work.rb", None),
    ({"app.json": '{"scripts": {"postdeploy": "python a.py"}}'}, "a.py", "RUN"),
    ({"app.json": '{"environments": {"test": {"scripts": {"test": "python a.py"}}}}'}, "a.py", None),
    ({"app.json": '{"environments": {"review": {"scripts": {"postdeploy": "python a.py"}}}}'}, "a.py", "RUN"),
    (
        {"heroku.yml": "build:\n  docker:\n    web: d/Dockerfile\n", "d/Dockerfile": 'CMD ["node", "a.js"]\n'},
        "a.js",
        "RUN",
    ),
    ({"heroku.yml": "run:\n  web: node a.js\n"}, "a.js", "RUN"),
    ({"bin/post_compile": "#!/bin/bash\npython a.py\n", "requirements.txt": ""}, "a.py", "BUILD"),
    ({".profile": "python a.py\n"}, "a.py", "RUN"),
    ({".profile.d/x.sh": "python a.py\n"}, "a.py", "RUN"),
    ({"Procfile": "web: make go\n", "Makefile": "go: b\n\techo\nb:\n\t@node a.js\nc:\n\tnode c.js\n"}, "a.js", "RUN"),
    ({"Procfile": "web: make go\n", "Makefile": "go: b\n\techo\nb:\n\t@node a.js\nc:\n\tnode c.js\n"}, "c.js", None),
    ({"Procfile": "web: make go\n", "Makefile": "go: go b\n\techo\nb:\n\t@node a.js\n"}, "a.js", "RUN"),
    ({"Procfile": "web: composer go\n", "composer.json": '{"scripts": {"go": "php a.php"}}'}, "a.php", "BUILD"),
    ({"package.json": package('"build": "gulp x", "x": "node a.js"')}, "a.js", "DEV"),
    ({"composer.json": '{"scripts": {"post-install-cmd": ["@x"], "x": "@php a.php"}}'}, "a.php", "BUILD"),
    ({"package.json": package('"build": "webpack"')}, "webpack.config.js", "BUILD"),
    ({"package.json": package('"build": "tsc"')}, "webpack.config.js", "DEV"),
    ({"package.json": package('"build": "gulp x"')}, "gulpfile.js", "BUILD"),
    ({"package.json": package('"lint": "gulp x"')}, "gulpfile.js", "DEV"),
    ({"package.json": package("", ', "dependencies": {"next": "1"}')}, "pages/a.jsx", "RUN"),
    ({"package.json": package("", ', "dependencies": {"next": "1"}')}, "pages/a.test.jsx", "DEV"),
    ({"package.json": package("")}, "pages/a.jsx", None),
    ({"package.json": package(""), "Gemfile": "gem 'a', ENV['NEXT']\n"}, "pages/a.jsx", None),
    ({"package.json": package("")}, "karma.conf.js", "DEV"),
    ({"package.json": package(""), ".aptible.yml": "before_release:\n  - node a.js\n"}, "a.js", "DEV"),
    ({"Gemfile": 'gem "rails"\n'}, "app/models/a.rb", "RUN"),
    ({"Gemfile": 'gem "rails"\n'}, "app/assets/a.psd", None),
    ({"Gemfile": 'gem "rails"\n'}, "lib/tasks/a.rake", "RUN"),
    ({"Gemfile": 'gem "sinatra"\n'}, "config.ru", "RUN"),
    ({"Gemfile": 'gem "sinatra"\n'}, "app/models/a.rb", None),
    ({"manage.py": ""}, "shop/migrations/0001_test.py", "RUN"),
    ({"manage.py": ""}, "shop/models.py", "RUN"),
    ({"manage.py": ""}, "shop/tests.py", None),
    ({"manage.py": "", "a/settings.py": "APPS = ['a.tests']\n", "a/tests/__init__.py": ""}, "a/tests/models.py", "RUN"),
    (
        {"manage.py": "", "a/settings/test.py": "['a.tests']\n", "a/tests/__init__.py": ""},
        "a/tests/models.py",
        None,
    ),
    ({"manage.py": ""}, "shop/tests/app/models.py", None),
    ({"requirements.txt": "flask\n"}, "templates/a.html", "RUN"),
    ({"requirements.txt": ""}, "x/alembic/versions/a_test.py", "RUN"),
    ({"mix.exs": ""}, "priv/a.txt", None),
    ({"mix.exs": ""}, "lib/a.ex", "RUN"),
    ({"pom.xml": ""}, "core/src/main/java/A.java", "RUN"),
    ({"artisan": ""}, "app/A.php", "RUN"),
    ({"go.mod": "module x\n"}, "a_test.go", "DEV"),
]


@each_row("files, path, expected", SIMPLE)
def test_the_phase_of_a_file(tmp_path: Path, files: Files, path: str, expected: str | None) -> None:
    points = find(tmp_path / "slug", {path: "", **files})
    assert phases(points).get(path) == expected
    assert points.notes == ()


def test_the_reason_has_its_file_and_line(tmp_path: Path) -> None:
    files = {"Procfile": "# one\nweb: npm run go\n", "package.json": '{"scripts": {\n"go": "node a.js"}}', "a.js": ""}
    (root,) = [root for root in find(tmp_path, files).roots if root.path == b"a.js"]
    assert (root.why, root.source, root.line, root.phase) == ("package.json scripts.go", b"package.json", 2, Phase.RUN)


def test_tasks_that_are_called(tmp_path: Path) -> None:
    files = {
        "Procfile": "release: rake a:b\n",
        "package.json": package('"build": "gulp c", "test": "gulp d"'),
        "lib/tasks/a.rake": "namespace :a do\n  task :b do\n  end\nend\n",
        "lib/tasks/d.rake": "task :d do\nend\n",
        "gulpfile.js": 'gulp.task("c", () => {});\n',
    }
    assert find(tmp_path, files).called_task_files == {b"lib/tasks/a.rake", b"gulpfile.js"}


def test_search_paths_are_directories_that_exist(tmp_path: Path) -> None:
    files = {"Procfile": "web: cd back && gunicorn --chdir none a:b\n", "back/a.py": "", "requirements.txt": ""}
    assert find(tmp_path, files).search_paths == (b"back",)


@each_row(
    "process, expected",
    [
        ("web: cd back && npm start", {b"back"}),
        ("web: python back/a.py", {b"back"}),
        ("web: cd back && sh run.sh", {b"back"}),
        ("web: sh back/run.sh", set()),
        ("web: puma -C back/puma.rb", set()),
        ("web: cd none && npm start", set()),
        ("web: python back/a.py\nworker: java -jar x.jar", set()),
    ],
)
def test_directories_in_which_processes_start(tmp_path: Path, process: str, expected: set[bytes]) -> None:
    files = {"Procfile": process + "\n", "back/a.py": "", "back/run.sh": "", "back/puma.rb": "", "package.json": "{}"}
    assert find(tmp_path, files).started_directories == expected


BAD: list[tuple[str, str | bytes]] = [
    ("Procfile", "web node a.js\n"),
    ("Procfile", b"\xff\xfe\0"),
    ("package.json", "{"),
    ("package.json", "[]"),
    ("package.json", "[" * 100_000),
    ("package.json", b"\xff"),
    ("app.json", '{"scripts"'),
]


@each_row("name, content", BAD)
def test_what_cannot_be_read_is_a_note(tmp_path: Path, name: str, content: str | bytes) -> None:
    points = find(tmp_path, {name: content, "a.js": "", "b/a.py": ""})
    assert [note.paths for note in points.notes] == [(name.encode(),)]
    assert points.default_live(b"a.js")


ODD: list[Files] = [
    {"package.json": '{"scripts": ["a"], "dependencies": 3, "name": {}, "exports": 4, "main": []}'},
    {"package.json": '{"scripts": {"build": 3, "start": null}}'},
    {"app.json": '{"scripts": [], "environments": {"review": 3}}'},
    {
        "app.json": '{"environments": {"a": {"scripts": {"b": ["c"]}}}}',
        "composer.json": '{"scripts": {"compile": {"a": 1}}}',
    },
    {"Makefile": ":::\n\t\nall\\: = x\n%: $(X)\n\t$@\n", "Procfile": "web: make\n"},
    {"heroku.yml": ":\n-\n - - :\n\x00: a\n"},
    {
        b"\xff\xfe/package.json".decode("utf-8", "surrogateescape"): "{}",
        "Procfile": "web: node \udcff.js\n".encode("utf-8", "surrogateescape"),
    },
    {"Procfile": "web: cd a && cd .. && cd ../.. && node ../../../a.js\n"},
]


@each_row("files", ODD)
def test_odd_contents_raise_nothing(tmp_path: Path, files: Files) -> None:
    find(tmp_path / "slug", files)


LIVE: list[tuple[Files, str, bool]] = [
    ({"Procfile": "web: node a.js\n", "a.js": ""}, "scripts/b.js", False),
    ({"Procfile": "web: node a.js\n", "a.js": ""}, "public/b.js", True),
    ({"Procfile": "web: node a.js\n", "a.js": ""}, "b.py", True),
    ({"Procfile": "web: node $FILE\n", "a.js": ""}, "b.js", True),
    ({"Procfile": "web: gunicorn $APP\n", "release.py": ""}, "b.py", True),
    ({"Procfile": "web: python a.py\n", "a.py": ""}, "templates/b.html", True),
    ({"Procfile": "web: python a.py\n", "a.py": ""}, "b.py", False),
    ({"requirements.txt": ""}, "b.py", True),
    ({"Gemfile": 'gem "rails"\n', "app/a.rb": ""}, "b.rb", False),
    ({"go.mod": ""}, "b.go", True),
    ({"go.mod": ""}, "b.sh", True),
    ({"Procfile": "web: python a.py\n", "a.py": "", "requirements.txt": ""}, "b.sh", False),
    ({"Procfile": "web: python a.py\n", "a.py": "", "requirements.txt": ""}, "bin/setup", False),
    ({"Procfile": "web: python a.py\n", "a.py": "", "requirements.txt": ""}, "bin/a.txt", True),
    (
        {"Procfile": "web: node a.js\n", "a.js": "", "package.json": "{}", "site/package.json": "{}"},
        "site/b.html",
        False,
    ),
    (
        {
            "package.json": package('"start": "node a.js"', ', "dependencies": {"x": "*"}'),
            "a.js": "",
            "p/package.json": '{"name": "x"}',
        },
        "p/b.html",
        True,
    ),
    ({"package.json": package('"build": "cd site && npm run build"'), "site/package.json": "{}"}, "site/b.html", True),
    (
        {"package.json": package('"build": "lerna run build"'), "p/package.json": package('"build": "x"')},
        "p/b.html",
        True,
    ),
    ({"mix.exs": "", "assets/package.json": "{}"}, "assets/b.html", True),
    ({"Procfile": "web: gunicorn a:b\n", "a/__init__.py": "", "a/t/package.json": "{}"}, "a/t/b.html", True),
    ({"Procfile": "web: gunicorn a:b\n", "a/__init__.py": "", "t/package.json": "{}"}, "t/b.html", False),
    ({"Gemfile": "path 'engines/x'\n", "engines/x/x.gemspec": ""}, "engines/x/lib/b.rb", True),
]


@each_row("files, path, expected", LIVE)
def test_what_counts_as_used_by_default(tmp_path: Path, files: Files, path: str, expected: bool) -> None:
    assert find(tmp_path / "slug", {path: "", **files}).default_live(path.encode()) is expected


def test_cycles_of_scripts_and_files_end(tmp_path: Path) -> None:
    files = {
        "package.json": package('"build": "npm run a", "a": "npm run build && sh a.sh"'),
        "a.sh": "sh b.sh\nnpm run a\n",
        "b.sh": "sh a.sh\nmake a\n",
        "Makefile": "a: b\nb: a\n\tsh a.sh\n",
    }
    found = phases(find(tmp_path, files))
    assert (found["a.sh"], found["b.sh"], found["Makefile"]) == ("BUILD", "BUILD", "BUILD")


def test_the_rows_of_the_table_are_whole() -> None:
    table = root_table()
    assert len({row.id for row in table.rows}) == len(table.rows)
    for row in table.rows:
        assert row.ecosystems or row.files or row.depends or row.npm, row.id
        assert row.why, row.id
        assert row.patterns, row.id
        assert all(package == package.lower() for package in row.depends | row.npm), row.id
    for implied in table.implied:
        assert implied.words, implied.why
        assert implied.reads, implied.why


@each_row(
    "path, content, line, read",
    [
        (b"db/seeds.rb", b"\nFactoryBot.create(:a)\n", 2, "spec/factories"),
        (b"app.py", b"import dash\n", 1, "assets"),
        (b"app.py", b"import dashing\n", None, ""),
        (b"app.js", b"import dash\n", None, ""),
    ],
)
def test_libraries_read_paths_that_nobody_writes(path: bytes, content: bytes, line: int | None, read: str) -> None:
    found = implied_references(path, content)
    assert [each.line for each in found][:1] == ([line] if line else [])
    assert not found or (found[0].text, found[0].how) == (read, How.PATH)


HOSTILE = [
    ("package.json", '{"scripts": {"build": "run-s *", %s"z": "z"}}', '"a%d": "run-s a* *%d b*",\n'),
    ("package.json", '{"workspaces": ["*"], "scripts": {"build": "run-s *", %s"z": "z"}}', '"a%d": "lerna run a%d",'),
    ("Procfile", "%s", "bad line %d\n"),
    ("Procfile", "%s", "web: cd a && node a%d.js; make all a%d\n"),
    ("Makefile", "all: a0\n\tmake a1\n%s", "a%d: all\n\tmake a%d\n"),
    ("composer.json", '{"scripts": {"compile": "@composer a1", %s"z": "z"}}', '"a%d": "@composer a%d",'),
    ("bin/post_compile", "#!/bin/sh\n%s", "cd a; sh a%d.sh\n"),
]


@pytest.mark.full
@pytest.mark.parametrize(("name", "content", "piece"), HOSTILE)
def test_hostile_manifests_take_no_time(tmp_path: Path, name: str, content: str, piece: str) -> None:
    pieces = "".join(piece.replace("%d", str(number)) for number in range(5_000))
    files = {"requirements.txt": "", "Procfile": "web: make\n", **{f"a/{i}/package.json": "{}" for i in range(100)}}
    started = time.process_time()
    points = find(tmp_path, {**files, name: content.replace("%s", pieces)})
    assert time.process_time() - started < 2
    assert points.roots
