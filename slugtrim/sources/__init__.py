"""Opening a path as the tree that a deploy would send."""

from __future__ import annotations

import os
import posixpath
import stat
from functools import partial

from msgspec.structs import replace

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Found, Tree, quoted
from slugtrim.git import GitError, Repository

__all__ = ["find_in_repository", "find_tree", "open_tree"]


def find_tree(path: bytes, *, rev: str | None = None, prefix: bytes = b"", use_git: bool = True) -> Found:
    """The tree at ``path``, not read yet: a commit with ``rev``, else the work tree it lies in, else all below it.

    ``prefix`` names the directory, from the repository's top, that is deployed on its own. Raises ``UsageError`` for
    ``rev`` without git, ``SourceError`` for what cannot be read as a whole; so does the ``load`` of what it returns.
    """
    if rev is not None and not use_git:
        raise UsageError("--rev: names a commit, which --no-git rules out; drop one of them")
    prefix = normal_prefix(prefix)
    _check_directory(path)
    try:
        repository = Repository.discover(path) if use_git else None
        if repository is None:
            if rev is not None:
                from slugtrim.sources.revision import shown_revision  # a known tree does without

                commit = shown_revision(rev)
                raise SourceError(f"{quoted(path)}: is in no git repository, so it has no commit {commit}; drop --rev")
            from slugtrim.sources.directory import find_directory  # 7 ms that a repository does without

            return find_directory(os.path.realpath(path), prefix)
        found = _find_in_git(repository, rev, prefix)
    except GitError as error:
        raise _trouble(path, error) from error
    return replace(found, load=partial(_load, path, found))


def find_in_repository(repository: Repository, rev: str) -> Found:
    """The tree of a commit of a repository that is open already. Raises as ``find_tree`` does."""
    path = repository.top or repository.git_dir
    try:
        found = _find_in_git(repository, rev, b"")
    except GitError as error:
        raise _trouble(path, error) from error
    return replace(found, load=partial(_load, path, found))


def open_tree(path: bytes, *, rev: str | None = None, prefix: bytes = b"", use_git: bool = True) -> Tree:
    """The same, read at once."""
    return find_tree(path, rev=rev, prefix=prefix, use_git=use_git).load()


def _find_in_git(repository: Repository, rev: str | None, prefix: bytes) -> Found:
    if rev is None:
        from slugtrim.sources.worktree import find_worktree  # a commit does without

        return find_worktree(repository, prefix)
    from slugtrim.sources.commit import find_commit  # a work tree does without

    return find_commit(repository, rev, prefix)


def _load(path: bytes, found: Found) -> Tree:
    try:
        return found.load()
    except GitError as error:
        raise _trouble(path, error) from error


def _trouble(path: bytes, error: GitError) -> SourceError:
    return SourceError(f"{quoted(path)}: git cannot read this repository: {error.first_line}; try git fsck")


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
