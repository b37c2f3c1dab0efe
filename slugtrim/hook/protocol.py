"""What git tells a ``pre-push`` hook on stdin (githooks(5)), and whether the destination of a push builds."""

from __future__ import annotations

import re

from msgspec import Struct

from slugtrim.config import Config, DeployTarget
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM, PLATFORMS, Platform

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


_SCHEMES = ("ssh", "git+ssh", "ssh+git", "https", "http", "git")


_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)", re.DOTALL)


_PORT = re.compile(r":[0-9]*\Z")


def pushed_platform(url: str) -> Platform | None:
    """Return the platform whose host git would push to, or a subdomain of it; None for any other host."""
    host = _host(url).lower()
    if not all(host.split(".")):
        return None
    return next((each for each in PLATFORMS if host == each.host or host.endswith("." + each.host)), None)


def _host(url: str) -> str:
    """The host in an address, as git and curl find it there; empty for a path, and for what they speak otherwise to.

    The scp form has a colon before any slash; where a slash comes first, git takes it for a path.
    """
    match = _URL.match(url)
    if match is not None:
        authority = match[2].rpartition("@")[2] if match[1].lower() in _SCHEMES else ""
        return _PORT.sub("", authority)
    before, colon, after = url.partition(":")
    if not colon or "/" in before or after.startswith(":"):  # name::address is for a program of that name
        return ""
    return before.rpartition("@")[2]


def pushed_target(config: Config, remote: str, url: str) -> DeployTarget | None:
    """The target that a push to ``remote`` at ``url`` is for; None where none is configured for it."""
    return next((target for target in config.targets if remote in target.remotes or url in target.remotes), None)
