"""The paths in a slug, or the ones left out of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from slugtrim.files import File, Source, Tree, Unreadable, is_within
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import measure
from slugtrim.scanner import Slug, check_part, scan
from slugtrim.sizer import Progress, Sizer, estimated_shares
from slugtrim.store import CacheTable


class ListedFile(Struct, frozen=True, kw_only=True):
    """One file of the listing."""

    file: File
    rule: Rule | None
    """What leaves it out; None for what is in the slug and for what the compiler removes by itself."""
    compressed_bytes: int | None
    """Its share of the compressed slug, or an estimate for what is left out; None when not asked for."""


class SlugListing(Struct, frozen=True, kw_only=True):
    """A listing, in byte order of the paths."""

    source: Source
    dialect: Dialect
    ignored: bool
    """It lists what is left out."""
    lines: tuple[ListedFile, ...]
    unreadable: tuple[Unreadable, ...]
    part: bytes = b""
    """The directory that it lists; empty for all of the slug."""


def list_slug(
    tree: Tree,
    dialect: Dialect,
    *,
    ignored: bool = False,
    long: bool = False,
    part: bytes = b"",
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> SlugListing:
    """Return the files in the slug, or with ``ignored`` those left out; with ``long`` what each weighs.

    ``part`` is the directory to list; empty for all. Raises ``RulesError`` if the ``.slugignore`` cannot be read, and
    ``SourceError`` for a part without files.
    """
    check_part(tree, part)
    unreadable = tree.unreadable
    shares: Mapping[bytes, int] = {}
    if long and not ignored:
        measured = measure(tree, dialect, cache=cache, progress=progress)
        slug, shares, unreadable = measured.slug, measured.shares, measured.unreadable
    else:
        slug = scan(tree, dialect)
        if long:
            files = [*(left.file for left in slug.left_out), *slug.compiler_removed]
            shares = estimated_shares(Sizer(tree.contents, cache=cache, progress=progress), files)
    lines = _ignored_lines(slug, shares) if ignored else _kept_lines(slug, shares)
    return SlugListing(
        source=tree.source,
        dialect=dialect,
        ignored=ignored,
        lines=tuple(each for each in lines if is_within(each.file.path, part)),
        unreadable=unreadable,
        part=part,
    )


def _kept_lines(slug: Slug, shares: Mapping[bytes, int]) -> list[ListedFile]:
    return [ListedFile(file=file, rule=None, compressed_bytes=shares.get(file.path)) for file in slug.kept]


def _ignored_lines(slug: Slug, shares: Mapping[bytes, int]) -> list[ListedFile]:
    left_out = [(left.file, left.rule) for left in slug.left_out]
    everything: list[tuple[File, Rule | None]] = [*left_out, *((file, None) for file in slug.compiler_removed)]
    everything.sort(key=lambda item: item[0].path)
    return [ListedFile(file=file, rule=rule, compressed_bytes=shares.get(file.path)) for file, rule in everything]
