"""Hold a pushed commit against the budgets of its destination, and compare it with what the remote has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.budget import Result, Sizes, Verdict, judge
from slugtrim.config import Terms
from slugtrim.errors import RulesError, SourceError
from slugtrim.files import Found
from slugtrim.git import Repository
from slugtrim.hook.protocol import (
    BUILDING_REFS,
    Update,
)
from slugtrim.ignore import Dialect
from slugtrim.measurement import Totals, totals_of
from slugtrim.sizer import Overhead, Progress, SizeClass, classify
from slugtrim.sources import find_in_repository

if TYPE_CHECKING:
    from slugtrim.check import Check  # 10 ms that a push within its budgets does without


class Before(Struct, frozen=True, kw_only=True):
    """What the remote has, as far as it is known here."""

    found: Found
    name: str
    """How it was found, to stand behind "since"."""
    total_bytes: int


class Pushed(Struct, frozen=True, kw_only=True):
    """What becomes of one ref of a push."""

    update: Update
    found: Found
    dialect: Dialect
    terms: Terms
    totals: Totals
    overhead: Overhead | None
    """What buildpacks add, where that is configured or a build showed it."""
    total_bytes: int
    """The headline: with what buildpacks add, where that is known."""
    size_class: SizeClass
    before: Before | None
    """None where nothing here tells what the remote has."""
    results: tuple[Result, ...]

    @property
    def is_over(self) -> bool:
        """Whether the push is not to be."""
        return any(result.verdict is Verdict.FAIL for result in self.results)


def hold(
    repository: Repository,
    found: Found,
    update: Update,
    remote: str | None,
    *,
    dialect: Dialect,
    terms: Terms,
    overhead: Overhead | None = None,
    progress: Progress | None = None,
) -> Pushed:
    """What becomes of ``update``, whose commit was ``found``. ``remote`` is None where only its address is known.

    Raises ``RulesError`` and ``SourceError``.
    """
    added = overhead.size_bytes if overhead is not None else 0
    totals = totals_of(found, dialect, progress=progress)
    total = max(0, totals.compressed_bytes + added)
    before = _before(repository, update, remote, dialect, added)
    pushed = Pushed(
        update=update,
        found=found,
        dialect=dialect,
        terms=terms,
        totals=totals,
        overhead=overhead,
        total_bytes=total,
        size_class=classify(total),
        before=before,
        results=(),
    )
    return _with_results(pushed)


def _with_results(pushed: Pushed) -> Pushed:
    budgets, totals = pushed.terms.budgets, pushed.totals
    if budgets.paths:
        return replace(pushed, results=checked(pushed).results)
    sizes = Sizes(
        total_bytes=pushed.total_bytes,
        checkout_bytes=totals.checkout.size_bytes,
        largest_file_bytes=totals.largest_file_bytes,
        files=totals.slug.files,
        path_bytes={},
        base_bytes=pushed.before.total_bytes if pushed.before is not None else None,
    )
    return replace(pushed, results=judge(sizes, budgets))


def checked(pushed: Pushed, ignored: frozenset[str] = frozenset()) -> Check:
    """The whole check, with what grew and what could go: for a push that is over. Raises as ``hold`` does.

    ``ignored`` are ids of findings that the owner accepts.
    """
    from slugtrim.check import Asked, BaseCommit, BaseTree, check_tree  # with all it takes to check, for few pushes
    from slugtrim.sizer import open_size_cache

    terms, before = pushed.terms, pushed.before
    base = None
    if before is not None:
        rev = before.found.source.rev
        assert rev is not None
        base = BaseTree(tree=before.found.load(), commit=BaseCommit(rev=rev, name=before.name))
    git_dir = pushed.found.git_dir
    cache = open_size_cache(git_dir)
    asked = Asked(budgets=terms.budgets, overhead=pushed.overhead, target=terms.target, ignored=ignored)
    check = check_tree(pushed.found.load(), pushed.dialect, asked, base=base, cache=cache, git_dir=git_dir)
    cache.save()
    return check


def _before(repository: Repository, update: Update, remote: str | None, dialect: Dialect, added: int) -> Before | None:
    commit, name = update.remote, f"what {remote or 'the remote'} has"
    found = _found(repository, commit) if commit is not None else None
    if found is None and remote is not None:
        for ref in dict.fromkeys((update.ref, *BUILDING_REFS)):
            branch = ref.removeprefix(b"refs/heads/").decode("ascii")
            commit = repository.merge_base(f"refs/remotes/{remote}/{branch}", update.local)
            if commit is not None:
                found, name = _found(repository, commit), f"the merge-base with {remote}/{branch}"
                break
    totals = _totals(found, dialect) if found is not None else None
    if found is None or totals is None:
        return None
    return Before(found=found, name=name, total_bytes=max(0, totals.compressed_bytes + added))


def _totals(found: Found, dialect: Dialect) -> Totals | None:
    """Return the totals of what the remote has, if all of it can be read: a push may be what mends its rules."""
    try:
        totals = totals_of(found, dialect)
    except (RulesError, SourceError):
        return None
    return totals if not totals.unreadable else None


def _found(repository: Repository, commit: str) -> Found | None:
    """The tree of a commit, if that is here."""
    try:
        return find_in_repository(repository, commit)
    except SourceError:
        return None
