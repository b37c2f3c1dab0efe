"""Where trees come from: a commit, a work tree, a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.sources.finding import find_in_repository, find_tree, normal_prefix, open_tree

__all__ = ["find_in_repository", "find_tree", "normal_prefix", "open_tree"]


def __getattr__(name: str) -> object:
    # A push that does not build reads a file of settings off the disk, and has no use for git: 20 ms.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from slugtrim.sources import finding

    return getattr(finding, name)
