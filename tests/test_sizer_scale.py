"""Scaling sizes of the faster codec to gzip's: pure, stable under changes, the parts adding up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, File, Tree
from slugtrim.sizer import Sizer, exact_compressed_bytes, savings
from slugtrim.sizer.codec import GZIP, ZLIB, default_codec
from slugtrim.sizer.measure import is_large_text
from slugtrim.sizer.scale import (
    SAMPLE_BYTES,
    SEAM_BYTES,
    Ratio,
    margin_bytes,
    pieces_of_segment,
    ratio,
    sample,
    sample_of_seam,
    sampled_pieces,
    sampled_seams,
    sampled_segments,
    seam_bytes,
)
from slugtrim.sizer.stream import entry, ordered, segments
from slugtrim.sources.directory import read_directory
from slugtrim.store import CacheTable
from tests.builders import Content, make_tree
from tests.real_files import real_files

pytestmark = pytest.mark.skipif(default_codec() is ZLIB, reason="no other codec than zlib is installed")


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Enough of small and of large files that neither is compressed outright."""
    files: dict[bytes | str, Content] = dict(real_files(300))
    text = b"".join(content for content in files.values() if isinstance(content, bytes))
    files |= {f"data/{n}.txt": text[n * 300_000 : n * 300_000 + 700_000] for n in range(8)}
    return read_directory(bytes(make_tree(tmp_path_factory.mktemp("sampled"), files)))


@pytest.mark.full
def test_sizes_of_a_faster_codec_come_to_those_of_gzip(sampled: Tree) -> None:
    sizing = Sizer(sampled.contents).measure(sampled.files)
    assert sizing.scale.small is not None
    assert sizing.scale.large is not None
    outright = Sizer(sampled.contents, codec=GZIP).measure(sampled.files)
    assert sizing.compressed_bytes == pytest.approx(outright.compressed_bytes, rel=0.01)


@pytest.mark.full
def test_scaled_parts_add_up(sampled: Tree) -> None:
    sizing = Sizer(sampled.contents).measure(sampled.files)
    assert sum(sizing.shares.values()) == sizing.compressed_bytes
    groups = [[file for file in sampled.files if file.path.startswith(name)] for name in (b"test/", b"data/", b"json/")]
    saved, left = savings(Sizer(sampled.contents), sampled.files, groups)
    assert sum(saved) == sizing.compressed_bytes - left
    assert min(saved) >= 0


@pytest.mark.full
def test_samples_are_remembered_and_change_nothing(sampled: Tree) -> None:
    cache = CacheTable()
    sizer = Sizer(sampled.contents, cache=cache)
    sizer.measure(sampled.files[::2])
    assert sizer.measure(sampled.files) == Sizer(sampled.contents, threads=1).measure(sampled.files)

    class NoContents:
        def open(self) -> object:
            raise AssertionError("nothing should be read")

        def deflated_bytes(self, files: object) -> dict[bytes, int]:
            return {}

    known = Sizer(NoContents(), cache=cache).measure(sampled.files)  # type: ignore[arg-type]
    assert known == Sizer(sampled.contents).measure(sampled.files)


def test_which_samples_depends_on_paths_alone(sampled: Tree) -> None:
    longer = [file._replace(size_bytes=file.size_bytes + 1) for file in sampled.files if file.path.endswith(b".txt")]
    assert sampled_pieces(longer) == sampled_pieces([file for file in sampled.files if file.path.endswith(b".txt")])
    chosen = sampled_segments(list(segments(sampled.files)))
    assert sum(chosen.values()) >= 6
    assert sampled_segments([]) == {}


def test_a_file_without_a_whole_piece_is_a_piece() -> None:
    assert dict(sampled_pieces([File(b"a", 1, REGULAR, None)])) == {b"a": [0]}
    assert dict(sampled_pieces([File(b"a", SAMPLE_BYTES, REGULAR, None)])) == {b"a": [0]}


def test_a_ratio_of_nothing_changes_nothing() -> None:
    assert ratio([]).scaled(12_345) == 12_345
    assert Ratio(gzip_bytes=11, fast_bytes=10).scaled(1000) == 1100


def test_a_stream_shorter_than_its_samples_is_sampled_all_the_same() -> None:
    assert list(pieces_of_segment(b"", 3)) == [b""] * 3
    assert list(pieces_of_segment(b"abc" * 100, 2)) == [b"abc" * 100] * 2
    assert sample(default_codec(), b"") >= (0, 0)


def test_a_line_more_leaves_the_pieces_behind_it_as_they_are() -> None:
    rng = random.Random(5)
    contents = [rng.randbytes(9_000) for _ in range(90)]

    def pieces() -> list[bytes]:
        files = [File(b"f%d" % number, len(data), REGULAR, None) for number, data in enumerate(contents)]
        return list(pieces_of_segment(b"".join(map(entry, files, contents)), 2))

    before = pieces()
    contents[0] += b"one more line\n"
    assert pieces() == before
    contents[30] += b"one more line\n"
    assert [one == other for one, other in zip(pieces(), before, strict=True)] == [False, True]


def test_large_files_save_beside_their_like(tmp_path: Path) -> None:
    rng = random.Random(3)
    lines = [rng.randbytes(20).hex() for _ in range(500)]
    texts = ("\n".join(rng.choices(lines, k=1700)) for _ in range(30))
    tree = read_directory(bytes(make_tree(tmp_path, {f"l/{n}.yml": text for n, text in enumerate(texts)})))
    sizing = Sizer(tree.contents).measure(tree.files)
    assert sizing.scale.seam_bytes < -500
    exact = exact_compressed_bytes(tree.contents, tree.files)
    as_usual = sizing.compressed_bytes + 30 * (SEAM_BYTES - sizing.scale.seam_bytes)
    assert abs(sizing.compressed_bytes - exact) < abs(as_usual - exact) / 3
    assert sum(sizing.shares.values()) == sizing.compressed_bytes


def test_a_seam_has_what_deflate_looks_back_over() -> None:
    files = [File(b"%d.txt" % n, size, REGULAR, None) for n, size in enumerate((90_000, 70_000, 300, 3 << 20, 2 << 20))]
    files.append(File(b"a.png", 90_000, REGULAR, None))
    members = list(ordered(files))
    seams = {seam.file.path: seam for seam in sampled_seams(members, is_large_text)}
    assert set(seams) == {b"0.txt", b"1.txt"}  # of larger ones none is read, and media have none
    for seam in seams.values():
        at = members.index(seam.file)
        before = members[at - 1]
        assert seam.is_bare is (isinstance(before, File) and is_large_text(before))
        assert all(isinstance(member, bytes) or member.size_bytes < 65_536 for member in seam.behind)
        assert all(isinstance(member, bytes) or member.size_bytes <= 1 << 20 for member in seam.before)
        joined, apart = sample_of_seam(seam, {})  # nothing can be read
        assert joined >= 0 < apart
    assert sampled_seams([], is_large_text) == []
    assert seam_bytes([(900, 1000), (1000, 1100)]) == -100


def test_the_margin_is_wider_for_few_files_that_compress() -> None:
    few = [File(b"%d" % n, 40_000, REGULAR, None) for n in range(10)]
    many = [File(b"%d" % n, 400, REGULAR, None) for n in range(1000)]
    noise = [File(b"%d" % n, 10_000, REGULAR, None) for n in range(10)]
    margins = [
        margin_bytes(files, dict.fromkeys((file.path for file in files), share), 100_000)
        for files, share in ((few, 10_000), (many, 100), (noise, 10_000))
    ]
    assert margins[0] > margins[1] > margins[2] == round(0.008 * 100_000)
    assert margin_bytes([], {}, 0) == 0


def test_the_margin_is_wider_where_a_file_is_there_twice() -> None:
    def margin(*paths: bytes) -> int:
        files = [File(path, 28_000, REGULAR, b"a" * 40) for path in paths]
        return margin_bytes(files, dict.fromkeys(paths, 28_000), 300_000)

    assert margin(b"static/favicon.ico", b"static/logo.ico") > 28_000
    assert margin(b"static/favicon.ico", b"other/favicon.ico") == margin(b"static/favicon.ico") == 2400
