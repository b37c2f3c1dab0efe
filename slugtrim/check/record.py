"""The record of a check: the sizes, what they are held against, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from slugtrim.budget import Result, Verdict
from slugtrim.files import Note, Source, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.notes import Finding
from slugtrim.sizer import Compiled, SizeClass
from slugtrim.suggester.record import Advised


class Growth(Struct, frozen=True, kw_only=True):
    """A file that weighs more, or less, than in the base. There its name may have another version in it."""

    path: bytes
    before_bytes: int
    """Compressed share in the base; 0 where it was not in the slug."""
    after_bytes: int
    commit: str | None
    """Short id of the newest commit since the base that touched it; None where none did: what changed on
    disk only, what other rules or attributes let in, and what is in a submodule."""
    subject: str
    """First line of that commit's message; empty without one."""

    @property
    def grown_bytes(self) -> int:
        """Negative for a file that shrank."""
        return self.after_bytes - self.before_bytes


class Base(Struct, frozen=True, kw_only=True):
    """What the slug is compared with."""

    rev: str
    """Full id of the commit."""
    name: str
    """How it was named: ``origin/main``, or where it was found: ``merge-base with origin/main``."""
    files: int
    compressed_bytes: int
    """The same headline as the check's: with what buildpacks add, where that is known."""
    grown: tuple[Growth, ...]
    """The files that grew, most first, then those that shrank, most last; ten of each at most."""
    unchanged_files: int
    complete: bool


class Check(Struct, frozen=True, kw_only=True):
    """All that the report says."""

    source: Source
    dialect: Dialect
    target: str | None
    """Name of the target whose budgets were used."""
    files: int
    size_bytes: int
    """Raw bytes of the files in the slug."""
    source_compressed_bytes: int
    """Predicted, before buildpacks."""
    compiled: Compiled | None
    size_class: SizeClass
    """Of the headline."""
    base: Base | None
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    """Errors and warnings about `.slugignore` and what ships, as the audit has them."""
    suggestions: tuple[Advised, ...] | None
    """The best entries that `.slugignore` could have, only if a budget or limit is exceeded. None if one is, and
    `slugtrim suggest` has not seen this tree."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]
    slugignore: bytes | None = None
    """Content of the root ``.slugignore``; None when there is none."""

    @property
    def compressed_bytes(self) -> int:
        """The headline: what budgets and limits are about."""
        return self.compiled.compressed_bytes if self.compiled is not None else self.source_compressed_bytes

    @property
    def complete(self) -> bool:
        """Whether every file of the slug could be measured."""
        return not self.unreadable

    @property
    def verdict(self) -> Verdict:
        """The worst of the results."""
        verdicts = {result.verdict for result in self.results}
        return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in verdicts), Verdict.OK)

    def over(self, verdict: Verdict) -> Sequence[Result]:
        """The results with this verdict."""
        return [result for result in self.results if result.verdict is verdict]
