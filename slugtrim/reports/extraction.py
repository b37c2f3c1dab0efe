"""``slugtrim inspect --extract``: what was written, and what was not."""

from __future__ import annotations

import os
from collections.abc import Iterator

from slugtrim.archive import Extraction
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM
from slugtrim.reports.blocks import wrapped
from slugtrim.reports.rules_text import SOME
from slugtrim.reports.style import Style, cut, plural, size

_WHY = (
    f"Links into /{PLATFORM.root.decode('ascii')} were skipped. On a {PLATFORM.machine} that is where the slug lies; "
    "here they would lead to whatever is there on this machine:"
)


def render(done: Extraction, destination: str, style: Style) -> str:
    """One line, and the links that were skipped."""
    written = f"{plural(done.files, 'file')}, {size(done.written_bytes)}"
    lines = [f"Unpacked {written}, into {quoted(os.fsencode(destination))}"]
    if done.skipped and not style.brief:
        lines += ["", *wrapped(_WHY, style, first=""), *_skipped(done, style)]
    return "\n".join(lines) + "\n"


def _skipped(done: Extraction, style: Style) -> Iterator[str]:
    paths = sorted(done.skipped)
    shown = paths if style.full else paths[:SOME]
    for path in shown:
        yield "  " + cut(f"{quoted(path)} -> {quoted(done.skipped[path])}", style.width - 2)
    if len(shown) < len(paths):
        yield f"  … and {len(paths) - len(shown):,} more (-v shows all)"
