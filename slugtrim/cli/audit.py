"""``slugtrim audit``."""

from __future__ import annotations

import os

import click

from slugtrim.audit import audit_found
from slugtrim.cli.configured import configured, named_tree, overhead_of, part_of
from slugtrim.cli.options import OutputOptions, TreeOptions, measuring_options, output_options, tree_options
from slugtrim.cli.output import write
from slugtrim.cli.progress import ProgressLine
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.reports.formats import formats_of, render
from slugtrim.sizer import with_overhead


@click.command("audit", short_help="Size, class, what weighs, what is left out. The default.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--exact", is_flag=True, help="Compress the slug for real as well: slower, in one piece.")
@tree_options
@measuring_options
@output_options(*formats_of("audit"))
def command(
    path: str,
    exact: bool,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """How large the slug will be, what weighs in it, and what .slugignore leaves out.

    PATH is a directory. Below the top of a repository, the report lists what is in it; sizes stay those of the slug.
    The default stands for all of the repository that the current directory is in.
    """
    if "/" not in path and not os.path.lexists(path):
        raise UsageError(f"{quoted(os.fsencode(path))}: is neither a command nor a directory here; {_hint(path)}")
    found = named_tree(path, tree_options)
    config = configured(tree_options, found.source, found.git_dir)
    dialect = config.reading
    overhead = overhead_of(found, config, use_cache=use_cache)
    part = part_of(path, found)
    with ProgressLine(shown=progress) as line:
        report = audit_found(found, dialect, use_cache=use_cache, progress=line, exact=exact, part=part)
    report = report.without_findings(each.id for each in config.ignored)
    if overhead is not None:
        report = report.with_buildpacks(with_overhead(report.compressed_bytes, overhead))
    for name, target in output_options.targets:
        style = output_options.style(target) if name == "text" else None  # JSON does without
        write(render("audit", name, report, style=style), target)


def _hint(word: str) -> str:
    from difflib import get_close_matches

    from slugtrim.cli import COMMANDS

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.78)
    return f"did you mean {near[0]}?" if near else "see slugtrim --help"
