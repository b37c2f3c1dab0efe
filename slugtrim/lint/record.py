"""The record of what is wrong with a tree's rules, and with what it ships."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from slugtrim.files import Source, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.lint.silence import Accepted
from slugtrim.lint.view import FixableFinding
from slugtrim.notes import Finding, Level


class Lint(Struct, frozen=True, kw_only=True):
    """All findings on one tree."""

    source: Source
    dialect: Dialect
    found: tuple[FixableFinding, ...]
    """Errors first, then by file and line."""
    slugignore: bytes | None
    """Content of the root ``.slugignore``; None when there is none."""
    unreadable: tuple[Unreadable, ...]
    accepted: tuple[Accepted, ...] = ()
    """Findings that are left out because their owner accepts them."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a report shows."""
        return tuple(each.finding for each in self.found)

    @property
    def complete(self) -> bool:
        """Whether every file of the tree could be looked at."""
        return not self.unreadable

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return Counter(finding.level for finding in self.findings)[level]
