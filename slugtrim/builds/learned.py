"""Estimate from recorded builds how much buildpacks will add (``locks.toml`` lists what decides that)."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache

import msgspec
from msgspec import Struct

from slugtrim.builds.build import Build, BuildOutcome
from slugtrim.builds.journal import newest_builds
from slugtrim.config import Config, DeployTarget
from slugtrim.errors import SourceError
from slugtrim.files import File, Found
from slugtrim.ignore import Dialect
from slugtrim.sizer import Overhead
from slugtrim.store import digest, open_store

_TABLE = os.path.join(os.path.dirname(__file__), "locks.toml")
_MOST = 200
"""Lock files stored with a build, at most: a line of the journal is one write."""

_locks = msgspec.msgpack.Decoder(dict[bytes, bytes])


@cache
def _table() -> bytes:
    with open(_TABLE, "rb") as file:
        return file.read()


@cache
def _pattern() -> re.Pattern[bytes]:
    import tomllib  # 4 ms that a repository without recorded builds does not need

    rows = tomllib.loads(_table().decode("utf-8"))["file"]
    paths = [re.escape(path).replace(r"\*", "[^/]*") for row in rows for path in row["paths"]]
    return re.compile("|".join(paths).encode(), re.DOTALL)


def locks_of(files: Iterable[File]) -> dict[bytes, bytes]:
    """Return path to blob id of the lock files in a tree, including those that rules leave out."""
    pattern = _pattern()
    found = {file.path: file.blob for file in files if file.path.count(b"/") < 3 and pattern.fullmatch(file.path)}
    return {path: blob for path, blob in sorted(found.items())[:_MOST] if blob is not None}


def known_locks(found: Found, *, use_cache: bool = True) -> Mapping[bytes, bytes]:
    """Return the lock files of a source, cached for a known tree. Raise as its ``load`` does."""
    if found.fingerprint is None:
        return locks_of(found.load().files)
    store = open_store(found.git_dir if use_cache else None)
    key = digest(b"locks " + found.fingerprint + b" " + _table())
    kept = store.get(key)
    try:
        if kept is not None:
            return _locks.decode(kept)
    except msgspec.DecodeError:
        pass  # another program wrote it
    locks = locks_of(found.load().files)
    store.put(key, msgspec.msgpack.encode(locks))
    return locks


_DAY_SECONDS = 86_400


class BuildQuery(Struct, frozen=True, kw_only=True):
    """Which builds to use."""

    target: DeployTarget | None = None
    app: str | None = None
    remote: str | None = None

    def has(self, build: Build) -> bool:
        """Return True if the build counts: with a target only its own builds, else those of the same application or
        remote.
        """
        if self.target is not None:
            return build.target == self.target.name or build.remote in self.target.remotes
        for mine, its in ((self.app, build.app), (self.remote, build.remote)):
            if mine is not None and its is not None:
                return mine == its
        return True


def wanted_target(config: Config, name: str | None) -> BuildQuery:
    """Return the query for the builds of the target with this name; without a name, for all builds."""
    return BuildQuery(target=next((target for target in config.targets if target.name == name), None))


def overhead_of_found(found: Found, dialect: Dialect, wanted: BuildQuery, *, use_cache: bool = True) -> Overhead | None:
    """Return ``recorded_overhead`` for a source. Read it only if its lock files are unknown. Raise as its ``load``
    does.
    """
    assert found.git_dir is not None
    locks = known_locks(found, use_cache=use_cache)
    return recorded_overhead(found.git_dir, locks, dialect, wanted, now_seconds=time.time())


def recorded_overhead(
    git_dir: bytes, locks: Mapping[bytes, bytes], dialect: Dialect, wanted: BuildQuery, *, now_seconds: float
) -> Overhead | None:
    """Return the overhead of the newest build with the same lock files, else of the newest build; None without builds.

    If lock files differ, the estimate is still better than none, and ``changed`` has their paths.
    """
    newest = None
    # Ignore a journal that can't be read: `builds list` says why, and it must not stop a push.
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
            continue  # otherwise the push that fixes it would be stopped by it
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
