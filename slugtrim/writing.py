"""Putting a whole new file in place of one, and files that have no name.

The new file is complete and on the disk under another name before it takes the place of the old one. A reader, a full
disk or a kill at any point sees the old file or the new one, and the other name is one that git never adds.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.interrupts import Interrupts

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ENTER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""``O_PATH`` also opens a directory that may be entered but not listed."""
_GIT = b".git"


def replace_file(path: bytes, content: bytes) -> None:
    """Replace the file at ``path``, or make it. Keep its mode and, where permitted, its owner.

    Raises ``OSError``, and the old file is as it was then.
    """
    with prepared(path, content) as put:
        put()


@contextmanager
def prepared(path: bytes, content: bytes, *, mode: int | None = None) -> Iterator[Callable[[], None]]:
    """Write the new file under another name, and yield the function that puts it in its place.

    ``mode``, less the umask, is for a file that does not keep the mode of the old one. Raises ``OSError``.
    """
    directory = open_directory(os.path.dirname(path) or b".")
    try:
        with prepared_in(directory, os.path.basename(path), content, mode=mode) as put:
            yield put
    finally:
        os.close(directory)


@contextmanager
def prepared_in(
    directory: int, name: bytes, content: bytes, *, mode: int | None = None
) -> Iterator[Callable[[], None]]:
    """Do the same for the file ``name`` of a directory that is open already."""
    with _scratch_file(directory, 0o666 if mode is None else mode) as (place, scratch, descriptor):
        _write(descriptor, content)
        if mode is None:
            _keep_owner_and_mode(directory, name, descriptor)
        os.fsync(descriptor)

        def put() -> None:
            os.rename(scratch, name, src_dir_fd=place, dst_dir_fd=directory)
            _sync(directory)

        yield put


@contextmanager
def temporary_file(pieces: Iterable[bytes]) -> Iterator[BinaryIO]:
    """Write ``pieces`` to a file without a name, to be read from its start.

    Raises ``SourceError`` that names the directory of temporary files when it has no room.
    """
    quick = _nameless_file(pieces) if isinstance(pieces, list) else None  # what can be gone through twice
    if quick is not None:
        with quick:
            yield quick
        return
    import tempfile  # 10 ms that most systems do without

    with ExitStack() as stack:
        try:
            with Interrupts():  # some systems give the file a name first, and remove it at once
                file = stack.enter_context(tempfile.TemporaryFile())
        except OSError as error:
            raise _no_room(tempfile.tempdir, error) from error
        for piece in pieces:
            try:
                _write(file.fileno(), piece)
            except OSError as error:
                raise _no_room(tempfile.tempdir, error) from error
        file.seek(0)
        yield file


def _nameless_file(pieces: list[bytes]) -> BinaryIO | None:
    """Make such a file as Linux can, in the first place where ``tempfile`` looks; None if it has to look further."""
    directory = next(filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))), "/tmp")  # noqa: S108
    with ExitStack() as stack:
        try:
            descriptor = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)
            file = stack.enter_context(open(descriptor, "w+b", buffering=0))
            for piece in pieces:
                _write(file.fileno(), piece)
            file.seek(0)
        except (AttributeError, OSError):
            return None
        stack.pop_all()
        return file


def _no_room(directory: str | None, error: OSError) -> SourceError:
    where = quoted(os.fsencode(directory)) if directory is not None else "TMPDIR"
    return SourceError(f"{where}: a temporary file cannot be written ({error.strerror}); make room, or set TMPDIR")


def open_directory(path: bytes, *, below: int | None = None, follow: bool = True) -> int:
    """Open a directory to work in; ``below`` is an open one that ``path`` starts from. Raises ``OSError``."""
    return os.open(path, _ENTER | (0 if follow else os.O_NOFOLLOW), dir_fd=below)


@contextmanager
def _scratch_file(directory: int, mode: int) -> Iterator[tuple[int, bytes, int]]:
    """Make a file that can be renamed into ``directory``. Yield its own directory, its name, and the file, open.

    It lies in the nearest ``.git`` above, else in a ``.git`` of its own: git adds nothing from such a directory.
    """
    name = b"slugtrim-" + os.urandom(8).hex().encode()
    hidden = b"." + name
    place = descriptor = -1
    try:
        place = _git_directory(directory, name, hidden)
        if place < 0:
            os.mkdir(hidden, 0o700, dir_fd=directory)
            os.mkdir(os.path.join(hidden, _GIT), 0o700, dir_fd=directory)
            place = open_directory(os.path.join(hidden, _GIT), below=directory, follow=False)
        descriptor = os.open(name, _NEW, mode, dir_fd=place)
        yield place, name, descriptor
    finally:
        # By name: a signal may arrive between a call that makes something and the next line.
        with suppress(OSError):
            os.unlink(name, dir_fd=place if place >= 0 else None)
        for made in (os.path.join(hidden, _GIT), hidden):
            with suppress(OSError):
                os.rmdir(made, dir_fd=directory)
        for opened in (descriptor, place):
            if opened >= 0:
                os.close(opened)


def _git_directory(directory: int, name: bytes, hidden: bytes) -> int:
    """Open the nearest ``.git`` directory above from which a rename into ``directory`` works; -1 if missing.

    Renaming an empty directory tells: the ``.git`` may be read-only, on another file system, or mounted apart.
    """
    found = _nearest_git_directory(directory)
    if found < 0:
        return -1
    try:
        os.mkdir(name, 0o700, dir_fd=found)
        os.rename(name, hidden, src_dir_fd=found, dst_dir_fd=directory)
        os.rmdir(hidden, dir_fd=directory)
        return os.dup(found)
    except OSError:
        return -1
    finally:
        with suppress(OSError):
            os.rmdir(name, dir_fd=found)
        os.close(found)


def _nearest_git_directory(directory: int) -> int:
    at = os.dup(directory)
    try:
        while True:
            with suppress(OSError):
                return open_directory(_GIT, below=at, follow=False)
            here = os.fstat(at)
            above = open_directory(b"..", below=at)
            os.close(at)
            at = above
            if os.path.samestat(here, os.fstat(at)):
                return -1
    except OSError:
        return -1
    finally:
        os.close(at)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _keep_owner_and_mode(directory: int, name: bytes, descriptor: int) -> None:
    with suppress(FileNotFoundError):
        info = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode):
            return
        if (info.st_uid, info.st_gid) != (os.geteuid(), os.getegid()):
            with suppress(PermissionError):
                os.fchown(descriptor, info.st_uid, info.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(info.st_mode))


def _sync(directory: int) -> None:
    """Bring the new name to the disk as well. Some file systems cannot; the content is there all the same."""
    with suppress(OSError):
        descriptor = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
