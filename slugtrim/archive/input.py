"""A slug's file, opened: which format it has, and its uncompressed stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from slugtrim.archive.bounds import Bounds
from slugtrim.archive.gunzip import MAGIC, GzipFile
from slugtrim.archive.limits import Limits
from slugtrim.archive.recognition import START_BYTES, recognized
from slugtrim.archive.record import Format
from slugtrim.archive.stream import Step, Stream
from slugtrim.errors import SlugError
from slugtrim.files import quoted

STDIN = "-"
_NAME_ONE = "name a slug (.tgz, .tar.gz, .tar) or a directory"


class Input:
    """The archive in ``file``, which is read forward only. ``shown`` is what it is called in messages."""

    def __init__(self, file: BinaryIO, shown: str, limits: Limits) -> None:
        self.shown = shown
        self._file = file
        self._start = b""
        self._read_bytes = 0
        self._start = self.read(START_BYTES)
        if not self._start:
            raise SlugError(f"{shown}: is empty; {_NAME_ONE}")
        self._gzip = GzipFile(self, shown) if self._start.startswith(MAGIC) else None
        self.bounds = Bounds(shown, limits, lambda: self._read_bytes)
        self.stream = Stream(self._steps(), shown, limits)

    @property
    def format(self) -> Format:
        """Gzip, or a plain archive."""
        return Format.TAR if self._gzip is None else Format.GZIP

    @property
    def has_trailing_data(self) -> bool:
        """Whether something follows a gzip stream; known when it has been read to its end."""
        return self._gzip is not None and self._gzip.has_trailing_data

    def read(self, size: int, /) -> bytes:
        """The next bytes of the file, the first ones again. Raises ``SlugError``."""
        start, self._start = self._start, b""
        try:
            data = self._file.read(size - len(start))
        except OSError as error:
            raise SlugError(f"{self.shown}: cannot be read ({error.strerror}); mend that, or fetch it again") from error
        self._read_bytes += len(data)
        return start + data

    def _steps(self) -> Iterator[Step]:
        if self._gzip is not None:
            return self._gzip.steps()
        from slugtrim.archive.predicted import predicted  # an archive that is compressed already does without

        return predicted(self)

    def no_archive(self) -> SlugError:
        """What to say when the stream does not begin as an archive does."""
        start = self.stream.start
        inside = "" if self._gzip is None else "inside gzip "
        known = recognized(start)
        if known is not None:
            what, remedy = known
            return SlugError(f"{self.shown}: {inside}is {what}; {remedy}")
        if self._gzip is not None:
            return SlugError(f"{self.shown}: is compressed with gzip, but no tar archive is in it; {_NAME_ONE}")
        return SlugError(f"{self.shown}: is neither a tar archive nor compressed with gzip; {_NAME_ONE}")


@contextmanager
def open_file(path: str) -> Iterator[tuple[BinaryIO, str]]:
    """The file at ``path``, ``-`` for stdin, and what it is called in messages. Raises ``SlugError``."""
    if path == STDIN and (sys.stdin is None or sys.stdin.isatty()):
        raise SlugError("stdin: is a terminal or closed; pipe a slug into it, or name its file")
    shown = "stdin" if path == STDIN else quoted(os.fsencode(path))
    with _open(path, shown) as file:
        yield file, shown


def _open(path: str, shown: str) -> BinaryIO:
    try:
        return open(0, "rb", closefd=False) if path == STDIN else open(path, "rb")
    except (FileNotFoundError, ValueError) as error:  # a name with a NUL is no name
        raise SlugError(f"{shown}: does not exist; {_NAME_ONE}") from error
    except OSError as error:
        raise SlugError(f"{shown}: cannot be read ({error.strerror}); {_NAME_ONE}") from error
