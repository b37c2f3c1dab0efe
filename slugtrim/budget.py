"""Budgets, and what becomes of sizes held against them: pure, no file is read and nothing is measured here.

A kind of budget is a row of ``BUDGETS``. The keys of the configuration, the ids and the sentences of reports come from
there. A new kind also needs a ``Measure``, and a field of ``Budgets`` with the name of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.platforms import PLATFORM, Platform
from slugtrim.sizer import Limit, table

if TYPE_CHECKING:
    from fractions import Fraction  # 4 ms, and only who reads a percentage makes one


class Measure(Enum):
    """What a budget is about, in the order of reports; the values are the keys of the configuration."""

    TOTAL = "total"
    """The compressed slug; with what buildpacks add, where that is known."""
    GROWTH = "max-growth"
    """How much larger the compressed slug may be than that of the base."""
    PATH = "paths"
    """The compressed share of what a pattern names."""
    LARGEST_FILE = "largest-file"
    """Raw bytes of the largest file of the slug."""
    FILES = "files"
    """How many files the slug has."""
    CHECKOUT = "checkout"
    """Raw bytes of the checkout, before any rule."""
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


_DEFAULT = Written(name="the default if no budget is set")


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
    slug_limit: Amount | None = None
    """Above it the platform refuses the slug; None for the limit that it publishes."""
    of_compiled: bool | None = None
    """Where nothing is known of buildpacks, sizes are of the slug as it is predicted; None, as False: of the source."""

    def over(self, below: Budgets) -> Budgets:
        """These budgets, and those ``below`` for what these leave open; of paths each pattern once."""
        own = {budget.pattern for budget in self.paths}
        paths = (*self.paths, *(budget for budget in below.paths if budget.pattern not in own))
        fields = {kind.field: getattr(self, kind.field) or getattr(below, kind.field) for kind in BUDGETS}
        of_compiled = self.of_compiled if self.of_compiled is not None else below.of_compiled
        slug_limit = self.slug_limit or below.slug_limit
        return Budgets(**{**fields, "paths": paths, "slug_limit": slug_limit, "of_compiled": of_compiled})

    @property
    def has_limits(self) -> bool:
        """Whether anything is limited."""
        return any(limit is not None for kind in BUDGETS for _, limit in self.limits(kind))

    def limits(self, kind: BudgetKind) -> Iterator[tuple[bytes | None, Amount]]:
        """Yield each limit of a kind, with the pattern that it is for; None for a limit of the whole slug."""
        limit: Amount | tuple[PathBudget, ...] | None = getattr(self, kind.field)
        if isinstance(limit, tuple):
            yield from ((budget.pattern, budget.limit) for budget in limit)
        elif limit is not None:
            yield None, limit


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
    unsure_bytes: tuple[int, int] = (0, 0)
    """How much less and how much more ``total_bytes`` may be, where it is a prediction."""
    platform: Platform = PLATFORM
    """Its limits count as well."""


class Notation(Enum):
    """How a limit is written in the configuration."""

    SIZE = "size"
    TOTAL = "total"
    """A size, or a size class."""
    GROWTH = "growth"
    """A size, or a percentage of the base."""
    FILES = "files"
    """A number of files."""
    PATTERNS = "patterns"
    """A table of pattern to size."""


class Remedy(Enum):
    """What helps where a limit is exceeded."""

    SMALLER = "smaller"
    """Whatever makes the compressed slug smaller."""
    FEWER = "fewer"
    """Leaving out the files that are too many or too large."""
    CHECKOUT = "checkout"
    """Taking files out of the repository: ``.slugignore`` does not change the checkout."""


class BudgetKind(Struct, frozen=True, kw_only=True):
    """A row of ``BUDGETS``."""

    measure: Measure
    key: str
    """Key of the configuration; with underscores, the field of ``Budgets``."""
    notation: Notation
    says: str
    """What it limits, for the table of settings in ``docs/configuration.md``."""
    above: Verdict = Verdict.FAIL
    """What exceeding it comes to."""
    id: str
    """Stable id in reports."""
    title: str
    """What the id means, without the full stop."""
    name: str
    """What is limited, in a word or two; empty for what a pattern names."""
    sentence: str
    """What exceeding it says: a template of ``used``, ``count`` (of files), ``over``, ``limit`` and ``name``."""
    remedy: Remedy
    used: Callable[[Sizes, bytes | None], int | None]
    """Returns what is held against the limit, of a pattern where it has one; None if there is nothing to hold."""

    @property
    def field(self) -> str:
        """The field of ``Budgets`` that has its limit."""
        return self.key.replace("-", "_")


BUDGETS = (
    BudgetKind(
        measure=Measure.TOTAL,
        key="total",
        notation=Notation.TOTAL,
        says="maximum compressed size: your code only, unless `budgets.of` is `compiled` or a build is recorded",
        id="budget-total",
        title="The compressed slug exceeds its budget",
        name="total",
        sentence="{used} is {over} over the total of {limit}",
        remedy=Remedy.SMALLER,
        used=lambda sizes, _: sizes.total_bytes,
    ),
    BudgetKind(
        measure=Measure.TOTAL,
        key="warn",
        notation=Notation.SIZE,
        says="size above which the total causes a warning",
        above=Verdict.WARN,
        id="budget-total",
        title="The compressed slug exceeds its budget",
        name="warn",
        sentence="{used} is {over} over the warning level of {limit}",
        remedy=Remedy.SMALLER,
        used=lambda sizes, _: sizes.total_bytes,
    ),
    BudgetKind(
        measure=Measure.LARGEST_FILE,
        key="largest-file",
        notation=Notation.SIZE,
        says="maximum size of one file in the slug, uncompressed",
        id="budget-largest-file",
        title="A file in the slug exceeds the size limit for one file",
        name="largest file",
        sentence="the largest file is {used}, {over} over the limit for one file: {limit}",
        remedy=Remedy.FEWER,
        used=lambda sizes, _: sizes.largest_file_bytes,
    ),
    BudgetKind(
        measure=Measure.FILES,
        key="files",
        notation=Notation.FILES,
        says="maximum number of files in the slug",
        id="budget-files",
        title="The slug has too many files",
        name="files",
        sentence="{count} in the slug, {over} over the limit of {limit}",
        remedy=Remedy.FEWER,
        used=lambda sizes, _: sizes.files,
    ),
    BudgetKind(
        measure=Measure.CHECKOUT,
        key="checkout",
        notation=Notation.SIZE,
        says="maximum size of the checkout, uncompressed and before any rule",
        id="budget-checkout",
        title="The checkout exceeds its budget",
        name="checkout",
        sentence="the checkout is {used}, {over} over its limit of {limit}",
        remedy=Remedy.CHECKOUT,
        used=lambda sizes, _: sizes.checkout_bytes,
    ),
    BudgetKind(
        measure=Measure.GROWTH,
        key="max-growth",
        notation=Notation.GROWTH,
        says="maximum growth of the compressed slug since its base",
        id="budget-growth",
        title="The compressed slug grew more than allowed since the base",
        name="growth",
        sentence="{used} since the base is {over} over the allowed growth of {limit}",
        remedy=Remedy.SMALLER,
        used=lambda sizes, _: sizes.total_bytes - sizes.base_bytes if sizes.base_bytes is not None else None,
    ),
    BudgetKind(
        measure=Measure.PATH,
        key="paths",
        notation=Notation.PATTERNS,
        says="maximum compressed size of the files that a pattern matches",
        id="budget-paths",
        title="Files that match a pattern exceed their budget",
        name="",
        sentence="{name} is {used}, {over} over its limit of {limit}",
        remedy=Remedy.FEWER,
        used=lambda sizes, pattern: sizes.path_bytes[pattern or b""],
    ),
)
"""Every kind of budget, in the order of the configuration."""
_REPORTED = sorted(BUDGETS, key=lambda kind: list(Measure).index(kind.measure))


def exceeded_ids() -> Mapping[str, str]:
    """Return the stable id of everything that can be exceeded, budgets and limits, with what it means."""
    limits = {f"limit-{limit.id}": _title(limit) for limit in table().limits}
    return {kind.id: kind.title for kind in BUDGETS} | limits


def _title(limit: Limit) -> str:
    what = "checkout" if limit.of_checkout else "slug"
    if limit.rejects:
        return f"The {what} is larger than the platform allows"
    return f"The {what} is large enough for the platform's build to warn"


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
    def is_default(self) -> bool:
        """True for the limit that holds if no budget is set."""
        return self.written == _DEFAULT

    @property
    def kind(self) -> BudgetKind | None:
        """The row of the budget; None for a limit of the platform."""
        kinds = [kind for kind in BUDGETS if kind.measure is self.measure]
        return next((kind for kind in kinds if kind.above is self.above), kinds[0] if kinds else None)

    @property
    def platform_limit(self) -> Limit | None:
        """The limit of the platform; None for a budget."""
        return next((limit for limit in table().limits if limit.id == self.text), None) if self.kind is None else None

    @property
    def id(self) -> str:
        """One of ``exceeded_ids``."""
        return self.kind.id if self.kind is not None else f"limit-{self.text}"

    @property
    def remedy(self) -> Remedy:
        """What helps where it is over."""
        if self.kind is not None:
            return self.kind.remedy
        limit = self.platform_limit
        return Remedy.CHECKOUT if limit is not None and limit.of_checkout else Remedy.SMALLER

    @property
    def counts_files(self) -> bool:
        """Whether the numbers are files and not bytes."""
        return self.kind is not None and self.kind.notation is Notation.FILES


def judge(sizes: Sizes, budgets: Budgets) -> tuple[Result, ...]:
    """Every measure that has a limit, the platform's limits last. Equal passes.

    With no budget at all the total is worth a warning from the class weighty on.
    """
    held = budgets if budgets.has_limits else replace(budgets, warn=_weighty())
    results = []
    for kind in _REPORTED:
        for pattern, amount in held.limits(kind):
            used = kind.used(sizes, pattern)
            if used is not None:
                unsure = sizes.unsure_bytes if kind.measure is Measure.TOTAL else (0, 0)
                results.append(_result(kind, used, amount, pattern, sizes.base_bytes or 0, unsure))
    return (*results, *_platform(sizes, budgets.slug_limit))


def _result(
    kind: BudgetKind, used: int, amount: Amount, pattern: bytes | None, base: int, unsure: tuple[int, int]
) -> Result:
    limit = amount.of(base)
    less, more = unsure
    return Result(
        measure=kind.measure,
        verdict=_verdict(kind.above, used - less > limit, used + more > limit),
        used=used,
        limit=limit,
        text=amount.text,
        written=amount.written,
        pattern=pattern,
        above=kind.above,
    )


def _verdict(above: Verdict, is_over: bool, may_be_over: bool) -> Verdict:
    """Return what becomes of a size; one that is only perhaps over is worth a warning."""
    if is_over:
        return above
    return Verdict.WARN if may_be_over else Verdict.OK


def _platform(sizes: Sizes, slug_limit: Amount | None) -> Sequence[Result]:
    """The limits of the platform always count: one that rejects fails, one that makes a build warn warns."""
    return [
        _limit_result(limit, sizes.checkout_bytes, (0, 0), None)
        if limit.of_checkout
        else _limit_result(limit, sizes.total_bytes, sizes.unsure_bytes, slug_limit if limit.rejects else None)
        for limit in table(sizes.platform).limits
    ]


def _limit_result(limit: Limit, used: int, unsure: tuple[int, int], agreed: Amount | None) -> Result:
    """Return how a size stands to a limit; ``agreed`` is what holds for this application instead."""
    above = Verdict.FAIL if limit.rejects else Verdict.WARN
    less, more = unsure
    most = agreed.value if agreed is not None else limit.limit_bytes
    return Result(
        measure=Measure.PLATFORM,
        verdict=_verdict(above, used - less > most, used + more > most),
        used=used,
        limit=most,
        text=limit.id,
        written=agreed.written if agreed is not None else Written(name=f"{limit.source} ({limit.date})"),
        above=above,
    )


def _weighty() -> Amount:
    """One byte below the heaviest class: what reaches it is worth a warning."""
    least, size_class = table().classes[-1]
    return Amount(value=least - 1, text=f"lighter than {size_class.value}", written=_DEFAULT)
