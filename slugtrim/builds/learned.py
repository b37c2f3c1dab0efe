"""What recorded builds say of the next one: how much buildpacks add."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from slugtrim.builds.journal import newest_builds
from slugtrim.builds.locks import known_locks
from slugtrim.builds.record import Build, BuildOutcome
from slugtrim.config import Config, DeployTarget
from slugtrim.errors import SourceError
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.sizer import Overhead

_DAY_SECONDS = 86_400


class BuildQuery(Struct, frozen=True, kw_only=True):
    """Of which builds."""

    target: DeployTarget | None = None
    app: str | None = None
    remote: str | None = None

    def has(self, build: Build) -> bool:
        """Whether a build tells of what is wanted: of a target only its own; else of an application its own."""
        if self.target is not None:
            return build.target == self.target.name or build.remote in self.target.remotes
        for mine, its in ((self.app, build.app), (self.remote, build.remote)):
            if mine is not None and its is not None:
                return mine == its
        return True


def wanted_target(config: Config, name: str | None) -> BuildQuery:
    """The builds of the target of this name; without a name all."""
    return BuildQuery(target=next((target for target in config.targets if target.name == name), None))


def overhead_of_found(found: Found, dialect: Dialect, wanted: BuildQuery, *, use_cache: bool = True) -> Overhead | None:
    """``recorded_overhead`` for a source, which is not read where its lock files are known. Raises as its ``load``."""
    assert found.git_dir is not None
    locks = known_locks(found, use_cache=use_cache)
    return recorded_overhead(found.git_dir, locks, dialect, wanted, now_seconds=time.time())


def recorded_overhead(
    git_dir: bytes, locks: Mapping[bytes, bytes], dialect: Dialect, wanted: BuildQuery, *, now_seconds: float
) -> Overhead | None:
    """That of the newest build with the same lock files, else of the newest; None where none tells of it.

    A number in doubt is better than none, and says so: it has the paths that changed.
    """
    newest = None
    # A journal that cannot be read says nothing: `builds list` tells why, and no push is stopped for it.
    with contextlib.suppress(SourceError):
        for build, size_bytes in _telling(git_dir, dialect, wanted):
            if build.locks == locks:
                return _overhead(build, size_bytes, (), now_seconds)
            newest = newest or (build, size_bytes)
    if newest is None:
        return None
    build, size_bytes = newest
    paths = sorted({**build.locks, **locks})
    changed = tuple(path for path in paths if build.locks.get(path) != locks.get(path))
    return _overhead(build, size_bytes, changed, now_seconds)


def _telling(git_dir: bytes, dialect: Dialect, wanted: BuildQuery) -> Iterator[tuple[Build, int]]:
    for build in newest_builds(git_dir):
        if build.outcome is BuildOutcome.TOO_LARGE:
            continue  # else the push that repairs it would be stopped by what it repairs
        size_bytes = build.overhead_bytes(dialect)
        if size_bytes is not None and wanted.has(build):
            yield build, size_bytes


def _overhead(build: Build, size_bytes: int, changed: tuple[bytes, ...], now_seconds: float) -> Overhead:
    age_seconds = now_seconds - datetime.fromisoformat(build.date).timestamp()
    return Overhead(
        size_bytes=size_bytes,
        origin=build.name,
        age_days=max(0, int(age_seconds // _DAY_SECONDS)),
        changed=changed,
    )
