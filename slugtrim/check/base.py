"""Which commit a slug is compared with: the one that is named, or the one that a CI's environment leads to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.git import GitError, Repository
from slugtrim.platforms import PLATFORMS
from slugtrim.sources.revision import shown_revision

_EVENT_LIMIT_BYTES = 4 << 20


class Ci(Struct, frozen=True, kw_only=True):
    """What a CI's environment says of the base."""

    name: str
    branches: tuple[str, ...] = ()
    """Where the target branch may be found; the base is the merge-base with it."""
    commit: str | None = None
    """The base itself, where the CI names it."""
    is_certain: bool = False
    """There is a base: the run is for a merge request. Else a base that is not found is none."""
    head: str | None = None
    """The commit that the run is for, where that is not what is checked out."""
    deepen: str = "fetch the whole history"
    """How to have this CI fetch the base."""


class BaseCommit(Struct, frozen=True, kw_only=True):
    """The commit that was found."""

    rev: str
    """Full id."""
    name: str
    """How it was named, or where it was found."""


def detect(environ: Mapping[str, str], read_event: bytes = b"") -> Ci | None:
    """The CI that this runs in, None for none. ``read_event`` is the content of GitHub's event file."""
    if environ.get("PRE_COMMIT_TO_REF"):
        commit = _real(environ.get("PRE_COMMIT_FROM_REF", ""))
        return Ci(name="pre-commit", commit=commit, head=environ["PRE_COMMIT_TO_REF"])
    if environ.get("GITHUB_ACTIONS") == "true":
        branch = environ.get("GITHUB_BASE_REF", "")
        return Ci(
            name="GitHub Actions",
            branches=_remote(branch),
            commit=None if branch else _pushed_over(read_event),
            is_certain=bool(branch),
            deepen="set fetch-depth: 0 for actions/checkout",
        )
    if environ.get("GITLAB_CI") == "true":
        branch = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
        commit = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or environ.get("CI_COMMIT_BEFORE_SHA", "")
        return Ci(
            name="GitLab CI",
            branches=_remote(branch),
            commit=_real(commit),
            is_certain=bool(branch),
            deepen='set GIT_DEPTH: "0" for the job',
        )
    if environ.get("CIRCLECI") == "true":
        return Ci(name="CircleCI", branches=("origin/HEAD",), deepen="check out with method: full")
    for platform in PLATFORMS:
        if environ.get(platform.ci_variable):
            return Ci(name=platform.ci)
    if environ.get("CI", "").lower() in ("true", "1"):
        return Ci(name="CI", branches=("origin/HEAD",))
    return None


def _remote(branch: str) -> tuple[str, ...]:
    return (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}") if branch else ()


def _pushed_over(event: bytes) -> str | None:
    """What a push found on the branch; a new branch has none."""
    try:
        data = json.loads(event) if len(event) <= _EVENT_LIMIT_BYTES else None
    except (ValueError, RecursionError):
        return None
    before = data.get("before") if isinstance(data, dict) else None
    return _real(before) if isinstance(before, str) else None


def _real(commit: str) -> str | None:
    """An id, or None for one that is all zeros or none at all."""
    return commit if commit.strip("0") else None


def named_base(repository: Repository, rev: str) -> BaseCommit:
    """The commit that ``--base REV`` names. Raises ``SourceError``."""
    commit = repository.commit_id(rev)
    if commit is None:
        is_remote = repository.commit_id(f"refs/remotes/origin/{rev}") is not None
        remedy = f"did you mean origin/{shown_revision(rev)}?" if is_remote else _remedy(repository, "git fetch it")
        raise SourceError(f"--base {shown_revision(rev)}: names no commit here; {remedy}")
    return BaseCommit(rev=commit, name=rev)


def found_base(repository: Repository, ci: Ci, head: str, *, must: bool = True) -> BaseCommit | None:
    """The base of a run in a CI, None where it has none. Raises ``SourceError`` for one that is not here.

    ``head`` is the commit that is checked. Without ``must`` what is not here is none.
    """
    for branch in ci.branches:
        if repository.commit_id(branch) is None:
            continue
        commit = _merge_base(repository, branch, head)
        if commit is not None:
            return BaseCommit(rev=commit, name=f"merge-base with {branch.removeprefix('refs/remotes/')}")
    if ci.commit is not None and (commit := repository.commit_id(ci.commit)) is not None:
        return BaseCommit(rev=commit, name=f"as {ci.name} says")
    if not ci.is_certain or not must:
        return None
    what = shown_revision(ci.branches[0].removeprefix("refs/remotes/"))
    raise SourceError(f"the base of this run ({what}) is not in this clone; {_remedy(repository, ci.deepen)}")


def _remedy(repository: Repository, deepen: str) -> str:
    return f"the clone is shallow: {deepen}" if _is_shallow(repository) else deepen


def _is_shallow(repository: Repository) -> bool:
    return repository.git(["rev-parse", "--is-shallow-repository"]).strip() == b"true"


def _merge_base(repository: Repository, branch: str, head: str) -> str | None:
    try:
        found = repository.git(["merge-base", branch, head], ok=(0, 1))
    except GitError:
        return None
    return found.decode("ascii").strip() or None


def touching_commits(
    repository: Repository, base: str, head: str, paths: Sequence[bytes]
) -> dict[bytes, tuple[str, str]]:
    """Path to short id and subject of the newest commit since ``base`` that touched it. Paths are from the top."""
    if not paths:
        return {}
    # Without --no-show-signature a repository could have git run a program to verify with.
    arguments = ["log", "-z", "--no-show-signature", "--no-renames", "--name-only", "--format=%x01%h%x02%s"]
    try:
        listed = repository.git([*arguments, f"{base}..{head}", "--", *paths])
    except GitError:
        return {}
    found: dict[bytes, tuple[str, str]] = {}
    commit = ("", "")
    is_first = False
    for record in listed.split(b"\0"):
        if record.startswith(b"\x01"):
            short, _, subject = record[1:].partition(b"\x02")
            commit = (short.decode("ascii"), subject.decode("utf-8", "replace"))
            is_first = True
        elif record:
            found.setdefault(record.removeprefix(b"\n") if is_first else record, commit)
            is_first = False
    return found
