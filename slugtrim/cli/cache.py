"""``slugtrim cache``."""

from __future__ import annotations

import os

from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import actions, output_options
from slugtrim.cli.output import write_reports
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.reports.formats import formats_of
from slugtrim.store import cache_info, clear_cache


@actions(
    "cache",
    short_help="Show or clear the cache of measured sizes.",
    help="""Show or clear the cache of earlier measurements, which makes later runs faster.

    It is in the user's cache directory. Set SLUGTRIM_CACHE_DIR to move it.
    """,
)
def command() -> None:
    """Run the action that the arguments name."""


@command.command("info", short_help="Show where the cache is, and its size.")
@output_options(*formats_of("cache"))
def info(output_options: OutputOptions) -> None:
    """Show where the cache is, its size, and how many repositories it covers."""
    write_reports("cache", cache_info(), output_options, cleared=False)


@command.command("clear", short_help="Delete the cache of all repositories.")
@output_options(*formats_of("cache"))
def clear(output_options: OutputOptions) -> None:
    """Delete the cache of all repositories, and show how large it was.

    The next run of each repository is slower; results stay the same.
    """
    try:
        cleared = clear_cache()
    except OSError as error:
        name = quoted(os.fsencode(error.filename or ""))
        raise UsageError(f"{name}: cannot be deleted ({error.strerror}); delete it by hand") from error
    write_reports("cache", cleared, output_options, cleared=True)
