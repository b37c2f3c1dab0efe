"""Composing the report on a compiled slug."""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.anatomy import Looks, dissect
from slugtrim.archive import DEFAULT, Limits, Packed, open_slug
from slugtrim.audit import directory_weights, heaviest_files, limit_uses
from slugtrim.files import Note
from slugtrim.inspection.record import Inspection
from slugtrim.measurement import Total
from slugtrim.sizer import average_side, classify


def inspect_slug(path: str, limits: Limits = DEFAULT) -> Inspection:
    """The report on the slug at ``path``, ``-`` for stdin. Raises ``SlugError`` and ``SourceError``."""
    looks = Looks()
    packed = open_slug(path, limits=limits, looks=[looks])
    seen = looks.seen(packed.path_of)
    files = packed.tree.files
    slug = Total.of(files)
    return Inspection(
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
        anatomy=dissect(packed, seen),
        largest=heaviest_files(files, packed.shares),
        directories=directory_weights(files, packed.shares),
        limits=limit_uses(packed.compressed_bytes, None),
        anomalies=packed.anomalies,
        unreadable=packed.tree.unreadable,
        notes=(*packed.tree.notes, *_checkout_note(packed), *seen.notes()),
    )


def _checkout_note(packed: Packed) -> Iterator[Note]:
    if any(file.path == b".git/HEAD" for file in packed.tree.files):
        message = "it holds .git, as no slug does: this looks like a checkout, and slugtrim audit measures those"
        yield Note(id="looks-like-checkout", message=message)
