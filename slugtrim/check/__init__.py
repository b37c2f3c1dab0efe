"""The check of a slug against its budgets: its records, and how they are composed."""

from slugtrim.check.record import Base, Check, Growth

__all__ = ["Base", "Check", "Growth"]
