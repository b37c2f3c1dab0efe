"""``slugtrim hook``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

import click

from slugtrim.budget import Budgets, Written
from slugtrim.cli.options import OutputOptions, output_options
from slugtrim.cli.output import say, write
from slugtrim.config import Config, Flags, load_config
from slugtrim.config.keys import Refused, read_total
from slugtrim.config.locator import to_write, with_total
from slugtrim.errors import ConfigError, SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.git import GitError, Repository
from slugtrim.hook.installation import Installation, State, check_installable, install, look, uninstall
from slugtrim.interrupts import Interrupts
from slugtrim.reports import hook_report
from slugtrim.reports.blocks import Report
from slugtrim.reports.formats import printed

EXIT_MANAGED = 2


@click.command("hook", short_help="The git hook for that: install, uninstall, status.")
@click.argument("action", type=click.Choice(["install", "uninstall", "status"]))
@click.option("--budget", metavar="SIZE", help="With install: write this total to slugtrim.toml, as 50MB or average.")
@output_options("text")
def command(action: str, budget: str | None, output_options: OutputOptions) -> None:
    """Install the pre-push hook of this repository, take it out again, or tell how it stands.

    A hook that is there already is kept and runs first. Hooks that are not this repository's alone are left as they
    are: those that husky, lefthook or pre-commit look after, those that are tracked, and those of a global
    core.hooksPath. The line to add is printed then, and the exit code is 2.
    """
    if budget is not None and action != "install":
        raise UsageError(f"--budget: goes with hook install only; drop it for hook {action}")
    repository = Repository.discover(b".")
    if repository is None:
        raise SourceError(f"{quoted(os.fsencode(os.getcwd()))}: is in no git repository, so it has no hooks; git init")
    try:
        found = look(repository)
    except GitError as error:
        raise SourceError(f"{quoted(repository.git_dir)}: git cannot tell its hooks ({error.first_line})") from error
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
    _write(hook_report.installed(found, lines, is_new=is_new), options)


def _recorded() -> bytes:
    """Where the program is that the hook looks for first: the one that runs, as it was called."""
    beside = os.path.join(os.path.dirname(sys.executable), "slugtrim")
    for path in (sys.argv[0], beside, shutil.which("slugtrim")):
        if path and os.path.basename(path) == "slugtrim" and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.fsencode(os.path.abspath(path))
    raise SourceError("slugtrim: is not installed as a program that a hook could run; pip install it")


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
        raise ConfigError([f"slugtrim.toml: this repository is bare; commit one: {to_write(total)}"])
    config = _config(repository)
    if config.path not in (None, b"slugtrim.toml"):
        raise ConfigError([f"{quoted(config.path or b'')}: has the settings; {to_write(total)} of it"])
    path = os.path.join(repository.top, b"slugtrim.toml")
    if os.path.islink(path):
        raise ConfigError([f"slugtrim.toml: is a symlink, which is not followed; {to_write(total)} of it"])
    try:
        before = None
        if os.path.lexists(path):
            with open(path, "rb") as file:
                before = file.read()
        content = with_total(before, total)
        if content == before:
            return f"slugtrim.toml: has a total of {total} already."
        replace_file(path, content)
    except OSError as error:
        problem = f"slugtrim.toml: cannot be written ({error.strerror}) and is as it was; {to_write(total)} of it"
        raise ConfigError([problem]) from error
    return f"slugtrim.toml: the total is {total} now; commit it, so that it holds for everybody."
