"""What each file of a compiled slug belongs to: its group, its package and the version of that."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.names import normalized
from slugtrim.anatomy.placing import Placed, place
from slugtrim.diff.record import Part
from slugtrim.files import File

_PYTHON = "python-packages"


def parts_of(files: Sequence[File], seen: Seen) -> dict[bytes, Part]:
    """Path to part of every file. ``seen`` is what looks saw while the slug was read."""
    parts: dict[Part, Part] = {}  # one of a kind: tens of thousands of files belong to a few hundred
    found = {}
    for placed in place(files, seen):
        part = _part(placed)
        found[placed.file.path] = parts.setdefault(part, part)
    return found


def _part(placed: Placed) -> Part:
    copy = placed.package
    if copy is None:
        return Part(placed.group.name)
    # Django became django, and is the same package.
    name = normalized(copy.name) if copy.group == _PYTHON else copy.name
    return Part(placed.group.name, name, copy.version)
