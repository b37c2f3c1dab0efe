"""The one place that writes a report, and the lines for people on stderr."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from slugtrim.cli.targets import find_target, write_target
from slugtrim.errors import UsageError
from slugtrim.files import quoted


class OutputClosed(Exception):
    """Whoever read stdout has seen enough."""


SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


def append_summary(text: str) -> None:
    """Appends Markdown to the summary of a GitHub step; does nothing where the environment names no file for it.

    Raises ``UsageError`` for a file it cannot write.
    """
    target = os.environ.get(SUMMARY_VARIABLE)
    if not target:
        return
    try:
        # Never anew: other steps of the same job may have written there.
        with open(target, "ab") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        name = quoted(os.fsencode(target))
        raise UsageError(f"{SUMMARY_VARIABLE}={name}: cannot be written ({error.strerror}); unset it") from error


def write(text: str, target: str) -> None:
    """Writes a report to the file ``target``, ``-`` being stdout.

    Raises ``UsageError`` for a file it cannot write, ``OutputClosed`` when nobody reads stdout any more.
    """
    data = text.encode("utf-8", "surrogateescape")
    if target == "-":
        _print(data)
        return
    write_target(find_target(target), data)


def _print(data: bytes) -> None:
    if sys.stdout is None:
        raise UsageError("stdout: is closed; open it, or name a file with --output")
    with reported_output():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def reported_output() -> Iterator[None]:
    """Makes of an error in writing to stdout what ``write`` raises; click writes its help there, too."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        # Python flushes once more at exit, and would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            raise OutputClosed from None
        raise UsageError(f"stdout: cannot be written ({error.strerror}); make room, or use --output") from error


def say(text: str) -> None:
    """A line on stderr, or each of several, if there is a stderr. One that is indented belongs to the one before."""
    if sys.stderr is not None:
        lines = "".join(f"{'' if line.startswith('  ') else 'slugtrim: '}{line}\n" for line in text.split("\n"))
        sys.stderr.buffer.write(lines.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()


def say_bug() -> None:
    """The traceback of what is being handled, and what to do with it."""
    import traceback

    traceback.print_exc()
    say("this is a bug in slugtrim; please report it with the lines above")


def tell(text: str) -> None:
    """A report for people on stderr, if there is one: whoever reads the stdout of ``git push`` asks for git's own."""
    if sys.stderr is not None:
        sys.stderr.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()
