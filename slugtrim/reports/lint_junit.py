"""Findings as JUnit XML: a case for each, and one that passes where there is none."""

from __future__ import annotations

from slugtrim.files import quoted
from slugtrim.lint import Lint
from slugtrim.notes import Level
from slugtrim.reports.junit import Case, Outcome, Suite
from slugtrim.reports.junit import render as rendered
from slugtrim.reports.problems import INCOMPLETE, Problem, lint_problems


def render(lint: Lint, *, strict: bool = False) -> str:
    """Errors are failures, with ``strict`` warnings as well; the rest passes, and says what it is."""
    cases = tuple(problem_case(problem, fails=_fails(problem, strict)) for problem in lint_problems(lint))
    return rendered(
        "slugtrim lint",
        [Suite(name="slugtrim.lint", cases=cases or (Case(name="no findings", outcome=Outcome.PASSED),))],
    )


def _fails(problem: Problem, strict: bool) -> bool:
    level = problem.finding.level
    return level is Level.ERROR or (strict and level is Level.WARNING and problem.finding.id != INCOMPLETE)


def problem_case(problem: Problem, *, fails: bool) -> Case:
    """A finding as a case, named for where it is and what."""
    finding = problem.finding
    at = quoted(finding.path) + (f":{finding.line}" if finding.line is not None else "")
    return Case(
        name=f"{at} {finding.id}",
        outcome=Outcome.FAILED if fails else Outcome.PASSED,
        kind=finding.id,
        message=f"{finding.level.value}: {finding.message}",
        details=f"{finding.cure}." if finding.cure else "",
    )
