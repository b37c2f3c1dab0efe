"""Delta debugging: what is left fails, and without any one part of it does not."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Collection, Sequence

from hypothesis import given
from hypothesis import strategies as st

from slugtrim.verifier.verify import Minimal, ddmin
from tests.rows import each_row


class Asked:
    """A test that remembers its answers, and counts what it was asked."""

    def __init__(self, fails: Callable[[frozenset[int]], bool]) -> None:
        self.sets: list[tuple[int, ...]] = []
        self._fails = functools.cache(fails)

    def __call__(self, items: tuple[int, ...]) -> bool:
        if items not in self.sets:
            self.sets.append(items)
        return self._fails(frozenset(items))


def needs_one_of(groups: Sequence[Collection[int]]) -> Callable[[frozenset[int]], bool]:
    """Fails once all of one of the groups are there: more never fail less."""
    return lambda items: any(items.issuperset(group) for group in groups)


@each_row(
    "count, groups, expected",
    [
        (1, [{0}], (0,)),
        (2, [{0}], (0,)),
        (2, [{0, 1}], (0, 1)),
        (8, [{5}], (5,)),
        (9, [{0, 8}], (0, 8)),
        (8, [{1, 2, 6}], (1, 2, 6)),
        (8, [{1}, {6}], (1,)),
        (5, [{0, 1, 2, 3, 4}], (0, 1, 2, 3, 4)),
        (100, [{17, 71}], (17, 71)),
    ],
)
def test_it_finds_what_fails(count: int, groups: list[set[int]], expected: tuple[int, ...]) -> None:
    assert ddmin(range(count), Asked(needs_one_of(groups))) == Minimal(items=expected, is_minimal=True)


def test_one_among_a_hundred_takes_a_dozen_runs() -> None:
    most = 0
    for culprit in range(100):
        asked = Asked(needs_one_of([{culprit}]))
        assert ddmin(range(100), asked).items == (culprit,)
        most = max(most, len(asked.sets))
    assert most <= 14


@given(
    st.integers(1, 12).flatmap(
        lambda count: st.tuples(
            st.just(count), st.lists(st.sets(st.integers(0, count - 1), min_size=1), min_size=1, max_size=4)
        )
    )
)
def test_what_is_left_fails_and_is_1_minimal_where_more_never_fail_less(case: tuple[int, list[set[int]]]) -> None:
    count, groups = case
    groups.append(set(range(count)))
    check(count, needs_one_of(groups))


@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_so_it_is_where_anything_may_fail(count: int, chance: random.Random) -> None:
    """Each set fails or passes by chance, but all of them together fail, and none passes."""
    by_chance = functools.cache(lambda items: chance.random() < 0.3)
    check(count, lambda items: len(items) == count or (bool(items) and by_chance(items)))


def check(count: int, fails: Callable[[frozenset[int]], bool]) -> None:
    asked = Asked(fails)
    found = ddmin(range(count), asked)
    assert found.is_minimal
    assert list(found.items) == sorted(found.items)
    assert fails(frozenset(found.items))
    for item in found.items:
        rest = frozenset(found.items) - {item}
        assert not rest or not fails(rest), "it fails without this one as well"
    assert len(asked.sets) <= count * count + 3 * count
    assert () not in asked.sets
    assert tuple(range(count)) not in asked.sets


@given(st.integers(2, 12), st.integers(0, 30), st.sets(st.integers(0, 11), min_size=2))
def test_where_the_answers_run_out_what_is_left_still_fails(count: int, answers: int, culprits: set[int]) -> None:
    culprits = {culprit % count for culprit in culprits}
    asked = Asked(needs_one_of([culprits]))

    def fails(items: tuple[int, ...]) -> bool | None:
        return asked(items) if len(asked.sets) < answers or items in asked.sets else None

    found = ddmin(range(count), fails)
    assert culprits <= set(found.items)
    if found.is_minimal:
        assert set(found.items) == culprits
    assert len(asked.sets) <= answers
