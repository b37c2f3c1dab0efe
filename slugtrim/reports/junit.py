"""Diagnostics as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from slugtrim.reports.diagnostics import Diagnostic, Diagnostics, Gate, Suite

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow; bytes that are not UTF-8 are among it, as surrogates."""
_ELEMENTS = {Gate.FAILED: "failure", Gate.BROKEN: "error"}


def render(table: Diagnostics) -> str:
    """Return the document: a case for each row. Suites without a row are left out."""
    shown = [suite for suite in table.suites if suite.rows]
    counts = _counts(f"slugtrim {table.command}", [row for suite in shown for row in suite.rows])
    root = ElementTree.Element("testsuites", counts)
    for suite in shown:
        element = ElementTree.SubElement(root, "testsuite", _counts(suite.name, suite.rows))
        for row in suite.rows:
            _add(element, suite, row)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(name: str, rows: Sequence[Diagnostic]) -> dict[str, str]:
    gates = [row.gate for row in rows]
    return {
        "name": name,
        "tests": str(len(rows)),
        "failures": str(gates.count(Gate.FAILED)),
        "errors": str(gates.count(Gate.BROKEN)),
        "skipped": "0",
        "time": "0",
    }


def _add(parent: ElementTree.Element, suite: Suite, row: Diagnostic) -> None:
    """Add a case. What does not fail has its text as output, so that it is seen as well."""
    name = row.title or f"{row.place} {row.id}"
    attributes = {"name": _valid(name), "classname": suite.name, "time": "0"}
    element = ElementTree.SubElement(parent, "testcase", attributes)
    message = row.text
    if row.is_problem and not (row.title and row.gate in _ELEMENTS):
        message = f"{row.level.value}: {row.text}"
    text = "\n".join(part for part in (message, f"{row.fix}." if row.fix else "") if part)
    if row.gate in _ELEMENTS:
        attributes = {"type": row.id, "message": _valid(message)}
        ElementTree.SubElement(element, _ELEMENTS[row.gate], attributes).text = _valid(text)
    elif text:
        ElementTree.SubElement(element, "system-out").text = _valid(text)


def _valid(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
