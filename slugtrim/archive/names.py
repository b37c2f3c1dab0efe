"""Names in an archive: the paths they stand for, and where links lead."""

from __future__ import annotations

from collections.abc import Container

from slugtrim.platforms import PLATFORM

APP = PLATFORM.root + b"/"
"""Where the platform keeps the application in a slug, and from the root of a dyno as well."""

_MOST_PARTS = 64
"""Parts of a target that goes down and up again. Linux follows no more than 40 links in one path."""


def normal(name: bytes) -> bytes:
    """The path that ``name`` stands for, from the root of the archive: ``..`` resolved, never above the root."""
    path = name[2:] if name.startswith(b"./") else name
    if b"/." not in path and b"//" not in path and not path.startswith((b"/", b".")) and not path.endswith(b"/"):
        return path  # what nearly every name is
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def has_dot_dot(name: bytes) -> bool:
    """Whether ``..`` is a part of it."""
    return b".." in name and b".." in name.split(b"/")


def leads_out(path: bytes, target: bytes) -> bool:
    """Whether a symlink at ``path`` leads out of the archive, from the directory that it is in.

    An absolute target does, but for one within the application's own place on a dyno.
    """
    if target.startswith(b"/"):
        return not is_in_place(target)
    if b".." not in target:
        return False
    depth = path.count(b"/")
    for part in target.split(b"/"):
        if part == b"..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in (b"", b"."):
            depth += 1
    return False


def passes_a_link(path: bytes, target: bytes, links: Container[bytes]) -> bool:
    """Return True if the target goes up from a place that another link may have moved: a name in it is in ``links``.

    Then ``..`` is not where it seems to be. What goes up first and then down stands in real directories up to there.
    A target of more than ``_MOST_PARTS`` parts is not followed, and counts as one that passes a link.
    """
    if target.count(b"/") >= _MOST_PARTS:
        return True
    base = path.rpartition(b"/")[0]
    below: list[tuple[bytes, bool]] = []
    """Directories that the target went down into, each with whether it or one above it may be moved."""
    for part in target.split(b"/"):
        if part == b"..":
            if not below:
                base = base.rpartition(b"/")[0]
            elif below.pop()[1]:
                return True
        elif part not in (b"", b"."):
            at, is_moved = below[-1] if below else (base, False)
            at = at + b"/" + part if at else part
            below.append((at, is_moved or at in links))
    return False


def is_in_place(target: bytes) -> bool:
    """Whether an absolute target is where the platform puts the application."""
    return target.startswith(b"/") and (normal(target) + b"/").startswith(APP)
