"""``slugtrim builds``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import click

from slugtrim.builds.build import Told
from slugtrim.builds.log import LogReader, open_log
from slugtrim.builds.place import journal_path
from slugtrim.builds.recording import RecordRequest, check_asked, remember
from slugtrim.builds.relay import pass_through, relay
from slugtrim.cli.asked import OutputOptions
from slugtrim.cli.options import output_options
from slugtrim.cli.output import ProgressLine, say, say_bug, write
from slugtrim.errors import SlugtrimError, SourceError, UsageError
from slugtrim.files import quoted
from slugtrim.git import GitError, Repository
from slugtrim.platforms import PLATFORM
from slugtrim.reports.formats import formats_of, render

EXIT_FAILED = 1
_SHOWN = 20
_READ_BYTES = 1 << 16


class _Command(click.Command):
    """Takes all behind ``--`` for the words of a command of the user's: no option of ours is among them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["slugtrim.command"] = args[at + 1 :] if at < len(args) else None
        return super().parse_args(ctx, args[:at])


@click.command(
    "builds",
    cls=_Command,
    help=f"""Record build logs, and list the recorded builds.

    record -- COMMAND runs a push (record -- {PLATFORM.push_command}), shows its output and exits with its status.
    record FILE reads a log. record - reads a log from stdin, prints it, and exits 1 if the push failed. list [PATH]
    shows the builds of a repository.

    Once a build is recorded, audit, check and the hook include what buildpacks add.
    """,
    short_help="Record build logs and list past builds.",
)
@click.argument("action", type=click.Choice(["record", "list"]))
@click.argument("words", nargs=-1, metavar="[FILE | PATH | -- COMMAND...]")
@click.option("--commit", metavar="REV", help="With record: the commit that was built, if the log doesn't name it.")
@click.option("--target", metavar="NAME", help="With record: the target, if the remote doesn't identify it.")
@click.option(
    "-n", "most", metavar="N", type=click.IntRange(min=0), help="With list: show the last N builds; 0 shows all."
)
@output_options(*formats_of("builds"))
@click.pass_context
def command(
    context: click.Context,
    action: str,
    words: Sequence[str],
    commit: str | None,
    target: str | None,
    most: int | None,
    output_options: OutputOptions,
) -> None:
    pushed: list[str] | None = context.meta["slugtrim.command"]
    if action == "list":
        if commit is not None or target is not None or pushed is not None:
            raise UsageError("builds list: takes only a PATH; --commit, --target and -- belong to record")
        _list(words, most, output_options)
        return
    if most is not None or output_options.targets != (("text", "-"),):
        raise UsageError("builds record: prints no report; -n, --format, --output and --report belong to list")
    asked = RecordRequest(commit=commit, target=target, is_fresh=pushed is not None)
    status = _record(words, pushed, asked, quiet=output_options.quiet)
    if status:
        raise click.exceptions.Exit(status)


def _list(words: Sequence[str], most: int | None, options: OutputOptions) -> None:
    from slugtrim.builds.journal import build_history

    if len(words) > 1:
        raise UsageError("builds list: takes one PATH; drop the rest")
    path = os.fsencode(words[0] if words else ".")
    repository = _repository(path)
    history = build_history(repository)
    for name, target in options.targets:
        shown = _SHOWN if most is None and name == "text" else most or None
        write(render("builds", name, history, style=options.style(target), most=shown), target)
    if not options.quiet:
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


def _record(words: Sequence[str], pushed: Sequence[str] | None, asked: RecordRequest, *, quiet: bool) -> int:
    """The exit status."""
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
    status = relay(pushed, reader.feed) if pushed is not None else _filter(reader)
    told = reader.end()
    _tell_in_any_case(told, asked, quiet=quiet)
    return status if pushed is not None else EXIT_FAILED * told.is_failed


def _filter(reader: LogReader) -> int:
    pass_through(reader.feed)
    return 0


def _read(name: str) -> Told:
    """What the log in a file says."""
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
    """The push is over, and its exit status is what counts: nothing that goes wrong from here on may change it."""
    try:
        _tell(told, asked, quiet=quiet)
    except SlugtrimError as error:
        say(f"the build was not recorded: {error}")
    except KeyboardInterrupt:
        say("the build was not recorded: interrupted")
    except Exception:
        say_bug()


def _tell(told: Told, asked: RecordRequest, *, quiet: bool) -> None:
    """Remembers the build, and says so in a line or two."""
    from slugtrim.reports import builds_report as words

    if told.outcome is None:
        if not quiet:
            say(words.nothing_told(told))
        return
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
