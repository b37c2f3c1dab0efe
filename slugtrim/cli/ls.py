"""``slugtrim ls``."""

from __future__ import annotations

import click

from slugtrim.cli.configured import configured, named_tree, part_of
from slugtrim.cli.options import OutputOptions, TreeOptions, measuring_options, output_options, tree_options
from slugtrim.cli.output import say, write
from slugtrim.cli.progress import ProgressLine
from slugtrim.files import quoted
from slugtrim.listing import SlugListing, list_slug
from slugtrim.reports.formats import formats_of, render
from slugtrim.reports.listing import records
from slugtrim.reports.style import plural
from slugtrim.sizer import open_size_cache


@click.command("ls", short_help="The paths in the slug, or those left out of it.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--ignored", is_flag=True, help="List what is left out, by a rule or by the compiler itself.")
@click.option("-0", "nul", is_flag=True, help="Separate records by NUL, fields by tabs; names are not quoted.")
@click.option("--long", is_flag=True, help="Add bytes, compressed bytes (~ estimated) and the rule.")
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
    """The paths in the slug, or with --ignored those left out of it.

    In a repository, PATH may be a directory below the top: then the paths in it, still from the root of the slug.
    Names with special characters are quoted as git quotes them; -0 prints them as they are.
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
