"""What builds really weighed: logs, the journal of recorded builds, and what it teaches.

The path of the journal is here, since a look at one name tells most commands that nothing is recorded.
"""

from __future__ import annotations

import os

_JOURNAL = b"slugtrim/builds.jsonl"


def journal_path(git_dir: bytes) -> bytes:
    """Return the journal of the repository with this common git directory."""
    return os.path.join(git_dir, _JOURNAL)


def has_journal(git_dir: bytes | None) -> bool:
    """Return True if any build is recorded; False for None, outside git. It looks up one name, as most repositories
    have none.
    """
    return git_dir is not None and os.path.isfile(journal_path(git_dir))
