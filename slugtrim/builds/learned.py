"""Find the recorded builds that a tree, a start or two commits belong to, and say what they tell.

Of a tree it is how much buildpacks will add (``locks.toml`` lists what decides that).
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.builds import has_journal
from slugtrim.builds.build import Build, BuildOutcome, Told
from slugtrim.builds.journal import append_starts, newest_builds, read_journal
from slugtrim.builds.starts import SlugStarts, StartChange, Starts, joined, start_times
from slugtrim.builds.tools import BuildChange
from slugtrim.config.settings import Config, DeployTarget
from slugtrim.errors import SourceError
from slugtrim.files import File, Found
from slugtrim.ignore import Dialect
from slugtrim.platforms import RUNNING_LOG
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


class StartsFound(Struct, frozen=True, kw_only=True):
    """Starts of a log, and the recorded build that they are of."""

    slug: SlugStarts
    """As the log has it; the first of several slugs of one build."""
    builds: tuple[Build, ...]
    """The build, with all its starts that are known. None if it isn't recorded; several if it could be any of them."""
    is_assumed: bool = False
    """Whether the log leaves open which build it is."""
    is_new: bool = False
    """Whether any start was not known before."""


def remember_starts(
    told: Told, git_dir: bytes, wanted: BuildQuery, release: int | None = None
) -> tuple[StartsFound, ...]:
    """Remember the starts that a log has, each once. Return them by build. Raises ``SourceError``.

    ``release`` is the one that the log is of where it doesn't say.
    """
    recorded = read_journal(git_dir).builds
    builds = [build for build in recorded if wanted.has(build)]
    found: list[StartsFound] = []
    by_build: dict[int, list[SlugStarts]] = {}
    for slug in told.starts:
        matching = _matching(slug, builds, release)
        places = {build.destination: at for at, build in enumerate(builds) if build in matching}
        if len(places) == 1:
            (at,) = places.values()
            by_build.setdefault(at, []).append(slug)
            continue
        newest = tuple(builds[at] for at in places.values())
        found.append(StartsFound(slug=slug, builds=newest))
    for at, slugs in by_build.items():
        build = builds[at]
        together = joined(build.starts, *(slug.starts for slug in slugs))
        if together != build.starts:
            append_starts(git_dir, build, _added(build.starts, together))
        found.append(
            StartsFound(
                slug=slugs[0],
                builds=(replace(build, starts=together),),
                is_assumed=release is None and any(map(_is_unnamed, slugs)),
                is_new=together != build.starts,
            )
        )
    return tuple(found)


def _is_unnamed(slug: SlugStarts) -> bool:
    """Return True if the log has neither release nor commit of a slug."""
    return slug.release is None and slug.commit is None


def _matching(slug: SlugStarts, builds: Sequence[Build], release: int | None) -> list[Build]:
    """Return the builds that may have made this slug: by its release, else by its commit, else the newest before it."""
    if _is_unnamed(slug):
        if release is not None:
            return [build for build in builds if build.release == release]
        return list(_newest_before(slug.latest, builds))
    released = [build for build in builds if slug.release is not None and build.release == slug.release]
    same = [build for build in released or builds if _has_commit(build, slug.commit)]
    if released:
        return same or released
    return [build for build in same if slug.release is None or build.release is None]


def _has_commit(build: Build, commit: str | None) -> bool:
    return commit is not None and build.commit is not None and build.commit.startswith(commit)


def _newest_before(latest: int | None, builds: Sequence[Build]) -> Iterator[Build]:
    """Yield the newest released build of each application, none after the release ``latest``."""
    newest: dict[str | None, Build] = {}
    for build in builds:
        if build.outcome not in (BuildOutcome.RELEASED, BuildOutcome.BUILT):
            continue
        if latest is None or (build.release is not None and build.release <= latest):
            newest[build.destination] = build
    yield from newest.values()


def _added(known: Starts, together: Starts) -> Starts:
    """Return the starts that were not known."""
    new = {process: tuple(sorted({*starts}.difference(known.get(process, ())))) for process, starts in together.items()}
    return {process: starts for process, starts in new.items() if starts}


def _recorded(git_dir: bytes | None) -> Sequence[Build]:
    """Return all recorded builds; none outside git, or if the journal can't be read: `builds list` says why."""
    if has_journal(git_dir):
        assert git_dir is not None
        with contextlib.suppress(SourceError):
            return read_journal(git_dir).builds
    return ()


def start_changes(git_dir: bytes | None, before: str | None, after: str | None) -> tuple[StartChange, ...]:
    """Return the start times that are known of the builds of both commits, of one application."""
    if before is None or after is None:
        return ()
    builds = _recorded(git_dir)
    earlier, later = (
        {build.destination: build for build in builds if build.commit == commit and build.starts}
        for commit in (before, after)
    )
    destination = next((name for name in reversed(later) if name in earlier), None)
    if destination not in later or destination not in earlier:
        return ()
    return tuple(_changes(earlier[destination].starts, later[destination].starts))


def recorded_release(git_dir: bytes | None, word: str) -> Build | None:
    """Return the newest build of a release, as ``v24``; None if it isn't recorded with a commit."""
    number = word.removeprefix("v")
    if number == word or not (number.isascii() and number.isdigit()):
        return None
    builds = _recorded(git_dir)
    return next((each for each in reversed(builds) if str(each.release) == number and each.commit is not None), None)


def build_change(git_dir: bytes | None, before: tuple[str, str], after: tuple[str, str]) -> BuildChange | None:
    """Return the recorded builds of two sides, each a name and a commit; None unless both are of one application.

    A name that is a release, as ``v24``, is that build, else the newest of the commit counts.
    """
    builds = _recorded(git_dir)
    earlier, later = (
        {build.destination: build for build in builds if build.commit == commit and name == f"v{build.release}"}
        or {build.destination: build for build in builds if build.commit == commit}
        for name, commit in (before, after)
    )
    both = next((name for name in reversed(later) if name in earlier), None)
    if both not in earlier or both not in later or earlier[both] == later[both]:
        return None
    return BuildChange(before=earlier[both], after=later[both])


def _changes(before: Starts, after: Starts) -> Iterator[StartChange]:
    for process in in_order(after):
        was, now = start_times(before.get(process, ())), start_times(after[process])
        if was is not None and now is not None:
            yield StartChange(process=process, before=was, after=now)


def in_order(starts: Starts) -> list[str]:
    """Return the process types, the one that takes requests first."""
    return sorted(starts, key=lambda process: (process != RUNNING_LOG.serving, process))
