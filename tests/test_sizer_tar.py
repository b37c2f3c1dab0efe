"""The modelled tar stream, read back by the real thing."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File
from slugtrim.sizer.stream import END_OF_ARCHIVE, directory_header, entry_bytes, file_header, padding
from tests.rows import each_row

LONG = b"a" * 60 + b"/" + b"b" * 60 + b"/" + b"\xc3\xa9" * 40

ENTRIES = [
    (File(b"app.rb", 5, REGULAR, None), b"hello"),
    (File(b"bin/run", 0, EXECUTABLE, None), b""),
    (File(b"link", 6, SYMLINK, None), b"app.rb"),
    (File(b"x" * 98, 512, REGULAR, None), b"x" * 512),
    (File(b"x" * 99, 1, REGULAR, None), b"y"),
    (File(LONG, 3, REGULAR, None), b"abc"),
    (File(b"long-link", 150, SYMLINK, None), b"t" * 150),
    (File(b"d/" + LONG, 130, SYMLINK, None), b"u" * 130),
    (File(b"new\nline\xff", 2, REGULAR, None), b"ok"),
]


def stream() -> bytes:
    parts = [directory_header(b""), directory_header(b"bin"), directory_header(LONG)]
    for file, content in ENTRIES:
        if file.mode == SYMLINK:
            parts.append(file_header(file, content))
        else:
            parts += [file_header(file), content, padding(len(content))]
    return b"".join(parts) + END_OF_ARCHIVE


def test_python_reads_back_what_was_written() -> None:
    with tarfile.open(fileobj=io.BytesIO(stream()), encoding="utf-8", errors="surrogateescape") as archive:
        members = archive.getmembers()
        assert [member.name for member in members[:2]] == [".", "./bin"]
        read = {member.name.encode("utf-8", "surrogateescape"): member for member in members}
        for file, content in ENTRIES:
            member = read[b"./" + file.path]
            assert member.mode & 0o100 == (0 if file.mode == REGULAR else 0o100)
            assert member.uname == "root"
            if file.mode == SYMLINK:
                assert member.issym()
                assert member.linkname.encode() == content
            else:
                extracted = archive.extractfile(member)
                assert extracted is not None
                assert extracted.read() == content


@pytest.mark.skipif(shutil.which("tar") is None, reason="no tar on this machine")
def test_the_tar_command_reads_back_what_was_written(tmp_path: Path) -> None:
    listed = subprocess.run(["tar", "tf", "-"], input=stream(), capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == len(ENTRIES) + 3
    assert listed.stderr == b""


@each_row("file, content", ENTRIES)
def test_an_entry_takes_as_many_bytes_as_announced(file: File, content: bytes) -> None:
    if file.mode == SYMLINK:
        written = file_header(file, content)
        announced = entry_bytes(file) + (1024 if len(content) > 100 else 0)
    else:
        written = file_header(file) + content + padding(len(content))
        announced = entry_bytes(file)
    assert abs(len(written) - announced) <= 512
    assert len(written) % 512 == 0


def test_a_file_of_more_than_eight_gigabytes_has_its_size_in_the_header() -> None:
    size = 9 << 30
    with tarfile.open(fileobj=io.BytesIO(file_header(File(b"big", size, REGULAR, None)) + END_OF_ARCHIVE)) as archive:
        member = archive.next()
    assert member is not None
    assert member.size == size
