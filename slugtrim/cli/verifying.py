"""``slugtrim suggest --verify``: its options, and the lines on stderr while it runs."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

import click

from slugtrim.cli.output import say, tell
from slugtrim.cli.progress import ProgressLine
from slugtrim.errors import UsageError
from slugtrim.files import Found, SourceKind, quoted
from slugtrim.reports.style import plural
from slugtrim.suggester.verification import Ending
from slugtrim.units import format_duration, parse_duration
from slugtrim.verifier.terms import LIMIT_SECONDS, MOST_RUNS, VerifyTerms

_Command = Callable[..., None]


def verify_options(command: _Command) -> _Command:
    """Adds the options of a verification; the command gets them as ``terms``, None where none is asked for."""

    @functools.wraps(command)
    def wrapped(*, verify: str | None, verify_timeout: str | None, verify_runs: int | None, **rest: Any) -> None:
        command(terms=_terms(verify, verify_timeout, verify_runs), **rest)

    decorated: _Command = wrapped
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.option(
        "--verify",
        metavar="COMMAND",
        help="Suggest only what COMMAND passes without, run by sh in a temporary checkout of what is committed. It must"
        " install what it needs.",
    ),
    click.option(
        "--verify-timeout",
        metavar="TIME",
        help=f"Longest that a run may take, as 90s or 1h; by default {format_duration(LIMIT_SECONDS)}.",
    ),
    click.option(
        "--verify-runs",
        metavar="N",
        type=click.IntRange(min=2, max=10_000),
        help=f"Runs at the most; by default {MOST_RUNS}.",
    ),
)


def _terms(command: str | None, timeout: str | None, most_runs: int | None) -> VerifyTerms | None:
    if command is None:
        for name, value in (("--verify-timeout", timeout), ("--verify-runs", most_runs)):
            if value is not None:
                raise UsageError(f"{name}: is about the runs of --verify; add --verify COMMAND, or drop it")
        return None
    if not command.strip():
        raise UsageError("--verify: names no command; write what builds or tests your application, as 'make test'")
    try:
        limit_seconds = LIMIT_SECONDS if timeout is None else parse_duration(timeout)
    except UsageError as error:
        raise UsageError(f"--verify-timeout: {error}") from error
    return VerifyTerms(command=command, limit_seconds=limit_seconds, most_runs=most_runs or MOST_RUNS)


def to_verify(found: Found, *, quiet: bool) -> Found:
    """What is to be laid out: of a work tree the commit it stands on, with a word about what that lacks."""
    from slugtrim.verifier.committed import committed, uncommitted

    commit = committed(found)
    if found.source.kind is SourceKind.WORKTREE:
        missing = uncommitted(found, commit)
        if missing and not quiet:
            count = plural(missing, "path is", "paths are")
            say(
                f"{count} not committed as on disk: --verify tries commit {(commit.source.rev or '')[:10]} without that"
            )
    return commit


class RunLines:
    """Tells of each run on stderr: what is tried when it begins, what came of it when it ends.

    Used in a ``with`` statement, so that whatever ends a run before its time begins a line of its own.
    """

    def __init__(self, line: ProgressLine, *, quiet: bool, shown: bool) -> None:
        """``shown`` is whether each run is told of; unless ``quiet``, what is about to happen is in any case."""
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
        """Says what will be run, how often and how long at the most."""
        self._line.wipe()
        self._terms = terms
        self._entries = entries
        if not self._quiet:
            command = quoted(os.fsencode(terms.command))
            limit = format_duration(terms.limit_seconds)
            say(f"--verify runs in a temporary checkout, at most {terms.most_runs} times and {limit} each: {command}")

    def begin(self, run: int, without: int) -> None:
        """The first half of a line: it may take minutes until there is a second."""
        assert self._terms is not None
        what = f"without {without} of {self._entries} entries" if without else "with everything there"
        self._write(f"slugtrim: run {run} of at most {self._terms.most_runs}: {what} ... ")
        self._is_open = True

    def end(self, ending: Ending) -> None:
        """The second half."""
        assert self._terms is not None
        took = format_duration(ending.seconds)
        how = "passed" if ending.passed else f"failed ({ending.told(self._terms.limit_seconds)})"
        self._write(f"{how} in {took}\n")
        self._is_open = False

    def _write(self, text: str) -> None:
        if self._shown:
            tell(text)
