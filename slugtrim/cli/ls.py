"""``slugtrim ls``."""

from __future__ import annotations

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.configured import configured, named_tree, part_of
from slugtrim.cli.options import measuring_options, output_options, tree_options
from slugtrim.cli.output import ProgressLine, say, write
from slugtrim.files import quoted
from slugtrim.listing import SlugListing, list_slug
from slugtrim.reports.formats import formats_of, render
from slugtrim.reports.plain import records
from slugtrim.reports.text import plural
from slugtrim.sizer import open_size_cache


@click.command("ls", short_help="List the files in the slug, or the ignored ones.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--ignored", is_flag=True, help="List files left out, by a rule or by the slug compiler.")
@click.option("-0", "nul", is_flag=True, help="End records with NUL, separate fields with tabs; don't quote names.")
@click.option(
    "--long", is_flag=True, help="Show raw size, compressed size with tar header (~ estimated), and the rule."
)
@tree_options
@measuring_options
@output_options(*formats_of("ls"))
def command(
    path: str,
    ignored: bool,
    nul: bool,
    long: bool,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """List the paths in the slug; with --ignored, those left out of it.

    If PATH is a subdirectory of a repository, only its paths are listed, still from the root of the slug. Names with
    special characters are quoted as git quotes them; -0 prints them unquoted.
    """
    found = named_tree(path, tree_options)
    dialect = configured(tree_options, found.source, found.git_dir).reading
    cache = open_size_cache(found.git_dir if use_cache and long else None)
    with ProgressLine(shown=progress) as line:
        listing = list_slug(
            found.load(),
            dialect,
            ignored=ignored,
            long=long,
            part=part_of(path, found),
            cache=cache,
            progress=line,
        )
    cache.save()
    for name, target in output_options.targets:
        if nul and name == "text":
            write(records(listing, long=long), target)
        else:
            write(render("ls", name, listing, style=output_options.style(target), long=long), target)
    if listing.unreadable and not output_options.quiet:
        _warn(listing)


def _warn(listing: SlugListing) -> None:
    first = listing.unreadable[0]
    say(f"{plural(len(listing.unreadable), 'path')} could not be read, first {quoted(first.path)}: {first.reason}")
