"""The source part of the slug that a build began with: predicted for its commit, in both dialects."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from slugtrim.builds.locks import locks_of
from slugtrim.builds.record import SourcePart
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.measurement import measure
from slugtrim.scanner import Slug
from slugtrim.sizer import Progress, open_size_cache


class MeasuredBuild(Struct, frozen=True, kw_only=True):
    """What is known of the tree that was built."""

    sources: Mapping[Dialect, SourcePart]
    """Empty where something could not be read: all that is missing would count as the buildpacks'."""
    locks: Mapping[bytes, bytes]


def measure_built(found: Found, progress: Progress | None = None) -> MeasuredBuild:
    """Measure a commit. Raises ``SourceError`` and ``RulesError``."""
    tree = found.load()
    cache = open_size_cache(found.git_dir)
    sources = {}
    is_whole = True
    for dialect in Dialect:
        part = measure(tree, dialect, cache=cache, progress=progress)
        is_whole = is_whole and not part.unreadable
        sources[dialect] = SourcePart(compressed_bytes=part.compressed_bytes, deleting=_deleting(part.slug))
    cache.save()
    return MeasuredBuild(sources=sources if is_whole else {}, locks=locks_of(tree.files))


def _deleting(slug: Slug) -> int:
    """So many paths the rules take, a directory counting as one."""
    match slug.dialect:
        case Dialect.GLOB:
            return sum(slug.outcome.deletions.values())
        case Dialect.GITIGNORE:
            return len(slug.outcome.removed)
