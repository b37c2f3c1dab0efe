"""What a file is that should be a slug and is none."""

from __future__ import annotations

_UNPACK = "unpack it and name the directory"

_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"hsqs", "a squashfs image, as very old slugs are", "unpack it with unsquashfs and name the directory"),
    (b"sqsh", "a squashfs image, as very old slugs are", "unpack it with unsquashfs and name the directory"),
    (b"\x1f\x8b", "compressed with gzip twice", "unpack it once, with gzip -d"),
    (b"\xfd7zXZ\0", "compressed with xz", "give it as xz -dc FILE | slugtrim inspect -"),
    (b"BZh", "compressed with bzip2", "give it as bzip2 -dc FILE | slugtrim inspect -"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "give it as zstd -dc FILE | slugtrim inspect -"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "give it as lz4 -dc FILE | slugtrim inspect -"),
    (b"LZIP", "compressed with lzip", "give it as lzip -dc FILE | slugtrim inspect -"),
    (b"\x1f\x9d", "compressed with compress", "give it as gzip -dc FILE | slugtrim inspect -"),
    (b"PK\x03\x04", "a zip file", _UNPACK),
    (b"PK\x05\x06", "a zip file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", _UNPACK),
    (b"Rar!", "a RAR file", _UNPACK),
    (b"\x7fELF", "a program", "name the slug"),
    (b"<", "a page in HTML or XML, perhaps what a server answered instead of the slug", "fetch it again"),
    (b"{", "a JSON document, perhaps what a server answered instead of the slug", "fetch it again"),
)
"""How a file begins, what it then is, and what to do with it."""

START_BYTES = 512
"""So much of a file is looked at."""


def recognized(start: bytes) -> tuple[str, str] | None:
    """What begins with ``start``, and what to do with it; None if nobody knows."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what, remedy in _KNOWN:
        if (text if magic in (b"<", b"{") else start).startswith(magic):
            return what, remedy
    return None
