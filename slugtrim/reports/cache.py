"""``slugtrim cache``: what is remembered, as text or JSON."""

from __future__ import annotations

from slugtrim.cache import CacheInfo
from slugtrim.reports.blocks import Line, Report, Section, View, name, safe
from slugtrim.reports.json_text import dumps
from slugtrim.reports.style import plural, size

SCHEMA = 1


def report(info: CacheInfo, view: View, *, cleared: bool) -> Report:
    """Return where it is, and how much is or was in it. ``view`` changes nothing."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    place = Line(text=name(safe(info.directory)), depth=0)
    return (Section(blocks=(place, Line(text=f"{'held' if cleared else 'holds'} {held}, for {repositories}"))),)


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
