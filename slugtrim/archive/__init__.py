"""Read a compiled slug in one pass, or unpack it if that is safe."""

from __future__ import annotations

from slugtrim.archive.entries import Anomaly, AnomalyKind, ContentLook, Extraction, Feed, Format, Packed
from slugtrim.archive.extraction import extract_slug
from slugtrim.archive.limits import DEFAULT, Limits, limits_from
from slugtrim.archive.reading import open_slug
from slugtrim.archive.repacking import left_out_bytes

__all__ = [
    "DEFAULT",
    "Anomaly",
    "AnomalyKind",
    "ContentLook",
    "Extraction",
    "Feed",
    "Format",
    "Limits",
    "Packed",
    "extract_slug",
    "left_out_bytes",
    "limits_from",
    "open_slug",
]
