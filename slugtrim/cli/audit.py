"""``slugtrim audit``."""

from __future__ import annotations

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.auditing import audit
from slugtrim.cli.options import measuring_options, output_options, question_of, tree_options
from slugtrim.reports.formats import formats_of


@click.command("audit", short_help="Show the size of the slug and what is in it (default).")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--exact", is_flag=True, help="Also compress the whole slug for real (slower).")
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
    context: click.Context,
    path: str,
    exact: bool,
    use_installed: bool,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Show how large the slug will be, what takes space in it, and what .slugignore leaves out.

    PATH is a directory; the default is the repository that you are in. For a subdirectory, the lists cover only that
    part, and the totals are still for the whole slug.
    """
    audit(
        path,
        tree_options,
        output_options,
        question_of(context),
        use_cache=use_cache,
        use_installed=use_installed,
        progress=progress,
        exact=exact,
    )
