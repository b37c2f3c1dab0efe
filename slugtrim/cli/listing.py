"""``slugtrim ls`` and ``slugtrim explain``: single files."""

from __future__ import annotations

import os

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import measuring_options, output_options, tree_options
from slugtrim.cli.output import ProgressLine, say, write, write_reports
from slugtrim.cli.tree import configured, named_tree, part_of
from slugtrim.errors import UsageError
from slugtrim.files import Found, SourceKind, Tree, quoted
from slugtrim.listing import SlugListing, explain, list_slug
from slugtrim.reports.formats import formats_of, render
from slugtrim.reports.plain import records
from slugtrim.reports.text import plural
from slugtrim.sizer import open_size_cache
from slugtrim.store import CacheTable


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
def ls_command(
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


@click.command("explain", short_help="Explain why a path is in the slug or left out.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@tree_options
@output_options(*formats_of("explain"))
def explain_command(files: tuple[str, ...], tree_options: TreeOptions, output_options: OutputOptions) -> None:
    """Explain whether a path is in the slug, and which rule decides that, in each dialect of .slugignore. For a
    file, also show what uses it.

    FILE is relative to the current directory, and may not exist yet. End it with a slash for a directory.
    """
    found = named_tree(".", tree_options)
    dialect = configured(tree_options, found.source, found.git_dir).reading
    tree = found.load()
    paths = [_from_root(os.fsencode(file), tree) for file in files]
    # Each run searches for other words, so only the evidence that other commands kept is useful.
    explanations = explain(tree, paths, dialect, evidence=_evidence(found))
    write_reports("explain", explanations, output_options)


def _evidence(found: Found) -> CacheTable:
    from slugtrim.suggester.facts import open_evidence_cache  # with everything that parses code: 30 ms

    return open_evidence_cache(found.git_dir)


def _from_root(file: bytes, tree: Tree) -> bytes:
    """Return the path relative to the root of the slug, with its trailing slash. Follow symlinks on the way."""
    directory, name = os.path.split(file.rstrip(b"/") or b"/")
    full = os.path.normpath(os.path.join(os.path.realpath(directory or b"."), name))
    inside = os.path.relpath(full, tree.source.path)
    is_bare = tree.source.kind is SourceKind.COMMIT and not os.path.lexists(os.path.join(tree.source.root, b".git"))
    if is_bare:
        inside = os.path.normpath(file.lstrip(b"/"))
    if inside == b".." or inside.startswith(b"../"):
        raise UsageError(f"{quoted(file)}: is outside {quoted(tree.source.path)}; name a path below it")
    path = b"" if inside == b"." else inside
    return path + b"/" if file.endswith(b"/") and path else path
