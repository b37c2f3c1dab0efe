"""``slugtrim cache``."""

from __future__ import annotations

import os

import click

from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import output_options
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.reports.formats import formats_of, render
from slugtrim.store import cache_info, clear_cache


@click.command("cache", short_help="Show or clear the cache of measured sizes.")
@click.argument("action", type=click.Choice(["info", "clear"]))
@output_options(*formats_of("cache"))
def command(action: str, output_options: OutputOptions) -> None:
    """Show the cache of earlier measurements, or clear it.

    Clearing it makes the next run slower; results stay the same. Set SLUGTRIM_CACHE_DIR to move the cache.
    """
    try:
        info = clear_cache() if action == "clear" else cache_info()
    except OSError as error:
        name = quoted(os.fsencode(error.filename or ""))
        raise UsageError(f"{name}: cannot be deleted ({error.strerror}); delete it by hand") from error
    cleared = action == "clear"
    for name, target in output_options.targets:
        write(render("cache", name, info, style=output_options.style(target), cleared=cleared), target)
