"""Render diagnostics for CI services: GitHub annotations, GitLab code quality, JUnit XML, SARIF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec
from msgspec import Struct

from slugtrim import __version__
from slugtrim.files import printable
from slugtrim.findings import Level
from slugtrim.reports.diagnostics import Diagnostic, Diagnostics, Gate, Suite, meaning
from slugtrim.reports.documents import array
from slugtrim.reports.documents.fields import lossy, valid_text

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_IN_DATA = re.compile("[%\r\n]")
_IN_PROPERTY = re.compile("[%\r\n:,]")


def github(table: Diagnostics) -> str:
    """Return a line for each problem."""
    return "".join(_annotation(row) + "\n" for row in table.problems)


def _annotation(row: Diagnostic) -> str:
    properties = {"file": row.path.decode("utf-8", "surrogateescape")}
    if row.line is not None:
        properties["line"] = str(row.line)
    # Last, because the runner strips the space at the end, and a name may end in one.
    properties["title"] = f"slugtrim: {row.id}"
    listed = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items())
    return f"::{_COMMANDS[row.level]} {listed}::{_escaped(row.says(chr(10)), _IN_DATA)}"


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return printable(special.sub(lambda match: f"%{ord(match[0]):02X}", text))


_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


class GitlabLines(Struct, frozen=True, kw_only=True):
    """Where an issue is in its file."""

    begin: int


class GitlabLocation(Struct, frozen=True, kw_only=True):
    """Where an issue is."""

    path: str
    lines: GitlabLines


class Issue(Struct, frozen=True, kw_only=True):
    """One problem."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: GitlabLocation


def gitlab(table: Diagnostics) -> str:
    """Return a JSON array with a line for each problem."""
    return array([_issue(row) for row in table.problems])


def _issue(row: Diagnostic) -> Issue:
    return Issue(
        description=valid_text(row.says()),
        check_name=row.id,
        fingerprint=row.fingerprint,
        severity=_SEVERITIES[row.level],
        # GitLab wants a line of every location.
        location=GitlabLocation(path=lossy(row.path), lines=GitlabLines(begin=row.line or 1)),
    )


_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow; bytes that are not UTF-8 are among it, as surrogates."""
_ELEMENTS = {Gate.FAILED: "failure", Gate.BROKEN: "error"}


def junit(table: Diagnostics) -> str:
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


_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_ROOT = "%SRCROOT%"


def sarif(table: Diagnostics) -> str:
    """Return a log with one run. GitHub replaces a run by the next one of the same category."""
    ids = list(dict.fromkeys(row.id for row in table.problems))
    category = "/".join(["slugtrim", *(quote(part, safe="") for part in table.category), ""])
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "slugtrim", "version": __version__, "rules": [_rule(id_) for id_ in ids]},
                },
                "automationDetails": {"id": category},
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(row, ids.index(row.id)) for row in table.problems],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rule(id_: str) -> dict[str, Any]:
    """Return what an id means: GitHub wants a rule to have a description and help."""
    meant = meaning(id_)
    help_ = {"text": meant.help, "markdown": meant.markdown} if meant.markdown else {"text": meant.help}
    return {
        "id": id_,
        "shortDescription": {"text": f"{id_.replace('-', ' ').capitalize()}."},
        "fullDescription": {"text": meant.text},
        "help": help_,
    }


def _result(row: Diagnostic, rule_index: int) -> dict[str, Any]:
    return {
        "ruleId": row.id,
        "ruleIndex": rule_index,
        "level": _LEVELS[row.level],
        "message": {"text": _message(row.says())},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(row.path), "uriBaseId": _ROOT},
                    # GitHub wants a line of every location.
                    "region": {"startLine": row.line or 1},
                }
            }
        ],
        "partialFingerprints": {"slugtrimFinding/v1": row.fingerprint},
    }


def _message(text: str) -> str:
    """Return plain text: a name with ``[text](address)`` in it must not become a link (section 3.11.6)."""
    return valid_text(text).replace("](", "\\](")
