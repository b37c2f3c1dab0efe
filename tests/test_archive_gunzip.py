"""Gzip files in steps, with both codecs."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.archive.stream import GzipFile
from slugtrim.errors import SlugError
from slugtrim.sizer.codec import ZLIB_GUNZIP, Gunzip, default_gunzip

CODECS = {"zlib": ZLIB_GUNZIP, "default": default_gunzip()}


class Pipe(io.BytesIO):
    """Gives no more than a few bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(size, 7))


def unpacked(data: bytes, codec: Gunzip, *, through_pipe: bool = False) -> tuple[bytes, int, bool] | str:
    """The stream, the compressed bytes of all steps and whether something follows; or what is wrong."""
    file = GzipFile(Pipe(data) if through_pipe else io.BytesIO(data), "x.gz", codec)
    try:
        steps = list(file.steps())
    except SlugError as error:
        return str(error)
    assert all(step.compressed_bytes >= 0 for step in steps)
    return b"".join(step.data for step in steps), sum(step.compressed_bytes for step in steps), file.has_trailing_data


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@given(
    contents=st.lists(st.binary(max_size=2000), min_size=1, max_size=4),
    level=st.integers(0, 9),
    behind=st.sampled_from([b"", bytes(1), bytes(700), b"garbage", b"\x1f", bytes(9) + b"\x1f\x8b"]),
    through_pipe=st.booleans(),
)
def test_all_members_are_one_stream(
    codec: Gunzip, contents: list[bytes], level: int, behind: bytes, through_pipe: bool
) -> None:
    data = b"".join(gzip.compress(content, level) for content in contents) + behind
    expected = (b"".join(contents), len(data), any(behind))
    assert unpacked(data, codec, through_pipe=through_pipe) == expected


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_what_compresses_a_thousandfold_comes_in_parts(codec: Gunzip) -> None:
    data = gzip.compress(bytes(9_000_000))
    steps = list(GzipFile(io.BytesIO(data), "x.gz", codec).steps())
    assert max(len(step.data) for step in steps) <= 1 << 20
    assert (sum(len(step.data) for step in steps), sum(step.compressed_bytes for step in steps)) == (
        9_000_000,
        len(data),
    )


def test_both_codecs_say_the_same_of_damage() -> None:
    """The messages, and how far the file was read."""
    rng = random.Random(20261125)
    sound = gzip.compress(b"".join(b"%d some text\n" % (number * 7919 % 1000) for number in range(900)))
    outcomes = set()
    for _ in range(3000):
        data = bytearray(sound)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        cut = bytes(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        first, second = unpacked(cut, ZLIB_GUNZIP), unpacked(cut, default_gunzip())
        assert isinstance(first, str) == isinstance(second, str), cut
        if not isinstance(first, str):
            assert first == second
        outcomes.add(first if isinstance(first, str) else "sound")
    assert len(outcomes) > 10


def test_the_codecs_are_two() -> None:
    pytest.importorskip("isal", reason="there is no wheel of isal for this platform")
    assert default_gunzip().error is not zlib.error
