"""Which entries are verified, which the command fails without, and what becomes of those no run was left for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.suggester.records import Ending
from slugtrim.verifier.verify import BASELINE, Ledger, Reach, VerifyResult, verify
from tests.builders import make_tree
from tests.rows import each_row


class Command:
    """A command that fails without all of any of some groups of entries."""

    def __init__(self, *groups: Collection[int]) -> None:
        self.tried: list[frozenset[int]] = []
        self._groups = groups

    def run(self, without: frozenset[int]) -> Ending:
        self.tried.append(without)
        fails = any(without.issuperset(group) for group in self._groups)
        return Ending(status=int(fails), signal=None, seconds=0.1, lines=(f"without {sorted(without)}",))


def verdict(command: Command, weights: Sequence[int], most_runs: int = 100) -> VerifyResult:
    ledger = Ledger(command.run, most_runs)
    assert ledger.ending(BASELINE) is not None
    found = verify(weights, ledger)
    assert ledger.runs == len(command.tried) == len(set(command.tried)) <= most_runs
    return found


def culprits(found: VerifyResult) -> list[tuple[int, ...]]:
    return [each.numbers for each in found.culprits]


def test_what_passes_at_once_takes_two_runs() -> None:
    command = Command()
    found = verdict(command, [1] * 50, 2)
    assert found == VerifyResult(verified=frozenset(range(50)), culprits=(), unverified=frozenset())
    assert len(command.tried) == 2


@each_row(
    "groups, expected",
    [
        ([{3}], [(3,)]),
        ([{2, 5}], [(2, 5)]),
        ([{0}, {4}, {7}], [(0,), (4,), (7,)]),
        ([{0}, {2, 5}], [(0,), (2, 5)]),
        ([{1, 2}, {2, 3}], [(2, 3)]),
        ([{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}], [(number,) for number in range(8)]),
    ],
)
def test_each_minimal_set_is_found_and_the_rest_is_verified(
    groups: list[set[int]], expected: list[tuple[int, ...]]
) -> None:
    command = Command(*groups)
    found = verdict(command, [1] * 8)
    assert culprits(found) == expected
    assert found.unverified == frozenset()
    gone = {number for numbers in expected for number in numbers}
    assert found.verified == frozenset(range(8)) - gone
    assert found.verified == BASELINE or found.verified in command.tried
    for each in found.culprits:
        assert each.ending.lines == (f"without {list(each.numbers)}",)


@given(st.lists(st.sets(st.integers(0, 7), min_size=1), max_size=4), st.integers(1, 40))
def test_with_any_number_of_runs_nothing_is_suggested_that_no_run_passed_without(
    groups: list[set[int]], most_runs: int
) -> None:
    command = Command(*groups)
    found = verdict(command, [5, 9, 1, 1, 7, 3, 3, 2], most_runs)
    parts = [found.verified, found.unverified, *(frozenset(each.numbers) for each in found.culprits)]
    assert sorted(number for part in parts for number in part) == list(range(8))
    assert found.verified in command.tried
    assert not any(found.verified.issuperset(group) for group in groups)
    for each in found.culprits:
        assert any(set(each.numbers) == group for group in groups)


def test_where_the_runs_end_the_heaviest_set_that_passed_is_suggested() -> None:
    command = Command({0})
    found = verdict(command, [1, 1, 5, 5], 4)
    assert command.tried == [BASELINE, {0, 1, 2, 3}, {0, 1}, {0}]
    assert culprits(found) == [(0,)]
    assert (sorted(found.verified), sorted(found.unverified)) == ([], [1, 2, 3])
    command = Command({3})
    found = verdict(command, [1, 1, 5, 5], 3)
    assert culprits(found) == []
    assert (sorted(found.verified), sorted(found.unverified)) == ([0, 1], [2, 3])


def test_an_entry_reaches_files_that_are_others_in_the_list(tmp_path: Path) -> None:
    files = ["design/a.psd", "design/b.txt", "web/a.psd", "web/.hid.psd", "web/c.psdx", "web/[x].psd", "app.rb"]
    tree = open_tree(bytes(make_tree(tmp_path, dict.fromkeys(files, "x"))), use_git=False)
    reach = Reach(scan(tree))
    assert reach.of(b"/design") == {b"design/a.psd", b"design/b.txt"}
    assert reach.of(b"/app.rb") == {b"app.rb"}
    assert reach.of(b"*.psd") == {b"design/a.psd", b"web/a.psd", b"web/[x].psd", b"web/.hid.psd"}
    assert reach.of(b"/web/?x?.psd") == {b"web/[x].psd"}
    assert reach.of(b"/web/*.psdx") == {b"web/c.psdx"}
    assert reach.of(b"/absent") == frozenset()
