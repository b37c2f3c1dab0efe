"""``slugtrim hook``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

import click

from slugtrim.budget import Budgets, Written
from slugtrim.builds.recording import push_remotes
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import output_options
from slugtrim.cli.output import say, write
from slugtrim.config import Config, Flags, load_config
from slugtrim.config.keys import Refused, read_total
from slugtrim.config.locator import to_write, with_total
from slugtrim.errors import ConfigError, SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.git import GitError, Repository
from slugtrim.hook.installation import Installation, State, check_installable, install, look, uninstall
from slugtrim.hook.protocol import pushed_platform, pushed_target
from slugtrim.interrupts import Interrupts
from slugtrim.reports import hook_report
from slugtrim.reports.blocks import Report
from slugtrim.reports.formats import printed

EXIT_MANAGED = 2


@click.command("hook", short_help="Install, uninstall or show the pre-push hook.")
@click.argument("action", type=click.Choice(["install", "uninstall", "status"]))
@click.option("--budget", metavar="SIZE", help="With install: write this total to slugtrim.toml (50MB, average).")
@output_options("text")
def command(action: str, budget: str | None, output_options: OutputOptions) -> None:
    """Install or uninstall this repository's pre-push hook, or show its status.

    An existing hook is kept and runs first. Shared hooks are not changed: those managed by husky, lefthook or
    pre-commit, tracked hooks, and those in a global core.hooksPath. For these, slugtrim prints the line to add and
    exits 2.
    """
    if budget is not None and action != "install":
        raise UsageError(f"--budget: belongs to hook install; drop it for hook {action}")
    repository = Repository.discover(b".")
    if repository is None:
        raise SourceError(f"{quoted(os.fsencode(os.getcwd()))}: not in a git repository; run git init first")
    try:
        found = look(repository)
    except GitError as error:
        raise SourceError(f"{quoted(repository.git_dir)}: git can't list the hooks ({error.first_line})") from error
    if action == "install":
        _install(repository, found, budget, output_options)
    elif action == "uninstall":
        _write(hook_report.uninstalled(found, is_gone=uninstall(found)), output_options)
    else:
        _write(hook_report.status(found), output_options)


def _write(report: Report, options: OutputOptions) -> None:
    write(printed(options.format, report, options.style(options.output)), options.output)


def _install(repository: Repository, found: Installation, budget: str | None, options: OutputOptions) -> None:
    check_installable(found)
    recorded = _recorded()
    with Interrupts():  # the settings and the hook, or neither
        lines = [_budget(repository, budget)] if budget is not None else list(_advice(repository))
        is_new = install(found, recorded) if found.state is not State.MANAGED else False
    if found.state is State.MANAGED and found.calls_slugtrim:
        _write(hook_report.runs_already(found, lines), options)
        return
    if found.state is State.MANAGED:
        for line in lines:
            say(line)
        say(hook_report.managed(found))
        _write(hook_report.managed_line(found), options)
        raise click.exceptions.Exit(EXIT_MANAGED)
    _write(hook_report.installed(found, _watched(repository), lines, is_new=is_new), options)


def _watched(repository: Repository) -> list[str]:
    """Return the remotes whose pushes the hook checks: those of the platform, and those of targets."""
    config = _config(repository)
    return [
        name
        for name, url in push_remotes(repository)
        if pushed_platform(url) is not None or pushed_target(config, name, url) is not None
    ]


def _recorded() -> bytes:
    """Where the program is that the hook looks for first: the one that runs, as it was called."""
    beside = os.path.join(os.path.dirname(sys.executable), "slugtrim")
    for path in (sys.argv[0], beside, shutil.which("slugtrim")):
        if path and os.path.basename(path) == "slugtrim" and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.fsencode(os.path.abspath(path))
    raise SourceError("slugtrim: not installed as a program that a hook can run; install it with pip or pipx")


def _config(repository: Repository) -> Config:
    """What is configured on disk. Raises ``ConfigError``: with it, every push would be stopped."""
    if repository.top is None:
        return Config()

    source = Source(kind=SourceKind.WORKTREE, root=repository.top)
    return load_config(source, Flags(), os.environ, git_dir=None)


def _advice(repository: Repository) -> Iterator[str]:
    """What to say of budgets, where none is set."""
    config = _config(repository)
    if config.for_target().budgets == Budgets() and not config.targets:
        yield hook_report.NO_BUDGET


def _budget(repository: Repository, budget: str) -> str:
    """Writes the total to ``slugtrim.toml``; what to say of it."""
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
