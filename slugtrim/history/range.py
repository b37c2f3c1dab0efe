"""The commits of a range, and the history of their slugs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from slugtrim.builds.build import Build
from slugtrim.builds.journal import read_journal
from slugtrim.errors import SourceError, UsageError
from slugtrim.files import quoted
from slugtrim.git import Repository
from slugtrim.git.history import Commit, commits, shallow_commits, since_seconds, tags
from slugtrim.history.growth import HistoryRow, SlugHistory, blame, largest, layers
from slugtrim.history.measuring import HistoryTerms, Measurer, Stop
from slugtrim.ignore import Dialect
from slugtrim.sizer import classify
from slugtrim.sizer.progress import Progress
from slugtrim.sources.revision import ambiguity, shown_revision

_LARGEST = 10
_SHORT_ID = 10
_NOW = ("now", "today")


class HistoryRequest(Struct, frozen=True, kw_only=True):
    """What was asked for."""

    name: str = "HEAD"
    """A commit, ``A..B`` or ``A...B``."""
    prefix: bytes = b""
    all_parents: bool = False
    every: int = 1
    since: str | None = None
    only_tags: bool = False
    part: bytes | None = None
    is_estimated: bool = False
    largest: int = _LARGEST
    has_blame: bool = False


def slug_history(
    repository: Repository,
    wanted: HistoryRequest,
    dialect: Dialect,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    begun: Callable[[int], None] = lambda unmeasured: None,
    done: Callable[[int, int], None] = lambda done, all_: None,
) -> SlugHistory:
    """Return the slugs of the commits that are wanted.

    After Ctrl-C it holds what was measured until then. ``begun`` gets the number of commits that the cache lacks,
    ``done`` how many commits are measured, and of how many. Raise ``SourceError`` for a range that names no commits,
    and for trees that can't be read; ``UsageError`` for a date or a part that means nothing.
    """
    if wanted.since is not None:
        _check_date(repository, wanted.since)
    base, tip = range_ends(repository, wanted.name)
    listed = commits(repository, tip, base, all_parents=wanted.all_parents, since=wanted.since)
    named = tags(repository) if wanted.only_tags else {}
    shallow = shallow_commits(repository)
    places = list(_places(listed, wanted, named, shallow))
    terms = HistoryTerms(
        dialect=dialect,
        prefix=wanted.prefix,
        part=wanted.part,
        is_estimated=wanted.is_estimated,
        all_parents=wanted.all_parents,
    )
    builds = _builds(repository)
    rows: list[HistoryRow] = []
    found = None
    is_complete = False
    with Measurer(repository, terms, places, use_cache=use_cache, progress=progress or Progress()) as measurer:
        try:
            begun(measurer.unmeasured())
            for place, measured in zip(places, measurer.measured(), strict=True):
                step = measured.step
                rows.append(
                    HistoryRow(
                        commit=place.commit,
                        tags=tuple(named.get(place.commit.id, ())),
                        step=step,
                        size_class=classify(step.compressed_bytes) if step and wanted.part is None else None,
                        problem=measured.problem,
                        builds=builds.get(place.commit.id, ()),
                    )
                )
                done(len(rows), len(places))
            if wanted.has_blame and rows:
                found = blame(rows, layers(rows), measurer.shares())
            is_complete = True
        except KeyboardInterrupt:
            pass  # what was measured is the report, and it says that it is not all
    if wanted.part is not None and is_complete:
        _check_part(rows, wanted.part)
    return SlugHistory(
        path=repository.top or repository.git_dir,
        prefix=wanted.prefix,
        name=wanted.name,
        base=base,
        dialect=dialect,
        part=wanted.part,
        is_estimated=wanted.is_estimated,
        rows=rows,
        expected_rows=len(places),
        is_complete=is_complete,
        largest=largest(rows, layers(rows), wanted.largest),
        blame=found,
        notes=tuple(_notes(repository, listed, rows, shallow, wanted)),
    )


def _check_date(repository: Repository, since: str) -> None:
    """Raise ``UsageError`` for a date that git can't read: it takes the current time then."""
    if since.strip().lower() in _NOW:
        return
    begun = int(time.time())
    if begun <= since_seconds(repository, since) <= time.time():
        hint = 'git can\'t read this date; write 2026-01-31 or "2 weeks ago"'
        raise UsageError(f"--since {shown_revision(since)}: {hint}")


def _check_part(rows: Sequence[HistoryRow], part: bytes) -> None:
    """Raise ``UsageError`` if no slug has a file of this part."""
    steps = [row.step for row in rows if row.step is not None]
    if steps and not any(step.files or step.changes for step in steps):
        nothing = f"matches no file of the slug in {_commits(rows)}; check the pattern"
        raise UsageError(f"--path {quoted(part)}: {nothing}")


def range_ends(repository: Repository, name: str) -> tuple[str | None, str]:
    """Return the ids of the two commits that a range is between; None for one that has no beginning."""
    dots = "..." if "..." in name else ".."
    before, is_range, after = name.partition(dots)
    if not is_range:
        return None, _commit_id(repository, name, name)
    ends = [_commit_id(repository, end or "HEAD", name) for end in (before, after)]
    if dots == "..":
        return ends[0], ends[1]
    base = repository.merge_base(ends[0], ends[1])
    if base is None:
        raise SourceError(f"{shown_revision(name)}: the two have no commit in common here; write A..B")
    return base, ends[1]


def _commit_id(repository: Repository, rev: str, name: str) -> str:
    found = repository.commit_id(rev)
    if found is not None:
        return found
    shown = shown_revision(rev)
    if repository.is_unborn() and rev in ("HEAD", "main", "master"):
        raise SourceError(f"{shown}: the repository has no commits yet; make one, then ask for its history")
    whole = f"{shown_revision(name)}: " if rev != name else ""
    raise SourceError(whole + (ambiguity(repository, rev) or f"{shown}: not a commit here; run git log to find one"))


def _places(
    listed: Sequence[Commit], wanted: HistoryRequest, named: Mapping[str, Sequence[bytes]], shallow: frozenset[str]
) -> Iterator[Stop]:
    """Yield the commits to measure, the oldest first. Of every so many, the newest is one."""
    skip = (len(listed) - 1) % wanted.every if listed else 0
    chosen = [
        commit
        for index, commit in enumerate(listed)
        if index % wanted.every == skip and (not wanted.only_tags or commit.id in named)
    ]
    is_sparse = len(chosen) < len(listed)
    before: Commit | None = None
    for commit in chosen:
        if is_sparse and before is not None:
            yield Stop(commit=commit, base=before.id)
        elif commit.id in shallow:
            yield Stop(commit=commit, base=None)
        elif not commit.parents:
            yield Stop(commit=commit, base=None, is_first=True)
        elif is_sparse:
            yield Stop(commit=commit, base=None)
        else:
            others = commit.parents[1:] if wanted.all_parents else ()
            yield Stop(commit=commit, base=commit.parents[0], others=others)
        before = commit


def _builds(repository: Repository) -> dict[str, tuple[Build, ...]]:
    found: dict[str, list[Build]] = defaultdict(list)
    for build in read_journal(repository.common_dir).builds:
        if build.commit is not None:
            found[build.commit].append(build)
    return {commit: tuple(builds) for commit, builds in found.items()}


def _notes(
    repository: Repository,
    listed: Sequence[Commit],
    rows: Sequence[HistoryRow],
    shallow: frozenset[str],
    wanted: HistoryRequest,
) -> Iterator[str]:
    if not listed:
        yield f"no commits in {shown_revision(wanted.name)}" + (
            f" since {shown_revision(wanted.since)}" if wanted.since is not None else ""
        )
    elif not rows and wanted.only_tags:
        yield "no tags on these commits; --all-parents also looks at those that merges brought"
    ends = [commit.id for commit in listed if commit.id in shallow]
    if ends:
        yield f"the clone is shallow: its history ends at {ends[0][:_SHORT_ID]}; git fetch --unshallow brings the rest"
    unreadable = [row for row in rows if row.step is not None and row.step.unreadable]
    if unreadable:
        why = "this partial clone lacks some files" if repository.promisor else "some files could not be read"
        yield f"in {_commits(unreadable)}, {why}, so these sizes are too small"
    problems = [row for row in rows if row.problem]
    if problems:
        newest = f"{problems[-1].commit.id[:_SHORT_ID]}: {problems[-1].problem}"
        yield f"{_commits(problems)} could not be measured, the newest {newest}"


def _commits(rows: Sequence[HistoryRow]) -> str:
    return f"{len(rows):,} commit{'' if len(rows) == 1 else 's'}"
