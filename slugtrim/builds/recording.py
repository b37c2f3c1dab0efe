"""Measure the commit that was built, and record the build that a log describes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from slugtrim.builds.build import Build, CommitOrigin, RefLine, SourcePart, Told, app_of_url
from slugtrim.builds.journal import append, read_journal
from slugtrim.builds.learned import BuildQuery, locks_of, wanted_target
from slugtrim.config import load_config
from slugtrim.config.settings import Config, Flags
from slugtrim.errors import ConfigError, RulesError, SlugtrimError, SourceError
from slugtrim.files import Found, Source, SourceKind
from slugtrim.git import Repository
from slugtrim.ignore import Dialect
from slugtrim.measurement import measure
from slugtrim.platforms import PLATFORM
from slugtrim.scanner import Slug
from slugtrim.sizer import Progress, open_size_cache
from slugtrim.sources import find_in_repository

_USER = re.compile(r"(?<=//)[^/@]*@|\A[^/@:]*@")


class Destination(Struct, frozen=True, kw_only=True):
    """Where a build went, as far as known."""

    app: str | None
    remote: str | None
    target: str | None


def destination(told: Told, repository: Repository, config: Config, target: str | None) -> Destination:
    """Return the destination that the log names. ``target`` is the name that the user passed."""
    remotes = push_remotes(repository)
    matching = [name for name, url in remotes if told.url is not None and _same(url, told.url)]
    if not matching and told.app is not None:
        matching = [name for name, url in remotes if app_of_url(url) == told.app]
    if target is None:
        known = [*matching, told.url]
        target = next((each.name for each in config.targets if any(name in each.remotes for name in known)), None)
    if target is None and config.target is not None:
        # From the environment, only if the remote does not tell.
        target = next((each.name for each in config.targets if each.name == config.target.text), None)
    return Destination(app=told.app, remote=matching[0] if matching else None, target=target)


def push_remotes(repository: Repository) -> Sequence[tuple[str, str]]:
    """Return name and push address of each remote, as git would use it. Raise ``GitError``."""
    found = []
    for line in repository.git(["remote", "-v"]).decode("utf-8", "surrogateescape").splitlines():
        name, _, rest = line.partition("\t")
        if rest.endswith(" (push)"):
            found.append((name, rest.removesuffix(" (push)")))
    return found


def _same(configured: str, printed: str) -> bool:
    """Return True if the configured address is the one that git prints, without user and password."""
    return printed in (configured, _USER.sub("", configured))


class RecordRequest(Struct, frozen=True, kw_only=True):
    """What the command line says about a build."""

    commit: str | None = None
    target: str | None = None
    release: int | None = None
    """Whose starts a log has, if it doesn't say."""
    is_fresh: bool = False
    """True if the push just ended, so that branches still point to what was pushed."""


class RecordResult(Struct, frozen=True, kw_only=True):
    """The recorded build, and what to say about it."""

    build: Build
    before: Build | None
    """The previous build with the same destination."""
    problems: tuple[str, ...]
    """What is unknown, and why: one line each."""


class _Commit(Struct, frozen=True, kw_only=True):
    id: str | None
    origin: CommitOrigin
    is_assumed: bool
    problem: str = ""


def check_asked(repository: Repository, asked: RecordRequest) -> None:
    """Raise ``SlugtrimError`` for an unknown commit or target."""
    if asked.commit is not None:
        find_in_repository(repository, asked.commit)
    if asked.target is not None:
        _configured(repository, None, asked.target).for_target()


def remember(
    told: Told, repository: Repository, asked: RecordRequest, *, now_seconds: float, progress: Progress | None = None
) -> RecordResult:
    """Record the build that ``told`` describes. Raise ``SourceError`` and ``GitError``.

    ``told.outcome`` must not be None.
    """
    assert told.outcome is not None
    assert told.slug is not None
    commit = _commit(told.ref, repository, asked)
    found, measured, problem = _measured(repository, commit, progress)
    config, mistakes = _lenient(lambda: _configured(repository, found, asked.target))
    place = destination(told, repository, config, asked.target)
    build = Build(
        date=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_seconds)),
        outcome=told.outcome,
        slug=told.slug,
        commit=commit.id,
        commit_origin=commit.origin,
        is_assumed=commit.is_assumed,
        app=place.app,
        target=place.target,
        remote=place.remote,
        release=told.release,
        buildpacks=told.buildpacks,
        deleting=told.deleting,
        dialect=config.on(PLATFORM).reading,
        sources=measured.sources,
        locks=measured.locks,
        tools=told.tools,
    )
    earlier = [each for each in read_journal(repository.common_dir).builds if each.destination == build.destination]
    append(repository.common_dir, build)
    problems = tuple(text for text in (commit.problem, problem, *mistakes) if text)
    return RecordResult(build=build, before=earlier[-1] if earlier else None, problems=problems)


def wanted_builds(told: Told, repository: Repository, asked: RecordRequest) -> BuildQuery:
    """Return the builds that a log may be about: of the target or the application, if either is known."""
    config, _ = _lenient(lambda: _configured(repository, None, asked.target))
    if config.target is not None:
        return wanted_target(config, config.target.text)
    return BuildQuery(app=told.app)


def _commit(ref: RefLine | None, repository: Repository, asked: RecordRequest) -> _Commit:
    """Return the commit from git's line, else from the command line, else the one that is checked out."""
    if ref is not None and ref.new is not None:
        full = repository.commit_id(ref.new)
        problem = f"commit {ref.new} is not here, so its source part is not known" if full is None else ""
        return _Commit(id=full or ref.new, origin=CommitOrigin.LOG, is_assumed=False, problem=problem)
    if asked.commit is not None:
        return _Commit(id=repository.commit_id(asked.commit), origin=CommitOrigin.OPTION, is_assumed=False)
    if ref is not None:
        full = repository.commit_id(os.fsdecode(ref.source))
        if full is not None:
            return _Commit(id=full, origin=CommitOrigin.REF, is_assumed=not asked.is_fresh)
    return _Commit(id=repository.commit_id("HEAD"), origin=CommitOrigin.HEAD, is_assumed=True)


def _measured(
    repository: Repository, commit: _Commit, progress: Progress | None
) -> tuple[Found | None, MeasuredBuild, str]:
    """Return the commit, its measurement, and why that failed."""
    nothing = MeasuredBuild(sources={}, locks={})
    if commit.id is None or commit.problem:
        return None, nothing, "" if commit.problem else "there is no commit, so its source part is not known"
    try:
        found = find_in_repository(repository, commit.id)
        measured = measure_built(found, progress)
    except (SourceError, RulesError) as error:
        return None, nothing, str(error)
    lost = "" if measured.sources else f"commit {commit.id[:10]} is not whole here, so its source part is not known"
    return found, measured, lost


def _configured(repository: Repository, found: Found | None, target: str | None) -> Config:
    """Return the configuration from the work tree or from the commit. Raise ``ConfigError``."""
    flags = Flags(target=target)
    if repository.top is not None:
        return load_config(Source(kind=SourceKind.WORKTREE, root=repository.top), flags, os.environ, git_dir=None)
    source = found.source if found is not None else find_in_repository(repository, "HEAD").source
    return load_config(source, flags, os.environ, git_dir=repository.common_dir)


def _lenient(load: Callable[[], Config]) -> tuple[Config, tuple[str, ...]]:
    """Return an empty configuration if it has mistakes, with the message: the log may be gone, so the build is
    recorded.
    """
    try:
        return load(), ()
    except ConfigError as error:
        return Config(), tuple(str(error).splitlines())
    except SlugtrimError:
        return Config(), ()


class MeasuredBuild(Struct, frozen=True, kw_only=True):
    """What is known of the tree that was built."""

    sources: Mapping[Dialect, SourcePart]
    """Empty if a file can't be read: its bytes would count as the buildpacks'."""
    locks: Mapping[bytes, bytes]


def measure_built(found: Found, progress: Progress | None = None) -> MeasuredBuild:
    """Measure a commit. Raise ``SourceError`` and ``RulesError``."""
    tree = found.load()
    cache = open_size_cache(found.git_dir)
    sources = {}
    is_whole = True
    for dialect in PLATFORM.ignore_file.dialects:
        part = measure(tree, dialect, cache=cache, progress=progress)
        is_whole = is_whole and not part.unreadable
        sources[dialect] = SourcePart(compressed_bytes=part.compressed_bytes, deleting=_deleting(part.slug))
    cache.save()
    return MeasuredBuild(sources=sources if is_whole else {}, locks=locks_of(tree.files))


def _deleting(slug: Slug) -> int:
    """Return how many paths the rules delete; a directory counts as one."""
    return sum(slug.outcome.deletions.values()) if slug.dialect is Dialect.GLOB else len(slug.outcome.removed)
