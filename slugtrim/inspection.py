"""Inspect a compiled slug: how large it is, what it is made of, what is waste in it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.anatomy import dissect, removed_waste
from slugtrim.anatomy.catalog import Anatomy
from slugtrim.anatomy.looks import Looks
from slugtrim.anatomy.removal import Claimed
from slugtrim.archive.entries import Anomaly, Format, Packed
from slugtrim.archive.limits import DEFAULT, Limits
from slugtrim.archive.reading import open_slug
from slugtrim.archive.repacking import left_out_bytes
from slugtrim.audit import LimitUse, PathSize, directory_weights, heaviest_files, limit_uses
from slugtrim.cleanup import Cleanup, Texts, plan_of, reader_of
from slugtrim.diff.difference import parts_of
from slugtrim.files import Note, Source, Unreadable
from slugtrim.listing import SlugMap, map_compiled
from slugtrim.measurement import Total
from slugtrim.sizer import AverageSide, SizeClass, average_side, classify


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
    cleanup: Cleanup | None = None
    """What removes the safe waste; None if nobody asked."""
    slug_map: SlugMap | None = None
    """Every file; None unless a report draws it."""

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable


SHOWN_ONLY = "-"


def inspect_slug(
    path: str, limits: Limits = DEFAULT, cleanup: str | None = None, *, with_map: bool = False
) -> Inspection:
    """The report on the slug at ``path``, ``-`` for stdin. Raises ``SlugError`` and ``SourceError``.

    ``cleanup`` is the directory of the application that gets what removes the safe waste, ``-`` to show it only.
    """
    looks, texts = Looks(), Texts()
    read = texts.read if cleanup in (None, SHOWN_ONLY) else reader_of(cleanup)
    packed = open_slug(path, limits=limits, looks=[looks] if cleanup is None else [looks, texts])
    claimed: list[Claimed] | None = None if cleanup is None else []
    seen = looks.seen(packed.path_of)
    files = packed.tree.files
    slug = Total.of(files)
    inspection = Inspection(
        source=packed.tree.source,
        format=packed.format,
        root=packed.root,
        slug=slug,
        entries=packed.entries,
        compressed_bytes=packed.compressed_bytes,
        estimated=packed.estimated,
        structure_bytes=packed.structure_bytes,
        size_class=classify(packed.compressed_bytes),
        average_side=average_side(packed.compressed_bytes),
        anatomy=dissect(packed, seen, claimed),
        largest=heaviest_files(files, packed.shares),
        directories=directory_weights(files, packed.shares),
        limits=limit_uses(packed.compressed_bytes, None),
        anomalies=packed.anomalies,
        unreadable=packed.tree.unreadable,
        notes=(*packed.tree.notes, *_checkout_note(packed), *seen.notes()),
        slug_map=map_compiled(files, packed.shares, parts_of(files, seen)) if with_map else None,
    )
    if cleanup is None or claimed is None:
        return inspection
    plan = plan_of(removed_waste(packed, claimed), {file.path for file in files}, read, seen.required)
    saved = left_out_bytes(path, packed, plan.gone, limits)
    return replace(
        inspection,
        cleanup=Cleanup(
            plan=plan,
            saves_bytes=sum(packed.shares[path] for path in plan.gone) if saved is None else saved,
            is_measured=saved is not None,
            directory=None if cleanup == SHOWN_ONLY else cleanup,
        ),
    )


def _checkout_note(packed: Packed) -> Iterator[Note]:
    if any(file.path == b".git/HEAD" for file in packed.tree.files):
        message = "it holds .git, as no slug does: this looks like a checkout, and slugtrim audit measures those"
        yield Note(id="looks-like-checkout", message=message)
