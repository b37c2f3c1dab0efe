"""Scaling sizes of the faster codec to zlib's: pure, stable under changes, the parts adding up."""

from __future__ import annotations

import pytest

from slugtrim.files import REGULAR, File, Tree
from slugtrim.sizer import Sizer, savings
from slugtrim.sizer.codec import ZLIB, default_codec
from slugtrim.sizer.scale import (
    SAMPLE_BYTES,
    Ratio,
    Scale,
    margin_bytes,
    ratio,
    sample_of_segment,
    sampled_pieces,
    sampled_segments,
)
from slugtrim.sizer.stream import segments
from slugtrim.sources.directory import read_directory
from slugtrim.store import CacheTable
from tests.builders import Content, make_tree
from tests.real_files import real_files

pytestmark = pytest.mark.skipif(default_codec() is ZLIB, reason="no other codec than zlib is installed")


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Enough of small and of large files that neither is compressed by zlib outright."""
    files: dict[bytes | str, Content] = dict(real_files(300))
    text = b"".join(content for content in files.values() if isinstance(content, bytes))
    files |= {f"data/{n}.txt": text[n * 300_000 : n * 300_000 + 700_000] for n in range(8)}
    return read_directory(bytes(make_tree(tmp_path_factory.mktemp("sampled"), files)))


def test_sizes_of_a_faster_codec_come_to_those_of_zlib(sampled: Tree) -> None:
    sizing = Sizer(sampled.contents).measure(sampled.files)
    assert sizing.scale.small is not None
    assert sizing.scale.large is not None
    outright = Sizer(sampled.contents, codec=ZLIB).measure(sampled.files)
    assert outright.scale == Scale(small=None, large=None)
    assert sizing.compressed_bytes == pytest.approx(outright.compressed_bytes, rel=0.01)


def test_scaled_parts_add_up(sampled: Tree) -> None:
    sizing = Sizer(sampled.contents).measure(sampled.files)
    assert sum(sizing.shares.values()) == sizing.compressed_bytes
    groups = [[file for file in sampled.files if file.path.startswith(name)] for name in (b"test/", b"data/", b"json/")]
    saved, left = savings(Sizer(sampled.contents), sampled.files, groups)
    assert sum(saved) == sizing.compressed_bytes - left
    assert min(saved) >= 0


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
    assert sum(chosen.values()) >= 10
    assert sampled_segments([]) == {}


def test_a_file_without_a_whole_piece_is_a_piece() -> None:
    assert dict(sampled_pieces([File(b"a", 1, REGULAR, None)])) == {b"a": [0]}
    assert dict(sampled_pieces([File(b"a", SAMPLE_BYTES, REGULAR, None)])) == {b"a": [0]}


def test_a_ratio_of_nothing_changes_nothing() -> None:
    assert ratio([]).scaled(12_345) == 12_345
    assert Ratio(zlib_bytes=11, fast_bytes=10).scaled(1000) == 1100


def test_a_stream_shorter_than_its_samples_is_sampled_all_the_same() -> None:
    assert sample_of_segment(default_codec(), b"", 3) >= (0, 0)
    whole, fast = sample_of_segment(default_codec(), b"abc" * 100, 2)
    assert whole > 0 < fast


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
