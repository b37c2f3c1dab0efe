"""Options that several commands share, gathered into one record each."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from slugtrim import __version__
from slugtrim.cli.output import write
from slugtrim.cli.targets import find_target
from slugtrim.errors import UsageError
from slugtrim.files import MAX_FILES, quoted

if TYPE_CHECKING:
    from slugtrim.reports.style import Style

_VALUE_OPTIONS = (
    "--rev",
    "--prefix",
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
)
_SHORT_WITH_VALUE = re.compile(r"-[0hqvV]*[Con]")

_Command = Callable[..., None]


class TreeOptions(Struct, frozen=True, kw_only=True):
    """Which tree to measure, how its rules are read, and where its settings are."""

    rev: str | None
    prefix: bytes
    use_git: bool
    dialect: str | None
    """None: as configured."""
    config: str | None
    """The file to read settings from; None for the one that is found."""
    use_config: bool
    most_files: int
    """Files and directories that a tree may have."""


class OutputOptions(Struct, frozen=True, kw_only=True):
    """Where the report goes, in which formats."""

    format: str
    output: str
    reports: tuple[tuple[str, str], ...]
    """Further reports: format and file."""
    color: str
    quiet: bool
    verbose: bool

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Every report to write, as format and file, ``-`` being stdout; last, so that it is empty if a file fails."""
        return (*self.reports, (self.format, self.output))

    def colored(self, target: str) -> bool:
        """Whether what goes to ``target`` may have colour. ``auto``: on a terminal; the environment has its say."""
        if self.color != "auto":
            return self.color == "always"
        if target != "-" or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or _is_terminal()

    def width(self, target: str) -> int:
        """Columns to fill: the terminal's, at least 40; 80 if it is none."""
        if target != "-" or not _is_terminal():
            return 80
        import shutil

        return max(shutil.get_terminal_size().columns, 40)

    def style(self, target: str) -> Style:
        """How text that goes to ``target`` looks."""
        from slugtrim.reports.style import Style  # JSON does without

        return Style(
            width=self.width(target),
            color=self.colored(target),
            full=self.verbose,
            brief=self.quiet,
            cuts=target == "-" and _is_terminal() and not self.verbose,
        )


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def takes_next_word(option: str) -> bool:
    """Whether the word behind ``option`` is its value: what looks for the command's name must step over both."""
    return option in _VALUE_OPTIONS or _SHORT_WITH_VALUE.fullmatch(option) is not None


def tree_options(command: _Command) -> _Command:
    """Adds the options that name a tree; the command gets them as ``tree_options``."""
    return _with_tree_options(command, _TREE_OPTIONS)


def compared_tree_options(command: _Command) -> _Command:
    """The same without those that its arguments speak for: which commit, and whether it is one."""
    return _with_tree_options(command, _COMPARED_TREE_OPTIONS)


def _with_tree_options(command: _Command, options: Sequence[Callable[[_Command], _Command]]) -> _Command:
    @functools.wraps(command)
    def wrapped(
        *,
        rev: str | None = None,
        prefix: str,
        no_git: bool = False,
        dialect: str | None,
        config: str | None,
        no_config: bool,
        most_files: int = MAX_FILES,
        **rest: Any,
    ) -> None:
        if config is not None and no_config:
            raise UsageError("--config: names a file to read, which --no-config rules out; drop one of them")
        chosen = TreeOptions(
            rev=rev,
            prefix=os.fsencode(prefix),
            use_git=not no_git,
            dialect=dialect,
            config=config,
            use_config=not no_config,
            most_files=most_files,
        )
        command(tree_options=chosen, **rest)

    decorated: _Command = wrapped
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def _entries(context: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> int:
    if not texts:
        return MAX_FILES
    from slugtrim.archive.limits import entries_from

    return entries_from(texts)


_PREFIX = click.option("--prefix", metavar="DIR", default="", help="Take this subdirectory as the root of the slug.")
_SETTINGS = (
    click.option(
        "--dialect",
        type=click.Choice(["gitignore", "glob"]),
        help="How .slugignore is read: as documented (the default), or as the published compiler does.",
    ),
    click.option("--config", metavar="FILE", help="Read settings from this file, not from slugtrim.toml."),
    click.option("--no-config", is_flag=True, help="Read settings from no file."),
)
_COMPARED_TREE_OPTIONS = (_PREFIX, *_SETTINGS)
_TREE_OPTIONS = (
    click.option("--rev", metavar="REV", help="Measure this commit instead of the work tree."),
    _PREFIX,
    click.option("--no-git", is_flag=True, help="Measure everything below PATH as a plain directory."),
    *_SETTINGS,
    click.option(
        "--limit",
        "most_files",
        metavar="entries=NUMBER",
        multiple=True,
        callback=_entries,
        help="Measure a tree of more than 500,000 files and directories.",
    ),
)


def measuring_options(command: _Command) -> _Command:
    """Adds the options of what takes time; the command gets ``use_cache`` and ``progress``, None for on a terminal."""

    @functools.wraps(command)
    def wrapped(*, no_cache: bool, progress: bool | None, **rest: Any) -> None:
        command(use_cache=not no_cache, progress=progress, **rest)

    decorated: _Command = wrapped
    for option in reversed(_MEASURING_OPTIONS):
        decorated = option(decorated)
    return decorated


_MEASURING_OPTIONS = (
    click.option("--no-cache", is_flag=True, help="Measure everything anew, and remember nothing."),
    click.option("--progress/--no-progress", default=None, help="Show how far it is; by default on a terminal."),
)


def archive_options(command: _Command) -> _Command:
    """Adds the options of what reads compiled slugs; the command gets ``limits``."""

    @functools.wraps(command)
    def wrapped(*, limit: Sequence[str], **rest: Any) -> None:
        from slugtrim.archive.limits import limits_from

        command(limits=limits_from(limit), **rest)

    decorated: _Command = wrapped
    return _LIMIT(decorated)


_LIMIT = click.option(
    "--limit",
    metavar="NAME=VALUE",
    multiple=True,
    help="Read larger slugs: unpacked=SIZE, entries=NUMBER, names=SIZE, header=SIZE.",
)


def output_options(*formats: str) -> Callable[[_Command], _Command]:
    """Adds the options of the output; the command gets them as ``output_options``."""

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def wrapped(
            *, format: str, output: str, report: Sequence[str], color: str, quiet: bool, verbose: bool, **rest: Any
        ) -> None:
            options = OutputOptions(
                format=format,
                output=output,
                reports=tuple(_report(text, formats) for text in report),
                color=color,
                quiet=quiet,
                verbose=verbose,
            )
            _check_targets(options.targets)
            command(output_options=options, **rest)

        decorated: _Command = wrapped
        for option in reversed(_output_options(formats)):
            decorated = option(decorated)
        return decorated

    return decorate


def standard_options(command: _Command) -> _Command:
    """Add ``--version`` and ``--help``. Unlike click's own they say so when stdout cannot be written."""
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


def _output_options(formats: Sequence[str]) -> list[Callable[[_Command], _Command]]:
    return [
        click.option(
            "--format", type=click.Choice(list(formats)), default="text", show_default=True, help="What to print."
        ),
        click.option("-o", "--output", metavar="FILE", default="-", help="Print to this file; - is stdout."),
        click.option("--report", metavar="FORMAT=FILE", multiple=True, help="Write one more report; may be repeated."),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help="auto: on a terminal; NO_COLOR and FORCE_COLOR are heeded.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only the result: no hints, no warnings."),
        click.option("-v", "--verbose", is_flag=True, help="Show long lists whole."),
        click.option(
            "-C",
            metavar="DIR",
            expose_value=False,
            is_eager=True,
            callback=_change_directory,
            help="Run as if started there.",
        ),
        standard_options,
    ]


def _report(text: str, formats: Sequence[str]) -> tuple[str, str]:
    name, equals, target = text.partition("=")
    if not equals or not target or name not in formats:
        raise UsageError(f"--report {text}: is not FORMAT=FILE; FORMAT is one of {', '.join(formats)}")
    return name, target


def _check_targets(targets: Sequence[tuple[str, str]]) -> None:
    """Before anything is measured or written: no report is lost to another, and each can go where it is to go."""
    seen: set[bytes] = set()
    for _, target in targets:
        place = find_target(target).path if target != "-" else b"-"
        if place in seen:
            name = "stdout" if target == "-" else quoted(os.fsencode(target))
            raise UsageError(f"{name}: is to take two reports; name a file for each")
        seen.add(place)


def _change_directory(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None or context.resilient_parsing:
        return
    try:
        os.chdir(value)
    except OSError as error:
        raise UsageError(f"-C {quoted(os.fsencode(value))}: {error.strerror}; name a directory to run in") from error
