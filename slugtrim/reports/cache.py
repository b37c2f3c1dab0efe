"""``slugtrim cache``: what is remembered, as text."""

from __future__ import annotations

import os

from slugtrim.files import quoted
from slugtrim.reports.blocks import Line, Report, Section, View, name, safe
from slugtrim.reports.style import plural, size
from slugtrim.store import CacheInfo


def report(info: CacheInfo, view: View, *, cleared: bool) -> Report:
    """Return where it is, and how much is or was in it. ``view`` changes nothing."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    lines = [Line(text=name(safe(info.directory)), depth=0)]
    lines.append(Line(text=f"{'held' if cleared else 'holds'} {held}, for {repositories}"))
    for path in info.refused:
        lines.append(Line(text=(name(quoted(os.fsencode(path))), ": is a symlink, so it is not used; delete it")))
    return (Section(blocks=tuple(lines)),)
