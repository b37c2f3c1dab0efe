"""What patterns name on the way down to a file, and how much is looked at to find out."""

from __future__ import annotations

from slugtrim.anatomy.catalog import Walk
from slugtrim.suggester.catalog import Node, Pattern


class CountingWalk(Walk[str]):
    """Counts the names that were held against patterns."""

    names = 0

    def _after(self, *args: object) -> list[Node[str]]:
        self.names += 1
        return super()._after(*args)  # type: ignore[arg-type]


def test_directories_side_by_side_far_down_are_reached_from_the_last_one() -> None:
    """From the top, 2,000 directories 500 levels down would take a million steps."""
    walk = CountingWalk([("tests", (Pattern.parse("tests/"),))])
    above = b"a/" * 250 + b"tests/" + b"a/" * 250
    for number in range(2000):
        named = walk.named(above + b"%05d/x" % number)
        assert named == (("tests", b"a/" * 250 + b"tests"),)
    assert walk.names < 5000


def test_a_directory_is_known_by_the_root_that_patterns_begin_at() -> None:
    walk: Walk[str] = Walk([("docs", (Pattern.parse("/docs/"),))])
    deep = b"d/" * 40
    paths = [deep + b"a/docs/x", deep + b"a/e/x", deep + b"docs/x", deep + b"docs/y/x"]
    roots = [deep + b"a", deep + b"a", deep[:-1], deep[:-1]]
    found = [[what for _, what in walk.named(path, root)] for path, root in zip(paths, roots, strict=True)]
    assert found == [[deep + b"a/docs"], [], [deep + b"docs"], [deep + b"docs"]]
