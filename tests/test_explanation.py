"""``explain``: one path under both dialects."""

from __future__ import annotations

from pathlib import Path

from slugtrim.ignore import Dialect
from slugtrim.listing import Explanation, Explanations, PathKind, explain
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style
from slugtrim.sources import open_tree
from tests.builders import Content, make_tree
from tests.rows import each_row

FILES: dict[bytes | str, Content] = {
    ".slugignore": "# comment\n/spec\nbin/\n*.md\n",
    "app/main.rb": "x",
    "app/notes.md": "x",
    "assets/.DS_Store": "x",
    "bin/run": "x",
    "docs/a.md": "x",
    "docs/b.md": "x",
    "lib/bin/tool": "x",
    "spec/a_spec.rb": "x",
    "spec/x.md": "x",
    "tmp/cache": "x",
}


def as_text(explanations: Explanations, style: Style) -> str:
    return render("explain", "text", explanations, style=style)


BY_COMPILER = "removed by the slug compiler, before any rule"
PARTLY = " files left out"


def explained(root: Path, path: bytes, dialect: Dialect = Dialect.GITIGNORE) -> Explanation:
    make_tree(root, FILES) if not (root / "app").exists() else None
    (item,) = explain(open_tree(bytes(root), use_git=False), [path], dialect).items
    return item


@each_row(
    "path, kind, sentences",
    [
        (b"app/main.rb", PathKind.FILE, ["in the slug", "in the slug"]),
        (b"spec/a_spec.rb", PathKind.FILE, ["left out by line 2: /spec", "left out by line 2: /spec"]),
        (b"docs/a.md", PathKind.FILE, ["left out by line 4: *.md", "left out by line 4: *.md"]),
        (b"lib/bin/tool", PathKind.FILE, ["left out by line 3: bin/", "in the slug"]),
        (b"tmp/cache", PathKind.FILE, [BY_COMPILER] * 2),
        (b"spec", PathKind.DIRECTORY, ["left out by line 2: /spec"] * 2),
        (b"spec/", PathKind.DIRECTORY, ["left out by line 2: /spec"] * 2),
        (b"docs", PathKind.DIRECTORY, ["left out by line 4: *.md"] * 2),
        (b"app", PathKind.DIRECTORY, ["1 of 2" + PARTLY] * 2),
        (b"lib", PathKind.DIRECTORY, ["left out by line 3: bin/", "in the slug: 1 file"]),
        (b"tmp", PathKind.DIRECTORY, [BY_COMPILER] * 2),
        (b"assets", PathKind.DIRECTORY, [BY_COMPILER] * 2),
        (b"", PathKind.DIRECTORY, ["9 of 11" + PARTLY, "8 of 11" + PARTLY]),
        (b"new.rb", PathKind.ABSENT, ["in the slug"] * 2),
        (b"new.md", PathKind.ABSENT, ["left out by line 4: *.md"] * 2),
        (b"bin", PathKind.DIRECTORY, ["left out by line 3: bin/"] * 2),
        (b"vendor/bin", PathKind.ABSENT, ["in the slug"] * 2),
        (b"vendor/bin/", PathKind.ABSENT, ["left out by line 3: bin/", "in the slug"]),
        (b".git/", PathKind.ABSENT, [BY_COMPILER] * 2),
        (b"app/main.rb/below", PathKind.ABSENT, ["in the slug"] * 2),
        (b".slugignore", PathKind.FILE, ["in the slug"] * 2),
    ],
)
def test_what_becomes_of_a_path(tmp_path: Path, path: bytes, kind: PathKind, sentences: list[str]) -> None:
    make_tree(tmp_path, FILES)
    explanations = explain(open_tree(bytes(tmp_path), use_git=False), [path], Dialect.GITIGNORE)
    (item,) = explanations.items
    assert item.kind is kind
    name, *lines = as_text(explanations, Style()).splitlines()
    shown = path.decode().removesuffix("/") or "."
    assert name == (f"{shown} doesn't exist yet. If you add it:" if kind is PathKind.ABSENT else shown)
    assert lines[:2] == [f"  gitignore  {sentences[0]}", f"  glob       {sentences[1]}"]
    is_in_checkout = kind is PathKind.FILE and sentences[0] != BY_COMPILER
    assert [line[:13] for line in lines[2:]] == ["  deploy     "] * is_in_checkout


def test_the_chosen_dialect_comes_first(tmp_path: Path) -> None:
    item = explained(tmp_path, b"lib/bin/tool", Dialect.GLOB)
    assert [verdict.dialect for verdict in item.verdicts] == [Dialect.GLOB, Dialect.GITIGNORE]
    assert [verdict.left_out for verdict in item.verdicts] == [0, 1]


def test_an_absent_path_changes_no_other_answer(tmp_path: Path) -> None:
    make_tree(tmp_path, FILES)
    tree = open_tree(bytes(tmp_path), use_git=False)
    together = explain(tree, [b"lib/new.rb", b"lib", b"new/", b"new/x.md", b"lib/new.rb"], Dialect.GITIGNORE).items
    assert [item.kind.value for item in together] == ["absent", "directory", "absent", "absent", "absent"]
    for item in together:
        path = item.path + b"/" if item.path == b"new" else item.path
        assert explain(tree, [path], Dialect.GITIGNORE).items == (item,)


def test_colour_is_for_names_and_verdicts(tmp_path: Path) -> None:
    make_tree(tmp_path, FILES)
    explanations = explain(open_tree(bytes(tmp_path), use_git=False), [b"spec", b"app/main.rb"], Dialect.GITIGNORE)
    text = as_text(explanations, Style(color=True))
    assert "\033[1mspec\033[0m" in text
    assert "\033[33mleft out by line 2: /spec\033[0m" in text
    assert "\033[32min the slug\033[0m" in text
