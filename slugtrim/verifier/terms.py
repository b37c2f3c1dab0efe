"""What is to be run, on which terms, and who watches."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from slugtrim.platforms import PLATFORM
from slugtrim.suggester.verification import Ending

LIMIT_SECONDS = PLATFORM.build_minutes * 60.0
"""A run takes no longer unless the user says otherwise: the platform gives a build as much."""
MOST_RUNS = 30
"""One entry among a hundred that a command fails without takes about fifteen runs to find, three take about forty."""


class VerifyTerms(Struct, frozen=True, kw_only=True):
    """What the user agreed to."""

    command: str
    limit_seconds: float = LIMIT_SECONDS
    """Of each run."""
    most_runs: int = MOST_RUNS


class Watcher(Protocol):
    """Is told what happens while it happens. Called before the first run, and before and after each."""

    def plan(self, terms: VerifyTerms, entries: int) -> None:
        """So many entries will be tried."""

    def begin(self, run: int, without: int) -> None:
        """Run number ``run``, from 1, begins, without so many entries."""

    def end(self, ending: Ending) -> None:
        """It has ended."""
