"""What is in a compiled slug: groups as people think of them, packages with their versions, waste with its cure."""

from slugtrim.anatomy.compose import dissect
from slugtrim.anatomy.looks import Looks
from slugtrim.anatomy.record import Anatomy, Bulk, Group, Lever, Origin, Package, Waste, WastePlace

__all__ = ["Anatomy", "Bulk", "Group", "Lever", "Looks", "Origin", "Package", "Waste", "WastePlace", "dissect"]
