"""Archives changed at random: findings or one line, never anything else, and memory does not grow."""

from __future__ import annotations

import gzip
import os
import random
import resource
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slugtrim.archive.entries import Packed
from slugtrim.archive.extraction import extract_slug
from slugtrim.archive.limits import Limits
from slugtrim.archive.reading import open_slug
from slugtrim.errors import SlugError
from slugtrim.files import File
from tests.archives import BLOCK, END, changed, entry, pax, record
from tests.test_archive_hostile import FOUND, HARD, HUGE, NEGATIVE, link, sparse

pytestmark = pytest.mark.full

LIMITS = Limits(unpacked_bytes=8 << 20, entries=2000, names_bytes=1 << 20, header_bytes=1 << 16)
GROWTH_BYTES = 32 << 20
CASES_AT_ONCE = 500
"""Until the clock is looked at again."""
UNPACKED_EVERY = 5
"""Making and removing directories takes longer than all the rest."""

WHOLE = b"".join(
    (
        entry("./app/", kind=tarfile.DIRTYPE),
        entry("./app/Procfile", b"web: run\n"),
        entry("./app/lib/a.rb", b"a" * 900),
        link("./app/lib/b.rb", "a.rb"),
        link("./app/lib/x", "lib/../../lib"),
        link("./app/lib/y", "b.rb/../a.rb"),
        link("./app/lib/c.rb", "./app/lib/a.rb", HARD),
        pax(record("path", b"app/" + b"long/" * 40 + b"x"), record("size", b"3")),
        entry("short", b"abc"),
        sparse((0, 5), (600, 7), size=2000, content=b"x" * 12),
        pax(record("GNU.sparse.major", b"1"), record("GNU.sparse.minor", b"0"), record("GNU.sparse.realsize", b"99")),
        entry("app/sparse", b"1\n0\n3\n".ljust(BLOCK, b"\0") + b"abc"),
        END,
    )
)
FIELDS = {
    0: [b"", b"/", b"..", b"../" * 9, b"/etc/passwd\0", b"./app/lib\0", b"a/" * 50, b"\xff", b"app/lib/a.rb\0"],
    100: [b"0006755\0", b"\xff", b"9999999\0"],
    124: [b"00000000000\0", b"77777777777\0", b"00000001000\0", b"        1 \0", HUGE, NEGATIVE, b"-0000000001"],
    136: [HUGE, NEGATIVE, b"\xff"],
    156: [bytes([kind]) for kind in b"\0001234567ABDKLMNSVXxgz"],
    157: [b"/app/x\0", b"../../..\0", b"./app/lib/a.rb\0", b"\0", b"." * 100, b"lib/../../x\0", b"x/../y\0"],
    257: [b"ustar\00000", b"ustar  \0", b"\0" * 8],
    345: [b"prefix\0", b"../..\0", b"a/" * 70],
    386: [b"77777777777\0" * 8, b"\0" * 96],
    482: [b"\1", b"\0"],
}
"""Offsets in a header, and what may stand there to bad effect."""


def starts() -> list[bytes]:
    """Archives to begin with, uncompressed."""
    found = []
    for _, data, _ in FOUND:
        try:
            found.append(gzip.decompress(data))
        except gzip.BadGzipFile:
            continue  # it has something behind its end
    return [WHOLE] * len(found) + [data for data in found if len(data) < 100_000]


def mutated(rng: random.Random, data: bytes) -> bytes:
    """With a few of its bytes, fields or blocks changed, moved or gone."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(len(data) // BLOCK, 1)) * BLOCK
        block = data[at : at + BLOCK]
        kind = rng.randrange(8)
        if kind < 4 and len(block) == BLOCK:
            offset = rng.choice(list(FIELDS))
            block = changed(block, offset, rng.choice(FIELDS[offset]))
        elif kind == 4:
            place = rng.randrange(len(block) + 1)
            block = (block[:place] + rng.randbytes(rng.randint(1, 5)) + block[place:])[: len(block)]
        elif kind == 5:
            block = b""
        elif kind == 6:
            block = block * rng.randint(2, 9)
        else:
            data = data[: rng.randrange(len(data) + 1)] if rng.random() < 0.5 else data + rng.randbytes(BLOCK)
        data = data[:at] + block + data[at + BLOCK :]
    return data


def compressed(rng: random.Random, data: bytes) -> bytes:
    """As it is, in gzip, or in gzip that was damaged."""
    kind = rng.randrange(4)
    if kind == 0:
        return data
    data = gzip.compress(data, 1, mtime=0)
    if kind == 1:
        at = rng.randrange(len(data))
        data = data[:at] + rng.randbytes(rng.randint(0, 4)) + data[at + rng.randint(0, 4) :]
    return data


def outcome(attempt: Callable[[], object]) -> object:
    """What came of it; of an error, its one line."""
    try:
        return attempt()
    except SlugError as error:
        return str(error)


def is_a_line(message: str) -> bool:
    return len(message) < 1000 and not any(ord(char) < 0x20 or ord(char) == 0x7F for char in message)


def is_sound(packed: object, size: int, seen: dict[bytes, int]) -> bool:
    assert isinstance(packed, Packed)
    files = packed.tree.files
    paths = {file.path for file in files}
    return (
        len(paths) == len(files)
        and packed.shares.keys() == paths
        and min(packed.shares.values(), default=0) >= 0
        and packed.structure_bytes >= 0
        and sum(packed.shares.values()) + packed.structure_bytes == packed.compressed_bytes
        and (packed.estimated or packed.compressed_bytes == size)
        and packed.tree.links.keys() | packed.hard_links.keys() <= paths
        and {packed.path_of(path) for path in seen} <= paths
        and all(file.blob is not None for file in files)
    )


@contextmanager
def memory_of(most_bytes: int) -> Iterator[None]:
    """With so much address space: what takes all there is fails here, and does not take the machine along."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform != "linux" or hard != resource.RLIM_INFINITY:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def fuzz(place: Path, rng: random.Random, cases: int) -> dict[str, int]:
    slug, around = place / "slug.tgz", place / "around"
    begin, counts = starts(), {"read": 0, "unpacked": 0, "refused": 0}
    peak = 0
    for number in range(cases):
        if number == cases // 4:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        data = compressed(rng, mutated(rng, rng.choice(begin)))
        slug.write_bytes(data)
        seen: dict[bytes, int] = {}

        def look(file: File, seen: dict[bytes, int] = seen) -> Callable[[bytes], None]:
            seen[file.path] = 0
            return lambda piece: seen.update({file.path: seen[file.path] + len(piece)})

        packed = outcome(lambda: open_slug(str(slug), limits=LIMITS, looks=[look]))
        counts["read" if isinstance(packed, Packed) else "refused"] += 1
        assert is_a_line(packed) if isinstance(packed, str) else is_sound(packed, len(data), seen), data
        if number % UNPACKED_EVERY:
            continue
        around.mkdir()
        done = outcome(lambda: extract_slug(str(slug), str(around / "out"), limits=LIMITS))
        assert os.listdir(around) == ([] if isinstance(done, str) else ["out"]), data
        assert is_a_line(done) if isinstance(done, str) else isinstance(packed, Packed), data
        counts["unpacked"] += not isinstance(done, str)
        shutil.rmtree(around)
    kilobytes = 1 if os.uname().sysname == "Darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * kilobytes < GROWTH_BYTES
    return counts


def test_random_archives_are_read_or_refused(tmp_path: Path) -> None:
    with memory_of(4 << 30):
        counts = fuzz(tmp_path, random.Random(20261125), 3000)
    assert min(counts.values()) > 40, counts  # all ends are reached


@pytest.mark.long
def test_many_more_random_archives_are_read_or_refused(tmp_path: Path) -> None:
    """With ``SLUGTRIM_FUZZ_SECONDS`` set, for as many seconds, else 50,000 of them."""
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    rng, seconds, cases = random.Random(seed), float(os.environ.get("SLUGTRIM_FUZZ_SECONDS") or 0), 0
    end = time.monotonic() + seconds
    with memory_of(4 << 30):
        while not cases or time.monotonic() < end:
            counts = fuzz(tmp_path, rng, CASES_AT_ONCE if seconds else 50_000)
            cases += counts["read"] + counts["refused"]
    print("cases", cases)


@pytest.mark.long
@pytest.mark.parametrize("count", [499_990, 1_000_000])
def test_a_million_empty_files_are_measured_or_refused(tmp_path: Path, count: int) -> None:
    slug = tmp_path / "slug.tgz"
    with gzip.open(slug, "wb", compresslevel=1) as file:
        for number in range(count):
            file.write(entry(f"./app/{number // 1000}/{number}"))
        file.write(END)
    packed = outcome(lambda: open_slug(str(slug), limits=Limits(light_entries=Limits().entries)))
    if count > Limits().entries:
        assert str(packed).startswith(f"{slug}: has more than 500,000 entries; ")
    else:
        assert isinstance(packed, Packed)
        assert len(packed.tree.files) == count


@pytest.mark.long
def test_ten_gigabytes_of_zeros_are_measured(tmp_path: Path) -> None:
    slug = tmp_path / "slug.tgz"
    with gzip.open(slug, "wb", compresslevel=1) as file:
        file.write(entry("./app/zeros", size=10 << 30))
        for _ in range(10 << 10):
            file.write(bytes(1 << 20))
        file.write(END)
    assert open_slug(str(slug)).listed_bytes == 10 << 30
