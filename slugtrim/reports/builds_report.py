"""Report on recorded builds: a table for people, CSV (RFC 4180) for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, Fit, Told
from slugtrim.builds.journal import BuildRow, History
from slugtrim.builds.learned import StartsFound, in_order
from slugtrim.builds.recording import RecordResult
from slugtrim.builds.starts import SlugStarts, Starts, StartTimes, start_times
from slugtrim.builds.tools import BuildChange, growths
from slugtrim.builds.tools import difference as changes_of
from slugtrim.files import quoted
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, RUNNING_LOG
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.blocks import safe
from slugtrim.reports.text import plural, seconds, signed, size
from slugtrim.sizer import classify

_COLUMNS = (
    "date outcome app target remote release commit commit_assumed buildpacks slug_bytes precision_bytes class "
    "change_bytes source_bytes overhead_bytes deleting fits starts start_seconds max_start_seconds"
).split()
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(history: History, most: int | None) -> str:
    """Return a header line, and a line for each build, newest first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows(_csv_row(row) for row in history.rows[:most])
    return out.getvalue()


def _csv_row(row: BuildRow) -> list[str | int | None]:
    build = row.build
    source = build.sources.get(build.dialect)
    return [
        build.date,
        build.outcome.value,
        *(cell(name) for name in (build.app, build.target, build.remote)),
        build.release,
        build.commit,
        "yes" if build.is_assumed else "no",
        cell(" ".join(build.buildpacks)),
        build.slug.size_bytes,
        build.slug.precision_bytes,
        row.size_class.value,
        row.change_bytes,
        source.compressed_bytes if source is not None else None,
        build.overhead_bytes(build.dialect),
        build.deleting,
        build.fit.value if build.fit is not None else None,
        *_start_cells(serving_starts(build)),
    ]


def _start_cells(times: StartTimes | None) -> tuple[str | int | None, ...]:
    return (None,) * 3 if times is None else (times.count, *map(_rounded, (times.median_seconds, times.max_seconds)))


def _rounded(seconds: float) -> str:
    return f"{seconds:.3f}"


def serving_starts(build: Build) -> StartTimes | None:
    """Return the start times of the processes that take requests; None if none is known."""
    return start_times(build.starts.get(RUNNING_LOG.serving, ()))


def cell(text: str | None) -> str | None:
    """Return a name that no spreadsheet takes for a formula."""
    if text is None:
        return None
    shown = safe(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


_BARS = "▁▂▃▄▅▆▇█"
_MAX_BARS = 40
_TROUBLES = {BuildOutcome.TOO_LARGE: "too large", BuildOutcome.FAILED: "failed"}
_DIFFERENCES = 3
"""Builds shown of those that deleted another number of files than predicted."""


def report(history: History, view: b.View, most: int | None, why: bool = False) -> b.Report:
    """Return the builds, newest first, ``most`` rows of them; a brief report is the newest slug.

    With ``why`` it has what changed from each build to the next.
    """
    shown = history.rows[:most]
    if view.brief:
        return tuple(
            b.Headline(text=f"{size(each.build.slug.size_bytes)} {each.size_class.value}") for each in shown[:1]
        )
    older = len(history.rows) - len(shown)
    return (
        b.Line(text=("Builds of ", b.path(history.path)), depth=0, shortens=True),
        b.Section(blocks=tuple(_spans(history))),
        *_table(shown, several=len(history.by_destination) > 1),
        *((b.Line(text=f"… and {plural(older, 'older build')} (-n 0 shows all)"),) if older else ()),
        *_differences(shown, view),
        *(_reasons(history, shown) if why else ()),
    )


def _reasons(history: History, rows: Sequence[BuildRow]) -> Iterator[b.Block]:
    """Yield what changed from the build before to each of ``rows``, and where the build cache seems to grow."""
    said = tuple(
        b.Paragraph(text=f"{b.safe(each.build.name)} ({_change_words(each)}): {_reason(each.before, each.build)}.")
        for each in rows
        if each.before is not None
    )
    if said:
        yield b.Section(title="What changed since the build before", blocks=said)
    for growth in growths(list(history.by_destination.values())):
        app = f" -a {b.safe(growth.newest.app)}" if growth.newest.app is not None else ""
        kept = f" It keeps {b.safe(', '.join(growth.kept))}." if growth.kept else ""
        yield b.Section(
            blocks=(
                b.Paragraph(
                    text=f"The last {growth.builds} builds of {b.safe(growth.newest.destination or 'the application')} "
                    f"grew by {size(growth.grown_bytes)} with the same lock files, so the build cache may grow.{kept} "
                    f"{PLATFORM.clear_cache}{app} empties it; slugtrim inspect shows what is in the slug."
                ),
            )
        )


def build_change_words(change: BuildChange) -> str:
    """Return both sizes of two recorded builds, and what changed, as one sentence."""
    before, after = change.before, change.after
    grown = after.slug.size_bytes - before.slug.size_bytes
    sizes = f"{size(before.slug.size_bytes)} → {size(after.slug.size_bytes)}"
    names = f"{b.safe(before.name)} → {b.safe(after.name)}"
    return f"Recorded builds {names}: {sizes} ({signed(grown) if grown else 'no change'}): {_reason(before, after)}."


def _change_words(row: BuildRow) -> str:
    return signed(row.change_bytes) if row.change_bytes else "no change"


def _reason(before: Build, after: Build) -> str:
    """Return what changed, the versions first."""
    change = changes_of(before, after)
    said = [_tool_words(*each) for each in change.tools]
    if change.buildpacks is not None:
        said.append("buildpacks " + " → ".join(b.safe(", ".join(names)) for names in change.buildpacks))
    if change.locks:
        files = ", ".join(quoted(path) for path in change.locks[:_LOCKS])
        more = len(change.locks) - _LOCKS
        said.append(f"{files}{f' and {more} more' if more > 0 else ''} changed")
    if change.code_bytes and not change.is_same_commit:
        said.append(f"your code {signed(change.code_bytes)}")
    if said:
        return "; ".join(said)
    same = "the same lock files" if change.is_measured else "nothing that is known changed"
    same = "the same commit" if change.is_same_commit else same
    return same if change.has_tools else f"{same}; at least one log has no versions"


_LOCKS = 3


def _tool_words(topic: str, before: str, after: str) -> str:
    if not before or not after:
        return f"{b.safe(topic)} {b.safe(before or after)} ({'gone' if before else 'new'})"
    return f"{b.safe(topic)} {b.safe(before)} → {b.safe(after)}"


def _spans(history: History) -> Iterator[b.Block]:
    """Yield from what to what the slug went, for each destination."""
    if not history.rows:
        yield b.Paragraph(
            text=f"No builds recorded. Record one with slugtrim builds record -- {PLATFORM.push_command}."
        )
    for name, rows in history.by_destination.items():
        sizes = [each.build.slug.size_bytes for each in reversed(rows)]
        span = size(sizes[0]) if min(sizes) == max(sizes) else f"{size(min(sizes))} to {size(max(sizes))}"
        about = f"{span} in {plural(len(sizes), 'build')}{'' if name is None else f' of {b.safe(name)}'}"
        yield b.Line(text=f"{sparkline(sizes[-_MAX_BARS:])}  {about}", shortens=True)


def sparkline(sizes: Sequence[int]) -> str:
    """Return a bar for each, from the least to the largest; all alike are low."""
    least, span = min(sizes), max(sizes) - min(sizes)
    return "".join(_BARS[(each - least) * (len(_BARS) - 1) // span if span else 0] for each in sizes)


def _table(rows: Sequence[BuildRow], *, several: bool) -> Iterator[b.Block]:
    if rows:
        figures = (b.figures("change"), b.figures("code"), b.figures("buildpacks"))
        # Without any known start, its column would only be empty.
        start = (b.figures("start"),) if any(serving_starts(each.build) for each in rows) else ()
        columns = (b.figures("slug"), *start, b.words("class"), *figures, b.words("recorded"), b.names("build"))
        yield b.table(*columns, rows=(_row(each, several=several, has_start=bool(start)) for each in rows))


def _row(each: BuildRow, *, several: bool, has_start: bool) -> b.Row:
    build = each.build
    source = build.sources.get(build.dialect)
    overhead = build.overhead_bytes(build.dialect)
    what = [
        _TROUBLES.get(build.outcome, ""),
        f"v{build.release}" if build.release is not None else "",
        "" if build.commit is None else build.commit[:10] + "?" * build.is_assumed,
        b.safe(build.destination or "") if several else "",
    ]
    times = serving_starts(build)
    return b.row(
        size(build.slug.size_bytes),
        *((seconds(times.median_seconds) if times is not None else "",) if has_start else ()),
        b.marked(each.size_class.value, parts.CLASS_LOOKS[each.size_class]),
        "" if each.change_bytes is None else signed(each.change_bytes) if each.change_bytes else "none",
        size(source.compressed_bytes) if source is not None else "",
        ("-" if overhead < 0 else "") + size(abs(overhead)) if overhead is not None else "",
        build.date[:10],
        " ".join(filter(None, what)),
    )


def _differences(rows: Sequence[BuildRow], view: b.View) -> Iterator[b.Block]:
    told = [(each.build, text) for each in rows if (text := difference(each.build))]
    if not told:
        return
    shown = view.some(told, _DIFFERENCES)
    more = len(told) - len(shown)
    yield b.Section(
        title="Builds that deleted more or fewer files than predicted",
        blocks=(
            *(b.Paragraph(text=f"{b.safe(build.name)}: {text}.") for build, text in shown),
            *view.more(more, f"{'more build' if more == 1 else 'more builds'} (-v shows all)"),
        ),
    )


def remembered_line(done: RecordResult) -> str:
    """Return the size, of what it consists, and the change: one line."""
    build = done.build
    weight = f"{size(build.slug.size_bytes)} {classify(build.slug.size_bytes).value}"
    return f"{_outcome(build)}{b.safe(build.name)}: {weight}{_parts(build)}{_change(done)}; remembered"


def _outcome(build: Build) -> str:
    """Return what to put before the name of a build that was not released; empty for one that was."""
    match build.outcome:
        case BuildOutcome.RELEASED | BuildOutcome.BUILT:
            return ""
        case BuildOutcome.TOO_LARGE:
            return "too large: "
        case BuildOutcome.FAILED:
            return "failed: "
        case _:
            assert_never(build.outcome)


def _parts(build: Build) -> str:
    overhead = build.overhead_bytes(build.dialect)
    if overhead is None:
        return ""
    source = size(build.sources[build.dialect].compressed_bytes)
    if overhead < 0:
        return f", {size(-overhead)} less than your code ({source}): buildpacks remove more than they add"
    return f", {source} of your code + {size(overhead)} of buildpacks"


def _change(done: RecordResult) -> str:
    if done.before is None:
        return ""
    grown = done.build.slug.size_bytes - done.before.slug.size_bytes
    since = f"since {b.safe(done.before.name)}"
    return f", {signed(grown)} {since}" if grown else f", no change {since}"


_LEARNED = 10
"""Builds that are named of a log with starts of many."""


def learned_lines(found: Sequence[StartsFound]) -> Iterator[str]:
    """Yield a line for each build that a log has starts of, and what to do about starts that are not kept."""
    for each in found[:_LEARNED]:
        yield _learned(each)
        if each.is_assumed:
            yield f"the log has no release, so {b.safe(each.builds[0].name)} is assumed; pass it with --release"
    if len(found) > _LEARNED:
        yield f"{len(found) - _LEARNED} more releases"


def _learned(found: StartsFound) -> str:
    if len(found.builds) == 1:
        build = found.builds[0]
        return f"{b.safe(build.name)}: {start_words(build.starts)}{'' if found.is_new else '; nothing new'}"
    if found.builds:
        names = " and ".join(b.safe(build.destination or "another application") for build in found.builds)
        return f"{_slug_words(found.slug)} may be of {names}, so its starts are not kept; pass --target"
    return f"{_slug_words(found.slug)} isn't recorded, so its starts are not kept ({start_words(found.slug.starts)})"


def _slug_words(slug: SlugStarts) -> str:
    """Return what a log says of a slug."""
    if slug.release is not None:
        return f"v{slug.release}"
    if slug.commit is not None:
        return f"the build of {slug.commit}"
    return f"v{slug.latest} or earlier" if slug.latest is not None else "the release of the log"


def start_words(starts: Starts) -> str:
    """Return how long each process type takes to start."""
    said: list[str] = []
    for process in in_order(starts):
        times = start_times(starts[process])
        if times is not None:
            count = f"median of {times.count}" if times.count > 1 else "1 start"
            said.append(f"{b.safe(process)} {'' if said else 'starts '}in {seconds(times.median_seconds)} ({count})")
    return ", ".join(said)


def assumption(build: Build) -> str:
    """Return a warning that the commit may be another; empty if it is known."""
    if not build.is_assumed:
        return ""
    if build.commit is None:
        return "the log doesn't name the commit; pass it with --commit"
    how = "its branch in this clone" if build.commit_origin is CommitOrigin.REF else "HEAD"
    return f"the log has no commit id, so {build.commit[:10]} is assumed ({how}); pass it with --commit"


def difference(build: Build) -> str:
    """Return where a build deleted other than predicted, and which dialect explains it; empty if none did."""
    fit = build.fit
    if fit in (None, Fit.BOTH) or build.deleting is None:
        return ""
    if fit is Fit.GLOB and build.dialect is Dialect.GLOB:
        return ""  # as the audit says that the log should
    counts = {dialect: build.sources[dialect].deleting for dialect in PLATFORM.ignore_file.dialects}
    said = f"the build deleted {plural(build.deleting, 'file')} by .slugignore, "
    predicted = ", ".join(f"{count:,} read as {dialect.value}" for dialect, count in counts.items())
    match fit:
        case Fit.GLOB | Fit.GITIGNORE:
            matching = Dialect(fit.value)
            advice = (
                ""
                if matching is build.dialect
                else f'; dialect = "{matching.value}" in slugtrim.toml selects that reading'
            )
            return f"{said}as predicted for {matching.value} ({predicted}){advice}"
        case _:
            doubt = "; the commit is assumed and may be wrong" if build.is_assumed else ""
            return f"{said}which matches neither reading ({predicted}){doubt}"


def nothing_told(told: Told) -> str:
    """Return why there is no build to remember."""
    if told.is_up_to_date:
        return "everything was up to date, so there is no build to record"
    if told.is_built and told.is_failed:
        return "the build failed before a slug was packed, so there is no size to record"
    if told.is_failed:
        return "the push failed before anything was built, so there is nothing to record"
    if told.has_running:
        return "the log has no start of a process from its beginning to its end, so there is nothing to record"
    if told.is_built:
        return "the log has no slug size, so there is nothing to record"
    return "no build in the log, so there is nothing to record"
