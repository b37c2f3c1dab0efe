"""Problems as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from slugtrim import __version__
from slugtrim.lint import sections
from slugtrim.notes import Level
from slugtrim.reports.json_text import valid_text
from slugtrim.reports.problems import INCOMPLETE, Problem

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_ROOT = "%SRCROOT%"


def render(
    problems: Sequence[Problem], category: Sequence[bytes], descriptions: Mapping[str, str] | None = None
) -> str:
    """A log with one run.

    ``category`` keeps apart the runs on one commit (GitHub replaces a run by the next one of the same category);
    ``descriptions`` says what ids mean that are not among those of ``slugtrim lint``.
    """
    ids = list(dict.fromkeys(problem.finding.id for problem in problems))
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "slugtrim",
                        "version": __version__,
                        "rules": [_rule(id_, descriptions or {}) for id_ in ids],
                    }
                },
                "automationDetails": {"id": "/".join(["slugtrim", *(quote(part, safe="") for part in category), ""])},
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, ids.index(problem.finding.id)) for problem in problems],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(id_: str, descriptions: Mapping[str, str]) -> dict[str, Any]:
    """GitHub wants a rule to have a description and help."""
    if id_ == INCOMPLETE:
        what = "Something could not be read, so that sizes are too small and findings may be missing"
        return _described(id_, f"{what}.", "Make it readable: the message names it, and why.")
    if id_ in descriptions:
        help_text = (
            "The message says by how much, and where the limit is written. slugtrim audit shows what weighs, slugtrim "
            "suggest what could go."
        )
        return _described(id_, f"{descriptions[id_]}.", help_text)
    _, cause, cure = sections()[id_].split("\n\n", 2)
    rule = _described(id_, _one_line(cause.removeprefix("Cause: ")), _one_line(cure.removeprefix("Cure: ")))
    rule["help"]["markdown"] = f"{cause}\n\n{cure}"
    return rule


def _described(id_: str, full: str, help_text: str) -> dict[str, Any]:
    return {
        "id": id_,
        "shortDescription": {"text": f"{id_.replace('-', ' ').capitalize()}."},
        "fullDescription": {"text": full},
        "help": {"text": help_text},
    }


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _result(problem: Problem, rule_index: int) -> dict[str, Any]:
    finding = problem.finding
    return {
        "ruleId": finding.id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.level],
        "message": {"text": _message(problem.says())},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path), "uriBaseId": _ROOT},
                    # GitHub wants a line of every location.
                    "region": {"startLine": finding.line or 1},
                }
            }
        ],
        "partialFingerprints": {"slugtrimFinding/v1": problem.fingerprint},
    }


def _message(text: str) -> str:
    """Plain text: what a name has of ``[text](address)`` shall be no link (section 3.11.6)."""
    return valid_text(text).replace("](", "\\](")
