"""``slugtrim builds``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import click

from slugtrim.builds import journal_path
from slugtrim.builds.build import Told
from slugtrim.builds.log import LogReader, open_log
from slugtrim.builds.recording import RecordRequest, check_asked, remember, wanted_builds
from slugtrim.builds.relay import pass_through, relay
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import NumberOption, actions, output_options, quiet_options
from slugtrim.cli.output import ProgressLine, say, say_bug, write
from slugtrim.errors import SlugtrimError, SourceError, UsageError
from slugtrim.files import quoted
from slugtrim.git import GitError, Repository
from slugtrim.platforms import PLATFORM, RUNNING_LOG
from slugtrim.reports.formats import formats_of, render

EXIT_FAILED = 1
_SHOWN = 20
_READ_BYTES = 1 << 16


class _Command(click.Command):
    """Takes everything after ``--`` as the user's command, not as our options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["slugtrim.command"] = args[at + 1 :] if at < len(args) else None
        return super().parse_args(ctx, args[:at])


def _release(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    number = value.removeprefix("v") if value is not None else None
    if number is not None and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise UsageError(f"--release: {quoted(os.fsencode(value or ''))} isn't a release; write it as v24")
    return int(number) if number is not None else None


@actions(
    "builds",
    short_help="Record build logs and list past builds.",
    help=f"""Record how large the slugs of builds on {PLATFORM.name} were, and list the recorded builds.

    Once a build is recorded, audit, check and the hook include what buildpacks add.
    """,
)
def command() -> None:
    """Run the action that the arguments name."""


@command.command(
    "record",
    cls=_Command,
    short_help="Run a push and record its build, or read a log.",
    help=f"""Run a push and record its build, or read the log of a build.

    record -- COMMAND runs a push (record -- {PLATFORM.push_command}), shows its output and exits with its status.
    record FILE reads a log. record - reads a log from stdin, prints it, and exits 1 if the push failed.

    A log may also be the output of {RUNNING_LOG.command}. record then also saves how long your app took to start.
    """,
)
@click.argument("words", nargs=-1, metavar="FILE | - | -- COMMAND...")
@click.option("--commit", metavar="REV", help="The commit that was built, if the log doesn't name it.")
@click.option("--target", metavar="NAME", help="The target, if the remote doesn't identify it.")
@click.option("--logs", metavar="FILE", help=f"Read start times from {RUNNING_LOG.command} output; - is stdin.")
@click.option(
    "--release",
    metavar="vN",
    callback=_release,
    help="The release that --logs is about, if the log has no release line.",
)
@quiet_options
@click.pass_context
def record(
    context: click.Context,
    words: Sequence[str],
    commit: str | None,
    target: str | None,
    logs: str | None,
    release: int | None,
    quiet: bool,
) -> None:
    pushed: list[str] | None = context.meta["slugtrim.command"]
    asked = RecordRequest(commit=commit, target=target, release=release, is_fresh=pushed is not None)
    status = _record(words, pushed, logs, asked, quiet=quiet)
    if status:
        raise click.exceptions.Exit(status)


@command.command("list", short_help="List the recorded builds of a repository.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "-n",
    "most",
    metavar="N",
    cls=NumberOption,
    type=click.IntRange(min=0),
    help=f"Show the last N builds; default {_SHOWN}, 0 shows all.",
)
@click.option("--why", is_flag=True, help="Show what changed each time.")
@output_options(*formats_of("builds"))
def list_command(path: str, most: int | None, why: bool, output_options: OutputOptions) -> None:
    """List the recorded builds of a repository, newest first, with the change in size.

    CSV and JSON have all builds unless you set -n.
    """
    from slugtrim.builds.journal import build_history

    repository = _repository(os.fsencode(path))
    history = build_history(repository)
    for name, target in output_options.targets:
        shown = _SHOWN if most is None and name == "text" else most or None
        write(render("builds", name, history, style=output_options.style(target), most=shown, why=why), target)
    if not output_options.quiet:
        journal = quoted(journal_path(repository.common_dir))
        for each in history.skipped:
            say(f"{journal}:{each.line}: {each.reason}, so it is skipped")


def _repository(path: bytes) -> Repository:
    if not os.path.isdir(path):
        raise UsageError(f"{quoted(path)}: not a directory; name one in the repository")
    repository = Repository.discover(path)
    if repository is None:
        raise SourceError(f"{quoted(path)}: not in a git repository, where builds are recorded; name one")
    return repository


def _record(
    words: Sequence[str], pushed: Sequence[str] | None, logs: str | None, asked: RecordRequest, *, quiet: bool
) -> int:
    """Record a build, and return the exit status."""
    if logs is not None:
        if pushed is not None or len(words) > 1 or (logs == "-" and "-" in words):
            raise UsageError("builds record: --logs takes one FILE, beside at most one build log; drop the rest")
        status = _record(words, None, None, asked, quiet=quiet) if words else 0
        return _record([logs], None, None, asked, quiet=quiet) or status
    if pushed is not None and (words or not pushed):
        raise UsageError(f"builds record: takes one FILE, or -- and a command; write record -- {PLATFORM.push_command}")
    if pushed is None and len(words) != 1:
        hint = f"; did you mean record -- {' '.join(words)}?" if words else f", as record -- {PLATFORM.push_command}"
        raise UsageError(f"builds record: takes one FILE, - for stdin, or -- and a command{hint}")
    if asked.commit is not None or asked.target is not None:
        check_asked(_repository(b"."), asked)
    if pushed is None and words[0] != "-":
        _tell(_read(words[0]), asked, quiet=quiet)
        return 0
    reader = LogReader()
    try:
        status = relay(pushed, reader.feed) if pushed is not None else _filter(reader)
    except KeyboardInterrupt:
        told = reader.end()
        # A log that is followed has no other end.
        if told.outcome is None and told.starts:
            _tell_in_any_case(told, asked, quiet=quiet)
        raise
    told = reader.end()
    _tell_in_any_case(told, asked, quiet=quiet)
    return status if pushed is not None else EXIT_FAILED * told.is_failed


def _filter(reader: LogReader) -> int:
    pass_through(reader.feed)
    return 0


def _read(name: str) -> Told:
    """Return what the log in a file says."""
    reader = LogReader()
    with open(open_log(name), "rb", buffering=0) as file:
        try:
            while data := file.read(_READ_BYTES):
                reader.feed(data)
        except OSError as error:
            name = quoted(os.fsencode(name))
            raise UsageError(f"{name}: cannot be read ({error.strerror}); name another log") from error
    return reader.end()


def _tell_in_any_case(told: Told, asked: RecordRequest, *, quiet: bool) -> None:
    """Record the build without raising: the push is over, and only its exit status counts."""
    try:
        _tell(told, asked, quiet=quiet)
    except SlugtrimError as error:
        say(f"the build was not recorded: {error}")
    except KeyboardInterrupt:
        say("the build was not recorded: interrupted")
    except Exception:
        say_bug()


def _tell(told: Told, asked: RecordRequest, *, quiet: bool) -> None:
    """Record the build and the starts, and say so in a line or two."""
    from slugtrim.reports import builds_report as words

    if told.outcome is not None:
        _tell_build(told, asked, quiet=quiet)
    if told.starts:
        _tell_starts(told, asked, quiet=quiet)
    elif told.outcome is None and not quiet:
        say(words.nothing_told(told))


def _tell_starts(told: Told, asked: RecordRequest, *, quiet: bool) -> None:
    from slugtrim.builds.learned import remember_starts
    from slugtrim.reports import builds_report as words

    repository = _repository(b".")
    found = remember_starts(told, repository.common_dir, wanted_builds(told, repository, asked), asked.release)
    if not quiet:
        for text in words.learned_lines(found):
            say(text)


def _tell_build(told: Told, asked: RecordRequest, *, quiet: bool) -> None:
    from slugtrim.reports import builds_report as words

    repository = _repository(b".")
    try:
        with ProgressLine(shown=False if quiet else None) as line:
            done = remember(told, repository, asked, now_seconds=time.time(), progress=line)
    except GitError as error:
        raise SourceError(
            f"{quoted(repository.git_dir)}: git cannot read this repository: {error.first_line}"
        ) from error
    if quiet:
        return
    say(words.remembered_line(done))
    for text in (*done.problems, words.assumption(done.build), words.difference(done.build)):
        if text:
            say(text)
