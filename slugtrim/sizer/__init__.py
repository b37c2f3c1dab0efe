"""How large a slug will be: predicted compressed size, shares of it, size classes and platform limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from slugtrim.sizer.progress import Progress
from slugtrim.sizer.version import MODEL_VERSION, codec_name

if TYPE_CHECKING:
    from slugtrim.sizer.codec import is_codec_whole
    from slugtrim.sizer.limits import (
        AverageSide,
        Compiled,
        Limit,
        Overhead,
        SizeClass,
        Status,
        average_side,
        classify,
        table,
        table_content,
        with_overhead,
    )
    from slugtrim.sizer.measure import Sized, Sizer, Sizing, ToSize, estimated_shares, open_size_cache, size_each
    from slugtrim.sizer.saving import savings
    from slugtrim.sizer.stream import exact_compressed_bytes

__all__ = [
    "MODEL_VERSION",
    "AverageSide",
    "Compiled",
    "Limit",
    "Overhead",
    "Progress",
    "SizeClass",
    "Sized",
    "Sizer",
    "Sizing",
    "Status",
    "ToSize",
    "average_side",
    "classify",
    "codec_name",
    "estimated_shares",
    "exact_compressed_bytes",
    "is_codec_whole",
    "open_size_cache",
    "savings",
    "size_each",
    "table",
    "table_content",
    "with_overhead",
]

_HOMES = {
    "is_codec_whole": "slugtrim.sizer.codec",
    "Compiled": "slugtrim.sizer.limits",
    "Overhead": "slugtrim.sizer.limits",
    "with_overhead": "slugtrim.sizer.limits",
    "Sized": "slugtrim.sizer.measure",
    "Sizer": "slugtrim.sizer.measure",
    "Sizing": "slugtrim.sizer.measure",
    "ToSize": "slugtrim.sizer.measure",
    "estimated_shares": "slugtrim.sizer.measure",
    "exact_compressed_bytes": "slugtrim.sizer.stream",
    "open_size_cache": "slugtrim.sizer.measure",
    "savings": "slugtrim.sizer.saving",
    "size_each": "slugtrim.sizer.measure",
}


def __getattr__(name: str) -> object:
    # Each name's module is imported when the name is first used: a known tree has no use for most of them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "slugtrim.sizer.limits")), name)
