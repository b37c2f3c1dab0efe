"""``slugtrim lint``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click

from slugtrim.cli.configured import configured, named_tree
from slugtrim.cli.options import OutputOptions, TreeOptions, output_options, tree_options
from slugtrim.cli.output import append_summary, say, write
from slugtrim.errors import UsageError
from slugtrim.files import Tree, quoted
from slugtrim.ignore import Dialect
from slugtrim.interrupts import Interrupts
from slugtrim.lint import lint_tree, mend, sections
from slugtrim.notes import Finding, Level
from slugtrim.reports.formats import formats_of, render, render_summary
from slugtrim.reports.style import plural
from slugtrim.suggester.facts import open_evidence_cache
from slugtrim.suggester.writing import check_writable, write_slugignore

EXIT_FOUND = 1


@click.command("lint", short_help="What is wrong with .slugignore, and with what ships.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--fix", is_flag=True, help="Mend in .slugignore what does not change the slug.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings as well.")
@click.option("--ignore", metavar="ID", multiple=True, help="Leave out findings with this id; may be repeated.")
@click.option("--explain", metavar="ID", help="Say what a finding means and what to do, and do nothing else.")
@click.option("--no-cache", is_flag=True, help="Search every file anew, and remember nothing.")
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
    """What is wrong with .slugignore: lines that do nothing, or what they should not, and what ships by mistake.

    Exits with 1 when there are errors, with --strict also on warnings. --fix changes .slugignore only where the slug
    stays the same in the chosen dialect.
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
    lint = lint_tree(tree, dialect, ignored=ignored, evidence=evidence)
    evidence.save()
    for name, target in output_options.targets:
        style = output_options.style(target)
        write(render("lint", name, lint, style=style, fixed=fixed, strict=strict), target)
    if any(name == "github" for name, _ in output_options.targets):
        append_summary(render_summary("lint", lint))
    if fix and not output_options.quiet:
        _tell(tree, len(fixed or ()))
    if lint.count(Level.ERROR) or (strict and lint.count(Level.WARNING)):
        raise click.exceptions.Exit(EXIT_FOUND)


def _section(id_: str, option: str) -> str:
    section = sections().get(id_)
    if section is None:
        near = get_close_matches(id_, sections(), n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else "slugtrim lint shows the ids of what it finds"
        raise UsageError(f"{option} {id_}: is no id of a finding; {hint}")
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
        say(f"{path}: mended {plural(count, 'finding')}; commit it, for a push sends what is committed")
    else:
        say(f"{path}: nothing to mend")
