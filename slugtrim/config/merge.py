"""Options over environment over file: the one place where they meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from slugtrim.budget import Amount, Budgets, Written
from slugtrim.config import values
from slugtrim.config.asked import Asked, Setting
from slugtrim.config.document import Document, read_document
from slugtrim.config.problems import Problems
from slugtrim.config.record import Config, Terms

T = TypeVar("T")


def merge(document: Document | None, asked: Mapping[Setting, Asked]) -> Config:
    """The file's settings under those that were asked for. Raises ``ConfigError`` with the mistakes of both."""
    problems = Problems()
    config = read_document(document, problems) if document is not None else Config()

    def value(setting: Setting, read: Callable[[object], T]) -> T | None:
        typed = asked.get(setting)
        return problems.trying(read, typed.text, typed.name) if typed is not None else None

    def amount(setting: Setting, read: Callable[[object, Written], Amount]) -> Amount | None:
        return value(setting, lambda text: read(text, Written(name=asked[setting].name)))

    budgets = Budgets(
        total=amount(Setting.TOTAL, values.read_total),
        warn=amount(Setting.WARN, values.read_size),
        max_growth=amount(Setting.MAX_GROWTH, values.read_growth),
    )
    overhead = amount(Setting.OVERHEAD, values.read_size)
    dialect = value(Setting.DIALECT, values.read_dialect)
    problems.tell()
    return replace(
        config,
        dialect=dialect or config.dialect,
        target=asked.get(Setting.TARGET),
        asked=Terms(target=None, budgets=budgets, overhead=overhead),
    )
