"""How a deploy comes to every file of a slug: the same chains as ``explain``, kept in few bytes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from slugtrim.suggester.records import NO_WAY, AdviceTerms, Grade, Link, Way
from slugtrim.suggester.remembered import packed_ways, unpacked_ways
from tests.applications import Files, memory_tree, suggest_tree
from tests.rows import each_row
from tests.test_explanation_reach import FILES, items

STAYING = ["server.js", "lib/x.js", "data/a.csv", "views/home.ejs", "tools/build.js"]


def ways_in(files: Files, part: bytes = b"") -> Mapping[bytes, Way]:
    tree = memory_tree(files)
    paths = [file.path for file in tree.files if file.path.startswith(part) and not file.path.startswith(b"tmp/")]
    advice = suggest_tree(tree, asked=AdviceTerms(part=part))
    found = unpacked_ways(advice.ways, paths)
    assert found is not None
    return found


def chain(ways: Mapping[bytes, Way], path: bytes) -> list[Link]:
    """The steps to a file, the entry point first."""
    steps: list[Link] = []
    at: bytes | None = path
    while at is not None and (link := ways.get(at, NO_WAY).link) is not None:
        steps.insert(0, link)
        at = link.path if not link.text else None
    return steps


def test_chains_are_those_of_explain() -> None:
    ways = ways_in(FILES)
    told = items(*STAYING)
    for path in STAYING:
        reach = told[path].reach
        assert reach is not None
        assert (ways[path.encode()].grade, chain(ways, path.encode())) == (reach.grade, list(reach.chain)), path


def test_what_no_deploy_uses_is_told_apart() -> None:
    ways = ways_in({**FILES, "config/dev.json": "{}\n", "test/fixtures/b.csv": "b\n"})
    grades = {path.decode("latin-1"): way.grade for path, way in ways.items()}
    assert grades["docs/guide.md"] is Grade.GUARDED
    assert chain(ways, b"docs/guide.md")[-1] == Link(path=b"lib/x.js", line=1, text="")
    assert ways[b"data/c.csv"] == ways[b"lib/loop.js"] == NO_WAY


def test_of_a_part_the_files_around_it_are_starts() -> None:
    ways = ways_in(FILES, b"data")
    assert ways[b"data/a.csv"] == Way(Grade.READ, Link(path=b"server.js", line=3, text=""))


PATHS = [b"a", b"b/\xff", b"c"]
LINKS = st.builds(
    Link,
    path=st.none() | st.sampled_from([*PATHS, b"else"]),
    line=st.none() | st.integers(1, 99),
    text=st.text(max_size=2),
)
WAYS = st.builds(Way, st.sampled_from(Grade), st.none() | LINKS)


@settings(max_examples=30)
@given(st.lists(WAYS, min_size=3, max_size=3))
def test_what_is_kept_is_what_was_found(ways: list[Way]) -> None:
    told = dict(zip(PATHS, ways, strict=True))
    assert unpacked_ways(packed_ways(told, PATHS), PATHS) == told


def test_a_name_that_is_not_utf_8_is_kept() -> None:
    way = Way(Grade.READ, Link(path=b"Procfile", line=1, text="\udcff"))
    assert unpacked_ways(packed_ways({b"a": way}, [b"a"]), [b"a"]) == {b"a": way}


@each_row(
    "kept",
    [
        [[], [0, -2, 0, 2]],
        [[], [0, -2, 0, 4, 0, -2, 0, -1]],
        [[], [0, -2, 0]],
        [[], [5, -2, 0, 3]],
        [[], [-1, -2, 0, 3]],
        [[], [0, 3, 0, 3]],
        [[], [0, -3, 0, 3]],
        [[], [0, -1, 0, 3]],
        [[], ["", 0, 0, 3]],
        [[{"path": None, "line": 1, "text": "\N{SNOWMAN}"}], [0, -1, 0, 3]],
        [],
    ],
)
def test_what_no_version_writes_is_not_believed(kept: list[object]) -> None:
    assert unpacked_ways(msgspec.msgpack.encode(kept), PATHS) is None
    assert unpacked_ways(b"\xc1", PATHS) is None


def test_thousands_of_files_of_one_kind_take_few_bytes() -> None:
    way = Way(Grade.READ, Link(path=None, line=None, text="Rails loads it"))
    paths = [b"app/%05d.rb" % number for number in range(50_000)]
    assert len(packed_ways(dict.fromkeys(paths, way), paths)) < 100
