"""Analyse a compiled slug: groups, packages with their versions, and waste with its cure."""

from slugtrim.anatomy.catalog import Anatomy, Bulk, Group, Lever, Origin, Package, Waste, WastePlace
from slugtrim.anatomy.composition import dissect, removed_waste
from slugtrim.anatomy.looks import Looks
from slugtrim.anatomy.removal import Claimed, Removal

__all__ = [
    "Anatomy",
    "Bulk",
    "Claimed",
    "Group",
    "Lever",
    "Looks",
    "Origin",
    "Package",
    "Removal",
    "Waste",
    "WastePlace",
    "dissect",
    "removed_waste",
]
