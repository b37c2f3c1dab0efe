"""What is in a compiled slug: groups as people think of them, packages with their versions, waste with its cure."""

from slugtrim.anatomy.catalog import Anatomy, Bulk, Group, Lever, Origin, Package, Waste, WastePlace
from slugtrim.anatomy.composition import dissect
from slugtrim.anatomy.looks import Looks

__all__ = ["Anatomy", "Bulk", "Group", "Lever", "Looks", "Origin", "Package", "Waste", "WastePlace", "dissect"]
