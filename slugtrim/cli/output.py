"""Write reports to their targets, and lines for people to stderr."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from slugtrim.errors import UsageError
from slugtrim.files import printable, quoted
from slugtrim.sizer import Progress
from slugtrim.writing import open_directory, prepared_in

if TYPE_CHECKING:
    from slugtrim.cli.asked import OutputOptions

_MAX_LINKS = 40
"""The limit of Linux."""
_DEVICES = (b"/dev", b"/proc")


class OutputTarget(Struct, frozen=True, kw_only=True):
    """A file to write, with no symlink left in its path."""

    shown: str
    """As the user named it."""
    path: bytes
    repository: bytes | None
    """The top of the outermost work tree that it is in; None outside any."""
    is_descriptor: bool
    """True for an open file of this process, such as ``/dev/stdout``, which has no other path."""


def find_target(name: str) -> OutputTarget:
    """Find the file that ``name`` means from the current directory.

    Raises ``UsageError`` for a symlink inside a repository, and for a directory that is not there.
    """
    shown = quoted(os.fsencode(name))
    try:
        return _resolved(os.fsencode(name), shown)
    except OSError as error:
        raise _cannot(shown, error) from error


def write_target(target: OutputTarget, data: bytes) -> None:
    """Replace the file as a whole, or leave it unchanged. Write directly to anything but a regular file.

    Raise ``UsageError``.
    """
    try:
        if target.is_descriptor:
            with open(target.path, "wb") as file:
                file.write(data)
            return
        directory = _open_parent(target)
        try:
            _write_in(directory, os.path.basename(target.path), data)
        finally:
            os.close(directory)
    except OSError as error:
        raise _cannot(target.shown, error) from error


def _cannot(shown: str, error: OSError) -> UsageError:
    return UsageError(f"{shown}: cannot be written ({error.strerror}); name a writable file")


def _resolved(name: bytes, shown: str) -> OutputTarget:
    if not os.path.basename(name):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    pending = os.path.join(os.getcwdb(), name).split(b"/")[::-1]
    at, links = b"/", 0
    while pending:
        part = pending.pop()
        if part in (b"", b".", b".."):
            at = os.path.dirname(at) if part == b".." else at
            continue
        path = os.path.join(at, part)
        if os.path.basename(at) == b"fd" and at.startswith(_DEVICES):
            return OutputTarget(shown=shown, path=path, repository=None, is_descriptor=True)
        try:
            is_link = stat.S_ISLNK(os.lstat(path).st_mode)
        except FileNotFoundError:
            if pending:
                raise
            is_link = False
        if not is_link:
            at = path
            continue
        if not at.startswith(_DEVICES) and _repository(at) is not None:
            raise UsageError(f"{_through(path, name, shown)}, so no report is written through it; name another file")
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        _check_followable(path)
        target = os.readlink(path)
        at = b"/" if target.startswith(b"/") else at
        pending += target.split(b"/")[::-1]
    return OutputTarget(shown=shown, path=at, repository=_repository(os.path.dirname(at)), is_descriptor=False)


def _through(path: bytes, name: bytes, shown: str) -> str:
    if path == os.path.join(os.getcwdb(), name):
        return f"{shown}: is a symlink inside a repository"
    return f"{shown}: {quoted(path)} is a symlink inside a repository"


def _repository(directory: bytes) -> bytes | None:
    """Return the outermost directory from here up that has a ``.git``."""
    found = None
    while True:
        if os.path.lexists(os.path.join(directory, b".git")):
            found = directory
        if directory == b"/":
            return found
        directory = os.path.dirname(directory)


def _check_followable(link: bytes) -> None:
    """Raise ``OSError`` for a link that the kernel does not follow, such as another user's in ``/tmp``."""
    with suppress(FileNotFoundError):  # the target may be the file to create
        os.stat(link)


def _open_parent(target: OutputTarget) -> int:
    """Open the directory. Inside a repository, follow no link that appeared meanwhile."""
    parent = os.path.dirname(target.path)
    directory = open_directory(target.repository or parent)
    if target.repository is None:
        return directory
    for part in filter(None, parent[len(target.repository) :].split(b"/")):
        try:
            below = open_directory(part, below=directory, follow=False)
        finally:
            os.close(directory)
        directory = below
    return directory


def _write_in(directory: int, name: bytes, data: bytes) -> None:
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if stat.S_ISREG(mode):
        with prepared_in(directory, name, data) as put:
            put()
        return
    # A pipe, a terminal, a device that the user named. A link that appeared meanwhile is refused.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
    with open(os.open(name, flags, 0o666, dir_fd=directory), "wb") as file:
        file.write(data)


class OutputClosed(Exception):
    """The reader of stdout has closed it."""


SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


def _append_summary(text: str) -> None:
    """Append Markdown to the summary of a GitHub step; do nothing outside GitHub.

    Raise ``UsageError`` if the file can't be written.
    """
    target = os.environ.get(SUMMARY_VARIABLE)
    if not target:
        return
    try:
        # Append, since other steps of the job may have written there.
        with open(target, "ab") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        name = quoted(os.fsencode(target))
        raise UsageError(f"{SUMMARY_VARIABLE}={name}: cannot be written ({error.strerror}); unset it") from error


def write(text: str, target: str) -> None:
    """Write a report to the file ``target``; ``-`` is stdout.

    Raise ``UsageError`` if the file can't be written, ``OutputClosed`` if stdout was closed.
    """
    data = text.encode("utf-8", "surrogateescape")
    if target == "-":
        _print(data)
        return
    write_target(find_target(target), data)


def write_reports(command: str, record: object, options: OutputOptions, **told: object) -> None:
    """Write the report on the record of a command to each of the targets. Raise as ``write`` does.

    Append the page that a platform shows above the log of a step, if one of the formats is for such a platform.
    """
    from slugtrim.reports.formats import has_summary, render, render_summary

    for name, target in options.targets:
        write(render(command, name, record, style=options.style(target), **told), target)
    if has_summary(name for name, _ in options.targets):
        _append_summary(render_summary(command, record))


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
    """Write a line to stderr, or each of several, if there is a stderr."""
    tell(said(text))


def said(text: str) -> str:
    """Return lines as stderr gets them. An indented line continues the one before."""
    lines = printable(text).split("\n")
    return "".join(f"{'' if line.startswith('  ') else 'slugtrim: '}{line}\n" for line in lines)


def say_bug() -> None:
    """Print the current traceback, and how to report it."""
    import traceback

    tell(printable(traceback.format_exc()))
    say("this is a bug in slugtrim; please report it with the traceback above")


def tell(text: str) -> None:
    """Write to stderr if that is possible. Ignore errors, since the exit code has the result.

    People read it. Programs that read the stdout of ``git push`` expect only git's output there.
    """
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Redirect a stream to nowhere: otherwise Python writes the rest at exit, and exits with 1 or 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


_PATIENCE_SECONDS = 0.5
_BETWEEN_SECONDS = 0.1


class ProgressLine(Progress):
    """Shows progress on one line, within a ``with`` statement that erases it."""

    def __init__(self, *, shown: bool | None) -> None:
        """``shown`` is None to show it only in a terminal."""
        self._shown = shown if shown is not None else sys.stderr is not None and sys.stderr.isatty()
        self._next_seconds = time.monotonic() + _PATIENCE_SECONDS
        self._width = 0
        self._files = self._size_bytes = 0
        self._all_files = self._all_bytes = 0

    @property
    def is_shown(self) -> bool:
        """Return True if there is a line to show it on."""
        return self._shown

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def wipe(self) -> None:
        """Erase the line."""
        if self._width:
            tell("\r" + " " * self._width + "\r")
            self._width = 0

    def expect(self, files: int, size_bytes: int) -> None:
        self._all_files += files
        self._all_bytes += size_bytes

    def advance(self, files: int, size_bytes: int) -> None:
        self._files += files
        self._size_bytes += size_bytes
        self.show(self._files_done)

    def _files_done(self) -> str:
        from slugtrim.reports.text import size

        files_done = f"{self._files:,} of {self._all_files:,} files"
        return f"measured {files_done}, {size(self._size_bytes)} of {size(self._all_bytes)}"

    def show(self, words: Callable[[], str]) -> None:
        """Show how far it is, unless that was shown just now."""
        now = time.monotonic()
        if not self._shown or now < self._next_seconds:
            return
        self._next_seconds = now + _BETWEEN_SECONDS
        line = f"slugtrim: {words()}"
        tell("\r" + line.ljust(self._width))
        self._width = max(self._width, len(line))
