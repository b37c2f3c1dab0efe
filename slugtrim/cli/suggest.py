"""``slugtrim suggest``, with ``--verify``."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import NumberOption, measuring_options, output_options, tree_options, with_options
from slugtrim.cli.output import ProgressLine, say, tell, write
from slugtrim.cli.tree import configured, map_of, named_tree, part_of
from slugtrim.errors import UsageError
from slugtrim.files import Found, SourceKind, quoted
from slugtrim.interrupts import Interrupts
from slugtrim.reports.formats import formats_of, render
from slugtrim.reports.text import plural, size
from slugtrim.sources.slugignore import slugignore_on_disk
from slugtrim.suggester.records import Advice, AdviceTerms, Ending, Overrule, Overrules, Tier
from slugtrim.suggester.remembered import suggest_found
from slugtrim.suggester.writing import check_writable, with_entries, write_slugignore
from slugtrim.units import format_duration, parse_duration, parse_size
from slugtrim.verifier.laboratory import LIMIT_SECONDS, MOST_RUNS, VerifyTerms

_Command = Callable[..., None]


def verify_options(command: _Command) -> _Command:
    """Add the options of a verification. The command gets ``terms``; None without ``--verify``."""

    @functools.wraps(command)
    def wrapped(*, verify: str | None, verify_timeout: str | None, verify_runs: int | None, **rest: Any) -> None:
        command(terms=_terms(verify, verify_timeout, verify_runs), **rest)

    return with_options(wrapped, _OPTIONS)


_OPTIONS = (
    click.option(
        "--verify",
        metavar="COMMAND",
        help="Keep only entries that COMMAND doesn't need. sh runs it in a temporary checkout of the commit, where"
        " it must install its dependencies.",
    ),
    click.option(
        "--verify-timeout",
        metavar="TIME",
        help=f"Maximum time for each run (90s, 1h); default {format_duration(LIMIT_SECONDS)}.",
    ),
    click.option(
        "--verify-runs",
        metavar="N",
        cls=NumberOption,
        type=click.IntRange(min=2, max=10_000),
        help=f"Maximum number of runs, from 2 to 10,000; default {MOST_RUNS}.",
    ),
)


def _terms(command: str | None, timeout: str | None, most_runs: int | None) -> VerifyTerms | None:
    if command is None:
        for name, value in (("--verify-timeout", timeout), ("--verify-runs", most_runs)):
            if value is not None:
                raise UsageError(f"{name}: needs --verify; add --verify COMMAND, or drop it")
        return None
    if not command.strip():
        raise UsageError("--verify: the command is empty; name what builds or tests your app, such as 'make test'")
    try:
        limit_seconds = LIMIT_SECONDS if timeout is None else parse_duration(timeout)
    except UsageError as error:
        raise UsageError(f"--verify-timeout: {error}") from error
    return VerifyTerms(command=command, limit_seconds=limit_seconds, most_runs=most_runs or MOST_RUNS)


def to_verify(found: Found, *, quiet: bool) -> Found:
    """Return the tree to check out: of a working tree its commit. Warn about uncommitted changes."""
    from slugtrim.verifier.laboratory import committed, uncommitted

    commit = committed(found)
    if found.source.kind is SourceKind.WORKTREE:
        missing = uncommitted(found, commit)
        if missing and not quiet:
            count = plural(missing, "path has", "paths have")
            say(f"{count} uncommitted changes: --verify tests commit {(commit.source.rev or '')[:10]} without them")
    return commit


class RunLines:
    """Reports each run on stderr: what is tried when it begins, and the result when it ends.

    Used in a ``with`` statement, so that an interruption starts on a new line.
    """

    def __init__(self, line: ProgressLine, *, quiet: bool, shown: bool) -> None:
        """``shown`` reports each run. The plan is reported unless ``quiet``."""
        self._line = line
        self._quiet = quiet
        self._shown = shown and not quiet and sys.stderr is not None
        self._terms: VerifyTerms | None = None
        self._entries = 0
        self._is_open = False

    def __enter__(self) -> RunLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_open:
            self._write("\n")

    def plan(self, terms: VerifyTerms, entries: int) -> None:
        """Report what will run, how often, and how long at most."""
        self._line.wipe()
        self._terms = terms
        self._entries = entries
        if not self._quiet:
            command = quoted(os.fsencode(terms.command))
            limit = format_duration(terms.limit_seconds)
            say(f"--verify runs in a temporary checkout, at most {terms.most_runs} times and {limit} each: {command}")

    def begin(self, run: int, without: int) -> None:
        """Print the first half of a line, since the second half may take minutes."""
        assert self._terms is not None
        what = f"without {without} of {plural(self._entries, 'entry', 'entries')}" if without else "with all files"
        self._write(f"slugtrim: run {run} of at most {self._terms.most_runs}: {what} ... ")
        self._is_open = True

    def end(self, ending: Ending) -> None:
        """Print the second half of the line."""
        assert self._terms is not None
        took = format_duration(ending.seconds)
        how = "passed" if ending.passed else f"failed ({ending.told(self._terms.limit_seconds)})"
        self._write(f"{how} in {took}\n")
        self._is_open = False

    def _write(self, text: str) -> None:
        if self._shown:
            tell(text)


class _Wish(Struct, frozen=True, kw_only=True):
    """What to show, and what to write."""

    with_withheld: bool
    diff: bool
    write: bool
    conditional: bool
    """Write conditional entries as well."""
    asked: AdviceTerms


def _wish_options(command: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(command)
    def wrapped(
        *,
        with_withheld: bool,
        diff: bool,
        write: bool,
        conditional: bool,
        min_saving: str | None,
        include: Sequence[str],
        exclude: Sequence[str],
        **rest: Any,
    ) -> None:
        asked = AdviceTerms(
            min_saving_bytes=None if min_saving is None else _size(min_saving),
            overrules=Overrules(
                include=tuple(_overrule("--include", text) for text in include),
                exclude=tuple(_overrule("--exclude", text) for text in exclude),
            ),
        )
        wish = _Wish(with_withheld=with_withheld, diff=diff, write=write, conditional=conditional, asked=asked)
        command(wish=wish, **rest)

    return with_options(wrapped, _WISH_OPTIONS)


_WISH_OPTIONS = (
    click.option("--all", "with_withheld", is_flag=True, help="Also show kept candidates, and what needs them."),
    click.option("--diff", is_flag=True, help="Show what --write would change in .slugignore."),
    click.option("--write", is_flag=True, help="Add the safe entries to .slugignore."),
    click.option(
        "--conditional",
        is_flag=True,
        help="Include conditional entries in --write, --diff and project-toml.",
    ),
    click.option(
        "--include", metavar="PATTERN", multiple=True, help="Leave this out even if the deploy uses it; repeatable."
    ),
    click.option("--exclude", metavar="PATTERN", multiple=True, help="Never suggest this; repeatable."),
    click.option(
        "--min-saving", metavar="SIZE", help="Hide entries that save less; by default at most 1KB, 0 shows all."
    ),
)


@click.command("suggest", short_help="Suggest what else to leave out, and what that saves.")
@click.argument("path", default=".", metavar="[PATH]")
@_wish_options
@verify_options
@tree_options
@measuring_options
@output_options(*formats_of("suggest"))
def command(
    path: str,
    wish: _Wish,
    terms: VerifyTerms | None,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Suggest what else to leave out of the slug, what each entry saves, and why it is unused.

    Without --write, nothing changes. --write adds the safe entries to .slugignore and keeps its other lines;
    add --conditional to write the rest too. --format project-toml prints the entries for Cloud Native Buildpacks. If
    PATH is a subdirectory, only entries inside it are shown.

    With --verify, COMMAND decides: use a build, a boot check or a smoke test. It first runs on all files, then without
    the suggested ones. Each run gets a fresh temporary checkout of the commit, without ignored or untracked files, so
    COMMAND must install its dependencies. Entries that make COMMAND fail are dropped. COMMAND runs as you, with your
    environment. The result is only as good as COMMAND's coverage. Your working tree is not touched.
    """
    if wish.diff and output_options.format != "text":
        raise UsageError(f"--diff: conflicts with --format {output_options.format}; drop one of them")
    found = named_tree(path, tree_options)
    config = configured(tree_options, found.source, found.git_dir)
    dialect = config.reading
    if wish.write:
        check_writable(found.source)
    own = wish.asked.overrules
    overrules = Overrules(include=(*own.include, *config.include), exclude=(*own.exclude, *config.exclude))
    asked = replace(wish.asked, overrules=overrules, part=part_of(path, found))
    with ProgressLine(shown=progress) as line:
        if terms is None:
            advice = suggest_found(found, dialect, use_cache=use_cache, progress=line, asked=asked)
        else:
            from slugtrim.verifier.verify import verified_advice

            with RunLines(line, quiet=output_options.quiet, shown=progress is not False) as lines:
                advice = verified_advice(
                    to_verify(found, quiet=output_options.quiet),
                    terms,
                    lines,
                    dialect,
                    use_cache=use_cache,
                    progress=line,
                    asked=asked,
                )
        drawn = to_verify(found, quiet=True) if terms is not None else found
        slug_map = (
            map_of(drawn, config, use_cache=use_cache, progress=line, part=asked.part)
            if output_options.has("html")
            else None
        )
    advice = _with_slugignore_on_disk(advice, found)
    entries = advice.written(conditional=wish.conditional)
    content = with_entries(advice.slugignore, entries, advice.comments)
    is_written = wish.write and content != (advice.slugignore or b"")
    if is_written:
        with Interrupts():
            write_slugignore(found.source, advice.slugignore, content)
    for name, target in _targets(output_options, wish):
        style = output_options.style(target)
        if name == "diff":
            from slugtrim.reports import suggest_report

            text = suggest_report.as_diff(advice.slugignore, content, advice.source.prefix, style)
        else:
            text = render(
                "suggest",
                name,
                advice,
                style=style,
                with_withheld=wish.with_withheld,
                is_written=is_written,
                conditional=wish.conditional,
                slug_map=slug_map,
            )
        write(text, target)
    if output_options.quiet:
        return
    if wish.write:
        _tell(advice, len(entries) if is_written else 0)
    if wish.write or wish.diff or any(name == "project-toml" for name, _ in _targets(output_options, wish)):
        _tell_of_conditional(advice, len(entries))


def _with_slugignore_on_disk(advice: Advice, found: Found) -> Advice:
    """Return the advice with the ``.slugignore`` of the working tree, if its commit was verified instead."""
    if advice.source.kind is found.source.kind:
        return advice
    return replace(advice, slugignore=slugignore_on_disk(found.source.path))


def _overrule(option: str, text: str) -> Overrule:
    from slugtrim.config.keys import Refused, read_pattern  # only --include and --exclude need them

    origin = f"{option} {quoted(os.fsencode(text))}"
    try:
        return Overrule(pattern=read_pattern(text), origin=origin)
    except Refused as refused:
        raise UsageError(f"{origin}: {refused}") from None


def _size(text: str) -> int:
    if text.strip() == "0":
        return 0
    try:
        return parse_size(text)
    except UsageError as error:
        raise UsageError(f"--min-saving: {error}") from error


def _targets(options: OutputOptions, wish: _Wish) -> tuple[tuple[str, str], ...]:
    """Return every report to write. With ``--diff``, the diff replaces the main one."""
    return (*options.reports, ("diff" if wish.diff else options.format, options.output))


def _tell(advice: Advice, count: int) -> None:
    path = quoted(os.path.join(advice.source.path, b".slugignore"))
    if count:
        entries = plural(count, "entry", "entries")
        say(f"{path}: added {entries}; commit it, since a push sends only commits")
    else:
        say(f"{path}: nothing to add")


def _tell_of_conditional(advice: Advice, written: int) -> None:
    left = [entry for entry in advice.suggestions if entry.tier is Tier.CONDITIONAL]
    if left and written < len(advice.suggestions):
        count = plural(len(left), "conditional entry", "conditional entries")
        saved = size(sum(entry.saves_compressed_bytes for entry in left))
        it = "it" if len(left) == 1 else "them"
        say(f"{count} not written ({saved}); review {it} and add --conditional")
