"""``slugtrim audit``."""

from __future__ import annotations

import os

import click

from slugtrim.audit import Audit, audit_tree
from slugtrim.cli.options import OutputOptions, TreeOptions, output_options, tree_options
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.files import SourceKind, quoted
from slugtrim.ignore import Dialect
from slugtrim.reports import audit_json, audit_text
from slugtrim.reports.style import Style
from slugtrim.sources import open_tree, untracked_note


@click.command("audit", short_help="Size, class, what weighs, what is left out. The default.")
@click.argument("path", default=".", metavar="[PATH]")
@tree_options
@output_options("text", "json")
def command(path: str, tree_options: TreeOptions, output_options: OutputOptions) -> None:
    """How large the slug will be, what weighs in it, and what .slugignore leaves out.

    PATH is a directory: anywhere in a git repository stands for its top. The default is the current directory.
    """
    if "/" not in path and not os.path.lexists(path):
        raise UsageError(f"{quoted(os.fsencode(path))}: is neither a command nor a directory here; see slugtrim --help")
    tree = open_tree(os.fsencode(path), rev=tree_options.rev, prefix=tree_options.prefix, use_git=tree_options.use_git)
    untracked = untracked_note(tree) if tree.source.kind is SourceKind.WORKTREE else None
    report = audit_tree(tree, Dialect(tree_options.dialect), [untracked])
    for name, target in output_options.targets:
        write(_render(report, name, target, output_options), target)


def _render(report: Audit, name: str, target: str, options: OutputOptions) -> str:
    if name == "json":
        return audit_json.render(report)
    style = Style(width=options.width(target), color=options.colored(target), full=options.verbose, brief=options.quiet)
    return audit_text.render(report, style)
