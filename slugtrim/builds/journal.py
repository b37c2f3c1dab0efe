"""What is remembered of builds: a line for each, only ever appended to."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator

from msgspec import Struct

from slugtrim.builds.journal_line import NoBuild, decode, encode
from slugtrim.builds.place import journal_path
from slugtrim.builds.record import Build
from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.interrupts import Interrupts

_LIMIT_BYTES = 16 << 20
_NEWEST_BYTES = 256 << 10
"""So much of the end is looked at for the newest builds: some hundreds of them."""
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES = 200
_WAIT_SECONDS = 0.01


class Skipped(Struct, frozen=True, kw_only=True):
    """A line that is passed over."""

    line: int
    """Its number, from 1."""
    reason: str


class Journal(Struct, frozen=True, kw_only=True):
    """All that is remembered, oldest first."""

    builds: tuple[Build, ...]
    skipped: tuple[Skipped, ...]


def append(git_dir: bytes, build: Build) -> None:
    """Remembers a build. Raises ``SourceError``.

    In one write behind the end, alone among those that write: two at a time never mix, and a line that somebody left
    half written stays one line.
    """
    path = journal_path(git_dir)
    line = encode(build)
    try:
        with Interrupts():
            _append(path, line)
    except OSError as error:
        raise SourceError(f"{quoted(path)}: cannot be written ({_why(error)}); make it a file that can") from error


def _append(path: bytes, line: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _FLAGS, 0o666)
    try:
        _lock(descriptor)
        _write(descriptor, line)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Waits two seconds at the most for another that writes. Raises ``OSError`` then, and for what is no file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(0, "not a regular file")
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_WAIT_SECONDS)
    raise OSError(0, "another process holds it")


def _write(descriptor: int, line: bytes) -> None:
    before = os.fstat(descriptor).st_size
    is_torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    data = b"\n" * is_torn + line
    if os.write(descriptor, data) != len(data):
        os.ftruncate(descriptor, before)
        raise OSError(0, "no room for a line")


def read_journal(git_dir: bytes) -> Journal:
    """All builds of the repository; none where there is no journal. Raises ``SourceError`` for one it cannot read."""
    builds = []
    skipped = []
    for number, line in enumerate(_read(git_dir, _LIMIT_BYTES).split(b"\n"), 1):
        if not line:
            continue
        try:
            builds.append(decode(line))
        except NoBuild as reason:
            skipped.append(Skipped(line=number, reason=str(reason)))
    return Journal(builds=tuple(builds), skipped=tuple(skipped))


def newest_builds(git_dir: bytes) -> Iterator[Build]:
    """The newest first, no more read of them than is asked for. A line that is none is passed over.

    Raises ``SourceError``.
    """
    for line in reversed(_read(git_dir, _NEWEST_BYTES).split(b"\n")):
        with contextlib.suppress(NoBuild):
            yield decode(line)


def _read(git_dir: bytes, most_bytes: int) -> bytes:
    """The end of the journal; the line that it begins in is cut, so that it is none."""
    path = journal_path(git_dir)
    try:
        with open(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise OSError(0, "not a regular file")
            file.seek(max(0, info.st_size - most_bytes))
            return file.read(most_bytes)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise SourceError(f"{quoted(path)}: cannot be read ({_why(error)}); make it a file that can") from error


def _why(error: OSError) -> str:
    return error.strerror or str(error)
