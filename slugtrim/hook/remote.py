"""Where a push goes: to the platform, or to the remote of a target that somebody configured."""

from __future__ import annotations

import re

from slugtrim.config import Config, DeployTarget
from slugtrim.platforms import PLATFORMS, Platform

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
