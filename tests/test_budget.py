"""Sizes held against budgets."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slugtrim.budget import BUDGETS, Amount, Budgets, Measure, PathBudget, Result, Sizes, Verdict, Written, judge
from slugtrim.units import GIB, MIB
from tests.rows import each_row

HERE = Written(name="slugtrim.toml", line=3)


def amount(value: int = 0, percent: str | None = None) -> Amount:
    share = Fraction(percent) if percent is not None else None
    return Amount(value=value, percent=share, text=f"{percent}%" if percent is not None else str(value), written=HERE)


def sizes(total: int = 10 * MIB, base: int | None = None, checkout: int = 20 * MIB) -> Sizes:
    return Sizes(
        total_bytes=total,
        checkout_bytes=checkout,
        largest_file_bytes=3 * MIB,
        files=100,
        path_bytes={b"/app": 2 * MIB},
        base_bytes=base,
    )


def of(results: tuple[Result, ...], measure: Measure) -> list[Result]:
    return [result for result in results if result.measure is measure]


@each_row(
    "budgets, measure, used",
    [
        (lambda limit: Budgets(total=limit), Measure.TOTAL, 10 * MIB),
        (lambda limit: Budgets(largest_file=limit), Measure.LARGEST_FILE, 3 * MIB),
        (lambda limit: Budgets(files=limit), Measure.FILES, 100),
        (lambda limit: Budgets(checkout=limit), Measure.CHECKOUT, 20 * MIB),
        (lambda limit: Budgets(paths=(PathBudget(pattern=b"/app", limit=limit),)), Measure.PATH, 2 * MIB),
        (lambda limit: Budgets(max_growth=limit), Measure.GROWTH, 2 * MIB),
    ],
)
def test_equal_passes_and_one_more_is_over(budgets: object, measure: Measure, used: int) -> None:
    assert callable(budgets)
    for limit, verdict, over in ((used, Verdict.OK, 0), (used - 1, Verdict.FAIL, 1), (used + 1, Verdict.OK, 0)):
        (result,) = of(judge(sizes(base=8 * MIB), budgets(amount(limit))), measure)
        assert (result.verdict, result.used, result.limit, result.over) == (verdict, used, limit, over)
        assert (result.written, result.text) == (HERE, str(limit))
        assert result.counts_files == (measure is Measure.FILES)


def test_the_warning_beside_a_total_does_not_fail() -> None:
    results = of(judge(sizes(), Budgets(total=amount(11 * MIB), warn=amount(9 * MIB))), Measure.TOTAL)
    assert [result.verdict for result in results] == [Verdict.OK, Verdict.WARN]


def test_growth_may_be_a_share_of_the_base() -> None:
    for total, verdict in ((105, Verdict.OK), (106, Verdict.FAIL)):
        (result,) = of(judge(sizes(total=total, base=100), Budgets(max_growth=amount(percent="5"))), Measure.GROWTH)
        assert (result.verdict, result.used, result.limit) == (verdict, total - 100, 5)
    (result,) = of(judge(sizes(total=90, base=100), Budgets(max_growth=amount(percent="0"))), Measure.GROWTH)
    assert (result.verdict, result.used, result.over) == (Verdict.OK, -10, 0)


def test_without_a_base_nothing_is_said_of_growth() -> None:
    assert of(judge(sizes(), Budgets(max_growth=amount(1))), Measure.GROWTH) == []


@pytest.mark.parametrize(("total", "verdict"), [(90 * MIB - 1, Verdict.OK), (90 * MIB, Verdict.WARN)])
def test_without_a_budget_the_heaviest_class_is_worth_a_warning(total: int, verdict: Verdict) -> None:
    (result,) = of(judge(sizes(total=total), Budgets()), Measure.TOTAL)
    assert (result.verdict, result.text) == (verdict, "lighter than weighty")
    assert of(judge(sizes(total=total), Budgets(files=amount(1000))), Measure.TOTAL) == []


PLATFORM = [
    # total, checkout, verdicts of the soft and the hard limit and of that of the checkout
    (300 * MIB, 1, "ok ok ok"),
    (300 * MIB + 1, 1, "warn ok ok"),
    (GIB, GIB, "warn ok ok"),
    (GIB + 1, GIB + 1, "warn fail fail"),
]


@each_row("total, checkout, verdicts", PLATFORM)
@each_row("budgets", [Budgets(), Budgets(total=amount(2 * GIB))])
def test_the_limits_of_the_platform_always_count(total: int, checkout: int, verdicts: str, budgets: Budgets) -> None:
    results = of(judge(sizes(total=total, checkout=checkout), budgets), Measure.PLATFORM)
    assert [result.text for result in results] == ["soft", "hard", "checkout"]
    assert " ".join(result.verdict.name.lower() for result in results) == verdicts
    assert all("(20" in result.written.name for result in results)


def test_another_limit_may_be_agreed_for_the_slug() -> None:
    agreed = Amount(value=600 * MIB, text="600MB", written=HERE)
    results = of(judge(sizes(total=700 * MIB), Budgets(slug_limit=agreed)), Measure.PLATFORM)
    assert [result.verdict.name for result in results] == ["WARN", "FAIL", "OK"]
    assert (results[1].limit, results[1].written, results[1].id) == (600 * MIB, HERE, "limit-hard")
    assert Budgets().over(Budgets(slug_limit=agreed)).slug_limit == agreed


def test_budgets_of_a_target_come_before_the_general_ones() -> None:
    general = Budgets(total=amount(1), files=amount(2), paths=(PathBudget(pattern=b"/a", limit=amount(3)),))
    own = Budgets(total=amount(4), paths=(PathBudget(pattern=b"/a", limit=amount(5)),))
    both = own.over(general)
    assert (both.total, both.files) == (amount(4), amount(2))
    assert [budget.limit.value for budget in both.paths] == [5]
    assert Budgets().over(general) == general


def test_every_kind_of_budget_has_a_field_and_a_key_of_its_own() -> None:
    assert {kind.field for kind in BUDGETS} == set(Budgets.__struct_fields__) - {"of_compiled", "slug_limit"}
    assert len({kind.key for kind in BUDGETS}) == len(BUDGETS)
    assert {kind.measure for kind in BUDGETS} == set(Measure) - {Measure.PLATFORM}
    assert all(kind.key == kind.measure.value for kind in BUDGETS if kind.above is Verdict.FAIL)
