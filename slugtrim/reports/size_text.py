"""What text reports of a size say alike: its class, its place among the marks, the platform's limits, heavy files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.audit import LimitUse, Weight
from slugtrim.files import quoted
from slugtrim.reports.style import STATUS_LOOKS, Style, columns, size, used_share
from slugtrim.sizer import SizeClass, table

HEAVIEST = 10
"""So many rows has a list of what is heaviest, where it is not shown whole."""

_CLASS_LOOKS = {SizeClass.SMALL: "green", SizeClass.AVERAGE: "yellow", SizeClass.WEIGHTY: "red"}


def headline(compressed_bytes: int, size_class: SizeClass, style: Style, *, complete: bool) -> str:
    """The size and its class."""
    weight = style.paint(size(compressed_bytes), "bold")
    name = style.paint(size_class.value, "bold", _CLASS_LOOKS[size_class])
    incomplete = "" if complete else style.paint("  (at least: not everything could be read)", "yellow")
    return f"{weight} {name}{incomplete}"


def among_classes(compressed_bytes: int, size_class: SizeClass) -> str:
    """Where the size lies among the book's marks."""
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


def limits(uses: Sequence[LimitUse], style: Style) -> Iterator[str]:
    """A line for each limit of the platform."""
    yield style.paint("Platform limits (when exceeded; date of the source)", "bold")
    for use in uses:
        what = "checkout" if use.limit.of_checkout else "slug"
        effect = "push rejected" if use.limit.rejects else "build warns"
        status = style.paint(f"{use.status.value:<4}", STATUS_LOOKS[use.status])
        share, of = used_share(use), size(use.limit.limit_bytes)
        yield f"  {status}  {share:>5} of {of:>4}  {what:<8}  {effect} ({use.limit.date})"


def heaviest_files(largest: Sequence[Weight], style: Style) -> Iterator[str]:
    """A row for each; nothing where there is nothing."""
    if not largest:
        return
    yield style.paint("Heaviest files", "bold")
    rows = [["compressed", "raw", ""]]
    for weight in largest if style.full else largest[:HEAVIEST]:
        rows.append([size(weight.compressed_bytes), size(weight.size_bytes), quoted(weight.path)])
    yield from columns(rows, style.width)
