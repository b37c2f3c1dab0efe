"""Analyse a compiled slug: groups, packages with their versions, and waste with its cure."""

from slugtrim.anatomy.catalog import Anatomy, Bulk, Group, Lever, Origin, Package, Waste, WastePlace
from slugtrim.anatomy.composition import dissect
from slugtrim.anatomy.looks import Looks

__all__ = ["Anatomy", "Bulk", "Group", "Lever", "Looks", "Origin", "Package", "Waste", "WastePlace", "dissect"]
