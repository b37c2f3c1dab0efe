"""A report as one HTML file: a picture of the slug, the table under it, and the report that people read elsewhere.

The file has everything in it and asks for nothing: its policy allows one script and one style sheet, by their hashes.
What names say is data. The script sets it as text, so that no name is ever markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from slugtrim import __version__
from slugtrim.audit import Audit
from slugtrim.budget import Amount, Measure, Result
from slugtrim.check import Check
from slugtrim.diff.difference import Diff, Part
from slugtrim.files import Source, quoted
from slugtrim.history.growth import HistoryRow, SlugHistory, SlugStep
from slugtrim.inspection import Inspection
from slugtrim.listing import Fate, FateKind, MappedFile, SlugMap
from slugtrim.reports import (
    audit_report,
    check_report,
    diff_report,
    history_report,
    inspect_report,
    parts,
    suggest_report,
)
from slugtrim.reports import blocks as b
from slugtrim.reports.builds_report import serving_starts
from slugtrim.reports.text import plural
from slugtrim.sizer import table
from slugtrim.suggester.records import NO_WAY, Advice, Evidence, Grade, Suggestion, Withheld
from slugtrim.suggester.remembered import unpacked_ways
from slugtrim.suggester.writing import in_order

_CHANGED_PATHS = 8
"""So many paths say what changed a slug."""
MAX_REASONS = 2_000
"""Candidates that stay, of which the map says why. There may be as many as files."""
_GRADES = (Grade.READ, Grade.BUILT, Grade.GUARDED, Grade.IDLE, Grade.UNREACHED)
"""In the order that the script knows."""


class DrawnTree(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Files and directories in the order of their paths, each directory before what is in it.

    Columns instead of an object for each of 50,000 files, which would take five times the bytes.
    """

    names: list[str]
    counts: list[int]
    """How many files and directories are directly in a directory; 0 for a file."""
    raw: list[int]
    """Of each file; directories have no numbers of their own. So have the columns below."""
    packed: list[int]
    raw_before: list[int] = []
    packed_before: list[int] = []
    fates: list[list[str | int]] = []
    """What becomes of files: kind, text, line, package."""
    runs: list[int] = []
    """Which of them each file has, as pairs: an index, and how many files in a row have it."""
    steps: list[int] = []
    """How a deploy comes to files, four numbers each: an index in ``_GRADES``, the file that names it (-1 for an entry
    point, -2 for none), the line there or the index in ``starts``, and how many files in a row have that."""
    starts: list[tuple[str, str]] = []
    """What makes files entry points: the place that says so, empty for a convention, and why."""


class Moves(Enum):
    """What changes a size that is held against a limit, once something is left out of the slug."""

    SIZE = "size"
    """What the entries save."""
    FILES = "files"
    """How many files go. It is a number of files."""
    PATHS = "paths"
    """The shares of those that a pattern names."""
    LARGEST = "largest"
    """Whether the largest file goes."""
    NEVER = "never"
    """Nothing: no rule changes the checkout."""


class Gauge(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A size held against a limit."""

    name: str
    used: int
    limit: int
    moves: Moves = Moves.SIZE
    runs: list[int] = []
    """The files that a pattern names, as pairs: an index, and how many in a row."""


class Head(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The numbers that stand above the picture."""

    bytes: int
    """The headline: what classes and limits are about."""
    low: int
    high: int
    source_bytes: int
    raw_bytes: int
    files: int
    before_bytes: int | None = None
    """The same headline of the other side of a comparison."""
    rest_bytes: int = 0
    """What is no file: of a compiled slug its directories, of a comparison what files pack better or worse by."""
    gauges: list[Gauge] = []


class DrawnEntry(Struct, frozen=True, kw_only=True):
    """A line that `.slugignore` could have."""

    pattern: str
    is_copied: bool
    """False if it is not UTF-8, so that nobody can copy it from a page."""
    tier: str
    saves: int
    files: int
    raw: int
    reason: str
    lines: list[str]
    """What speaks for it."""
    runs: list[int]
    """Its files, as pairs: an index, and how many in a row."""


class DrawnReason(Struct, frozen=True, kw_only=True):
    """Why a candidate stays."""

    reason: str
    lines: list[str]
    runs: list[int]


class HistoryPoint(Struct, frozen=True, kw_only=True):
    """One commit of a history, with the predicted slug that it makes."""

    commit: str
    date: str
    """Of its author, as ``2026-01-02``."""
    subject: str
    compressed_bytes: int
    grown_bytes: int
    """Compressed, since the commit before; 0 for the first."""
    paths: tuple[tuple[bytes, int], ...] = ()
    """What brought the change, largest first, with the compressed bytes of each."""
    recorded_bytes: int | None = None
    """The compiled slug, where a build of this commit was recorded."""
    recorded_seconds: float | None = None
    """How long its first process took to start, where that was recorded."""


class ChartPoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same, as the script takes it."""

    commit: str
    date: str
    subject: str
    bytes: int
    grown: int
    paths: list[tuple[str, int]] = []
    recorded: int | None = None
    seconds: float | None = None


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is on a page."""

    kind: str
    """The command."""
    title: str
    about: str
    """Which tree or slug it is about."""
    classes: list[tuple[int, str]]
    """Least bytes of each size class, and its name."""
    thresholds: list[int]
    """Sizes that no printed size is rounded up onto."""
    report: list[Any]
    """The report in blocks."""
    version: str
    head: Head | None = None
    tree: DrawnTree | None = None
    moved: dict[str, str] = {}
    """Index of a file to the path that it had before."""
    entries: list[DrawnEntry] = []
    reasons: list[DrawnReason] = []
    chart: list[ChartPoint] = []


# --- A page for each command.


def of_audit(
    audit: Audit,
    *,
    view: b.View,
    slug_map: SlugMap | None = None,
    advice: Advice | None = None,
    budget: Amount | None = None,
) -> Page:
    """Return the page of an audit. ``budget`` is the owner's for the whole slug."""
    compiled = audit.compiled
    of_limits = compiled is None or compiled.is_predicted
    gauges = [
        Gauge(
            name=f"{use.limit.id} limit",
            used=use.used_bytes,
            limit=use.limit.limit_bytes,
            moves=Moves.NEVER if use.limit.of_checkout else Moves.SIZE,
        )
        for use in audit.limits
    ]
    if budget is not None:
        used = audit.compressed_bytes if of_limits else audit.headline_bytes
        gauges.insert(0, Gauge(name=f"budget {b.safe(budget.text)}", used=used, limit=budget.value))
    head = Head(
        bytes=audit.headline_bytes,
        low=compiled.low_bytes if compiled is not None else audit.headline_bytes,
        high=compiled.high_bytes if compiled is not None else audit.headline_bytes,
        source_bytes=audit.compressed_bytes,
        raw_bytes=audit.slug.size_bytes,
        files=audit.slug.files,
        gauges=gauges,
    )
    return _page("audit", audit.source, audit_report.report(audit, view), head, slug_map, advice)


def of_advice(
    advice: Advice,
    *,
    view: b.View,
    slug_map: SlugMap | None = None,
    with_withheld: bool = False,
    conditional: bool = False,
) -> Page:
    """Return the page of suggestions."""
    size_bytes = advice.before.compressed_bytes
    head = Head(
        bytes=size_bytes,
        low=size_bytes,
        high=size_bytes,
        source_bytes=size_bytes,
        raw_bytes=advice.before.size_bytes,
        files=advice.before.files,
    )
    report = suggest_report.report(advice, view, with_withheld=with_withheld, conditional=conditional)
    return _page("suggest", advice.source, report, head, slug_map, advice)


def of_check(check: Check, *, view: b.View, slug_map: SlugMap | None = None, advice: Advice | None = None) -> Page:
    """Return the page of a check."""
    size_bytes = check.compressed_bytes
    head = Head(
        bytes=size_bytes,
        low=size_bytes,
        high=size_bytes,
        source_bytes=check.source_compressed_bytes,
        raw_bytes=check.size_bytes,
        files=check.files,
        before_bytes=check.base.compressed_bytes if check.base is not None else None,
        gauges=[_gauge(result, check, slug_map) for result in check.results],
    )
    return _page("check", check.source, check_report.report(check, view), head, slug_map, advice)


_MOVES = {
    Measure.PATH: Moves.PATHS,
    Measure.LARGEST_FILE: Moves.LARGEST,
    Measure.FILES: Moves.FILES,
    Measure.CHECKOUT: Moves.NEVER,
}


def _gauge(result: Result, check: Check, slug_map: SlugMap | None) -> Gauge:
    limit = result.platform_limit
    of_checkout = limit is not None and limit.of_checkout
    files = slug_map.files if slug_map is not None else ()
    kept = [number for number, file in enumerate(files) if file.fate.kind is FateKind.KEPT]
    rows = check.budgeted.get(result.pattern, ()) if result.pattern is not None else ()
    return Gauge(
        name=parts.name(result),
        used=result.used,
        limit=result.limit,
        moves=Moves.NEVER if of_checkout else _MOVES.get(result.measure, Moves.SIZE),
        runs=_rows(number for row in rows for number in kept[row.start : row.stop]),
    )


def of_inspection(inspection: Inspection, *, view: b.View) -> Page:
    """Return the page of a compiled slug."""
    size_bytes = inspection.compressed_bytes
    head = Head(
        bytes=size_bytes,
        low=size_bytes,
        high=size_bytes,
        source_bytes=size_bytes,
        raw_bytes=inspection.slug.size_bytes,
        files=inspection.slug.files,
        rest_bytes=inspection.structure_bytes,
        gauges=[
            Gauge(name=f"{use.limit.id} limit", used=use.used_bytes, limit=use.limit.limit_bytes)
            for use in inspection.limits
        ],
    )
    report = inspect_report.report(inspection, view)
    return _page("inspect", inspection.source, report, head, inspection.slug_map, None)


def of_diff(diff: Diff, *, view: b.View) -> Page:
    """Return the page of a comparison: the map has only what changed."""
    changes = sorted(diff.changes, key=lambda change: change.path)
    before = [change.before.size_bytes if change.before is not None else 0 for change in changes]
    after = [change.after.size_bytes if change.after is not None else 0 for change in changes]
    names, counts = _nodes([change.path for change in changes])
    fates = [(change.kind, change.rule, _belongs(diff.parts.get(change.path))) for change in changes]
    known = list(dict.fromkeys(fates))
    index = {fate: number for number, fate in enumerate(known)}
    tree = DrawnTree(
        names=names,
        counts=counts,
        raw=after,
        packed=[change.after_bytes for change in changes],
        raw_before=before,
        packed_before=[change.before_bytes for change in changes],
        fates=[
            [kind.value, _shown(rule.text) if rule is not None else "", rule.line if rule is not None else 0, part]
            for kind, rule, part in known
        ],
        runs=_runs(index[fate] for fate in fates),
    )
    head = Head(
        bytes=diff.after.compressed_bytes,
        low=diff.after.compressed_bytes,
        high=diff.after.compressed_bytes,
        source_bytes=diff.after.compressed_bytes,
        raw_bytes=diff.after.total.size_bytes,
        files=diff.after.total.files,
        before_bytes=diff.before.compressed_bytes,
        rest_bytes=diff.rest_bytes,
    )
    moved = {
        str(number): _shown(change.before.path)
        for number, change in enumerate(changes)
        if change.before is not None and change.after is not None and change.before.path != change.after.path
    }
    title = f"{b.safe(diff.before.name)} → {b.safe(diff.after.name)}"
    return Page(
        kind="diff",
        version=__version__,
        title=_text(title),
        about=f"{len(changes):,} changed, {diff.unchanged.files:,} unchanged",
        classes=_classes(),
        thresholds=list(table().thresholds_bytes),
        report=_blocks(diff_report.report(diff, view)),
        head=head,
        tree=tree,
        moved=moved,
    )


def _belongs(part: Part | None) -> str:
    """Return group and package of a file of a compiled slug: ``Node packages: lodash 4.17.21``."""
    if part is None:
        return ""
    package = f"{part.package} {part.version}".strip()
    return _text(b.safe(f"{part.group}: {package}" if package else part.group))


def of_history(history: SlugHistory, *, view: b.View, budget: Amount | None = None, most: int | None = None) -> Page:
    """Return the page of a history: the commits that were measured. ``budget`` is the owner's for the whole slug."""
    points = [_point(row, row.step) for row in history.rows if row.step is not None]
    used = points[-1].compressed_bytes if points else 0
    gauges = [Gauge(name=f"budget {b.safe(budget.text)}", used=used, limit=budget.value)] if budget else []
    name = history.path.rstrip(b"/").rpartition(b"/")[2] or history.path
    about = f"{plural(len(history.rows), 'commit')} of {b.safe(history.name)}"
    return chart_page(
        points, title=_shown(name), about=about, report=history_report.report(history, view, most), gauges=gauges
    )


def _point(row: HistoryRow, step: SlugStep) -> HistoryPoint:
    build = row.builds[-1] if row.builds else None
    times = serving_starts(build) if build is not None else None
    return HistoryPoint(
        commit=row.commit.id[:10],
        date=history_report.commit_date(row)[:10],
        subject=row.commit.subject,
        compressed_bytes=step.compressed_bytes,
        grown_bytes=step.change_bytes or 0,
        paths=tuple((change.path, change.grown_bytes) for change in step.changes[:_CHANGED_PATHS]),
        recorded_bytes=build.slug.size_bytes if build is not None else None,
        recorded_seconds=times.median_seconds if times is not None else None,
    )


def chart_page(
    points: Sequence[HistoryPoint], *, title: str, about: str, report: b.Report = (), gauges: Sequence[Gauge] = ()
) -> Page:
    """Return the page of a history: a line of sizes, oldest first. The limits of ``gauges`` are drawn as lines."""
    last = points[-1].compressed_bytes if points else 0
    head = Head(
        bytes=last,
        low=last,
        high=last,
        source_bytes=last,
        raw_bytes=0,
        files=0,
        before_bytes=points[0].compressed_bytes if points else None,
        gauges=list(gauges),
    )
    return Page(
        kind="history",
        version=__version__,
        title=_text(title),
        about=_text(about),
        classes=_classes(),
        thresholds=list(table().thresholds_bytes),
        report=_blocks(report),
        head=head,
        chart=[
            ChartPoint(
                commit=point.commit,
                date=point.date,
                subject=_text(b.safe(point.subject)),
                bytes=point.compressed_bytes,
                grown=point.grown_bytes,
                paths=[(_shown(path), grown) for path, grown in point.paths],
                recorded=point.recorded_bytes,
                seconds=point.recorded_seconds,
            )
            for point in points
        ],
    )


def _page(
    kind: str, source: Source, report: b.Report, head: Head, slug_map: SlugMap | None, advice: Advice | None
) -> Page:
    name = source.path.rstrip(b"/").rpartition(b"/")[2] or source.path
    index = {file.path: number for number, file in enumerate(slug_map.files)} if slug_map is not None else {}
    return Page(
        kind=kind,
        version=__version__,
        title=_shown(name),
        about=_text("".join(span.text for span in b.spans(parts.measured(source).text))),
        classes=_classes(),
        thresholds=list(table().thresholds_bytes),
        report=_blocks(report),
        head=head,
        tree=_tree(slug_map, advice.ways if advice is not None else b"") if slug_map is not None else None,
        entries=[_entry(each, index) for each in in_order(advice.suggestions)] if advice is not None else [],
        reasons=[_reason(each, index) for each in advice.withheld[:MAX_REASONS]] if advice is not None else [],
    )


def _classes() -> list[tuple[int, str]]:
    return [(least, each.value) for least, each in table().classes]


# --- The data of the picture.


def _tree(slug_map: SlugMap, ways: bytes) -> DrawnTree:
    files = slug_map.files
    steps, starts = _steps(files, ways)
    names, counts = _nodes([file.path for file in files])
    fates: dict[Fate, int] = {}
    runs = _runs(fates.setdefault(file.fate, len(fates)) for file in files)
    return DrawnTree(
        names=names,
        counts=counts,
        raw=[file.size_bytes for file in files],
        packed=[file.compressed_bytes for file in files],
        fates=[[fate.kind.value, _text(b.safe(fate.text)), fate.line, _text(b.safe(fate.package))] for fate in fates],
        runs=runs,
        steps=steps,
        starts=starts,
    )


def _steps(files: Sequence[MappedFile], ways: bytes) -> tuple[list[int], list[tuple[str, str]]]:
    """Return the columns of how a deploy comes to each file; empty ones if that is not known."""
    known = unpacked_ways(ways, [file.path for file in files if file.fate.kind is FateKind.KEPT]) if ways else None
    if known is None:
        return [], []
    index = {file.path: number for number, file in enumerate(files)}
    starts: dict[tuple[str, str], int] = {}
    steps = []
    for file in files:
        grade, link = known.get(file.path, NO_WAY)
        number = _GRADES.index(grade)
        if link is None:
            steps.append((number, -2, 0))
        elif link.path is not None and not link.text and link.path in index:
            steps.append((number, index[link.path], link.line or 0))
        else:  # a file outside the part that is shown counts as an entry point
            start = _text(_placed(link.path, link.line, "")), _text(b.safe(link.text))
            steps.append((number, -1, starts.setdefault(start, len(starts))))
    return [number for step, row in groupby(steps) for number in (*step, sum(1 for _ in row))], list(starts)


def _nodes(paths: Iterable[bytes]) -> tuple[list[str], list[int]]:
    """Return names and numbers of children of all directories and files, the root first. ``paths`` are sorted."""
    names, counts = [""], [0]
    open_: list[tuple[bytes, int]] = [(b"", 0)]  # directories that the last file is in, each with its index
    for path in paths:
        above, _, name = path.rpartition(b"/")
        while not (above == open_[-1][0] or not open_[-1][0] or above.startswith(open_[-1][0] + b"/")):
            open_.pop()
        base = open_[-1][0]
        for part in filter(None, above[len(base) :].split(b"/")):
            counts[open_[-1][1]] += 1
            base = base + b"/" + part if base else part
            open_.append((base, len(names)))
            names.append(_shown(part))
            counts.append(0)
        counts[open_[-1][1]] += 1
        names.append(_shown(name))
        counts.append(0)
    return names, counts


def _runs(values: Iterable[int]) -> list[int]:
    """Return values as pairs: each value, and how often it follows itself."""
    return [number for value, row in groupby(values) for number in (value, sum(1 for _ in row))]


def _rows(numbers: Iterable[int]) -> list[int]:
    """Return sorted indexes as pairs: where a row begins, and how many are in it."""
    runs: list[int] = []
    for number in numbers:
        if runs and runs[-2] + runs[-1] == number:
            runs[-1] += 1
        else:
            runs += [number, 1]
    return runs


def _runs_of(paths: Iterable[bytes], index: Mapping[bytes, int]) -> list[int]:
    return _rows(sorted(index[path] for path in paths if path in index))


def _entry(entry: Suggestion, index: Mapping[bytes, int]) -> DrawnEntry:
    try:
        pattern, is_copied = entry.pattern.decode(), True
    except UnicodeDecodeError:
        pattern, is_copied = _shown(entry.pattern), False
    return DrawnEntry(
        pattern=pattern,
        is_copied=is_copied,
        tier=entry.tier.value,
        saves=entry.saves_compressed_bytes,
        files=len(entry.files),
        raw=entry.size_bytes,
        reason=_text(entry.reason),
        lines=_evidence(entry.evidence),
        runs=_runs_of((file.path for file in entry.files), index),
    )


def _reason(withheld: Withheld, index: Mapping[bytes, int]) -> DrawnReason:
    return DrawnReason(
        reason=_text(withheld.reason),
        lines=_evidence(withheld.evidence),
        runs=_runs_of((file.path for file in withheld.files), index),
    )


def _evidence(evidence: Sequence[Evidence]) -> list[str]:
    """Return each piece of evidence in a line: the place, and what stands there. Chains are those of the files."""
    return [_text(_placed(each.path, each.line, each.text)) for each in evidence]


def _placed(path: bytes | None, line: int | None, text: str) -> str:
    if path is None:
        return text
    place = quoted(path) + (f":{line}" if line is not None else "")
    return f"{place}: {text}" if text else place


def _shown(name: bytes) -> str:
    """Return a name with the escapes of git, but no quotes around it: names are joined to paths."""
    text = quoted(name)
    return _text(text[1:-1] if text.startswith('"') else text)


def _text(text: str) -> str:
    """Return text that UTF-8 can hold, with octal escapes for the bytes of names that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(f"\\{ord(char) - 0xDC00:03o}" if "\udc80" <= char <= "\udcff" else char for char in text)
    return text


# --- The report, block by block.


def _blocks(report: Iterable[b.Block]) -> list[Any]:
    return [encoded for block in report for encoded in _block(block)]


def _block(block: b.Block) -> Iterator[list[Any]]:
    """Yield a block as a list: its kind, and what it holds; nothing for one that is empty."""
    match block:
        case b.Section():
            inside = _blocks(block.blocks)
            if inside:
                yield ["section", _text(block.summary or block.title), block.is_open, inside]
        case b.Headline() | b.Paragraph() | b.Line():
            yield ["headline" if isinstance(block, b.Headline) else "paragraph", _inline(block.text)]
        case b.Items():
            yield ["list", [_inline(item) for item in block.items]]
        case b.Steps() if block.steps:
            yield ["steps", [_inline(step) for step in block.steps]]
        case b.Callout():
            yield ["callout", _inline(block.text), block.look.value]
        case b.Verbatim():
            yield ["verbatim", _text("\n".join(block.lines))]
        case b.Table() if block.rows:
            yield _table(block)
        case b.Steps() | b.Table() | b.Hidden():
            pass  # empty, or a mark for programs


def _table(table: b.Table) -> list[Any]:
    order = range(len(table.columns)) if table.page is None else table.page
    columns = [table.columns[index] for index in order]
    titles = [[column.title if column.page is None else column.page, column.holds.value] for column in columns]
    rows = [
        [[_inline(row.cells[index]) for index in order], [part for each in row.below for part in _block(each)]]
        for row in table.rows
    ]
    return ["table", titles, rows]


def _inline(inline: b.Inline) -> list[Any]:
    """Return stretches of text: a string for prose, a pair for a name or a word that stands out."""
    shown: list[Any] = []
    for span in b.spans(inline):
        text = _text(span.text)
        if span.kind is b.SpanKind.NAME:
            shown.append([text, "name"])
        elif span.looks:
            shown.append([text, span.looks[-1].value])
        else:
            shown.append(text)
    return shown


# --- The file.

_WEB = os.path.join(os.path.dirname(__file__), "web")


def printed(page: Page) -> str:
    """Return the whole file."""
    # Each page is a copy of d3-hierarchy, and its license wants to be in every copy.
    license_ = "/*\n" + _asset("d3-hierarchy.LICENSE") + "*/\n"
    script, style = license_ + _asset("d3-hierarchy.min.js") + "\n" + _asset("page.js"), _asset("page.css")
    # A text in JSON may hold anything but the end of its element, so no tag may begin in it.
    data = msgspec.json.encode(page).decode().replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(page.title)} · slugtrim {page.kind}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        "<noscript>This report needs JavaScript. slugtrim prints the same as text without --format html.</noscript>\n"
        f'<script type="application/json" id="data">{data}</script>\n<script>{script}</script>\n</body>\n</html>\n'
    )


@cache
def _asset(name: str) -> str:
    with open(os.path.join(_WEB, name), encoding="utf-8", newline="") as file:
        return file.read()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
