"""``slugtrim ls``."""

from __future__ import annotations

import os

import click

from slugtrim.cli.options import OutputOptions, TreeOptions, output_options, tree_options
from slugtrim.cli.output import say, write
from slugtrim.files import quoted
from slugtrim.ignore import Dialect
from slugtrim.listing import list_slug
from slugtrim.reports import listing as report
from slugtrim.reports.style import plural
from slugtrim.sources import open_tree


@click.command("ls", short_help="The paths in the slug, or those left out of it.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--ignored", is_flag=True, help="List what is left out, by a rule or by the compiler itself.")
@click.option("-0", "nul", is_flag=True, help="Separate records by NUL, fields by tabs; names are not quoted.")
@click.option("--long", is_flag=True, help="Add bytes, compressed bytes (~ estimated) and the rule.")
@tree_options
@output_options("text", "json")
def command(
    path: str, ignored: bool, nul: bool, long: bool, tree_options: TreeOptions, output_options: OutputOptions
) -> None:
    """The paths in the slug, or with --ignored those left out of it.

    Names with special characters are quoted as git quotes them; -0 prints them as they are.
    """
    tree = open_tree(os.fsencode(path), rev=tree_options.rev, prefix=tree_options.prefix, use_git=tree_options.use_git)
    listing = list_slug(tree, Dialect(tree_options.dialect), ignored=ignored, long=long)
    for name, target in output_options.targets:
        write(
            report.render_json(listing) if name == "json" else report.render_text(listing, long=long, nul=nul), target
        )
    if listing.unreadable and not output_options.quiet:
        first = listing.unreadable[0]
        say(f"{plural(len(listing.unreadable), 'path')} could not be read, first {quoted(first.path)}: {first.reason}")
