"""What is wrong with a ``.slugignore``, and with what ships."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.lint.findings import Lint, QuickLook, lint_tree, look_quickly, sections
    from slugtrim.lint.fixing import Mended, mend

__all__ = ["Lint", "Mended", "QuickLook", "lint_tree", "look_quickly", "mend", "sections"]

_HOMES = {
    "Lint": "findings",
    "Mended": "fixing",
    "QuickLook": "findings",
    "lint_tree": "findings",
    "look_quickly": "findings",
    "mend": "fixing",
    "sections": "findings",
}


def __getattr__(name: str) -> object:
    # An audit has use for the quick look alone: the page takes 12 ms to find.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"slugtrim.lint.{_HOMES[name]}"), name)
