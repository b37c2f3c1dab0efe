"""``slugtrim check``."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.budget import Measure, Verdict
from slugtrim.check import Asked, BaseCommit, BaseTree, Check, Ci, check_tree, detect, found_base, named_base
from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import measuring_options, output_options, tree_options, with_options
from slugtrim.cli.output import ProgressLine, say, write_reports
from slugtrim.cli.tree import configured, mapped, named_tree, overhead_of, package_growth_of, prediction_of
from slugtrim.config.settings import Flags
from slugtrim.errors import UsageError
from slugtrim.files import Source, SourceKind
from slugtrim.git import Repository
from slugtrim.reports.formats import formats_of
from slugtrim.sizer import open_size_cache

EXIT_OVER = 1
EXIT_UNREADABLE = 2
_EVENT_LIMIT_BYTES = 4 << 20


class _Gate(Struct, frozen=True, kw_only=True):
    """What a check compares, and with what."""

    flags: Flags
    base: str | None
    use_base: bool
    strict: bool


def _gate_options(command: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(command)
    def wrapped(
        *,
        target: str | None,
        budget: str | None,
        max_growth: str | None,
        overhead: str | None,
        base: str | None,
        no_base: bool,
        strict: bool,
        **rest: Any,
    ) -> None:
        if base is not None and no_base:
            raise UsageError("--base: conflicts with --no-base; drop one of them")
        flags = Flags(target=target, total=budget, max_growth=max_growth, overhead=overhead)
        command(gate=_Gate(flags=flags, base=base, use_base=not no_base, strict=strict), **rest)

    return with_options(wrapped, _GATE_OPTIONS)


_GATE_OPTIONS = (
    click.option("--target", metavar="NAME", help="Use the budgets of this configured target."),
    click.option("--budget", metavar="SIZE", help="Maximum slug size: a size (50MB) or a class (average)."),
    click.option("--max-growth", metavar="SIZE", help="Maximum growth since the base: 2MB or 5%."),
    click.option("--buildpack-overhead", "overhead", metavar="SIZE", help="What buildpacks add, such as 38MB."),
    click.option("--base", metavar="REV", help="Compare with this commit; the default is the CI's base."),
    click.option("--no-base", is_flag=True, help="Don't compare, even in CI."),
    click.option("--strict", is_flag=True, help="Exit 1 on warnings too."),
)


@click.command("check", short_help="Check the slug against its budgets, for CI.")
@click.argument("path", default=".", metavar="[PATH]")
@_gate_options
@click.option(
    "--installed/--no-installed",
    "use_installed",
    default=False,
    help="Use locally installed packages to predict sizes; off by default, so that each machine gets the same sizes.",
)
@tree_options
@measuring_options
@output_options(*formats_of("check"))
def command(
    path: str,
    gate: _Gate,
    use_installed: bool,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Check the slug against its budgets and the platform's limits, and show its growth.

    Set budgets in slugtrim.toml. Exits 1 if any budget is exceeded; with --strict, on warnings too. Exits 2 if part of
    the slug can't be read and the rest is within its budgets.
    """
    ci = detect(os.environ, _event(os.environ)) if gate.use_base and gate.base is None else None
    if ci is not None and ci.head is not None and tree_options.rev is None and tree_options.use_git:
        tree_options = replace(tree_options, rev=ci.head)
    found = named_tree(path, tree_options)
    config = configured(tree_options, found.source, found.git_dir, gate.flags)
    terms = config.for_target()
    commit = _base_commit(found.source, gate, ci, grows=terms.budgets.max_growth is not None)
    before = named_tree(path, replace(tree_options, rev=commit.rev)) if commit is not None else None
    git_dir = found.git_dir if use_cache else None
    cache = open_size_cache(git_dir)
    tree = found.load()
    base = BaseTree(tree=before.load(), commit=commit) if before is not None and commit is not None else None
    asked = Asked(
        budgets=terms.budgets,
        known_overhead=overhead_of(found, config, use_cache=use_cache),
        target=terms.target,
        ignored=config.ignored_ids,
        prediction=prediction_of(found, config, use_installed=use_installed, use_cache=use_cache),
        base_prediction=prediction_of(before, config, use_installed=use_installed, use_cache=use_cache)
        if before is not None
        else None,
        packages=package_growth_of(before, found, config) if before is not None else None,
    )
    with ProgressLine(shown=progress) as line:
        report = check_tree(tree, config.reading, asked, base=base, cache=cache, git_dir=git_dir, progress=line)
        cache.save()
        told = mapped(found, config, use_cache=use_cache, progress=line) if output_options.has("html") else {}
    write_reports("check", report, output_options, strict=gate.strict, **told)
    code = _exit_code(report, strict=gate.strict)
    if code == EXIT_UNREADABLE:
        say("the check is incomplete: part of the slug can't be read; the rest is within its budgets")
    if code:
        raise click.exceptions.Exit(code)


def _event(environ: Mapping[str, str]) -> bytes:
    """Return GitHub's description of the event that a run is for; empty outside GitHub."""
    name = environ.get("GITHUB_EVENT_PATH")
    if not name:
        return b""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(_EVENT_LIMIT_BYTES + 1)
    except OSError:
        return b""


def _base_commit(source: Source, gate: _Gate, ci: Ci | None, *, grows: bool) -> BaseCommit | None:
    """Return the commit to compare with; None if there is none. CI's base may be missing unless growth is limited."""
    in_git = source.kind is not SourceKind.DIRECTORY
    repository = Repository.discover(source.path) if in_git else None
    if gate.base is not None:
        if repository is None:
            raise UsageError("--base: names a commit, but this is not a git repository; drop --base")
        return named_base(repository, gate.base)
    if ci is None or repository is None or source.rev is None:
        return None
    return found_base(repository, ci, source.rev, must=grows)


def _exit_code(report: Check, *, strict: bool) -> int:
    failing = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    if any(result.verdict in failing for result in report.results):
        return EXIT_OVER
    is_complete = report.complete and (report.base is None or report.base.complete or not _is_held(report))
    return 0 if is_complete else EXIT_UNREADABLE


def _is_held(report: Check) -> bool:
    """Return True if growth since the base has a limit."""
    return any(result.measure is Measure.GROWTH for result in report.results)
