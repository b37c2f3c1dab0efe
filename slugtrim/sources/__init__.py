"""Find and read trees: a commit, a work tree, or a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.sources.finding import find_in_repository, find_tree, normal_prefix, open_tree

__all__ = ["find_in_repository", "find_tree", "normal_prefix", "open_tree"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from slugtrim.sources import finding  # git takes 20 ms to import, which a push that builds nothing does not need

    return getattr(finding, name)
