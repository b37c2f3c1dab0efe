"""Findings as SARIF 2.1.0."""

from __future__ import annotations

from slugtrim.lint import Lint
from slugtrim.reports import sarif
from slugtrim.reports.problems import lint_problems


def render(lint: Lint) -> str:
    """A log with one run."""
    prefix = (lint.source.prefix,) if lint.source.prefix else ()
    return sarif.render(lint_problems(lint), (b"lint", *prefix))
