"""How large a slug will be: predicted compressed size, shares of it, size classes and platform limits."""

from slugtrim.sizer.codec import codec_name
from slugtrim.sizer.estimate import estimated_shares
from slugtrim.sizer.exact import exact_compressed_bytes
from slugtrim.sizer.limits import AverageSide, Limit, SizeClass, Status, average_side, classify, table
from slugtrim.sizer.measure import MODEL_VERSION, Sizer, Sizing, open_size_cache
from slugtrim.sizer.progress import Progress

__all__ = [
    "MODEL_VERSION",
    "AverageSide",
    "Limit",
    "Progress",
    "SizeClass",
    "Sizer",
    "Sizing",
    "Status",
    "average_side",
    "classify",
    "codec_name",
    "estimated_shares",
    "exact_compressed_bytes",
    "open_size_cache",
    "table",
]
