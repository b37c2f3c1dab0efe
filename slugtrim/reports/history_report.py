"""Report on the slugs of a history: a line and a table for people, CSV (RFC 4180) for a spreadsheet."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from slugtrim.builds.build import Build
from slugtrim.files import quoted
from slugtrim.history.growth import Brought, HistoryRow, Largest, PathChange, SlugHistory, SlugStep
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.builds_report import cell, serving_starts, sparkline
from slugtrim.reports.text import plural, seconds, share, signed, size

_COLUMNS = (
    "commit date subject tags compressed_bytes margin_bytes class files bytes change_bytes changed_files largest_path "
    "largest_path_bytes build_release build_bytes start_seconds unreadable problem"
).split()
_SHOWN = 20
_BARS = 60
_PATHS = 2
_SLIGHT_BYTES = 1 << 10
"""Changes below it show no paths unless the report is full."""
_GUESSED_BYTES = 10 << 10
"""Estimated changes of a path below it say nothing."""
_SHORT_ID = 10
_LAST_SECONDS = 253_402_300_799
"""The last second of the year 9999. git takes later dates, and those before 1970."""


def commit_date(row: HistoryRow) -> str:
    """Return the author's date in UTC: ``2026-01-02T03:04:05Z``."""
    seconds_ = max(0, min(row.commit.authored_seconds, _LAST_SECONDS))
    return datetime.fromtimestamp(seconds_, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build_of(row: HistoryRow) -> Build | None:
    """Return the build of a commit that counts: the last one recorded."""
    return row.builds[-1] if row.builds else None


def as_csv(history: SlugHistory, most: int | None) -> str:
    """Return a header line, and a line for each commit, newest first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows(_csv_row(row) for row in history.rows[::-1][:most])
    return out.getvalue()


def _csv_row(row: HistoryRow) -> list[str | int | None]:
    step, build = row.step, build_of(row)
    first = step.changes[0] if step is not None and step.changes else None
    times = serving_starts(build) if build is not None else None
    return [
        row.commit.id,
        commit_date(row),
        cell(row.commit.subject),
        cell(" ".join(map(quoted, row.tags))),
        *((step.compressed_bytes, step.margin_bytes) if step is not None else (None, None)),
        row.size_class.value if row.size_class is not None else None,
        *((step.files, step.size_bytes, step.change_bytes) if step is not None else (None,) * 3),
        len(step.changes) if step is not None else None,
        cell(quoted(first.path)) if first is not None else None,
        first.grown_bytes if first is not None else None,
        *((build.release, build.slug.size_bytes) if build is not None else (None, None)),
        f"{times.median_seconds:.3f}" if times is not None else None,
        step.unreadable if step is not None else None,
        cell(row.problem),
    ]


def report(history: SlugHistory, view: b.View, most: int | None) -> b.Report:
    """Return the commits, newest first, ``most`` rows of them; a brief report is the headline."""
    measured = [(row, row.step) for row in history.rows if row.step is not None]
    headline = tuple(_headline(history, measured))
    if view.brief:
        return headline
    rows = history.rows[::-1]
    shown = rows[: most if most is not None else len(rows) if view.full else _SHOWN]
    older = len(rows) - len(shown)
    notes = history.notes[0 if history.expected_rows else 1 :]  # without commits, the first one is the headline
    floor = _GUESSED_BYTES if history.is_estimated and not view.full else 0
    return (
        b.Section(blocks=(*headline, *_line(measured), b.Paragraph(text=" ".join(_basis(history))))),
        *_table(shown, view, floor),
        *((b.Line(text=f"… and {plural(older, 'older commit')} (-n 0 shows all)"),) if older else ()),
        _largest(history.largest, view, floor),
        *_blame(history, view),
        b.Section(title="Notes", blocks=tuple(b.Paragraph(text=f"{b.safe(note)}.", depth=1) for note in notes)),
    )


def _headline(history: SlugHistory, measured: Sequence[tuple[HistoryRow, SlugStep]]) -> Iterator[b.Block]:
    if not history.expected_rows and history.notes:
        yield b.Headline(text=b.safe(history.notes[0][0].upper() + history.notes[0][1:]))
        return
    if not measured:
        yield b.Headline(text=f"No slug measured in {b.safe(history.name)}")
        return
    (first, earliest), (row, step) = measured[0], measured[-1]
    grown, since = step.compressed_bytes - earliest.compressed_bytes, first.commit.id[:_SHORT_ID]
    has_base = earliest.change_bytes is not None and bool(first.commit.parents)
    if has_base:
        grown += earliest.change_bytes or 0
        since = _base_name(history, first.commit.parents[0])
    words = f"  {signed(grown) if grown else 'no change'} since {since}, in {plural(len(history.rows), 'commit')}"
    weight: tuple[b.Span, ...] = (b.marked(size(step.compressed_bytes), b.Look.BOLD),)
    if row.size_class is not None:
        weight = parts.weight(step.compressed_bytes, row.size_class)
    part = (b.path(history.part), b.literal(": ")) if history.part is not None else ()
    yield b.Headline(text=(*part, *weight, b.literal(words if has_base or len(measured) > 1 else "")))


def _base_name(history: SlugHistory, commit: str) -> str:
    """Return how a range names the commit before it; a short id if it does not."""
    name, dots, end = history.name.partition("..")
    is_named = commit == history.base and name and dots and not end.startswith(".")
    return b.safe(name) if is_named else commit[:_SHORT_ID]


def _line(measured: Sequence[tuple[HistoryRow, SlugStep]]) -> Iterator[b.Block]:
    if len(measured) < 2:
        return
    sizes = [step.compressed_bytes for _, step in measured]
    # The last one of each stretch, so that the line ends at what the headline says.
    count = min(len(sizes), _BARS)
    some = [sizes[(index + 1) * len(sizes) // count - 1] for index in range(count)]
    dates = f"{commit_date(measured[0][0])[:10]} to {commit_date(measured[-1][0])[:10]}"
    yield b.Line(text=sparkline(some), depth=1)
    yield b.Line(text=f"{size(min(sizes))} to {size(max(sizes))}, {dates}", depth=1)


def _basis(history: SlugHistory) -> Iterator[str]:
    left = history.expected_rows - len(history.rows)
    if left:
        yield f"Interrupted: {plural(left, 'newer commit')} of {history.expected_rows:,} not measured."
    if history.rows and history.is_estimated:
        yield "Rough estimate (--fast): totals may be off by 40%, and small changes to text files mean little."
        yield "Omit --fast to measure."
    elif history.rows:
        yield "Source slugs before buildpacks, each with its own .slugignore."


def _table(rows: Sequence[HistoryRow], view: b.View, floor: int) -> Iterator[b.Block]:
    if not rows:
        return
    has_builds = any(row.builds for row in rows)
    has_starts = any(serving_starts(build) for row in rows for build in row.builds)
    columns = [b.figures("slug"), b.figures("change")]
    columns += [b.figures("built")] * has_builds + [b.figures("start")] * has_starts
    columns += [b.words("date"), b.names("commit", title="commit")]
    yield b.table(*columns, rows=[_row(row, view, floor, has_builds=has_builds, has_starts=has_starts) for row in rows])


def _row(row: HistoryRow, view: b.View, floor: int, *, has_builds: bool, has_starts: bool) -> b.Row:
    step, build = row.step, build_of(row)
    times = serving_starts(build) if build is not None else None
    cells = [
        size(step.compressed_bytes) if step is not None else "?",
        _change_words(step),
        *((size(build.slug.size_bytes) if build is not None else "",) if has_builds else ()),
        *((seconds(times.median_seconds) if times is not None else "",) if has_starts else ()),
        commit_date(row)[:10],
    ]
    release = f"v{build.release}" if build is not None and build.release is not None else ""
    tags = f"[{', '.join(map(quoted, row.tags))}]" if row.tags else ""
    names = " ".join([row.commit.id[:_SHORT_ID], tags, release, b.safe(row.commit.subject)])
    below: tuple[b.Block, ...] = ()
    if row.problem:
        below = (b.Line(text=f"not measured: {b.safe(row.problem)}", depth=4, shortens=True),)
    elif step is not None and step.changes and (view.full or abs(step.change_bytes or 0) >= _SLIGHT_BYTES):
        below = tuple(_paths(step.changes, view, floor))
    return b.row(*cells, b.name(" ".join(names.split())), below=below)


def _change_words(step: SlugStep | None) -> str:
    if step is None or step.change_bytes is None:
        return ""
    return signed(step.change_bytes) if step.change_bytes else "none"


def _paths(changes: Sequence[PathChange], view: b.View, floor: int) -> Iterator[b.Line]:
    """Yield a line of the paths that changed by ``floor`` bytes or more, if there are any."""
    shown = [change for change in (changes if view.full else changes[:_PATHS]) if abs(change.grown_bytes) >= floor]
    if not shown:
        return
    said = []
    for is_left_out, some in itertools.groupby(shown, key=lambda change: change.is_left_out):
        words = ", ".join(f"{_path_words(change)} {signed(change.grown_bytes)}" for change in some)
        said.append(f"left out: {words}" if is_left_out else words)
    more = len(changes) - len(shown)
    yield b.Line(text=b.name("; ".join(said) + (f", {more:,} more" if more else "")), depth=4, shortens=True)


def _path_words(change: PathChange) -> str:
    return f"{quoted(change.was)} → {quoted(change.path)}" if change.was is not None else quoted(change.path)


def _largest(largest: Sequence[Largest], view: b.View, floor: int) -> b.Section:
    if not largest:
        return b.Section(blocks=())
    columns = (b.figures("added"), b.figures("still there"), b.words("date"), b.names("commit", title="commit"))
    rows = []
    for each in largest:
        left = share(min(each.left_bytes, each.added_bytes), each.added_bytes) if each.left_bytes else "gone"
        changes = each.row.step.changes if each.row.step is not None else ()
        grown = [change for change in changes if change.grown_bytes > 0]
        subject = f"{each.row.commit.id[:_SHORT_ID]} {b.safe(each.row.commit.subject)}"
        cells = (signed(each.change_bytes), left, commit_date(each.row)[:10], b.name(subject))
        rows.append(b.row(*cells, below=tuple(_paths(grown, view, floor))))
    return b.Section(title="Commits that added the most", blocks=(b.table(*columns, rows=rows),))


def _blame(history: SlugHistory, view: b.View) -> Iterator[b.Block]:
    if history.blame is None:
        return
    for title, what, brought in (
        ("Directories, and the commit that added the largest part of each", "directory", history.blame.directories),
        ("Files, and the commit that added the largest part of each", "file", history.blame.files),
    ):
        columns = (b.figures("slug"), b.figures("part"), b.words("date"), b.words("commit"), b.names(what, what))
        yield b.Section(title=title, blocks=view.ranking(brought, _brought, b.table(*columns), 10))


def _brought(each: Brought) -> b.Row:
    commit = each.row.commit.id[:_SHORT_ID] if each.row is not None else "older"
    date = commit_date(each.row)[:10] if each.row is not None else ""
    cells = (size(each.compressed_bytes), share(each.brought_bytes, each.compressed_bytes), date, commit)
    return b.row(*cells, b.path(each.path), weight=each.compressed_bytes)
