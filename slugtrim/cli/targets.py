"""Where a report goes, and how it gets there.

A recipe of a CI runs on the repositories of strangers: a symlink in one is never written through, neither the file
itself nor a directory on the way to it. Symlinks outside any repository are the user's own.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from msgspec import Struct

from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.writing import open_directory, prepared_in

_MAX_LINKS = 40
"""As many as Linux follows."""
_DEVICES = (b"/dev", b"/proc")


class OutputTarget(Struct, frozen=True, kw_only=True):
    """A file to write, with no symlink left in its path."""

    shown: str
    """As the user named it."""
    path: bytes
    repository: bytes | None
    """The top of the outermost work tree that it is in; None outside any."""
    is_descriptor: bool
    """An open file of this process, as ``/dev/stdout`` is: only its name leads there."""


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
    """Write the whole file, or leave the old one as it is. What is not a regular file is written straight to.

    Raises ``UsageError``.
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
    return UsageError(f"{shown}: cannot be written ({error.strerror}); name a file that can")


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
            raise UsageError(f"{_through(path, name, shown)}, and no report is written through it; name another file")
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
    """Raise ``OSError`` for a link that the kernel does not follow, as one of somebody else in ``/tmp``."""
    with suppress(FileNotFoundError):  # it may lead to the file that is to be made
        os.stat(link)


def _open_parent(target: OutputTarget) -> int:
    """Open the directory. Inside a repository nothing that has become a symlink since is followed."""
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
    # A pipe, a terminal, a device that the user named; a link that has come meanwhile is refused.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
    with open(os.open(name, flags, 0o666, dir_fd=directory), "wb") as file:
        file.write(data)
