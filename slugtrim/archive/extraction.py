"""Unpack a slug after all of it was checked."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from slugtrim.archive.entries import Anomaly, AnomalyKind, Extraction, is_in_place, normal
from slugtrim.archive.limits import DEFAULT, Limits, beyond
from slugtrim.archive.reading import Input, open_file, opened_tar, read_entries
from slugtrim.errors import SlugError, UsageError
from slugtrim.files import quoted
from slugtrim.interrupts import Interrupts
from slugtrim.units import format_size
from slugtrim.writing import temporary_file

_PIECE_BYTES = 1 << 20
_LONGEST = 300
"""Characters of a name in a message."""

_REFUSED = {
    AnomalyKind.DOT_DOT_NAME: "its name climbs out of its directory",
    AnomalyKind.NO_NAME: "it has no name",
    AnomalyKind.NAME_TOO_LONG: "its name is too long",
    AnomalyKind.NAME_WITH_NUL: "its name holds a NUL byte",
    AnomalyKind.LINK_OUT: "it leads out of the archive",
    AnomalyKind.LINK_WITHOUT_TARGET: "it is a link that leads nowhere",
    AnomalyKind.HARD_LINK_TO_NOTHING: "it is a hard link to a missing file",
    AnomalyKind.PATH_THROUGH_LINK: "it is a link, and others would be written through it",
    AnomalyKind.PATH_THROUGH_FILE: "it is a file, and others would be written below it",
    AnomalyKind.DEVICE: "it is a device",
    AnomalyKind.FIFO: "it is a FIFO",
    AnomalyKind.UNKNOWN_TYPE: "its type is unknown",
}
"""Anomalies that prevent unpacking. Others are harmless: set-id bits and leading slashes are dropped."""


def extract_slug(path: str, destination: str, *, limits: Limits = DEFAULT) -> Extraction:
    """Unpack the slug at ``path`` into ``destination``, an empty or new directory. ``-`` is stdin.

    Check every entry first. Raise ``SlugError`` if the slug is damaged, unsafe or beyond a limit, or a file can't be
    written; then nothing is left behind. Raise ``UsageError`` for an unsuitable destination.
    """
    shown = quoted(os.fsencode(destination))
    if os.path.isdir(path):
        raise UsageError(f"--extract: {quoted(os.fsencode(path))} is a directory already; name the file of a slug")
    _check_destination(destination, shown)
    with open_file(path) as (file, name), _seekable(file, name, limits) as slug:
        entries = read_entries(Input(slug, name, limits))
        _refuse(entries.anomalies, name)
        slug.seek(0)
        with Interrupts() as interrupts, _removed_if_not_whole(destination, shown):
            checked = cast("BinaryIO", _Checked(slug, interrupts.check))
            done = _unpack(Input(checked, name, limits), os.path.realpath(destination))
            interrupts.check()
            return done


class _Checked:
    """A file that calls ``check``, which may raise, before each read."""

    def __init__(self, file: BinaryIO, check: Callable[[], None]) -> None:
        self._file = file
        self._check = check

    def read(self, size: int) -> bytes:
        self._check()
        return self._file.read(size)


def _check_destination(destination: str, shown: str) -> None:
    if not os.path.lexists(destination):
        return
    if not os.path.isdir(destination):
        raise UsageError(f"--extract {shown}: is not a directory; name a new or an empty one")
    if os.listdir(destination):
        raise UsageError(f"--extract {shown}: is not empty; name a new or an empty directory")


@contextmanager
def _seekable(file: BinaryIO, name: str, limits: Limits) -> Iterator[BinaryIO]:
    """Yield the file, or a copy of it if it can't seek."""
    if file.seekable():
        yield file
        return
    with temporary_file(_pieces(file, name, limits)) as copy:
        yield copy


def _pieces(file: BinaryIO, name: str, limits: Limits) -> Iterator[bytes]:
    size_bytes = 0
    while data := file.read(_PIECE_BYTES):
        size_bytes += len(data)
        if size_bytes > limits.unpacked_bytes:
            raise beyond(name, f"is larger than {format_size(limits.unpacked_bytes)}", "unpacked=SIZE")
        yield data


def _refuse(anomalies: list[Anomaly], name: str) -> None:
    for anomaly in anomalies:
        why = _REFUSED.get(anomaly.kind)
        if why is not None:
            detail = f" ({_shown(anomaly.detail)})" if anomaly.detail is not None else ""
            raise SlugError(f"{name}: {_shown(anomaly.path)}: {why}{detail}; nothing was written")


def _shown(path: bytes) -> str:
    return quoted(path if len(path) <= _LONGEST else path[:_LONGEST] + b"...")


@contextmanager
def _removed_if_not_whole(destination: str, shown: str) -> Iterator[None]:
    """Make the directory, and remove what was written into it if an error occurs."""
    is_new = not os.path.isdir(destination)
    if is_new:
        try:
            os.mkdir(destination)
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"--extract {shown}: cannot be made ({why}); name a directory that can") from error
    try:
        yield
    except BaseException as error:
        _remove(destination, itself=is_new)
        if isinstance(error, OSError | tarfile.TarError):
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise SlugError(
                f"--extract {shown}: cannot be written ({why}); nothing was left; make room or name another place"
            ) from error
        raise


def _remove(directory: str, *, itself: bool) -> None:
    if itself:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for entry in list(os.scandir(directory)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _unpack(source: Input, root: str) -> Extraction:
    files = written_bytes = 0
    skipped: dict[bytes, bytes] = {}
    tar = opened_tar(source)
    for member in tar:
        path = normal(member.path_bytes)
        if (member.issym() and is_in_place(member.target_bytes)) or (
            member.islnk() and normal(member.target_bytes) in skipped
        ):
            skipped[path] = member.target_bytes
        elif path:
            member.rename(path)
            if member.islnk():
                member.linkname = os.fsdecode(normal(member.target_bytes))
            tar.unpack(member, root)
            files += not member.isdir()
            written_bytes += member.size if member.is_file else 0
    return Extraction(files=files, written_bytes=written_bytes, skipped=skipped)
