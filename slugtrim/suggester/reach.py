"""The record of why a deploy uses a file."""

from __future__ import annotations

from msgspec import Struct

from slugtrim.suggester.record import Grade


class Link(Struct, frozen=True, kw_only=True):
    """One step of a chain."""

    path: bytes | None
    """The file that names the next one; None for a convention."""
    line: int | None
    """In ``path``, from 1."""
    text: str
    """What the entry point or the convention is: ``web``, ``Rails loads app/``; empty for a reference."""


class Trace(Struct, frozen=True, kw_only=True):
    """How a deploy comes to a file."""

    grade: Grade
    chain: tuple[Link, ...]
    """From the entry point to whatever names the file; only the latter if no deploy reaches it."""
    excuse: str | None = None
    """Why the reference is harmless if the file is absent, in a few words: ``for tests only``. None if it is not."""
