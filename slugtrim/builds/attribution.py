"""Find the recorded builds that starts are of, remember them there, and compare those of two builds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.builds.build import Build, BuildOutcome, Told
from slugtrim.builds.journal import append_starts, read_journal
from slugtrim.builds.learned import BuildQuery
from slugtrim.builds.place import has_journal
from slugtrim.builds.reasons import BuildChange
from slugtrim.builds.starts import SlugStarts, StartChange, Starts, joined, start_times
from slugtrim.errors import SourceError
from slugtrim.platforms import RUNNING_LOG


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


def start_changes(git_dir: bytes | None, before: str | None, after: str | None) -> tuple[StartChange, ...]:
    """Return the start times that are known of the builds of both commits, of one application.

    A journal that cannot be read has none: `builds list` says why.
    """
    if git_dir is None or before is None or after is None or not has_journal(git_dir):
        return ()
    try:
        builds = read_journal(git_dir).builds
    except SourceError:
        return ()
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
    if git_dir is None or number == word or not (number.isascii() and number.isdigit()) or not has_journal(git_dir):
        return None
    try:
        builds = read_journal(git_dir).builds
    except SourceError:
        return None
    return next((each for each in reversed(builds) if str(each.release) == number and each.commit is not None), None)


def build_change(git_dir: bytes | None, before: tuple[str, str], after: tuple[str, str]) -> BuildChange | None:
    """Return the recorded builds of two sides, each a name and a commit; None unless both are of one application.

    A name that is a release, as ``v24``, is that build, else the newest of the commit counts.
    """
    if git_dir is None or not has_journal(git_dir):
        return None
    try:
        builds = read_journal(git_dir).builds
    except SourceError:
        return None
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
