"""``slugtrim cache``: what is remembered, as text or JSON."""

from __future__ import annotations

import os

from slugtrim.cache import CacheInfo
from slugtrim.files import quoted
from slugtrim.reports.json_text import dumps
from slugtrim.reports.style import plural, size

SCHEMA = 1


def render_text(info: CacheInfo, *, cleared: bool) -> str:
    """Where it lies, and how much is or was in it."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    lines = [info.directory, f"  {'held' if cleared else 'holds'} {held}, for {repositories}"]
    lines += [f"  {quoted(os.fsencode(path))}: is a symlink, so it is not used; delete it" for path in info.refused]
    return "".join(f"{line}\n" for line in lines)


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
