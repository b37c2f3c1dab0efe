"""Archives that mean harm, or were harmed: findings or one line, in bounded memory, and nothing is written.

GNU tar's word on each is in the comment where it helps.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from slugtrim.archive.extraction import extract_slug
from slugtrim.archive.limits import Limits, limits_from
from slugtrim.archive.reading import open_slug
from slugtrim.errors import SlugError
from slugtrim.units import format_size
from tests.archives import BLOCK, END, PROCFILE, changed, entry, packed, pax, record
from tests.rows import each_row

FIFO, DEVICE, BLOCK_DEVICE = tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE
LINK, HARD, SPARSE, DIRECTORY = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.GNUTYPE_SPARSE, tarfile.DIRTYPE
LONG_NAME, GLOBAL = tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE


def link(name: str, target: str, kind: bytes = LINK) -> bytes:
    return entry(name, kind=kind, linkname=target)


def long_name(name: bytes, **fields: int) -> bytes:
    return entry("././@LongLink", name, LONG_NAME, **fields)


def numbered(count: int) -> list[bytes]:
    """So many empty files; ``entry`` takes ten times as long for each."""
    header = entry("00000")
    return [changed(header, 0, b"%05d" % number) for number in range(count)]


SOUND = packed(PROCFILE, entry("./app/lib/a.rb", b"a" * 5000))
NOISE = entry("./app/noise", bytes(range(256)) * 40)

FOUND: list[tuple[str, bytes, list[tuple[str, bytes]]]] = [
    ("an absolute name", packed(PROCFILE, entry("/etc/cron.d/x", b"y")), [("absolute-name", b"/etc/cron.d/x")]),
    ("a name that climbs", packed(PROCFILE, entry("../../etc/x", b"y")), [("dot-dot-name", b"../../etc/x")]),
    ("a name that climbs inside", packed(PROCFILE, entry("app/a/../b", b"y")), [("dot-dot-name", b"app/a/../b")]),
    ("no name", packed(PROCFILE, entry("", b"y")), [("no-name", b"")]),
    ("a file that is the root", packed(PROCFILE, entry("./.", b"y")), [("no-name", b"./.")]),
    ("a long name", packed(PROCFILE, long_name(b"a/" * 3000), entry("x")), [("name-too-long", b"a/" * 3000)]),
    ("a NUL in a name", packed(PROCFILE, pax(record("path", b"a\0b")), entry("x")), [("name-with-nul", b"a\0b")]),
    ("not UTF-8", packed(PROCFILE, entry(b"./app/\xff\n\x1b[2J")), [("name-not-utf-8", b"./app/\xff\n\x1b[2J")]),
    ("a link out", packed(PROCFILE, link("./app/x", "../../etc/passwd")), [("link-out", b"./app/x")]),
    ("an absolute link out", packed(PROCFILE, link("./app/x", "/etc/passwd")), [("link-out", b"./app/x")]),
    ("a link that climbs out of /app", packed(PROCFILE, link("x", "/app/../etc/x")), [("link-out", b"x")]),
    (
        "a link out by way of another",
        packed(PROCFILE, link("app/a/b/up", "../.."), link("app/x", "a/b/up/../../etc/passwd")),
        [("link-out", b"app/x")],
    ),
    ("a link that winds", packed(PROCFILE, link("x", "a/" * 24 + "../" * 8 + "b")), []),
    (
        "a link that winds for long",
        packed(PROCFILE, link("x", "a/" * 20 + "../" * 20 + "b/" * 24)),
        [("link-out", b"x")],
    ),
    ("a link to nothing", packed(PROCFILE, link("x", "")), [("link-without-target", b"x")]),
    (
        "a target longer than a path",
        packed(PROCFILE, pax(record("linkpath", b"a/" * 2048)), link("x", "a")),
        [("link-without-target", b"x")],
    ),
    (
        "a NUL in a target",
        packed(PROCFILE, pax(record("linkpath", b"a\0b")), link("x", "a")),
        [("link-without-target", b"x")],
    ),
    ("a hard link to nothing", packed(PROCFILE, link("x", "/etc/passwd", HARD)), [("hard-link-to-nothing", b"x")]),
    ("a hard link to itself", packed(PROCFILE, link("x", "./x", HARD)), [("hard-link-to-nothing", b"x")]),
    (
        "a file through a link",
        packed(PROCFILE, link("./app/tmp", "/tmp"), entry("./app/tmp/x", b"y")),
        [("link-out", b"./app/tmp"), ("path-through-link", b"app/tmp")],
    ),
    (
        "a file through a link within",
        packed(PROCFILE, link("./app/a", "b"), entry("./app/a/x", b"y")),
        [("path-through-link", b"app/a")],
    ),
    (
        "a file below a file",
        packed(PROCFILE, entry("./app/a", b"x"), entry("./app/a/b", b"y")),
        [("path-through-file", b"app/a")],
    ),
    (
        "a directory in place of a file",
        packed(PROCFILE, entry("./app/a", b"x"), entry("./app/a/", kind=DIRECTORY)),
        [("path-through-file", b"app/a")],
    ),
    ("the same file twice", packed(PROCFILE, PROCFILE), [("duplicate-entry", b"./app/Procfile")]),
    (
        "a link, then a file in its place",
        packed(PROCFILE, link("./app/x", "../../etc/passwd"), entry("./app/x", b"y")),
        [("link-out", b"./app/x"), ("duplicate-entry", b"./app/x")],
    ),
    (
        "a link that goes down and up, then one out in its place",
        packed(PROCFILE, link("app/x", "a/../b"), link("app/x", "../../etc")),
        [("duplicate-entry", b"app/x"), ("link-out", b"app/x")],
    ),
    (
        "a link within, hard linked to where it leads out",
        packed(PROCFILE, link("app/a/b", "../../x"), link("y", "app/a/b", HARD)),
        [("link-out", b"y")],
    ),
    ("a device", packed(PROCFILE, entry("./app/sda", kind=BLOCK_DEVICE)), [("device", b"./app/sda")]),
    ("a terminal", packed(PROCFILE, entry("./app/tty", kind=DEVICE)), [("device", b"./app/tty")]),
    ("a FIFO", packed(PROCFILE, entry("./app/pipe", kind=FIFO)), [("fifo", b"./app/pipe")]),
    ("rights of its owner", packed(PROCFILE, entry("./app/su", mode=0o4755)), [("set-id", b"./app/su")]),
    ("a type nobody knows", packed(PROCFILE, entry("./app/x", b"y", b"z")), [("unknown-type", b"./app/x")]),
    ("a volume's label", packed(PROCFILE, entry("label", kind=b"V")), [("unknown-type", b"label")]),
    ("no end", packed(PROCFILE, end=b""), [("no-end", b"")]),
    ("an archive behind it", packed(PROCFILE, END, PROCFILE), [("trailing-data", b"")]),
    ("something behind the gzip", SOUND + b"garbage", [("trailing-data", b"")]),
    ("zeros behind the gzip", SOUND + bytes(10_000), []),
    ("two gzip members", packed(PROCFILE, end=b"") + packed(NOISE), []),
    ("three, one of them empty", packed(PROCFILE, end=b"") + packed(end=b"") + packed(NOISE), []),
    ("links in a circle", packed(PROCFILE, link("./app/a", "b"), link("./app/b", "a")), []),
    ("a name in a global header", packed(pax(record("path", b"app/x"), kind=GLOBAL), entry("y", b"z")), []),
    ("a list of an old directory", packed(PROCFILE, entry("./app/d/", b"Yx\0\0", b"D")), []),
    ("time stamps beyond time", packed(entry("./app/x", b"y", mtime=1 << 70)), []),
    ("a compressed megabyte of zeros", packed(PROCFILE, entry("./app/zeros", bytes(1 << 20))), []),
    ("entries below /app", packed(entry("/app/Procfile", b"web: run\n")), []),
]


def sparse(*pairs: tuple[int, int], size: int, content: bytes = b"", more: bytes = b"\0") -> bytes:
    """An entry in the old format of GNU tar."""
    fields = b"".join(b"%011o\0%011o\0" % pair for pair in pairs).ljust(96, b"\0")
    head = entry("./app/sparse", content, SPARSE)
    return changed(head[:BLOCK], 386, fields + more + b"%011o\0" % size) + head[BLOCK:]


def sized(size: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header with this as the field of its size."""
    return changed(entry("./app/x", kind=kind), 124, size)


HUGE = b"\x80" + (1 << 80).to_bytes(11)
NEGATIVE = b"\xff" * 12

REFUSED: list[tuple[str, bytes, str]] = [
    ("a header for all and no entry", pax(record("path", b"x"), kind=GLOBAL), "is an empty archive; name a slug"),
    ("a long name and no entry", packed(long_name(b"name"), end=b""), "is an empty archive; name a slug"),
    ("nothing", b"", "is empty; name a slug (.tgz, .tar.gz, .tar) or a directory"),
    (
        "text",
        b"just some text\n",
        "is neither a tar archive nor compressed with gzip; name a slug (.tgz, .tar.gz, .tar) or a directory",
    ),
    ("zeros", bytes(20_000), "is an empty archive; name a slug"),
    ("zeros in gzip", gzip.compress(bytes(20_000)), "is an empty archive; name a slug"),
    ("gzip of nothing", gzip.compress(b""), "is an empty archive; name a slug"),
    (
        "gzip of text",
        gzip.compress(b"text" * 1000),
        "is compressed with gzip, but holds no tar archive; name a slug (.tgz, .tar.gz, .tar) or a directory",
    ),
    ("gzip of gzip", gzip.compress(SOUND), "inside gzip is compressed with gzip twice; unpack it once, with gzip -d"),
    (
        "squashfs",
        b"hsqs" + bytes(1000),
        "is a squashfs image, as very old slugs are; unpack it with unsquashfs and name the directory",
    ),
    ("zip", b"PK\x03\x04" + bytes(1000), "is a zip file; unpack it and name the directory"),
    ("xz", b"\xfd7zXZ\0" + bytes(99), "is compressed with xz; give it as xz -dc FILE | slugtrim inspect -"),
    ("bzip2", b"BZh9" + bytes(99), "is compressed with bzip2; give it as bzip2 -dc FILE | slugtrim inspect -"),
    ("zstd", b"\x28\xb5\x2f\xfd" + bytes(9), "is compressed with zstd; give it as zstd -dc FILE | slugtrim inspect -"),
    (
        "a page",
        b"\xef\xbb\xbf\n<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        "is a page in HTML or XML, perhaps what a server answered instead of the slug; fetch it again",
    ),
    ("gzip, cut off", SOUND[:-9], f"is truncated at byte {len(SOUND) - 9}: the gzip stream goes on; fetch it again"),
    (
        "gzip, without its end",
        SOUND[:-1],
        f"is truncated at byte {len(SOUND) - 1}: the gzip stream goes on; fetch it again",
    ),
    ("only a gzip header", SOUND[:10], "is truncated at byte 10: the gzip stream goes on; fetch it again"),
    ("a wrong checksum", SOUND[:-8] + b"\0\0\0\0" + SOUND[-4:], "is damaged after byte 128; fetch it again"),
    ("a wrong length", SOUND[:-4] + b"\0\0\0\0", "is damaged after byte 128; fetch it again"),
    ("damaged deflate", SOUND[:40] + b"\xff" * 20 + SOUND[60:], "is damaged after byte 0; fetch it again"),
    (
        "a second member that is damaged",
        SOUND + b"\x1f\x8b\x08\0\xff\xff",
        f"is truncated at byte {len(SOUND) + 6}: the gzip stream goes on; fetch it again",
    ),
    (
        "cut off in a content",
        packed(PROCFILE, entry("./app/x", size=5000), end=b"x" * 999),
        "is truncated at byte 2,535 of the archive; fetch it again",
    ),
    (
        "cut off in a header",
        packed(PROCFILE, end=b"x" * 99),
        "is damaged at byte 1,123 of the archive: where an entry should begin there is none (it is cut off); "
        "fetch it again",
    ),
    (
        "no header",
        packed(PROCFILE, b"x" * BLOCK),
        "is damaged at byte 1,536 of the archive: where an entry should begin there is none (bad number); "
        "fetch it again",
    ),
    (
        "a wrong checksum of a header",
        packed(PROCFILE, b"y" + PROCFILE[1:]),
        "is damaged at byte 1,536 of the archive: where an entry should begin there is none (bad checksum); "
        "fetch it again",
    ),
    (
        "a negative size",
        packed(PROCFILE, sized(NEGATIVE)),
        "is damaged at byte 1,536 of the archive: an entry of a negative size; fetch it again",
    ),
    (
        "a negative size of an extended header",
        packed(PROCFILE, sized(NEGATIVE, LONG_NAME)),
        "is damaged at byte 1,536 of the archive: an extended header of a negative size; fetch it again",
    ),
    ("a size beyond all", packed(PROCFILE, sized(HUGE)), "is truncated at byte 2,560 of the archive; fetch it again"),
    (
        "a pax header of a gibibyte",
        packed(changed(entry("x", kind=tarfile.XHDTYPE), 124, b"%011o\0" % (1 << 30)), b"x" * 10_000),
        "has extended headers of more than 1M before one entry, at byte 512; "
        "if you trust it, raise the limit with --limit header=SIZE",
    ),
    (
        "a name of a mebibyte",
        packed(PROCFILE, long_name(b"n" * (1 << 20)), entry("x")),
        "has extended headers of more than 1M before one entry, at byte 1,536; "
        "if you trust it, raise the limit with --limit header=SIZE",
    ),
    (
        "a chain of extended headers",
        packed(PROCFILE, long_name(b"name") * 5000, entry("x")),
        "has extended headers of more than 1M before one entry, at byte 2,082,304; "
        "if you trust it, raise the limit with --limit header=SIZE",
    ),
    (
        "a header of digits",  # as in CVE-2024-6232
        packed(PROCFILE, pax(b"9" * 500_000), entry("x")),
        "is damaged at byte 501,760 of the archive: an extended header that cannot be read; fetch it again",
    ),
    (
        "a record longer than its header",
        packed(PROCFILE, pax(b"999 path=x\n"), entry("x")),
        "is damaged at byte 2,048 of the archive: an extended header that cannot be read; fetch it again",
    ),
    (
        "a record of no length",
        packed(PROCFILE, pax(b"0 path=x\n"), entry("x")),
        "is damaged at byte 2,048 of the archive: an extended header that cannot be read; fetch it again",
    ),
    (
        "a size that is no number",
        packed(PROCFILE, pax(record("size", b"-1")), entry("x")),
        "is damaged at byte 2,560 of the archive: a size or the map of a sparse file that cannot be; fetch it again",
    ),
    (
        "an extended header cut off",
        packed(PROCFILE, long_name(b"name", size=9999), end=b""),
        "is truncated at byte 2,048 of the archive; fetch it again",
    ),
    (
        "a sparse map that overlaps",
        packed(PROCFILE, sparse((0, 300), (200, 300), size=1000, content=b"x" * 600)),
        "is damaged at byte 1,536 of the archive: a size or the map of a sparse file that cannot be; fetch it again",
    ),
    (
        "a sparse map beyond its file",
        packed(PROCFILE, sparse((1000, 300), size=1000, content=b"x" * 300)),
        "is damaged at byte 1,536 of the archive: a size or the map of a sparse file that cannot be; fetch it again",
    ),
    (
        "a sparse map without an end",
        packed(PROCFILE, sparse(size=1, more=b"\1"), (bytes(504) + b"\1" + bytes(7)) * 5000),
        "has extended headers of more than 1M before one entry, at byte 1,050,112; "
        "if you trust it, raise the limit with --limit header=SIZE",
    ),
    (
        "a pax map that is none",
        packed(PROCFILE, pax(record("GNU.sparse.size", b"9"), record("GNU.sparse.map", b"1,x")), entry("x")),
        "is damaged at byte 2,560 of the archive: a size or the map of a sparse file that cannot be; fetch it again",
    ),
    (
        "a pax map in the data that never ends",
        packed(
            PROCFILE,
            pax(record("GNU.sparse.major", b"1"), record("GNU.sparse.realsize", b"9")),
            entry("x", b"99999999\n" * 300_000),
        ),
        "has extended headers of more than 1M before one entry, at byte 1,050,112; "
        "if you trust it, raise the limit with --limit header=SIZE",
    ),
]


@each_row("data, expected", [case[1:] for case in FOUND])
def test_what_is_odd_is_found_and_weighed(tmp_path: Path, data: bytes, expected: list[tuple[str, bytes]]) -> None:
    slug = tmp_path / "slug.tgz"
    slug.write_bytes(data)
    packed_slug = open_slug(str(slug))
    assert [(anomaly.id, anomaly.path) for anomaly in packed_slug.anomalies] == expected
    assert packed_slug.compressed_bytes == len(data)
    assert sum(packed_slug.shares.values()) + packed_slug.structure_bytes == len(data)
    paths = [file.path for file in packed_slug.tree.files]
    assert packed_slug.shares.keys() == set(paths)
    assert len(set(paths)) == len(paths)
    assert all(path and not path.startswith((b"/", b"../")) and b"\0" not in path for path in paths)


@each_row("data, message", [case[1:] for case in REFUSED])
def test_what_cannot_be_read_gets_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    slug = tmp_path / "slug.tgz"
    slug.write_bytes(data)
    for attempt in (lambda: open_slug(str(slug)), lambda: extract_slug(str(slug), str(tmp_path / "out"))):
        with pytest.raises(SlugError) as caught:
            attempt()
        assert str(caught.value) == f"{slug}: {message}"
    assert os.listdir(tmp_path) == ["slug.tgz"]


def test_names_of_slugs_are_quoted_in_messages(tmp_path: Path) -> None:
    with pytest.raises(SlugError) as caught:
        open_slug(str(tmp_path / "\x1b[2J\n.tgz"))
    assert str(caught.value) == rf'"{tmp_path}/\033[2J\n.tgz": does not exist; ' + (
        "name a slug (.tgz, .tar.gz, .tar) or a directory"
    )


BEYOND: list[tuple[str, Callable[[], bytes], Limits, str]] = [
    (
        "zeros without end",
        lambda: packed(PROCFILE, entry("./app/zeros", bytes(5 << 20))),
        Limits(unpacked_bytes=4 << 20),
        "holds more than 4M uncompressed; if you trust it, raise the limit with --limit unpacked=SIZE",
    ),
    (
        "zeros behind the end",
        lambda: packed(PROCFILE, end=bytes(5 << 20)),
        Limits(unpacked_bytes=4 << 20),
        "holds more than 4M uncompressed; if you trust it, raise the limit with --limit unpacked=SIZE",
    ),
    (
        "a sparse file of gigabytes",
        lambda: packed(PROCFILE, sparse(size=8**11 - 1)),
        Limits(unpacked_bytes=7 << 30, light_holes_bytes=7 << 30),
        "holds more than 7G uncompressed; if you trust it, raise the limit with --limit unpacked=SIZE",
    ),
    (
        "files without end",
        lambda: packed(*(entry(f"./app/{number}") for number in range(1001))),
        Limits(entries=1000),
        "has more than 1,000 entries; if you trust it, raise the limit with --limit entries=NUMBER",
    ),
    (
        "directories without end",
        lambda: packed(PROCFILE, pax(record("path", b"a/" * 1500 + b"x")), entry("x")),
        Limits(entries=1000),
        "has more than 1,000 entries; if you trust it, raise the limit with --limit entries=NUMBER",
    ),
    (
        "names without end",
        lambda: packed(*(pax(record("path", b"n" * 4000)) + entry("x") for number in range(300))),
        Limits(names_bytes=1 << 20),
        "has names of more than 1M in all; if you trust it, raise the limit with --limit names=SIZE",
    ),
]


@pytest.mark.parametrize(
    ("build", "limits", "message"), [case[1:] for case in BEYOND], ids=[case[0] for case in BEYOND]
)
def test_what_is_beyond_a_limit_gets_one_line(
    tmp_path: Path, build: Callable[[], bytes], limits: Limits, message: str
) -> None:
    slug = tmp_path / "slug.tgz"
    slug.write_bytes(build())
    out = str(tmp_path / "out")
    for attempt in (lambda: open_slug(str(slug), limits=limits), lambda: extract_slug(str(slug), out, limits=limits)):
        with pytest.raises(SlugError) as caught:
            attempt()
        assert str(caught.value) == f"{slug}: {message}"
    assert os.listdir(tmp_path) == ["slug.tgz"]


TOO_MANY = "has more than {entries:,} entries in {weight}, less than 64 bytes for each"
TOO_LONG = "has names of more than {names} in all in {weight}, too long for what it weighs"
TOO_MANY_RECORDS = "has more than {records:,} records in extended headers in {weight}"

LIGHT: list[tuple[str, Callable[[], bytes], str, str]] = [
    ("empty files", lambda: packed(*numbered(30_000)), TOO_MANY, "entries=NUMBER"),
    ("one name again and again", lambda: packed(PROCFILE * 30_000), TOO_MANY, "entries=NUMBER"),
    (
        "directories in names",
        lambda: packed(
            *(pax(record("path", b"%d/" % number + b"a/" * 1900 + b"x")) + entry("x") for number in range(9))
        ),
        TOO_MANY,
        "entries=NUMBER",
    ),
    (
        "names that go up and down",
        lambda: packed(
            *(pax(record("path", b"a/../" * 190_000 + b"%d" % number)) + entry("x") for number in range(12))
        ),
        TOO_LONG,
        "names=SIZE",
    ),
    (
        "hard links to a link with a long target",
        lambda: packed(
            pax(record("linkpath", b"a/../" * 800)),
            link("t", "x"),
            *(link(f"{number}", "t", HARD) for number in range(4000)),
        ),
        TOO_LONG,
        "names=SIZE",
    ),
    ("records of nothing", lambda: packed(pax(b"6 a=b\n" * 160_000), entry("x")), TOO_MANY_RECORDS, "entries=NUMBER"),
    (
        "headers of nothing",
        lambda: packed(*(long_name(b"") * 2000 + entry(f"{number}") for number in range(100))),
        TOO_MANY_RECORDS,
        "entries=NUMBER",
    ),
    (
        "a sparse map of nothing",
        lambda: packed(
            *(sparse(size=0, more=b"\1") + (bytes(504) + b"\1" + bytes(7)) * 1900 + bytes(BLOCK) for _ in range(3))
        ),
        TOO_MANY_RECORDS,
        "entries=NUMBER",
    ),
    (
        "a pax map of nothing",
        lambda: packed(
            pax(record("GNU.sparse.size", b"0"), record("GNU.sparse.map", b",".join([b"0"] * 400_000))), entry("x")
        ),
        TOO_MANY_RECORDS,
        "entries=NUMBER",
    ),
    (
        "a hole of gigabytes",
        lambda: packed(sparse(size=8**11 - 1)),
        "has sparse files with holes of more than 1G in {weight}, too large for what it weighs",
        "unpacked=SIZE",
    ),
]
"""Archives that would take seconds for every 100 KB. Honest ones have several hundred bytes for each entry."""


@pytest.mark.full
@pytest.mark.parametrize(("build", "what", "option"), [case[1:] for case in LIGHT], ids=[case[0] for case in LIGHT])
def test_what_weighs_too_little_for_what_it_holds_gets_one_line(
    tmp_path: Path, build: Callable[[], bytes], what: str, option: str
) -> None:
    slug = tmp_path / "slug.tgz"
    data = build()
    slug.write_bytes(data)
    entries = 10_000 + len(data) // 64
    names = format_size((8 << 20) + 16 * len(data))
    what = what.format(entries=entries, names=names, records=8 * entries, weight=format_size(len(data)))
    with pytest.raises(SlugError) as caught:
        open_slug(str(slug))
    assert str(caught.value) == f"{slug}: {what}; if you trust it, raise the limit with --limit {option}"


def test_a_limit_that_is_set_does_not_ask_what_an_archive_weighs(tmp_path: Path) -> None:
    slug = tmp_path / "slug.tgz"
    slug.write_bytes(packed(*numbered(12_000)))
    assert open_slug(str(slug), limits=limits_from(["entries=12000"])).entries == 12_000


def test_links_that_wind_for_long_are_not_followed(tmp_path: Path) -> None:
    """To follow each of these would take more than a second."""
    slug = tmp_path / "slug.tgz"
    long = pax(record("linkpath", b"a/" * 600 + b"../" * 600 + b"b"))
    slug.write_bytes(packed(*(long + entry(f"{number}", kind=LINK) for number in range(1000)), PROCFILE))
    assert [anomaly.id for anomaly in open_slug(str(slug)).anomalies] == ["link-out"] * 1000


MEASURED = """
import resource, sys
from slugtrim.archive.reading import open_slug
from slugtrim.errors import SlugError
resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
for path in sys.argv[1:]:
    try:
        print(open_slug(path).listed_bytes)
    except SlugError as error:
        print(str(error).partition(": ")[2])
"""


@pytest.mark.full
def test_memory_does_not_follow_what_an_archive_claims(tmp_path: Path) -> None:
    """All of them in one process that may have 200 MB, of which Python itself takes some."""
    claims = {
        "header": packed(changed(entry("x", kind=tarfile.XHDTYPE), 124, b"%011o\0" % (1 << 30))),
        "zeros": gzip.compress(entry("./app/zeros", size=400 << 20) + bytes(400 << 20) + END, 1),
        "sparse": packed(sparse(size=1 << 29)),
        "deep": packed(*(pax(record("path", b"%d/" % n + b"d/" * 1900)) + entry("x") for n in range(5))),
    }
    for name, data in claims.items():
        (tmp_path / name).write_bytes(data)
    script = MEASURED.replace("MEGABYTES", "300")
    done = subprocess.run(
        [sys.executable, "-c", script, *(str(tmp_path / name) for name in claims)], capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        "has extended headers of more than 1M before one entry, at byte 512; "
        "if you trust it, raise the limit with --limit header=SIZE",
        str(400 << 20),
        str(1 << 29),
        "0",
    ]
