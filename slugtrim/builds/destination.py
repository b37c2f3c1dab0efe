"""Where a build was pushed to: the application, the git remote of that name, the target of the configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from slugtrim.builds.push import app_of_url
from slugtrim.builds.record import Told
from slugtrim.config import Config
from slugtrim.git import Repository

_USER = re.compile(r"(?<=//)[^/@]*@|\A[^/@:]*@")


class Destination(Struct, frozen=True, kw_only=True):
    """What is known of it."""

    app: str | None
    remote: str | None
    target: str | None


def destination(told: Told, repository: Repository, config: Config, target: str | None) -> Destination:
    """As the log has it; ``target`` is the name of the one that somebody asked for."""
    remotes = _remotes(repository)
    matching = [name for name, url in remotes if told.url is not None and _same(url, told.url)]
    if not matching and told.app is not None:
        matching = [name for name, url in remotes if app_of_url(url) == told.app]
    if target is None:
        known = [*matching, told.url]
        target = next((each.name for each in config.targets if any(name in each.remotes for name in known)), None)
    if target is None and config.target is not None:
        # By the environment, which is not asked where the remote tells.
        target = next((each.name for each in config.targets if each.name == config.target.text), None)
    return Destination(app=told.app, remote=matching[0] if matching else None, target=target)


def _remotes(repository: Repository) -> Sequence[tuple[str, str]]:
    """Name and address of what can be pushed to, as git would use it. Raises ``GitError``."""
    found = []
    for line in repository.git(["remote", "-v"]).decode("utf-8", "surrogateescape").splitlines():
        name, _, rest = line.partition("\t")
        if rest.endswith(" (push)"):
            found.append((name, rest.removesuffix(" (push)")))
    return found


def _same(configured: str, printed: str) -> bool:
    """An address as it is configured, and as git prints it: without user and password."""
    return printed in (configured, _USER.sub("", configured))
