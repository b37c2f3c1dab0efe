"""``slugtrim inspect --extract``."""

from __future__ import annotations

from slugtrim.archive import Limits, extract_slug
from slugtrim.cli.options import OutputOptions
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.reports import extraction as report
from slugtrim.reports.blocks import View
from slugtrim.reports.formats import printed


def unpack(slug: str, destination: str, limits: Limits, options: OutputOptions) -> None:
    """Unpacks a slug and says what was written. Raises ``UsageError`` for a format other than text."""
    for name, _ in options.targets:
        if name != "text":
            raise UsageError(f"--extract: says what it writes as text; inspect again for {name}")
    done = extract_slug(slug, destination, limits=limits)
    for name, target in options.targets:
        style = options.style(target)
        view = View(full=style.full, brief=style.brief)
        write(printed(name, report.report(done, destination, view), style), target)
