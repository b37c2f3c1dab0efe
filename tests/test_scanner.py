"""A tree divided by its rules, in both dialects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.errors import RulesError
from slugtrim.files import REGULAR, File, Source, SourceKind, Tree
from slugtrim.ignore import Dialect, RuleState
from slugtrim.scanner import Slug, scan
from slugtrim.sources import open_tree
from slugtrim.sources.directory import DiskContents
from tests.builders import Content, make_repo, make_tree
from tests.rows import each_row


def tree_of(paths: Sequence[bytes], rules: bytes | None) -> Tree:
    """Of files that are not there: a scan reads no content."""
    files = tuple(File(path, len(path), REGULAR, None) for path in sorted(paths))
    return Tree(
        source=Source(kind=SourceKind.DIRECTORY, root=b"/x"),
        files=files,
        contents=DiskContents(root=b"/x"),
        slugignore=rules,
    )


def kept(slug: Slug) -> list[bytes]:
    return [file.path for file in slug.kept]


def credited(slug: Slug) -> dict[bytes, int]:
    return {left.file.path: left.rule.line for left in slug.left_out}


NAMES = st.sampled_from([b"a", b"b", b"ab", b"spec", b"x.md", b".env", b".DS_Store", b"tmp", b".git", b"\xff", b"d e"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)
LINES = st.sampled_from(
    [
        *(
            b"a",
            b"/a",
            b"a/",
            b"b/*",
            b"*",
            b"*.md",
            b"**/spec",
            b"/spec",
            b"a/b",
            b"?",
            b"{a,b}",
            b"!a",
            b"!*",
            b"# a",
        ),
        *(b"", b".*v", b"\xff", b"d e", b"[ab]", b"a/**", b"**", b"./a", b"../a", b"a//b", b"tmp"),
    ]
)
RULES = st.lists(LINES, max_size=5)


@st.composite
def trees(draw: st.DrawFn) -> list[bytes]:
    """Paths of which none is a directory of another."""
    paths = sorted(draw(st.sets(PATHS, max_size=12)))
    return [path for path in paths if not any(other.startswith(path + b"/") for other in paths)]


@given(trees(), RULES, st.sampled_from(Dialect))
def test_every_file_is_in_exactly_one_of_the_three(paths: list[bytes], lines: list[bytes], dialect: Dialect) -> None:
    slug = scan(tree_of(paths, b"\n".join(lines)), dialect)
    divided = [*slug.kept, *(left.file for left in slug.left_out), *slug.compiler_removed]
    assert sorted(divided) == sorted(slug.tree.files)
    assert list(slug.kept) == sorted(slug.kept)
    assert {left.rule for left in slug.left_out} <= set(slug.rules)


@given(trees(), RULES, LINES.filter(lambda line: not line.startswith(b"!")), st.sampled_from(Dialect))
def test_one_more_rule_never_makes_a_slug_larger(
    paths: list[bytes], lines: list[bytes], line: bytes, dialect: Dialect
) -> None:
    before = scan(tree_of(paths, b"\n".join(lines)), dialect)
    after = scan(tree_of(paths, b"\n".join([*lines, line])), dialect)
    assert set(after.kept) <= set(before.kept)


@given(trees(), RULES, st.sampled_from(Dialect))
def test_a_negated_line_changes_nothing(paths: list[bytes], lines: list[bytes], dialect: Dialect) -> None:
    without = [line if not line.startswith(b"!") else b"" for line in lines]
    assert kept(scan(tree_of(paths, b"\n".join(lines)), dialect)) == kept(
        scan(tree_of(paths, b"\n".join(without)), dialect)
    )


@given(trees(), RULES, st.sampled_from(Dialect))
def test_a_rule_is_active_exactly_if_it_has_credit(paths: list[bytes], lines: list[bytes], dialect: Dialect) -> None:
    slug = scan(tree_of(paths, b"\n".join(lines)), dialect)
    states = slug.states
    assert sorted(states) == [rule.line for rule in slug.rules]
    lines_with_credit = {left.rule.line for left in slug.left_out}
    active = {line for line, state in states.items() if state is RuleState.ACTIVE}
    assert lines_with_credit <= active
    for rule in slug.rules:
        assert (states[rule.line] is RuleState.NEGATED) == rule.negated


@given(trees(), LINES.filter(lambda line: not line.startswith(b"!")), st.sampled_from(Dialect))
def test_a_dead_rule_alone_leaves_out_nothing(paths: list[bytes], line: bytes, dialect: Dialect) -> None:
    slug = scan(tree_of(paths, line), dialect)
    dead = slug.states.get(1) is RuleState.DEAD
    assert dead == (bool(slug.rules) and not slug.left_out)


@each_row("dialect", Dialect.GITIGNORE.pair)
@each_row(
    "path, removed",
    [
        (b".git/config", True),
        (b".git", True),
        (b".gitignore", False),
        (b"sub/.git", False),
        (b"tmp/cache/x", True),
        (b"tmp/.keep", True),
        (b"app/tmp/x", False),
        (b"tmp.txt", False),
        (b"log/production.log", False),
        (b".DS_Store", True),
        (b"a/b/.DS_Store", True),
        (b"a/x.DS_Store", False),
    ],
)
def test_what_the_compiler_removes_by_itself(path: bytes, removed: bool, dialect: Dialect) -> None:
    slug = scan(tree_of([path, b"app.rb"], b"/nothing"), dialect)
    assert [file.path for file in slug.compiler_removed] == ([path] if removed else [])
    assert kept(slug) == ([b"app.rb"] if removed else sorted([path, b"app.rb"]))


@pytest.mark.parametrize("dialect", Dialect.GITIGNORE.pair)
def test_a_rule_gets_no_credit_for_what_the_compiler_removes(dialect: Dialect) -> None:
    slug = scan(tree_of([b"tmp/x", b"a/.DS_Store"], b"tmp\n.DS_Store\n"), dialect)
    assert credited(slug) == {}
    assert slug.states == {1: RuleState.DEAD, 2: RuleState.DEAD}


CREDITED = [
    # rules, credit in gitignore (the last match), credit in glob (the first remover)
    (b"spec\n/spec\n", {b"spec/a": 2, b"spec/b.md": 2}, {b"spec/a": 1, b"spec/b.md": 1}),
    (b"*.md\n/spec\n", {b"x.md": 1, b"spec/a": 2, b"spec/b.md": 2}, {b"x.md": 1, b"spec/a": 2, b"spec/b.md": 1}),
    (b"/spec\n*.md\n", {b"x.md": 2, b"spec/a": 1, b"spec/b.md": 1}, {b"x.md": 2, b"spec/a": 1, b"spec/b.md": 1}),
    (b"# spec\n\n/spec/\n", {b"spec/a": 3, b"spec/b.md": 3}, {b"spec/a": 3, b"spec/b.md": 3}),
    (b"{x,spec}*\n", {}, {b"x.md": 1, b"spec/a": 1, b"spec/b.md": 1}),
    (b"!spec\nspec # all\n", {}, {b"spec/a": 2, b"spec/b.md": 2}),
]


@each_row("rules, gitignore, glob", CREDITED)
def test_credit_goes_to_the_deciding_rule(rules: bytes, gitignore: dict[bytes, int], glob: dict[bytes, int]) -> None:
    tree = tree_of([b"app.rb", b"spec/a", b"spec/b.md", b"x.md"], rules)
    assert credited(scan(tree, Dialect.GITIGNORE)) == gitignore
    assert credited(scan(tree, Dialect.GLOB)) == glob


@each_row(
    "rules, dialect, states",
    [
        (b"/spec\n/docs\n", Dialect.GITIGNORE, [RuleState.ACTIVE, RuleState.DEAD]),
        (b"spec\n/spec\n", Dialect.GITIGNORE, [RuleState.SHADOWED, RuleState.ACTIVE]),
        (b"spec\n/spec\n", Dialect.GLOB, [RuleState.ACTIVE, RuleState.SHADOWED]),
        (b"spec/a\nspec\n", Dialect.GITIGNORE, [RuleState.SHADOWED, RuleState.ACTIVE]),
        (b"spec\nspec/a\n", Dialect.GLOB, [RuleState.ACTIVE, RuleState.SHADOWED]),
        (b"spec/a\nspec\n", Dialect.GLOB, [RuleState.ACTIVE, RuleState.ACTIVE]),
        (b"!spec\n!nothing\n", Dialect.GITIGNORE, [RuleState.NEGATED, RuleState.NEGATED]),
        (b"spec\nspec\nspec\n", Dialect.GITIGNORE, [RuleState.SHADOWED, RuleState.SHADOWED, RuleState.ACTIVE]),
        (b"docs\n", Dialect.GITIGNORE, [RuleState.DEAD]),
    ],
)
def test_what_a_rule_does(rules: bytes, dialect: Dialect, states: list[RuleState]) -> None:
    slug = scan(tree_of([b"app.rb", b"spec/a", b"spec/b"], rules), dialect)
    assert [state for _, state in sorted(slug.states.items())] == states


def test_no_pattern_is_tried_below_an_ignored_directory() -> None:
    """A rule that names a file in a directory left out decides nothing, though it stands later in the file."""
    slug = scan(tree_of([b"docs/a.md", b"docs/deep/b.md", b"x.md"], b"/docs\n*.md\n"))
    assert credited(slug) == {b"docs/a.md": 1, b"docs/deep/b.md": 1, b"x.md": 2}
    assert dict(slug.outcome.removed) == {b"docs": slug.rules[0], b"x.md": slug.rules[1]}


def test_a_tree_without_a_slugignore_is_kept_whole() -> None:
    slug = scan(tree_of([b"a", b"b/c"], None))
    assert (kept(slug), slug.rules, slug.states) == ([b"a", b"b/c"], (), {})


def test_an_empty_tree_makes_an_empty_slug() -> None:
    slug = scan(tree_of([], b"*"))
    assert (slug.kept, slug.left_out, slug.compiler_removed) == ((), (), ())


@each_row("dialect", Dialect)
def test_a_slugignore_that_is_no_text_is_an_error(dialect: Dialect) -> None:
    with pytest.raises(RulesError, match=r"^\.slugignore: is UTF-16, which the platform reads as noise; save it as"):
        scan(tree_of([b"a"], "spec\n".encode("utf-16")), dialect)


FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n*.psd\n",
    "app/main.rb": "x",
    "design/logo.psd": "x",
    "spec/a_spec.rb": "x",
    "link": Path("spec"),
    "tmp/x": "x",
    b"\xff.psd": "x",
}


@pytest.mark.parametrize("dialect", Dialect.GITIGNORE.pair)
def test_a_work_tree_a_commit_and_a_directory_divide_alike(tmp_path: Path, dialect: Dialect) -> None:
    """The directory has no file that git would not track, and git's own directory goes by the compiler."""
    repository = make_repo(tmp_path / "repo", FILES)
    plain = make_tree(tmp_path / "plain", FILES)
    slugs = [
        scan(open_tree(bytes(repository)), dialect),
        scan(open_tree(bytes(repository), rev="HEAD"), dialect),
        scan(open_tree(bytes(plain), use_git=False), dialect),
    ]
    for slug in slugs:
        assert kept(slug) == [b".slugignore", b"app/main.rb", b"link"]
        assert credited(slug) == {b"design/logo.psd": 2, b"spec/a_spec.rb": 1, b"\xff.psd": 2}
        assert [file.path for file in slug.compiler_removed] == [b"tmp/x"]
