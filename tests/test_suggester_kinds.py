"""Candidates by kind: files that nothing need mention to be in use."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File
from slugtrim.suggester.catalog import catalog, conventional, kinds
from slugtrim.suggester.finders import unread_candidates
from tests.rows import each_row


def found(*files: tuple[str, int]) -> list[tuple[str, str, list[str]]]:
    """Rule, path and files of the candidates among files of these sizes."""
    records = [File(path.encode(), size, REGULAR, None) for path, size in files]
    return [
        (each.rule, each.path.decode(), [file.path.decode() for file in each.files])
        for each in unread_candidates(records)
    ]


@each_row("extension", sorted(kinds()))
def test_a_file_of_every_kind_is_a_candidate(extension: bytes) -> None:
    kind = kinds()[extension]
    path = "x/a." + extension.decode().upper()
    assert found((path, 8 * 1024), ("x/a.js", 1)) == [(kind.id, "", [path])]
    assert kind.category in {category.id for category in catalog().categories}


@each_row(
    "files, expected",
    [
        # A directory of nothing else is one candidate, by the kind that weighs most.
        ([("x/a.png", 9000), ("x/b.csv", 9001)], [("unread-data", "x", ["x/a.png", "x/b.csv"])]),
        ([("x/y/a.png", 9000), ("x/z/b.png", 9000)], [("unread-media", "x", ["x/y/a.png", "x/z/b.png"])]),
        (
            [("x/y/a.png", 9000), ("x/y/b.png", 9000), ("x/a.js", 1)],
            [("unread-media", "x/y", ["x/y/a.png", "x/y/b.png"])],
        ),
        # Beside other files, each by itself, all of a kind as one.
        (
            [("x/a.png", 9000), ("x/b.csv", 9000), ("y/c.png", 9000), ("x/a.js", 1), ("y/a.js", 1)],
            [("unread-data", "", ["x/b.csv"]), ("unread-media", "", ["x/a.png", "y/c.png"])],
        ),
        # The root is no directory of a kind.
        ([("a.png", 9000), ("b.png", 9000)], [("unread-media", "", ["a.png", "b.png"])]),
        # Too small for a line.
        ([("x/a.png", 8191), ("x/a.js", 1)], []),
        ([("x/a.png", 8000), ("x/b.png", 8383)], []),
        ([("x/a.png", 8000), ("x/b.png", 8384)], [("unread-media", "x", ["x/a.png", "x/b.png"])]),
        # Not of a kind: code, hidden, without an extension.
        ([("x/a.js", 9000), ("x/b", 9000), ("x/.png", 9000), ("x/c.svelte", 9000)], []),
    ],
)
def test_whole_directories_and_single_files_of_kinds(
    files: Sequence[tuple[str, int]], expected: list[tuple[str, str, list[str]]]
) -> None:
    assert found(*files) == expected


def test_a_name_that_a_framework_looks_for_is_no_candidate() -> None:
    assert {b"favicon", b"manifest", b"robots"} <= conventional()
    assert found(*((f"x/{name.decode()}.png", 90_000) for name in conventional())) == []


def test_a_symlink_is_no_candidate() -> None:
    assert unread_candidates([File(b"x/a.png", 90_000, SYMLINK, None), File(b"x/a.js", 1, EXECUTABLE, None)]) == ()
