"""``slugtrim audit`` behind its options. A lean start comes here as well, without click."""

from __future__ import annotations

import os
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.audit import audit_found
from slugtrim.cli.answers import keep_answer
from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.output import ProgressLine, say, write
from slugtrim.cli.tree import configured, mapped, named_tree, overhead_of, part_of, prediction_of
from slugtrim.errors import UsageError
from slugtrim.files import MAX_FILES, quoted
from slugtrim.lean import STDOUT, CommandLine, Question
from slugtrim.measurement import totals_of
from slugtrim.reports.formats import render
from slugtrim.sizer import with_overhead


class AuditWish(Struct, frozen=True, kw_only=True):
    """How to audit, and what to show."""

    use_cache: bool = True
    use_installed: bool = True
    progress: bool | None = None
    exact: bool = False
    tree: bool = False
    """The text shows the heaviest branches instead of its lists."""
    opens: bool = False
    """The HTML is written to a temporary file and opened."""


def audit_line(line: CommandLine, question: Question) -> None:
    """Run the command line of a lean start. Raises as ``audit`` does."""
    tree_options = TreeOptions(
        rev=line.rev,
        prefix=b"",
        use_git=True,
        platform=None,
        dialect=None,
        config=None,
        use_config=True,
        most_files=MAX_FILES,
    )
    output_options = OutputOptions(
        format=line.format, output="-", reports=(), color=line.color, quiet=line.quiet, verbose=line.verbose
    )
    try:
        audit(line.path, tree_options, output_options, question, AuditWish(progress=line.progress))
    finally:
        if question.learnt is not None:
            question.learnt.stop()


def audit(
    path: str, tree_options: TreeOptions, output_options: OutputOptions, question: Question, wish: AuditWish
) -> None:
    """Audit the tree that the options name, and write the reports. Raises ``SlugtrimError`` and ``OutputClosed``."""
    if "/" not in path and not os.path.lexists(path):
        raise UsageError(f"{quoted(os.fsencode(path))}: unknown command, and no such directory; {_hint(path)}")
    if wish.tree and output_options.format != "text":
        raise UsageError("--tree: works only with --format text; drop one of them")
    found = named_tree(path, tree_options, question.learnt)
    config = configured(tree_options, found.source, found.git_dir, learnt=question.learnt)
    dialect = config.reading
    overhead = overhead_of(found, config, use_cache=wish.use_cache)
    part = part_of(path, found)
    draws = wish.opens or output_options.has("html")
    predicted = cache(partial(prediction_of, found, config, use_installed=wish.use_installed, use_cache=wish.use_cache))
    with ProgressLine(shown=wish.progress) as line:
        report = audit_found(
            found,
            dialect,
            use_cache=wish.use_cache,
            progress=line,
            exact=wish.exact,
            part=part,
            meanwhile=predicted if overhead is None else None,
        )
        told = mapped(found, config, use_cache=wish.use_cache, progress=line, part=part) if draws else {}
    report = report.without_findings(config.ignored_ids)
    if overhead is not None:
        report = report.with_buildpacks(with_overhead(report.compressed_bytes, overhead))
    else:
        prediction = predicted()
        report = report.with_prediction(prediction) if prediction is not None else report
    agreed = config.for_target().budgets.slug_limit if config.says_budgets else None
    if agreed is not None:
        report = report.with_slug_limit(agreed.value, str(agreed.written))
    if config.beside:
        others = (dialect for platform in config.beside for dialect in platform.ignore_file.dialects)
        report = report.with_platforms({each: totals_of(found, each, use_cache=wish.use_cache) for each in others})
    page = _new_page() if wish.opens else None
    if page is not None:
        output_options = replace(output_options, reports=(*output_options.reports, ("html", page)))
    for name, target in output_options.targets:
        style = output_options.style(target) if name == "text" else None  # JSON does without
        text = render("audit", name, report, style=style, tree=wish.tree, **told)
        write(text, target)
        keep_answer(question, [found], dialect, STDOUT, text)
    if page is not None:
        _open_page(page)


def _new_page() -> str:
    """Return the name of a new temporary file, readable only by its owner. Raise ``UsageError`` if there is no room."""
    import tempfile

    try:
        descriptor, name = tempfile.mkstemp(prefix="slugtrim-", suffix=".html")
    except OSError as error:
        raise UsageError(f"--open: no temporary file can be made ({error.strerror}); use --report html=FILE") from error
    os.close(descriptor)
    return name


def _open_page(name: str) -> None:
    """Open the file in the user's browser, and say where it is. It stays, since the browser may read it later."""
    import webbrowser
    from pathlib import Path

    is_open = webbrowser.open(Path(name).absolute().as_uri())
    say(
        f"{quoted(os.fsencode(name))}: {'opened' if is_open else 'written, but no browser was found; open it yourself'}"
    )


def _hint(word: str) -> str:
    from difflib import get_close_matches

    from slugtrim.cli import COMMANDS

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.78)
    return f"did you mean {near[0]}?" if near else "see slugtrim --help"
