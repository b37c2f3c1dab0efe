"""The runs made so far: each at most once, and no more of them than allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from slugtrim.suggester.verification import Ending

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
