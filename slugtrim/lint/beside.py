"""What lies beside a tree: files that no push sends, and how `.slugignore` itself stands to git."""

from __future__ import annotations

import os
from enum import Enum

from msgspec import Struct

from slugtrim.files import SourceKind, Tree
from slugtrim.git import GitError, Repository
from slugtrim.git.ignored import ignored_paths
from slugtrim.platforms import PLATFORM

_SLUGIGNORE = PLATFORM.ignore_file.name


class Standing(Enum):
    """How the ``.slugignore`` on disk stands to git."""

    COMMITTED = "committed"
    """It is the one that a push sends, or nobody can say."""
    CHANGED = "changed"
    """The commit has another one."""
    UNTRACKED = "untracked"
    IGNORED = "ignored"
    """git ignores it, so that `git add` passes it over."""


class Beside(Struct, frozen=True, kw_only=True):
    """What no tree of tracked files tells. Paths are from the root of the slug; a directory ends in a slash."""

    ignored: tuple[bytes, ...] = ()
    """What git ignores and does not track."""
    untracked: tuple[bytes, ...] = ()
    """What git neither ignores nor tracks."""
    tracked_though_ignored: tuple[bytes, ...] = ()
    standing: Standing = Standing.COMMITTED


def look_beside(tree: Tree) -> Beside:
    """What lies beside the tracked files of a work tree; for anything else, nothing."""
    source = tree.source
    repository = Repository.discover(source.path) if source.kind is SourceKind.WORKTREE else None
    if repository is None:
        return Beside()
    try:
        found = ignored_paths(repository, source.prefix)
    except GitError:
        return Beside()
    cut = len(source.prefix) + 1 if source.prefix else 0
    ignored = tuple(path[cut:] for path in found.untracked)
    untracked = tuple(path for note in tree.notes if note.id == "untracked" for path in note.paths)
    return Beside(
        ignored=ignored,
        untracked=untracked,
        tracked_though_ignored=tuple(path[cut:] for path in found.tracked),
        standing=_standing(tree, repository, ignored),
    )


def _standing(tree: Tree, repository: Repository, ignored: tuple[bytes, ...]) -> Standing:
    source = tree.source
    if not os.path.lexists(os.path.join(source.path, _SLUGIGNORE)):
        return Standing.COMMITTED
    if _SLUGIGNORE in ignored:
        return Standing.IGNORED
    file = next((file for file in tree.files if file.path == _SLUGIGNORE), None)
    if file is None:
        return Standing.UNTRACKED
    path = source.prefix + b"/" + _SLUGIGNORE if source.prefix else _SLUGIGNORE
    committed = repository.tree_fingerprint(source.rev, path) if source.rev is not None else None
    return Standing.COMMITTED if committed == file.blob else Standing.CHANGED
