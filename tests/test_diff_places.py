"""The few places that most of a difference is in, and the groups of a compiled slug."""

from __future__ import annotations

from slugtrim.diff.difference import Change, ChangeKind, Part, directories, reasons
from slugtrim.files import REGULAR, File
from tests.diffs import diff, file, listed


def change(path: str, grown: int, kind: ChangeKind | None = None) -> Change:
    """A file that weighs ``grown`` more, or less."""
    entry = File(path.encode(), abs(grown) * 2, REGULAR, None)
    if kind is None:
        kind = ChangeKind.ADDED if grown >= 0 else ChangeKind.REMOVED
    return Change(kind, None, entry, 0, grown) if grown >= 0 else Change(kind, entry, None, -grown, 0)


def named(*changes: Change, parts: dict[bytes, Part] | None = None) -> list[tuple[str, int]]:
    return [
        (place.path.decode() or (place.package.package if place.package is not None else "?"), place.sum.grown_bytes)
        for place in reasons(changes, parts or {})
    ]


def test_one_file_that_is_nearly_all_of_it_is_the_reason() -> None:
    assert named(change("app/assets/film.mp4", 900), change("app/a.rb", 20), change("b.rb", -10)) == [
        ("app/assets/film.mp4", 900)
    ]


def test_files_of_one_directory_are_named_by_it() -> None:
    films = [change(f"public/videos/{name}.mp4", 300) for name in "abcd"]
    assert named(*films, change("app/a.rb", 40)) == [("public/videos/", 1200)]


def test_a_few_directories_inside_say_more_than_the_one_around_them() -> None:
    places = [change("app/models/a.rb", 500), change("app/models/b.rb", 400), change("app/assets/c.js", -600)]
    assert named(*places, change("README.md", 5)) == [("app/models/", 900), ("app/assets/c.js", -600)]


def test_many_directories_inside_are_named_by_the_one_around_them() -> None:
    places = [change(f"app/{name}/a.rb", 100) for name in "abcdefgh"]
    assert named(*places, change("README.md", 5)) == [("app/", 800)]


def test_a_directory_in_which_one_came_and_another_went_is_told_by_these() -> None:
    places = [change("app/images/a.png", -200), change("app/images/b.png", -180), change("app/lib/form.pdf", 140)]
    assert named(*places, change("spec/a.rb", 80), change("db/b.rb", -75)) == [
        ("app/images/", -380),
        ("app/lib/form.pdf", 140),
        ("spec/a.rb", 80),
    ]


def test_what_came_and_what_went_are_both_told() -> None:
    assert named(change("film.mp4", 1600), change("design/a.psd", -1500), change("a.rb", 30)) == [
        ("film.mp4", 1600),
        ("design/a.psd", -1500),
    ]


def test_at_most_three_are_told_and_none_that_hardly_matters() -> None:
    assert len(named(*(change(name, 100) for name in "abcdefg"))) == 3
    assert named(change("a", 500), change("b", 400), change("c", 1)) == [("a", 500), ("b", 400)]


def test_nothing_that_weighs_is_no_reason() -> None:
    assert named(change("a", 0), change("b/c", 0)) == []
    assert named() == []


def test_what_only_moved_is_no_reason_though_its_share_is_another() -> None:
    was, now = file("old/a", "1", 1000), file("new/a", "1", 1000)
    assert diff(listed(was), listed(now, shares={now.path: 120})).reasons == ()


def test_a_package_is_one_place_wherever_its_files_lie() -> None:
    django = Part("Python packages", "django", "4.2.1")
    parts = {b"site-packages/django/a.py": django, b"site-packages/Django-4.2.1.dist-info/RECORD": django}
    parts |= {b"bin/django-admin": django._replace(version="4.2.7")}
    changes = [change(path.decode(), 300) for path in parts]
    assert named(*changes, change("app/a.py", 50), parts=parts) == [("django", 900)]


def test_a_group_without_packages_is_seen_by_its_directories() -> None:
    parts = {b".heroku/python/bin/python": Part("Python")}
    assert named(change(".heroku/python/bin/python", 300), parts=parts) == [(".heroku/python/bin/python", 300)]


def test_directories_add_up_all_below_them() -> None:
    changes = [change("a/b/c", 100), change("a/d", -30), change("e", 5)]
    assert [
        (place.path, place.sum.grown_bytes, place.sum.grown_size_bytes, place.sum.kinds)
        for place in directories(changes)
    ] == [
        (b"a/b/", 100, 200, {ChangeKind.ADDED: 1}),
        (b"a/", 70, 140, {ChangeKind.ADDED: 1, ChangeKind.REMOVED: 1}),
    ]


def test_a_file_that_moved_counts_where_it_is_now() -> None:
    report = diff(listed(file("old/a", "1", 1000)), listed(file("new/a", "1", 1000)))
    assert [(place.path, place.sum.grown_bytes) for place in report.directories] == [(b"new/", 0)]
    assert report.reasons == ()


# Groups and packages

OLD = {
    b"lib/django/a.py": Part("Python packages", "django", "4.2.1"),
    b"lib/django/b.py": Part("Python packages", "django", "4.2.1"),
    b"lib/same.py": Part("Python packages", "same", "1"),
    b"lib/old.py": Part("Python packages", "old", "3"),
    b"app.py": Part("Application"),
}
NEW = {
    b"lib/django/a.py": Part("Python packages", "django", "4.2.7"),
    b"lib/django/b.py": Part("Python packages", "django", "4.2.7"),
    b"lib/deep/django/a.py": Part("Python packages", "django", "3.0"),
    b"lib/same.py": Part("Python packages", "same", "1"),
    b"app.py": Part("Application"),
}


def test_a_package_has_its_versions_before_and_after() -> None:
    before = [file(path.decode(), "1", 1000) for path in OLD]
    after = [file(path.decode(), "2" if path == b"lib/django/a.py" else "1", 2000) for path in NEW]
    after = [each._replace(size_bytes=1000) if each.path in (b"lib/same.py", b"app.py") else each for each in after]
    report = diff(listed(*before, parts=OLD), listed(*after, parts=NEW))
    assert [
        (each.package, each.versions_before, each.versions_after, each.before.files, each.after.files, each.grown_bytes)
        for each in report.packages
    ] == [
        ("django", ("4.2.1",), ("3.0", "4.2.7"), 2, 3, 400),
        ("old", ("3",), (), 1, 0, -100),
    ]
    assert [(each.group, each.grown_bytes) for each in report.groups] == [("Python packages", 300)]


def test_a_version_that_changed_alone_is_told() -> None:
    part = Part("Gems", "rack", "2.0")
    one, other = (listed(file("a", "1"), parts={b"a": each}) for each in (part, part._replace(version="2.1")))
    report = diff(one, other)
    assert [(each.package, each.versions_before, each.versions_after) for each in report.packages] == [
        ("rack", ("2.0",), ("2.1",))
    ]
    assert report.groups == ()


def test_sides_without_groups_have_none() -> None:
    report = diff(listed(file("a", "1")), listed(file("b", "2")))
    assert (report.groups, report.packages) == ((), ())
