"""The whole report on real repositories, against sums made by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slugtrim.audit import Audit, LimitUse, PathSize, audit_tree, directory_weights
from slugtrim.files import REGULAR, File, Note, SourceKind, Unreadable
from slugtrim.findings import Level
from slugtrim.ignore import Dialect, RuleState
from slugtrim.measurement import Total
from slugtrim.sizer import AverageSide, SizeClass, Status
from slugtrim.sources import open_tree
from slugtrim.units import MIB
from tests.builders import Content, commit_all, git, make_repo, make_tree

RULES = "# not for the dyno\n/spec\n*.psd\ndocs/*\n/nothing\n!docs/keep.md\n"
FILES: dict[bytes | str, Content] = {
    ".slugignore": RULES,
    ".DS_Store": b"\0" * 5,
    "app/.DS_Store": b"\0" * 7,
    "app/main.rb": "m" * 100,
    "app/models/user.rb": "u" * 50,
    "app/models/admin/root.rb": "r" * 25,
    "design/logo.psd": os.urandom(1000),
    "docs/.hidden": "h" * 11,
    "docs/guide.md": "g" * 70,
    "docs/keep.md": "k" * 30,
    "spec/a_spec.rb": "s" * 300,
    "spec/deep/b_spec.rb": "b" * 200,
    "tmp/cache.bin": b"\1" * 13,
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repo(tmp_path_factory.mktemp("audited"), FILES)


@pytest.fixture
def report(repository: Path) -> Audit:
    return audit_tree(open_tree(bytes(repository)))


@pytest.fixture
def glob_report(repository: Path) -> Audit:
    return audit_tree(open_tree(bytes(repository)), Dialect.GLOB)


def test_what_runs_meanwhile_is_called_once_there_is_something_to_compress(repository: Path, report: Audit) -> None:
    calls: list[str] = []
    assert audit_tree(open_tree(bytes(repository)), meanwhile=lambda: calls.append("meanwhile")) == report
    assert set(calls) == {"meanwhile"}


def test_nothing_runs_meanwhile_where_the_platform_makes_no_slug(tmp_path: Path) -> None:
    make_repo(tmp_path, {"heroku.yml": "build: {docker: {web: Dockerfile}}\n"})
    calls: list[str] = []
    assert audit_tree(open_tree(bytes(tmp_path)), meanwhile=lambda: calls.append("meanwhile")).makes_no_slug
    assert calls == []


def test_totals_add_up_to_the_checkout(report: Audit) -> None:
    assert report.checkout == Total(files=13, size_bytes=len(RULES) + 1811)
    assert report.compiler_removed == Total(files=3, size_bytes=5 + 7 + 13)
    assert report.left_out == Total(files=6, size_bytes=1000 + 11 + 70 + 30 + 300 + 200)
    assert report.slug == Total(files=4, size_bytes=len(RULES) + 100 + 50 + 25)


def test_each_rule_has_its_files_and_bytes(report: Audit) -> None:
    rules = [(effect.rule.line, effect.rule.text, effect.state, effect.total) for effect in report.rules]
    assert rules == [
        (2, b"/spec", RuleState.ACTIVE, Total(files=2, size_bytes=500)),
        (3, b"*.psd", RuleState.ACTIVE, Total(files=1, size_bytes=1000)),
        (4, b"docs/*", RuleState.ACTIVE, Total(files=3, size_bytes=111)),
        (5, b"/nothing", RuleState.DEAD, Total(files=0, size_bytes=0)),
        (6, b"!docs/keep.md", RuleState.NEGATED, Total(files=0, size_bytes=0)),
    ]
    assert sum(effect.estimated_saves_bytes for effect in report.rules) == report.estimated_saves_bytes


def test_the_other_reading_names_what_it_keeps(report: Audit) -> None:
    """Ruby's ``docs/*`` leaves dotfiles."""
    assert report.other.dialect is Dialect.GLOB
    assert report.other.total == Total(files=5, size_bytes=len(RULES) + 175 + 11)
    assert report.other.only_here == ()
    assert [file.path for file in report.other.only_there] == [b"docs/.hidden"]
    assert report.other.compressed_bytes > report.compressed_bytes


def test_the_two_readings_mirror_each_other(report: Audit, glob_report: Audit) -> None:
    assert glob_report.other.dialect is Dialect.GITIGNORE
    assert glob_report.slug == report.other.total
    assert glob_report.other.total == report.slug
    assert glob_report.compressed_bytes == report.other.compressed_bytes
    assert glob_report.other.compressed_bytes == report.compressed_bytes
    assert glob_report.other.only_here == report.other.only_there


def test_the_predicted_count_is_that_of_the_published_compiler(report: Audit, glob_report: Audit) -> None:
    """One for the directory ``spec``, one for the psd, two for what stands in docs."""
    assert (report.deleting, glob_report.deleting) == (4, 4)


def test_directories_are_cumulative_and_the_root_is_not_among_them(report: Audit) -> None:
    directories = {weight.path: (weight.files, weight.size_bytes) for weight in report.directories}
    assert directories == {
        b"app": (3, 175),
        b"app/models": (2, 75),
        b"app/models/admin": (1, 25),
    }
    weights = [weight.compressed_bytes for weight in report.directories]
    assert weights == sorted(weights, reverse=True)


def test_shares_add_up_to_the_slug(report: Audit) -> None:
    assert sum(weight.compressed_bytes for weight in report.largest) == report.compressed_bytes
    app = next(weight for weight in report.directories if weight.path == b"app")
    inside = [weight.compressed_bytes for weight in report.largest if weight.path.startswith(b"app/")]
    assert app.compressed_bytes == sum(inside)


def test_the_report_says_what_was_measured(report: Audit, repository: Path) -> None:
    assert report.source.kind is SourceKind.WORKTREE
    assert report.source.root == bytes(repository)
    assert report.source.rev == git(repository, "rev-parse", "HEAD").decode().strip()
    assert report.dialect is Dialect.GITIGNORE
    assert report.complete
    assert report.has_slugignore
    assert (report.size_class, report.average_side) == (SizeClass.SMALL, AverageSide.BELOW)
    assert [(finding.id, finding.line) for finding in report.findings] == [("negation", 6), ("dialects-differ", 4)]
    assert (report.unreadable, report.notes) == ((), ())


def test_limits_count_the_slug_or_the_checkout(report: Audit) -> None:
    used = {use.limit.id: (use.used_bytes, use.status) for use in report.limits}
    assert used == {
        "soft": (report.compressed_bytes, Status.OK),
        "hard": (report.compressed_bytes, Status.OK),
        "checkout": (report.checkout.size_bytes, Status.OK),
    }


def test_a_checkout_over_its_limit_is_over_even_if_the_slug_is_small(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": "/big\n", "big/film.mov": b"", "app.rb": "x"})
    os.truncate(tmp_path / "big/film.mov", 1024 * MIB)
    report = audit_tree(open_tree(bytes(tmp_path), use_git=False))
    statuses = {use.limit.id: use.status for use in report.limits}
    assert statuses == {"soft": Status.OK, "hard": Status.OK, "checkout": Status.OVER}


def test_at_most_twenty_files_are_the_heaviest(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"f{number:02}": os.urandom(100 + 40 * number) for number in range(25)})
    report = audit_tree(open_tree(bytes(tmp_path), use_git=False))
    assert [weight.path for weight in report.largest] == [b"f%02d" % number for number in range(24, 4, -1)]


def test_directories_of_equal_weight_stand_in_order_of_their_names() -> None:
    files = [File(path, 1, REGULAR, None) for path in (b"b/x", b"a/x", b"c/x")]
    shares = {b"a/x": 5, b"b/x": 5, b"c/x": 9}
    assert directory_weights(files, shares) == (
        PathSize(path=b"c", files=1, size_bytes=1, compressed_bytes=9),
        PathSize(path=b"a", files=1, size_bytes=1, compressed_bytes=5),
        PathSize(path=b"b", files=1, size_bytes=1, compressed_bytes=5),
    )


def test_a_directory_that_only_begins_like_another_is_not_counted_in_it() -> None:
    files = [File(path, 1, REGULAR, None) for path in (b"app/x", b"app-old/x")]
    weights = directory_weights(files, {b"app/x": 2, b"app-old/x": 1})
    assert [(weight.path, weight.files) for weight in weights] == [(b"app", 1), (b"app-old", 1)]


def test_an_empty_slug_is_a_report_too(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": "*\n", "a": "x"})
    report = audit_tree(open_tree(bytes(tmp_path), use_git=False))
    assert (report.slug, report.largest, report.directories) == (Total(files=0, size_bytes=0), (), ())
    assert report.left_out == Total(files=2, size_bytes=3)


def test_without_a_slugignore_there_are_no_rules(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    report = audit_tree(open_tree(bytes(tmp_path), use_git=False))
    assert (report.has_slugignore, report.rules, report.deleting) == (False, (), 0)
    assert (report.other.only_here, report.other.only_there) == ((), ())


def test_a_docker_build_is_a_finding(tmp_path: Path) -> None:
    make_repo(tmp_path, {"heroku.yml": "build: {docker: {web: Dockerfile}}\n"})
    report = audit_tree(open_tree(bytes(tmp_path)))
    assert [(finding.id, finding.level, finding.path) for finding in report.findings] == [
        ("no-slug", Level.ERROR, b"heroku.yml")
    ]


def test_notes_of_the_tree_and_of_what_lies_beside_it_come_together(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", "b": "y"})
    (tmp_path / "b").unlink()
    (tmp_path / "c").touch()
    report = audit_tree(open_tree(bytes(tmp_path)))
    assert report.notes == (
        Note(id="deleted", message="deleted in the working tree, so not counted", paths=(b"b",)),
        Note(id="untracked", message="not tracked by git, so not pushed and not counted", paths=(b"c",)),
    )


def test_what_is_not_there_makes_the_report_incomplete(tmp_path: Path) -> None:
    """The blob of a file that is left out is missed as well: the checkout's total is too small by it."""
    make_repo(tmp_path, {".slugignore": "/spec\n", "a": "kept", "spec/b": "left out"})
    commit = commit_all(tmp_path)
    for path in ("a", "spec/b"):
        blob = git(tmp_path, "rev-parse", f"HEAD:{path}").decode().strip()
        (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    report = audit_tree(open_tree(bytes(tmp_path), rev=commit))
    assert not report.complete
    assert report.unreadable == (
        Unreadable(path=b"a", reason="its object is missing or damaged"),
        Unreadable(path=b"spec/b", reason="its object is missing or damaged"),
    )
    assert isinstance(report.limits[0], LimitUse)


def test_a_limit_of_the_owner_stands_in_place_of_the_published_one(report: Audit) -> None:
    uses = report.with_slug_limit(1, "slugtrim.toml:3").limits
    assert [(use.limit.id, use.status) for use in uses if use.limit not in [each.limit for each in report.limits]] == [
        ("hard", Status.OVER)
    ]
    (hard,) = (use.limit for use in uses if use.limit.id == "hard")
    assert (hard.limit_bytes, hard.source) == (1, "slugtrim.toml:3")
