"""The command line: parse, call, render, exit. Exit codes are decided here and nowhere else."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from slugtrim.cli.options import standard_options, takes_next_word
from slugtrim.cli.output import OutputClosed, say, say_bug
from slugtrim.errors import SlugtrimError
from slugtrim.interrupts import Raised, Terminated
from slugtrim.platforms import PLATFORM

EXIT_FINE = 0
EXIT_USAGE = 2
EXIT_BUG = 3
EXIT_SIGNAL = 128
"""Added to the number of a signal, as a shell does."""
EXIT_INTERRUPTED = EXIT_SIGNAL + signal.SIGINT

_DEFAULT = "audit"
COMMANDS = {
    "audit": "audit",
    "suggest": "suggest",
    "lint": "lint",
    "check": "check",
    "inspect": "inspect",
    "diff": "diff",
    "hook": "hook",
    "pre-push": "pre_push",
    "builds": "builds",
    "ls": "ls",
    "explain": "explain",
    "cache": "cache",
}
"""Name of each command to the module below this one that holds it."""


class _Commands(click.Group):
    """Imports a command when it is used, and takes `audit` for granted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"slugtrim.cli.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_command(args))


def with_command(args: Sequence[str]) -> list[str]:
    """``args`` with the command in front: the first word if it names one, else the default.

    So options may stand before the command, and a directory named like one is written ``./ls``.
    """
    at = 0
    asked = []
    while at < len(args) and args[at].startswith("-") and args[at] not in ("-", "--"):
        if args[at] in ("-h", "--help", "-V", "--version"):
            asked.append(args[at])
        at += 2 if takes_next_word(args[at]) else 1
    if at < len(args) and args[at] in COMMANDS:
        return [args[at], *args[:at], *args[at + 1 :]]
    return asked[:1] or [_DEFAULT, *args]


_EPILOG = """\b
slugtrim COMMAND --help shows the options of a command.
Exit codes: 0 fine; 1 found what it gates on; 2 usage, configuration or
unreadable input; 3 a bug in slugtrim; 130 interrupted."""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
    help=f"""Predicts how large a {PLATFORM.name} slug will be, before you push.

    Without a command it audits: slugtrim [PATH] is slugtrim audit [PATH].
    """,
    options_metavar="",
    subcommand_metavar="[COMMAND] [OPTIONS] [ARGUMENTS]",
)
@standard_options
def slugtrim() -> None:
    """Run the command that the arguments name."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. SIGTERM and SIGHUP end the process once all is cleaned up."""
    try:
        with Raised():
            return _run(sys.argv[1:] if args is None else args)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Terminated as end:
        # With the handler of before: by default this is the end, and the parent process sees the signal.
        signal.raise_signal(end.number)
        return EXIT_SIGNAL + end.number


def _run(args: Sequence[str]) -> int:
    try:
        # Not click's own main: it ends with 1 on a closed pipe, and prints an empty line on Ctrl-C.
        with slugtrim.make_context("slugtrim", list(args)) as context:
            slugtrim.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except SlugtrimError as error:
        say(str(error))
        return EXIT_USAGE
    except click.ClickException as error:
        say(_usage_line(error))
        return EXIT_USAGE
    except OutputClosed:
        return EXIT_FINE
    except Exception:
        say_bug()
        return EXIT_BUG
    return EXIT_FINE


def _usage_line(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "slugtrim"
    return f"{message.removesuffix('.')}; see {command} --help"
