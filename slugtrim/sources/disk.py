"""Read files without following links, blocking on a FIFO, or leaving a directory."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def entry_mode(info: os.stat_result) -> int | None:
    """Return the mode that git would record; None if it is neither a file nor a symlink."""
    if stat.S_ISLNK(info.st_mode):
        return SYMLINK
    if stat.S_ISREG(info.st_mode):
        return EXECUTABLE if info.st_mode & stat.S_IXUSR else REGULAR
    return None


def read_pieces(path: bytes, piece_bytes: int) -> Iterator[bytes]:
    """Yield the content of a regular file, or a symlink's target, in pieces. Raise ``OSError``."""
    if stat.S_ISLNK(os.lstat(path).st_mode):
        yield os.readlink(path)
        return
    with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a regular file")
        while piece := file.read(piece_bytes):
            yield piece


def read_whole(path: bytes) -> bytes:
    """Return the content of a regular file, or a symlink's target. Raise ``OSError``."""
    return b"".join(read_pieces(path, 1 << 20))


def read_start(path: bytes, most_bytes: int) -> bytes:
    """Return the first ``most_bytes`` of a regular file, or of a symlink's target. Raise ``OSError``.

    The buffer is no larger: shrinking a megabyte for each small file would fragment memory.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return os.readlink(path)[:most_bytes]
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        return os.read(descriptor, most_bytes)
    finally:
        os.close(descriptor)


def reason(error: OSError) -> str:
    """Return why something could not be read, in a few words."""
    return error.strerror or str(error)
