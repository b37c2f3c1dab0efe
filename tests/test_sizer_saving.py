"""What leaving groups of files out saves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from slugtrim.files import File, Tree
from slugtrim.sizer import Sizer, savings
from slugtrim.sizer.saving import RECOMPUTED_BYTES
from slugtrim.sources.directory import read_directory
from slugtrim.store import CacheTable
from tests.builders import Content, make_tree
from tests.real_files import real_files

pytestmark = pytest.mark.full

DIRECTORIES = (b"test/", b"encodings/", b"json/", b"img/")


def measured(tree: Tree, without: list[File], cache: CacheTable | None = None) -> int:
    gone = set(without)
    return Sizer(tree.contents, cache=cache).measure([file for file in tree.files if file not in gone]).compressed_bytes


def groups_of(tree: Tree) -> list[list[File]]:
    return [[file for file in tree.files if file.path.startswith(name)] for name in DIRECTORIES]


@pytest.fixture
def small(tmp_path: Path) -> Tree:
    files: dict[bytes | str, Content] = dict(real_files(200))
    files["img/a.png"] = random.Random(1).randbytes(50_000)
    return read_directory(bytes(make_tree(tmp_path, files)))


def test_of_a_small_slug_every_saving_is_what_measuring_again_says(small: Tree) -> None:
    saved, left = savings(Sizer(small.contents), small.files, groups_of(small))
    gone: list[File] = []
    for group, bytes_saved in zip(groups_of(small), saved, strict=True):
        # Seams are sampled once for all of them, and anew for each measurement.
        again = measured(small, gone) - measured(small, [*gone, *group])
        assert bytes_saved == pytest.approx(again, abs=measured(small, []) / 100)
        gone += group
    assert left == pytest.approx(measured(small, gone), abs=measured(small, []) / 100)


def test_of_a_large_slug_a_directory_is_within_one_per_cent_of_the_slug(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = dict(real_files(600))
    files |= {f"img/{n}.png": random.Random(n).randbytes(500_000) for n in range(18)}
    tree = read_directory(bytes(make_tree(tmp_path, files)))
    cache = CacheTable()
    whole = measured(tree, [], cache)
    assert whole > RECOMPUTED_BYTES
    shares = Sizer(tree.contents, cache=cache).measure(tree.files).shares
    for group in groups_of(tree):
        saved = whole - measured(tree, group, cache)
        assert sum(shares[file.path] for file in group) == pytest.approx(saved, abs=whole / 100)
    every, left = savings(Sizer(tree.contents, cache=cache), tree.files, groups_of(tree))
    assert whole - sum(every) == left


def test_many_groups_add_up(small: Tree) -> None:
    groups = [[file] for file in small.files]
    saved, left = savings(Sizer(small.contents), small.files, groups)
    assert sum(saved) == measured(small, []) - left
    assert left == pytest.approx(measured(small, list(small.files)), abs=16)


def test_no_group_saves_nothing(small: Tree) -> None:
    saved, left = savings(Sizer(small.contents), small.files, [])
    assert (saved, left) == ([], measured(small, []))
