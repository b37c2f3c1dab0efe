"""Options that several commands share, gathered into one record each."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import click

from slugtrim import __version__
from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.output import find_target, write
from slugtrim.errors import UsageError
from slugtrim.files import MAX_FILES, quoted
from slugtrim.lean import Question
from slugtrim.platforms import PLATFORMS

_VALUE_OPTIONS = (
    "--rev",
    "--prefix",
    "--platform",
    "--dialect",
    "--config",
    "--format",
    "--output",
    "--report",
    "--color",
    "--min-saving",
    "--include",
    "--exclude",
    "--ignore",
    "--explain",
    "--verify",
    "--target",
    "--budget",
    "--max-growth",
    "--buildpack-overhead",
    "--base",
    "--verify-timeout",
    "--verify-runs",
    "--extract",
    "--limit",
    "--commit",
    "--every",
    "--since",
    "--path",
    "--top",
)
_SHORT_WITH_VALUE = re.compile(r"-[0hqvV]*[Con]")

_Command = Callable[..., None]


def question_of(context: click.Context) -> Question:
    """Return what the lean start made of the command line."""
    return context.find_object(Question) or Question()


def leading_options(args: Sequence[str]) -> tuple[list[str], int]:
    """Return the options before the first word that is neither an option nor its value, and that word's index."""
    at = 0
    options = []
    while at < len(args) and args[at].startswith("-") and args[at] not in ("-", "--"):
        options.append(args[at])
        at += 2 if args[at] in _VALUE_OPTIONS or _SHORT_WITH_VALUE.fullmatch(args[at]) is not None else 1
    return options, at


def with_name_first(args: Sequence[str], names: Collection[str]) -> list[str] | None:
    """Return the arguments with the name of a command or action moved before its options; None if none is named."""
    _, at = leading_options(args)
    return [args[at], *args[:at], *args[at + 1 :]] if at < len(args) and args[at] in names else None


SHOWN_AT_ONCE = frozenset(["-h", "--help", "-V", "--version"])
"""Options that print something and exit."""


class NumberOption(click.Option):
    """An option whose help states the range of its number in words."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return what click adds to the help, without the range as a formula."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class Actions(click.Group):
    """A command with several actions, each with options and help of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments with the action in front. Raise ``click.UsageError`` if no known action is named."""
        moved = with_name_first(args, self.commands)
        options, at = leading_options(args)
        if moved is None and not SHOWN_AT_ONCE.intersection(options):
            what = f"Unknown action {args[at]!r}" if at < len(args) else "Missing action"
            *others, last = self.commands
            raise click.UsageError(f"{what}: expected {', '.join(others)} or {last}", ctx)
        return super().parse_args(ctx, moved or args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the actions as they are defined, not by the alphabet."""
        return list(self.commands)


def actions(name: str, *, short_help: str, help: str) -> Callable[[Callable[[], None]], Actions]:
    """Return a decorator that makes a command with actions."""
    decorate = click.group(
        name, cls=Actions, short_help=short_help, help=help, options_metavar="", subcommand_metavar="ACTION [OPTIONS]"
    )
    return lambda function: decorate(standard_options(function))


def with_options(command: _Command, options: Sequence[Callable[[_Command], _Command]]) -> _Command:
    """Add options to a command, in the order in which its help lists them."""
    for option in reversed(options):
        command = option(command)
    return command


def tree_options(command: _Command) -> _Command:
    """Add the options that name a tree. The command gets them as ``tree_options``."""
    return _with_tree_options(command, _TREE_OPTIONS)


def compared_tree_options(command: _Command) -> _Command:
    """Add the same options, except those that select a commit or no git: the arguments of the command do that."""
    return _with_tree_options(command, _COMPARED_TREE_OPTIONS)


def _with_tree_options(command: _Command, options: Sequence[Callable[[_Command], _Command]]) -> _Command:
    @functools.wraps(command)
    def wrapped(
        *,
        rev: str | None = None,
        prefix: str,
        no_git: bool = False,
        platform: str | None,
        dialect: str | None,
        config: str | None,
        no_config: bool,
        most_files: int = MAX_FILES,
        **rest: Any,
    ) -> None:
        if config is not None and no_config:
            raise UsageError("--config: conflicts with --no-config; drop one of them")
        chosen = TreeOptions(
            rev=rev,
            prefix=os.fsencode(prefix),
            use_git=not no_git,
            platform=platform,
            dialect=dialect,
            config=config,
            use_config=not no_config,
            most_files=most_files,
        )
        command(tree_options=chosen, **rest)

    return with_options(wrapped, options)


def _entries(context: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> int:
    if not texts:
        return MAX_FILES
    from slugtrim.archive.limits import entries_from

    return entries_from(texts)


_PREFIX = click.option("--prefix", metavar="DIR", default="", help="Use this subdirectory as the root of the slug.")
_SETTINGS = (
    click.option(
        "--platform",
        metavar="NAME",
        help=f"Where the app runs: {' or '.join(each.id for each in PLATFORMS)}; detected by default.",
    ),
    click.option(
        "--dialect",
        metavar="NAME",
        help="How to read .slugignore. "
        + " ".join(
            f"{each.name}: "
            + "; ".join(f"{dialect.value}, {each.ignore_file.how(dialect)}" for dialect in each.ignore_file.dialects)
            + "."
            for each in PLATFORMS
        ),
    ),
    click.option("--config", metavar="FILE", help="Read settings from this file instead of slugtrim.toml."),
    click.option("--no-config", is_flag=True, help="Don't read any settings file."),
)
_COMPARED_TREE_OPTIONS = (_PREFIX, *_SETTINGS)
_TREE_OPTIONS = (
    click.option("--rev", metavar="REV", help="Measure this commit instead of the working tree."),
    _PREFIX,
    click.option("--no-git", is_flag=True, help="Measure all files on disk, tracked or not."),
    *_SETTINGS,
    click.option(
        "--limit",
        "most_files",
        metavar="entries=NUMBER",
        multiple=True,
        callback=_entries,
        help=f"Maximum number of files and directories; default {MAX_FILES:,}.",
    ),
)


def measuring_options(command: _Command) -> _Command:
    """Add the options for measuring. The command gets ``use_cache`` and ``progress``; None means only in a terminal."""

    @functools.wraps(command)
    def wrapped(*, no_cache: bool, progress: bool | None, **rest: Any) -> None:
        command(use_cache=not no_cache, progress=progress, **rest)

    return with_options(wrapped, _MEASURING_OPTIONS)


_MEASURING_OPTIONS = (
    click.option("--no-cache", is_flag=True, help="Ignore the cache, and don't update it."),
    click.option("--progress/--no-progress", default=None, help="Show progress; on by default in a terminal."),
)


def archive_options(command: _Command) -> _Command:
    """Add the options for reading compiled slugs. The command gets ``limits``."""

    @functools.wraps(command)
    def wrapped(*, limit: Sequence[str], **rest: Any) -> None:
        from slugtrim.archive.limits import limits_from

        command(limits=limits_from(limit), **rest)

    return with_options(wrapped, [_LIMIT])


_LIMIT = click.option(
    "--limit",
    metavar="NAME=VALUE",
    multiple=True,
    help="Raise a limit to read a larger slug: unpacked=SIZE of all files, entries=NUMBER of files and directories, "
    "names=SIZE of all names, header=SIZE of one file's extended header.",
)


def output_options(*formats: str) -> Callable[[_Command], _Command]:
    """Add the options for output. The command gets them as ``output_options``."""

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def wrapped(
            *,
            format: str,
            output: str,
            report: Sequence[str],
            color: str,
            quiet: bool,
            verbose: bool,
            as_json: bool = False,
            **rest: Any,
        ) -> None:
            if as_json and format not in ("text", "json"):
                raise UsageError(f"--json: conflicts with --format {format}; drop one of them")
            options = OutputOptions(
                format="json" if as_json else format,
                output=output,
                reports=tuple(_report(text, formats) for text in report),
                color=color,
                quiet=quiet,
                verbose=verbose,
            )
            _check_targets(options.targets)
            command(output_options=options, **rest)

        return with_options(wrapped, _output_options(formats))

    return decorate


def standard_options(command: _Command) -> _Command:
    """Add ``--version`` and ``--help``. Unlike click's own, they report an error if stdout can't be written."""
    return _shown_at_once("-V", "--version", _version, "Show the version and exit.")(
        _shown_at_once("-h", "--help", click.Context.get_help, "Show this message and exit.")(command)
    )


def _shown_at_once(
    short: str, long: str, text: Callable[[click.Context], str], help_: str
) -> Callable[[_Command], _Command]:
    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            write(text(context) + "\n", "-")
            context.exit()

    return click.option(short, long, is_flag=True, is_eager=True, expose_value=False, callback=show, help=help_)


def _version(context: click.Context) -> str:
    return f"slugtrim {__version__}"


_JSON = click.option("--json", "as_json", is_flag=True, help="Short for --format json.")


def _output_options(formats: Sequence[str]) -> list[Callable[[_Command], _Command]]:
    return [
        click.option(
            "--format", type=click.Choice(list(formats)), default="text", show_default=True, help="Output format."
        ),
        *([_JSON] if "json" in formats else []),
        click.option("-o", "--output", metavar="FILE", default="-", help="Write to this file; - is stdout."),
        click.option(
            "--report", metavar="FORMAT=FILE", multiple=True, help="Also write a report to a file; repeatable."
        ),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help="auto: in a terminal; respects NO_COLOR and FORCE_COLOR.",
        ),
        _QUIET,
        click.option("-v", "--verbose", is_flag=True, help="Show full lists."),
        _directory_option,
        standard_options,
    ]


_QUIET = click.option("-q", "--quiet", is_flag=True, help="Print only the result, without hints and warnings.")


def _directory_option(command: _Command) -> _Command:
    return click.option(
        "-C",
        metavar="DIR",
        expose_value=False,
        is_eager=True,
        callback=_change_directory,
        help="Run as if started in DIR.",
    )(command)


def quiet_options(command: _Command) -> _Command:
    """Add the options of a command that prints no report. The command gets ``quiet``."""
    return _QUIET(_directory_option(standard_options(command)))


def _report(text: str, formats: Sequence[str]) -> tuple[str, str]:
    name, equals, target = text.partition("=")
    if not equals or not target or name not in formats:
        raise UsageError(f"--report {text}: expected FORMAT=FILE; FORMAT is one of {', '.join(formats)}")
    return name, target


def _check_targets(targets: Sequence[tuple[str, str]]) -> None:
    """Raise ``UsageError`` if two reports have the same target, or one can't be written, before any work is done."""
    seen: set[bytes] = set()
    for _, target in targets:
        place = find_target(target).path if target != "-" else b"-"
        if place in seen:
            name = "stdout" if target == "-" else quoted(os.fsencode(target))
            raise UsageError(f"{name}: two reports would go here; name a file for each")
        seen.add(place)


def _change_directory(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None or context.resilient_parsing:
        return
    try:
        os.chdir(value)
    except OSError as error:
        raise UsageError(f"-C {quoted(os.fsencode(value))}: {error.strerror}; name a directory to run in") from error
