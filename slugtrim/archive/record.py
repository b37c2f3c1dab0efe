"""What one pass over a compiled slug finds, and how others look into contents while they pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Protocol

from msgspec import Struct

from slugtrim.files import File, Tree

Feed = Callable[[bytes], None]
"""Takes a content in pieces, then ``b""`` once at its end."""


class ContentLook(Protocol):
    """Wants to see contents as they pass: called for every regular file, before its bytes.

    The file's ``blob`` is None at that time, and its path is the one in the archive without a leading ``./`` or ``/``:
    which directory is the root of the application is known only behind the last entry. ``Packed.path_of`` then says
    what a path seen here is called in the tree. An archive may hold a path twice; the later one counts.
    """

    def __call__(self, file: File) -> Feed | None:
        """Who is to be fed the content; None for a file that is of no interest."""


class Format(Enum):
    """What a slug was read from."""

    GZIP = "gzip"
    TAR = "tar"
    DIRECTORY = "directory"


class AnomalyKind(Enum):
    """What can be odd about an archive or an entry of it. The values are stable and kebab-case."""

    ABSOLUTE_NAME = "absolute-name"
    """It begins with ``/``, and not all entries are below ``/app/``."""
    DOT_DOT_NAME = "dot-dot-name"
    NO_NAME = "no-name"
    NAME_TOO_LONG = "name-too-long"
    NAME_WITH_NUL = "name-with-nul"
    NAME_NOT_UTF_8 = "name-not-utf-8"
    LINK_OUT = "link-out"
    """A symlink leads out of the archive, and not into ``/app``, where the platform unpacks it; or it goes up from
    behind another link, so that nobody knows where it leads."""
    LINK_WITHOUT_TARGET = "link-without-target"
    HARD_LINK_TO_NOTHING = "hard-link-to-nothing"
    """What it shares its content with is not in the archive, or behind it."""
    PATH_THROUGH_LINK = "path-through-link"
    """What should be its directory is a symlink of the archive."""
    PATH_THROUGH_FILE = "path-through-file"
    """What should be its directory is a file of the archive."""
    DUPLICATE_ENTRY = "duplicate-entry"
    """The path was there already. The later entry is what tar leaves; both weigh."""
    DEVICE = "device"
    FIFO = "fifo"
    SET_ID = "set-id"
    """It would run with the rights of its owner or group."""
    SPARSE_FILE = "sparse-file"
    """What is archived of it is less than it is."""
    UNKNOWN_TYPE = "unknown-type"
    NO_END = "no-end"
    """The archive has no end mark, so that nobody knows whether that is all of it."""
    TRAILING_DATA = "trailing-data"
    """Something follows the end of the archive or of the gzip stream; it weighs."""


class Anomaly(Struct, frozen=True, kw_only=True):
    """Something in an archive that is not as the entries of a slug should be."""

    kind: AnomalyKind
    path: bytes
    """As archived; empty where it is about the archive itself."""
    detail: bytes | None = None
    """What it leads to, for a link."""

    @property
    def id(self) -> str:
        """Stable and kebab-case."""
        return self.kind.value


class Packed(Struct, frozen=True, kw_only=True):
    """A compiled slug after one pass over it. ``shares`` and ``structure_bytes`` add up to ``compressed_bytes``."""

    tree: Tree
    """Regular files, hard links and symlinks by their paths from the root of the application.

    ``File.blob`` is git's SHA-1 id of the content. Of a path archived twice it has the later entry, as tar leaves it.
    """
    root: bytes
    """What was cut off in front of every path: ``b"./app/"``, ``b"app/"``, ``b"/app/"``, ``b"./"`` or nothing."""
    format: Format
    compressed_bytes: int
    """Of a gzip file, its own size. Else predicted, and ``estimated``."""
    estimated: bool
    shares: Mapping[bytes, int]
    """Path to compressed bytes of its entries: header, content and padding."""
    structure_bytes: int
    """Compressed bytes of directories, of other entries that are no files, and of the archive's end."""
    hard_links: Mapping[bytes, bytes]
    """Path to the path whose content it shares. The content is archived once, so the link's size is 0."""
    directories: int
    """Entries that are directories; of a directory on disk, those below it."""
    entries: int
    """All entries, as `tar tf` lists them."""
    listed_bytes: int
    """Bytes of all entries, as `tar tvf` lists them."""
    anomalies: tuple[Anomaly, ...]

    def path_of(self, seen: bytes) -> bytes:
        """What the path that a look saw is called in the tree."""
        return seen.removeprefix(self.root.lstrip(b"./"))


class Extraction(Struct, frozen=True, kw_only=True):
    """What was written."""

    files: int
    """Regular files, hard links and symlinks."""
    written_bytes: int
    skipped: Mapping[bytes, bytes]
    """Path to target of symlinks into the application's own place on a dyno: here they would lead elsewhere."""
