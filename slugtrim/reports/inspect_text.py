"""The report on a compiled slug as text, for a reader who has thirty seconds."""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.anatomy import Package, Waste
from slugtrim.files import quoted
from slugtrim.inspection import Inspection
from slugtrim.reports.anomaly_words import MESSAGES, kinds, shown
from slugtrim.reports.blocks import joined, measured, notes, wrapped
from slugtrim.reports.inspect_words import measured_as, origins, package_name, rest, savings, share, telling
from slugtrim.reports.rules_text import SOME
from slugtrim.reports.size_text import HEAVIEST, among_classes, headline, heaviest_files, limits
from slugtrim.reports.style import Style, columns, cut, plural, size
from slugtrim.suggester.record import Tier

_PLACES = 3


def render(inspection: Inspection, style: Style) -> str:
    """The report; every line ends in a newline."""
    if style.brief:
        return _headline(inspection, style) + "\n"
    blocks = [
        _head(inspection, style),
        limits(inspection.limits, style),
        _groups(inspection, style),
        _packages(inspection, style),
        _waste(inspection, style),
        heaviest_files(inspection.largest, style),
        _anomalies(inspection, style),
        notes(inspection.notes, inspection.unreadable, style),
        _next(inspection, style),
    ]
    return joined(blocks)


def _headline(inspection: Inspection, style: Style) -> str:
    return headline(inspection.compressed_bytes, inspection.size_class, style, complete=inspection.complete)


def _head(inspection: Inspection, style: Style) -> Iterator[str]:
    yield measured(inspection.source, style)
    yield ""
    yield "  " + _headline(inspection, style)
    yield from wrapped(among_classes(inspection.compressed_bytes, inspection.size_class), style)
    yield from wrapped(f"{measured_as(inspection)}: {_amount(inspection)}.", style)
    yield from wrapped(f"{origins(inspection)}.", style)


def _amount(inspection: Inspection) -> str:
    return f"{plural(inspection.slug.files, 'file')} of {size(inspection.slug.size_bytes)}"


def _groups(inspection: Inspection, style: Style) -> Iterator[str]:
    yield style.paint("Where the weight is", "bold")
    rows = [["compressed", "share", "raw", "files", ""]]
    for group in inspection.anatomy.groups:
        bulk = group.bulk
        count = f" ({len(group.packages):,})" if group.packages else ""
        part = share(bulk.compressed_bytes, inspection.compressed_bytes)
        rows.append([size(bulk.compressed_bytes), part, size(bulk.size_bytes), f"{bulk.files:,}", group.name + count])
    structure = inspection.structure_bytes
    if structure:
        part = share(structure, inspection.compressed_bytes)
        rows.append([size(structure), part, "", "", "the archive itself (directories, its end)"])
    yield from columns(rows, style.width)


def _packages(inspection: Inspection, style: Style) -> Iterator[str]:
    packages = [package for group in inspection.anatomy.groups for package in group.packages]
    if not packages:
        return
    packages.sort(key=lambda package: (-package.bulk.compressed_bytes, package.name))
    yield style.paint("Heaviest packages", "bold")
    yield from columns([["compressed", "raw", "files", ""], *map(_package_row, _some(packages, style))], style.width)
    if len(packages) > HEAVIEST and not style.full:
        yield f"  … and {len(packages) - HEAVIEST:,} more (-v lists them)"


def _some(packages: list[Package], style: Style) -> list[Package]:
    return packages if style.full else packages[:HEAVIEST]


def _package_row(package: Package) -> list[str]:
    bulk = package.bulk
    return [size(bulk.compressed_bytes), size(bulk.size_bytes), f"{bulk.files:,}", package_name(package)]


def _waste(inspection: Inspection, style: Style) -> Iterator[str]:
    everything = inspection.anatomy.waste
    if not everything:
        return
    yield style.paint("Waste (savings are compressed and add up; ~ estimated)", "bold")
    if total := savings(inspection):
        yield from wrapped(f"{total}.", style)
    telling_ones, little = telling(inspection)
    wanted = list(everything) if style.full else telling_ones
    if wanted:
        header, *rows = columns([["saves", "raw", "files", "tier", ""], *map(_waste_row, wanted)], style.width)
        yield header
        for waste, row in zip(wanted, rows, strict=True):
            yield style.paint(row, "yellow") if waste.tier is Tier.SAFE else row
            yield from _details(waste, style)
    if little and not style.full:
        yield "  " + rest(little, "-v lists them")


def _waste_row(waste: Waste) -> list[str]:
    saves = waste.saves
    if saves is None:
        return [
            f"of {size(waste.bulk.compressed_bytes)}",
            size(waste.bulk.size_bytes),
            f"{waste.bulk.files:,}",
            waste.tier.value,
            waste.id,
        ]
    return [f"~{size(saves.compressed_bytes)}", size(saves.size_bytes), f"{saves.files:,}", waste.tier.value, waste.id]


def _details(waste: Waste, style: Style) -> Iterator[str]:
    yield from wrapped(f"{waste.reason}.", style, first="      ")
    yield from wrapped(f"→ {waste.cure}.", style, first="      ")
    shown_places = waste.places if style.full else waste.places[:_PLACES]
    for place in shown_places:
        yield "        " + cut(f"{size(place.saves.compressed_bytes)}  {quoted(place.path)}", style.width - 8)
    if len(shown_places) < len(waste.places):
        yield f"        … and {len(waste.places) - len(shown_places):,} more"


def _anomalies(inspection: Inspection, style: Style) -> Iterator[str]:
    found = kinds(inspection.anomalies)
    if not found:
        return
    yield style.paint("Odd in the archive", "bold")
    for kind, anomalies in found.items():
        times = f", {len(anomalies):,} times" if len(anomalies) > 1 else ""
        yield from wrapped(f"{MESSAGES[kind]} [{kind.value}{times}]", style)
        named = [anomaly for anomaly in anomalies if anomaly.path]
        some = named if style.full else named[:SOME]
        yield from ("    " + cut(shown(anomaly), style.width - 4) for anomaly in some)
        if len(some) < len(named):
            yield f"    … and {len(named) - len(some):,} more (-v shows all)"


def _next(inspection: Inspection, style: Style) -> Iterator[str]:
    yield style.paint("Next", "bold")
    for step in _steps(inspection):
        yield from wrapped(step, style, first="  - ")


def _steps(inspection: Inspection) -> Iterator[str]:
    tiers = {waste.tier for waste in inspection.anatomy.waste}
    if Tier.SAFE in tiers:
        yield "Begin with what is safe. .slugignore helps with your source only: it is read before buildpacks run."
    if Tier.CONDITIONAL in tiers:
        yield "What is conditional may be read: do one thing at a time, and try the application."
    yield "slugtrim suggest, in the repository, looks for what of your source the running application never opens."
    yield "slugtrim inspect -v lists every package and place; --format json has all of it for scripts."
