"""Diagnostics as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from slugtrim import __version__
from slugtrim.notes import Level
from slugtrim.reports.diagnostics import Diagnostic, Diagnostics, meaning
from slugtrim.reports.documents.fields import valid_text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
_ROOT = "%SRCROOT%"


def render(table: Diagnostics) -> str:
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
