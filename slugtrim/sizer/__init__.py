"""How large a slug will be: predicted compressed size, shares of it, size classes and platform limits."""

from slugtrim.sizer.estimate import Estimator
from slugtrim.sizer.limits import AverageSide, Limit, SizeClass, Status, average_side, classify, table
from slugtrim.sizer.measure import Sizer, Sizing

__all__ = [
    "AverageSide",
    "Estimator",
    "Limit",
    "SizeClass",
    "Sizer",
    "Sizing",
    "Status",
    "average_side",
    "classify",
    "table",
]
