"""``slugtrim inspect``, with ``--extract``."""

from __future__ import annotations

import click

from slugtrim.archive import Limits, extract_slug
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import archive_options, output_options
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.inspection import inspect_slug
from slugtrim.reports import inspect_report as report
from slugtrim.reports.blocks import View
from slugtrim.reports.formats import formats_of, printed, render


def unpack(slug: str, destination: str, limits: Limits, options: OutputOptions) -> None:
    """Unpacks a slug and says what was written. Raises ``UsageError`` for a format other than text."""
    for name, _ in options.targets:
        if name != "text":
            raise UsageError(f"--extract: reports as text only; run inspect again for {name}")
    done = extract_slug(slug, destination, limits=limits)
    for name, target in options.targets:
        style = options.style(target)
        view = View(full=style.full, brief=style.brief)
        write(printed(name, report.extraction_report(done, destination, view), style), target)


@click.command("inspect", short_help="Show what a compiled slug contains, and what is waste.")
@click.argument("slug", metavar="SLUG")
@click.option("--extract", metavar="DIR", help="Unpack the slug into a new or empty directory instead.")
@archive_options
@output_options(*formats_of("inspect"))
def command(slug: str, extract: str | None, limits: Limits, output_options: OutputOptions) -> None:
    """Show what a compiled slug contains, where it came from, and what is waste.

    SLUG is a .tgz or .tar file, a directory, or - for stdin. Only --extract unpacks the slug. It checks every entry
    first, and writes nothing if any entry is unsafe.
    """
    if extract is not None:
        unpack(slug, extract, limits, output_options)
        return
    inspection = inspect_slug(slug, limits)
    for name, target in output_options.targets:
        write(render("inspect", name, inspection, style=output_options.style(target)), target)
