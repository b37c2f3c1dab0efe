"""Delta debugging: the few of many things that matter (Zeller and Hildebrandt, https://doi.org/10.1109/32.988498)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

Item = TypeVar("Item")


class Minimal(Struct, Generic[Item], frozen=True, kw_only=True):
    """What is left of a set that fails."""

    items: tuple[Item, ...]
    """In the order given. They fail together."""
    is_minimal: bool
    """Without any one of them the rest does not fail. False where the answers ran out before that was known."""


def ddmin(items: Sequence[Item], fails: Callable[[tuple[Item, ...]], bool | None]) -> Minimal[Item]:
    """A smallest part of ``items``, which fail, that fails in itself: 1-minimal, so not the smallest there may be.

    ``fails`` answers None when it can be asked no more. It may be asked about one set again, so it should remember;
    it is never asked about none of the items, which are taken to pass, nor about all of them. Nothing is taken for
    granted about sets that it was not asked about: more items may fail less.
    """
    left = tuple(items)
    parts = 2
    while len(left) > 1:
        failing = None
        for trial in _trials(left, parts):
            answer = fails(trial.items)
            if answer is None:
                return Minimal(items=left, is_minimal=False)
            if answer:
                failing = trial
                break
        if failing is not None:
            left, parts = failing.items, failing.parts
        elif parts < len(left):
            parts = min(2 * parts, len(left))
        else:
            break
    return Minimal(items=left, is_minimal=True)


class _Trial(NamedTuple, Generic[Item]):
    items: tuple[Item, ...]
    parts: int
    """How many parts to divide it into, should it fail."""


def _trials(items: tuple[Item, ...], parts: int) -> list[_Trial[Item]]:
    """Each of so many parts of about the same size, then all but each of them, whose parts are not cut again."""
    bounds = list(pairwise(at * len(items) // parts for at in range(parts + 1)))
    inside = [_Trial(items[begin:end], 2) for begin, end in bounds]
    if parts == 2:
        return inside
    return inside + [_Trial(items[:begin] + items[end:], parts - 1) for begin, end in bounds]
