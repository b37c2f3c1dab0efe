"""The check for people: the verdict, what it rests on, and what to do.

On a page it is a comment on a pull request, or the summary of a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.check import Base, Check, Growth
from slugtrim.reports.blocks import (
    Block,
    Callout,
    Headline,
    Hidden,
    Holds,
    Inline,
    Line,
    Look,
    Paragraph,
    Report,
    Row,
    Section,
    Steps,
    Table,
    View,
    column,
    marked,
    name,
    path,
    row,
    safe,
)
from slugtrim.reports.budget_words import allowed, amount, cures, sentence, used, where
from slugtrim.reports.budget_words import name as result_name
from slugtrim.reports.parts import (
    BEFORE_BUILDPACKS,
    compiled_sentence,
    findings,
    measured,
    notes,
    problem_table,
    suggestions,
)
from slugtrim.reports.problems import located
from slugtrim.reports.style import plural, signed, size

NO_COMMIT = "in no commit since the base"
"""Of a file that grew or shrank though no commit touched it."""
_LOOKS = {Verdict.OK: Look.GREEN, Verdict.WARN: Look.YELLOW, Verdict.FAIL: Look.RED}
_MARKS = {Verdict.OK: "ok", Verdict.WARN: "warn", Verdict.FAIL: "over"}
_SIGNS = {Verdict.OK: "✅", Verdict.WARN: "⚠️", Verdict.FAIL: "❌"}
_GROWN = 5
_KEPT = 10


def comment(check: Check, view: View) -> Report:
    """Return the report behind the marker by which the next run finds it."""
    about = [
        ("target", quote(check.target or "", safe="", errors="surrogateescape")),
        ("prefix", quote(check.source.prefix, safe="/")),
    ]
    marker = f"slugtrim check{''.join(f' {key}={value}' for key, value in about if value)}"
    return (Hidden(text=marker), *report(check, view))


def report(check: Check, view: View) -> Report:
    """Return all that there is to say; a brief report is the verdict."""
    if view.brief:
        return (_headline(check),)
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    return (
        *_head(check, view),
        *_limits(over, list(check.over(Verdict.OK)), view),
        *(_grown(check.base, view) if check.base is not None else ()),
        *suggestions(check.suggestions, view),
        *_findings(check, view),
        *(_unreadable(check, view) if view.is_page else notes(check.notes, check.unreadable, view)),
        *(() if view.is_page else _steps(check, over)),
    )


def _headline(check: Check) -> Headline:
    known = check.complete or check.verdict is Verdict.FAIL
    sign = marked("", page=f"{_SIGNS[check.verdict] if known else '❓'} ")
    look = _LOOKS[check.verdict] if known else Look.YELLOW
    return Headline(text=(sign, headline(check)), looks=(Look.BOLD, look))


def headline(check: Check) -> str:
    """Return the verdict in one line: what is over, or how far the slug is from its limit."""
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    more = f", and {len(over) - 1:,} more" if len(over) > 1 else ""
    if check.verdict is Verdict.FAIL:
        short = "" if check.complete else " at least, for not everything could be read"
        return f"Over: {sentence(over[0])}{more}{short}"
    if not check.complete:
        gone = plural(len(check.unreadable), "path")
        return f"Incomplete: {gone} could not be read; the slug has {size(check.compressed_bytes)} at least"
    if over:
        return f"Warning: {sentence(over[0])}{more}"
    total = next((result for result in check.results if result.measure is Measure.TOTAL), None)
    weight = size(check.compressed_bytes)
    if total is None:
        return f"Within: {weight} is within every limit"
    room = size(total.limit - total.used)
    return f"Within: {weight} is {room} under the total of {allowed(total)} ({where(total)})"


def change(base: Base, compressed_bytes: int) -> str:
    """Return how the slug changed, and since what."""
    grown = compressed_bytes - base.compressed_bytes
    since = f"since {base.rev[:10]} ({safe(base.name)})"
    if not base.complete:
        since += ", which could not be read whole"
    if not grown:
        return f"No change in size {since}"
    percent = f" ({grown / base.compressed_bytes * 100:+.1f} %)" if base.compressed_bytes else ""
    return f"{signed(grown)}{percent} {since}"


def _head(check: Check, view: View) -> Iterator[Block]:
    yield _headline(check)
    facts: list[Block] = []
    if view.is_page:
        if not check.complete:
            gone = plural(len(check.unreadable), "path")
            yield Callout(text=f"{gone} could not be read: every size here is too small.")
        facts.append(_sizes(check))
    else:
        yield measured(check.source)
        whole = "" if check.complete else ", at least"
        files = f"{plural(check.files, 'file')} of {size(check.size_bytes)}"
        target = f", of target {safe(check.target)}" if check.target is not None else ""
        weight = f"{size(check.compressed_bytes)} {check.size_class.value}{whole}"
        facts.append(Paragraph(text=f"{weight}: {files}{target}"))
    if check.base is not None:
        facts.append(Paragraph(text=view.sentence(change(check.base, check.compressed_bytes))))
    if check.compiled is not None:
        sum_ = compiled_sentence(check.compiled, check.source_compressed_bytes)
        facts.append(Paragraph(text=view.sentence(sum_)))
    else:
        facts.append(Paragraph(text=BEFORE_BUILDPACKS))
    if view.is_page and check.target is not None:
        facts.append(Paragraph(text=("Target: ", name(safe(check.target)))))
    yield Section(blocks=tuple(facts))


def _sizes(check: Check) -> Table:
    base = check.base
    what = f"slug, {check.size_class.value}"
    first = column(holds=Holds.NAMES)
    if base is None:
        rows = [(what, size(check.compressed_bytes)), ("files", f"{check.files:,}")]
        return Table(columns=(first, column("size")), rows=tuple(row(*cells) for cells in rows))
    grown = check.compressed_bytes - base.compressed_bytes
    more = check.files - base.files
    sizes = (what, size(base.compressed_bytes), size(check.compressed_bytes), signed(grown) if grown else "unchanged")
    files = ("files", f"{base.files:,}", f"{check.files:,}", f"{more:+,}" if more else "unchanged")
    columns = (first, column("base"), column("now"), column("change"))
    return Table(columns=columns, rows=(row(*sizes), row(*files)))


def _limits(over: Sequence[Result], kept: Sequence[Result], view: View) -> Iterator[Block]:
    """Yield what is over, then what is kept: on a page what to do between them, and the latter folded."""
    shown_kept = view.some(kept, _KEPT)
    more_kept = view.more(len(kept) - len(shown_kept), "more that are kept (-v shows all)")
    if not view.is_page:
        if over or kept:
            yield Section(title="Limits", blocks=(_results([*over, *shown_kept], view), *more_kept))
        return
    if over:
        shown = view.some(over, len(over))
        steps = Steps(steps=tuple((step, ".") for step in cures(over)))
        yield Section(blocks=(_results(shown, view), *view.more(len(over) - len(shown)), steps))
    if kept:
        summary = f"{plural(len(kept), 'limit')} kept"
        yield Section(summary=summary, blocks=(_results(shown_kept, view), *more_kept))


def _results(results: Sequence[Result], view: View) -> Table:
    rows = []
    for result in results:
        verdict = result.verdict
        what: Inline = name(result_name(result))
        # The page that states a platform's limit is too long for a screen; what is over says it.
        if not view.is_page and result.measure is not Measure.PLATFORM:
            what = (name(result_name(result)), f"  ({where(result)})")
        mark = marked(_MARKS[verdict], _LOOKS[verdict], page=_SIGNS[verdict])
        over = amount(result, result.over) if result.over else ""
        rows.append(row(mark, what, used(result), allowed(result), over, name(where(result))))
    columns = (
        column(holds=Holds.MARKS),
        column(page="what", holds=Holds.NAMES),
        column("used"),
        column("allowed"),
        column("over"),
        column(page="where it is written", holds=Holds.WORDS),
    )
    return Table(columns=columns, rows=tuple(rows), screen=(0, 2, 3, 4, 1))


def _grown(base: Base, view: View) -> Iterator[Block]:
    grew = [growth for growth in base.grown if growth.grown_bytes > 0]
    shown = view.some(base.grown if view.is_page or view.full else grew, _GROWN)
    unchanged = plural(base.unchanged_files, "file") + " unchanged"
    if not shown:
        shrank = f", {len(base.grown)} shrank (-v shows them)" if base.grown else ""
        yield Line(text=f"{unchanged}." if view.is_page else f"No file grew{shrank}; {unchanged}.", depth=0)
        return
    columns = (column(page="file", holds=Holds.NAMES), column("base"), column("now"), column("grew", page="change"))
    rows = tuple(map(_growth_row, shown))
    most = plural(len(base.grown), "file that grew or shrank most", "files that grew or shrank most")
    yield Section(
        title=f"Grew most since the base ({unchanged})",
        summary=f"{most}; {unchanged}",
        is_open=bool(grew),
        blocks=(
            Table(columns=columns, rows=rows, screen=(3, 2, 0), below="commit"),
            *view.more(len(base.grown) - len(shown), "more that grew or shrank (-v shows them)"),
        ),
    )


def _growth_row(growth: Growth) -> Row:
    # The id is bare, so that the platform makes a link of it.
    by: Inline = NO_COMMIT if growth.commit is None else (f"{growth.commit} ", name(safe(growth.subject)))
    before = size(growth.before_bytes) if growth.before_bytes else "new"
    after = size(growth.after_bytes) if growth.after_bytes else "gone"
    cells = (path(growth.path), before, after, signed(growth.grown_bytes))
    return row(*cells, below=(Line(text=by, depth=3, shortens=True),))


def _findings(check: Check, view: View) -> Iterator[Block]:
    if not view.is_page:
        yield from findings(check.findings, view)
    elif check.findings:
        shown = located(check.source, view.some(check.findings, 0), check.slugignore)
        more = view.more(len(check.findings) - len(shown))
        summary = f"{plural(len(check.findings), 'finding')} of slugtrim lint"
        yield Section(summary=summary, blocks=(problem_table(shown), *more))


def _unreadable(check: Check, view: View) -> Iterator[Block]:
    if not check.unreadable:
        return
    shown = view.some(check.unreadable, len(check.unreadable))
    columns = (column("path", holds=Holds.NAMES), column("why", holds=Holds.WORDS))
    rows = tuple(row(path(gone.path), gone.reason) for gone in shown)
    yield Section(
        summary=f"{plural(len(check.unreadable), 'path')} could not be read",
        is_open=True,
        blocks=(Table(columns=columns, rows=rows), *view.more(len(check.unreadable) - len(shown))),
    )


def _steps(check: Check, over: Sequence[Result]) -> Iterator[Block]:
    steps = [f"{step}." for step in cures(over)]
    if check.suggestions:
        steps.append("slugtrim suggest --write adds what could go to .slugignore; commit it then.")
    if not check.complete:
        steps.append("Make readable what could not be read, and check again: the sizes are too small.")
    if check.compiled is None and steps:
        steps.append(
            "slugtrim builds record -- git push heroku main learns what buildpacks add, and buildpack-overhead in "
            "slugtrim.toml says it; limits then hold for all of it."
        )
    if steps:
        yield Steps(steps=tuple(steps))
