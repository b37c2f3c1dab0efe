"""A directory in which a slug lies unpacked: its compressed size is predicted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from slugtrim.archive.hashing import blob_id, passed
from slugtrim.archive.limits import Limits
from slugtrim.archive.names import APP
from slugtrim.archive.record import ContentLook, Format, Packed
from slugtrim.files import SYMLINK, File, Reader, Tree
from slugtrim.platforms import PLATFORM
from slugtrim.sizer import Sizer
from slugtrim.sources.directory import walk_directory

_PIECE_BYTES = 1 << 20


def open_directory(path: bytes, looks: Sequence[ContentLook], limits: Limits) -> Packed:
    """The slug that lies below ``path``. Raises ``SourceError`` when it cannot be read, or has too many entries."""
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
        return False  # whoever walks it says so


def _named(file: File, tree: Tree, reader: Reader, root: bytes, looks: Sequence[ContentLook]) -> File:
    """The file with the id git's blob of its content would have; without one if it cannot be read."""
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
