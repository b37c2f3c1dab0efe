"""``--fix``: the slug stays the same, so does every byte that is not mended, and in the end nothing is left to mend."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from slugtrim.files import REGULAR, File, Source, SourceKind, Tree
from slugtrim.ignore import Dialect
from slugtrim.lint.findings import lint_tree
from slugtrim.lint.resolved import mend, with_fixes
from slugtrim.lint.view import Fix
from slugtrim.scanner import scan
from slugtrim.sources.directory import DiskContents
from tests.rows import each_row
from tests.test_lint import Files, tree_of

CASES = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "cases.jsonl.gz"

FILES: Files = {
    "README.md": "a\n",
    "docs/a.md": "a\n",
    "docs/b.psd": "b\n",
    "lib/docs/c.md": "c\n",
    "log/a.log": "a\n",
    "spec/a.rb": "a\n",
}
MENDED = [
    (b"/docs\n!README.md\n/log\n", b"/docs\n/log\n"),
    (b"!README.md", b""),
    (b"/docs\r\n!a\r\n/log\r\n", b"/docs\r\n/log\r\n"),
    (b"/docs\n/log\n/docs\n", b"/docs\n/log\n"),
    (b"/docs\n# keep\n\n/docs", b"/docs\n# keep\n\n"),
    (b"spec/\n", b"spec/\n"),  # both readings take the same: there is nothing to mend
    (b"docs/\n", b"docs\n"),
    (b"docs/\r\n/log", b"docs\r\n/log"),
    (b"\xef\xbb\xbf!a\n/log\n", b"/log\n"),
    (b"!!\n!\n# !x\n/log\n", b"# !x\n/log\n"),
    (b"/nothing\n./docs\n", b"/nothing\n./docs\n"),  # what would change the slug is left to its owner
    (b"", b""),
]


@each_row("before, after", MENDED)
def test_mending_changes_the_lines_that_are_named_and_nothing_else(tmp_path: Path, before: bytes, after: bytes) -> None:
    assert mend(tree_of(tmp_path, before, FILES), Dialect.GITIGNORE).content == after


def test_what_is_ignored_is_not_mended(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, b"!a\n/log\n/log\n", FILES)
    assert mend(tree, Dialect.GITIGNORE, ["negation"]).content == b"!a\n/log\n"
    assert mend(tree, Dialect.GITIGNORE, ["negation", "duplicate-rule"]).content == b"!a\n/log\n/log\n"


@each_row(
    "fix, after",
    [
        (Fix(line=1, text=None), b"b\r\nc"),
        (Fix(line=2, text=b"x"), b"a\nx\r\nc"),
        (Fix(line=3, text=b"x"), b"a\nb\r\nx"),
        (Fix(line=3, text=None), b"a\nb\r\n"),
    ],
)
def test_a_line_keeps_its_ending(fix: Fix, after: bytes) -> None:
    assert with_fixes(b"a\nb\r\nc", [fix]) == after


def check(tree: Tree, dialect: Dialect) -> int:
    """Holds mending to its word; how many findings it mended."""
    mended = mend(tree, dialect)
    after = replace(tree, slugignore=mended.content)
    assert scan(after, dialect).kept == scan(tree, dialect).kept
    assert mend(after, dialect).fixed == ()
    lines = (tree.slugignore or b"").split(b"\n")
    changed = [line for line in mended.content.split(b"\n") if line not in lines]
    assert len(changed) <= len(mended.fixed)
    return len(mended.fixed)


LINES = "docs docs/ /docs ./docs !docs *.md *.psd docs/* .* * spec spec/ **/docs lib/docs {docs,log} /log log/ #x x#y !"
LINE = st.sampled_from([*LINES.split(), "", " docs", "docs log", "docs # x", "*.md\r", "\ufeffdocs"])


@pytest.mark.full
@given(st.lists(LINE, max_size=7), st.sampled_from(list(Dialect)))
@settings(max_examples=200, deadline=None)
def test_mending_never_changes_the_slug_and_leaves_nothing_to_mend(lines: list[str], dialect: Dialect) -> None:
    source = Source(kind=SourceKind.DIRECTORY, root=b"/nowhere")
    paths = sorted([*map(os.fsencode, FILES), b".hidden/docs/d.md", b"docs/.e.md"])
    files = tuple(File(path, 1, REGULAR, None) for path in paths)
    contents = DiskContents(root=b"/nowhere")
    check(Tree(source=source, files=files, contents=contents, slugignore="\n".join(lines).encode()), dialect)


def cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    with gzip.open(CASES, "rt", encoding="ascii") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.skipif(not CASES.exists(), reason="the shared material is not at hand")
@pytest.mark.parametrize("most_files", [500, pytest.param(sys.maxsize, marks=pytest.mark.long, id="all")])
def test_the_real_cases_are_linted_and_mended_without_a_change_of_the_slug(most_files: int) -> None:
    mended = 0
    source = Source(kind=SourceKind.DIRECTORY, root=b"/nowhere")
    for case in cases():
        if len(case["files"]) > most_files:
            continue
        files = tuple(sorted(File(os.fsencode(path), size, REGULAR, None) for path, size in case["files"]))
        rules = case["slugignore"].encode("utf-8", "surrogateescape")
        # Names and sizes only: contents cannot be read, and say nothing.
        tree = Tree(source=source, files=files, contents=DiskContents(root=b"/nowhere"), slugignore=rules)
        for dialect in Dialect.GITIGNORE.pair:
            mended += check(tree, dialect)
            assert all(finding.cure for finding in lint_tree(tree, dialect).findings)
    assert mended > 10
