"""The source part of the slug that a build began with: predicted for its commit, in both dialects."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from slugtrim.builds.locks import locks_of
from slugtrim.builds.record import SourcePart
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.scanner import Slug, scan
from slugtrim.sizer import Progress, Sizer, open_size_cache


class MeasuredBuild(Struct, frozen=True, kw_only=True):
    """What is known of the tree that was built."""

    sources: Mapping[Dialect, SourcePart]
    """Empty where something could not be read: all that is missing would count as the buildpacks'."""
    locks: Mapping[bytes, bytes]


def measure(found: Found, progress: Progress | None = None) -> MeasuredBuild:
    """Measures a commit. Raises ``SourceError`` and ``RulesError``."""
    tree = found.load()
    cache = open_size_cache(found.git_dir)
    sizer = Sizer(tree.contents, cache=cache, progress=progress)
    sources = {}
    is_whole = not tree.unreadable
    slug: Slug | None = None
    for dialect in Dialect:
        slug = scan(tree, dialect, like=slug)
        sizing = sizer.measure(slug.kept)
        is_whole = is_whole and not sizing.unreadable
        sources[dialect] = SourcePart(compressed_bytes=sizing.compressed_bytes, deleting=_deleting(slug))
    cache.save()
    return MeasuredBuild(sources=sources if is_whole else {}, locks=locks_of(tree.files))


def _deleting(slug: Slug) -> int:
    """So many paths the rules take, a directory counting as one."""
    match slug.dialect:
        case Dialect.GLOB:
            return sum(slug.outcome.deletions.values())
        case Dialect.GITIGNORE:
            return len(slug.outcome.removed)
