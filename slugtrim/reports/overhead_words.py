"""What is said of an overhead: where it comes from, and why it may be another by now.

A push says it as well, so nothing is imported here that has to do with a check.
"""

from __future__ import annotations

from slugtrim.files import quoted
from slugtrim.sizer import Overhead


def origin(overhead: Overhead) -> str:
    """Where an overhead comes from, and how old it is."""
    name = overhead.origin
    shown = name if name.isprintable() else quoted(name.encode("utf-8", "surrogateescape"))
    days = overhead.age_days
    if days is None:
        return shown
    age = f"{days:,} {'day' if days == 1 else 'days'} old" if days else "less than a day old"
    return f"{shown}, {age}"


def doubt(overhead: Overhead) -> str:
    """Why it may be another by now; empty where nothing speaks for that."""
    if not overhead.changed:
        return ""
    first, more = quoted(overhead.changed[0]), len(overhead.changed) - 1
    return f"{first}{f' and {more:,} more' if more else ''} changed since"
