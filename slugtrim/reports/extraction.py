"""``slugtrim inspect --extract``: what was written, and what was not."""

from __future__ import annotations

import os
from collections.abc import Iterator

from slugtrim.archive import Extraction
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM
from slugtrim.reports.blocks import Block, Items, Line, Paragraph, Report, Section, View, name, path
from slugtrim.reports.parts import SOME
from slugtrim.reports.style import plural, size

_WHY = (
    f"Links into /{PLATFORM.root.decode('ascii')} were skipped. On a {PLATFORM.machine} that is where the slug lies; "
    "here they would lead to whatever is there on this machine:"
)


def report(done: Extraction, destination: str, view: View) -> Report:
    """Return one line, and the links that were skipped."""
    written = f"Unpacked {plural(done.files, 'file')}, {size(done.written_bytes)}, into "
    line = Line(text=(written, path(os.fsencode(destination))), depth=0)
    if not done.skipped or view.brief:
        return (line,)
    return line, Section(blocks=tuple(_skipped(done, view)))


def _skipped(done: Extraction, view: View) -> Iterator[Block]:
    paths = sorted(done.skipped)
    shown = view.some(paths, SOME)
    yield Paragraph(text=_WHY, depth=0)
    yield Items(items=tuple(name(f"{quoted(each)} -> {quoted(done.skipped[each])}") for each in shown), depth=1)
    yield from view.more(len(paths) - len(shown))
