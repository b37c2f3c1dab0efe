"""Opening the log of a build: a file, or what comes through stdin."""

from __future__ import annotations

import os
import stat

from slugtrim.errors import UsageError
from slugtrim.files import quoted


def open_log(name: str) -> int:
    """Open the file of a log and return its descriptor.

    Raises ``UsageError`` if it cannot be read or is not a regular file.
    """
    shown = quoted(os.fsencode(name))
    try:
        # Without blocking: opening a FIFO would wait for a writer.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{shown}: cannot be read ({why}); name the file of a log, or - for stdin") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UsageError(f"{shown}: is {_kind(mode)}; name the file of a log, or - for stdin")
    return descriptor


def check_stdin(descriptor: int) -> None:
    """Raise ``UsageError`` if stdin is a device, which may never end; a terminal and the null device do."""
    info = os.fstat(descriptor)
    is_finite = os.isatty(descriptor) or info.st_rdev == os.stat(os.devnull).st_rdev
    if stat.S_ISBLK(info.st_mode) or (stat.S_ISCHR(info.st_mode) and not is_finite):
        raise UsageError("stdin: is a device; pipe a log into it, or name the file of one")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "not a regular file"
