"""The record of why a deploy uses a file."""

from __future__ import annotations

from msgspec import Struct

from slugtrim.suggester.record import Grade, Link

__all__ = ["Link", "Trace"]


class Trace(Struct, frozen=True, kw_only=True):
    """How a deploy comes to a file."""

    grade: Grade
    chain: tuple[Link, ...]
    """From the entry point to whatever names the file; only the latter if no deploy reaches it."""
    excuse: str | None = None
    """Why the reference is harmless if the file is absent, in a few words: ``for tests only``. None if it is not."""
