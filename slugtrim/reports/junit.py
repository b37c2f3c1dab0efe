"""Test reports as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from xml.etree import ElementTree

from msgspec import Struct

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow; bytes that are not UTF-8 are among it, as surrogates."""


class Outcome(Enum):
    """How a case ended."""

    PASSED = "passed"
    FAILED = "failure"
    BROKEN = "error"
    """It could not be found out."""


class Case(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    kind: str = ""
    """Id of what is the matter."""
    message: str = ""
    """What is the matter, in a line; a case that passed may have one as well."""
    details: str = ""


class Suite(Struct, frozen=True, kw_only=True):
    """Cases of one kind."""

    name: str
    cases: tuple[Case, ...]


def render(name: str, suites: Sequence[Suite]) -> str:
    """The document; suites without a case are left out."""
    shown = [suite for suite in suites if suite.cases]
    root = ElementTree.Element("testsuites", _counts(name, [case for suite in shown for case in suite.cases]))
    for suite in shown:
        element = ElementTree.SubElement(root, "testsuite", _counts(suite.name, suite.cases))
        for case in suite.cases:
            _add(element, suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(name: str, cases: Sequence[Case]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "name": _valid(name),
        "tests": str(len(cases)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": str(outcomes.count(Outcome.BROKEN)),
        "skipped": "0",
        "time": "0",
    }


def _add(parent: ElementTree.Element, suite: Suite, case: Case) -> None:
    attributes = {"name": _valid(case.name), "classname": _valid(suite.name), "time": "0"}
    element = ElementTree.SubElement(parent, "testcase", attributes)
    text = "\n".join(part for part in (case.message, case.details) if part)
    if case.outcome is not Outcome.PASSED:
        attributes = {"type": case.kind, "message": _valid(case.message)}
        ElementTree.SubElement(element, case.outcome.value, attributes).text = _valid(text)
    elif text:
        ElementTree.SubElement(element, "system-out").text = _valid(text)


def _valid(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
