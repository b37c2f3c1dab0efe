"""Describe revisions in messages."""

from __future__ import annotations

import os

from slugtrim.files import quoted
from slugtrim.git import Repository

_SHOWN_CHARACTERS = 80


def shown_revision(rev: str) -> str:
    """Return a revision for a message: on one line, and not too long."""
    if not rev:
        return '""'
    name = quoted(rev.encode("utf-8", "surrogateescape" if _is_encodable(rev) else "backslashreplace"))
    return name if len(name) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"


def ambiguity(repository: Repository, rev: str) -> str | None:
    """Return the message for a short id that several objects share; None for any other revision."""
    if not repository.is_ambiguous(rev):
        return None
    shown = shown_revision(rev)
    return f"{shown}: is ambiguous: several objects of this repository begin so; write more of the id"


def _is_encodable(rev: str) -> bool:
    try:
        os.fsencode(rev)
    except UnicodeEncodeError:
        return False
    return True
