"""What a check found, as tools on a platform take it: budgets that are exceeded, and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.check import Check
from slugtrim.files import Source
from slugtrim.notes import Finding, Level
from slugtrim.reports.budget_words import cure, sentence
from slugtrim.reports.problems import SLUGIGNORE, Problem, fingerprinted, from_root, incomplete, located

BUDGET_IDS: Mapping[str, str] = {
    "budget-total": "The compressed slug is larger than its budget",
    "budget-growth": "The compressed slug grew more since the base than it may",
    "budget-paths": "What a pattern names is larger than its budget",
    "budget-largest-file": "A file of the slug is larger than a file may be",
    "budget-files": "The slug has more files than it may have",
    "budget-checkout": "The checkout is larger than its budget",
    "limit-soft": "The slug is so large that the platform's build warns",
    "limit-hard": "The slug is larger than the platform allows",
    "limit-checkout": "The checkout is larger than the platform allows",
}
"""Stable ids of what can be over, and what each says."""

_IDS = {
    Measure.TOTAL: "budget-total",
    Measure.GROWTH: "budget-growth",
    Measure.PATH: "budget-paths",
    Measure.LARGEST_FILE: "budget-largest-file",
    Measure.FILES: "budget-files",
    Measure.CHECKOUT: "budget-checkout",
}


def check_problems(check: Check) -> tuple[Problem, ...]:
    """What could not be read, what is over, what is worth a warning, then the findings."""
    return (
        *incomplete(check.source, check.unreadable, Level.ERROR, "the sizes are too small"),
        *_over(check.source, [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]),
        *located(check.source, check.findings, check.slugignore),
    )


def budget_id(result: Result) -> str:
    """One of ``BUDGET_IDS``."""
    return f"limit-{result.text}" if result.measure is Measure.PLATFORM else _IDS[result.measure]


def written_in(result: Result, source: Source) -> tuple[bytes, int | None]:
    """The file and line at which the limit is written; the ``.slugignore`` where that is no file of the repository."""
    written = result.written
    path = written.name.encode("utf-8", "surrogateescape")
    inside = path.removeprefix(source.root.rstrip(b"/") + b"/").removeprefix(b"./")
    if written.line is None or inside.startswith((b"/", b"../")):
        return from_root(source, SLUGIGNORE), None
    return inside, written.line


def _over(source: Source, results: Sequence[Result]) -> tuple[Problem, ...]:
    findings = []
    for result in results:
        path, line = written_in(result, source)
        findings.append(
            Finding(
                id=budget_id(result),
                level=Level.ERROR if result.verdict is Verdict.FAIL else Level.WARNING,
                path=path,
                line=line,
                message=sentence(result),
                cure=cure([result]),
            )
        )
    texts = [(result.pattern or b"") + b"\0" + result.text.encode("utf-8", "surrogateescape") for result in results]
    return tuple(fingerprinted(findings, texts))
