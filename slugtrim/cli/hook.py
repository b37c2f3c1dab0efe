"""``slugtrim hook``."""

from __future__ import annotations

import os
import shutil
import sys

import click

from slugtrim.budget import Budgets, Written
from slugtrim.builds.recording import push_remotes
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import actions, output_options
from slugtrim.cli.output import ProgressLine, say, write
from slugtrim.cli.tree import overhead_of
from slugtrim.config import load_config
from slugtrim.config.keys import Refused, read_total
from slugtrim.config.locator import to_write, with_total
from slugtrim.config.settings import Config, Flags
from slugtrim.errors import ConfigError, SlugtrimError, SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.git import GitError, Repository
from slugtrim.hook import pushed_platform, pushed_target
from slugtrim.hook.installation import Installation, State, check_installable, install, look, uninstall
from slugtrim.hook.pushed import total_for
from slugtrim.interrupts import Interrupts
from slugtrim.measurement import totals_of
from slugtrim.platforms import NAMES
from slugtrim.reports import hook_report
from slugtrim.reports.blocks import Line, Report
from slugtrim.reports.formats import printed
from slugtrim.reports.text import Style
from slugtrim.sources import find_in_repository

EXIT_MANAGED = 2
_UNWRAPPED = 1000
"""Columns, so that lines on stderr are not wrapped."""


@actions(
    "hook",
    short_help="Install, uninstall or show the pre-push hook.",
    help=f"""Manage this repository's pre-push hook.

    The hook measures what you push to {NAMES}, and stops a push that is over budget.
    """,
)
def command() -> None:
    """Run the action that the arguments name."""


@command.command("install", short_help="Install the pre-push hook.")
@click.option("--budget", metavar="SIZE", help="Also write this total to slugtrim.toml: a size (50MB) or a class.")
@output_options("text")
def install_command(budget: str | None, output_options: OutputOptions) -> None:
    """Install this repository's pre-push hook. If no budget is set, suggest one.

    An existing hook is kept and runs first. Shared hooks are not changed: those managed by husky, lefthook or
    pre-commit, tracked hooks, and those in a global core.hooksPath. For these, slugtrim prints the line to add and
    exits 2.
    """
    repository, found = _found()
    _install(repository, found, budget, output_options)


@command.command("uninstall", short_help="Remove the hook, and restore the earlier one.")
@output_options("text")
def uninstall_command(output_options: OutputOptions) -> None:
    """Remove slugtrim's pre-push hook, and restore the hook that was there before.

    A hook that was edited after slugtrim wrote it is not removed; the exit code is then 2.
    """
    _, found = _found()
    _write(hook_report.uninstalled(found, is_gone=uninstall(found)), output_options)


@command.command("status", short_help="Show whether the hook is installed.")
@output_options("text")
def status_command(output_options: OutputOptions) -> None:
    """Show whether the pre-push hook is installed, and which hook runs before it."""
    _, found = _found()
    _write(hook_report.status(found), output_options)


def _found() -> tuple[Repository, Installation]:
    """Return the repository of the current directory, and its hook."""
    repository = Repository.discover(b".")
    if repository is None:
        raise SourceError(f"{quoted(os.fsencode(os.getcwd()))}: not in a git repository; run git init first")
    try:
        return repository, look(repository)
    except GitError as error:
        raise SourceError(f"{quoted(repository.git_dir)}: git can't list the hooks ({error.first_line})") from error


def _write(report: Report, options: OutputOptions) -> None:
    write(printed(options.format, report, options.style(options.output)), options.output)


def _install(repository: Repository, found: Installation, budget: str | None, options: OutputOptions) -> None:
    check_installable(found)
    recorded = _recorded()
    config = _config(repository)  # report mistakes in it before anything changes
    with Interrupts():  # the settings and the hook, or neither
        more: Report = (Line(text=_budget(repository, budget), depth=0),) if budget is not None else ()
        is_new = install(found, recorded) if found.state is not State.MANAGED else False
    if budget is None and not options.quiet:
        more = _offer(repository, config)
    if found.state is State.MANAGED and found.calls_slugtrim:
        _write(hook_report.runs_already(found, more), options)
        return
    if found.state is State.MANAGED:
        if more:
            say(printed("text", more, Style(width=_UNWRAPPED)).replace("\n\n", "\n").rstrip("\n"))
        say(hook_report.managed(found))
        _write(hook_report.managed_line(found), options)
        raise click.exceptions.Exit(EXIT_MANAGED)
    _write(hook_report.installed(found, _watched(repository), more, is_new=is_new), options)


def _watched(repository: Repository) -> list[str]:
    """Return the remotes whose pushes the hook checks: those of the platform, and those of targets."""
    config = _config(repository)
    return [
        name
        for name, url in push_remotes(repository)
        if pushed_platform(url) is not None or pushed_target(config, name, url) is not None
    ]


def _recorded() -> bytes:
    """Return the path of the slugtrim that runs, for the hook to try first."""
    beside = os.path.join(os.path.dirname(sys.executable), "slugtrim")
    for path in (sys.argv[0], beside, shutil.which("slugtrim")):
        if path and os.path.basename(path) == "slugtrim" and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.fsencode(os.path.abspath(path))
    raise SourceError("slugtrim: not installed as a program that a hook can run; install it with pip or pipx")


def _config(repository: Repository) -> Config:
    """Return the configuration on disk. Raise ``ConfigError``: with a mistake in it, every push would be stopped."""
    if repository.top is None:
        return Config()

    source = Source(kind=SourceKind.WORKTREE, root=repository.top)
    return load_config(source, Flags(), os.environ, git_dir=None)


def _offer(repository: Repository, config: Config) -> Report:
    """Measure the commit that is checked out, and offer a budget for it; return nothing if one is set."""
    if _has_budget(config):
        return ()
    try:
        found = find_in_repository(repository, "HEAD")
        if repository.top is None:
            config = load_config(found.source, Flags(), os.environ, git_dir=found.git_dir)
            if _has_budget(config):
                return ()
        overhead = overhead_of(found, config, use_cache=True)
        with ProgressLine(shown=None) as line:
            totals = totals_of(found, config.reading, progress=line)
    except SlugtrimError:
        return hook_report.no_budget()
    size_bytes = max(0, totals.compressed_bytes + (overhead.size_bytes if overhead is not None else 0))
    total_bytes = total_for(size_bytes)
    if totals.unreadable or total_bytes is None:
        return hook_report.no_budget()
    return hook_report.offered(size_bytes, overhead, total_bytes, config.path)


def _has_budget(config: Config) -> bool:
    return bool(config.targets) or config.for_target().budgets != Budgets()


def _budget(repository: Repository, budget: str) -> str:
    """Write the total to ``slugtrim.toml``, and return the line about it."""
    from slugtrim.writing import replace_file

    total = budget.strip()
    try:
        read_total(total, Written(name="--budget"))
    except Refused as refused:
        raise UsageError(f"--budget: {refused}") from None
    if repository.top is None:
        raise ConfigError([f"slugtrim.toml: this repository is bare; commit the file: {to_write(total)}"])
    config = _config(repository)
    if config.path not in (None, b"slugtrim.toml"):
        raise ConfigError([f"{quoted(config.path or b'')}: has the settings; {to_write(total)} of it"])
    path = os.path.join(repository.top, b"slugtrim.toml")
    if os.path.islink(path):
        raise ConfigError([f"slugtrim.toml: is a symlink, and symlinks are not followed; {to_write(total)} of it"])
    try:
        before = None
        if os.path.lexists(path):
            with open(path, "rb") as file:
                before = file.read()
        content = with_total(before, total)
        if content == before:
            return f"slugtrim.toml: the total is already {total}."
        replace_file(path, content)
    except OSError as error:
        problem = f"slugtrim.toml: cannot be written ({error.strerror}) and is unchanged; {to_write(total)} of it"
        raise ConfigError([problem]) from error
    return f"slugtrim.toml: set the total to {total}; commit the file to share it."
