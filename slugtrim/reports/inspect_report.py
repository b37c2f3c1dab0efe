"""Report on a compiled slug: where the weight is, what is waste, what is odd, what was unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from slugtrim.anatomy.catalog import Origin, Package, Waste
from slugtrim.archive.entries import Anomaly, AnomalyKind, Extraction, Format
from slugtrim.cleanup import Cleanup
from slugtrim.files import quoted
from slugtrim.inspection import Inspection
from slugtrim.platforms import PLATFORM
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.blocks import Block, Items, Line, Paragraph, Report, Section, View, name, path
from slugtrim.reports.parts import SOME
from slugtrim.reports.suggest_report import patch_of
from slugtrim.reports.text import plural, share, size
from slugtrim.suggester.records import Tier

_WHY = (
    f"Links into /{PLATFORM.root.decode('ascii')} were skipped. On a {PLATFORM.machine} the slug is there; "
    "here they would point into this machine's own files:"
)


def extraction_report(done: Extraction, destination: str, view: View) -> Report:
    """Return one line, and the links that were skipped."""
    written = f"Unpacked {plural(done.files, 'file')}, {size(done.written_bytes)}, into "
    line = Line(text=(written, path(os.fsencode(destination))), depth=0)
    if not done.skipped or view.brief:
        return (line,)
    return line, Section(blocks=tuple(_skipped(done, view)))


def _skipped(done: Extraction, view: View) -> Iterator[Block]:
    paths = sorted(done.skipped)
    shown = view.some(paths, SOME)
    yield Paragraph(text=_WHY, depth=0)
    yield Items(items=tuple(name(f"{quoted(each)} -> {quoted(done.skipped[each])}") for each in shown), depth=1)
    yield from view.more(len(paths) - len(shown))


_PLACES = 3
_LITTLE_BYTES = 64 << 10
_LITTLE_SHARE = 100
_VERSIONS = 3
MESSAGES = {
    AnomalyKind.ABSOLUTE_NAME: "an absolute name, which tar unpacks somewhere else",
    AnomalyKind.DOT_DOT_NAME: "a name with .., which leads out of the archive",
    AnomalyKind.NO_NAME: "an entry without a name",
    AnomalyKind.NAME_TOO_LONG: "a name too long for Linux",
    AnomalyKind.NAME_WITH_NUL: "a name with a NUL byte in it",
    AnomalyKind.NAME_NOT_UTF_8: "a name that is not UTF-8",
    AnomalyKind.LINK_OUT: "a link that leads out of the slug",
    AnomalyKind.LINK_WITHOUT_TARGET: "a link without a target",
    AnomalyKind.HARD_LINK_TO_NOTHING: "a hard link to a file that is not earlier in the archive",
    AnomalyKind.PATH_THROUGH_LINK: "a path through a symlink of the archive",
    AnomalyKind.PATH_THROUGH_FILE: "a path through a file of the archive",
    AnomalyKind.DUPLICATE_ENTRY: "a duplicate path: only the last copy is used, but all take space",
    AnomalyKind.DEVICE: "a device",
    AnomalyKind.FIFO: "a named pipe",
    AnomalyKind.SET_ID: "a program that would run with the rights of its owner or group",
    AnomalyKind.SPARSE_FILE: "a sparse file, which unpacks to more than its archived size",
    AnomalyKind.UNKNOWN_TYPE: "an entry of an unknown type",
    AnomalyKind.NO_END: "no end marker, so part of the archive may be missing",
    AnomalyKind.TRAILING_DATA: "data after the end of the archive, which takes space",
}
"""Anomalies of an archive, as sentences without a full stop."""


def report(inspection: Inspection, view: b.View) -> b.Report:
    """Return the whole report; a brief one is the headline."""
    if inspection.cleanup is not None:
        return tuple(_cleanup(inspection, inspection.cleanup, view))
    if view.brief:
        return (_headline(inspection),)
    made_of = (_groups(inspection, view), _packages(inspection, view), _waste(inspection, view))
    if view.is_page:
        return *_page_head(inspection), *made_of, _odd(inspection, view)
    return (
        _headline(inspection),
        _head(inspection),
        b.Steps(steps=tuple(_steps(inspection))),
        parts.limits(inspection.limits, view),
        *made_of,
        parts.heaviest_files(inspection.largest, view),
        _odd(inspection, view),
        parts.notes(inspection.notes, inspection.unreadable, view),
    )


def _headline(inspection: Inspection) -> b.Headline:
    size_class, complete = inspection.size_class, inspection.complete
    return parts.headline(inspection.compressed_bytes, size_class, complete=complete)


def _head(inspection: Inspection) -> b.Section:
    facts = (
        parts.to_soft_limit(inspection.compressed_bytes),
        parts.among_classes(inspection.compressed_bytes, inspection.size_class),
        f"{_measured_as(inspection)}: {_amount(inspection)}.",
        f"{_origins(inspection)}.",
    )
    return b.Section(blocks=(parts.measured(inspection.source), *(b.Paragraph(text=fact) for fact in facts)))


def _page_head(inspection: Inspection) -> Iterator[b.Block]:
    yield b.Headline(text=f"Compiled slug: {size(inspection.compressed_bytes)}, {inspection.size_class.value}")
    if not inspection.complete:
        gone = plural(len(inspection.unreadable), "path")
        yield b.Callout(text=f"{gone} could not be read: all sizes here are too low.")
    what = f". {_measured_as(inspection)}: {_amount(inspection)}. "
    yield b.Paragraph(text=parts.to_soft_limit(inspection.compressed_bytes))
    yield b.Paragraph(text=(b.path(inspection.source.path), what, _origins(inspection), "."))


def _amount(inspection: Inspection) -> str:
    return f"{plural(inspection.slug.files, 'file')}, {size(inspection.slug.size_bytes)} raw"


def _measured_as(inspection: Inspection) -> str:
    match inspection.format:
        case Format.GZIP:
            return "The archive's actual size, including buildpacks"
        case Format.TAR:
            return "Estimated size of this tar after gzip"
        case Format.DIRECTORY:
            return "Estimated size of this directory after tar and gzip"


def _origins(inspection: Inspection) -> str:
    """Return how much is your source and how much the build added, as one sentence."""
    own = inspection.anatomy.of_origin(Origin.APPLICATION).compressed_bytes
    built = inspection.anatomy.of_origin(Origin.BUILD).compressed_bytes
    whole = inspection.compressed_bytes
    brought = f"{size(built)} ({share(built, whole)}) added by the build"
    return f"{size(own)} ({share(own, whole)}) is your source, {brought}"


def _groups(inspection: Inspection, view: b.View) -> b.Section:
    whole = inspection.compressed_bytes
    rows = []
    for group in inspection.anatomy.groups:
        bulk = group.bulk
        count = f" ({len(group.packages):,})" if group.packages else ""
        sizes = (size(bulk.compressed_bytes), share(bulk.compressed_bytes, whole))
        figures = (*sizes, size(bulk.size_bytes), f"{bulk.files:,}")
        rows.append(b.row(group.name + count, *figures, weight=bulk.compressed_bytes))
    structure = inspection.structure_bytes
    if structure:
        itself = "tar headers and padding"
        rows.append(b.row(itself, size(structure), share(structure, whole), "", "", weight=structure))
    columns = (b.names("where the space goes"), b.figures("compressed"), b.figures("share"), b.figures("raw"))
    table = b.table(*columns, b.figures("files"), rows=rows, screen=(1, 2, 3, 4, 0))
    return b.Section(title="" if view.is_page else "Where the space goes", blocks=(table,))


def _packages(inspection: Inspection, view: b.View) -> b.Section:
    packages = [package for group in inspection.anatomy.groups for package in group.packages]
    packages.sort(key=lambda package: (-package.bulk.compressed_bytes, package.name))
    columns = (b.names("package"), b.figures("compressed"), b.figures("raw"), b.figures("files"))
    table = b.Table(columns=columns, screen=(1, 2, 3, 0), page=(0, 1, 2))
    return b.Section(
        title="Heaviest packages",
        summary=f"{plural(len(packages), 'package')}, heaviest first",
        blocks=view.ranking(packages, _package_row, table, parts.HEAVIEST, "more (-v lists them)"),
    )


def _package_row(package: Package) -> b.Row:
    bulk = package.bulk
    figures = (size(bulk.compressed_bytes), size(bulk.size_bytes), f"{bulk.files:,}")
    return b.row(b.name(_package(package)), *figures, weight=bulk.compressed_bytes)


def _package(package: Package) -> str:
    """Return name, versions, and how many copies there are if there are several."""
    versions = ", ".join(package.versions[:_VERSIONS])
    more = len(package.versions) - _VERSIONS
    versions += f" and {more} more" if more > 0 else ""
    copies = f" ({package.copies} copies)" if package.copies > 1 else ""
    return b.safe(f"{package.name} {versions}".rstrip()) + copies


def _waste(inspection: Inspection, view: b.View) -> b.Section:
    everything = sorted(inspection.anatomy.waste, key=_is_unsafe)
    wanted, little = _telling(inspection)
    blocks: list[b.Block] = []
    if total := _savings(inspection):
        blocks.append(b.Paragraph(text=(total, ".")))
    if shown := everything if view.full else wanted:
        on_screen = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.words("tier"), b.names())
        on_page = (b.words(page="finding"), b.words(page="what, and what to do"), b.words(page="where"))
        rows = tuple(_waste_row(waste, view) for waste in shown)
        columns = (*on_screen, *on_page)
        blocks.append(b.Table(columns=columns, rows=rows, screen=(0, 1, 2, 3, 4), page=(0, 5, 6, 7)))
    if little and not view.full:
        flag = "slugtrim inspect -v lists them" if view.is_page else "-v lists them"
        blocks.append(b.Paragraph(text=_rest(little, flag)))
    return b.Section(
        title="Waste (savings are compressed and add up; ~ estimated)",
        summary=f"{plural(len(everything), 'kind')} of waste",
        is_open=True,
        blocks=tuple(blocks),
    )


def _waste_row(waste: Waste, view: b.View) -> b.Row:
    bulk = waste.bulk if waste.saves is None else waste.saves
    saves = f"{'of ' if waste.saves is None else '~'}{size(bulk.compressed_bytes)}"
    tier = waste.tier.value
    shown = view.some(waste.places, _PLACES, _PLACES)
    left = len(waste.places) - len(shown)
    places = [(f"{size(each.saves.compressed_bytes)}  ", b.path(each.path)) for each in shown]
    where = [span for each in shown for span in (b.path(each.path), b.literal(" "))]
    return b.row(
        *(saves, size(bulk.size_bytes), f"{bulk.files:,}", tier, waste.id),
        *(f"{waste.id} ({tier})", (waste.reason, ". → ", waste.cure, ".")),
        (*where, f"and {left:,} more" if left else ""),
        look=b.Look.YELLOW if waste.tier is Tier.SAFE else None,
        below=(
            b.Paragraph(text=f"{waste.reason}.", depth=3),
            b.Paragraph(text=f"→ {waste.cure}.", depth=3),
            b.Items(items=tuple(places), depth=4),
            *view.more(left, "more", depth=4),
        ),
    )


def _savings(inspection: Inspection) -> str:
    """Return what all waste of a known saving comes to, as one sentence; empty if there is none."""
    sums = [
        (inspection.anatomy.saves(Tier.SAFE).compressed_bytes, "that no running app needs"),
        (inspection.anatomy.saves(Tier.CONDITIONAL).compressed_bytes, "conditional"),
    ]
    whole = inspection.compressed_bytes
    return ", ".join(f"{size(saved)} ({share(saved, whole)}) {what}" for saved, what in sums if saved)


def _telling(inspection: Inspection) -> tuple[list[Waste], list[Waste]]:
    """Return the kinds of waste to show, and those that save next to nothing."""
    shown: list[Waste] = []
    little: list[Waste] = []
    for waste in sorted(inspection.anatomy.waste, key=_is_unsafe):
        saves = (waste.saves if waste.saves is not None else waste.bulk).compressed_bytes
        is_little = saves < _LITTLE_BYTES and saves * _LITTLE_SHARE < inspection.compressed_bytes
        (little if is_little and waste.saves is not None else shown).append(waste)
    return shown, little


def _is_unsafe(waste: Waste) -> bool:
    """Return the sort key that puts safe waste first, because a reader starts there."""
    return waste.tier is not Tier.SAFE


def _rest(waste: Sequence[Waste], flag: str) -> str:
    """Return a line for those that are not shown; ``flag`` shows them."""
    together = sum(each.saves.compressed_bytes for each in waste if each.saves is not None)
    return f"… and {plural(len(waste), 'smaller kind')}, {size(together)} together ({flag})"


def _odd(inspection: Inspection, view: b.View) -> b.Section:
    kinds: dict[AnomalyKind, list[Anomaly]] = {}
    for anomaly in inspection.anomalies:
        kinds.setdefault(anomaly.kind, []).append(anomaly)
    blocks = tuple(_odd_lines(kinds, view))
    if view.is_page and kinds:
        rows = [
            b.row(kind.value, f"{len(found):,}", MESSAGES[kind], b.name(_entry(found[0])))
            for kind, found in kinds.items()
        ]
        blocks = (b.table(b.words("finding"), b.figures("times"), b.words("what"), b.names("first"), rows=rows),)
    summary = f"{plural(len(inspection.anomalies), 'anomaly', 'anomalies')} in the archive"
    return b.Section(title="Anomalies in the archive", summary=summary, blocks=blocks)


def _odd_lines(kinds: Mapping[AnomalyKind, Sequence[Anomaly]], view: b.View) -> Iterator[b.Block]:
    for kind, anomalies in kinds.items():
        times = f", {len(anomalies):,} times" if len(anomalies) > 1 else ""
        yield b.Paragraph(text=f"{MESSAGES[kind]} [{kind.value}{times}]")
        named = [anomaly for anomaly in anomalies if anomaly.path]
        some = view.some(named, parts.SOME)
        yield b.Items(items=tuple(b.name(_entry(anomaly)) for anomaly in some))
        yield from view.more(len(named) - len(some), depth=2)


def _entry(anomaly: Anomaly) -> str:
    """Return the entry, and where it leads."""
    entry = quoted(anomaly.path)
    return entry if anomaly.detail is None else f"{entry} -> {quoted(anomaly.detail)}"


def _cleanup(inspection: Inspection, cleanup: Cleanup, view: b.View) -> Iterator[b.Block]:
    """Yield what removes the safe waste, what it saves, and what is left to the owner."""
    plan, whole = cleanup.plan, inspection.compressed_bytes
    yield b.Headline(text=_cleanup_headline(cleanup, whole))
    if view.brief:
        return
    if plan.removals:
        how = "measured by packing the rest again" if cleanup.is_measured else "estimated from the files' shares"
        yield b.Section(blocks=(b.Paragraph(text=f"Sizes are of the compiled slug; {how}."),))
        yield b.Section(title="What is removed", blocks=(_goes(inspection, cleanup), *_sums(cleanup)))
    is_written = cleanup.directory is not None
    for change in plan.changes:
        verb = ("Add", "Added") if change.before is None else ("Change", "Changed")
        mode = "100755" if change.is_program else "100644"
        patch = patch_of(change.path, change.before, change.after, mode)
        lines = tuple(b.safe(each) for line in patch for each in _patch_lines(line))
        said = b.Paragraph(text=(f"{verb[is_written]} ", b.path(change.path), ":"))
        yield b.Section(blocks=(said, b.Verbatim(lines=lines)))
    for refusal in plan.refusals:
        text = (b.path(refusal.path), f" isn't changed: {refusal.reason}. Add yourself: ", b.name(b.safe(refusal.add)))
        yield b.Section(blocks=(b.Callout(text=text),))
    written = {each.id for each in plan.removals}
    rest = [waste for waste in inspection.anatomy.waste if waste.id not in written]
    yield from _by_hand("Safe, but not in any script", [each for each in rest if each.tier is Tier.SAFE])
    yield from _by_hand("Conditional, so not written", [each for each in rest if each.tier is Tier.CONDITIONAL])


def _cleanup_headline(cleanup: Cleanup, whole_bytes: int) -> str:
    plan, saves = cleanup.plan, size(cleanup.saves_bytes)
    saved = f"{saves} ({share(cleanup.saves_bytes, whole_bytes)})"
    if not plan.removals:
        return "Nothing to clean up: no safe waste that a script of the app could remove."
    if cleanup.is_refused:
        app = "the app" if cleanup.directory is None else quoted(os.fsencode(cleanup.directory))
        refusal = plan.refusals[0]
        file = quoted(refusal.path)
        is_missing = refusal.reason.startswith("there is none")
        why = f"{app} has no {file}" if is_missing else f"{file}: {refusal.reason}"
        return f"Nothing {'to write' if cleanup.directory is None else 'written'}: {why}. {saved} could be saved."
    if not plan.changes and not plan.refusals:
        return f"Already set up: the next build saves {saves}."
    return f"Saves {saved}: {size(whole_bytes)} → {size(whole_bytes - cleanup.saves_bytes)}"


def _sums(cleanup: Cleanup) -> Iterator[b.Block]:
    if cleanup.is_measured:
        yield b.Paragraph(
            text="The slug is packed again without these files, so the saving differs a little from the sum of the "
            "rows."
        )


def _patch_lines(line: str) -> tuple[str, ...]:
    """Return a line of a patch without its newline, and git's mark if the file ends without one."""
    return (line[:-1],) if line.endswith("\n") else (line, "\\ No newline at end of file")


def _goes(inspection: Inspection, cleanup: Cleanup) -> b.Table:
    columns = (b.figures("saves"), b.figures("files"), b.names("what", title=""))
    waste = {each.id: each for each in inspection.anatomy.waste}
    rows = []
    for each in cleanup.plan.removals:
        bulk, stays = waste[each.id].bulk, each.left
        kept = f" ({plural(stays.files, 'file')} of {size(stays.size_bytes)} stays)" if stays.files else ""
        going = bulk.compressed_bytes - stays.compressed_bytes
        rows.append(b.row(f"~{size(going)}", f"{len(each.paths):,}", f"{each.id}{kept}", weight=going))
    return b.table(*columns, rows=rows)


def _by_hand(title: str, waste: Sequence[Waste]) -> Iterator[b.Block]:
    lines = []
    for each in waste:
        whole = size(each.bulk.compressed_bytes)
        saves = f"~{size(each.saves.compressed_bytes)}" if each.saves is not None else f"of {whole}"
        lines.append(b.Paragraph(text=f"{each.id} ({saves}): {each.cure}."))
    if lines:
        yield b.Section(title=title, summary=title, blocks=tuple(lines))


_NO_HELP = f".slugignore can't remove what buildpacks add: {PLATFORM.name} applies it before they run."


def _steps(inspection: Inspection) -> Iterator[str]:
    tiers = {waste.tier for waste in inspection.anatomy.waste}
    if Tier.SAFE in tiers:
        fix = "apply the fix after each →, or let --cleanup DIR write a script"
        yield f"Start with the safe entries: {fix}. {_NO_HELP}"
    if Tier.CONDITIONAL in tiers:
        yield "Conditional entries may be in use: remove one at a time, and test the app."
    yield "Run slugtrim suggest in the repository to find source files that the running app doesn't need."
    yield "slugtrim inspect -v lists every package and place; use --format json in scripts."
