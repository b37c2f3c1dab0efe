"""What is wrong with a ``.slugignore``, and with what ships."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.lint.findings import QuickLook, lint_tree, look_quickly
    from slugtrim.lint.fixing import Mended, mend
    from slugtrim.lint.page import sections
    from slugtrim.lint.record import Lint

__all__ = ["Lint", "Mended", "QuickLook", "lint_tree", "look_quickly", "mend", "sections"]

_HOMES = {
    "Lint": "record",
    "Mended": "fixing",
    "QuickLook": "findings",
    "lint_tree": "findings",
    "look_quickly": "findings",
    "mend": "fixing",
    "sections": "page",
}


def __getattr__(name: str) -> object:
    # An audit has use for the quick look alone: the page takes 12 ms to find.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"slugtrim.lint.{_HOMES[name]}"), name)
