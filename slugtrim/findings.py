"""A finding: something to act on, in whatever report."""

# No `from __future__ import annotations` here: msgspec would evaluate every annotation at import.

from enum import Enum

from msgspec import Struct


class Level(Enum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True, kw_only=True):
    """Something to act on. ``id`` is stable and kebab-case."""

    id: str
    level: Level
    path: bytes
    """The file that it is about."""
    line: int | None
    """The line in it, from 1; None where it is about the file as a whole."""
    message: str
    """What is the matter, as one sentence without a point."""
    cure: str = ""
    """What to do, likewise."""
    paths: tuple[bytes, ...] = ()
    """What else it is about: the paths that a rule takes, those that should not ship."""
    fixable: bool = False
    """Whether ``lint --fix`` mends it."""
