"""``slugtrim pre-push``."""

from __future__ import annotations

import os
import sys

import click

from slugtrim.cli.options import standard_options
from slugtrim.cli.output import say
from slugtrim.errors import SourceError, UsageError
from slugtrim.hook.protocol import Update, building_updates
from slugtrim.platforms import PLATFORM

EXIT_OVER = 1


@click.command(
    "pre-push",
    help=f"""Measure the commits that a push sends, and stop it where one is over its budget.

    git runs this, by the hook that slugtrim hook install writes, with lines about the refs on stdin. Only a push that
    builds is looked at: one to main or master of a {PLATFORM.name} remote, or of a remote that a target names.

    Exits with 1 strictly above a budget. git push --no-verify does without the hook, and so does SLUGTRIM_SKIP=1.
    """,
    short_help="What the git hook runs: holds what is pushed against its budgets.",
)
@click.argument("remote")
@click.argument("url")
@standard_options
def command(remote: str, url: str) -> None:
    updates = building_updates(_stdin())
    if not updates:
        return
    from slugtrim.hook.remote import pushed_platform

    is_platform = pushed_platform(url) is not None
    if os.environ.get("SLUGTRIM_SKIP"):
        if is_platform:
            say("not measured, because SLUGTRIM_SKIP is set")
        return
    if is_platform or _is_configured(remote, url):
        try:
            _hold(updates, remote, url)
        except SourceError as error:
            bypass = "git push --no-verify pushes it unmeasured"
            raise SourceError(f"{error}; the push was not measured, and {bypass}") from error


def _stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("stdin: has no lines of git about a push; let git push call this")
    return sys.stdin.buffer.read()


def _is_configured(remote: str, url: str) -> bool:
    """Whether a target names the remote, as far as the file on disk tells; no repository is opened for it."""
    if not os.environ.get("GIT_WORK_TREE") and os.path.isfile("HEAD") and os.path.isdir("objects"):
        return True  # seems to be bare, so that it takes the commit to know
    from slugtrim.config import Flags, load_config
    from slugtrim.files import Source, SourceKind
    from slugtrim.hook.remote import pushed_target

    # git runs hooks in the top of the work tree, unless it was told of another.
    top = os.path.abspath(os.fsencode(os.environ.get("GIT_WORK_TREE") or "."))
    source = Source(kind=SourceKind.WORKTREE, root=top)
    return pushed_target(load_config(source, Flags(), os.environ, git_dir=None), remote, url) is not None


def _hold(updates: tuple[Update, ...], remote: str, url: str) -> None:
    from slugtrim.builds.place import has_journal
    from slugtrim.cli.progress import ProgressLine
    from slugtrim.config import Flags, load_config
    from slugtrim.git import Repository
    from slugtrim.hook.pushed import hold
    from slugtrim.hook.remote import pushed_platform, pushed_target
    from slugtrim.reports import push_report
    from slugtrim.sources import find_in_repository

    repository = Repository.of_hook(os.environ)
    if repository is None:
        raise UsageError("pre-push: is in no git repository; let git push call this")
    is_over = False
    for update in updates:
        found = find_in_repository(repository, update.local)
        config = load_config(found.source, Flags(), os.environ, git_dir=found.git_dir)
        target = pushed_target(config, remote, url)
        if target is None and pushed_platform(url) is None:
            continue
        terms = config.for_target(target.name if target is not None else None)
        name = remote if remote != url else None
        overhead = terms.buildpacks
        if overhead is None and has_journal(found.git_dir):
            from slugtrim.builds.learned import BuildQuery, overhead_of_found
            from slugtrim.builds.push import app_of_url

            wanted = BuildQuery(target=target, app=app_of_url(url), remote=name)
            overhead = overhead_of_found(found, config.reading, wanted)
        with ProgressLine(shown=None) as line:
            pushed = hold(
                repository, found, update, name, dialect=config.reading, terms=terms, overhead=overhead, progress=line
            )
        if not pushed.is_over:
            say(push_report.line(pushed))
            continue
        is_over = True
        from slugtrim.cli.output import tell
        from slugtrim.hook.pushed import checked
        from slugtrim.reports.formats import printed
        from slugtrim.reports.style import Style

        tell(printed("text", push_report.blocked(checked(pushed), pushed, name or "the remote"), Style()))
    if is_over:
        raise click.exceptions.Exit(EXIT_OVER)
