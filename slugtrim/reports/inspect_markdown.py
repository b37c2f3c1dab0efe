"""The report on a compiled slug as Markdown: a comment on a pull request, or the summary of a step."""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.anatomy import Waste
from slugtrim.files import quoted
from slugtrim.inspection import Inspection
from slugtrim.reports.anomaly_words import MESSAGES, kinds, shown
from slugtrim.reports.blocks import joined
from slugtrim.reports.inspect_words import measured_as, origins, package_name, rest, savings, share, telling
from slugtrim.reports.markdown import code, details, table, text
from slugtrim.reports.style import plural, size

_PACKAGES = 20
_PLACES = 3
"""GitHub takes no comment of more than 65,536 characters."""


def render(inspection: Inspection) -> str:
    """The comment; every line ends in a newline."""
    blocks = [_head(inspection), _groups(inspection), _packages(inspection), _waste(inspection), _odd(inspection)]
    return joined(blocks)


def _head(inspection: Inspection) -> Iterator[str]:
    yield f"### Compiled slug: {size(inspection.compressed_bytes)}, {inspection.size_class.value}"
    yield ""
    if not inspection.complete:
        gone = plural(len(inspection.unreadable), "path")
        yield "> [!WARNING]"
        yield f"> {gone} could not be read: every size here is too small."
        yield ""
    files = f"{plural(inspection.slug.files, 'file')} of {size(inspection.slug.size_bytes)}"
    yield f"{code(quoted(inspection.source.path))}. {measured_as(inspection)}: {files}. {text(origins(inspection))}."


def _groups(inspection: Inspection) -> Iterator[str]:
    rows = []
    for group in inspection.anatomy.groups:
        bulk = group.bulk
        count = f" ({len(group.packages):,})" if group.packages else ""
        part = share(bulk.compressed_bytes, inspection.compressed_bytes)
        rows.append(
            [
                text(group.name) + count,
                size(bulk.compressed_bytes),
                text(part),
                size(bulk.size_bytes),
                f"{bulk.files:,}",
            ]
        )
    structure = inspection.structure_bytes
    if structure:
        part = share(structure, inspection.compressed_bytes)
        rows.append(["the archive itself", size(structure), text(part), "", ""])
    yield from table(["where the weight is", "compressed", "share", "raw", "files"], rows, right=(1, 2, 3, 4))


def _packages(inspection: Inspection) -> Iterator[str]:
    packages = [package for group in inspection.anatomy.groups for package in group.packages]
    packages.sort(key=lambda package: (-package.bulk.compressed_bytes, package.name))
    if not packages:
        return
    rows = [
        [code(package_name(package)), size(package.bulk.compressed_bytes), size(package.bulk.size_bytes)]
        for package in packages[:_PACKAGES]
    ]
    lines = list(table(["package", "compressed", "raw"], rows, right=(1, 2)))
    if len(packages) > _PACKAGES:
        lines += ["", f"… and {len(packages) - _PACKAGES:,} more."]
    yield from details(f"{plural(len(packages), 'package')}, heaviest first", lines)


def _waste(inspection: Inspection) -> Iterator[str]:
    if not inspection.anatomy.waste:
        return
    wanted, little = telling(inspection)
    total = savings(inspection)
    lines = [f"{text(total)}.", ""] if total else []
    lines += table(["saves", "finding", "what, and what to do", "where"], list(map(_row, wanted)), right=(0,))
    if little:
        lines += ["", text(rest(little, "slugtrim inspect -v lists them"))]
    yield from details(f"{plural(len(inspection.anatomy.waste), 'kind')} of waste", lines, is_open=True)


def _row(waste: Waste) -> list[str]:
    saves = (
        f"~{size(waste.saves.compressed_bytes)}"
        if waste.saves is not None
        else f"of {size(waste.bulk.compressed_bytes)}"
    )
    places = " ".join(code(quoted(place.path)) for place in waste.places[:_PLACES])
    more = f" and {len(waste.places) - _PLACES:,} more" if len(waste.places) > _PLACES else ""
    what = f"{text(waste.reason)}. → {text(waste.cure)}."
    return [text(saves), f"{waste.id} ({waste.tier.value})", what, places + more]


def _odd(inspection: Inspection) -> Iterator[str]:
    found = kinds(inspection.anomalies)
    if not found:
        return
    rows = [
        [kind.value, f"{len(anomalies):,}", text(MESSAGES[kind]), code(shown(anomalies[0]))]
        for kind, anomalies in found.items()
    ]
    lines = list(table(["finding", "times", "what", "first"], rows, right=(1,)))
    yield from details(f"{plural(len(inspection.anomalies), 'oddity', 'oddities')} in the archive", lines)
