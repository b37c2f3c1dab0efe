"""Find which entries a command passes without, and the few it fails without, by delta debugging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.suggester.entry import Ending

Item = TypeVar("Item")


class Minimal(Struct, Generic[Item], frozen=True, kw_only=True):
    """What is left of a set that fails."""

    items: tuple[Item, ...]
    """In the order given. They fail together."""
    is_minimal: bool
    """Without any one of them the rest does not fail. False where the answers ran out before that was known."""


def ddmin(items: Sequence[Item], fails: Callable[[tuple[Item, ...]], bool | None]) -> Minimal[Item]:
    """A smallest part of ``items``, which fail, that fails in itself: 1-minimal, so not the smallest there may be.

    ``fails`` answers None when it can be asked no more. It may be asked about one set again, so it should remember;
    it is never asked about none of the items, which are taken to pass, nor about all of them. Nothing is taken for
    granted about sets that it was not asked about: more items may fail less.
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
    """How many parts to divide it into, should it fail."""


def _trials(items: tuple[Item, ...], parts: int) -> list[_Trial[Item]]:
    """Each of so many parts of about the same size, then all but each of them, whose parts are not cut again."""
    bounds = list(pairwise(at * len(items) // parts for at in range(parts + 1)))
    inside = [_Trial(items[begin:end], 2) for begin, end in bounds]
    if parts == 2:
        return inside
    return inside + [_Trial(items[:begin] + items[end:], parts - 1) for begin, end in bounds]


BASELINE: frozenset[int] = frozenset()
"""The run without any entry left out."""


class Ledger:
    """How the command ended without which entries, told by their numbers."""

    def __init__(self, run: Callable[[frozenset[int]], Ending], most_runs: int) -> None:
        """``run`` makes a run without the entries of these numbers."""
        self._run = run
        self._most_runs = most_runs
        self._endings: dict[frozenset[int], Ending] = {}

    @property
    def runs(self) -> int:
        """How many there were."""
        return len(self._endings)

    def ending(self, without: Iterable[int]) -> Ending | None:
        """How the command ends without these; None where no run is left to find out."""
        key = frozenset(without)
        if key not in self._endings:
            if len(self._endings) >= self._most_runs:
                return None
            self._endings[key] = self._run(key)
        return self._endings[key]

    def fails(self, without: Iterable[int]) -> bool | None:
        """Whether it fails then; None where no run is left to find out."""
        ending = self.ending(without)
        return None if ending is None else not ending.passed

    def best_passed(self, among: frozenset[int], weights: Sequence[int]) -> frozenset[int]:
        """Of all that it was seen to pass without, within ``among``, what weighs most; at the least, nothing."""
        passed = [key for key, ending in self._endings.items() if ending.passed and key <= among]
        return max(passed, key=lambda key: (sum(weights[number] for number in key), len(key)), default=BASELINE)


class Culprits(Struct, frozen=True, kw_only=True):
    """Entries, by number, that the command fails without; with any one of them back it passes."""

    numbers: tuple[int, ...]
    ending: Ending


class VerifyResult(Struct, frozen=True, kw_only=True):
    """Every entry is in exactly one of the three."""

    verified: frozenset[int]
    """A run passed without all of these."""
    culprits: tuple[Culprits, ...]
    unverified: frozenset[int]
    """No run was left to tell."""


def verify(weights: Sequence[int], ledger: Ledger) -> VerifyResult:
    """Tries all entries, takes out a minimal set that fails, and tries the rest, until the rest passes.

    ``weights`` are what the entries save, in their order. Where the runs do not suffice, the heaviest set that a run
    passed without counts as verified, and nothing that no run tells of.
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
