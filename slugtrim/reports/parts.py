"""Parts that several reports share: what was measured, budgets, limits, heavy files, suggestions, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.audit import LimitUse, PathSize
from slugtrim.budget import Measure, Remedy, Result, Verdict
from slugtrim.files import Note, Source, SourceKind, Unreadable, quoted
from slugtrim.notes import Finding, Level
from slugtrim.reports import blocks as b
from slugtrim.reports.blocks import safe
from slugtrim.reports.text import plural, signed, size, used_share
from slugtrim.sizer import Compiled, Overhead, SizeClass, Status, table
from slugtrim.suggester.entry import Advised


def origin(overhead: Overhead) -> str:
    """Where an overhead comes from, and how old it is."""
    name = overhead.origin
    shown = name if name.isprintable() else quoted(name.encode("utf-8", "surrogateescape"))
    days = overhead.age_days
    if days is None:
        return shown
    age = f"{days:,} {'day' if days == 1 else 'days'} old" if days else "less than a day old"
    return f"{shown}, {age}"


def doubt(overhead: Overhead) -> str:
    """Why it may be another by now; empty where nothing speaks for that."""
    if not overhead.changed:
        return ""
    first, more = quoted(overhead.changed[0]), len(overhead.changed) - 1
    return f"{first}{f' and {more:,} more' if more else ''} changed since"


def name(result: Result) -> str:
    """What is limited, in a word or two."""
    if result.kind is None:
        return f"platform: {result.text} limit"
    return result.kind.name or quoted(result.pattern or b"")


def amount(result: Result, value: int) -> str:
    """A number of what the result counts."""
    return f"{value:,}" if result.counts_files else size(value)


def used(result: Result) -> str:
    """What there is; growth has a sign."""
    return signed(result.used) if result.measure is Measure.GROWTH else amount(result, result.used)


def allowed(result: Result) -> str:
    """The limit as it was written, in bytes where that is a word or a share."""
    return safe(result.text) if _is_number(result) else amount(result, result.limit)


def where(result: Result) -> str:
    """Where the limit is written, behind what is written there if ``allowed`` does not say it."""
    at = safe(str(result.written))
    return at if _is_number(result) or result.measure is Measure.PLATFORM else f"{safe(result.text)}; {at}"


def _is_number(result: Result) -> bool:
    return result.text[:1].isdigit() and not result.text.endswith("%")


def sentence(result: Result) -> str:
    """A result that is over: the size, the overrun, the limit, and where the limit is written."""
    over, limit = amount(result, result.over), f"{allowed(result)} ({where(result)})"
    if result.kind is None:
        what = "a checkout" if result.remedy is Remedy.CHECKOUT else "a slug"
        effect = "the push is rejected" if result.verdict is Verdict.FAIL else "the build warns"
        return f"{used(result)} is {over} over the platform's limit for {what}, so {effect}: {limit}"
    count = plural(result.used, "file")
    return result.kind.sentence.format(used=used(result), count=count, over=over, limit=limit, name=name(result))


def cure(results: Sequence[Result]) -> str:
    """What to do about results that are over and alike, without the point."""
    written = list(dict.fromkeys(safe(str(result.written)) for result in results if not _is_fixed(result)))
    raising = f", or raise the limit: {', '.join(written)}" if written else ""
    return _REMEDIES[results[0].remedy] + raising


def cures(results: Sequence[Result]) -> Iterator[str]:
    """What to do about all of them, each thing once."""
    alike: dict[Remedy, list[Result]] = {}
    for result in results:
        alike.setdefault(result.remedy, []).append(result)
    yield from map(cure, alike.values())


_REMEDIES = {
    Remedy.SMALLER: "Make the slug smaller (slugtrim suggest shows what to leave out)",
    Remedy.FEWER: "Leave out files that the app doesn't need (slugtrim ls --long lists sizes)",
    Remedy.CHECKOUT: "Remove large files from the repository (.slugignore doesn't shrink the checkout)",
}


def _is_fixed(result: Result) -> bool:
    return result.measure is Measure.PLATFORM


SOME = 5
"""Paths shown of a long list."""
HEAVIEST = 10
"""Rows shown of a list of what is heaviest."""
BEFORE_BUILDPACKS = "This is your code, compressed (predicted). Buildpacks add more."
RUN_SUGGEST = "Run slugtrim suggest to see what could be left out."
CLASS_LOOKS = {SizeClass.SMALL: b.Look.GREEN, SizeClass.AVERAGE: b.Look.YELLOW, SizeClass.WEIGHTY: b.Look.RED}
STATUS_LOOKS = {Status.OK: b.Look.GREEN, Status.WARN: b.Look.YELLOW, Status.OVER: b.Look.RED}
LEVEL_LOOKS = {Level.ERROR: b.Look.RED, Level.WARNING: b.Look.YELLOW, Level.NOTE: b.Look.YELLOW}


def measured(source: Source) -> b.Line:
    """Return which tree the report is about, in one line."""
    rev = (source.rev or "")[:10]
    match source.kind:
        case SourceKind.COMMIT:
            what = f"Commit {rev} of"
        case SourceKind.WORKTREE:
            what = f"Tracked files, at {rev}, of" if rev else "Tracked files, before a first commit, of"
        case SourceKind.ARCHIVE if source.path == b"-":
            return b.Line(text="Compiled slug from stdin", depth=0)
        case SourceKind.ARCHIVE:
            what = "Compiled slug"
        case _:
            what = "All files of"
    return b.Line(text=(f"{what} ", b.path(source.path)), depth=0, shortens=True)


def weight(compressed_bytes: int, size_class: SizeClass) -> tuple[b.Span, ...]:
    """Return a size and its class, as a headline has them."""
    class_ = b.marked(size_class.value, b.Look.BOLD, CLASS_LOOKS[size_class])
    return b.marked(size(compressed_bytes), b.Look.BOLD), b.literal(" "), class_


def headline(compressed_bytes: int, size_class: SizeClass, view: b.View, *, complete: bool) -> b.Headline:
    """Return the size and its class as the headline of a report."""
    short = () if complete else (b.marked("  (at least: not everything could be read)", b.Look.YELLOW),)
    return b.Headline(text=(*weight(compressed_bytes, size_class), *short), depth=0 if view.brief else 1)


def among_classes(compressed_bytes: int, size_class: SizeClass) -> str:
    """Return where the size lies among the book's marks."""
    *_, average, weighty = (least for least, _ in table().classes)
    average_range = f"{size(average)} to {size(weighty)}, middle {size(table().average_bytes)}"
    over_small, to_weighty = size(abs(compressed_bytes - average)), size(abs(weighty - compressed_bytes))
    match size_class:
        case SizeClass.SMALL:
            return f"Small (under {size(average)}): {over_small} under average ({average_range})."
        case SizeClass.AVERAGE:
            return f"Average ({average_range}): {over_small} over small, {to_weighty} under weighty."
        case SizeClass.WEIGHTY:
            return f"Weighty (from {size(weighty)}): {to_weighty} over average ({average_range})."
        case _:
            assert_never(size_class)


def compiled_sentence(compiled: Compiled, source_bytes: int) -> str:
    """Return how the size of the compiled slug comes about, without the point."""
    overhead = compiled.overhead
    sign, what = ("+", "of buildpacks") if overhead.size_bytes >= 0 else ("-", "that buildpacks remove")
    added = f"{sign} {size(abs(overhead.size_bytes))} {what} ({origin(overhead)})"
    estimate = f"{size(source_bytes)} of your code {added} = {size(compiled.compressed_bytes)} (estimated)"
    why = doubt(overhead)
    return f"{estimate}; {why}, so it may be out of date" if why else estimate


def limit_words(use: LimitUse) -> tuple[str, str]:
    """Return what a limit of the platform is about, and what happens above it."""
    return "checkout" if use.limit.of_checkout else "slug", "push rejected" if use.limit.rejects else "build warns"


def is_near(use: LimitUse) -> bool:
    """Return True if at least half of the limit is used."""
    return use.used_bytes * 2 >= use.limit.limit_bytes


def limits(uses: Sequence[LimitUse], view: b.View) -> b.Section:
    """Return a line for each limit of the platform, if any limit is at least half used or ``view`` is full."""
    if not (view.full or view.is_page or any(map(is_near, uses))):
        return b.Section(blocks=())
    columns = (
        b.MARKS,
        b.figures(page="used"),
        b.words(page="of what"),
        b.words(page="when exceeded (date of the source)"),
    )
    rows = []
    for use in uses:
        what, effect = limit_words(use)
        status = b.marked(f"{use.status.value:<4}", STATUS_LOOKS[use.status])
        used = f"{used_share(use):>5} of {size(use.limit.limit_bytes):>4}"
        rows.append(b.row(status, used, f"{what:<8}", f"{effect} ({use.limit.date})"))
    title = "Platform limits (when exceeded; date of the source)"
    return b.Section(title=title, blocks=(b.table(*columns, rows=rows),))


def heaviest_files(largest: Sequence[PathSize], view: b.View) -> b.Section:
    """Return a row for each; nothing if there are none."""
    rows = [
        b.row(size(each.compressed_bytes), size(each.size_bytes), b.path(each.path))
        for each in view.some(largest, HEAVIEST)
    ]
    shown = b.table(b.figures("compressed"), b.figures("raw"), b.names("file"), rows=rows)
    return b.Section(title="Heaviest files", blocks=(shown,) if rows else ())


def place(finding: Finding) -> b.Span:
    """Return the file, and the line if there is one."""
    return b.name(quoted(finding.path) + (f":{finding.line}" if finding.line is not None else ""))


def findings(shown: Sequence[Finding], view: b.View) -> b.Section:
    """Return the first of each kind with how many more there are; all of them if long lists are shown whole."""
    kinds: dict[str, list[Finding]] = {}
    for finding in shown:
        kinds.setdefault(finding.id, []).append(finding)
    told = []
    for id_, found in kinds.items():
        more = f", and {len(found) - 1:,} more" if len(found) > 1 and not view.full else ""
        for finding in found if view.full else found[:1]:
            level = b.marked(finding.level.value, LEVEL_LOOKS[finding.level])
            told.append(b.Paragraph(text=(level, "  ", place(finding), f" {finding.message} [{id_}{more}]")))
    return b.Section(title="To fix (run slugtrim lint for details and more checks)", blocks=tuple(told))


def suggestions(entries: Sequence[Advised] | None, view: b.View) -> b.Section:
    """Return a row for each entry that `.slugignore` could have; if nothing is known of them, who looks for them."""
    if entries is None:
        return b.Section(blocks=(b.Paragraph(text=RUN_SUGGEST, depth=0),))
    rows = []
    for entry in view.some(entries, len(entries)):
        saves, files = b.literal(f"~{size(entry.saves_compressed_bytes)}"), f"{entry.files:,}"
        rows.append(b.row(saves, files, b.path(entry.pattern), entry.reason))
    columns = (b.figures("saves"), b.figures("files"), b.names("entry for .slugignore"), b.words(page="why"))
    return b.Section(
        title="Could also be left out (slugtrim suggest shows all)",
        summary="What could also be left out",
        is_open=True,
        blocks=(b.table(*columns, rows=rows, screen=(0, 1, 2)),) if rows else (),
    )


def some_paths(paths: Sequence[bytes], view: b.View) -> Iterator[b.Block]:
    """Yield the first few of them, or all."""
    shown = view.some(paths, SOME)
    if shown:
        yield b.Items(items=tuple(map(b.path, shown)))
    yield from view.more(len(paths) - len(shown), depth=2)


def reasons(unreadable: Sequence[Unreadable], view: b.View) -> Iterator[b.Block]:
    """Yield the first few paths that could not be read, or all, each with its reason below it."""
    shown = view.some(unreadable, SOME)
    for each in shown:
        yield b.Items(items=(b.path(each.path),))
        yield b.Paragraph(text=each.reason, depth=3)
    yield from view.more(len(unreadable) - len(shown), depth=2)


def notes(all_notes: Sequence[Note], unreadable: Sequence[Unreadable], view: b.View) -> b.Section:
    """Return what a reader of the totals should know; nothing if there is nothing."""
    told: list[b.Block] = []
    if unreadable:
        count = plural(len(unreadable), "path")
        told.append(b.Callout(text=f"{count} could not be read: the totals are too low", depth=1))
        told += reasons(unreadable, view)
    for note in all_notes:
        if note.id == "missing-submodule":
            continue  # those are unreadable paths already
        about = f"{plural(len(note.paths), 'path')}: " if note.paths else ""
        told.append(b.Paragraph(text=f"{about}{note.message}"))
        told += some_paths(note.paths, view)
    return b.Section(title="Notes", blocks=tuple(told))
