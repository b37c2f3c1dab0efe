"""The check as JUnit XML: a case for each limit, and one for each finding."""

from __future__ import annotations

from slugtrim.budget import Result, Verdict
from slugtrim.check import Check
from slugtrim.notes import Level
from slugtrim.reports.budget_words import allowed, cure, name, sentence, used, where
from slugtrim.reports.check_problems import budget_id
from slugtrim.reports.junit import Case, Outcome, Suite
from slugtrim.reports.junit import render as rendered
from slugtrim.reports.lint_junit import problem_case
from slugtrim.reports.problems import incomplete, located


def render(check: Check, *, strict: bool = False) -> str:
    """What is over is a failure, with ``strict`` a warning as well. Findings pass, and say what they are."""
    return rendered(
        "slugtrim check",
        [
            Suite(name="slugtrim.check.complete", cases=(_complete(check),)),
            Suite(name="slugtrim.check.limits", cases=tuple(_limit(result, strict) for result in check.results)),
            Suite(
                name="slugtrim.check.findings",
                cases=tuple(
                    problem_case(problem, fails=False)
                    for problem in located(check.source, check.findings, check.slugignore)
                ),
            ),
        ],
    )


def _complete(check: Check) -> Case:
    name = "every file of the slug was measured"
    for problem in incomplete(check.source, check.unreadable, Level.ERROR, "the sizes are too small"):
        finding = problem.finding
        return Case(
            name=name,
            outcome=Outcome.BROKEN,
            kind=finding.id,
            message=finding.message,
            details=f"{finding.cure}.",
        )
    return Case(name=name, outcome=Outcome.PASSED)


def _limit(result: Result, strict: bool) -> Case:
    # The limit, and where it stands, tell apart what is limited twice.
    case = f"{name(result)}: {allowed(result)} ({where(result)})"
    if result.verdict is Verdict.OK:
        return Case(name=case, outcome=Outcome.PASSED, message=f"{used(result)} of {allowed(result)}")
    fails = strict or result.verdict is Verdict.FAIL
    return Case(
        name=case,
        outcome=Outcome.FAILED if fails else Outcome.PASSED,
        kind=budget_id(result),
        message=sentence(result) if fails else f"warning: {sentence(result)}",
        details=f"{cure([result])}.",
    )
