"""References resolved to files: modules as each language resolves them, paths by their base and by their end."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from slugtrim.files import REGULAR, File
from slugtrim.suggester.edges import Anchor, EdgeKind, How, Reference
from slugtrim.suggester.modules import is_setting, load_json
from slugtrim.suggester.places import find_projects
from slugtrim.suggester.resolve import Resolver
from tests.rows import each_row

Contents = Mapping[str, str]


def encode(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def resolver(paths: str, contents: Contents | None = None, search: tuple[bytes, ...] = ()) -> Resolver:
    settings = {path.encode(): text.encode() for path, text in (contents or {}).items()}
    files = [*map(encode, paths.split()), *settings]
    projects = find_projects([File(path, 1, REGULAR, None) for path in files])
    return Resolver(files, projects, search, {path: text for path, text in settings.items() if is_setting(path)})


def lead(
    paths: str,
    source: str,
    text: str,
    how: How = How.MODULE,
    *,
    base: Anchor = Anchor.ANY,
    kind: EdgeKind = EdgeKind.LOADS,
    contents: Contents | None = None,
    search: tuple[bytes, ...] = (),
) -> str:
    """The files that a reference leads to, in order; ``~`` before those whose ends alone agree."""
    reference = Reference(text, 1, how, kind, base)
    found = resolver(paths, contents, search).resolve(reference, encode(source))
    files = [path.decode("utf-8", "replace") for path in found.files if path != encode(source)]
    return " ".join(sorted(("" if found.is_exact else "~") + path for path in files))


PYTHON = [
    ("a.py b.py", "a.py", "b", "b.py"),
    ("a.py p/__init__.py p/b.py", "a.py", "p.b", "p/__init__.py p/b.py"),
    ("a.py p/__init__.py p/b.py", "a.py", "p.b.Name", "p/__init__.py p/b.py"),
    ("a.py p/__init__.py p/b.py", "a.py", "p.Name", "p/__init__.py"),
    ("a.py p/b.py p/c.py p/d.csv", "a.py", "p", "p/b.py p/c.py"),
    ("src/p/__init__.py src/p/b.py run.py", "run.py", "p.b", "src/p/__init__.py src/p/b.py"),
    ("p/__init__.py p/a.py p/b.py", "p/a.py", ".b", "p/b.py"),
    ("p/__init__.py p/a.py p/b.py", "p/a.py", ".", "p/__init__.py"),
    ("p/q/a.py p/b.py", "p/q/a.py", "..b", "p/b.py"),
    ("a.py", "a.py", "....b", ""),
    ("app/utils.py app/a.py", "app/a.py", "django.utils", ""),
    ("app/utils.py utils.py a.py", "a.py", "utils", "utils.py"),
    ("a.py test/x.py os.py", "a.py", "test.support", "test/x.py"),
    ("bin/a.py tools/deep/helper.py", "bin/a.py", "helper", "tools/deep/helper.py"),
    ("bin/a.py tools/deep/json.py", "bin/a.py", "json", ""),
    ("web/a.py web/b.py", "web/a.py", "b", "web/b.py"),
    ("a.py p.py p/__init__.py", "a.py", "p", "p/__init__.py"),
    ("Procfile app/wsgi.py", "Procfile", "app.wsgi:application", "app/wsgi.py"),
]


@each_row("paths, source, text, expected", PYTHON)
def test_python_modules(paths: str, source: str, text: str, expected: str) -> None:
    assert lead(paths, source, text) == expected


def test_a_search_path_comes_first() -> None:
    assert lead("app.py src/app.py Procfile", "Procfile", "app", search=(b"src",)) == "src/app.py"


def test_a_project_that_commands_enter_does_not_look_in_the_others() -> None:
    paths = "a/requirements.txt b/requirements.txt a/x.py a/d/y.csv b/d/y.csv"
    assert lead(paths, "a/x.py", "d/y.csv", How.PATH, search=(b"a", b"b")) == "a/d/y.csv"


SCRIPTS = [
    ("a.js b.js", "./b", "b.js"),
    ("a.js b/index.js", "./b", "b/index.js"),
    ("a.js b.ts", "./b.js", "b.ts"),
    ("a.js b.js b.test.js", "./b", "b.js"),
    ("a.js b.js", "b", ""),
    ("a.js x/b.js", "./b", ""),
    ("a.js src/b.vue", "@/b", "src/b.vue"),
    ("a.js src/b.vue", "~/b.vue", "src/b.vue"),
    ("a.js src/components/b.jsx", "components/b", "src/components/b.jsx"),
    ("a.js b.css", "style-loader!./b.css?raw", "b.css"),
    ("a.js tests/load-image.js", "some-package/js/load-image", ""),
    ("a.js public/b.js", "/b.js", "public/b.js"),
    ("a.js ", "../../../b", ""),
    ("a.js index.js", ".", "index.js package.json"),
]


@each_row("paths, text, expected", SCRIPTS)
def test_javascript_modules(paths: str, text: str, expected: str) -> None:
    contents = {"package.json": '{"dependencies": {"some-package": "1"}}'}
    assert lead(paths, "a.js", text, contents=contents) == expected


SETTINGS: list[tuple[str, str, Contents, str]] = [
    (
        "lib/b.ts",
        "@lib/b",
        {"tsconfig.json": '{"compilerOptions": {"paths": {"@lib/*": ["./lib/*"],},},} // c'},
        "lib/b.ts",
    ),
    ("web/x/b.ts", "b", {"tsconfig.json": '{"compilerOptions": {"baseUrl": "web/x"}}'}, "web/x/b.ts"),
    ("web/x/b.ts", "b", {"tsconfig.json": "{{{"}, ""),
    ("p/lib/m.js", "shop", {"p/package.json": '{"name": "shop", "main": "lib/m"}'}, "p/lib/m.js p/package.json"),
    (
        "p/src/index.ts",
        "shop",
        {"p/package.json": '{"name": "shop", "main": "dist/index.js"}'},
        "p/package.json p/src/index.ts",
    ),
    ("p/src/a.ts", "shop/a", {"p/package.json": '{"name": "shop"}'}, "p/src/a.ts"),
    (
        "p/lib/a.js p/b.js",
        "@s/shop/a",
        {"p/package.json": '{"name": "@s/shop", "exports": {"./*": {"import": "./lib/*.js"}, ".": "./b.js"}}'},
        "p/lib/a.js p/package.json",
    ),
    ("lib/b.js", "#b", {"package.json": '{"imports": {"#*": "./lib/*.js"}}'}, "lib/b.js"),
    ("b/c.js", "./b", {"b/package.json": '{"main": "c.js"}'}, "b/c.js b/package.json"),
    ("p/a.js p/b.js", "shop", {"p/package.json": '{"name": "shop"}'}, "p/a.js p/b.js"),
    ("p/a.js", "shop", {"p/package.json": "[]"}, ""),
]


@each_row("paths, text, contents, expected", SETTINGS)
def test_settings_of_modules(paths: str, text: str, contents: Contents, expected: str) -> None:
    assert lead(f"a.ts {paths}", "a.ts", text, contents=contents) == expected


RUBY = [
    ("a.rb lib/b/c.rb", "b/c", Anchor.ANY, "lib/b/c.rb"),
    ("a.rb c.rb", "./c", Anchor.ANY, "c.rb"),
    ("a.rb spec/json.rb", "json", Anchor.ANY, ""),
    ("a.rb c.rb", "c", Anchor.HERE, "c.rb"),
    ("a.rb engines/x/lib/x/y.rb", "x/y", Anchor.ANY, "engines/x/lib/x/y.rb"),
]


@each_row("paths, text, base, expected", RUBY)
def test_ruby_requires(paths: str, text: str, base: Anchor, expected: str) -> None:
    assert lead(paths, "a.rb", text, base=base) == expected


def test_go_packages() -> None:
    contents = {"go.mod": "module example.org/shop\n\ngo 1.22\n"}
    paths = "main.go db/db.go db/db_test.go db/sub/x.go"
    assert lead(paths, "main.go", "example.org/shop/db", contents=contents) == "db/db.go"
    assert lead(paths, "main.go", "example.org/other/db", contents=contents) == ""


PATHS = [
    ("a/x.py a/d.csv d.csv", "a/x.py", "d.csv", Anchor.HERE, "a/d.csv"),
    ("a/x.py a/d.csv d.csv", "a/x.py", "d.csv", Anchor.ROOT, "d.csv"),
    ("a/x.py a/d.csv d.csv", "a/x.py", "d.csv", Anchor.ANY, "a/d.csv d.csv"),
    ("a/x.py z/q/d.csv", "a/x.py", "q/d.csv", Anchor.ANY, "~z/q/d.csv"),
    ("a/x.py z/q/d.csv", "a/x.py", "r/d.csv", Anchor.ANY, "~z/q/d.csv"),
    ("a/x.py z/q/d.py", "a/x.py", "r/d.py", Anchor.ANY, ""),
    ("a/x.py p/d.csv q/d.csv r/d.csv s/d.csv", "a/x.py", "d.csv", Anchor.ANY, ""),
    ("a/x.py shop/templates/p/d.html", "a/x.py", "p/d.html", Anchor.ANY, "shop/templates/p/d.html"),
    ("a/x.rb app/views/p/_d.html.erb", "a/x.rb", "p/d", Anchor.ANY, "app/views/p/_d.html.erb"),
    ("a/x.scss a/_d.scss", "a/x.scss", "./d", Anchor.HERE, "a/_d.scss"),
    ("x.html public/i/d.png", "x.html", "/i/d.png?v=3", Anchor.ANY, "public/i/d.png"),
    ("x.html public/i/d_e.png", "x.html", "/i/d%5fe.png", Anchor.ANY, "public/i/d_e.png"),
    ("x.html i/d.png", "x.html", "https://example.org/i/d.png", Anchor.ANY, ""),
    ("x.py instance/d.db", "x.py", "sqlite:///instance/d.db", Anchor.ANY, "instance/d.db"),
    ("x.py d/a d/b/c", "x.py", "d/", Anchor.ANY, "d/a d/b/c"),
    ("x.py z/d/a", "x.py", "d/", Anchor.ANY, "~z/d/a"),
    ("x.py z/d/a q/d/a", "x.py", "d/", Anchor.ANY, ""),
    ("x.py d/a", "x.py", "d\\a", Anchor.ANY, "d/a"),
    ("x.py z/d/e/a", "x.py", "d/e", Anchor.ANY, "~z/d/e/a"),
    ("x.py d", "x.py", "../../d", Anchor.HERE, "d"),
    ("x.py d", "x.py", "", Anchor.ANY, ""),
    ("x.py d\udcff.csv", "x.py", "d\udcff.csv", Anchor.ANY, "d\ufffd.csv"),
    ("x.py d.csv", "x.py", "\ud800/d.csv", Anchor.ANY, "~d.csv"),
]


@each_row("paths, source, text, base, expected", PATHS)
def test_paths(paths: str, source: str, text: str, base: Anchor, expected: str) -> None:
    assert lead(paths, source, text, How.PATH, base=base) == expected


WORDS = [
    ("x.py docs/a", "docs", "docs/a"),
    ("x.py docs.py", "docs", ""),
    ("x.py docs.html", "docs", "docs.html"),
    ("x.py q/docs.py", "docs", ""),
    ("x.py q/docs/a", "docs", ""),
    ("x.py q/docs/a r/docs/a", "docs", ""),
    ("x.py LICENSE", "LICENSE", "LICENSE"),
]


@each_row("paths, text, expected", WORDS)
def test_words(paths: str, text: str, expected: str) -> None:
    assert lead(paths, "x.py", text, How.WORD, kind=EdgeKind.NAMES) == expected


GLOBS = [
    ("x.js h/a.js h/b/index.js h/c.txt", "./h/*", Anchor.HERE, "h/a.js h/b/index.js h/c.txt"),
    ("x.js h/a.js h/b/c.js h/c.txt", "h/*.js", Anchor.ANY, "h/a.js"),
    ("x.js h/a.js h/b/c.js h/c.txt", "h/**/*.js", Anchor.ANY, "h/a.js h/b/c.js"),
    ("x.js h/a.js h/b/c.js h/c.txt", "h/**", Anchor.ANY, "h/a.js h/b/c.js h/c.txt"),
    ("x.js h/a.js h/b.txt h/c.md", "h/*.{js,md}", Anchor.ANY, "h/a.js h/c.md"),
    ("x.js h/a.js h/ab.js", "h/?.js", Anchor.ANY, "h/a.js"),
    ("x.js h/a.js h/b.js", "h/[a]*", Anchor.ANY, "h/a.js"),
    ("x.js h/a-en.json h/b.js", "./h/a-*", Anchor.HERE, "h/a-en.json"),
    ("x.js h/en/a.json h/de/a.json", "h/*/a.json", Anchor.ANY, "h/de/a.json h/en/a.json"),
    ("x.js z/k/h/a.js", "k/h/*", Anchor.ANY, "~z/k/h/a.js"),
    ("x.js y.js a.css", "**", Anchor.ANY, "y.js"),
    ("x.js y.js", "h/*", Anchor.ANY, ""),
    ("x.js y.js", "{{{{*", Anchor.ANY, ""),
    ("x.js img/a_b.png img/c.png", "a_*.png", Anchor.ANY, "~img/a_b.png"),
    ("x.js img/a_b.png img/c.png", "a_*.png", Anchor.HERE, ""),
    ("x.js img/a_b.png img/c.png", "*.png", Anchor.ANY, ""),
]


@each_row("paths, text, base, expected", GLOBS)
def test_globs(paths: str, text: str, base: Anchor, expected: str) -> None:
    assert lead(paths, "x.js", text, How.GLOB, base=base) == expected


def test_a_directory_is_said_to_be_what_the_files_are_found_through() -> None:
    found = resolver("x.py d/a d/b").resolve(Reference("d", 1, How.PATH, EdgeKind.LOADS), b"x.py")
    assert (found.through, found.is_exact) == (b"d", True)


def test_comments_and_commas_in_settings() -> None:
    assert load_json(b'{"a": "// no /* comment", /* one */ "b": [1,], // two\n}') == {"a": "// no /* comment", "b": [1]}
    assert load_json(b'{"a": /*/*/*') is None
    assert load_json(b"[" * 100_000) is None


def ambiguous(count: int) -> float:
    paths = [b"d%d/static/index.js" % number for number in range(count)]
    started = time.process_time()
    made = Resolver(paths)
    for number in range(count):
        for text in (f"x{number}/index.js", f"x{number}/static/index.js", "static", f"./y{number}/*"):
            how = How.GLOB if "*" in text else How.PATH
            made.resolve(Reference(text, 1, how, EdgeKind.NAMES), paths[number])
    return time.process_time() - started


@pytest.mark.full
def test_a_name_that_very_many_files_have_costs_no_more_for_each() -> None:
    few, many = (min(ambiguous(count) for _ in range(3)) for count in (500, 2000))
    assert many < few * 10


@each_row("text", ["a" * 100_000, "/" * 100_000, "../" * 50_000, "*" * 50_000, "{a," * 20_000, "a.b." * 9000])
@each_row("how", list(How))
@each_row("source", ["x.py", "x.js", "x.rb", "x.go"])
def test_hostile_texts_take_no_time(text: str, how: How, source: str) -> None:
    started = time.process_time()
    lead("x.py a/b/c.js a.py", source, text, how)
    assert time.process_time() - started < 2
