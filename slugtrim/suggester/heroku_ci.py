"""Heroku CI applies ``.slugignore`` before it runs the tests (heroku/heroku-ci#39)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from slugtrim.files import File, Tree
from slugtrim.suggester.record import Evidence, EvidenceKind

_LIMIT_BYTES = 1 << 20


def heroku_ci_evidence(tree: Tree, kept: Sequence[File]) -> Evidence | None:
    """What keeps the tests in the slug: an ``app.json`` with a test environment; None where there is none."""
    manifest = [file for file in kept if file.path == b"app.json" and file.size_bytes <= _LIMIT_BYTES]
    text = tree.read(manifest).get(b"app.json", b"")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    environments = data.get("environments") if isinstance(data, dict) else None
    if not isinstance(environments, dict) or not isinstance(environments.get("test"), dict):
        return None
    line = text.count(b"\n", 0, max(text.rfind(b'"test"', 0, _end_of_key(text)), 0)) + 1
    return Evidence(
        kind=EvidenceKind.HEROKU_CI,
        text="has a test environment: Heroku CI applies .slugignore before it runs the tests",
        path=b"app.json",
        line=line,
    )


def _end_of_key(text: bytes) -> int:
    """Just behind the first `"test"` that follows `"environments"`."""
    return text.find(b'"test"', max(text.find(b'"environments"'), 0)) + len(b'"test"')
