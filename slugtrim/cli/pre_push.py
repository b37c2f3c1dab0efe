"""``slugtrim pre-push``, apart from ``slugtrim hook``: a push of a known commit needs nothing that installs a hook."""

from __future__ import annotations

import click

from slugtrim.cli.options import question_of, standard_options
from slugtrim.cli.pushing import push
from slugtrim.platforms import NAMES


@click.command(
    "pre-push",
    help=f"""Measure the commits that a push sends, and stop the push if one is over its budget.

    The hook that slugtrim hook install writes runs this, with git's list of refs on stdin. Only pushes that start a
    build are checked: those to main or master of a {NAMES} remote, or of a target's remote.

    Exits 1 if a budget is exceeded. To skip the check, use git push --no-verify or SLUGTRIM_SKIP=1.
    """,
    short_help="Check a push against its budgets; the git hook runs this.",
)
@click.argument("remote")
@click.argument("url")
@standard_options
@click.pass_context
def command(context: click.Context, remote: str, url: str) -> None:
    code = push(remote, url, question_of(context))
    if code:
        raise click.exceptions.Exit(code)
