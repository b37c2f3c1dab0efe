"""``ls``: the records, and how they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from slugtrim.ignore import Dialect
from slugtrim.listing import ListedFile, SlugListing, list_slug
from slugtrim.reports.formats import render
from slugtrim.reports.plain import records
from slugtrim.sizer import Sizer
from slugtrim.sources import open_tree
from tests.builders import Content, make_tree

FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n*.md\n",
    "a b": "x" * 10,
    "app.rb": "y" * 2000,
    b"bad\xff": "z",
    "new\nline": "n",
    "README.md": "r" * 400,
    "spec/a": "s" * 30,
    "spec/b.md": "t" * 40,
    "tmp/x": "u" * 5,
}


def as_text(listing: SlugListing, *, long: bool) -> str:
    return render("ls", "text", listing, long=long)


@pytest.fixture
def root(tmp_path: Path) -> bytes:
    return bytes(make_tree(tmp_path, FILES))


def paths(lines: tuple[ListedFile, ...]) -> list[bytes]:
    return [line.file.path for line in lines]


def test_the_slug_is_listed_in_byte_order(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE)
    assert paths(listing.lines) == [b".slugignore", b"a b", b"app.rb", b"bad\xff", b"new\nline"]
    assert {(line.rule, line.compressed_bytes) for line in listing.lines} == {(None, None)}


def test_what_is_left_out_names_its_rule(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE, ignored=True)
    found = [(line.file.path, line.rule.line if line.rule else None) for line in listing.lines]
    assert found == [(b"README.md", 2), (b"spec/a", 1), (b"spec/b.md", 1), (b"tmp/x", None)]


def test_the_dialect_changes_what_is_listed(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": "bin/\n", "bin/a": "", "lib/bin/b": ""})
    tree = open_tree(bytes(tmp_path), use_git=False)
    assert paths(list_slug(tree, Dialect.GITIGNORE, ignored=True).lines) == [b"bin/a", b"lib/bin/b"]
    assert paths(list_slug(tree, Dialect.GLOB, ignored=True).lines) == [b"bin/a"]


def test_long_adds_shares_that_sum_to_the_slug(root: bytes) -> None:
    tree = open_tree(root, use_git=False)
    listing = list_slug(tree, Dialect.GITIGNORE, long=True)
    total = Sizer(tree.contents).measure([line.file for line in listing.lines]).compressed_bytes
    assert sum(line.compressed_bytes or 0 for line in listing.lines) == total


def test_names_are_quoted_a_line_each(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE)
    assert as_text(listing, long=False) == '.slugignore\na b\napp.rb\nbad\udcff\n"new\\nline"\n'


def test_nul_ends_each_name_as_it_is(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE)
    assert records(listing, long=False) == ".slugignore\0a b\0app.rb\0bad\udcff\0new\nline\0"


def test_long_lines_are_aligned_and_estimates_marked(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE, ignored=True, long=True)
    rows = [line.split() for line in as_text(listing, long=True).splitlines()]
    assert rows.pop(0) == ["raw", "~compressed", "rule", "path", "(sizes", "in", "bytes)"]
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("400", "2:*.md", "README.md"),
        ("30", "1:/spec", "spec/a"),
        ("40", "1:/spec", "spec/b.md"),
        ("5", "compiler", "tmp/x"),
    ]
    assert all(row[1].startswith("~") for row in rows)
    text = as_text(listing, long=True)
    assert len({line.index(row[3]) for line, row in zip(text.splitlines()[1:], rows, strict=True)}) == 1


def test_long_fields_stand_between_tabs_with_nul(root: bytes) -> None:
    listing = list_slug(open_tree(root, use_git=False), Dialect.GITIGNORE, long=True)
    lines = records(listing, long=True).split("\0")
    assert lines.pop() == ""
    fields = [record.split("\t") for record in lines]
    assert [(size, rule, name) for size, _, rule, name in fields] == [
        ("11", "", ".slugignore"),
        ("10", "", "a b"),
        ("2000", "", "app.rb"),
        ("1", "", "bad\udcff"),
        ("1", "", "new\nline"),
    ]
    assert [int(compressed) for _, compressed, _, _ in fields] == [line.compressed_bytes for line in listing.lines]


def test_an_empty_listing_prints_nothing(tmp_path: Path) -> None:
    listing = list_slug(open_tree(bytes(tmp_path), use_git=False), Dialect.GITIGNORE, long=True)
    assert as_text(listing, long=True) == ""
    assert records(listing, long=True) == ""
