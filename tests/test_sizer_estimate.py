"""Estimates for what is left out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, File
from slugtrim.sizer import Sizer, estimated_shares
from slugtrim.sizer.measure import Ratios
from slugtrim.sources.directory import read_directory
from tests.builders import Content, make_tree
from tests.real_files import real_files
from tests.rows import each_row


@pytest.mark.full
def test_a_small_part_is_measured_and_so_nearly_true(tmp_path: Path) -> None:
    tree = read_directory(bytes(make_tree(tmp_path, dict(real_files(300)))))
    gone = [file for file in tree.files if file.path.startswith((b"test/", b"idlelib/", b"encodings/"))]
    kept = [file for file in tree.files if file not in gone]
    saved = (
        Sizer(tree.contents).measure(tree.files).compressed_bytes - Sizer(tree.contents).measure(kept).compressed_bytes
    )
    assert sum(estimated_shares(Sizer(tree.contents), gone).values()) == pytest.approx(saved, rel=0.05)


@pytest.mark.full
def test_of_a_large_part_a_sample_speaks_for_the_rest(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = dict(real_files(1500))
    files |= {f"img/{n}.png": random.Random(n).randbytes(500_000) for n in range(20)}
    tree = read_directory(bytes(make_tree(tmp_path, files)))
    estimated = estimated_shares(Sizer(tree.contents), tree.files)
    assert set(estimated) == {file.path for file in tree.files}
    assert sum(estimated.values()) == pytest.approx(Sizer(tree.contents).measure(tree.files).compressed_bytes, rel=0.06)


def test_nothing_left_out_saves_nothing(tmp_path: Path) -> None:
    tree = read_directory(bytes(tmp_path))
    assert estimated_shares(Sizer(tree.contents), []) == {}


@each_row(
    "path, least, most",
    [
        (b"a/photo.JPG", 0.9, 1.0),
        (b"movie.mp4", 0.9, 1.0),
        (b"data.csv", 0.1, 0.3),
        (b"cassette.yml", 0.1, 0.3),
        (b"app.rb", 0.2, 0.4),
        (b"Makefile", 0.2, 0.4),
        (b".env", 0.2, 0.4),
        (b"design.psd", 0.4, 0.8),
    ],
)
def test_an_unknown_extension_goes_by_what_is_usual(path: bytes, least: float, most: float) -> None:
    estimate = Ratios([], {}).compressed_bytes(File(path, 1_000_000, REGULAR, None))
    assert least * 1_000_000 <= estimate <= most * 1_000_000


def test_an_empty_file_costs_its_header() -> None:
    assert 0 < Ratios([], {}).compressed_bytes(File(b"empty", 0, REGULAR, None)) < 200


def test_a_few_bytes_of_a_kind_do_not_speak_for_all(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(1000)
    tree = read_directory(bytes(make_tree(tmp_path, {"a.rb": noise})))
    ratios = Ratios(tree.files, Sizer(tree.contents).measure(tree.files).shares)
    assert ratios.compressed_bytes(File(b"b.rb", 1_000_000, REGULAR, None)) < 400_000
