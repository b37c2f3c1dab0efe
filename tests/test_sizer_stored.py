"""Sizes that git has stored: taken when sampled blobs confirm them, left alone when not."""

from __future__ import annotations

import random
import shutil
import zlib
from pathlib import Path

import pytest

from slugtrim.files import Tree
from slugtrim.sizer.measure import stored_sizes
from slugtrim.sizer.stream import is_large
from slugtrim.sources import open_tree
from slugtrim.store import CacheTable
from tests.builders import Content, git, make_repo
from tests.real_files import real_files


def texts(count: int) -> dict[bytes | str, Content]:
    """Large texts, no two alike, so that git has no use for deltas."""
    sources = list(real_files(60 * count, seed=9).values())
    return {f"data/{n}.txt": b"".join(sources[60 * n : 60 * n + 60])[:300_000] for n in range(count)}


def images(count: int) -> dict[bytes | str, Content]:
    return {f"img/{n}.png": random.Random(n).randbytes(80_000) for n in range(count)}


def tree_of(root: Path) -> Tree:
    return open_tree(bytes(root), rev="HEAD")


def stored(tree: Tree) -> dict[bytes, int]:
    return stored_sizes(tree.contents, [file for file in tree.files if is_large(file)], CacheTable())


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed repository to copy."""
    root = make_repo(tmp_path_factory.mktemp("original") / "repo", {**texts(6), **images(6)})
    git(root, "repack", "-a", "-d", "-q", "--window=0")
    return root


@pytest.fixture
def packed(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "repo")


def test_packed_blobs_count_as_what_zlib_makes_of_them(packed: Path) -> None:
    tree = tree_of(packed)
    sizes = stored(tree)
    assert set(sizes) == {file.path for file in tree.files}
    for path, content in tree.read(tree.files).items():
        assert sizes[path] == pytest.approx(len(zlib.compress(content)) - 6, abs=2)


def test_loose_blobs_are_not_taken(tmp_path: Path) -> None:
    assert stored(tree_of(make_repo(tmp_path, {**texts(6), **images(6)}))) == {}


def test_a_pack_of_another_compression_is_not_believed(packed: Path) -> None:
    git(packed, "-c", "core.compression=0", "repack", "-a", "-d", "-F", "-q", "--window=0")
    # Images weigh the same at any level, and say nothing about the texts.
    assert {path.partition(b"/")[0] for path in stored(tree_of(packed))} == {b"img"}


def test_text_in_another_pack_that_is_not_compressed_is_not_believed(packed: Path) -> None:
    sources = list(real_files(900, seed=5).values())
    for number in range(6, 12):
        (packed / f"data/{number}.txt").write_bytes(b"".join(sources[60 * number : 60 * number + 60])[:300_000])
    git(packed, "add", "-A")
    git(packed, "commit", "-q", "-m", "more")
    git(packed, "-c", "core.compression=0", "-c", "core.looseCompression=0", "repack", "-d", "-q", "--window=0")
    stored_paths = set(stored(tree_of(packed)))
    assert {b"data/0.txt", b"img/0.png"} <= stored_paths
    for number in range(6, 12):
        content = (packed / f"data/{number}.txt").read_bytes()
        if b"data/%d.txt" % number in stored_paths:
            size = stored(tree_of(packed))[b"data/%d.txt" % number]
            assert size == pytest.approx(len(zlib.compress(content)), rel=0.02)


def test_a_delta_is_not_taken(packed: Path) -> None:
    content = bytearray((packed / "data/0.txt").read_bytes())
    for number in range(6, 9):
        content[100 * number : 100 * number + 5] = b"other"
        (packed / f"data/{number}.txt").write_bytes(content)
    git(packed, "add", "-A")
    git(packed, "commit", "-q", "-m", "alike")
    git(packed, "repack", "-a", "-d", "-F", "-q")
    paths = set(stored(tree_of(packed)))
    assert len(paths & {b"data/0.txt", b"data/6.txt", b"data/7.txt", b"data/8.txt"}) == 1


def test_too_few_to_sample_are_compressed_instead(tmp_path: Path) -> None:
    root = make_repo(tmp_path, images(4))
    git(root, "gc", "-q")
    assert stored(tree_of(root)) == {}


def test_objects_borrowed_from_another_repository_count_alike(packed: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", "--bare", str(packed), str(tmp_path / "borrower.git"))
    assert stored(tree_of(tmp_path / "borrower.git")) == stored(tree_of(packed))


def test_loose_objects_borrowed_from_another_repository_are_not_taken(tmp_path: Path) -> None:
    lender = make_repo(tmp_path / "lender", images(6))
    git(tmp_path, "clone", "-q", "--shared", "--bare", str(lender), str(tmp_path / "borrower.git"))
    assert stored(tree_of(tmp_path / "borrower.git")) == {}
