"""What one pass over a compiled slug finds, and how others look into contents while they pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from slugtrim.files import File, Tree

Feed = Callable[[bytes], None]
"""Takes a content in pieces, then ``b""`` once at its end."""


class Look(Protocol):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something in an archive that is not as the entries of a slug should be. ``id`` is stable and kebab-case."""

    id: str
    path: bytes
    """As archived; empty where it is about the archive itself."""
    detail: bytes | None = None
    """What it leads to, for a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What was written."""

    files: int
    bytes: int
    skipped: tuple[Anomaly, ...]
    """Links into the application's own place on a dyno, which would lead elsewhere here."""
