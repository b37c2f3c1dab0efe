"""Paths as bytes: quoted for people as git does, for JSON as valid Unicode, and the tree they form."""

from __future__ import annotations

from pathlib import Path

from slugtrim.files import REGULAR, Directory, File, Source, SourceKind, quoted
from slugtrim.sources import open_tree
from tests.builders import git, make_tree
from tests.rows import each_row

AWKWARD = [
    *(
        b"plain.txt",
        b"a b",
        b" a",
        b"a ",
        b"a\tb",
        b"a\nb",
        b"a\rb",
        b"\x01",
        b"a\x07\x08\x0b\x0cb",
        b"\x1b[31m",
        b"\x7f",
    ),
    *(
        b'"',
        b'say "hi"',
        b"back\\slash",
        b"'single'",
        b"a'b",
        b"$HOME",
        b"`x`",
        b"#a",
        b"!a",
        b"-rf",
        b"*",
        b"[a]",
        b"?",
    ),
    *("café".encode(), "日本語".encode(), "e\u0301".encode(), "😀".encode()),
    *(b"\xff\xfe", b"caf\xe9", b"\xc3", b"\xed\xa0\xb0", b"a\xff\tb", b"d/\xff/e", b'd/"/x', b"d/a b/c"),
]


def test_names_are_quoted_exactly_as_git_does(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    empty = git(tmp_path, "hash-object", "-w", "--stdin").strip()
    lines = b"".join(b"100644 %s\t%s\0" % (empty, name) for name in AWKWARD)
    git(tmp_path, "update-index", "-z", "--index-info", stdin=lines)
    printed = git(tmp_path, "-c", "core.quotePath=false", "ls-files").split(b"\n")[:-1]
    assert [quoted(name).encode("utf-8", "surrogateescape") for name in sorted(AWKWARD)] == printed


@each_row(
    "path, text",
    [
        ("evil\u202etxt.exe".encode(), r'"evil\342\200\256txt.exe"'),
        ("\u2066a\u2069".encode(), r'"\342\201\246a\342\201\251"'),
        ("a\u200fb".encode(), r'"a\342\200\217b"'),
        ("\u061c".encode(), r'"\330\234"'),
        ("a\x9b31m".encode(), r'"a\302\23331m"'),
        (b"a\x9b", r'"a\233"'),
        (b"caf\xe9", "caf\udce9"),
        (b"\xe9\x85", '"\udce9\\205"'),
        ("a\x85b".encode(), r'"a\302\205b"'),
        ("a\u2028b\u2029".encode(), r'"a\342\200\250b\342\200\251"'),
        (b"\0", r'"\000"'),
    ],
)
def test_what_deceives_a_reader_or_a_terminal_is_escaped_too(path: bytes, text: str) -> None:
    assert quoted(path) == text


def file(path: bytes) -> File:
    return File(path, 1, REGULAR, None)


def test_a_tree_holds_only_directories_with_files_and_lists_parents_first() -> None:
    root = Directory.from_files(map(file, (b"a", b"x/y/z", b"x/w", b"x-1/q")))
    walked = [directory.path for directory in root.walk()]
    assert sorted(walked) == [b"", b"x", b"x-1", b"x/y"]
    assert walked.index(b"x") < walked.index(b"x/y")
    assert set(root.files) == {b"a"}
    assert set(root.directories) == {b"x", b"x-1"}
    assert root.directories[b"x"].directories[b"y"].files == {b"z": file(b"x/y/z")}
    assert root.directories[b"x"].parent is root


def test_a_path_deeper_than_python_recurses_is_a_path() -> None:
    deep = b"/".join([b"d"] * 5000 + [b"file"])
    root = Directory.from_files([file(deep)])
    *_, last = root.walk()
    assert sum(1 for _ in root.walk()) == 5001
    assert set(last.files) == {b"file"}


def test_the_root_of_the_slug_is_the_prefix_below_the_root() -> None:
    assert Source(kind=SourceKind.DIRECTORY, root=b"/r").path == b"/r"
    assert Source(kind=SourceKind.DIRECTORY, root=b"/r", prefix=b"a/b").path == b"/r/a/b"


def test_reading_some_files_of_a_tree_skips_those_that_went_away(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "one", "b": "two"})
    tree = open_tree(bytes(tmp_path), use_git=False)
    (tmp_path / "b").unlink()
    assert tree.read(tree.files) == {b"a": b"one"}
