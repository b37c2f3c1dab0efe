"""One measurement of a tree: what audit, check, diff, recorded builds and the hook start from, and what is kept of it.

A tree is scanned and sized once, and all that a command needs of that is in one record. The store keeps one record for
each set of files, rules and dialect: the finished report, or the totals alone where no report was made. Whoever needs
no more than the totals reads only them out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from slugtrim import __version__
from slugtrim.files import File, Found, Source, Tree, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.sizer.limits import table_content
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.version import MODEL_VERSION, codec_name
from slugtrim.store import CacheTable, digest, open_store

if TYPE_CHECKING:
    from slugtrim.scanner import Slug
    from slugtrim.sizer import Sizing

_FORMAT = 8
"""Raised whenever the records that are kept change."""

_SIZE = itemgetter(File._fields.index("size_bytes"))
"""Four times as fast as the attribute, for each of 100,000 files."""

Kept = TypeVar("Kept", bound=Struct)


class Total(Struct, frozen=True, kw_only=True, array_like=True):
    """How many files, and their bytes as they lie in the checkout."""

    files: int
    size_bytes: int

    @classmethod
    def of(cls, files: Sequence[File]) -> Total:
        """Return the total of these files."""
        return cls(files=len(files), size_bytes=sum(map(_SIZE, files)))


class Totals(Struct, frozen=True, kw_only=True):
    """The totals of a slug before buildpacks. The fields are those of a report, whose record is read as this one."""

    compressed_bytes: int
    """Predicted."""
    slug: Total
    checkout: Total
    """Before any rule."""
    largest_file_bytes: int
    """Raw; 0 if the slug is empty."""
    unreadable: tuple[Unreadable, ...] = ()
    """What the totals are too small by."""


class Depth(Enum):
    """How much of a tree is measured."""

    SIZE = "size"
    """The slug, by the dialect that is asked for."""
    READINGS = "readings"
    """Also which files the other dialect keeps, as findings about the rules need it."""
    REPORT = "report"
    """Also the size of that, and about what the rules save."""


class Divided(Struct, frozen=True, kw_only=True):
    """A tree divided by its rules, to be sized."""

    slug: Slug
    other: Slug | None
    """The same tree by the other dialect; None for ``Depth.SIZE``."""
    depth: Depth


class Measurement(Struct, frozen=True, kw_only=True):
    """A tree divided by its rules, and sized."""

    slug: Slug
    other: Slug | None
    """The same tree by the other dialect; None for ``Depth.SIZE``."""
    sizing: Sizing
    other_sizing: Sizing | None
    """None but for ``Depth.REPORT``."""
    left_out_shares: Mapping[bytes, int]
    """Path to about what each file that a rule leaves out would add; empty but for ``Depth.REPORT``."""
    checkout: Total
    kept: Total
    left_out: Total
    compiler_removed: Total
    largest_file_bytes: int
    """Raw, of the files in the slug; 0 if it is empty."""
    unreadable: tuple[Unreadable, ...]
    """What could not be listed, and what could not be sized; each path once."""

    @property
    def tree(self) -> Tree:
        """What was measured."""
        return self.slug.tree

    @property
    def source(self) -> Source:
        """Where that comes from."""
        return self.slug.tree.source

    @property
    def compressed_bytes(self) -> int:
        """Predicted, before buildpacks."""
        return self.sizing.compressed_bytes

    @property
    def shares(self) -> Mapping[bytes, int]:
        """Compressed bytes of each file in the slug by path."""
        return self.sizing.shares

    @property
    def totals(self) -> Totals:
        """The numbers alone."""
        return Totals(
            compressed_bytes=self.compressed_bytes,
            slug=self.kept,
            checkout=self.checkout,
            largest_file_bytes=self.largest_file_bytes,
            unreadable=self.unreadable,
        )


def measure(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    depth: Depth = Depth.SIZE,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Measure a tree. Raises ``RulesError``."""
    (measurement,) = measure_each([(tree, depth)], dialect, cache=cache, progress=progress)
    return measurement


def measure_each(
    wanted: Sequence[tuple[Tree, Depth]],
    dialect: Dialect,
    *,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> tuple[Measurement, ...]:
    """Measure trees, each by its own rules. With a ``cache`` what they have in common is measured once.

    Raises ``RulesError``.
    """
    divided = [divide(tree, dialect, depth) for tree, depth in wanted]
    return measure_divided(divided, cache=cache, progress=progress)


def divide(tree: Tree, dialect: Dialect, depth: Depth) -> Divided:
    """Divide a tree by its rules, read as it takes for that depth. Raises ``RulesError``."""
    from slugtrim.scanner import scan  # with what it takes to measure: 40 ms that a known tree does without

    slug = scan(tree, dialect)
    other = scan(tree, dialect.other, like=slug) if depth is not Depth.SIZE else None
    return Divided(slug=slug, other=other, depth=depth)


def measure_divided(
    divided: Sequence[Divided],
    *,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> tuple[Measurement, ...]:
    """Measure trees that are divided already. With a ``cache`` what they have in common is measured once.

    ``meanwhile`` is called while threads compress, any number of times.
    """
    from slugtrim.sizer import ToSize, size_each  # as above

    to_size = []
    for each in divided:
        is_report = each.depth is Depth.REPORT
        left_out = [left.file for left in each.slug.left_out] if is_report else ()
        counted = each.other.kept if each.other is not None and is_report else None
        contents = each.slug.tree.contents
        to_size.append(ToSize(contents=contents, kept=each.slug.kept, left_out=left_out, other=counted))
    sized = size_each(to_size, cache=cache, progress=progress, meanwhile=meanwhile)
    slugs = [(each.slug, each.other) for each in divided]
    return tuple(
        Measurement(
            slug=slug,
            other=other,
            sizing=each.sizing,
            other_sizing=each.other,
            left_out_shares=each.left_out_shares,
            checkout=Total.of(slug.checkout),
            kept=Total.of(slug.kept),
            left_out=Total.of([left.file for left in slug.left_out]),
            compiler_removed=Total.of(slug.compiler_removed),
            largest_file_bytes=max((file.size_bytes for file in slug.kept), default=0),
            unreadable=_unreadable(slug.tree, each.sizing),
        )
        for (slug, other), each in zip(slugs, sized, strict=True)
    )


def _unreadable(tree: Tree, sizing: Sizing) -> tuple[Unreadable, ...]:
    known = {gone.path for gone in tree.unreadable}
    return (*tree.unreadable, *(gone for gone in sizing.unreadable if gone.path not in known))


def totals_of(found: Found, dialect: Dialect, *, use_cache: bool = True, progress: Progress | None = None) -> Totals:
    """Return the totals of what was found: those kept, else measured. Raises ``RulesError`` and ``SourceError``."""
    record = KeptRecord(found, dialect, use_cache=use_cache)
    known = record.read(Totals)
    if known is not None:
        return known
    from slugtrim.sizer import open_size_cache  # as above

    tree = found.load()
    cache = open_size_cache(found.git_dir if use_cache else None)
    totals = measure(tree, dialect, cache=cache, progress=progress).totals
    cache.save()
    if not totals.unreadable:
        record.keep(totals, tree)
    return totals


class KeptRecord:
    """What the store keeps of a source, read in one dialect: a report or totals. Without a cache nothing."""

    def __init__(self, found: Found, dialect: Dialect, *, use_cache: bool = True, about: str = "") -> None:
        """``about`` tells records of another kind from reports, with all that they depend on beside the tree."""
        self._found = found
        self._store = open_store(found.git_dir if use_cache else None)
        self._key = _key(found, dialect, about)

    def read(self, kind: type[Kept]) -> Kept | None:
        """Return what is kept, as far as ``kind`` has fields for it; None if it has not all that ``kind`` needs."""
        data = self._store.get(self._key) if self._key is not None else None
        try:
            return msgspec.msgpack.decode(data, type=kind) if data is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # somebody else wrote it

    def keep(self, record: Struct, tree: Tree) -> None:
        """Keep a record in which nothing is missing, if it holds for every tree with the same fingerprint."""
        from slugtrim.sizer import is_codec_whole  # as above

        # Of a tree with submodules the packs that its sizes rest on are not all in the fingerprint.
        is_whole = not tree.has_submodules and self._found.is_unchanged() and is_codec_whole()
        if self._key is not None and is_whole:
            self._store.put(self._key, msgspec.msgpack.encode(record))


def _key(found: Found, dialect: Dialect, about_kind: str) -> bytes | None:
    if found.fingerprint is None:
        return None
    about = f"{__version__} {_FORMAT} {MODEL_VERSION} {codec_name()} {dialect.value} {about_kind}".encode()
    return digest(about + found.fingerprint + b" " + table_content())
