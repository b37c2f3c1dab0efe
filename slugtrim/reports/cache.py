"""``slugtrim cache``: what is remembered, as text or JSON."""

from __future__ import annotations

from slugtrim.reports.json_text import dumps
from slugtrim.reports.style import plural, size
from slugtrim.store import CacheInfo

SCHEMA = 1


def render_text(info: CacheInfo, *, cleared: bool) -> str:
    """Where it lies, and how much is or was in it."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    return f"{info.directory}\n  {'held' if cleared else 'holds'} {held}, for {repositories}\n"


def render_json(info: CacheInfo, *, cleared: bool) -> str:
    """One object, schema 1 (``schemas/cache.json``)."""
    data = {
        "schema": SCHEMA,
        "cleared": cleared,
        "path": info.directory,
        "repositories": info.repositories,
        "files": info.files,
        "bytes": info.size_bytes,
    }
    return dumps(data)
