"""A revision as it may stand in a message."""

from __future__ import annotations

import os

from slugtrim.files import quoted

_SHOWN_CHARACTERS = 80


def shown_revision(rev: str) -> str:
    """A revision as it may stand in a message: on one line, and not too long."""
    if not rev:
        return '""'
    name = quoted(rev.encode("utf-8", "surrogateescape" if _is_encodable(rev) else "backslashreplace"))
    return name if len(name) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"


def _is_encodable(rev: str) -> bool:
    try:
        os.fsencode(rev)
    except UnicodeEncodeError:
        return False
    return True
