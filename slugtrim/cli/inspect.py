"""``slugtrim inspect``, with ``--extract``."""

from __future__ import annotations

import click

from slugtrim.archive.extraction import extract_slug
from slugtrim.archive.limits import Limits
from slugtrim.cleanup import write_changes
from slugtrim.cli import EXIT_USAGE
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import archive_options, output_options
from slugtrim.cli.output import write, write_reports
from slugtrim.errors import UsageError
from slugtrim.inspection import inspect_slug
from slugtrim.reports import inspect_report as report
from slugtrim.reports.blocks import View
from slugtrim.reports.formats import formats_of, printed


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
@click.option("--cleanup", metavar="DIR", help="Add a cleanup script to the app in DIR; - only prints the changes.")
@archive_options
@output_options(*formats_of("inspect"))
def command(slug: str, extract: str | None, cleanup: str | None, limits: Limits, output_options: OutputOptions) -> None:
    """Show what a compiled slug contains, where it came from, and what is waste.

    SLUG is a .tgz or .tar file, a directory, or - for stdin. Only --extract unpacks the slug. It checks every entry
    first, and writes nothing if any entry is unsafe.

    --cleanup adds a cleanup script to the app in DIR; the next build then removes the safe waste. It is a script in
    package.json or composer.json, a rake task, or bin/post_compile. requirements.txt can change as well. Exits 2 if
    there is safe waste but nothing could be written.
    """
    if extract is not None:
        if cleanup is not None:
            raise UsageError("--cleanup: conflicts with --extract; drop one of them")
        unpack(slug, extract, limits, output_options)
        return
    inspection = inspect_slug(slug, limits, cleanup, with_map=output_options.has("html"))
    if inspection.cleanup is not None and inspection.cleanup.directory is not None:
        write_changes(inspection.cleanup.directory, inspection.cleanup.plan.changes)
    write_reports("inspect", inspection, output_options)
    done = inspection.cleanup
    if done is not None and done.directory is not None and done.is_refused:
        raise click.exceptions.Exit(EXIT_USAGE)
