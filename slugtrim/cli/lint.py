"""``slugtrim lint``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click

from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import output_options, tree_options
from slugtrim.cli.output import say, write, write_reports
from slugtrim.cli.tree import configured, named_tree
from slugtrim.errors import UsageError
from slugtrim.files import Tree, quoted
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect
from slugtrim.interrupts import Interrupts
from slugtrim.lint.findings import lint_tree, sections
from slugtrim.lint.resolved import mend
from slugtrim.reports.formats import formats_of
from slugtrim.reports.text import plural
from slugtrim.suggester.facts import open_evidence_cache
from slugtrim.suggester.writing import check_writable, write_slugignore

EXIT_FOUND = 1


@click.command("lint", short_help="Find mistakes in .slugignore and files that shouldn't ship.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--fix", is_flag=True, help="Fix .slugignore where the slug stays the same.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--ignore", metavar="ID", multiple=True, help="Ignore findings with this id; repeatable.")
@click.option("--explain", metavar="ID", help="Explain a finding and its fix, then exit.")
@click.option("--no-cache", is_flag=True, help="Ignore the cache, and don't update it.")
@tree_options
@output_options(*formats_of("lint"))
def command(
    path: str,
    fix: bool,
    strict: bool,
    ignore: Sequence[str],
    explain: str | None,
    no_cache: bool,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Find rules in .slugignore that do nothing or too much, and files that ship by mistake.

    Exits 1 on errors; with --strict, on warnings too. --fix edits .slugignore only where the slug stays the same in the
    chosen dialect.
    """
    if explain is not None:
        write(_section(explain, "--explain"), output_options.output)
        return
    for id_ in ignore:
        _section(id_, "--ignore")
    found = named_tree(path, tree_options)
    config = configured(tree_options, found.source, found.git_dir)
    dialect = config.reading
    ignored = {each.id: each.words for each in config.ignored} | {id_: f"--ignore {id_}" for id_ in ignore}
    if fix:
        check_writable(found.source, "--fix")
    tree = found.load()
    fixed = _mend(tree, dialect, ignored) if fix else None
    if fixed:
        found = named_tree(path, tree_options)
        tree = found.load()
    evidence = open_evidence_cache(found.git_dir if not no_cache else None)
    lint = lint_tree(tree, dialect, ignored=ignored, evidence=evidence, platforms=config.beside)
    evidence.save()
    write_reports("lint", lint, output_options, fixed=fixed, strict=strict)
    if fix and not output_options.quiet:
        _tell(tree, len(fixed or ()))
    if lint.count(Level.ERROR) or (strict and lint.count(Level.WARNING)):
        raise click.exceptions.Exit(EXIT_FOUND)


def _section(id_: str, option: str) -> str:
    section = sections().get(id_)
    if section is None:
        near = get_close_matches(id_, sections(), n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else f"the ids are {', '.join(sections())}"
        raise UsageError(f"{option} {id_}: unknown finding; {hint}")
    return f"{id_}: {section}\n"


def _mend(tree: Tree, dialect: Dialect, ignored: Iterable[str]) -> list[Finding]:
    mended = mend(tree, dialect, ignored)
    if mended.fixed:
        with Interrupts():
            write_slugignore(tree.source, tree.slugignore, mended.content)
    return [each.finding for each in mended.fixed]


def _tell(tree: Tree, count: int) -> None:
    path = quoted(os.path.join(tree.source.path, b".slugignore"))
    if count:
        say(f"{path}: fixed {plural(count, 'finding')}; commit it, since a push sends only commits")
    else:
        say(f"{path}: nothing to fix")
