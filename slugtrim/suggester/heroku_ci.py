"""Heroku CI applies ``.slugignore`` before it runs the tests (heroku/heroku-ci#39)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from slugtrim.files import File, Tree
from slugtrim.suggester.record import Evidence, EvidenceKind

_TOKEN = re.compile(rb'[{}\[\]]|"((?:[^"\\]|\\.)*)"')
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
    line = text.count(b"\n", 0, _test_key(text)) + 1
    return Evidence(
        kind=EvidenceKind.HEROKU_CI,
        text="has a test environment: Heroku CI applies .slugignore before it runs the tests",
        path=b"app.json",
        line=line,
    )


def _test_key(text: bytes) -> int:
    """Where the key of the test environment stands: directly in the object of the environments."""
    depth = 0
    for match in _TOKEN.finditer(text, max(text.find(b'"environments"'), 0)):
        if match[0] in b"{[":
            depth += 1
        elif match[0] in b"}]":
            depth -= 1
        elif depth == 1 and match[1] == b"test":
            return match.start()
    return 0
