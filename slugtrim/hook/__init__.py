"""The git hook: what git writes to ``pre-push`` (githooks(5)), and where a push goes.

Most pushes build nothing, and need no more than this.
"""

from __future__ import annotations

import re

from msgspec import Struct

from slugtrim.config.settings import Config, DeployTarget
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORMS, Platform

BUILDING_REFS = tuple(dict.fromkeys(b"refs/heads/" + name for each in PLATFORMS for name in each.branches))
"""Platforms build pushes to these refs."""
# The local name may be any revision, such as HEAD@{1 day ago}, so it may have spaces; the other fields may not.
_LINE = re.compile(
    rb"[^\n\0]+ (?P<local>[0-9a-f]{40}(?:[0-9a-f]{24})?) (?P<ref>[^\0-\x20\x7f]+) "
    rb"(?P<remote>[0-9a-f]{40}(?:[0-9a-f]{24})?)"
)
_SHOWN_BYTES = 200
_SCHEMES = ("ssh", "git+ssh", "ssh+git", "https", "http", "git")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)", re.DOTALL)
_PORT = re.compile(r":[0-9]*\Z")


class Update(Struct, frozen=True, kw_only=True):
    """One ref that a push changes."""

    ref: bytes
    """Full name on the remote."""
    local: str
    """The object id that is pushed."""
    remote: str | None
    """The object id on the remote now; None for a new ref."""

    @property
    def branch(self) -> bytes:
        return self.ref.removeprefix(b"refs/heads/")


def building_updates(lines: bytes) -> tuple[Update, ...]:
    """Return the updates that start a build: to a branch that is built, and not a deletion. Duplicates count once.

    The last newline may be missing, since husky 4 trims it; full-length ids prove that nothing was cut. Raise
    ``UsageError`` if any line is malformed.
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


def pushed_platform(url: str) -> Platform | None:
    """Return the platform whose host git would push to, or a subdomain of it; None for any other host."""
    host = _host(url).lower()
    if not all(host.split(".")):
        return None
    return next((each for each in PLATFORMS if host == each.host or host.endswith("." + each.host)), None)


def _host(url: str) -> str:
    """Return the host of an address as git and curl parse it; empty for a path and for unknown transports.

    In the scp form, a colon comes before any slash. If a slash comes first, git takes the address as a path.
    """
    match = _URL.match(url)
    if match is not None:
        authority = match[2].rpartition("@")[2] if match[1].lower() in _SCHEMES else ""
        return _PORT.sub("", authority)
    before, colon, after = url.partition(":")
    if not colon or "/" in before or after.startswith(":"):  # name::address is for the remote helper of that name
        return ""
    return before.rpartition("@")[2]


def pushed_target(config: Config, remote: str, url: str) -> DeployTarget | None:
    """Return the target configured for a push to ``remote`` at ``url``; None if there is none."""
    return next((target for target in config.targets if remote in target.remotes or url in target.remotes), None)
