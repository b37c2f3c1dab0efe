"""What anatomy wants to see of contents while a slug is read: asked for beforehand, kept small."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from slugtrim.anatomy.documents import (
    Composed,
    Manifest,
    Metadata,
    read_composer,
    read_hidden_lock,
    read_lines,
    read_manifest,
    read_metadata,
    read_record,
)
from slugtrim.anatomy.elf import ElfLook
from slugtrim.anatomy.names import node_package_directory
from slugtrim.archive.record import Feed
from slugtrim.files import EXECUTABLE, File, Note
from slugtrim.platforms import PLATFORM

T = TypeVar("T")

_DOCUMENT_BYTES = 1 << 20
_LIST_BYTES = 8 << 20
"""Lock files and lists of files: the largest real ones have four megabytes."""
_ALL_BYTES = 128 << 20
"""So much is looked into altogether: what is made of it stays in memory."""
_STRIPPED_LEAST_BYTES = 16 << 10
_METADATA = (b".dist-info", b".egg-info", b".egg/EGG-INFO")
_SHARED_OBJECT = re.compile(rb"\.so(?:\.[0-9.]+)?$|\.node$")


class Seen(Struct, frozen=True, kw_only=True):
    """What was seen, by paths in the slug."""

    manifests: Mapping[bytes, Manifest]
    """Directory to the ``package.json`` in it: of packages, and of what the application has outside them."""
    development: Mapping[bytes, frozenset[bytes]]
    """Directory that holds ``node_modules`` to the packages' directories that npm marks as for development."""
    distributions: Mapping[bytes, Metadata]
    """``*.dist-info`` or ``*.egg-info``, a directory or file, to what it says."""
    records: Mapping[bytes, tuple[str, ...]]
    """The same to the paths of its files: from the directory it is in, with ``egg-info`` from itself."""
    top_levels: Mapping[bytes, tuple[str, ...]]
    """The same to the names that can be imported."""
    composed: Mapping[bytes, tuple[Composed, ...]]
    """Composer's ``vendor`` directory to the packages in it."""
    debug_bytes: Mapping[bytes, int]
    """Programs and shared objects to what ``strip`` would take out, where that is anything."""
    procfile: bytes | None
    is_incomplete: bool
    """Something was left unread because it is too large, or all of it together is."""

    def notes(self) -> tuple[Note, ...]:
        """What a reader of packages and their versions should know."""
        if not self.is_incomplete:
            return ()
        message = "manifests or lock files are too large to be read: some packages go by the names of their directories"
        return (Note(id="metadata-too-large", message=message),)


class Looks:
    """The one look that anatomy has. The paths it is asked with may have the archive's own root in front."""

    def __init__(self) -> None:
        self._manifests: dict[bytes, Manifest] = {}
        self._locks: dict[bytes, frozenset[bytes]] = {}
        self._distributions: dict[bytes, Metadata] = {}
        self._records: dict[bytes, tuple[str, ...]] = {}
        self._top_levels: dict[bytes, tuple[str, ...]] = {}
        self._composed: dict[bytes, tuple[Composed, ...]] = {}
        self._procfiles: dict[bytes, bytes] = {}
        self._debug_bytes: dict[bytes, int] = {}
        self._is_incomplete = False
        self._left_bytes = _ALL_BYTES

    def __call__(self, file: File) -> Feed | None:
        """What takes the content of ``file``; None where it is of no interest."""
        directory, _, name = file.path.rpartition(b"/")
        if directory.endswith(_METADATA):
            return self._distribution(file, name)
        match name:
            case b"package.json":
                # Those further down in a package only say how its modules are to be read.
                inside = node_package_directory(file.path)
                return self._document(file, self._manifests, read_manifest) if inside in (None, directory) else None
            case b".package-lock.json" if _name(directory) == b"node_modules":
                return self._document(file, self._locks, read_hidden_lock, _LIST_BYTES)
            case b"installed.json" if _name(directory) == b"composer":
                return self._document(file, self._composed, read_composer, _LIST_BYTES)
            case PLATFORM.process_file:
                return self._document(file, self._procfiles, bytes)
        if name.endswith(b".egg-info"):
            return self._document(file, self._distributions, read_metadata)
        if file.size_bytes >= _STRIPPED_LEAST_BYTES and _may_be_program(file, name):
            return ElfLook(file.size_bytes, lambda size: self._debug_bytes.update({file.path: size}))
        return None

    def _distribution(self, file: File, name: bytes) -> Feed | None:
        match name:
            case b"METADATA" | b"PKG-INFO":
                return self._document(file, self._distributions, read_metadata)
            case b"RECORD":
                return self._document(file, self._records, read_record, _LIST_BYTES)
            case b"installed-files.txt":
                return self._document(file, self._records, read_lines, _LIST_BYTES)
            case b"top_level.txt":
                return self._document(file, self._top_levels, read_lines)
        return None

    def seen(self, path_of: Callable[[bytes], bytes]) -> Seen:
        """All that was seen; ``path_of`` tells what a path is called in the slug."""
        return Seen(
            manifests={_above(path_of(path), 1): found for path, found in self._manifests.items()},
            development={_above(path_of(path), 2): found for path, found in self._locks.items()},
            distributions={_distribution(path_of(path)): found for path, found in self._distributions.items()},
            records={_distribution(path_of(path)): found for path, found in self._records.items()},
            top_levels={_distribution(path_of(path)): found for path, found in self._top_levels.items()},
            composed={_above(path_of(path), 2): found for path, found in self._composed.items()},
            debug_bytes={path_of(path): size for path, size in self._debug_bytes.items() if size},
            procfile=next(
                (text for path, text in self._procfiles.items() if path_of(path) == PLATFORM.process_file), None
            ),
            is_incomplete=self._is_incomplete,
        )

    def _document(
        self,
        file: File,
        into: dict[bytes, T],
        read: Callable[[bytes], T | None],
        most_bytes: int = _DOCUMENT_BYTES,
    ) -> Feed | None:
        if file.size_bytes > min(most_bytes, self._left_bytes):
            self._is_incomplete = True
            return None
        self._left_bytes -= file.size_bytes
        pieces: list[bytes] = []

        def take(piece: bytes) -> None:
            if piece:
                pieces.append(piece)
            elif (found := read(b"".join(pieces))) is not None:
                into[file.path] = found

        return take


def _may_be_program(file: File, name: bytes) -> bool:
    return _SHARED_OBJECT.search(name) is not None or (file.mode == EXECUTABLE and b"." not in name)


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _above(path: bytes, levels: int) -> bytes:
    for _ in range(levels):
        path = path.rpartition(b"/")[0]
    return path


def _distribution(document: bytes) -> bytes:
    """The directory of a distribution's metadata, or the file that is all of it."""
    if document.endswith(b".egg-info"):
        return document
    return _above(document, 1).removesuffix(b"/EGG-INFO")
