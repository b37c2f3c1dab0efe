"""Two commits compared, against what git says of them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from slugtrim.diff.comparison import compare, list_tree
from slugtrim.diff.difference import Change, ChangeKind, Diff
from slugtrim.ignore import Dialect
from slugtrim.scanner import scan
from slugtrim.sizer import Progress, Sizer
from slugtrim.sources import open_tree
from slugtrim.store import CacheTable
from tests.builders import Content, commit_all, git, make_repo, make_tree

NAMES = ["a", "b", "lib/a", "lib/b c", "lib/deep/a", "app/\u00e4", "app/deep/er/b", "x\ty", 'q"q', "new\nline"]


def compared(repository: Path, before: str, after: str, dialect: Dialect = Dialect.GITIGNORE) -> Diff:
    sides = [list_tree(rev, open_tree(bytes(repository), rev=rev), dialect) for rev in (before, after)]
    return compare(sides[0], sides[1], dialect)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight commits that add, remove, change, move and copy binary files at random."""
    chance = random.Random(20)
    repository = make_repo(tmp_path_factory.mktemp("history"), {})
    present: list[str] = []
    for number in range(8):
        for _ in range(chance.randrange(1, 9)):
            path = repository / chance.choice(NAMES)
            choice = chance.random()
            if choice < 0.25 and present:
                source = repository / chance.choice(present)
                path.parent.mkdir(parents=True, exist_ok=True)
                if source != path:
                    source.rename(path)
            elif choice < 0.4 and present:
                (repository / chance.choice(present)).unlink()
            elif choice < 0.5 and present:
                (repository / chance.choice(present)).chmod(0o755)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"\0" + chance.randbytes(chance.choice((5, 300, 9000))))
            present = [name for name in NAMES if (repository / name).is_file()]
        commit_all(repository, f"commit {number}")
    return repository


def raw(repository: Path, before: str, after: str) -> Iterator[tuple[str, bytes, bytes, bytes, bytes]]:
    """Status, blobs and paths of every line of `git diff --raw`."""
    fields = git(repository, "diff", "--raw", "-z", "--abbrev=40", "-M100%", before, after).split(b"\0")[:-1]
    while fields:
        _, _, old, new, status = fields.pop(0).split()
        path = fields.pop(0)
        target = fields.pop(0) if status.startswith(b"R") else path
        yield status.decode()[:1], old, new, path, target


STATUS = {ChangeKind.ADDED: "A", ChangeKind.REMOVED: "D", ChangeKind.MOVED: "R"}


@pytest.mark.parametrize("gap", [1, 3, 8])
def test_the_files_are_those_of_git_diff(history: Path, gap: int) -> None:
    for newest in range(9 - gap):
        before, after = f"HEAD~{newest + gap}", f"HEAD~{newest}"
        report = compared(history, before, after)
        ours = [(STATUS.get(each.kind, "M"), *ids(each)) for each in report.changes]
        expected = list(raw(history, before, after))
        assert Counter(ours) == Counter(row[:3] for row in expected)
        one_of_a_kind = {row[1] for row in expected if Counter(each[1] for each in expected)[row[1]] == 1}
        pairs = {
            (was.path, now.path) for kind, was, now, *_ in report.changes if kind is ChangeKind.MOVED and was and now
        }
        for status, old, _, path, target in expected:
            if status == "R" and old in one_of_a_kind:
                assert (path, target) in pairs


def ids(change: Change) -> tuple[bytes, bytes]:
    none = b"0" * 40
    return (
        (change.before.blob or none) if change.before is not None else none,
        (change.after.blob or none) if change.after is not None else none,
    )


@pytest.mark.parametrize("gap", [1, 4])
def test_the_bytes_are_those_of_git_diff_stat(history: Path, gap: int) -> None:
    for newest in range(9 - gap):
        before, after = f"HEAD~{newest + gap}", f"HEAD~{newest}"
        report = compared(history, before, after)
        stat = git(history, "diff", "--stat=999", "-M100%", before, after).decode()
        told = [(int(old), int(new)) for old, new in re.findall(r"\| +Bin (\d+) -> (\d+) bytes$", stat, re.MULTILINE)]
        ours = [
            sizes(each) for each in report.changes if each.kind is not ChangeKind.MOVED and len(set(ids(each))) == 2
        ]
        assert Counter(told) == Counter(ours)
        assert f" {len(report.changes)} file" in stat or not report.changes


def sizes(change: Change) -> tuple[int, int]:
    return (
        change.before.size_bytes if change.before is not None else 0,
        change.after.size_bytes if change.after is not None else 0,
    )


def test_the_sizes_are_those_of_each_commit(history: Path) -> None:
    report = compared(history, "HEAD~5", "HEAD")
    for side, rev in ((report.before, "HEAD~5"), (report.after, "HEAD")):
        tree = open_tree(bytes(history), rev=rev)
        assert side.compressed_bytes == Sizer(tree.contents).measure(scan(tree).kept).compressed_bytes
        assert side.total.size_bytes == sum(each.size_bytes for each in tree.files)


class Counting(Progress):
    """Counts the files that are compressed."""

    def __init__(self) -> None:
        self.files = 0

    def expect(self, files: int, size_bytes: int) -> None:
        self.files += files


def test_what_both_have_in_common_is_measured_once(history: Path) -> None:
    cache, counts = CacheTable(), []
    for _ in range(2):
        counting = Counting()
        tree = open_tree(bytes(history), rev="HEAD")
        list_tree("a", tree, Dialect.GITIGNORE, cache=cache, progress=counting)
        counts.append(counting.files)
    assert counts == [len(open_tree(bytes(history), rev="HEAD").files), 0]


FILES: dict[bytes | str, Content] = {"app.rb": "a", "design/a.psd": b"x" * 500, "spec/a.rb": "s", "tmp/x": "t"}


def test_each_commit_has_its_own_rules(tmp_path: Path) -> None:
    make_repo(tmp_path, {**FILES, ".slugignore": "/spec\n"})
    make_tree(tmp_path, {".slugignore": "# specs ship\n/design\n"})
    commit_all(tmp_path)
    report = compared(tmp_path, "HEAD~1", "HEAD")
    assert {(each.kind.value, each.path, each.rule and each.rule.line) for each in report.changes} == {
        ("left-out", b"design/a.psd", 2),
        ("let-in", b"spec/a.rb", 1),
        ("grew", b".slugignore", None),
    }
    assert [(each.rule and each.rule.text, dict(each.sum.kinds)) for each in report.rules] == [
        (b"/design", {ChangeKind.LEFT_OUT: 1}),
        (b"/spec", {ChangeKind.LET_IN: 1}),
    ]


def test_what_the_compiler_takes_has_no_rule(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", "work/tmp/b": "y"})
    git(tmp_path, "mv", "work/tmp", "tmp")
    commit_all(tmp_path)
    assert [(each.kind, each.path) for each in compared(tmp_path, "HEAD~1", "HEAD").changes] == [
        (ChangeKind.REMOVED, b"work/tmp/b")
    ]


def test_the_other_dialect_has_other_changes(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", "lib/spec/b": "y", ".slugignore": ""})
    make_tree(tmp_path, {".slugignore": "spec/\n"})
    commit_all(tmp_path)
    kinds = [
        {each.kind for each in compared(tmp_path, "HEAD~1", "HEAD", dialect).changes}
        for dialect in (Dialect.GITIGNORE, Dialect.GLOB)
    ]
    assert kinds == [{ChangeKind.GREW, ChangeKind.LEFT_OUT}, {ChangeKind.GREW}]


def test_a_submodule_counts_where_it_is_present(tmp_path: Path) -> None:
    module = make_repo(tmp_path / "module", {"m": "1"})
    app = make_repo(tmp_path / "app", {"a": "x"})
    git(app, "submodule", "--quiet", "add", module.as_uri(), "vendor/module")
    commit_all(app)
    report = compared(app, "HEAD~1", "HEAD")
    assert {each.path for each in report.changes} == {b".gitmodules", b"vendor/module/m"}
    assert {each.kind for each in report.changes} == {ChangeKind.ADDED}


def test_a_missing_object_is_no_deletion(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", "b": "gone"})
    make_tree(tmp_path, {"b": "here"})
    commit_all(tmp_path)
    blob = git(tmp_path, "rev-parse", "HEAD~1:b").decode().strip()
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    report = compared(tmp_path, "HEAD~1", "HEAD")
    assert [(each.kind, each.path) for each in report.changes] == [(ChangeKind.UNREAD, b"b")]
    assert (report.before.complete, report.after.complete) == (False, True)
