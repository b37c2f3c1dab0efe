"""Where trees come from: a commit, a work tree, a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slugtrim.sources.finding import find_in_repository, find_tree, normal_prefix, open_tree

__all__ = ["find_in_repository", "find_tree", "normal_prefix", "open_tree"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from slugtrim.sources import finding  # with git: 20 ms that a push which builds nothing does without

    return getattr(finding, name)
