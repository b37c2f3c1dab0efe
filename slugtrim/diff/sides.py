"""The two sides of a comparison, each listed and measured by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from slugtrim.diff.record import Listed, Side
from slugtrim.files import Note, Tree
from slugtrim.ignore import Dialect
from slugtrim.measurement import Total, measure
from slugtrim.sizer import Overhead, Progress, with_overhead
from slugtrim.store import CacheTable

if TYPE_CHECKING:
    from slugtrim.archive import Limits, Packed  # tarfile and more, which commits do without


def list_tree(
    name: str,
    tree: Tree,
    dialect: Dialect,
    *,
    overhead: Overhead | None = None,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> Listed:
    """The slug that a tree makes before buildpacks, by its own rules. Raises ``RulesError``.

    ``overhead`` is what buildpacks add. Two sides with the same ``cache`` measure only once what they have in common.
    """
    measured = measure(tree, dialect, cache=cache, progress=progress)
    compiled = with_overhead(measured.compressed_bytes, overhead) if overhead is not None else None
    return Listed.from_measurement(name, measured, compiled)


def with_groups(listed: Listed) -> Listed:
    """A side with the groups that its files are in: one before any build, to be held against a compiled slug."""
    if listed.side.includes_buildpacks:
        return listed
    from slugtrim.anatomy import Looks  # with its catalogs, which commits do without
    from slugtrim.diff.parts import parts_of

    return replace(listed, parts=parts_of(listed.files, Looks().seen(bytes)))


def list_slug(name: str, path: str, limits: Limits) -> Listed:
    """The compiled slug at ``path``, ``-`` for stdin. Raises ``SlugError``, and ``SourceError`` for a directory."""
    from slugtrim.anatomy import Looks  # with its catalogs, which commits do without
    from slugtrim.archive import open_slug
    from slugtrim.diff.parts import parts_of

    looks = Looks()
    packed = open_slug(path, limits=limits, looks=[looks])
    tree, seen = packed.tree, looks.seen(packed.path_of)
    side = Side(
        name=name,
        source=tree.source,
        total=Total.of(tree.files),
        compressed_bytes=packed.compressed_bytes,
        estimated=packed.estimated,
        includes_buildpacks=True,
        unreadable=tree.unreadable,
        notes=(*tree.notes, *seen.notes(), *_odd_entries(packed)),
    )
    parts = parts_of(tree.files, seen)
    return Listed(
        side=side,
        files=tree.files,
        shares=packed.shares,
        parts=parts,
        unread=frozenset(gone.path for gone in tree.unreadable),
    )


def _odd_entries(packed: Packed) -> Iterator[Note]:
    if packed.anomalies:
        message = "entries of the archive that no slug should have: slugtrim inspect tells what is the matter"
        yield Note(id="odd-entries", message=message, paths=tuple(anomaly.path for anomaly in packed.anomalies))
