"""Two lists of files compared: pure, so that every law can be tried on any lists."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slugtrim.diff.changes import moves, successors
from slugtrim.diff.difference import Change, ChangeKind, Diff, Listed
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File
from tests.diffs import RULE, diff, file, listed
from tests.rows import each_row

SHA256 = 64


def found(report: Diff) -> list[tuple[str, str, str]]:
    """Kind, old path and new path of every change."""
    return [
        (
            change.kind.value,
            change.before.path.decode() if change.before is not None else "",
            change.after.path.decode() if change.after is not None else "",
        )
        for change in report.changes
    ]


PAIRS = [
    ([file("a", "1")], [file("a", "1")], []),
    ([], [file("a", "1")], [("added", "", "a")]),
    ([file("a", "1")], [], [("removed", "a", "")]),
    ([file("a", "1", 10)], [file("a", "2", 90)], [("grew", "a", "a")]),
    ([file("a", "1", 90)], [file("a", "2", 10)], [("shrank", "a", "a")]),
    ([file("a", "1")], [file("a", "2")], [("changed", "a", "a")]),
    ([file("a", "1")], [file("a", "1", mode=EXECUTABLE)], [("changed", "a", "a")]),
    ([file("a", "1")], [file("a", "1", mode=SYMLINK)], [("changed", "a", "a")]),
    ([file("a", "1")], [file("b", "1")], [("moved", "a", "b")]),
    ([file("a", "1")], [file("b", "1", mode=EXECUTABLE)], [("moved", "a", "b")]),
    # A link to "x" and a file of "x" have the same blob.
    ([file("a", "1")], [file("b", "1", mode=SYMLINK)], [("added", "", "b"), ("removed", "a", "")]),
    # A hard link in an archive has the content of another entry, and no bytes of its own.
    ([file("a", "1", 50)], [file("a", "1", 0)], [("shrank", "a", "a")]),
    ([file("a", "1")], [file("a", "1"), file("b", "1")], [("added", "", "b")]),
    ([file("a-1.0", "1")], [file("a-1.1", "2")], [("changed", "a-1.0", "a-1.1")]),
]


@each_row("before, after, expected", PAIRS)
def test_what_becomes_of_a_file(before: list[File], after: list[File], expected: list[tuple[str, str, str]]) -> None:
    assert sorted(found(diff(listed(*before), listed(*after)))) == sorted(expected)


def test_what_a_rule_leaves_out_is_not_deleted_and_what_it_lets_in_is_not_new() -> None:
    psd, app = file("design/a.psd", "1"), file("app.rb", "2")
    out = diff(listed(psd, app), listed(app, left_out=(psd,)))
    assert found(out) == [("left-out", "design/a.psd", "")]
    assert out.changes[0].rule == RULE
    back = diff(listed(app, left_out=(psd,)), listed(psd, app))
    assert found(back) == [("let-in", "", "design/a.psd")]
    assert back.changes[0].rule == RULE
    assert [(each.rule, each.sum.kinds) for each in back.rules] == [(RULE, {ChangeKind.LET_IN: 1})]


def test_a_file_that_is_left_out_did_not_move() -> None:
    psd = file("design/a.psd", "1")
    report = diff(listed(psd), listed(file("copy.psd", "1"), left_out=(psd,)))
    assert sorted(found(report)) == [("added", "", "copy.psd"), ("left-out", "design/a.psd", "")]


def test_a_build_makes_files_of_names_that_a_rule_has_left_out() -> None:
    source = file("public/app.js", "1")
    built = diff(listed(left_out=(source,)), listed(file("public/app.js", "2"), is_compiled=True))
    assert found(built) == [("added", "", "public/app.js")]
    ships = diff(listed(left_out=(source,)), listed(source, is_compiled=True))
    assert found(ships) == [("let-in", "", "public/app.js")]


def test_what_could_not_be_read_on_the_other_side_is_neither_added_nor_removed() -> None:
    files = (file("lib/a", "1"), file("lib/deep/b", "2"), file("c", "3"))
    one, other = listed(*files), listed(unread=(b"lib", b"c"))
    assert {kind for kind, *_ in found(diff(one, other))} == {"unread"}
    assert {kind for kind, *_ in found(diff(other, one))} == {"unread"}
    assert not diff(one, other).complete


def test_ids_of_two_kinds_are_compared_by_size_and_it_is_counted() -> None:
    short = (file("a", "1"), file("b", "2"))
    long = tuple(each._replace(blob=b"0" * SHA256, size_bytes=size) for each, size in zip(short, (10, 20), strict=True))
    report = diff(listed(*short), listed(*long))
    assert found(report) == [("grew", "b", "b")]
    assert (report.by_size, report.unchanged.files) == (2, 1)
    assert diff(listed(file("a")), listed(file("a"))).by_size == 1
    assert {kind for kind, *_ in found(diff(listed(file("a")), listed(file("b"))))} == {"added", "removed"}


def test_of_twins_those_whose_paths_end_alike_belong_together() -> None:
    old = [file(path, "same") for path in ("lib/python3.11/a/__init__.py", "lib/python3.11/b/__init__.py", "x/y")]
    new = [file(path, "same") for path in ("lib/python3.12/b/__init__.py", "lib/python3.12/a/__init__.py", "z")]
    assert moves(old, new) == {
        b"lib/python3.12/a/__init__.py": b"lib/python3.11/a/__init__.py",
        b"lib/python3.12/b/__init__.py": b"lib/python3.11/b/__init__.py",
        b"z": b"x/y",
    }


def test_of_twins_in_packages_those_of_one_package_belong_together() -> None:
    old = [file(path, "pip") for path in ("lib/django-4.2.1.dist-info/INSTALLER", "lib/rack-6.5.dist-info/INSTALLER")]
    new = [file(f"lib/{name}.dist-info/INSTALLER", "pip") for name in ("brotli-1.2", "django-4.2.7", "rack-6.12")]
    assert moves(old, new) == {new[1].path: old[0].path, new[2].path: old[1].path}


SUCCESSORS = [
    ("vendor/cache/nokogiri-1.11.1-x86_64-linux.gem", "vendor/cache/nokogiri-1.11.7-x86_64-linux.gem"),
    ("public/assets/application-3f2a9cde.js", "public/assets/application-98abef01.js"),
    ("dist/main.3f2a9c.js", "dist/main.a8ab01.js"),
    ("assets/index-BxY3_d9k.js", "assets/index-Q0z9A1bb.js"),
    ("gems/rails-7.0.1/lib/rails.rb", "gems/rails-7.1.0/lib/rails.rb"),
    ("lib/python3.11/os.py", "lib/python3.12/os.py"),
    (".yarn/releases/yarn-1.22.5.js", ".yarn/releases/yarn-3.1.0.js"),
]


@each_row("old, new", SUCCESSORS)
def test_the_next_version_of_a_file_is_the_same_file(old: str, new: str) -> None:
    assert successors([old.encode()], [new.encode()]) == {new.encode(): old.encode()}


STRANGERS = [
    ("film.mp4", "film.mp3"),
    ("db/20210101_users.rb", "db/20220101_users.rb"),
    ("a-1.rb", "b-1.rb"),
    ("x/a-1.rb", "y/a-2.rb"),
    ("app.rb", "app.py"),
    (".2/a", ".3/a"),
]


@each_row("old, new", STRANGERS)
def test_other_names_are_other_files(old: str, new: str) -> None:
    assert successors([old.encode()], [new.encode()]) == {}


def test_where_two_could_be_meant_nobody_succeeds() -> None:
    assert successors([b"a-1.rb"], [b"a-2.rb", b"a-3.rb"]) == {}
    assert successors([b"a-1.rb", b"a-4.rb"], [b"a-2.rb"]) == {}


# Laws

CONTENTS = st.sampled_from("pqrst")
PATHS = st.sampled_from(["a", "b", "c-1.js", "c-2.js", "lib/a", "lib/b", "lib/deep/a", "app/a", "app/deep/b", "z-9/a"])
FILES = st.lists(
    st.builds(
        lambda path, content, mode, size: file(path, content, size, mode),
        PATHS,
        CONTENTS,
        st.sampled_from([REGULAR, EXECUTABLE, SYMLINK]),
        st.sampled_from([0, 10, 2000]),
    ),
    unique_by=lambda each: each.path,
)
SHARE = st.integers(0, 500)


@st.composite
def sides(draw: st.DrawFn) -> Listed:
    here = draw(FILES)
    aside = {each.path for each in draw(FILES)}
    kept = [each for each in here if each.path not in aside]
    out = tuple(each for each in here if each.path in aside)
    gone = tuple(path for path in draw(st.sampled_from([(), (b"lib/deep",), (b"b",)])))
    kept = [each for each in kept if not any(each.path.startswith(path) for path in gone)]
    shares = {each.path: draw(SHARE) for each in kept}
    return listed(*kept, shares=shares, left_out=out, unread=gone, is_compiled=draw(st.booleans()))


@pytest.mark.full
@settings(max_examples=200)
@given(sides(), sides())
def test_a_comparison_of_any_two_slugs_keeps_the_laws(before: Listed, after: Listed) -> None:
    """One test, since making two slugs takes much longer than to hold them against all laws."""
    report = diff(before, after)
    every_file_is_in_one_change_or_unchanged(before, after, report)
    the_parts_add_up_to_what_the_slug_grew_by(before, after, report)
    the_way_back_is_the_same_way(report, diff(after, before))


def every_file_is_in_one_change_or_unchanged(before: Listed, after: Listed, report: Diff) -> None:
    old = Counter(change.before.path for change in report.changes if change.before is not None)
    new = Counter(change.after.path for change in report.changes if change.after is not None)
    assert set(old.values()) | set(new.values()) <= {1}
    paths = [{each.path for each in side.files} for side in (before, after)]
    assert set(old) <= paths[0]
    assert set(new) <= paths[1]
    assert len(paths[0] - set(old)) == len(paths[1] - set(new)) == report.unchanged.files
    assert paths[0] - set(old) == paths[1] - set(new)


def the_parts_add_up_to_what_the_slug_grew_by(before: Listed, after: Listed, report: Diff) -> None:
    changed = sum(change.grown_bytes for change in report.changes)
    assert changed + report.rest_bytes == report.grown_bytes
    assert sum(total.grown_bytes for total in report.sums.values()) == changed
    assert sum(total.files for total in report.sums.values()) == len(report.changes)
    raw = sum(change.grown_size_bytes for change in report.changes)
    assert raw == after.side.total.size_bytes - before.side.total.size_bytes
    tops = sum(place.sum.grown_bytes for place in report.directories if place.path.count(b"/") == 1)
    assert tops + sum(each.grown_bytes for each in report.changes if b"/" not in each.path) == changed


MIRRORED = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.LET_IN: ChangeKind.LEFT_OUT,
    ChangeKind.GREW: ChangeKind.SHRANK,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
    ChangeKind.MOVED: ChangeKind.MOVED,
    ChangeKind.UNREAD: ChangeKind.UNREAD,
}


def mirrored(change: Change) -> ChangeKind:
    return (MIRRORED | {other: kind for kind, other in MIRRORED.items()})[change.kind]


def the_way_back_is_the_same_way(there: Diff, back: Diff) -> None:
    assert there.grown_bytes == -back.grown_bytes
    assert (there.unchanged.files, there.by_size) == (back.unchanged.files, back.by_size)
    assert Counter(map(mirrored, there.changes)) == Counter(change.kind for change in back.changes)


@given(sides())
def test_a_slug_is_no_different_from_itself(side: Listed) -> None:
    report = diff(side, side)
    assert (report.changes, report.directories, report.reasons, report.grown_bytes) == ((), (), (), 0)
