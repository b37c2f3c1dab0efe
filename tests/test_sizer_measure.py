"""The size engine on real trees and repositories: exact sums, pure numbers, true sizes."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.files import Directory, File, Tree
from slugtrim.scanner import scan
from slugtrim.sizer import Sizer, Sizing
from slugtrim.sizer.codec import ZLIB, Codec, default_codec
from slugtrim.sizer.measure import apportion
from slugtrim.sizer.stream import exact_compressed_bytes
from slugtrim.sources import open_tree
from slugtrim.sources.directory import read_directory
from slugtrim.store import CacheTable, Store
from tests.builders import Content, git, make_repo, make_tree
from tests.real_files import real_files

CODECS = [ZLIB] if default_codec() is ZLIB else [ZLIB, default_codec()]


def media(seed: int, size: int) -> bytes:
    """What does not compress."""
    return random.Random(seed).randbytes(size)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real sources, some images, a text over a megabyte, links, duplicates: a repository, packed."""
    files: dict[bytes | str, Content] = dict(real_files(300))
    files |= {f"assets/image{number}.png": media(number, 90_000) for number in range(6)}
    files |= {"assets/again.png": media(1, 90_000), "empty": b"", "link": Path("assets/again.png")}
    files["data/large.json"] = b"".join(b'{"id": %d, "name": "n%d"},\n' % (n, n * 7919 % 9973) for n in range(60_000))
    root = make_repo(tmp_path_factory.mktemp("application") / "repo", files)
    git(root, "gc", "-q")
    return root


def measure(tree: Tree, **options: object) -> Sizing:
    return Sizer(tree.contents, **options).measure(scan(tree).kept)  # type: ignore[arg-type]


Measured = dict[Codec, Sizing]


@pytest.fixture(scope="module")
def measured(application: Path) -> Measured:
    """Its commit as each codec sizes it, with as many threads as there are processors."""
    tree = open_tree(bytes(application), rev="HEAD")
    return {codec: measure(tree, codec=codec) for codec in CODECS}


def shuffled_walk(files: tuple[File, ...], seed: int) -> list[str]:
    """Paths as `tar .` would meet them on a file system that lists each directory in some order of its own."""
    rng = random.Random(seed)
    entries = []
    stack: list[Directory | File] = [Directory.from_files(files)]
    while stack:
        entry = stack.pop()
        entries.append(os.fsdecode(b"./" + entry.path))
        if isinstance(entry, Directory):
            children: list[Directory | File] = [*entry.directories.values(), *entry.files.values()]
            stack += rng.sample(children, len(children))
    return entries


def true_bytes(root: Path, files: tuple[File, ...]) -> int:
    """GNU tar over a shuffled list, gzip -6."""
    entries = "\0".join(shuffled_walk(files, seed=1)).encode()
    command = "tar c --owner=root --group=root --hard-dereference --no-recursion --null -T -".split()
    tar = subprocess.run(command, input=entries, cwd=root, capture_output=True, check=True)
    return len(subprocess.run(["gzip", "-6"], input=tar.stdout, capture_output=True, check=True).stdout)


@pytest.mark.full
@pytest.mark.skipif(not shutil.which("tar") or not shutil.which("gzip"), reason="needs GNU tar and gzip")
def test_the_size_is_within_one_per_cent_of_a_real_tar(application: Path, measured: Measured) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    expected = true_bytes(application, tree.files)
    for codec, sizing in measured.items():
        assert abs(sizing.compressed_bytes - expected) <= 0.01 * expected, codec.name


def test_codecs_agree_within_three_per_mille(measured: Measured) -> None:
    sizes = [sizing.compressed_bytes for sizing in measured.values()]
    assert abs(sizes[0] - sizes[-1]) <= 0.003 * sizes[0]


def test_exact_is_a_gzip_of_the_model(application: Path, measured: Measured) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    exact = exact_compressed_bytes(tree.contents, tree.files)
    assert abs(measured[default_codec()].compressed_bytes - exact) <= 0.01 * exact


def test_shares_add_up_to_the_whole_exactly(application: Path, measured: Measured) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    for sizing in measured.values():
        assert sum(sizing.shares.values()) == sizing.compressed_bytes
        assert set(sizing.shares) == {file.path for file in tree.files}


def test_commit_and_clean_work_tree_come_to_the_same_number(application: Path, measured: Measured) -> None:
    assert measure(open_tree(bytes(application))).compressed_bytes == measured[default_codec()].compressed_bytes


@pytest.mark.full
def test_the_number_does_not_depend_on_threads_or_cache(application: Path, measured: Measured, tmp_path: Path) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    expected = measured[default_codec()]
    folder = str(tmp_path / "cache")
    for threads in (1, 7):
        assert measure(tree, threads=threads) == expected
    half = Sizer(tree.contents, cache=(cache := CacheTable(Store(folder), "x")))
    half.measure(tree.files[: len(tree.files) // 2])
    cache.save()
    for _ in range(2):
        cache = CacheTable(Store(folder), "x")
        assert measure(tree, cache=cache) == expected
        cache.save()


def test_entries_that_somebody_else_wrote_are_measured_anew(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "small.py": b"x = 1\n" * 900,
        "large.txt": b"one\n" * 90_000,
        "image.png": media(1, 90_000),
    }
    tree = read_directory(bytes(make_tree(tmp_path, files)))
    expected = measure(tree)
    for entry in (b"", b"nonsense", *map(msgspec.msgpack.encode, ([], [-1], ["a"], {"a": 1}, [1] * 999))):
        read: list[bytes] = []

        class Strange(CacheTable):
            def get(self, key: bytes, entry: bytes = entry, read: list[bytes] = read) -> bytes | None:
                read.append(key)
                return entry

        assert measure(tree, cache=Strange()) == expected, entry
        assert read


def test_a_known_tree_is_measured_without_reading_anything(application: Path, tmp_path: Path) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    cache = CacheTable(Store(str(tmp_path)), "x")
    expected = measure(tree, cache=cache)

    class NoContents:
        def open(self) -> object:
            raise AssertionError("nothing should be read")

        def deflated_bytes(self, files: object) -> dict[bytes, int]:
            return tree.contents.deflated_bytes(tree.files)  # type: ignore[return-value]

    again = Sizer(NoContents(), cache=cache).measure(tree.files)  # type: ignore[arg-type]
    assert again == expected


@pytest.mark.full
def test_packed_whole_loose_or_uncompressed_moves_it_by_twice_its_margin_at_most(
    application: Path, tmp_path: Path
) -> None:
    states = {}
    shutil.copytree(application, tmp_path / "packed", symlinks=True)
    states["packed"] = tmp_path / "packed"
    shutil.copytree(application, tmp_path / "loose", symlinks=True)
    packs = list((tmp_path / "loose/.git/objects/pack").glob("*.pack"))
    for pack in packs:
        moved = tmp_path / pack.name
        for part in pack.parent.glob(pack.stem + ".*"):
            shutil.move(part, tmp_path / part.name)
        git(tmp_path / "loose", "unpack-objects", "-q", stdin=moved.read_bytes())
    states["loose"] = tmp_path / "loose"
    shutil.copytree(application, tmp_path / "uncompressed", symlinks=True)
    git(tmp_path / "uncompressed", "-c", "core.compression=0", "repack", "-a", "-d", "-F", "-q")
    states["uncompressed"] = tmp_path / "uncompressed"
    sizings = {name: measure(open_tree(bytes(root), rev="HEAD")) for name, root in states.items()}
    sizes = [sizing.compressed_bytes for sizing in sizings.values()]
    assert max(sizes) - min(sizes) <= 2 * sizings["packed"].margin_bytes <= 0.03 * sizes[0], sizes


@pytest.mark.full
def test_leaving_out_a_directory_saves_what_its_shares_say(application: Path) -> None:
    tree = open_tree(bytes(application), rev="HEAD")
    whole = measure(tree)
    directories = sorted({file.path.partition(b"/")[0] for file in tree.files if b"/" in file.path})
    for directory in directories[::5]:  # each takes as long as the whole
        kept = [file for file in tree.files if not file.path.startswith(directory + b"/")]
        without = Sizer(tree.contents).measure(kept).compressed_bytes
        predicted = sum(share for path, share in whole.shares.items() if path.startswith(directory + b"/"))
        assert abs(whole.compressed_bytes - without - predicted) <= 0.01 * whole.compressed_bytes, directory


def test_duplicates_cost_what_they_cost_in_a_slug(tmp_path: Path) -> None:
    image = media(5, 70_000)
    tree = read_directory(os.fsencode(make_tree(tmp_path, {"a.png": image, "b/b.png": image})))
    assert measure(tree).compressed_bytes > 2 * 70_000


def test_a_tree_without_files_is_an_empty_archive(tmp_path: Path) -> None:
    tree = read_directory(os.fsencode(tmp_path))
    sizing = measure(tree)
    assert sizing.shares == {}
    assert sizing.compressed_bytes < 200


def test_a_file_that_cannot_be_read_counts_as_empty_and_is_named(tmp_path: Path) -> None:
    root = make_tree(tmp_path, {"small": b"x" * 100, "large": media(1, 100_000), "stays": b"y"})
    tree = read_directory(os.fsencode(root))
    (root / "small").unlink()
    (root / "large").unlink()
    sizing = measure(tree)
    assert sorted(gone.path for gone in sizing.unreadable) == [b"large", b"small"]
    assert sum(sizing.shares.values()) == sizing.compressed_bytes < 1000


def test_a_large_file_is_measured_in_pieces(tmp_path: Path) -> None:
    content = b"".join(content for content in real_files(300, seed=2).values())
    assert len(content) > 3 << 20
    tree = read_directory(os.fsencode(make_tree(tmp_path, {"large.txt": content})))
    expected = len(gzip.compress(content, 6))
    for codec in CODECS:
        assert abs(measure(tree, codec=codec).compressed_bytes - expected) <= 0.01 * expected


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=50))
def test_apportioned_parts_add_up_and_none_is_negative(whole: int, weights: list[int]) -> None:
    parts = apportion(whole, weights)
    assert len(parts) == len(weights)
    assert all(part >= 0 for part in parts)
    if sum(weights):
        assert sum(parts) == whole
