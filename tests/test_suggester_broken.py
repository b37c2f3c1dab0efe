"""Whole applications with the suggestions in force: nothing that runs there may refer to what is gone."""

from __future__ import annotations

import posixpath
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from slugtrim.files import SYMLINK, Tree
from slugtrim.sources import open_tree
from slugtrim.suggester.records import Advice
from tests.applications import DJANGO, ELIXIR, FLASK, IMAGE, NODE, PHP, RAILS, Files, memory_tree, suggest_tree
from tests.broken_references import Break, broken
from tests.builders import Content

pytestmark = pytest.mark.full

Write = Callable[[str, str], str]
"""How a file refers to another, given both paths."""


def relative(reader: str, path: str) -> str:
    """The path as the reader's directory sees it."""
    found = posixpath.relpath(path, posixpath.dirname(reader) or ".")
    return found if found.startswith("../") else f"./{found}"


def stemmed(path: str) -> str:
    return posixpath.splitext(path)[0]


def module(path: str) -> str:
    return stemmed(path).replace("/", ".")


def joined(path: str) -> str:
    return ", ".join(f'"{part}"' for part in path.split("/"))


PYTHON: list[Write] = [
    lambda _, path: f'text = open("{path}").read()\n',
    lambda _, path: f"text = Path(BASE_DIR, {joined(path)}).read_text()\n",
    lambda _, path: f"with open(os.path.join(ROOT, {joined(path)})) as file:\n    pass\n",
]
PYTHON_CODE: list[Write] = [
    lambda _, path: f"import {module(path)}\n",
    lambda _, path: f"from {module(path)} import run\n",
    lambda _, path: (
        f"def later():\n    from {module(path).rpartition('.')[0]} import {module(path).rpartition('.')[2]}\n"
    ),
]
RUBY: list[Write] = [
    lambda _, path: f'TEXT = File.read("{path}")\n',
    lambda _, path: f"TEXT = Rails.root.join({joined(path)}).read\n",
    lambda _, path: f'send_file Rails.root.join("{path}")\n',
]
RUBY_CODE: list[Write] = [
    lambda reader, path: f'require_relative "{stemmed(relative(reader, path)).removeprefix("./")}"\n',
    lambda _, path: f'require "./{stemmed(path)}"\n',
    lambda _, path: f"require Rails.root.join({joined(stemmed(path))})\n",
    lambda _, path: f'load "{path}"\n',
]
SCRIPT: list[Write] = [
    lambda reader, path: f'const text = fs.readFileSync(path.join(__dirname, "{relative(reader, path)}"));\n',
    lambda _, path: f'app.use("/x", express.static("{posixpath.dirname(path)}"));\n',
    lambda _, path: f'response.sendFile("{path}", {{ root: "." }});\n',
]
SCRIPT_CODE: list[Write] = [
    lambda reader, path: f'const it = require("{stemmed(relative(reader, path))}");\n',
    lambda reader, path: f'import it from "{relative(reader, path)}";\n',
    lambda reader, path: f'const it = await import("{stemmed(relative(reader, path))}");\n',
]
OTHER: list[Write] = [lambda _, path: f'$text = "{path}";\n']
ELIXIR_CODE: list[Write] = [lambda _, path: f'Code.require_file("{path}")\n']
PHP_CODE: list[Write] = [
    lambda reader, path: f"require __DIR__ . '/{posixpath.relpath(path, posixpath.dirname(reader) or '.')}';\n"
]
PAGE: list[Write] = [
    lambda reader, path: f'<img src="{relative(reader, path)}">\n',
    # An address without an extension is that of a page, not of a file.
    lambda _, path: f'<a href="/{path}">More</a>\n' if "." in path else f'<object data="/{path}"></object>\n',
]
STYLE: list[Write] = [lambda reader, path: f"a {{ background: url({relative(reader, path)}); }}\n"]

DATA = """docs/guide.md docs/img/shot.png docs/terms.pdf docs/api/index.html design/logo.svg data/towns.csv
    data/raw/a.json media/film.mp4 media/logo.png screenshots/home.png uploads/a.jpg fixtures/users.json notes.md
    backup/old.sql examples/first.txt models/price.pkl old/archive.zip gallery/a.png gallery/b.png benchmarks/a.csv
    README.md LICENSE""".split()
LANGUAGES: dict[str, tuple[Files, list[Write], list[Write], str, str]] = {
    "django": (
        DJANGO,
        PYTHON,
        PYTHON_CODE,
        "shop/a.py till/b.py till/jobs/c.py",
        """scripts/nightly.py tools/make.py tests/factories.py tests/helpers.py till/tests/helpers.py conftest.py
        train.py examples/run.py benchmarks/run.py till/test_tools.py""",
    ),
    "flask": (FLASK, PYTHON, PYTHON_CODE, "shop/a.py shop/deep/b.py", "scripts/a.py testing/a.py docs/conf.py"),
    "rails": (
        RAILS,
        RUBY,
        RUBY_CODE,
        "app/models/a.rb lib/b.rb lib/tasks/c.rake config/initializers/d.rb db/seeds/e.rb",
        """spec/support/users.rb spec/factories/users.rb test/support/shops.rb scripts/nightly.rb tools/make.rb
        examples/run.rb features/support/env.rb spec/models/shop_spec.rb""",
    ),
    "node": (
        NODE,
        SCRIPT,
        SCRIPT_CODE,
        "lib/a.js lib/deep/b.js routes/c.js",
        """scripts/nightly.js tools/make.js test/support/users.js __mocks__/user.js lib/__fixtures__/a.js
        examples/run.js stories/first.js lib/start_test.js e2e/login.js cypress/support/index.js docs/site.js""",
    ),
    "elixir": (ELIXIR, OTHER, ELIXIR_CODE, "lib/a.ex lib/deep/b.ex", "scripts/a.exs"),
    "php": (PHP, OTHER, PHP_CODE, "app/a.php app/deep/b.php", "scripts/a.php tools/make.php tests/Support.php"),
}


STARTED: dict[str, tuple[str, Write]] = {
    "django": ("till/models.py", PYTHON_CODE[0]),
    "flask": ("shop/web.py", PYTHON_CODE[0]),
    "rails": ("config/application.rb", RUBY_CODE[3]),
    "node": ("lib/app.js", SCRIPT_CODE[0]),
    "elixir": ("lib/shop.ex", ELIXIR_CODE[0]),
    "php": ("public/index.php", PHP_CODE[0]),
}
"""The file of an application that executes all readers, so that an entry point reaches them."""
PAGES = {
    "web/templates/page.html": '<link href="../theme.css" rel="stylesheet">\n',
    "web/theme.css": "",
}
"""A page that is found by its directory, and the style sheet that only it loads."""


def generated(name: str, seed: int) -> Files:
    """An application whose files read some of what looks as if it could go, and some of that reads more of it."""
    chance = random.Random(f"{name} {seed}")
    application, write_data, write_code, readers, code = LANGUAGES[name]
    files: dict[bytes | str, Content] = {
        **application,
        **dict.fromkeys(DATA, IMAGE),
        **dict.fromkeys(code.split(), "x\n"),
    }
    if name in ("django", "flask"):
        packages = {path.rpartition("/")[0] for path in [*readers.split(), *code.split()] if "/" in path}
        files.update(dict.fromkeys((f"{package}/__init__.py" for package in packages), ""))
    scripts = [*readers.split(), *chance.sample(code.split(), 1)]
    entry, execute = STARTED[name]
    start = "<?php\n" if name == "php" else ""
    files[entry] = str(application[entry]) + "".join(execute(entry, script) for script in scripts)
    for reader in [*scripts, *PAGES]:
        data = chance.sample(DATA, chance.randrange(4))
        ways = {"html": PAGE, "css": STYLE}.get(reader.rpartition(".")[2], write_data)
        text = [chance.choice(ways)(reader, path) for path in data]
        if ways is write_data:
            read = [path for path in code.split() if path != reader]
            text += [
                chance.choice(write_code)(reader, path)
                for path in chance.sample(read, min(len(read), chance.randrange(3)))
            ]
        files[reader] = PAGES.get(reader, start) + "".join(text) or "\n"
    return files


def breaks(tree: Tree) -> tuple[Advice, list[Break]]:
    """The advice, and what it would break where the application is built or runs."""
    advice = suggest_tree(tree)
    gone = {file.path for entry in advice.suggestions for file in entry.files}
    contents = tree.read([file for file in tree.files if file.mode != SYMLINK])
    found = [each for each in broken(contents, gone) if each.at_deploy]
    return advice, [each for each in found if not is_prose(contents[each.path], each)]


def is_prose(content: bytes, found: Break) -> bool:
    """Whether a docstring speaks of a file, as this one does of ``tests/builders.py``."""
    return f"``{found.reference}``".encode() in content.splitlines()[found.line - 1]


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 24))])
@pytest.mark.parametrize("name", LANGUAGES)
def test_nothing_of_a_generated_application_breaks(name: str, seed: int) -> None:
    advice, found = breaks(memory_tree(generated(name, seed)))
    assert found == []
    assert advice.suggestions


@pytest.mark.parametrize("path", ["lib/user.test.js", "lib/user.stories.js", "testing/user.mock.js"])
def test_an_import_without_the_extension_breaks_nothing(path: str) -> None:
    reader: Files = {"lib/extra.js": f'const user = require("../{stemmed(path)}");\n'}
    advice, found = breaks(memory_tree({**NODE, path: "x\n", **reader}))
    assert (advice.suggestions, found) == ((), [])


def test_nothing_of_this_repository_breaks() -> None:
    tree = open_tree(bytes(Path(__file__).parent.parent))
    # Its tables of names mention whatever anyone leaves out, and so they hold all of it.
    files = tuple(file for file in tree.files if not file.path.startswith(b"slugtrim/") or file.path.endswith(b".py"))
    advice, found = breaks(replace(tree, files=files))
    assert found == []
    assert {b"/tests", b"/benchmarks"} <= {entry.pattern for entry in advice.suggestions}
