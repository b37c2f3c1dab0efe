"""Keep only those suggestions that the user's command passes without, found by delta debugging."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import SourceError, VerifyError
from slugtrim.files import Directory, Found, directories_above
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.scanner import Slug, scan
from slugtrim.sizer import Progress, Sizer
from slugtrim.suggester.advice import AdviceTables, suggest_tree
from slugtrim.suggester.records import (
    DEFAULT_TERMS,
    Advice,
    AdviceTerms,
    Ending,
    Evidence,
    EvidenceKind,
    Failure,
    Suggestion,
    Verification,
    Withheld,
)
from slugtrim.suggester.remembered import remember
from slugtrim.suggester.weighing import weigh
from slugtrim.verifier.laboratory import VerifyTerms, Watcher, laboratory, unreadable

Item = TypeVar("Item")


class Minimal(Struct, Generic[Item], frozen=True, kw_only=True):
    """The reduced part of a failing set."""

    items: tuple[Item, ...]
    """The items that fail together, in the given order."""
    is_minimal: bool
    """True if removing any one item makes the rest pass. False if the runs ended before that was known."""


def ddmin(items: Sequence[Item], fails: Callable[[tuple[Item, ...]], bool | None]) -> Minimal[Item]:
    """Return a 1-minimal part of ``items`` that fails: without any one of its items, it passes. ``items`` must fail.

    ``fails`` returns None once it can answer no more. It may be asked about the same set twice, so it should remember.
    It is never asked about the empty set, which counts as passing, nor about all items. Failing need not be monotonic.
    """
    left = tuple(items)
    parts = 2
    while len(left) > 1:
        failing = None
        for trial in _trials(left, parts):
            answer = fails(trial.items)
            if answer is None:
                return Minimal(items=left, is_minimal=False)
            if answer:
                failing = trial
                break
        if failing is not None:
            left, parts = failing.items, failing.parts
        elif parts < len(left):
            parts = min(2 * parts, len(left))
        else:
            break
    return Minimal(items=left, is_minimal=True)


class _Trial(NamedTuple, Generic[Item]):
    items: tuple[Item, ...]
    parts: int
    """Number of parts to divide it into if it fails."""


def _trials(items: tuple[Item, ...], parts: int) -> list[_Trial[Item]]:
    """Return each of the parts, of about equal size, then the complement of each, divided as before."""
    bounds = list(pairwise(at * len(items) // parts for at in range(parts + 1)))
    inside = [_Trial(items[begin:end], 2) for begin, end in bounds]
    if parts == 2:
        return inside
    return inside + [_Trial(items[:begin] + items[end:], parts - 1) for begin, end in bounds]


BASELINE: frozenset[int] = frozenset()
"""The run with all files."""


class Ledger:
    """Remembers how the command ended without which entries, given by number."""

    def __init__(self, run: Callable[[frozenset[int]], Ending], most_runs: int) -> None:
        """``run`` makes a run without the entries with these numbers."""
        self._run = run
        self._most_runs = most_runs
        self._endings: dict[frozenset[int], Ending] = {}

    @property
    def runs(self) -> int:
        return len(self._endings)

    def ending(self, without: Iterable[int]) -> Ending | None:
        """Return how the command ends without these entries; None if no run is left to find out."""
        key = frozenset(without)
        if key not in self._endings:
            if len(self._endings) >= self._most_runs:
                return None
            self._endings[key] = self._run(key)
        return self._endings[key]

    def fails(self, without: Iterable[int]) -> bool | None:
        """Return True if the command fails without these entries; None if no run is left to find out."""
        ending = self.ending(without)
        return None if ending is None else not ending.passed

    def best_passed(self, among: frozenset[int], weights: Sequence[int]) -> frozenset[int]:
        """Return the heaviest set within ``among`` that a run passed without; the empty set if there is none."""
        passed = [key for key, ending in self._endings.items() if ending.passed and key <= among]
        return max(passed, key=lambda key: (sum(weights[number] for number in key), len(key)), default=BASELINE)


class Culprits(Struct, frozen=True, kw_only=True):
    """Numbers of entries that the command fails without. With any one of them back, it passes."""

    numbers: tuple[int, ...]
    ending: Ending


class VerifyResult(Struct, frozen=True, kw_only=True):
    """The entries by number, each in exactly one of the three."""

    verified: frozenset[int]
    """A run passed without all of these."""
    culprits: tuple[Culprits, ...]
    unverified: frozenset[int]
    """No run was left to test these."""


def verify(weights: Sequence[int], ledger: Ledger) -> VerifyResult:
    """Try all entries, remove a minimal failing set, and repeat until the rest passes.

    ``weights`` are the bytes that each entry saves. If the runs end first, the heaviest set that a run passed without
    is verified; everything else is not.
    """
    culprits: list[Culprits] = []
    rest = frozenset(range(len(weights)))
    while rest:
        failing = ledger.fails(rest)
        if failing is False:
            break
        minimal = ddmin(sorted(rest), ledger.fails) if failing else None
        ending = ledger.ending(minimal.items) if minimal is not None and minimal.is_minimal else None
        if minimal is None or ending is None:
            verified = ledger.best_passed(rest, weights)
            return VerifyResult(verified=verified, culprits=tuple(culprits), unverified=rest - verified)
        culprits.append(Culprits(numbers=minimal.items, ending=ending))
        rest = rest.difference(minimal.items)
    return VerifyResult(verified=rest, culprits=tuple(culprits), unverified=frozenset())


class Reach:
    """Finds which of the slug's files a pattern matches."""

    def __init__(self, slug: Slug) -> None:
        self._slug = slug
        self._paths = {file.path for file in slug.kept}
        self._below: dict[bytes, list[bytes]] = defaultdict(list)
        for path in self._paths:
            for above in directories_above(path):
                self._below[above].append(path)
        self._root: Directory | None = None

    def of(self, pattern: bytes) -> frozenset[bytes]:
        """Return the paths that ``pattern`` matches in either dialect, since the build may use either."""
        if pattern.startswith(b"/") and not any(sign in pattern for sign in (b"*", b"?", b"[", b"\\", b"{")):
            return self._with_all_below([pattern[1:]])
        if self._root is None:
            self._root = Directory.from_files(self._slug.kept)
        taken: set[bytes] = set()
        for dialect in self._slug.dialect.pair:
            rules = parse(pattern, dialect)
            taken |= self._with_all_below(decide(rules, dialect, self._root, self._slug.tree.links).removed)
        return frozenset(taken)

    def _with_all_below(self, paths: Iterable[bytes]) -> frozenset[bytes]:
        found: set[bytes] = set()
        for path in paths:
            found.update([path] if path in self._paths else self._below.get(path, ()))
        return frozenset(found)


class Sifted:
    """The suggestions, sorted by what the runs showed."""

    def __init__(
        self, advice: Advice, verdict: VerifyResult, reaches: Sequence[frozenset[bytes]], terms: VerifyTerms
    ) -> None:
        self._entries = advice.suggestions
        self._verdict = verdict
        self._reaches = reaches
        self._terms = terms
        self._gone = frozenset[bytes]().union(*(reaches[number] for number in verdict.verified))

    def verified(self) -> list[Suggestion]:
        """Return the verified entries. Each includes the files of other entries that its pattern matches.

        A run passed without those files: ``*.psd`` gets the files in ``/design`` once that is not suggested any more.
        """
        free = {
            file.path: file
            for number, entry in enumerate(self._entries)
            if number not in self._verdict.verified
            for file in entry.files
        }
        passed = Evidence(kind=EvidenceKind.VERIFIED, text="the command passed without it")
        found = []
        for number in sorted(self._verdict.verified):
            entry = self._entries[number]
            more = [free.pop(path) for path in sorted(self._reaches[number]) if path in free]
            found.append(replace(entry, files=tuple(sorted((*entry.files, *more))), evidence=(*entry.evidence, passed)))
        return found

    def withheld(self, shares: Mapping[bytes, int]) -> Iterator[Withheld]:
        """Yield the other entries, each with the reason. ``shares`` are the files' compressed bytes in the slug."""
        for culprits in self._verdict.culprits:
            for number in culprits.numbers:
                others = len(culprits.numbers) - 1
                beside = f" and {others} more {'entry' if others == 1 else 'entries'}" if others else ""
                how = culprits.ending.told(self._terms.limit_seconds)
                against = Evidence(kind=EvidenceKind.FAILED, text=f"the command failed without it{beside}: {how}")
                yield self._withheld(self._entries[number], against, shares)
        for number in sorted(self._verdict.unverified):
            text = f"not verified: none of {self._terms.most_runs} runs was left for it"
            against = Evidence(kind=EvidenceKind.UNVERIFIED, text=text)
            yield self._withheld(self._entries[number], against, shares)

    def _withheld(self, entry: Suggestion, against: Evidence, shares: Mapping[bytes, int]) -> Withheld:
        files = tuple(file for file in entry.files if file.path not in self._gone)
        whole = entry.pattern.removeprefix(b"/")
        is_plain = all(file.path == whole or file.path.startswith(whole + b"/") for file in entry.files)
        return Withheld(
            path=whole if is_plain else b"",
            rule=entry.rule,
            tier=entry.tier,
            category=entry.category,
            files=files,
            compressed_bytes=sum(shares[file.path] for file in files),
            reason=entry.reason,
            evidence=(against, *(item for item in entry.evidence if item.kind is not EvidenceKind.UNREAD)),
            pattern=entry.pattern,
        )

    def failures(self) -> tuple[Failure, ...]:
        """Return what the command failed without, and how it failed."""
        return tuple(
            Failure(patterns=tuple(self._entries[number].pattern for number in found.numbers), ending=found.ending)
            for found in self._verdict.culprits
        )

    def unverified(self) -> tuple[bytes, ...]:
        """Return the patterns for which no run was left."""
        return tuple(self._entries[number].pattern for number in sorted(self._verdict.unverified))


def verified_advice(
    found: Found,
    terms: VerifyTerms,
    watcher: Watcher,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """Return verified advice on what was found. Raise ``RulesError``, ``SourceError`` and ``VerifyError``.

    ``VerifyError`` means that the command fails even with all files.
    """
    tree = found.load()
    tables = AdviceTables(found.git_dir if use_cache else None)
    advice = suggest_tree(tree, dialect, tables=tables, progress=progress, asked=asked)
    tables.save()
    if not advice.suggestions:
        return replace(advice, verification=_verification(terms))
    for gone in advice.unreadable:
        raise SourceError(unreadable(gone.path, gone.reason))
    slug = scan(tree, dialect)
    reach = Reach(slug)
    reaches = [reach.of(entry.pattern) for entry in advice.suggestions]
    with laboratory(slug, reaches, terms, watcher) as laboratory_:
        watcher.plan(terms, len(reaches))
        ledger = Ledger(laboratory_.run, terms.most_runs)
        baseline = ledger.ending(BASELINE)
        assert baseline is not None
        if not baseline.passed:
            raise VerifyError(_baseline_fails(terms, baseline))
        verdict = verify([entry.saves_compressed_bytes for entry in advice.suggestions], ledger)
    sizer = Sizer(tree.contents, cache=tables.sizes, progress=progress)
    sifted = Sifted(advice, verdict, reaches, terms)
    weighed = weigh(sizer, slug.kept, sifted.verified(), advice.small.min_saving_bytes)
    withheld = (*advice.withheld, *sifted.withheld(sizer.measure(slug.kept).shares))
    remember(slug.kept, weighed.suggestions, tables.best)
    tables.save()
    return replace(
        advice,
        suggestions=weighed.suggestions,
        after=weighed.after,
        after_all=weighed.after_all,
        withheld=tuple(sorted(withheld, key=lambda each: (-each.compressed_bytes, each.path, each.rule))),
        verification=_verification(
            terms, runs=ledger.runs, baseline=baseline, failures=sifted.failures(), unverified=sifted.unverified()
        ),
    )


def _verification(
    terms: VerifyTerms,
    *,
    runs: int = 0,
    baseline: Ending | None = None,
    failures: tuple[Failure, ...] = (),
    unverified: tuple[bytes, ...] = (),
) -> Verification:
    return Verification(
        command=terms.command,
        limit_seconds=terms.limit_seconds,
        most_runs=terms.most_runs,
        runs=runs,
        baseline=baseline,
        failures=failures,
        unverified=unverified,
    )


def _baseline_fails(terms: VerifyTerms, ending: Ending) -> str:
    how = ending.told(terms.limit_seconds)
    todo = "it must install what it needs"
    if ending.timed_out:
        todo = "allow it more with --verify-timeout, or name a quicker one"
    line = f"--verify: the command fails in a checkout with all files ({how}); {todo}"
    return "\n  ".join((line, *ending.lines))
