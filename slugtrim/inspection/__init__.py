"""``slugtrim inspect``: the report on a compiled slug, and how it is composed from one pass over it."""

from slugtrim.inspection.compose import inspect_slug
from slugtrim.inspection.record import Inspection

__all__ = ["Inspection", "inspect_slug"]
