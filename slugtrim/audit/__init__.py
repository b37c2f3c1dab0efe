"""The main report: its records, how they are composed from a tree, and how a finished one is kept."""

from slugtrim.audit.compose import audit_tree, directory_weights
from slugtrim.audit.known import audit_found
from slugtrim.audit.record import LARGEST, Audit, LimitUse, OtherReading, RuleEffect, Total, Weight

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
