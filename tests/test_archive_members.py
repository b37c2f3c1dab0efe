"""What is changed of TarSafe, held against the version it was changed from, and against tarfile."""

from __future__ import annotations

import inspect
import io
import os
import tarfile
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tarsafe.tarsafe import TarSafe, TarSafeException

from slugtrim.archive.limits import DEFAULT, Bounds
from slugtrim.archive.members import Member, SlugTar
from slugtrim.archive.stream import Step, Stream
from slugtrim.errors import SlugError
from tests.archives import BLOCK, END, changed, entry, padded
from tests.rows import each_row
from tests.test_archive_hostile import LONG_NAME, link

TOP = Path(__file__).resolve().parent.parent
BIN_LINK = link("node_modules/.bin/x", "../x/cli.js")


def slug_tar(*entries: bytes) -> SlugTar:
    stream = Stream(iter([Step(b"".join(entries) + END, 0)]), "slug.tar", DEFAULT)
    return SlugTar(stream, Bounds("slug.tar", DEFAULT, lambda: 0))


def tar_safe(*entries: bytes) -> TarSafe:
    return TarSafe(fileobj=io.BytesIO(b"".join(entries) + END))  # type: ignore[no-untyped-call]


def test_the_version_is_the_one_that_was_changed() -> None:
    """A new one is read first: what it checks, and whether what is overridden here is still called."""
    assert "tarsafe ==0.0.6" in tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
    assert version("tarsafe") == "0.0.6"


@pytest.mark.parametrize("check", ["_is_traversal_attempt", "_is_unsafe_symlink", "_is_unsafe_link"])
def test_the_checks_take_a_member_and_a_root(check: str) -> None:
    for class_ in (TarSafe, SlugTar):
        assert list(inspect.signature(getattr(class_, check)).parameters) == ["self", "tarinfo", "root"]


def test_a_link_stands_in_its_own_directory(tmp_path: Path) -> None:
    with pytest.raises(TarSafeException):
        tar_safe(BIN_LINK).extract("node_modules/.bin/x", str(tmp_path))  # type: ignore[no-untyped-call]
    tar = slug_tar(BIN_LINK)
    for member in tar:
        tar.unpack(member, str(tmp_path))
    assert os.readlink(tmp_path / "node_modules/.bin/x") == "../x/cli.js"


def test_members_are_dropped_as_they_pass() -> None:
    entries = [entry(f"file{number}", b"x" * 600) for number in range(10)]
    kept, dropped = tar_safe(*entries), slug_tar(*entries)
    assert (len(list(kept)), len(kept.getmembers())) == (10, 10)
    assert (len(list(dropped)), len(list(dropped)), len(dropped.getmembers())) == (10, 0, 0)


def test_extended_headers_have_a_limit() -> None:
    name = entry("././@LongLink", b"n" * DEFAULT.header_bytes, LONG_NAME)
    assert len(next(iter(tar_safe(name, entry("x")))).name) == DEFAULT.header_bytes
    with pytest.raises(SlugError):
        slug_tar(name, entry("x"))


def test_a_chain_of_headers_is_no_recursion() -> None:
    chain = entry("././@LongLink", b"n", LONG_NAME) * 600
    with pytest.raises(RecursionError):
        tar_safe(chain, entry("x"))
    assert next(iter(slug_tar(chain, entry("x")))).name == "n"


def test_the_filter_is_that_for_data() -> None:
    assert SlugTar.extraction_filter is tarfile.data_filter


def test_a_directory_to_be_in_is_not_needed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    before = Path.cwd()
    os.chdir(gone)
    try:
        gone.rmdir()
        with pytest.raises(FileNotFoundError):
            tar_safe(entry("x"))
        assert [member.name for member in slug_tar(entry("x"))] == ["x"]
    finally:
        os.chdir(before)


@each_row(
    "hostile",
    [
        entry("../x"),
        entry("a/../../x"),
        link("x", "../y"),
        link("x", "/etc/passwd"),
        link("a/b/x", "../../../y"),
        link("x", "../y", tarfile.LNKTYPE),
        link("x", "/etc/passwd", tarfile.LNKTYPE),
        entry("x", kind=tarfile.CHRTYPE),
        entry("x", kind=tarfile.FIFOTYPE),
    ],
)
def test_nothing_is_unpacked_outside_even_unchecked(tmp_path: Path, hostile: bytes) -> None:
    """Whoever forgets to check the whole archive first is stopped at the entry."""
    tar = slug_tar(hostile)
    (tmp_path / "out").mkdir()
    with pytest.raises(tarfile.TarError):
        tar.unpack(next(iter(tar)), str(tmp_path / "out"))
    assert os.listdir(tmp_path) == ["out"]
    assert os.listdir(tmp_path / "out") == []


# Headers


FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
TYPES = (*tarfile.REGULAR_TYPES, *(b"1", b"2", b"3", b"4", b"5", b"6", b"z"))
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=90)


@given(
    name=names,
    target=names,
    size=st.integers(0, 1 << 70),
    mode=st.integers(0, 0o7777),
    mtime=st.integers(-(1 << 60), 1 << 60),
    kind=st.sampled_from([kind for kind in TYPES if kind != tarfile.GNUTYPE_SPARSE]),
)
def test_a_header_says_what_tarfile_reads_in_it(
    name: str, target: str, size: int, mode: int, mtime: int, kind: bytes
) -> None:
    header = entry(name, kind=kind, linkname=target, size=size, mode=mode, mtime=mtime)[-BLOCK:]
    expected = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    read = Member.frombuf(header, "utf-8", "surrogateescape")
    fields = ("size", "mode", "mtime", "type", "linkname")
    assert [getattr(read, field) for field in fields] == [getattr(expected, field) for field in fields]
    assert read.name.rstrip("/") == expected.name.rstrip("/")
    assert read.path_bytes == read.name.encode("utf-8", "surrogateescape")


def test_a_prefix_stands_before_the_name_where_the_format_has_one() -> None:
    posix = changed(entry("name"), 257, b"ustar\0" + b"00")
    assert Member.frombuf(changed(posix, 345, b"a/prefix"), "utf-8", "strict").name == "a/prefix/name"
    # GNU tar has time stamps there.
    assert Member.frombuf(changed(entry("name"), 345, b"14524770400"), "utf-8", "strict").name == "name"


def test_a_checksum_may_be_over_signed_bytes_or_between_blanks() -> None:
    header = entry("caf\u00e9" * 10)
    total = sum(header[:148]) + 8 * 32 + sum(header[156:BLOCK])
    signed = total - 256 * sum(byte > 127 for byte in header)
    for field in (b"%06o\0 " % total, b"%06o\0 " % signed, b" %05o\0 " % total, b"%07o\0" % total):
        assert Member.frombuf(header[:148] + field + header[156:], "utf-8", "strict").name == "caf\u00e9" * 10
    with pytest.raises(tarfile.HeaderError):
        Member.frombuf(header[:148] + b"%06o\0 " % (total + 1) + header[156:], "utf-8", "strict")


def test_an_archive_is_iterated_once_and_forward() -> None:
    tar = slug_tar(entry("a", b"x" * 10), entry("b", b"y" * 10))
    first = tar.next()
    assert first is not None
    tar.next()
    with pytest.raises(AssertionError, match="a stream does not go back"):
        tar.source.seek(first.offset_data)


def test_padding_is_of_whole_blocks() -> None:
    assert [len(padded(b"x" * size)) for size in (0, 1, 512, 513)] == [0, 512, 512, 1024]
