"""``slugtrim audit``."""

from __future__ import annotations

from typing import Any

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.auditing import AuditWish, audit
from slugtrim.cli.options import measuring_options, output_options, question_of, tree_options
from slugtrim.reports.formats import formats_of


@click.command("audit", short_help="Show the size of the slug and what is in it (default).")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--exact", is_flag=True, help="Also compress the whole slug for real (slower).")
@click.option("--tree", is_flag=True, help="Show the heaviest branches of the tree instead of lists (text only).")
@click.option(
    "--open", "opens", is_flag=True, help="Also write the HTML to a temporary file, and open it in a browser."
)
@click.option(
    "--installed/--no-installed",
    "use_installed",
    default=True,
    help="Use locally installed packages to predict sizes; on by default.",
)
@tree_options
@measuring_options
@output_options(*formats_of("audit"))
@click.pass_context
def command(
    context: click.Context, /, path: str, tree_options: TreeOptions, output_options: OutputOptions, **wish: Any
) -> None:
    """Show how large the slug will be, what takes space in it, and what .slugignore leaves out.

    PATH is a directory; the default is the repository that you are in. For a subdirectory, the lists cover only that
    part, and the totals are still for the whole slug.
    """
    audit(path, tree_options, output_options, question_of(context), AuditWish(**wish))
