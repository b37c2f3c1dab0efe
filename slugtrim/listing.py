"""The paths in a slug, or the ones left out of it."""

from __future__ import annotations

from dataclasses import dataclass

from slugtrim.cache import SizeCache
from slugtrim.files import File, Source, Tree, Unreadable
from slugtrim.ignore import Dialect, Rule
from slugtrim.scanner import Slug, scan
from slugtrim.sizer import Estimator, Progress, Sizer, Sizing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One file of the listing."""

    file: File
    rule: Rule | None
    """What leaves it out; None for what is in the slug and for what the compiler removes by itself."""
    compressed_bytes: int | None
    """Its share of the compressed slug, or an estimate for what is left out; None when not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing, in byte order of the paths."""

    source: Source
    dialect: Dialect
    ignored: bool
    """It lists what is left out."""
    lines: tuple[Line, ...]
    unreadable: tuple[Unreadable, ...]


def list_slug(
    tree: Tree,
    dialect: Dialect,
    *,
    ignored: bool = False,
    long: bool = False,
    cache: SizeCache | None = None,
    progress: Progress | None = None,
) -> Listing:
    """The files in the slug, or with ``ignored`` those left out; with ``long`` what each weighs.

    Raises ``RulesError`` when the ``.slugignore`` cannot be read.
    """
    slug = scan(tree, dialect)
    sizing = Sizer(tree.contents, cache=cache, progress=progress).measure(slug.kept) if long else None
    lines = _ignored_lines(slug, sizing) if ignored else _kept_lines(slug, sizing)
    return Listing(
        source=tree.source,
        dialect=dialect,
        ignored=ignored,
        lines=tuple(lines),
        unreadable=tree.unreadable + (sizing.unreadable if sizing else ()),
    )


def _kept_lines(slug: Slug, sizing: Sizing | None) -> list[Line]:
    shares = sizing.shares if sizing else {}
    return [Line(file=file, rule=None, compressed_bytes=shares.get(file.path)) for file in slug.kept]


def _ignored_lines(slug: Slug, sizing: Sizing | None) -> list[Line]:
    estimator = Estimator(slug.kept, sizing.shares) if sizing else None
    left_out = [(left.file, left.rule) for left in slug.left_out]
    everything: list[tuple[File, Rule | None]] = [*left_out, *((file, None) for file in slug.compiler_removed)]
    everything.sort(key=lambda item: item[0].path)
    return [
        Line(file=file, rule=rule, compressed_bytes=estimator.compressed_bytes(file) if estimator else None)
        for file, rule in everything
    ]
