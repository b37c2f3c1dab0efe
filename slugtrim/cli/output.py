"""The one place that writes a report, and the lines for people on stderr."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

from slugtrim.cli.targets import find_target, write_target
from slugtrim.errors import UsageError
from slugtrim.files import printable, quoted


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
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise _stdout_failed(error) from error


def _stdout_failed(error: OSError) -> Exception:
    _give_up(sys.stdout)
    if error.errno == errno.EPIPE:
        return OutputClosed()
    return UsageError(f"stdout: cannot be written ({error.strerror}); make room, or use --output")


def say(text: str) -> None:
    """A line on stderr, or each of several, if there is a stderr. One that is indented belongs to the one before."""
    lines = printable(text).split("\n")
    tell("".join(f"{'' if line.startswith('  ') else 'slugtrim: '}{line}\n" for line in lines))


def say_bug() -> None:
    """The traceback of what is being handled, and what to do with it."""
    import traceback

    tell(printable(traceback.format_exc()))
    say("this is a bug in slugtrim; please report it with the lines above")


def tell(text: str) -> None:
    """Write to stderr, if there is one that takes it: the exit code says what it says either way.

    People read it. Whoever reads the stdout of ``git push`` asks for git's own.
    """
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Let what is left of an output go nowhere: Python writes it once more at exit, and would exit with 1 or 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
