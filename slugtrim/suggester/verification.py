"""The records of a verification: the user's own command, run without what is suggested."""

from __future__ import annotations

import signal

from msgspec import Struct

from slugtrim.units import format_duration


class Ending(Struct, frozen=True, kw_only=True):
    """How a run of the user's command ended."""

    status: int | None
    """Exit status; None where a signal or the time limit ended it."""
    signal: int | None
    """Number of the signal that ended it, the time limit's aside."""
    seconds: float
    lines: tuple[str, ...]
    """The last it printed, fit to be shown: no control characters, and no line too long."""

    @property
    def passed(self) -> bool:
        """Whether it said that all is well."""
        return self.status == 0

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended it."""
        return self.status is None and self.signal is None

    def told(self, limit_seconds: float) -> str:
        """How it ended, in a few words."""
        if self.timed_out:
            return f"no end within {format_duration(limit_seconds)}"
        if self.signal is not None:
            return f"ended by signal {self.signal} ({_signal_name(self.signal)})"
        return f"exit status {self.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time one"


class Failure(Struct, frozen=True, kw_only=True):
    """Entries without which the command fails; it passes with any one of them back."""

    patterns: tuple[bytes, ...]
    ending: Ending


class Verification(Struct, frozen=True, kw_only=True):
    """What running the user's command without the suggestions showed."""

    command: str
    limit_seconds: float
    """Of each run."""
    most_runs: int
    runs: int
    baseline: Ending | None
    """With everything there; None where there was nothing to verify."""
    failures: tuple[Failure, ...]
    unverified: tuple[bytes, ...]
    """Patterns for which no run was left."""

    @property
    def complete(self) -> bool:
        """Whether the runs sufficed to tell of every entry."""
        return not self.unverified

    @property
    def withheld(self) -> tuple[bytes, ...]:
        """Patterns that are not suggested for what came of it."""
        return (*(pattern for failure in self.failures for pattern in failure.patterns), *self.unverified)
