"""The check for people: the verdict, what it rests on, and what to do.

On a page it is a comment on a pull request, or the summary of a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.buildpacks.packages import Prediction
from slugtrim.check import Base, Check, Growth
from slugtrim.platforms import PLATFORM, platform_of
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.diagnostics import located
from slugtrim.reports.lint_report import problem_table
from slugtrim.reports.parts import allowed, amount, cures, sentence, used, where
from slugtrim.reports.parts import name as result_name
from slugtrim.reports.text import plural, signed, size
from slugtrim.sizer import Compiled

_GROWN_SLIGHTLY = 5
"""More files than this are not listed if their changes are below ``_SLIGHT_BYTES`` in all."""
_SLIGHT_BYTES = 1024
NO_COMMIT = "in no commit since the base"
"""Of a file that grew or shrank though no commit touched it."""
_LOOKS = {Verdict.OK: b.Look.GREEN, Verdict.WARN: b.Look.YELLOW, Verdict.FAIL: b.Look.RED}
_MARKS = {Verdict.OK: "ok", Verdict.WARN: "warn", Verdict.FAIL: "over"}
_SIGNS = {Verdict.OK: "✅", Verdict.WARN: "⚠️", Verdict.FAIL: "❌"}
_GROWN = 5
_KEPT = 10


def comment(check: Check, view: b.View) -> b.Report:
    """Return the report behind the marker by which the next run finds it."""
    about = [
        ("target", quote(check.target or "", safe="", errors="surrogateescape")),
        ("prefix", quote(check.source.prefix, safe="/")),
    ]
    marker = f"slugtrim check{''.join(f' {key}={value}' for key, value in about if value)}"
    return (b.Hidden(text=marker), *report(check, view))


def report(check: Check, view: b.View) -> b.Report:
    """Return the whole report; a brief one is the verdict."""
    if view.brief:
        return (_headline(check),)
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    return (
        *_head(check, view),
        *(() if view.is_page else _steps(check, over)),
        *_limits(over, check.over(Verdict.OK), view),
        *((_grown(check.base, view),) if check.base is not None else ()),
        parts.package_changes(check.packages, view),
        parts.suggestions(check.suggestions, view),
        _findings(check, view),
        _unreadable(check, view),
    )


def _headline(check: Check) -> b.Headline:
    known = check.complete or check.verdict is Verdict.FAIL
    sign = b.marked("", page=f"{_SIGNS[check.verdict] if known else '❓'} ")
    look = _LOOKS[check.verdict] if known else b.Look.YELLOW
    return b.Headline(text=(sign, headline(check)), looks=(b.Look.BOLD, look))


def headline(check: Check) -> str:
    """Return the verdict in one line: what is over, or how far the slug is from its limit."""
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    more = f", and {len(over) - 1:,} more" if len(over) > 1 else ""
    if check.verdict is Verdict.FAIL:
        short = "" if check.complete else " (at least; not everything could be read)"
        return f"Over: {sentence(over[0])}{more}{short}"
    if not check.complete:
        gone = plural(len(check.unreadable), "path")
        return f"Incomplete: {gone} could not be read; the slug is at least {size(check.compressed_bytes)}"
    if over:
        return f"Warning: {sentence(over[0])}{more}"
    total = next((result for result in check.results if result.measure is Measure.TOTAL), None)
    weight = size(check.compressed_bytes)
    if total is None:
        return f"OK: {weight} is within all limits"
    if total.is_default:
        return f"OK: {weight}. No budget is set; slugtrim warns from {size(total.limit + 1)} (weighty)"
    room = size(total.limit - total.used)
    return f"OK: {weight} is {room} under the total of {allowed(total)} ({where(total)})"


def change(base: Base, compressed_bytes: int) -> str:
    """Return how the slug changed, and since what."""
    grown = compressed_bytes - base.compressed_bytes
    since = f"since {base.rev[:10]} ({b.safe(base.name)})"
    if not base.complete:
        since += ", which could not be read completely"
    if not grown:
        return f"No change in size {since}"
    percent = f" ({parts.change_percent(grown / base.compressed_bytes)})" if base.compressed_bytes else ""
    return f"{signed(grown)}{percent} {since}"


def _head(check: Check, view: b.View) -> Iterator[b.Block]:
    yield _headline(check)
    facts: list[b.Block] = []
    if view.is_page:
        if not check.complete:
            gone = plural(len(check.unreadable), "path")
            yield b.Callout(text=f"{gone} could not be read: all sizes here are too low.")
        facts.append(_sizes(check))
    else:
        yield parts.measured(check.source, check.dialect)
        whole = "" if check.complete else ", at least"
        files = f"{plural(check.files, 'file')}, {size(check.size_bytes)} raw"
        target = f", of target {b.safe(check.target)}" if check.target is not None else ""
        weight = f"{size(check.compressed_bytes)} {check.size_class.value}{whole}"
        facts.append(b.Paragraph(text=f"{weight}: {files}{target}"))
    if check.base is not None:
        facts.append(b.Paragraph(text=view.sentence(change(check.base, check.compressed_bytes))))
    if check.compiled is not None and check.prediction is not None:
        facts += _predicted(check, check.compiled, check.prediction, view)
    elif check.compiled is not None:
        sum_ = parts.compiled_sentence(check.compiled, check.source_compressed_bytes)
        facts.append(b.Paragraph(text=view.sentence(sum_)))
    else:
        facts.append(b.Paragraph(text=parts.BEFORE_BUILDPACKS))
    if view.is_page and check.target is not None:
        facts.append(b.Paragraph(text=("Target: ", b.name(b.safe(check.target)))))
    yield b.Section(blocks=tuple(facts))


def _predicted(check: Check, compiled: Compiled, prediction: Prediction, view: b.View) -> Iterator[b.Paragraph]:
    what = parts.predicted_words(compiled, prediction)
    if check.counts_prediction:
        yield b.Paragraph(text=view.sentence(f"Compiled slug, predicted: {what}"))
    else:
        yield b.Paragraph(text=f"Not counted: buildpacks. With them, the slug is {what}, predicted.")
        yield b.Paragraph(text='To count them in budgets and limits, set budgets.of = "compiled".')
    if not check.counts_prediction:  # else a limit says so
        yield from (b.Paragraph(text=sentence) for sentence in parts.over_limits(compiled))
    yield b.Paragraph(text=view.sentence(parts.prediction_sentence(prediction, check.source_compressed_bytes)))
    if check.packages is not None and (check.packages.compressed_bytes or check.packages.raw_bytes):
        yield from (b.Paragraph(text=sentence) for sentence in parts.growth_sentences(check.packages))


def _sizes(check: Check) -> b.Table:
    base = check.base
    what = f"slug, {check.size_class.value}"
    if base is None:
        rows = [b.row(what, size(check.compressed_bytes)), b.row("files", f"{check.files:,}")]
        return b.table(b.names(), b.figures("size"), rows=rows)
    grown = check.compressed_bytes - base.compressed_bytes
    more = check.files - base.files
    sizes = (size(base.compressed_bytes), size(check.compressed_bytes), signed(grown) if grown else "unchanged")
    files = (f"{base.files:,}", f"{check.files:,}", f"{more:+,}" if more else "unchanged")
    columns = (b.names(), b.figures("base"), b.figures("now"), b.figures("change"))
    return b.table(*columns, rows=(b.row(what, *sizes), b.row("files", *files)))


def _limits(over: Sequence[Result], kept: Sequence[Result], view: b.View) -> Iterator[b.Block]:
    """Yield what is over, then what is kept: on a page what to do between them, and the latter folded."""
    if not (view.is_page or view.full):
        kept = [result for result in kept if result.measure is not Measure.PLATFORM or result.used * 2 >= result.limit]
    shown_kept = view.some(kept, _KEPT)
    more_kept = view.more(len(kept) - len(shown_kept), "more within their limits (-v shows all)")
    if not view.is_page:
        if over or kept:
            yield b.Section(title="Limits", blocks=(_results([*over, *shown_kept], view), *more_kept))
        return
    if over:
        shown = view.some(over, len(over))
        steps = b.Steps(steps=tuple((step, ".") for step in cures(over)))
        yield b.Section(blocks=(_results(shown, view), *view.more(len(over) - len(shown)), steps))
    if kept:
        summary = f"{plural(len(kept), 'limit')} kept"
        yield b.Section(summary=summary, blocks=(_results(shown_kept, view), *more_kept))


def _results(results: Sequence[Result], view: b.View) -> b.Table:
    rows = []
    for result in results:
        verdict = result.verdict
        what: b.Inline = b.name(result_name(result))
        # The page that states a platform's limit is too long for a screen; what is over says it.
        if not view.is_page and result.measure is not Measure.PLATFORM:
            what = (b.name(result_name(result)), f"  ({where(result)})")
        mark = b.marked(_MARKS[verdict], _LOOKS[verdict], page=_SIGNS[verdict])
        over = amount(result, result.over) if result.over else ""
        # The default is the last byte below a class: 89.9M would not look like the 90M of the headline.
        most = f"<{size(result.limit + 1)}" if result.is_default else allowed(result)
        rows.append(b.row(mark, what, used(result), most, over, b.name(where(result))))
    columns = (b.MARKS, b.names("what"), b.figures("used"), b.figures("allowed"), b.figures("over"))
    return b.table(*columns, b.words(page="set in"), rows=rows, screen=(0, 2, 3, 4, 1))


def _grown(base: Base, view: b.View) -> b.Block:
    grew = [growth for growth in base.grown if growth.grown_bytes > 0]
    unchanged = plural(base.unchanged_files, "file") + " unchanged"
    if not (base.grown if view.is_page or view.full else grew):
        them = "it" if base.changed_files == 1 else "them"
        shrank = f", {base.changed_files:,} changed (-v shows {them})" if base.grown else ""
        return b.Line(text=f"{unchanged}." if view.is_page else f"No file grew{shrank}; {unchanged}.", depth=0)
    is_slight = base.changed_bytes < _SLIGHT_BYTES and base.changed_files > _GROWN_SLIGHTLY
    if is_slight and not (view.is_page or view.full):
        changed = plural(base.changed_files, "file") + " changed by less than 1K in all"
        return b.Line(text=f"{changed} (-v shows them); {unchanged}.", depth=0)
    shown = view.some(base.grown if view.is_page or view.full else grew, _GROWN)
    columns = (b.names("file"), b.figures("base"), b.figures("now"), b.figures("grew", page="change"))
    rows = tuple(map(_growth_row, shown))
    most = plural(len(base.grown), "file that grew or shrank most", "files that grew or shrank most")
    return b.Section(
        title=f"Grew most since the base ({base.changed_files:,} changed, {unchanged})",
        summary=f"{most}; {unchanged}",
        is_open=bool(grew),
        blocks=(
            b.Table(columns=columns, rows=rows, screen=(3, 2, 0), below="commit"),
            *view.more(base.changed_files - len(shown), "more changed (-v shows the largest)"),
        ),
    )


def _growth_row(growth: Growth) -> b.Row:
    # The id is bare, so that the platform turns it into a link.
    by: b.Inline = NO_COMMIT if growth.commit is None else (f"{growth.commit} ", b.name(b.safe(growth.subject)))
    before = size(growth.before_bytes) if growth.before_bytes else "new"
    after = size(growth.after_bytes) if growth.after_bytes else "gone"
    cells = (b.path(growth.path), before, after, signed(growth.grown_bytes))
    return b.row(*cells, below=(b.Line(text=by, depth=3, shortens=True),))


def _findings(check: Check, view: b.View) -> b.Section:
    if not view.is_page:
        return parts.findings(check.findings, view)
    shown = tuple(located(check.source, view.some(check.findings, 0), check.slugignore))
    more = view.more(len(check.findings) - len(shown))
    summary = f"{plural(len(check.findings), 'finding')} of slugtrim lint"
    return b.Section(summary=summary, blocks=(problem_table(shown), *more) if shown else ())


def _unreadable(check: Check, view: b.View) -> b.Section:
    if not view.is_page:
        return parts.notes(check.notes, check.unreadable, view)
    return b.Section(
        summary=f"{plural(len(check.unreadable), 'path')} could not be read",
        is_open=True,
        blocks=view.ranking(
            check.unreadable,
            lambda gone: b.row(b.path(gone.path), gone.reason),
            b.table(b.names("path"), b.words("why")),
            on_screen=0,
        ),
    )


def _steps(check: Check, over: Sequence[Result]) -> Iterator[b.Block]:
    steps = [f"{step}." for step in cures(over)]
    if check.suggestions:
        steps.append("Run slugtrim suggest --write to add the safe entries below to .slugignore, then commit it.")
    if not check.complete:
        steps.append("Make the unreadable paths readable, and check again: the sizes are too low.")
    is_unknown = check.compiled is None or check.compiled.is_predicted
    if is_unknown and steps and platform_of(check.dialect) is PLATFORM:
        steps.append(
            f"Run slugtrim builds record -- {PLATFORM.push_command} to learn what buildpacks add, or set "
            "buildpack-overhead in slugtrim.toml. Limits then cover the whole slug."
        )
    if steps:
        yield b.Steps(steps=tuple(steps))
