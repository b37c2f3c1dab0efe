"""``slugtrim cache``: what is remembered, as text."""

from __future__ import annotations

from slugtrim.cache import CacheInfo
from slugtrim.reports.style import plural, size


def render_text(info: CacheInfo, *, cleared: bool) -> str:
    """Where it lies, and how much is or was in it."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    return f"{info.directory}\n  {'held' if cleared else 'holds'} {held}, for {repositories}\n"
