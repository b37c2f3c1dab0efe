"""The search for readers, on real trees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from slugtrim.sources.directory import read_directory
from slugtrim.suggester.record import Candidate, EvidenceKind, Tier
from slugtrim.suggester.search import SEARCHED_BYTES, Search, Searched
from tests.builders import Content, make_tree

CODE = ("safe", "code", "whole")
IMAGE = b"\x89PNG\0" + bytes(20)


def search(
    top: Path,
    files: dict[bytes | str, Content],
    candidates: dict[str, Sequence[str]],
    roots: Sequence[bytes] = (b"",),
    **options: object,
) -> Searched:
    """``candidates`` are directories or files, and what is to be said of them: ``safe``, ``code``, ``whole``."""
    tree = read_directory(bytes(make_tree(top, files)))
    made = [
        Candidate(
            path=name.encode(),
            files=tuple(
                file for file in tree.files if file.path == name.encode() or file.path.startswith(name.encode() + b"/")
            ),
            rule="rule",
            tier=Tier.SAFE if "safe" in words else Tier.CONDITIONAL,
            category="category",
            reason="reason",
            is_whole="whole" in words,
            is_code="code" in words,
        )
        for name, words in candidates.items()
    ]
    return Search(
        tree.files,
        made,
        roots=roots,
        is_no_reader=lambda path: path == b"README.md",
        links=tree.links,
        contents=tree.contents,
    ).run()


def gone(searched: Searched) -> list[str]:
    return sorted(path.decode() for lot in searched.lots for path in lot.gone)


DATA: dict[bytes | str, Content] = {"data/a.csv": "1", "data/b.csv": "2", "data/c/d.csv": "3"}


@pytest.mark.parametrize(
    ("reader", "text", "left"),
    [
        ("app.py", "x = 1", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("app.py", "open('data/a.csv')", ["data/b.csv", "data/c/d.csv"]),
        ("app.py", "open('a.csv')", ["data/b.csv", "data/c/d.csv"]),
        ("app.py", "open('./data/c/d.csv')", ["data/a.csv", "data/b.csv"]),
        ("app.py", "open(BASE / 'data' / 'a.csv')", ["data/b.csv", "data/c/d.csv"]),
        ("lib/x.py", "open('../data/a.csv')", ["data/b.csv", "data/c/d.csv"]),
        ("lib/x.py", "open(os.path.join(root, 'data', name))", []),
        ("lib/x.py", "open(f'{root}/data/{name}')", []),
        ("lib/x.py", "glob('data/*.csv')", []),
        ("lib/x.py", "glob('data/*.txt')", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("lib/x.py", "for data in database: data()", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("lib/x.py", "open('other/a.csv')", ["data/b.csv", "data/c/d.csv"]),
        ("lib/x.py", "# open('data/a.csv')", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("Procfile", "web: serve data", []),
        ("package.json", '{"scripts": {"start": "node x --dir=data"}}', []),
        ("package.json", '{"scripts": {"lint": "node x data/a.csv"}}', ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("README.md", "[a](data/a.csv)", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("page.html", "<a href=/data/a.csv>", ["data/b.csv", "data/c/d.csv"]),
        ("page.html", "<a href=https://example.org/data/a.csv>", ["data/a.csv", "data/b.csv", "data/c/d.csv"]),
        ("conf.yml", "source: data", []),
        ("conf.json", '{"fixtures": ["data/c"]}', ["data/a.csv", "data/b.csv"]),
    ],
)
def test_what_is_read_stays(tmp_path: Path, reader: str, text: str, left: list[str]) -> None:
    assert gone(search(tmp_path, {**DATA, reader: text}, {"data": []})) == left


TESTS: dict[bytes | str, Content] = {
    "spec/models/a_spec.rb": "x",
    "spec/support/b.rb": "y",
    "tests/factories.py": "z",
    "tests/__init__.py": "",
}


@pytest.mark.parametrize(
    ("reader", "text", "left"),
    [
        ("app.rb", "env == 'test' || 'spec'", ["spec", "tests"]),
        ("lib/tasks/x.rake", "require './spec/support/b'", ["tests"]),
        ("lib/tasks/x.rake", "require Rails.root.join('spec', 'support', 'b')", ["tests"]),
        ("lib/tasks/x.rake", "Dir[Rails.root.join('spec/support/**/*.rb')].each { |f| require f }", ["tests"]),
        ("db/seeds.rb", "require_relative '../spec/support/b'", ["tests"]),
        ("Rakefile", "t.pattern = 'spec/**/*_spec.rb'", ["spec", "tests"]),
        ("app/x.py", "from tests.factories import UserFactory", ["spec"]),
        ("app/x.py", "from tests import factories", ["spec"]),
        ("app/x.py", "import tests", ["spec"]),
        ("app/x.py", "import unittest.tests, testing", ["spec", "tests"]),
        ("src/tsconfig.json", '{"include": ["../spec", "spec/**"]}', ["spec", "tests"]),
        ("bin/setup", "cp -r spec/support /tmp", ["tests"]),
    ],
)
def test_a_directory_of_code_goes_whole_or_not_at_all(tmp_path: Path, reader: str, text: str, left: list[str]) -> None:
    found = search(tmp_path, {**TESTS, reader: text}, {"spec": CODE, "tests": CODE})
    assert sorted({path.split("/")[0] for path in gone(found)}) == left


def test_the_reader_is_named_with_its_line(tmp_path: Path) -> None:
    found = search(tmp_path, {**DATA, "lib/x.py": "\n\nopen('data/a.csv')\n"}, {"data": []})
    (lot,) = found.lots
    (evidence,) = lot.readers
    assert (evidence.kind, evidence.path, evidence.line) == (EvidenceKind.READER, b"lib/x.py", 3)
    assert evidence.text == "names data/a.csv"
    assert found.files == 1


def test_what_only_goes_along_with_its_reader_goes(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {**DATA, "train.ipynb": "open('data/a.csv')"}
    assert gone(search(tmp_path, files, {"data": [], "train.ipynb": []})) == [*sorted(DATA), "train.ipynb"]


def test_what_a_file_reads_that_is_read_stays_as_well(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        **DATA,
        "train.py": "open('data/a.csv')",
        "docs/guide.html": "<img src=shot.png>",
        "docs/shot.png": IMAGE,
        "docs/other.png": IMAGE,
        "app.py": "render('docs/guide.html'); run('train.py')",
    }
    left = gone(search(tmp_path, files, {"data": [], "train.py": [], "docs": []}))
    assert left == ["data/b.csv", "data/c/d.csv", "docs/other.png"]


def test_a_link_that_stays_reads_what_it_points_to(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {**DATA, "lib/now.csv": Path("../data/a.csv"), "lib/all": Path("../data/c")}
    assert gone(search(tmp_path, files, {"data": []})) == ["data/b.csv"]


@pytest.mark.parametrize(
    ("name", "text", "stays"),
    [
        ("a photo.png", "<img src='img/a photo.png'>", True),
        ("a photo.png", "<img src='img/a%20photo.png'>", True),
        ("a photo.png", "<img src='img/photo.png'>", False),
        ("café.png", "<img src='café.png'>", True),
        ("logo.png", "image_tag 'logo'", True),
        ("1.png", "x = '1'", False),
        ("top.png", "x = 'top'", False),
        ("logo.png", "logo = 1", False),
        ("logo.png", "background: url(/assets/logo.png)", True),
    ],
)
def test_names_of_all_kinds(tmp_path: Path, name: str, text: str, stays: bool) -> None:
    files: dict[bytes | str, Content] = {f"img/{name}": IMAGE, "img/x.rb": "a", "img/y.rb": "b", "app.html": text}
    assert (gone(search(tmp_path, files, {f"img/{name}": []})) == []) is stays


@pytest.mark.parametrize(
    ("path", "text", "left"),
    [
        ("db/seeds.rb", "FactoryBot.create(:user)", []),
        ("lib/tasks/a.rake", "include FactoryBot::Syntax::Methods", []),
        ("db/seeds.rb", "# FactoryBot.create(:user)", ["spec/factories/user.rb"]),
        ("db/seeds.rb", "User.create", ["spec/factories/user.rb"]),
    ],
)
def test_factories_that_seeds_use_are_read(tmp_path: Path, path: str, text: str, left: list[str]) -> None:
    files: dict[bytes | str, Content] = {"spec/factories/user.rb": "x", path: text}
    assert gone(search(tmp_path, files, {"spec": CODE})) == left


def test_an_elixir_module_is_read_by_its_name(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "test/support/factory.ex": "defmodule Oli.Factory do\nend",
        "priv/repo/seeds.exs": "import Oli.Factory\n",
    }
    assert gone(search(tmp_path, files, {"test": CODE})) == []
    files["priv/repo/seeds.exs"] = "import Oli.FactoryTwo\n"
    assert gone(search(tmp_path / "b", files, {"test": CODE})) == ["test/support/factory.ex"]


def test_what_cannot_be_searched_is_named(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"data/a.csv": "1", "big.py": b"x" * (SEARCHED_BYTES + 1), "big.png": IMAGE}
    found = search(tmp_path, files, {"data": []})
    assert [gone.path for gone in found.unsearched] == [b"big.py"]
    assert gone(found) == ["data/a.csv"]


def test_projects_and_packages_start_paths_of_their_own(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "api/data/a.csv": "1",
        "web/data/a.csv": "2",
        "api/lib/x.py": "open('data/a.csv')",
    }
    found = search(tmp_path, files, {"api/data": [], "web/data": []}, roots=[b"", b"api", b"web"])
    assert gone(found) == ["web/data/a.csv"]
