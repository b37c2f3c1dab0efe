"""slugtrim predicts how large a Heroku slug will be and what is in it, offline.

The names below are the library's: open a tree, scan it, measure it. Each is imported when it is first used.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = [
    "Dialect",
    "File",
    "SizeClass",
    "Sizer",
    "Slug",
    "SlugtrimError",
    "Tree",
    "audit_tree",
    "classify",
    "format_size",
    "open_tree",
    "parse_size",
    "scan",
]

_HOMES = {
    "Dialect": "slugtrim.ignore",
    "File": "slugtrim.files",
    "Sizer": "slugtrim.sizer",
    "SizeClass": "slugtrim.sizer",
    "Slug": "slugtrim.scanner",
    "SlugtrimError": "slugtrim.errors",
    "Tree": "slugtrim.files",
    "audit_tree": "slugtrim.audit",
    "classify": "slugtrim.sizer",
    "format_size": "slugtrim.units",
    "open_tree": "slugtrim.sources",
    "parse_size": "slugtrim.units",
    "scan": "slugtrim.scanner",
}

TYPE_CHECKING = False  # what typing has takes 5 ms to import, and a kept answer does without
if TYPE_CHECKING:
    from slugtrim.audit import audit_tree
    from slugtrim.errors import SlugtrimError
    from slugtrim.files import File, Tree
    from slugtrim.ignore import Dialect
    from slugtrim.scanner import Slug, scan
    from slugtrim.sizer import SizeClass, Sizer, classify
    from slugtrim.sources import open_tree
    from slugtrim.units import format_size, parse_size


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'slugtrim' has no attribute {name!r}")
    from importlib import import_module  # as above

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
