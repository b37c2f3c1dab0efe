"""Names that a misspelt one may stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

MIN_RATIO = 0.8
"""How alike a name must be to be the one that was meant, by difflib's measure."""
MAX_EFFORT = 10_000_000
"""How much the search for names may cost in one file, counted in pairs of characters: about a second."""
_COST_OF_A_NAME = 3
_COST_OF_A_COMPARISON = 500


class Spellings:
    """The paths of a tree, and the names in them, to find the nearest to a given one."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._paths = paths
        self._effort_left = MAX_EFFORT

    def alike(self, word: bytes, *, is_path: bool) -> list[str]:
        """Return the paths, or else the names, that may be near enough to ``word`` by their lengths and letters.

        Empty once ``MAX_EFFORT`` is spent.
        """
        text = _text(word)
        length, letters = len(text), _letters(text)
        by_length = self._by_length if is_path else self._names_by_length
        found: list[str] = []
        # Two thirds of the length to one and a half times: beyond, not even a name of the same letters is as near.
        for other in range(length * 2 // 3, min(length * 3 // 2, max(by_length, default=0)) + 1):
            names = by_length.get(other, ())
            self._effort_left -= len(names) * _COST_OF_A_NAME
            if self._effort_left <= 0:
                return []
            most_missing = length - MIN_RATIO * (length + other) / 2
            most_further = other - MIN_RATIO * (length + other) / 2
            found += [
                name
                for others, name in names
                if (letters & ~others).bit_count() <= most_missing and (others & ~letters).bit_count() <= most_further
            ]
        return found

    def nearest(self, word: bytes, names: Sequence[str]) -> bytes | None:
        """Return the one of ``names`` that is most like ``word``; None if none is, or if ``MAX_EFFORT`` is spent."""
        from difflib import get_close_matches  # 5 ms that a file without a misspelt name does without

        text = _text(word)
        self._effort_left -= sum(len(text) * len(name) + _COST_OF_A_COMPARISON for name in names)
        found = get_close_matches(text, names, n=1, cutoff=MIN_RATIO) if self._effort_left > 0 else []
        return found[0].encode("utf-8", "surrogateescape") if found else None

    @cached_property
    def _by_length(self) -> Mapping[int, Sequence[tuple[int, str]]]:
        return _by_length(map(_text, self._paths))

    @cached_property
    def _names_by_length(self) -> Mapping[int, Sequence[tuple[int, str]]]:
        return _by_length({_text(path.rpartition(b"/")[2]) for path in self._paths})


def _text(name: bytes) -> str:
    """A name as difflib compares it."""
    return name.decode("utf-8", "surrogateescape")


def _by_length(names: Iterable[str]) -> Mapping[int, Sequence[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        found[len(name)].append((_letters(name), name))
    return found


def _letters(text: str) -> int:
    """Return a bit for each character that ``text`` has; some characters share one."""
    bits = 0
    for char in set(text):
        bits |= 1 << (ord(char) % 64)
    return bits
