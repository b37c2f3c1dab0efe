"""What the slug of a commit weighs: as it is remembered, else measured, and no more than that.

A report has much that takes time and that a push within its budgets has no use for: who reads what, the other reading
of the rules. None of it is composed here.
"""

from __future__ import annotations

import json

from msgspec import Struct

from slugtrim.audit.kept import Kept
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.sizer import Progress


class Weight(Struct, frozen=True, kw_only=True):
    """The totals of a slug, before buildpacks."""

    compressed_bytes: int
    files: int
    checkout_bytes: int
    """Raw, before any rule."""
    largest_file_bytes: int | None
    """Raw; None where it is not known."""
    lost: int = 0
    """How many paths could not be read: the totals are too small by them."""


def weigh(found: Found, dialect: Dialect, progress: Progress | None = None) -> Weight:
    """The weight of what was found. Raises ``RulesError`` and ``SourceError``."""
    kept = Kept(found, dialect)
    weight = _remembered(kept)
    if weight is not None:
        return weight
    from slugtrim.scanner import checked_out, scan  # with all it takes to measure: 40 ms that a known tree does without
    from slugtrim.sizer import Sizer, is_codec_whole, open_size_cache

    tree = found.load()
    cache = open_size_cache(kept.git_dir)
    slug = scan(tree, dialect)
    sizing = Sizer(tree.contents, cache=cache, progress=progress).measure(slug.kept)
    cache.save()
    weight = Weight(
        compressed_bytes=sizing.compressed_bytes,
        files=len(slug.kept),
        checkout_bytes=sum(file.size_bytes for file in checked_out(tree)),
        largest_file_bytes=max((file.size_bytes for file in slug.kept), default=0),
        lost=len({gone.path for gone in (*tree.unreadable, *sizing.unreadable)}),
    )
    # Of a tree with submodules the packs that its sizes rest on are not all in the fingerprint.
    if not weight.lost and not tree.has_submodules and is_codec_whole():
        kept.keep_weight(_encode(weight))
    return weight


def _encode(weight: Weight) -> bytes:
    row = [weight.compressed_bytes, weight.files, weight.checkout_bytes, weight.largest_file_bytes]
    return json.dumps(row).encode("ascii")


def _remembered(kept: Kept) -> Weight | None:
    """As it was kept, or as a kept report has it."""
    data = kept.weight()
    try:
        if data is not None:
            compressed, files, checkout, largest = json.loads(data)
        elif (data := kept.report()) is not None:
            report = json.loads(data)
            compressed, files, checkout = report["compressed_bytes"], report["slug"][0], report["checkout"][1]
            largest = None
        else:
            return None
    except (ValueError, LookupError, TypeError):
        return None  # whoever wrote it, it is nothing of this version
    return Weight(compressed_bytes=compressed, files=files, checkout_bytes=checkout, largest_file_bytes=largest)
