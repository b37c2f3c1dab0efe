"""The record of a compiled slug: how large it is, what it is made of, what is waste in it."""

from __future__ import annotations

from msgspec import Struct

from slugtrim.anatomy import Anatomy
from slugtrim.archive import Anomaly, Format
from slugtrim.audit import LimitUse, PathSize
from slugtrim.files import Note, Source, Unreadable
from slugtrim.measurement import Total
from slugtrim.sizer import AverageSide, SizeClass


class Inspection(Struct, frozen=True, kw_only=True):
    """All that the report says. ``slug`` is the whole: your source, and what buildpacks brought."""

    source: Source
    format: Format
    root: bytes
    """What stands in front of every path in the archive, as ``./app/``."""
    slug: Total
    entries: int
    """All entries of the archive, as `tar tf` lists them; of a directory, what is in it."""
    compressed_bytes: int
    estimated: bool
    """Predicted: it is no gzip."""
    structure_bytes: int
    """Compressed bytes of what is no file: directories, the end. With the groups' it adds up to the whole."""
    size_class: SizeClass
    average_side: AverageSide
    anatomy: Anatomy
    largest: tuple[PathSize, ...]
    """The heaviest files, heaviest first, ``LARGEST`` at most."""
    directories: tuple[PathSize, ...]
    """All directories but the root, heaviest first."""
    limits: tuple[LimitUse, ...]
    """Those of slugs; that of the checkout says nothing of what was built."""
    anomalies: tuple[Anomaly, ...]
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable
