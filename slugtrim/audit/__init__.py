"""The main report: its records, how they are composed from a tree, and how a finished one is kept."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from slugtrim.audit.known import audit_found
from slugtrim.audit.record import LARGEST, Audit, LimitUse, OtherReading, RuleEffect, Total, Weight

if TYPE_CHECKING:
    from slugtrim.audit.compose import audit_tree, directory_weights

__all__ = [
    "LARGEST",
    "Audit",
    "LimitUse",
    "OtherReading",
    "RuleEffect",
    "Total",
    "Weight",
    "audit_found",
    "audit_tree",
    "directory_weights",
]

_HOMES = {"audit_tree": "slugtrim.audit.compose", "directory_weights": "slugtrim.audit.compose"}


def __getattr__(name: str) -> object:
    # Each name's module is imported when the name is first used: a known tree has no use for most of them.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
