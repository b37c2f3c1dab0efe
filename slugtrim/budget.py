"""Budgets, and what becomes of sizes held against them: pure, no file is read and nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from slugtrim.sizer import Limit, table

if TYPE_CHECKING:
    from fractions import Fraction  # 4 ms, and only who reads a percentage makes one


class Measure(Enum):
    """What a budget is about; the values are the keys of the configuration."""

    TOTAL = "total"
    """The compressed slug; with what buildpacks add, where that is known."""
    PATH = "paths"
    """The compressed share of what a pattern names."""
    LARGEST_FILE = "largest-file"
    """Raw bytes of the largest file of the slug."""
    FILES = "files"
    """How many files the slug has."""
    CHECKOUT = "checkout"
    """Raw bytes of the checkout, before any rule."""
    GROWTH = "max-growth"
    """How much larger the compressed slug may be than that of the base."""
    PLATFORM = "platform"
    """A limit of the platform."""


class Verdict(Enum):
    """What becomes of a measure that is held against its limit."""

    OK = "pass"
    WARN = "warn"
    FAIL = "fail"


class Written(Struct, frozen=True, kw_only=True):
    """Where a limit is written: a file and a line, or a name for anything else."""

    name: str
    """``slugtrim.toml``, ``--max-growth``, ``SLUGTRIM_BUDGET``, or what set a platform limit, with its date."""
    line: int | None = None
    """Line in the file ``name``, from 1; None where it is no file."""

    def __str__(self) -> str:
        return self.name if self.line is None else f"{self.name}:{self.line}"


class Amount(Struct, frozen=True, kw_only=True):
    """A limit as somebody wrote it: bytes, a number of files, or a share of the base."""

    value: int = 0
    """Bytes, or a number of files."""
    percent: Fraction | None = None
    """Of the base's size, for growth; None where ``value`` counts."""
    text: str
    """As written: ``50MB``, ``average``, ``5%``, ``2000``."""
    written: Written

    def of(self, base: int) -> int:
        """The limit itself, where ``base`` is what a percentage is of."""
        return self.value if self.percent is None else int(base * self.percent / 100)


class PathBudget(Struct, frozen=True, kw_only=True):
    """A budget for what a pattern names (gitignore's language, from the root of the slug)."""

    pattern: bytes
    limit: Amount


class Budgets(Struct, frozen=True, kw_only=True):
    """What somebody allows a slug; None for what nobody limits."""

    total: Amount | None = None
    warn: Amount | None = None
    """Above it the total is worth a warning."""
    largest_file: Amount | None = None
    files: Amount | None = None
    checkout: Amount | None = None
    max_growth: Amount | None = None
    paths: tuple[PathBudget, ...] = ()

    def over(self, below: Budgets) -> Budgets:
        """These budgets, and those ``below`` for what these leave open; of paths each pattern once."""
        own = {budget.pattern for budget in self.paths}
        return Budgets(
            total=self.total or below.total,
            warn=self.warn or below.warn,
            largest_file=self.largest_file or below.largest_file,
            files=self.files or below.files,
            checkout=self.checkout or below.checkout,
            max_growth=self.max_growth or below.max_growth,
            paths=(*self.paths, *(budget for budget in below.paths if budget.pattern not in own)),
        )


class Sizes(Struct, frozen=True, kw_only=True):
    """What is held against budgets. The headline is that of the compiled slug, where it is known."""

    total_bytes: int
    checkout_bytes: int
    largest_file_bytes: int
    files: int
    path_bytes: Mapping[bytes, int]
    """Pattern to the compressed bytes of what it names."""
    base_bytes: int | None = None
    """The same headline of the base; None without a base."""


class Result(Struct, frozen=True, kw_only=True):
    """One measure held against one limit."""

    measure: Measure
    verdict: Verdict
    used: int
    """Bytes, or a number of files; for growth it may be negative."""
    limit: int
    """In the same unit. Strictly above it is over."""
    text: str
    """The limit as it was written."""
    written: Written
    pattern: bytes | None = None
    """What a budget for paths names."""
    above: Verdict = Verdict.FAIL
    """What it comes to when it is over."""

    @property
    def over(self) -> int:
        """By how much the limit is exceeded; 0 where it is not."""
        return max(0, self.used - self.limit)

    @property
    def counts_files(self) -> bool:
        """Whether the numbers are files and not bytes."""
        return self.measure is Measure.FILES


def judge(sizes: Sizes, budgets: Budgets) -> tuple[Result, ...]:
    """Every measure that has a limit, the platform's limits last. Equal passes.

    With no budget at all the total is worth a warning from the class weighty on.
    """
    results = []
    if budgets.total is not None:
        results.append(_result(Measure.TOTAL, sizes.total_bytes, budgets.total, Verdict.FAIL))
    warn = budgets.warn or (_weighty() if budgets == Budgets() else None)
    if warn is not None:
        results.append(_result(Measure.TOTAL, sizes.total_bytes, warn, Verdict.WARN))
    if budgets.max_growth is not None and sizes.base_bytes is not None:
        grown = sizes.total_bytes - sizes.base_bytes
        results.append(_result(Measure.GROWTH, grown, budgets.max_growth, Verdict.FAIL, base=sizes.base_bytes))
    for budget in budgets.paths:
        used = sizes.path_bytes[budget.pattern]
        results.append(_result(Measure.PATH, used, budget.limit, Verdict.FAIL, pattern=budget.pattern))
    for measure, used, limit in (
        (Measure.LARGEST_FILE, sizes.largest_file_bytes, budgets.largest_file),
        (Measure.FILES, sizes.files, budgets.files),
        (Measure.CHECKOUT, sizes.checkout_bytes, budgets.checkout),
    ):
        if limit is not None:
            results.append(_result(measure, used, limit, Verdict.FAIL))
    return (*results, *_platform(sizes))


def _result(
    measure: Measure, used: int, amount: Amount, above: Verdict, *, pattern: bytes | None = None, base: int = 0
) -> Result:
    limit = amount.of(base)
    return Result(
        measure=measure,
        verdict=above if used > limit else Verdict.OK,
        used=used,
        limit=limit,
        text=amount.text,
        written=amount.written,
        pattern=pattern,
        above=above,
    )


def _platform(sizes: Sizes) -> Sequence[Result]:
    """The limits of the platform always count: one that rejects fails, one that makes a build warn warns."""
    return [
        _limit_result(limit, sizes.checkout_bytes if limit.of_checkout else sizes.total_bytes)
        for limit in table().limits
    ]


def _limit_result(limit: Limit, used: int) -> Result:
    above = Verdict.FAIL if limit.rejects else Verdict.WARN
    return Result(
        measure=Measure.PLATFORM,
        verdict=above if used > limit.limit_bytes else Verdict.OK,
        used=used,
        limit=limit.limit_bytes,
        text=limit.id,
        written=Written(name=f"{limit.source} ({limit.date})"),
        above=above,
    )


def _weighty() -> Amount:
    """One byte below the heaviest class: what reaches it is worth a warning."""
    least, size_class = table().classes[-1]
    written = Written(name="the default, where no budget is set")
    return Amount(value=least - 1, text=f"lighter than {size_class.value}", written=written)
