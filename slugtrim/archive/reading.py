"""Read an archive, or a directory with its contents, in one pass."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from msgspec.structs import replace

from slugtrim.archive.entries import APP, Anomaly, AnomalyKind, ContentLook, Entries, Format, Packed, blob_id, passed
from slugtrim.archive.limits import DEFAULT, Bounds, Limits
from slugtrim.archive.members import Member, SlugTar
from slugtrim.archive.stream import MAGIC, START_BYTES, GzipFile, Step, Stream, recognized
from slugtrim.errors import SlugError
from slugtrim.files import SYMLINK, File, Reader, Source, SourceKind, Tree, Unreadable, quoted
from slugtrim.platforms import PLATFORM
from slugtrim.sizer import Sizer
from slugtrim.sources.directory import walk_directory

_PASSED = "an archive is read once, and its contents are not kept"


class PassedContents:
    """Contents that have passed, and can't be read again."""

    def open(self) -> PassedReader:
        """Return a reader that can read nothing."""
        return PassedReader()

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """Return nothing, since git does not store these files."""
        return {}


class PassedReader:
    """Reports every file as passed."""

    def __init__(self) -> None:
        self.unreadable: list[Unreadable] = []

    def __enter__(self) -> PassedReader:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield None for each file."""
        for file in files:
            self._miss(file)
            yield None

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield nothing."""
        self._miss(file)
        yield from ()

    def _miss(self, file: File) -> None:
        self.unreadable.append(Unreadable(path=file.path, reason=_PASSED))


STDIN = "-"
_NAME_ONE = "name a slug (.tgz, .tar.gz, .tar) or a directory"


class Input:
    """The archive in ``file``, which is read forward only. ``shown`` is its name in messages."""

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
        """Return whether it is gzip or a plain archive."""
        return Format.TAR if self._gzip is None else Format.GZIP

    @property
    def has_trailing_data(self) -> bool:
        """Return True if data follows the gzip stream. Known at its end."""
        return self._gzip is not None and self._gzip.has_trailing_data

    def read(self, size: int, /) -> bytes:
        """Return the next bytes of the file, including those already examined. Raise ``SlugError``."""
        start, self._start = self._start, b""
        try:
            data = self._file.read(size - len(start))
        except OSError as error:
            raise SlugError(f"{self.shown}: cannot be read ({error.strerror}); fix that, or fetch it again") from error
        self._read_bytes += len(data)
        return start + data

    def _steps(self) -> Iterator[Step]:
        if self._gzip is not None:
            return self._gzip.steps()
        from slugtrim.archive.stream import predicted  # not needed for compressed archives

        return predicted(self)

    def no_archive(self) -> SlugError:
        """Return the error for a stream that does not begin as an archive."""
        start = self.stream.start
        inside = "" if self._gzip is None else "inside gzip "
        known = recognized(start)
        if known is not None:
            what, remedy = known
            return SlugError(f"{self.shown}: {inside}is {what}; {remedy}")
        if self._gzip is not None:
            return SlugError(f"{self.shown}: is compressed with gzip, but holds no tar archive; {_NAME_ONE}")
        return SlugError(f"{self.shown}: is neither a tar archive nor compressed with gzip; {_NAME_ONE}")


@contextmanager
def open_file(path: str) -> Iterator[tuple[BinaryIO, str]]:
    """Yield the file at ``path`` (``-`` is stdin) and its name in messages. Raise ``SlugError``."""
    if path == STDIN and (sys.stdin is None or sys.stdin.isatty()):
        raise SlugError("stdin: is a terminal or closed; pipe a slug into it, or name its file")
    shown = "stdin" if path == STDIN else quoted(os.fsencode(path))
    with _open(path, shown) as file:
        yield file, shown


def _open(path: str, shown: str) -> BinaryIO:
    try:
        return open(0, "rb", closefd=False) if path == STDIN else open(path, "rb")
    except (FileNotFoundError, ValueError) as error:  # a name with a NUL
        raise SlugError(f"{shown}: does not exist; {_NAME_ONE}") from error
    except OSError as error:
        raise SlugError(f"{shown}: cannot be read ({error.strerror}); {_NAME_ONE}") from error


_PIECE_BYTES = 1 << 20


def open_directory(path: bytes, looks: Sequence[ContentLook], limits: Limits) -> Packed:
    """Return the slug below ``path``. Raise ``SourceError`` if it can't be read or has too many entries."""
    root = APP if _is_app_alone(path) else b""
    tree = walk_directory(os.path.realpath(path), root.removesuffix(b"/"), limits.entries)
    with tree.contents.open() as reader:
        files = tuple(_named(file, tree, reader, root, looks) for file in tree.files)
        unreadable = (*tree.unreadable, *reader.unreadable)
    sizing = Sizer(tree.contents).measure(files)
    directories = sum(1 for _ in _directories(files))
    return Packed(
        tree=replace(tree, files=files, unreadable=unreadable),
        root=root,
        format=Format.DIRECTORY,
        compressed_bytes=sizing.compressed_bytes,
        estimated=True,
        shares=sizing.shares,
        structure_bytes=sizing.compressed_bytes - sum(sizing.shares.values()),
        hard_links={},
        directories=directories,
        entries=len(files) + directories,
        listed_bytes=sum(file.size_bytes for file in files if file.mode != SYMLINK),
        anomalies=(),
    )


def _is_app_alone(path: bytes) -> bool:
    try:
        with os.scandir(path) as entries:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries] == [(PLATFORM.root, True)]
    except OSError:
        return False  # the walk reports it


def _named(file: File, tree: Tree, reader: Reader, root: bytes, looks: Sequence[ContentLook]) -> File:
    """Return the file with the blob id of its content; without one if it can't be read."""
    if file.mode == SYMLINK:
        return file._replace(blob=blob_id(tree.links.get(file.path, b"")))
    lost = len(reader.unreadable)
    blob = passed(file._replace(path=root + file.path), reader.pieces(file, _PIECE_BYTES), looks)
    return file if len(reader.unreadable) > lost else file._replace(blob=blob)


def _directories(files: Sequence[File]) -> Iterator[bytes]:
    known = {b""}
    for file in files:
        path = file.path
        while (path := path.rpartition(b"/")[0]) not in known:
            known.add(path)
            yield path


_SMALL_BYTES = 1 << 16
_ZEROS = bytes(1 << 16)


def open_slug(path: str, *, limits: Limits = DEFAULT, looks: Sequence[ContentLook] = ()) -> Packed:
    """Return the slug at ``path``: a gzip or tar file, a directory, or ``-`` for stdin.

    Raise ``SlugError`` if it is not a slug, damaged, or beyond a limit; raise ``SourceError`` for an unreadable
    directory.
    """
    if path != STDIN and os.path.isdir(path):
        return open_directory(os.fsencode(path), looks, limits)
    with open_file(path) as (file, shown):
        source = Input(file, shown, limits)
        entries = read_entries(source, partial(_blob, looks=looks))
        return _packed(os.fsencode(path), source, entries)


def read_entries(source: Input, read: Callable[[SlugTar, Member, File], bytes] | None = None) -> Entries:
    """Return all entries of an archive, after reading its stream to the end. Raise ``SlugError``.

    ``read`` is called for every regular file and returns its blob id. Without it, contents are skipped.
    """
    stream = source.stream
    entries = Entries(source.bounds)
    tar = opened_tar(source)
    position = 0
    for member in tar:
        file = entries.add(member)
        if file is not None and read is not None:
            blob = read(tar, member, file)
            entries.files[file.path] = File(file.path, file.size_bytes, file.mode, blob)
        tar.skip_rest()
        reached = stream.compressed_position()
        entries.weigh(reached - position)
        position = reached
    if not entries.count:
        raise SlugError(f"{source.shown}: is an empty archive; name a slug")
    follows = _has_data(stream) or source.has_trailing_data
    entries.structure_bytes += stream.compressed_position() - position
    entries.close(has_end=tar.has_end, follows=follows)
    return entries


def opened_tar(source: Input) -> SlugTar:
    """Return the archive in a slug. Raise ``SlugError`` if there is none."""
    try:
        return SlugTar(source.stream, source.bounds)
    except tarfile.ReadError:
        raise source.no_archive() from None


def _blob(tar: SlugTar, member: Member, file: File, looks: Sequence[ContentLook]) -> bytes:
    return passed(file, _content(tar, member), looks)


def _content(tar: SlugTar, member: Member) -> Iterable[bytes]:
    """Yield the content of a file in pieces. Raise ``SlugError`` if some of it is missing."""
    if member.size <= _SMALL_BYTES and member.stretches is None:
        return (tar.read(member.size),) if member.size else ()
    return _pieces(tar, member)


def _pieces(tar: SlugTar, member: Member) -> Iterator[bytes]:
    stream = tar.source
    if member.stretches is None:
        yield from stream.pieces(member.size)
    else:
        at = 0
        for offset, length in (*member.stretches, (member.size, 0)):
            yield from _zeros(offset - at)
            yield from stream.pieces(length)
            at = offset + length
    if stream.tell() < member.offset_data + member.archived_bytes:
        raise tar.cut_off()


def _zeros(size: int) -> Iterator[bytes]:
    while size:
        piece = _ZEROS[:size]
        size -= len(piece)
        yield piece


def _has_data(stream: Stream) -> bool:
    """Return True if anything but zeros is left. Read to the end, so that a gzip stream is verified."""
    return sum(1 for piece in stream.pieces(sys.maxsize) if piece.count(0) < len(piece)) > 0


def _packed(path: bytes, source: Input, entries: Entries) -> Packed:
    root = _root(entries)
    below = root.lstrip(b"./")
    tree = Tree(
        source=Source(kind=SourceKind.ARCHIVE, root=path),
        files=tuple(sorted(_below(file, below) for file in entries.files.values())),
        contents=PassedContents(),
        links={link.removeprefix(below): target for link, target in entries.links.items()},
    )
    return Packed(
        tree=tree,
        root=root,
        format=source.format,
        compressed_bytes=source.stream.compressed_position(),
        estimated=source.format is not Format.GZIP,
        shares={at.removeprefix(below): share for at, share in entries.shares.items()},
        structure_bytes=entries.structure_bytes,
        hard_links={
            link.removeprefix(below): target.removeprefix(below) for link, target in entries.hard_links.items()
        },
        directories=entries.directories,
        entries=entries.count,
        listed_bytes=entries.listed_bytes,
        anomalies=_anomalies(entries, root),
    )


def _below(file: File, root: bytes) -> File:
    path, size, mode, blob = file
    return File(path.removeprefix(root), size, mode, blob)


def _root(entries: Entries) -> bytes:
    """Return the prefix of every path, as archived."""
    first = entries.first_name or b""
    is_absolute = len(entries.absolute) == entries.count
    lead = b"/" if is_absolute else b"./" if first == b"." or first.startswith(b"./") else b""
    is_below = bool(entries.files) and all(path.startswith(APP) for path in entries.files)
    return lead + APP if is_below else lead


def _anomalies(entries: Entries, root: bytes) -> tuple[Anomaly, ...]:
    if root == b"/" + APP:
        return tuple(entries.anomalies)
    absolute = (Anomaly(kind=AnomalyKind.ABSOLUTE_NAME, path=name) for name in entries.absolute)
    return (*entries.anomalies, *absolute)
