"""The slug compressed for real: one continuous gzip stream over the modelled tar, no segments and no shortcuts.

Nothing is written anywhere, and memory holds one file of up to 64 KiB or one piece of a larger one at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from slugtrim.files import SYMLINK, Contents, File, Reader
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.stream import (
    END_OF_ARCHIVE,
    PIECE_BYTES,
    directory_header,
    file_header,
    is_large,
    ordered,
    padding,
)

_GZIP_FORMAT = 31


def exact_compressed_bytes(contents: Contents, files: Sequence[File], progress: Progress | None = None) -> int:
    """Bytes of `gzip -6` over the slug's tar, in the order that slugtrim assumes."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, _GZIP_FORMAT)
    size = 0
    progress = progress or Progress()
    progress.expect(len(files), sum(file.size_bytes for file in files))
    # Small files come in one batch, in their order; large ones are asked for between them, of another reader.
    with contents.open() as small, contents.open() as large:
        for data in _stream(files, small, large, progress):
            size += len(compressor.compress(data))
    return size + len(compressor.flush())


def _stream(files: Sequence[File], small: Reader, large: Reader, progress: Progress) -> Iterator[bytes]:
    members = list(ordered(files))
    contents = small.batch([member for member in members if isinstance(member, File) and not is_large(member)])
    for member in members:
        if isinstance(member, bytes):
            yield directory_header(member)
            continue
        if is_large(member):
            yield file_header(member)
            yield from large.pieces(member, PIECE_BYTES)
        elif member.mode == SYMLINK:
            yield file_header(member, next(contents) or b"")
        else:
            yield file_header(member)
            yield next(contents) or b""
        yield padding(0 if member.mode == SYMLINK else member.size_bytes)
        progress.advance(1, member.size_bytes)
    yield END_OF_ARCHIVE
