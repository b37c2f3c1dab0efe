"""A compiled slug: what is in it, read in one pass; and unpacked, if it is safe to."""

from __future__ import annotations

from slugtrim.archive.limits import DEFAULT, Limits
from slugtrim.archive.reading import extract_slug, open_slug
from slugtrim.archive.record import Anomaly, Extraction, Feed, Format, Look, Packed

__all__ = [
    "DEFAULT",
    "Anomaly",
    "Extraction",
    "Feed",
    "Format",
    "Limits",
    "Look",
    "Packed",
    "extract_slug",
    "open_slug",
]
