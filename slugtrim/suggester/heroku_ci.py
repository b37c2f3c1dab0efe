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
    """Return what keeps the tests in the slug: a test environment or script in ``app.json``; None if there is none."""
    manifest = [file for file in kept if file.path == b"app.json" and file.size_bytes <= _LIMIT_BYTES]
    text = tree.read(manifest).get(b"app.json", b"")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    environments, scripts = data.get("environments"), data.get("scripts")
    if isinstance(environments, dict) and isinstance(environments.get("test"), dict):
        return _evidence("a test environment", text, _test_key(text))
    if isinstance(scripts, dict) and isinstance(scripts.get("test"), str):
        # The test environment inherits what stands outside of it, and nothing else runs that script.
        return _evidence("a test script", text, text.find(b'"test"'))
    return None


def _evidence(found: str, text: bytes, offset: int) -> Evidence:
    return Evidence(
        kind=EvidenceKind.HEROKU_CI,
        text=f"has {found}: Heroku CI applies .slugignore before it runs the tests",
        path=b"app.json",
        line=text.count(b"\n", 0, max(offset, 0)) + 1,
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
