"""The formats of reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from slugtrim.reports.blocks import Report, View
    from slugtrim.reports.style import Style

# Formats for people: a builder makes blocks of a record, a printer prints them. To add one, write a module with a
# function ``printed`` and add a line here. Its module is imported when it prints, because a known tree that is wanted
# as JSON needs none of them.


class Printer(Struct, frozen=True, kw_only=True):
    """What prints blocks."""

    module: str
    """Has ``printed(report, style)``."""
    is_page: bool = False
    """It shows tables and folds what is long; else it is a screen with lines of 80 columns."""


PRINTERS: Mapping[str, Printer] = {
    "text": Printer(module="slugtrim.reports.text"),
    "markdown": Printer(module="slugtrim.reports.markdown", is_page=True),
}
PAGES = tuple(name for name, printer in PRINTERS.items() if printer.is_page)
"""What commands with a report for a page offer beside text."""


def printed(name: str, build: Callable[[View], Report], style: Style) -> str:
    """Return a report in this format, from what ``build`` makes for its readers."""
    from slugtrim.reports.blocks import PAGE, View

    printer = PRINTERS[name]
    view = PAGE if printer.is_page else View(full=style.full, brief=style.brief)
    print_blocks: Callable[[Report, Style], str] = import_module(printer.module).printed
    return print_blocks(build(view), style)
