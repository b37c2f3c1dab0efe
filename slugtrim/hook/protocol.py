"""What git tells a ``pre-push`` hook on its stdin, a line for each ref: githooks(5)."""

from __future__ import annotations

import re

from msgspec import Struct

from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM

BUILDING_REFS = tuple(b"refs/heads/" + name for name in PLATFORM.branches)
"""The platform builds what is pushed here."""

# What was named locally may be any revision, as HEAD@{1 day ago}: it may have spaces, the rest may not.
_LINE = re.compile(
    rb"[^\n\0]+ (?P<local>[0-9a-f]{40}(?:[0-9a-f]{24})?) (?P<ref>[^\0-\x20\x7f]+) "
    rb"(?P<remote>[0-9a-f]{40}(?:[0-9a-f]{24})?)"
)
_SHOWN_BYTES = 200


class Update(Struct, frozen=True, kw_only=True):
    """One ref that a push changes."""

    ref: bytes
    """Its full name on the remote."""
    local: str
    """Id of what it shall be."""
    remote: str | None
    """Id of what it is there; None for a new one."""

    @property
    def branch(self) -> bytes:
        """The name of the branch."""
        return self.ref.removeprefix(b"refs/heads/")


def building_updates(lines: bytes) -> tuple[Update, ...]:
    """Those of the updates that build: of a branch that is built, and no deletion. A line that comes twice counts once.

    The last newline may be missing: husky 4 trims it, and ids of full length tell that nothing was cut off.
    Raises ``UsageError`` for what is not git's form, in whichever line.
    """
    found = {}
    for line in lines.removesuffix(b"\n").split(b"\n") if lines else ():
        match = _LINE.fullmatch(line)
        if match is None or len(match["local"]) != len(match["remote"]):
            shown = quoted(line[:_SHOWN_BYTES]) or "an empty line"
            raise UsageError(f"stdin: {shown}: is not LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID; let git call the hook")
        if match["ref"] in BUILDING_REFS and match["local"].strip(b"0"):
            remote = match["remote"].decode() if match["remote"].strip(b"0") else None
            update = Update(ref=match["ref"], local=match["local"].decode(), remote=remote)
            found[update] = update
    return tuple(found)
