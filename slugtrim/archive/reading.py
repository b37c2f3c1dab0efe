"""One pass over an archive."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from slugtrim.archive.contents import PassedContents
from slugtrim.archive.entries import Entries
from slugtrim.archive.hashing import passed
from slugtrim.archive.input import STDIN, Input, open_file
from slugtrim.archive.limits import DEFAULT, Limits
from slugtrim.archive.members import Member, SlugTar
from slugtrim.archive.names import APP
from slugtrim.archive.record import Anomaly, AnomalyKind, ContentLook, Format, Packed
from slugtrim.archive.stream import Stream
from slugtrim.errors import SlugError
from slugtrim.files import File, Source, SourceKind, Tree

_SMALL_BYTES = 1 << 16
_ZEROS = bytes(1 << 16)


def open_slug(path: str, *, limits: Limits = DEFAULT, looks: Sequence[ContentLook] = ()) -> Packed:
    """What is in the slug at ``path``: a gzip or tar file, ``-`` for stdin, or a directory.

    Raises ``SlugError`` for what is no slug, damaged or beyond a limit, ``SourceError`` for a directory it cannot read.
    """
    if path != STDIN and os.path.isdir(path):
        from slugtrim.archive.directory import open_directory  # an archive does without

        return open_directory(os.fsencode(path), looks, limits)
    with open_file(path) as (file, shown):
        source = Input(file, shown, limits)
        entries = read_entries(source, partial(_blob, looks=looks))
        return _packed(os.fsencode(path), source, entries)


def read_entries(source: Input, read: Callable[[SlugTar, Member, File], bytes] | None = None) -> Entries:
    """All entries of an archive, whose stream has then been read to its end. Raises ``SlugError``.

    ``read`` is called for every regular file and returns its blob id; without it nothing is done with contents.
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
        raise SlugError(f"{source.shown}: is an archive of nothing; name a slug")
    follows = _has_data(stream) or source.has_trailing_data
    entries.structure_bytes += stream.compressed_position() - position
    entries.close(has_end=tar.has_end, follows=follows)
    return entries


def opened_tar(source: Input) -> SlugTar:
    """The archive in a slug. Raises ``SlugError`` if there is none."""
    try:
        return SlugTar(source.stream, source.bounds)
    except tarfile.ReadError:
        raise source.no_archive() from None


def _blob(tar: SlugTar, member: Member, file: File, looks: Sequence[ContentLook]) -> bytes:
    return passed(file, _content(tar, member), looks)


def _content(tar: SlugTar, member: Member) -> Iterable[bytes]:
    """The content of a file in pieces. Raises ``SlugError`` if it is not all there."""
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
    """Whether anything but zeros is left. All of it is read, so that a gzip stream is checked to its end."""
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
    """What stands in front of every path, as the archive writes it."""
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
