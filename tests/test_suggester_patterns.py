"""Sets of files as patterns: few, exact, and read alike by both dialects."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from slugtrim.files import REGULAR, SYMLINK, Directory, File
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.suggester.patterns import Entry, Wanted, cover_each
from tests.builders import make_repo, make_tree
from tests.rows import each_row
from tests.test_differential_git import git_leaves_out
from tests.test_differential_ruby import Ruby, decoded

TREE = b"""
.design/logo.psd
.gitignore
README.md
a.psd
app/b.psd
app/main.rb
app/pages/[id].test.js
app/pages/[uuid].js
data/one.csv
data/reader.rb
data/three.csv
data/two.csv
docs/deep/only.md
lib/__tests__/a.js
lib/lib.js
lib/sub/__tests__/b.js
lib/sub/sub.js
media/film.mp4
spec/a_spec.rb
spec/support/b.rb
"""


def cover(
    paths: Collection[bytes],
    kept: Sequence[File],
    links: Mapping[bytes, bytes] | None = None,
    *,
    top: bytes = b"",
    forms: tuple[bytes, ...] = (),
) -> list[Entry]:
    """Return one set as few patterns."""
    (found,) = cover_each([Wanted(paths=paths, top=top, forms=forms)], kept, links)
    return found


def files(*paths: bytes) -> list[File]:
    return [File(path, 1, REGULAR, None) for path in paths]


KEPT = files(*TREE.split())


def patterns(found: list[Entry]) -> list[bytes]:
    return [entry.pattern for entry in found]


def written(found: list[Entry]) -> set[bytes]:
    return {file.path for entry in found for file in entry.files}


def taken(content: bytes, kept: Iterable[File], dialect: Dialect, links: Mapping[bytes, bytes]) -> set[bytes]:
    removed = decide(parse(content, dialect), dialect, Directory.from_files(kept), links).removed
    return {
        file.path
        for file in kept
        if file.path in removed or any(file.path.startswith(gone + b"/") or not gone for gone in removed)
    }


def check_law(wanted: list[Wanted], kept: list[File], links: Mapping[bytes, bytes]) -> list[list[Entry]]:
    covers = cover_each(wanted, kept, links)
    there = {file.path for file in kept}
    asked: set[bytes] = set()
    written_so_far: list[bytes] = []
    gone: list[bytes] = []
    sets: list[Wanted] = []
    for each, found in zip(wanted, covers, strict=True):
        asked |= there.intersection(each.paths)
        written_so_far += patterns(found)
        assert all(entry.sets[0] == len(sets) for entry in found)
        sets.append(each)
        gone += [file.path for entry in found for file in entry.files]
        assert all(entry.files for entry in found)
    assert len(gone) == len(set(gone))
    for entry in (entry for found in covers for entry in found):
        owners = {min(at for at, each in enumerate(wanted) if file.path in each.paths) for file in entry.files}
        assert set(entry.sets) == owners | {entry.sets[0]}
        assert len(entry.sets) == len(set(entry.sets))
    for entry in (entry for found in covers for entry in found):
        for dialect in Dialect.GITIGNORE.pair:
            assert taken(entry.pattern, kept, dialect, links) <= asked
    assert set(gone) <= asked
    for dialect in Dialect.GITIGNORE.pair:
        assert taken(b"\r\n".join(written_so_far), kept, dialect, links) == set(gone), written_so_far
    return covers


@each_row(
    "paths, top, forms, expected",
    [
        (b"spec/a_spec.rb spec/support/b.rb", b"spec", (), [b"/spec"]),
        (b"spec/a_spec.rb", b"spec", (), [b"/spec/a_spec.rb"]),
        (b"docs/deep/only.md", b"", (), [b"/docs/deep/only.md"]),
        (b"spec/support/b.rb", b"spec/support", (), [b"/spec/support"]),
        (b"spec/support/b.rb", b"", (), [b"/spec/support/b.rb"]),
        (b"media/film.mp4", b"media/film.mp4", (), [b"/media/film.mp4"]),
        (b"docs/deep/only.md", b"docs", (), [b"/docs"]),
        (b"docs/deep/only.md", b"docs/deep", (), [b"/docs/deep"]),
        (b"docs/deep/only.md spec/a_spec.rb spec/support/b.rb", b"", (), [b"/docs/deep/only.md", b"/spec"]),
        (b"a.psd app/b.psd .design/logo.psd", b"", (b"*.psd",), [b"/.design/logo.psd", b"*.psd"]),
        (b"a.psd app/b.psd .design/logo.psd", b"", (), [b"/.design/logo.psd", b"/a.psd", b"/app/b.psd"]),
        (b"a.psd app/b.psd", b"", (b"*.psd",), [b"/a.psd", b"/app/b.psd"]),
        (b"lib/__tests__/a.js lib/sub/__tests__/b.js", b"", (b"__tests__",), [b"__tests__"]),
        (b"lib/__tests__/a.js", b"", (b"__tests__",), [b"/lib/__tests__"]),
        (
            b"lib/__tests__/a.js lib/sub/__tests__/b.js",
            b"",
            (b"*",),
            [b"/lib/__tests__/a.js", b"/lib/sub/__tests__/b.js"],
        ),
        (b"data/one.csv data/two.csv data/three.csv", b"data", (), [b"/data/*.csv"]),
        (b"data/one.csv data/two.csv", b"data", (), [b"/data/one.csv", b"/data/two.csv"]),
        (b"absent spec", b"", (), []),
        (b"", b"spec", (), []),
    ],
)
def test_a_set_is_written_with_few_patterns(
    paths: bytes, top: bytes, forms: tuple[bytes, ...], expected: list[bytes]
) -> None:
    found = cover(paths.split(), KEPT, top=top, forms=forms)
    assert patterns(found) == expected
    assert written(found) == {file.path for file in KEPT} & {*paths.split()}
    check_law([Wanted(paths=paths.split(), top=top, forms=forms)], KEPT, {})


def test_the_whole_tree_is_never_one_pattern() -> None:
    found = cover([file.path for file in KEPT], KEPT)
    assert set(patterns(found)) >= {b"/spec", b"/app", b"/.gitignore", b"/docs/deep/only.md"}


def test_no_pattern_reaches_above_the_top() -> None:
    kept = files(b"docs/deep/a", b"docs/deep/b", b"x")
    assert patterns(cover([b"docs/deep/a", b"docs/deep/b"], kept, top=b"docs/deep")) == [b"/docs/deep"]
    assert patterns(cover([b"docs/deep/a", b"docs/deep/b"], kept)) == [b"/docs"]
    assert patterns(cover([b"docs/deep/a", b"docs/deep/b"], kept, top=b"docs/deep/a")) == [
        b"/docs/deep/a",
        b"/docs/deep/b",
    ]


def test_a_directory_that_several_sets_make_whole_is_one_pattern() -> None:
    kept = files(b"spec/a.rb", b"spec/models/b.rb", b"spec/models/c.rb", b"spec/support/d.rb", b"spec/x.png", b"app")
    specs = Wanted(paths=[b"spec/a.rb", b"spec/models/b.rb", b"spec/models/c.rb"], top=b"spec")
    support = Wanted(paths=[b"spec/support/d.rb"], top=b"spec/support")
    picture = Wanted(paths=[b"spec/x.png"], top=b"spec/x.png")
    for wanted in ([picture, specs, support], [specs, support, picture], [support, picture, specs]):
        covers = check_law(wanted, kept, {})
        ((entry,),) = [found for found in covers if found]
        own = wanted.index(specs)
        assert (entry.pattern, entry.sets) == (b"/spec", (own, *sorted({0, 1, 2} - {own})))
        assert [file.path for file in entry.files] == [file.path for file in kept[:5]]
    covers = check_law([specs, support], kept, {})
    assert [patterns(found) for found in covers] == [[b"/spec/a.rb", b"/spec/models"], [b"/spec/support"]]


def test_a_form_may_stand_for_files_of_other_sets() -> None:
    kept = files(b"design/a.psd", b"design/b.txt", b"design/c.txt", b"x/a.psd", b"y/a.psd", b"y/y")
    psd = Wanted(paths=[b"x/a.psd", b"y/a.psd"], forms=(b"*.psd",))
    one = Wanted(paths=[b"design/a.psd"], top=b"design/a.psd")
    design = Wanted(paths=[b"design/a.psd", b"design/b.txt", b"design/c.txt"], top=b"design")
    first, second = check_law([psd, one], kept, {})
    assert ([(entry.pattern, entry.sets) for entry in first], second) == ([(b"*.psd", (0, 1))], [])
    first, second = check_law([psd, design], kept, {})
    assert (patterns(first), patterns(second)) == ([b"*.psd"], [b"/design"])
    assert [file.path for file in first[0].files] == [b"x/a.psd", b"y/a.psd"]
    assert [file.path for file in second[0].files] == [b"design/a.psd", b"design/b.txt", b"design/c.txt"]


def test_a_suffix_may_stand_for_files_of_other_sets() -> None:
    kept = files(b"d/1.x", b"d/2.x", b"d/3.x", b"d/4.x", b"d/y")
    three, one = Wanted(paths=[b"d/1.x", b"d/2.x", b"d/3.x"]), Wanted(paths=[b"d/4.x"])
    first, second = check_law([three, one], kept, {})
    assert ([(entry.pattern, entry.sets) for entry in first], second) == ([(b"/d/*.x", (0, 1))], [])
    first, second = check_law([one, three], kept, {})
    assert ([(entry.pattern, entry.sets) for entry in first], second) == ([(b"/d/*.x", (0, 1))], [])


TESTS = b"a/x_test.py a/y_test.py b/w_test.py b/c/z_test.py"


@each_row(
    "gone, stays, forms, expected",
    [
        (TESTS, b"", b"*_test.py", b"*_test.py"),
        (TESTS, b"q/k_test.py", b"*_test.py", b"/a/*_test.py /b/**/*_test.py"),
        (TESTS, b"b/c/d/k_test.py", b"*_test.py", b"/b/c/z_test.py /b/w_test.py /a/*_test.py"),
        (TESTS, b"a/k_test.py", b"*_test.py", b"/a/x_test.py /a/y_test.py /b/**/*_test.py"),
        (b"e/a/x_test.py e/b/x_test.py", b"k_test.py", b"*_test.py", b"/e/*/*_test.py"),
        (b"e/.a/x_test.py e/b/x_test.py", b"k_test.py", b"*_test.py", b"/e/.a/x_test.py /e/b/x_test.py"),
        (b"x_test.py y_test.py", b"e/k_test.py", b"*_test.py", b"/*_test.py"),
        (b"a/c/tests/1 a/c/tests/2 b/c/tests/3 b/tests/4", b"tests/5", b"tests", b"/a/c/tests /b/**/tests"),
        (b"a/tests/1 a/tests/2 b/tests/1 b/tests/2 c/tests/1 c/tests/2", b"a/d/tests/4", b"tests", b"/*/tests"),
        (b"a/t/x_test.py b/t/y_test.py c/z_test.py d/w_test.py", b"d/t/1", b"*_test.py t", b"*_test.py"),
    ],
)
def test_a_form_is_written_below_the_uppermost_directories_where_nothing_stays(
    gone: bytes, stays: bytes, forms: bytes, expected: bytes
) -> None:
    wanted = Wanted(paths=gone.split(), forms=tuple(forms.split()))
    (found,) = check_law(
        [wanted], files(*gone.split(), *stays.split(), b"a/x", b"a/c/x", b"b/x", b"b/c/x", b"c/x", b"e/x", b"[e]/x"), {}
    )
    assert patterns(found) == expected.split()


@each_row(
    "gone, stays, expected",
    [
        (b"a.md b.md c.md", b"", b"/*.md"),
        (b"a.md b.md", b"", b"/a.md /b.md"),
        (b"a.md b.md c.md", b".d.md", b"/a.md /b.md /c.md"),
        (b"README-AR.md README-DE.md README-FR.md", b"README.md", b"/README-AR.md /README-DE.md /README-FR.md"),
        (b"p/roc_a.py p/roc_b.py p/roc_c.py", b"p/d.py", b"/p/roc_a.py /p/roc_b.py /p/roc_c.py"),
        (b"one.json two.json three.json", b"", b"/one.json /three.json /two.json"),  # a manifest tomorrow
        (b"one.zzz two.zzz three.zzz", b"", b"/one.zzz /three.zzz /two.zzz"),
    ],
)
def test_files_beside_each_other_that_end_alike_are_one_pattern(gone: bytes, stays: bytes, expected: bytes) -> None:
    kept = files(*gone.split(), *stays.split(), b"app.py", b"p/q")
    for wanted in ([Wanted(paths=gone.split())], [Wanted(paths=[path]) for path in gone.split()]):
        covers = check_law(wanted, kept, {})
        assert sorted(pattern for found in covers for pattern in patterns(found)) == sorted(expected.split())


def test_what_a_form_takes_as_well_has_no_line_of_its_own() -> None:
    kept = files(b"conftest.py", b"a/conftest.py", b"b/conftest.py", b"a/x", b"b/x", b"x")
    one, each = (
        Wanted(paths=[b"conftest.py"]),
        Wanted(paths=[b"a/conftest.py", b"b/conftest.py"], forms=(b"conftest.py",)),
    )
    first, second = check_law([one, each], kept, {})
    assert (first, [(entry.pattern, entry.sets) for entry in second]) == (
        [],
        [(b"conftest.py", (1, 0))],
    )
    first, second = check_law([replace(one, label="safe"), each], kept, {})
    assert (patterns(first), patterns(second)) == ([b"/conftest.py"], [b"conftest.py"])


def test_files_of_two_labels_are_not_put_together() -> None:
    kept = files(b"a.md", b"b.md", b"c.md", b"x.py")
    safe, other = Wanted(paths=[b"a.md", b"b.md"], label="safe"), Wanted(paths=[b"c.md"], label="conditional")
    assert [patterns(found) for found in check_law([safe, other], kept, {})] == [[b"/a.md", b"/b.md"], [b"/c.md"]]


def test_a_near_form_is_written_for_three_files_of_one_directory() -> None:
    kept = files(*(b"d/%d.story.js" % number for number in range(3)), b"e/1.story.js", b"e/2.story.js", b"d/x", b"e/x")
    wanted = Wanted(paths=[file.path for file in kept if b"story" in file.path], near_forms=(b"*.story.js",))
    (found,) = check_law([wanted], kept, {})
    assert patterns(found) == [b"/e/1.story.js", b"/e/2.story.js", b"/d/*.story.js"]
    (found,) = check_law([wanted], [*kept, *files(b"d/4.story.js")], {})
    assert len(found) == 5


def test_of_two_ways_to_write_as_much_the_shorter_is_taken() -> None:
    kept = files(
        *(b"%s/tests.py" % name for name in (b"a", b"b", b"c")), *(b"%s/x" % name for name in (b"a", b"b", b"c"))
    )
    (found,) = check_law([Wanted(paths=[file.path for file in kept[:3]], forms=(b"tests.py",))], kept, {})
    assert patterns(found) == [b"tests.py"]


@each_row(
    "path, beside, pattern",
    [
        (b"a/caf\xc3\xa9 noir", b"a/b", b"/a/caf\xc3\xa9 noir"),
        (b"a/caf\xe9", b"a/b", None),
        (b"a/caf\xe9", b"a/cafe", None),
        (b"a/caf\xe9", "a/caf\u65e5".encode(), None),
        (b"a/x#1", b"a/b", None),
        (b"a/{x}", b"a/b", None),
        (b"a/x\\y", b"a/b", None),
        (b"a/x\ny", b"a/b", None),
        (b"a/x ", b"a/b", None),
        (b"a/x \r", b"a/b", None),
        (b"a/\x1b[31m", b"a/b", None),
        (b"!x", b"b", b"/!x"),
        (b"a/.[x]", b"a/b", b"/a/.[[]x]"),
        (b"[a]/x", b"b", b"/[[]a]/x"),
        (b"[a]/x", b"bad/x", b"/[[]a]/x"),
        (b"a/*", b"a/b", b"/a/[*]"),
        (b"a/?", b"a/b", b"/a/[?]"),
        (b"\xff/x", b"b", None),
    ],
)
def test_a_name_that_is_read_as_it_stands_is_written(path: bytes, beside: bytes, pattern: bytes | None) -> None:
    kept = files(path, beside)
    found = cover([path], kept)
    assert patterns(found) == ([] if pattern is None else [pattern])
    assert written(found) == (set() if pattern is None else {path})
    check_law([Wanted(paths=[path])], kept, {})


@each_row("form", [b".*", b"*", b"**", b"/a", b"#x", b"!x", b"{a,b}", b"x "])
def test_a_form_without_a_letter_or_with_more_than_a_star_is_not_taken(form: bytes) -> None:
    kept = files(b"a/.x", b"b/.x")
    assert patterns(cover([b"a/.x", b"b/.x"], kept, forms=(form,))) == [b"/a/.x", b"/b/.x"]


def test_a_suffix_of_a_directory_is_not_written_where_something_else_ends_so() -> None:
    wanted = Wanted(paths=[b"d/1.x", b"d/2.x", b"d/3.x"])
    for other in (b"d/4.x", b"d/sub.x/file", b"d/.x"):
        (found,) = check_law([wanted], files(*wanted.paths, other), {})
        assert patterns(found) == [b"/d/1.x", b"/d/2.x", b"/d/3.x"]


NAMES = st.sampled_from(
    [
        *(b"a", b"b", b"aa", b"ab", b"a.x", b"b.x", b"c.x", b"a.y", b".a", b".x", b".a.x", b"spec", b"docs"),
        *(
            b"a b",
            b"a ",
            b" a",
            b"a\tb",
            b"a\nb",
            b"x\n",
            b"[a]",
            b"a]",
            b"a\\b",
            b"a*b",
            b"a?",
            b"{a,b}",
            b"#a",
            b"!a",
        ),
        *(
            b"\xc3\xa9",
            b"a\xc3\xa9",
            b"\xff\xfe",
            b"a\xe9",
            b"\xef\xbb\xbfa",
            b"a#b",
            b"a,b",
            b"\x1b",
            b"~",
            b"z\r",
            b"-",
        ),
    ]
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)
FORMS = st.sampled_from([b"*.x", b"*.y", b"a*", b"a", b"spec", b".a", b"*", b".*", b"a b", b"**", b"{a,b}", b"**/a"])
TARGETS = st.sampled_from([b"a", b"spec", b"..", b".", b"../a", b"/a", b"docs/a", b"a b", b"nowhere"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Wanted], list[File], dict[bytes, bytes]]:
    paths = draw(st.sets(PATHS, min_size=1, max_size=30))
    links = {path: draw(TARGETS) for path in sorted(paths) if draw(st.integers(0, 9)) == 0}
    directories = {path[:at] for path in paths for at in range(len(path)) if path[at : at + 1] == b"/"}
    modes = {path: SYMLINK if path in links else REGULAR for path in sorted(paths - directories)}
    kept = [File(path, 1, mode, None) for path, mode in modes.items()]
    wanted = []
    for _ in range(draw(st.integers(1, 4))):
        top = draw(st.sampled_from(sorted({b"", *directories})))
        within = [file.path for file in kept if not top or file.path.startswith(top + b"/")]
        chosen = draw(st.one_of(st.just(within), st.lists(st.sampled_from(within)) if within else st.just([])))
        wanted.append(Wanted(paths=chosen, top=top, forms=tuple(draw(st.lists(FORMS, max_size=3)))))
    return wanted, kept, {path: target for path, target in links.items() if path in modes}


@pytest.mark.full
@settings(max_examples=150, deadline=None)
@given(cases())
def test_whatever_the_names_what_goes_is_what_was_wanted(
    case: tuple[list[Wanted], list[File], dict[bytes, bytes]],
) -> None:
    check_law(*case)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(cases())
def test_whatever_the_names_in_many_more_cases(case: tuple[list[Wanted], list[File], dict[bytes, bytes]]) -> None:
    check_law(*case)


AWKWARD = files(
    *(b"[a]/one", b"a b/one", b"a b/two", b"caf\xc3\xa9/x", b"kaf\xe9/x", b"d/#1.x", b"d/2.x", b"d/3.x", b"d/4.x"),
    *(b"d/x ", b"d/x\\y", b"dd/__tests__/1", b"e/__tests__/2", b"e/[id].js", b"e/new\nline", b"e/uuid.js", b".h/1.x"),
)
AWKWARD_WANTED = [
    Wanted(paths=[b"a b/one", b"a b/two"], top=b"a b"),
    Wanted(paths=[b"dd/__tests__/1", b"e/__tests__/2"], forms=(b"__tests__",)),
    Wanted(paths=[file.path for file in AWKWARD if file.path.endswith(b".x")]),
    Wanted(paths=[b"[a]/one", b"kaf\xe9/x", b"d/x ", b"d/x\\y", b"e/[id].js", b"e/new\nline"]),
]


def awkward_entries() -> tuple[bytes, set[bytes]]:
    covers = check_law(AWKWARD_WANTED, AWKWARD, {})
    entries = [entry for found in covers for entry in found]
    gone = {file.path for entry in entries for file in entry.files}
    assert len(gone) == len(AWKWARD) - 4
    return b"\n".join(entry.pattern for entry in entries), gone


def test_git_leaves_out_what_the_patterns_are_for(tmp_path: Path) -> None:
    content, gone = awkward_entries()
    top = make_repo(tmp_path / "repo", {file.path: b"x" for file in AWKWARD}, commit=False)
    assert git_leaves_out(top, content) == gone


@pytest.mark.full
@pytest.mark.skipif(shutil.which("ruby") is None, reason="ruby is not on PATH")
def test_ruby_deletes_what_the_patterns_are_for(tmp_path: Path) -> None:
    content, gone = awkward_entries()
    root = make_tree(tmp_path / "TheBuild", {file.path: b"x" for file in AWKWARD})
    ruby = Ruby()
    answers = ruby.ask(root, content, dry=False)
    ruby.close()
    assert len(answers) == content.count(b"\n") + 1
    left = {path[1:] for path in decoded(answers[-1]["left"])}
    assert {file.path for file in AWKWARD} - left == gone


@pytest.mark.full
def test_the_time_is_near_linear_in_the_tree(tmp_path: Path) -> None:
    kept = files(*(b"d%d/e%d/f%d/g%d.%s" % (i % 7, i % 50, i % 301, i, (b"rb", b"png")[i % 2]) for i in range(30_000)))
    wanted = [Wanted(paths=[file.path], top=file.path) for file in kept[::100]]
    wanted.append(Wanted(paths=[file.path for file in kept if file.path.endswith(b".png")], forms=(b"*.png",)))
    before = time.process_time()
    covers = cover_each(wanted, kept)
    assert time.process_time() - before < 10
    assert patterns(covers[-1]) == [b"*.png"]
    assert sum(len(found) for found in covers) == len(wanted)
