"""The click group of all commands, and how click's errors are reported."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

from slugtrim.cli import COMMANDS, EXIT_FINE, EXIT_USAGE
from slugtrim.cli.options import SHOWN_AT_ONCE, leading_options, standard_options, with_name_first
from slugtrim.cli.output import say
from slugtrim.lean import Question
from slugtrim.platforms import PLATFORM

_DEFAULT = "audit"


class _Commands(click.Group):
    """Import a command when it is used; ``audit`` is the default."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(".")
        command = getattr(import_module(f"slugtrim.cli.{module}"), function)
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_command(args))


def with_command(args: Sequence[str]) -> list[str]:
    """Return the arguments with the command in front: the first word if it names one, else ``audit``.

    So options may come before the command, and a directory with the name of a command is written ``./ls``.
    """
    moved = with_name_first(args, COMMANDS)
    asked = [option for option in leading_options(args)[0] if option in SHOWN_AT_ONCE]
    return moved or asked[:1] or [_DEFAULT, *args]


_EPILOG = """\b
Run slugtrim COMMAND --help for the options of a command.
Exit codes: 0 success; 1 over budget or findings; 2 usage, configuration or
unreadable input; 3 a bug in slugtrim; 130 interrupted."""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
    help=f"""Predict how large a {PLATFORM.name} slug will be, before you push.

    The default command is audit: slugtrim [PATH] means slugtrim audit [PATH].
    """,
    options_metavar="",
    subcommand_metavar="[COMMAND] [OPTIONS] [ARGUMENTS]",
)
@standard_options
def slugtrim() -> None:
    """Run the command that the arguments name."""


def run(args: Sequence[str], question: Question | None) -> int:
    """Run a command line and return the exit code. Raises ``SlugtrimError`` and ``OutputClosed``."""
    try:
        # Not click's own main: it ends with 1 on a closed pipe, and prints an empty line on Ctrl-C.
        with slugtrim.make_context("slugtrim", list(args), obj=question) as context:
            slugtrim.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        say(_usage_line(error, args))
        return EXIT_USAGE
    return EXIT_FINE


def _usage_line(error: click.ClickException, args: Sequence[str]) -> str:
    message = " ".join(error.format_message().split())
    for kind in ("integer range", "integer"):
        message = message.replace(f"is not a valid {kind}", "is not a number")
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else f"slugtrim {with_command(args)[0]}"
    return f"{message.removesuffix('.')}; see {command} --help"
