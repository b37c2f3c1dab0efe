"""Where git looks for a repository's hooks: none of them is ever run, but one can be put there."""

from __future__ import annotations

import os

from msgspec import Struct

from slugtrim.git.command import GitError
from slugtrim.git.repository import Repository

_OWN_SCOPES = (b"local", b"worktree")


class HooksDirectory(Struct, frozen=True, kw_only=True):
    """The directory that git uses; it need not exist."""

    path: bytes
    """Absolute."""
    is_shared: bool
    """A configuration beyond the repository's own names it: hooks in it are for every repository of the user."""
    is_tracked: bool
    """The repository tracks files in it: hooks in it are everybody's who works on it."""


def hooks_directory(repository: Repository) -> HooksDirectory:
    """As ``core.hooksPath`` has it, else the one in the git directory that linked work trees share.

    Raises ``GitError``.
    """
    scope, value = _configured(repository)
    path = os.path.join(repository.common_dir, b"hooks")
    if scope:
        # A relative one is taken from where hooks are run.
        path = os.path.normpath(os.path.join(repository.top or repository.git_dir, value))
    is_shared = bool(scope) and scope not in _OWN_SCOPES
    return HooksDirectory(path=path, is_shared=is_shared, is_tracked=_is_tracked(repository, path))


def _configured(repository: Repository) -> tuple[bytes, bytes]:
    """Scope and value of ``core.hooksPath``, empty where it is not set."""
    # The hardening sets the same key for the call: what is asked for stands before it.
    question = ["config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"]
    fields = repository.git(question, ok=(0, 1)).split(b"\0")
    found = [pair for pair in zip(fields[::2], fields[1::2], strict=False) if pair[0] != b"command"]
    return found[-1] if found else (b"", b"")


def _is_tracked(repository: Repository, path: bytes) -> bool:
    if repository.top is None:
        return False
    inside = os.path.relpath(os.path.realpath(path), repository.top)
    if inside == b".." or inside.startswith(b"../"):
        return False
    try:
        return bool(repository.git(["--literal-pathspecs", "ls-files", "-z", "--", inside]))
    except GitError:
        return False  # within the git directory
