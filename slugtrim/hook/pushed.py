"""Check a pushed commit against the budgets of its destination, and compare it with the commit on the remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.budget import Result, Sizes, Verdict, judge
from slugtrim.buildpacks.packages import PackageGrowth, Prediction
from slugtrim.config.settings import Terms
from slugtrim.errors import RulesError, SourceError
from slugtrim.files import Found
from slugtrim.git import Repository
from slugtrim.hook import BUILDING_REFS, Update
from slugtrim.ignore import Dialect
from slugtrim.measurement import Totals, totals_of
from slugtrim.platforms import platform_of
from slugtrim.sizer import Overhead, Progress, SizeClass, classify, table
from slugtrim.sources import find_in_repository
from slugtrim.units import MIB

if TYPE_CHECKING:
    from slugtrim.check import Check  # 10 ms that a push within its budgets does not need


class Before(Struct, frozen=True, kw_only=True):
    """The commit on the remote, if this clone has it."""

    found: Found
    name: str
    """How it was found, as the words after "since"."""
    total_bytes: int


class Pushed(Struct, frozen=True, kw_only=True):
    """One ref of a push, measured and checked."""

    update: Update
    found: Found
    dialect: Dialect
    terms: Terms
    totals: Totals
    overhead: Overhead | None
    """What buildpacks add, if that is configured or recorded."""
    total_bytes: int
    """Compressed bytes of the slug, with buildpacks if ``overhead`` is known."""
    size_class: SizeClass
    before: Before | None
    """None if this clone does not know what the remote has."""
    results: tuple[Result, ...]
    prediction: Prediction | None = None
    """What buildpacks are predicted to add, where nobody knows."""
    counts_prediction: bool = False
    """Budgets count it, by the owner's word."""
    packages: PackageGrowth | None = None
    """What other lock files bring than the remote has."""

    @property
    def is_over(self) -> bool:
        """Return True if the push must be stopped."""
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
    """Measure and check ``update``, whose commit is ``found``. ``remote`` is None if only the address is known.

    Raise ``RulesError`` and ``SourceError``.
    """
    totals = totals_of(found, dialect, progress=progress)
    prediction = _prediction(found, dialect, terms) if overhead is None else None
    counts_prediction = prediction is not None and bool(terms.budgets.of_compiled)
    added = overhead.size_bytes if overhead is not None else 0
    if prediction is not None and counts_prediction:
        added = prediction.range.expected_bytes
    total = max(0, totals.compressed_bytes + added)
    before = _before(repository, update, remote, dialect, added)
    packages = None
    if before is not None and overhead is None:
        was = _prediction(before.found, dialect, terms)
        if was != prediction:
            from slugtrim.buildpacks.prediction import package_growth_found  # few pushes change what is installed

            packages = package_growth_found(before.found, found, dialect, terms.buildpacks)
            if counts_prediction:
                of_base = was.range.expected_bytes if was is not None else 0
                before = replace(before, total_bytes=max(0, before.total_bytes - added + of_base))
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
        prediction=prediction,
        counts_prediction=counts_prediction,
        packages=packages,
    )
    return _with_results(pushed)


def _prediction(found: Found, dialect: Dialect, terms: Terms) -> Prediction | None:
    """Return what buildpacks add, by files of the commit alone: a push gets the same number on every machine."""
    if not platform_of(dialect).has_known_buildpacks:
        return None
    from slugtrim.buildpacks.prediction import predict_found  # 3 ms that a known overhead does without

    try:
        prediction = predict_found(found, dialect, terms.buildpacks)
    except RulesError:
        return None  # of what the remote has; the rules of what is pushed were read already
    return prediction if prediction.parts else None


def _with_results(pushed: Pushed) -> Pushed:
    budgets, totals = pushed.terms.budgets, pushed.totals
    if budgets.paths:
        return replace(pushed, results=checked(pushed).results)
    sizes = Sizes(
        platform=platform_of(pushed.dialect),
        total_bytes=pushed.total_bytes,
        checkout_bytes=totals.checkout.size_bytes,
        largest_file_bytes=totals.largest_file_bytes,
        files=totals.slug.files,
        path_bytes={},
        base_bytes=pushed.before.total_bytes if pushed.before is not None else None,
        unsure_bytes=_unsure(pushed),
    )
    return replace(pushed, results=judge(sizes, budgets))


def _unsure(pushed: Pushed) -> tuple[int, int]:
    prediction = pushed.prediction
    if prediction is None or not pushed.counts_prediction:
        return 0, 0
    expected = prediction.range.expected_bytes
    return expected - prediction.range.low_bytes, prediction.range.high_bytes - expected


def checked(pushed: Pushed, ignored: frozenset[str] = frozenset()) -> Check:
    """Return the whole check of a push that is over budget, with what grew and what could go. Raise as ``hold`` does.

    ``ignored`` are ids of findings that the owner accepts.
    """
    from slugtrim.check import Asked, BaseCommit, BaseTree, check_tree  # with what a check imports, for few pushes
    from slugtrim.sizer import open_size_cache

    terms, before = pushed.terms, pushed.before
    base = None
    if before is not None:
        rev = before.found.source.rev
        assert rev is not None
        base = BaseTree(tree=before.found.load(), commit=BaseCommit(rev=rev, name=before.name))
    git_dir = pushed.found.git_dir
    cache = open_size_cache(git_dir)
    was = _prediction(before.found, pushed.dialect, terms) if before is not None and pushed.counts_prediction else None
    asked = Asked(
        budgets=terms.budgets,
        known_overhead=pushed.overhead,
        target=terms.target,
        ignored=ignored,
        prediction=pushed.prediction,
        base_prediction=was,
        packages=pushed.packages,
    )
    check = check_tree(pushed.found.load(), pushed.dialect, asked, base=base, cache=cache, git_dir=git_dir)
    cache.save()
    return check


def total_for(size_bytes: int) -> int | None:
    """Return a round total that leaves a slug of this size room to grow by a fifth; None above the platform's limit."""
    wanted = max(size_bytes * 6 // 5, MIB)
    step = MIB // 2 if wanted <= 10 * MIB else 5 * MIB if wanted <= 100 * MIB else 50 * MIB
    total_bytes = -(-wanted // step) * step
    limits = [limit.limit_bytes for limit in table().limits if limit.rejects and not limit.of_checkout]
    return total_bytes if total_bytes <= min(limits, default=total_bytes) else None


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
    """Return the totals of the commit on the remote; None if it can't be read, since this push may fix that."""
    try:
        totals = totals_of(found, dialect)
    except (RulesError, SourceError):
        return None
    return totals if not totals.unreadable else None


def _found(repository: Repository, commit: str) -> Found | None:
    """Return the tree of a commit; None if this clone does not have it."""
    try:
        return find_in_repository(repository, commit)
    except SourceError:
        return None
