"""``slugtrim history``."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import NumberOption, compared_tree_options, measuring_options, output_options, with_options
from slugtrim.cli.output import ProgressLine, say, write_reports
from slugtrim.cli.tree import configured
from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.git import GitError, Repository
from slugtrim.history.range import HistoryRequest, range_ends, slug_history
from slugtrim.reports.formats import formats_of
from slugtrim.sources import normal_prefix

_LARGEST = 5
_SHOWN = 20
_MANY = 500
"""Commits to measure that take a while."""

_Command = Callable[..., None]
_OPTIONS = (
    click.option("--all-parents", is_flag=True, help="Also follow what merges brought, not only first parents."),
    click.option(
        "--every",
        metavar="N",
        default=1,
        cls=NumberOption,
        type=click.IntRange(min=1),
        help="Measure every Nth commit, from the newest on.",
    ),
    click.option("--since", metavar="DATE", help="Measure commits since this date, written as for git log."),
    click.option("--tags", "only_tags", is_flag=True, help="Measure tagged commits only."),
    click.option(
        "--path", "parts", metavar="GLOB", multiple=True, help="Measure only what this .gitignore pattern matches."
    ),
    click.option(
        "--top",
        "largest",
        metavar="N",
        default=_LARGEST,
        show_default=True,
        cls=NumberOption,
        type=click.IntRange(min=0),
        help="Show the N commits that added the most.",
    ),
    click.option(
        "--blame", "has_blame", is_flag=True, help="Show the commit that added the largest part of each file."
    ),
    click.option(
        "--fast",
        "is_estimated",
        is_flag=True,
        help="Estimate roughly from the sizes that git stores; compress nothing.",
    ),
)

_ASKED = ("name", "all_parents", "every", "since", "only_tags", "largest", "has_blame", "is_estimated")


def _history_options(command: _Command) -> _Command:
    """Add the options that say which commits are measured, and how. The command gets them as ``request``."""

    @functools.wraps(command)
    def wrapped(*, parts: tuple[str, ...], tree_options: TreeOptions, **rest: Any) -> None:
        if len(parts) > 1:
            raise UsageError("--path: takes one pattern; run slugtrim history once for each")
        part = parts[0] if parts else None
        if part is not None and not part.strip():
            raise UsageError("--path: is empty; write a pattern, such as app/assets/")
        asked = {name: rest.pop(name) for name in _ASKED}
        request = HistoryRequest(
            prefix=normal_prefix(tree_options.prefix),
            part=os.fsencode(part) if part is not None else None,
            **asked,
        )
        command(request=request, tree_options=tree_options, **rest)

    return with_options(wrapped, _OPTIONS)


@click.command("history", short_help="Show how the slug grew, commit by commit.")
@click.argument("name", default="HEAD", metavar="[RANGE]")
@compared_tree_options
@_history_options
@click.option(
    "-n",
    "most",
    metavar="N",
    cls=NumberOption,
    type=click.IntRange(min=0),
    help=f"List only the newest N commits of RANGE; default {_SHOWN}, 0 lists all. All of RANGE is measured.",
)
@measuring_options
@output_options(*formats_of("history"))
def command(
    request: HistoryRequest,
    most: int | None,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Show the predicted slug of each commit in RANGE, how it changed, and which files caused that.

    RANGE is a commit (default HEAD) with all that came before it, or A..B. Each commit counts with its own .slugignore,
    and is read from git's objects; nothing is checked out. Only first parents are followed. Rows show recorded builds
    as well. CSV and JSON have all commits unless you set -n.

    Ctrl-C stops it, prints what was measured so far, and exits with 130.
    """
    if request.has_blame and all(format_ == "csv" for format_, _ in output_options.targets):
        raise UsageError("--blame: CSV has no place for it; use another --format")
    repository = Repository.discover(b".")
    _check_no_directory(repository, request.name)
    if repository is None:
        raise SourceError("history: not a git repository; run it in one, or use -C DIR")

    def begun(unmeasured: int) -> None:
        if unmeasured > _MANY and not request.is_estimated and not line.is_shown and not output_options.quiet:
            say(f"measuring {unmeasured:,} commits; a RANGE such as HEAD~50.. measures fewer")

    try:
        _, tip = range_ends(repository, request.name)
        root = repository.top or repository.git_dir
        source = Source(kind=SourceKind.COMMIT, root=root, prefix=request.prefix, rev=tip)
        config = configured(tree_options, source, repository.common_dir)
        budget = config.for_target().budgets.total if config.says_budgets else None
        with ProgressLine(shown=progress) as line:
            history = slug_history(
                repository,
                request,
                config.reading,
                use_cache=use_cache,
                begun=begun,
                done=lambda done, all_: line.show(lambda: f"measured {done:,} of {all_:,} commits"),
            )
    except GitError as error:
        raise SourceError(f"history: git cannot read this repository: {error.first_line}; try git fsck") from error
    most = len(history.rows) if most == 0 else most
    write_reports("history", history, output_options, most=most, budget=budget)
    if not history.is_complete:
        raise KeyboardInterrupt


def _check_no_directory(repository: Repository | None, name: str) -> None:
    """Raise ``UsageError`` for a directory in place of a range; a commit may have the same name."""
    if not os.path.isdir(name) or (repository is not None and repository.commit_id(name) is not None):
        return
    path, top = os.path.realpath(os.fsencode(name)), os.path.realpath(repository.top or b"") if repository else b""
    is_inside = top and path.startswith(top + b"/") and not os.path.lexists(os.path.join(name, ".git"))
    meant = b"--path " + path[len(top) + 1 :] + b"/" if is_inside else b"slugtrim history -C " + os.fsencode(name)
    raise UsageError(f"history: RANGE is a revision; did you mean {quoted(meant)}?")
