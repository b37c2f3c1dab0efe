"""``slugtrim inspect``."""

from __future__ import annotations

import click

from slugtrim.archive.limits import Limits
from slugtrim.cli.options import OutputOptions, archive_options, output_options
from slugtrim.cli.output import write
from slugtrim.inspection import inspect_slug
from slugtrim.reports.formats import formats_of, render


@click.command("inspect", short_help="What a compiled slug is made of, and what is waste in it.")
@click.argument("slug", metavar="SLUG")
@click.option("--extract", metavar="DIR", help="Unpack it into a new or empty directory instead.")
@archive_options
@output_options(*formats_of("inspect"))
def command(slug: str, extract: str | None, limits: Limits, output_options: OutputOptions) -> None:
    """What a compiled slug is made of, who brought it, and what is waste in it.

    SLUG is a .tgz or .tar file, - for stdin, or a directory. Nothing is unpacked without --extract, which checks every
    entry first, and writes nothing if one is not safe.
    """
    if extract is not None:
        from slugtrim.cli.unpacking import unpack

        unpack(slug, extract, limits, output_options)
        return
    inspection = inspect_slug(slug, limits)
    for name, target in output_options.targets:
        write(render("inspect", name, inspection, style=output_options.style(target)), target)
