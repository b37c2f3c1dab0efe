"""The check as SARIF 2.1.0."""

from __future__ import annotations

from slugtrim.check import Check
from slugtrim.reports import sarif
from slugtrim.reports.check_problems import BUDGET_IDS, check_problems


def render(check: Check) -> str:
    """A log with one run."""
    target = [check.target.encode("utf-8", "surrogateescape")] if check.target is not None else []
    prefix = [check.source.prefix] if check.source.prefix else []
    return sarif.render(check_problems(check), (b"check", *target, *prefix), BUDGET_IDS)
