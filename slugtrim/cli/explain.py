"""``slugtrim explain``."""

from __future__ import annotations

import os

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.configured import configured, named_tree
from slugtrim.cli.options import output_options, tree_options
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.files import Found, SourceKind, Tree, quoted
from slugtrim.listing import explain
from slugtrim.reports.formats import formats_of, render
from slugtrim.store import CacheTable


@click.command("explain", short_help="Explain why a path is in the slug or left out.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@tree_options
@output_options(*formats_of("explain"))
def command(files: tuple[str, ...], tree_options: TreeOptions, output_options: OutputOptions) -> None:
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
    for name, target in output_options.targets:
        write(render("explain", name, explanations, style=output_options.style(target)), target)


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
