"""Estimates for what is left out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, File
from slugtrim.sizer import Estimator, Sizer
from slugtrim.sources import read_directory
from tests.builders import make_tree
from tests.real_files import real_files


def test_a_known_extension_goes_by_what_the_slug_shows(tmp_path: Path) -> None:
    tree = read_directory(bytes(make_tree(tmp_path, dict(real_files(120)))))
    sizing = Sizer(tree.contents).measure(tree.files)
    others = read_directory(bytes(make_tree(tmp_path / "others", dict(real_files(120, seed=2)))))
    estimator = Estimator(tree.files, sizing.shares)
    estimated = sum(map(estimator.compressed_bytes, others.files))
    actual = Sizer(others.contents).measure(others.files).compressed_bytes
    assert estimated == pytest.approx(actual, rel=0.2)


@pytest.mark.parametrize(
    ("path", "least", "most"),
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
    estimate = Estimator([], {}).compressed_bytes(File(path, 1_000_000, REGULAR, None))
    assert least * 1_000_000 <= estimate <= most * 1_000_000


def test_an_empty_file_costs_its_header() -> None:
    assert 0 < Estimator([], {}).compressed_bytes(File(b"empty", 0, REGULAR, None)) < 200


def test_a_few_bytes_of_a_kind_do_not_speak_for_all(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(1000)
    tree = read_directory(bytes(make_tree(tmp_path, {"a.rb": noise})))
    estimator = Estimator(tree.files, Sizer(tree.contents).measure(tree.files).shares)
    assert estimator.compressed_bytes(File(b"b.rb", 1_000_000, REGULAR, None)) < 400_000
