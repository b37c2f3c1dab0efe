"""Where names and links lead, held against the file system."""

from __future__ import annotations

import os
import posixpath
import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from slugtrim.archive.entries import has_dot_dot, is_in_place, leads_out, normal, passes_a_link
from slugtrim.archive.extraction import extract_slug
from slugtrim.errors import SlugError
from tests.archives import entry, packed
from tests.rows import each_row
from tests.test_archive_hostile import DIRECTORY, HARD, LINK, link

names = st.lists(st.sampled_from([b"a", b"app", b".", b"..", b"", b".hidden", b"b.c"]), min_size=1, max_size=7)


@given(names)
def test_a_name_is_normal_as_a_path_from_the_root_is(parts: list[bytes]) -> None:
    name = b"/".join(parts)
    assert b"/" + normal(name) == posixpath.normpath(b"/" + name.lstrip(b"/"))
    assert has_dot_dot(name) == (b".." in parts)


@each_row(
    "path, target, out",
    [
        (b"x", b"y", False),
        (b"x", b"..", True),
        (b"x", b"./..", True),
        (b"a/x", b"..", False),
        (b"a/x", b"../..", True),
        (b"a/x", b"../b/../../c", True),
        (b"a/x", b"b/../../c", False),
        (b"x", b"..hidden/file..", False),
        (b"node_modules/.bin/x", b"../x/cli.js", False),
        (b"x", b"/etc", True),
        (b"x", b"/application", True),
        (b"x", b"/app", False),
        (b"x", b"/app/", False),
        (b"x", b"//app/y", False),
        (b"x", b"/app/../app/y", False),
        (b"x", b"/app/..", True),
    ],
)
def test_where_a_link_leads(path: bytes, target: bytes, out: bool) -> None:
    assert leads_out(path, target) is out
    assert is_in_place(target) is (target.startswith(b"/") and not out)


@each_row(
    "path, target, links, passes",
    [
        (b"x", b"a/../b", [b"a"], True),
        (b"x", b"a/../b", [b"b"], False),
        (b"x", b"a/./c/../b", [b"a"], True),
        (b"d/x", b"a/../b", [b"a"], False),
        (b"d/x", b"a/../b", [b"d/a"], True),
        (b"d/x", b"../a/../b", [b"a"], True),
        (b"d/x", b"../a/b", [b"a"], False),
    ],
)
def test_what_goes_up_from_behind_a_link_is_noticed(
    path: bytes, target: bytes, links: list[bytes], passes: bool
) -> None:
    assert passes_a_link(path, target, links) is passes


def test_no_link_of_an_unpacked_slug_leads_out_of_it(tmp_path: Path) -> None:
    """Random links and hard links, up and down: what is unpacked stays inside, whatever the system makes of it."""
    rng = random.Random(20261125)
    unpacked = 0
    for number in range(600):
        parts = ["a", "b", "c", "..", "..", "."]
        entries = [entry("a/b/", kind=DIRECTORY), entry("file", b"x")]
        for _ in range(rng.randint(2, 6)):
            where = rng.choice(["", "a/", "a/b/"]) + rng.choice("xyzabc")
            target = "/".join(rng.choice([*parts, *"xyz"]) for _ in range(rng.randint(1, 5)))
            entries.append(link(where, target, HARD if rng.random() < 0.3 else LINK))
        slug, out = tmp_path / f"{number}.tgz", tmp_path / f"out{number}"
        slug.write_bytes(packed(*entries))
        try:
            extract_slug(str(slug), str(out))
        except SlugError:
            continue
        unpacked += 1
        for directory, directories, files in os.walk(out):
            for name in [*directories, *files]:
                assert Path(os.path.realpath(os.path.join(directory, name))).is_relative_to(out), entries
    assert 50 < unpacked < 550
