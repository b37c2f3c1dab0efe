"""What git's own ignore rules say of a work tree."""

from __future__ import annotations

from msgspec import Struct

from slugtrim.git.command import run_together
from slugtrim.git.listing import records
from slugtrim.git.repository import Repository


class Ignored(Struct, frozen=True, kw_only=True):
    """Paths from the repository's top that git ignores."""

    untracked: tuple[bytes, ...]
    """Not tracked, so no push sends them; of a directory with nothing tracked in it, the directory and a slash."""
    tracked: tuple[bytes, ...]
    """Tracked all the same."""


def ignored_paths(repository: Repository, prefix: bytes = b"") -> Ignored:
    """What is ignored below directory ``prefix`` of a work tree. Raises ``GitError``."""
    below = [b"--", prefix + b"/"] if prefix else []
    kinds = (["--others", "--directory"], ["--cached"])
    commands: list[list[str | bytes]] = [
        [*repository.command_prefix, "ls-files", "--ignored", "--exclude-standard", "-z", *kind, *below]
        for kind in kinds
    ]
    untracked, tracked = run_together(commands, repository.environment)
    return Ignored(untracked=tuple(records(untracked)), tracked=tuple(records(tracked)))
