"""Archives as nobody should pack them, header by header."""

from __future__ import annotations

import gzip
import tarfile
from typing import Any

BLOCK = 512
END = bytes(2 * BLOCK)


def entry(name: bytes | str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: Any) -> bytes:
    """A header and its content. ``fields`` are those of ``TarInfo``; ``size`` may differ from what the content has."""
    member = tarfile.TarInfo(name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
    member.type = kind
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + padded(content)


def padded(content: bytes) -> bytes:
    """With zeros up to the end of its last block."""
    return content + bytes(-len(content) % BLOCK)


def record(key: str, value: bytes) -> bytes:
    """A record of a pax header."""
    rest = b" %b=%b\n" % (key.encode(), value)
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return b"%d%b" % (length, rest)


def pax(*records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """A pax header of these records, for the next entry."""
    return entry("PaxHeaders/x", b"".join(records), kind)


def changed(block: bytes, at: int, data: bytes) -> bytes:
    """A header with ``data`` put into it, and a checksum that holds."""
    block = block[:at] + data + block[at + len(data) :]
    total = sum(block[:148]) + 8 * 32 + sum(block[156:BLOCK])
    return block[:148] + b"%06o\0 " % total + block[156:]


def packed(*entries: bytes, end: bytes = END) -> bytes:
    """A compressed archive; the same for the same entries."""
    return gzip.compress(b"".join(entries) + end, 6, mtime=0)


PROCFILE = entry("./app/Procfile", b"web: run\n")
"""What a sound slug begins with."""
