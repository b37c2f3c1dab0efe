"""The main report: its records, how they are composed from a tree, and how a finished one is kept."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.audit.compose import audit_tree, directory_weights, heaviest_files
    from slugtrim.audit.kept import Kept
    from slugtrim.audit.known import audit_found, audit_kept
    from slugtrim.audit.record import LARGEST, Audit, LimitUse, OtherReading, RuleEffect, Total, Weight, limit_uses

__all__ = [
    "LARGEST",
    "Audit",
    "Kept",
    "LimitUse",
    "OtherReading",
    "RuleEffect",
    "Total",
    "Weight",
    "audit_found",
    "audit_kept",
    "audit_tree",
    "directory_weights",
    "heaviest_files",
    "limit_uses",
]

_HOMES = {
    "Kept": "slugtrim.audit.kept",
    "audit_found": "slugtrim.audit.known",
    "audit_kept": "slugtrim.audit.known",
    "audit_tree": "slugtrim.audit.compose",
    "directory_weights": "slugtrim.audit.compose",
    "heaviest_files": "slugtrim.audit.compose",
}


def __getattr__(name: str) -> object:
    # Each name's module is imported when the name is first used: a known tree has no use for most of them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "slugtrim.audit.record")), name)
