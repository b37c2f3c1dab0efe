"""What a verification showed, as text: what the command fails without, and its last lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from slugtrim.files import quoted
from slugtrim.reports.blocks import wrapped
from slugtrim.reports.style import Style, cut, plural
from slugtrim.suggester.verification import Failure, Verification
from slugtrim.units import format_duration

_INDENT = "      "
_SOME_LINES = 8


def verified(verification: Verification, entries: int, style: Style) -> Iterator[str]:
    """For the head of the report: that ``entries`` are suggested on the word of the command."""
    if entries:
        runs = plural(verification.runs, "run")
        it = "it" if entries == 1 else f"all {entries:,}"
        command = cut(quoted(os.fsencode(verification.command)), style.width // 2)
        yield from wrapped(f"Verified, in {runs}: this passes without {it}: {command}", style)


def withheld(verification: Verification, style: Style) -> Iterator[str]:
    """Every entry that is not suggested for what came of it. Patterns are never cut: somebody may want to copy them."""
    if verification.failures:
        yield style.paint("Withheld: the command fails without", "bold")
    for failure in verification.failures:
        yield from _failure(failure, verification.limit_seconds, style)
    if verification.unverified:
        count = plural(verification.most_runs, "run")
        yield style.paint(f"Withheld: not verified in {count} (see --verify-runs)", "bold")
        yield from _patterns(verification.unverified)


def _failure(failure: Failure, limit_seconds: float, style: Style) -> Iterator[str]:
    yield from _patterns(failure.patterns)
    ending = failure.ending
    how = ending.told(limit_seconds)
    together = "" if len(failure.patterns) == 1 else ", only where all of these are missing"
    took = "" if ending.timed_out else f" after {format_duration(ending.seconds)}"
    lines = ending.lines if style.full else ending.lines[-_SOME_LINES:]
    what = ":" if lines else "; it printed nothing."
    yield from wrapped(f"{how[:1].upper()}{how[1:]}{took}{together}{what}", style, first=_INDENT)
    for line in lines:
        yield from wrapped(line, style, first=_INDENT + "  ")


def _patterns(patterns: Sequence[bytes]) -> Iterator[str]:
    yield from ("  " + quoted(pattern) for pattern in patterns)
