"""Find which entries a command passes without, and which few it needs, by delta debugging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.suggester.records import Ending

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
