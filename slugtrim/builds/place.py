"""Where builds are remembered: a file in the git directory that linked work trees share."""

from __future__ import annotations

import os

_JOURNAL = b"slugtrim/builds.jsonl"


def journal_path(git_dir: bytes) -> bytes:
    """The journal of the repository with this (common) git directory."""
    return os.path.join(git_dir, _JOURNAL)


def has_journal(git_dir: bytes | None) -> bool:
    """Whether any build was remembered: one look, for none is what most repositories have. None is outside git."""
    return git_dir is not None and os.path.isfile(journal_path(git_dir))
