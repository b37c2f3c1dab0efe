"""Opening a path as the tree that a deploy would send."""

from __future__ import annotations

import os
import posixpath
import stat

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Note, SourceKind, Tree, quoted
from slugtrim.git import GitError, Repository
from slugtrim.sources.commit import read_commit, shown_revision
from slugtrim.sources.directory import read_directory
from slugtrim.sources.worktree import read_worktree

__all__ = ["open_tree", "read_commit", "read_directory", "read_worktree", "untracked_note"]


def open_tree(path: bytes, *, rev: str | None = None, prefix: bytes = b"", use_git: bool = True) -> Tree:
    """The tree at ``path``: a commit with ``rev``, else the work tree it lies in, else everything below it.

    ``prefix`` names the directory, from the repository's top, that is deployed on its own. Raises ``UsageError`` for
    ``rev`` without git, ``SourceError`` for what cannot be read as a whole.
    """
    if rev is not None and not use_git:
        raise UsageError("--rev: names a commit, which --no-git rules out; drop one of them")
    prefix = normal_prefix(prefix)
    _check_directory(path)
    try:
        repository = Repository.discover(path) if use_git else None
        if repository is None:
            if rev is not None:
                commit = shown_revision(rev)
                raise SourceError(f"{quoted(path)}: is in no git repository, so it has no commit {commit}; drop --rev")
            return read_directory(os.path.realpath(path), prefix)
        if rev is not None:
            return read_commit(repository, rev, prefix)
        return read_worktree(repository, prefix)
    except GitError as error:
        raise _trouble(path, error) from error


def _trouble(path: bytes, error: GitError) -> SourceError:
    return SourceError(f"{quoted(path)}: git cannot read this repository: {error.first_line}; try git fsck")


def untracked_note(tree: Tree) -> Note | None:
    """A note that names the untracked, unignored files of a work tree; None for any other source or without any."""
    if tree.source.kind is not SourceKind.WORKTREE:
        return None
    try:
        repository = Repository.discover(tree.source.root)
        paths = repository.untracked(tree.source.prefix) if repository is not None else ()
    except GitError as error:
        raise _trouble(tree.source.root, error) from error
    if not paths:
        return None
    cut = len(tree.source.prefix) + 1 if tree.source.prefix else 0
    message = "untracked: not pushed, so not counted"
    return Note(id="untracked", message=message, paths=tuple(path[cut:] for path in paths))


def normal_prefix(prefix: bytes) -> bytes:
    """``prefix`` without ``./``, doubled and trailing slashes. Raises ``UsageError`` when it leaves the root."""
    if not prefix:
        return b""
    normal = posixpath.normpath(prefix)
    if normal.startswith((b"/", b"../")) or normal == b".." or b"\0" in normal:
        raise UsageError(f"--prefix {quoted(prefix)}: is not below the root; name a directory relative to the root")
    return b"" if normal == b"." else normal


def _check_directory(path: bytes) -> None:
    if b"\0" in path:
        raise SourceError(f"{quoted(path)}: does not exist; name a directory to measure")
    try:
        info = os.stat(path)
    except OSError as error:
        raise SourceError(f"{quoted(path)}: {_why(error)}; name a directory to measure") from error
    if not stat.S_ISDIR(info.st_mode):
        raise SourceError(f"{quoted(path)}: is not a directory; name the directory to measure, not a file in it")


def _why(error: OSError) -> str:
    return "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
