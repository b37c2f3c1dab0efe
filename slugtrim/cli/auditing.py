"""``slugtrim audit`` behind its options. A lean start comes here as well, without click."""

from __future__ import annotations

import os

from slugtrim.audit import audit_found
from slugtrim.cli.answers import keep_answer
from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.configured import configured, named_tree, overhead_of, part_of, prediction_of
from slugtrim.cli.output import ProgressLine, write
from slugtrim.errors import UsageError
from slugtrim.files import MAX_FILES, quoted
from slugtrim.lean import STDOUT, CommandLine, Question
from slugtrim.reports.formats import render
from slugtrim.sizer import with_overhead


def audit_line(line: CommandLine, question: Question) -> None:
    """Run the command line of a lean start. Raises as ``audit`` does."""
    tree_options = TreeOptions(
        rev=line.rev, prefix=b"", use_git=True, dialect=None, config=None, use_config=True, most_files=MAX_FILES
    )
    output_options = OutputOptions(
        format=line.format, output="-", reports=(), color=line.color, quiet=line.quiet, verbose=line.verbose
    )
    try:
        audit(
            line.path,
            tree_options,
            output_options,
            question,
            use_cache=True,
            use_installed=True,
            progress=line.progress,
            exact=False,
        )
    finally:
        if question.learnt is not None:
            question.learnt.stop()


def audit(
    path: str,
    tree_options: TreeOptions,
    output_options: OutputOptions,
    question: Question,
    *,
    use_cache: bool,
    use_installed: bool,
    progress: bool | None,
    exact: bool,
) -> None:
    """Audit the tree that the options name, and write the reports. Raises ``SlugtrimError`` and ``OutputClosed``."""
    if "/" not in path and not os.path.lexists(path):
        raise UsageError(f"{quoted(os.fsencode(path))}: unknown command, and no such directory; {_hint(path)}")
    found = named_tree(path, tree_options, question.learnt)
    config = configured(tree_options, found.source, found.git_dir)
    dialect = config.reading
    overhead = overhead_of(found, config, use_cache=use_cache)
    part = part_of(path, found)
    with ProgressLine(shown=progress) as line:
        report = audit_found(found, dialect, use_cache=use_cache, progress=line, exact=exact, part=part)
    report = report.without_findings(config.ignored_ids)
    if overhead is not None:
        report = report.with_buildpacks(with_overhead(report.compressed_bytes, overhead))
    elif not report.makes_no_slug:
        prediction = prediction_of(found, config, use_installed=use_installed, use_cache=use_cache)
        report = report.with_prediction(prediction) if prediction is not None else report
    for name, target in output_options.targets:
        style = output_options.style(target) if name == "text" else None  # JSON does without
        text = render("audit", name, report, style=style)
        write(text, target)
        keep_answer(question, [found], dialect, STDOUT, text)


def _hint(word: str) -> str:
    from difflib import get_close_matches

    from slugtrim.cli import COMMANDS

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.78)
    return f"did you mean {near[0]}?" if near else "see slugtrim --help"
