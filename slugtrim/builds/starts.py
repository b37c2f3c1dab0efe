"""Read from the log of a running application how long its processes took to start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from slugtrim.platforms import RUNNING_LOG

MAX_STARTS = 100
"""At most this many starts are kept of a process type of a build, the newest: they are one line of the journal."""
MAX_PROCESSES = 20
_MAX_SLUGS = 100
_MAX_DYNOS = 1000
"""Starts that are still under way. A log that has more of them is not from a real application."""
_MAX_SECONDS = 600
"""Lines further apart than this are not of one start: the platform stops a web process that takes longer."""
_SAME_EVENT_MS = 1000
"""The platform writes two lines about a release, in any order, with the same time or nearly so."""


class Start(NamedTuple):
    """One start of one process. It sorts by its time."""

    at_ms: int
    """When the process was started, in milliseconds since 1970."""
    number: int
    """Of the process among those of its type."""
    took_ms: int


Starts = Mapping[str, tuple[Start, ...]]
"""By process type, oldest first."""


class StartTimes(Struct, frozen=True, kw_only=True):
    """What the starts of one process type come to."""

    count: int
    median_seconds: float
    max_seconds: float


class StartChange(Struct, frozen=True, kw_only=True):
    """How long the processes of one type took to start, in two builds."""

    process: str
    before: StartTimes
    after: StartTimes


def start_times(starts: Iterable[Start]) -> StartTimes | None:
    """Return the sums of the starts of one process type; None if there are none."""
    took = sorted(start.took_ms for start in starts)
    if not took:
        return None
    median_ms = (took[(len(took) - 1) // 2] + took[len(took) // 2]) / 2
    return StartTimes(count=len(took), median_seconds=median_ms / 1000, max_seconds=took[-1] / 1000)


def joined(*several: Starts) -> dict[str, tuple[Start, ...]]:
    """Return all starts, each once, within the bounds.

    Joining again what was joined before changes nothing, in whatever order it comes.
    """
    names = sorted({name for each in several for name in each})[:MAX_PROCESSES]
    return {name: _newest(start for each in several for start in each.get(name, ())) for name in names}


def _newest(starts: Iterable[Start]) -> tuple[Start, ...]:
    return tuple(sorted(set(starts))[-MAX_STARTS:])


class SlugStarts(Struct, frozen=True, kw_only=True):
    """The starts of one slug, with what the log says of that slug."""

    release: int | None
    """The release that deployed it, if the log says."""
    commit: str | None
    """Abbreviated id of the commit that it was built from, if the log says."""
    latest: int | None
    """It was deployed with this release or an earlier one, if the log says only that."""
    starts: Starts


_LOG = RUNNING_LOG
_STARTING = re.compile(_LOG.starting)
_CHANGED = re.compile(_LOG.changed)
_CREATED = re.compile(_LOG.created)
_DECLARED = re.compile(_LOG.declared)
_DEPLOYED = re.compile(_LOG.deployed)
_ROLLED_BACK = re.compile(_LOG.rolled_back)
_BEGINS = _LOG.begins
_STARTED = (b"starting", b"up")
_COMMIT = re.compile(rb"[0-9a-f]{7,64}")
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class _Slug:
    """A slug that processes start from."""

    def __init__(self, *, is_deployed: bool = False, commit: str | None = None, latest: int | None = None) -> None:
        self.is_deployed = is_deployed
        """The log has the line of its deploy."""
        self.release: int | None = None
        self.commit = commit
        self.latest = latest
        self.starts: dict[str, list[Start]] = {}

    def add(self, process: str, start: Start) -> None:
        if process not in self.starts and len(self.starts) == MAX_PROCESSES:
            return
        kept = self.starts.setdefault(process, [])
        kept.append(start)
        if len(kept) > 2 * MAX_STARTS:
            kept[:] = _newest(kept)


class StartReader:
    """Takes the lines of a log, each with its time. Memory doesn't grow with the log."""

    def __init__(self) -> None:
        self.is_found = False
        """Whether any line is from the log of a running application."""
        self._slug = _Slug()
        self._slugs = [self._slug]
        self._releases: dict[int, _Slug] = {}
        self._next: _Slug | None = None
        """Deployed or rolled back to, but its release is not there yet."""
        self._declared: int | None = None
        """The release that runs its commands before it is there."""
        self._created: tuple[int, int] | None = None
        """When the newest release was made, and its number. None after a line that says why it was."""
        self._since_ms = 0
        self._starting: dict[tuple[bytes, int], tuple[int, _Slug]] = {}

    def take(self, text: bytes, time: bytes) -> bool:
        """Take one line without the time before it.

        Return False for lines of other kinds, or without a valid time. They are ignored.
        """
        at_ms = _milliseconds(time) if text.startswith(_BEGINS) else None
        if at_ms is None:
            return False
        if (match := _STARTING.match(text)) is not None:
            self._start(match[1], int(match[2]), at_ms)
        elif (match := _CHANGED.match(text)) is not None:
            self._change(match[1], int(match[2]), at_ms, is_up=(match[3], match[4]) == _STARTED)
        elif (match := _CREATED.match(text)) is not None:
            self._create(int(match[1]), at_ms)
        elif (match := _DECLARED.match(text)) is not None:
            self._declared = int(match[1])
        elif (match := _DEPLOYED.match(text)) is not None:
            commit = match[1].decode("ascii") if _COMMIT.fullmatch(match[1]) else None
            self._replace(_Slug(is_deployed=True, commit=commit), at_ms)
        elif (match := _ROLLED_BACK.match(text)) is not None:
            release = int(match[1])
            self._replace(self._releases.get(release) or _Slug(latest=release), at_ms)
        else:
            return False
        self.is_found = True
        return True

    def end(self) -> tuple[SlugStarts, ...]:
        """Return what the log says, in its order. A start that did not come to its end is none."""
        return tuple(
            SlugStarts(
                release=slug.release,
                commit=slug.commit,
                latest=slug.latest,
                starts={process: _newest(starts) for process, starts in slug.starts.items()},
            )
            for slug in self._slugs
            if slug.starts
        )

    def _start(self, process: bytes, number: int, at_ms: int) -> None:
        self._starting.pop((process, number), None)
        # Lines older than the release before them are from another log, or made up.
        if process.decode("ascii") in _LOG.one_off or at_ms < self._since_ms:
            return
        if len(self._starting) == _MAX_DYNOS:
            del self._starting[next(iter(self._starting))]
        self._starting[process, number] = (at_ms, self._slug)

    def _change(self, process: bytes, number: int, at_ms: int, *, is_up: bool) -> None:
        begun_ms, slug = self._starting.pop((process, number), (None, self._slug))
        if begun_ms is None or not is_up:
            return
        took_ms = at_ms - begun_ms
        if 0 <= took_ms <= _MAX_SECONDS * 1000:
            slug.add(process.decode("ascii"), Start(begun_ms, number, took_ms))

    def _create(self, release: int, at_ms: int) -> None:
        """A release is there: with the slug of the deploy before it, else with the slug of the release before."""
        slug = self._next if self._declared in (None, release) else None
        self._next = self._declared = None
        self._since_ms = at_ms
        if slug is not None:
            self._created = None
            self._switch(slug, release)
            return
        self._created = (at_ms, release)
        if not self._slug.is_deployed and self._slug.latest is None:
            self._slug.latest = release
        self._keep(release)

    def _replace(self, slug: _Slug, at_ms: int) -> None:
        """A deploy or rollback: of the release that was made at the same time, else of the next one."""
        if self._created is not None and abs(at_ms - self._created[0]) <= _SAME_EVENT_MS:
            release = self._created[1]
            if self._slug.latest == release:
                self._slug.latest = release - 1
            self._created = None
            self._switch(slug, release)
        else:
            self._next = slug

    def _switch(self, slug: _Slug, release: int) -> None:
        if not self._slug.is_deployed and self._slug.latest is None:
            self._slug.latest = release - 1
        if slug.is_deployed and slug.release is None:
            slug.release = release
            # The same log again, or one that overlaps.
            known = self._releases.get(release)
            slug = known if known is not None and known.release == release else slug
        if slug not in self._slugs:
            self._slugs.append(slug)
            del self._slugs[:-_MAX_SLUGS]
        self._slug = slug
        self._keep(release)

    def _keep(self, release: int) -> None:
        self._releases.pop(release, None)
        self._releases[release] = self._slug
        if len(self._releases) > _MAX_SLUGS:
            del self._releases[next(iter(self._releases))]


def _milliseconds(time: bytes) -> int | None:
    """Return the milliseconds since 1970; None for what is not a full time, with its zone, after that."""
    if _TIME.fullmatch(time) is None:
        return None
    try:
        at_ms = (datetime.fromisoformat(time.decode("ascii")) - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None
    return at_ms if at_ms >= 0 else None
