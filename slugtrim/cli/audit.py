"""``slugtrim audit``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from slugtrim.audit.kept import Kept
from slugtrim.cli.configured import configured, loaded_once, overhead_of
from slugtrim.cli.options import OutputOptions, TreeOptions, measuring_options, output_options, tree_options
from slugtrim.cli.output import write
from slugtrim.errors import UsageError
from slugtrim.files import Found, quoted
from slugtrim.reports.formats import formats_of
from slugtrim.sources import find_tree

if TYPE_CHECKING:
    from slugtrim.audit import Audit
    from slugtrim.reports.audit_document import Document
    from slugtrim.sizer import Overhead


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

    PATH is a directory: anywhere in a git repository stands for its top. The default is the current directory.
    """
    if "/" not in path and not os.path.lexists(path):
        raise UsageError(f"{quoted(os.fsencode(path))}: is neither a command nor a directory here; {_hint(path)}")
    found = find_tree(os.fsencode(path), rev=tree_options.rev, prefix=tree_options.prefix, use_git=tree_options.use_git)
    config = configured(tree_options, found)
    dialect = config.reading
    found = loaded_once(found)
    overhead = overhead_of(found, config, use_cache=use_cache)
    kept = Kept(found, dialect, use_cache=use_cache)
    is_json = all(name == "json" for name, _ in output_options.targets)
    document = _known(kept) if is_json and not exact else None
    if document is not None:
        known = _text_of(document, overhead, found)
        for _, target in output_options.targets:
            write(known, target)
        return
    from slugtrim.audit import audit_kept
    from slugtrim.cli.progress import ProgressLine

    with ProgressLine(shown=progress) as line:
        report = audit_kept(found, dialect, kept, progress=line, exact=exact)
    for name, target in output_options.targets:
        if name == "json":
            write(_text_of(_document(report, found, kept), overhead, found, complete=report.complete), target)
        else:
            write(_text(report, overhead, target, output_options), target)


def _hint(word: str) -> str:
    from difflib import get_close_matches

    from slugtrim.cli import COMMANDS

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.78)
    return f"did you mean {near[0]}?" if near else "see slugtrim --help"


def _known(kept: Kept) -> Document | None:
    """The JSON of a known tree, without a look into its report: what that takes is 20 ms of imports."""
    data = kept.document()
    if data is None:
        return None
    from slugtrim.reports.audit_document import Document

    return Document.decode(data)


def _document(report: Audit, found: Found, kept: Kept) -> Document:
    """The JSON of a report of the source part; that of a known tree is kept."""
    from slugtrim.reports import audit_json

    document = audit_json.document(report, beside=len(found.notes))
    if report.exact_compressed_bytes is None:
        kept.keep_document(document.encode())
    return document


def _text_of(document: Document, overhead: Overhead | None, found: Found, *, complete: bool = True) -> str:
    """The JSON, of the compiled slug where it is known what buildpacks add."""
    if overhead is not None:
        from slugtrim.reports.audit_compiled import with_buildpacks

        document = with_buildpacks(document, overhead)
    return document.text(found.source, found.notes, complete=complete)


def _text(report: Audit, overhead: Overhead | None, target: str, options: OutputOptions) -> str:
    from slugtrim.reports import audit_text

    if overhead is not None:
        from slugtrim.sizer import with_overhead

        report = report.with_buildpacks(with_overhead(report.compressed_bytes, overhead))
    return audit_text.render(report, options.style(target))
