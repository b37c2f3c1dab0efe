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

_ByLength = Mapping[int, Sequence[tuple[int, str]]]
"""Length of a name to the names, each with the bits of its letters."""


class Spellings:
    """The paths of a tree, to find the one in the same directory that is nearest to a given one."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._paths = paths
        self._known: dict[bytes, _ByLength] = {}
        self._effort_left = MAX_EFFORT

    def nearest(self, path: bytes) -> bytes | None:
        """Return the path in the same directory whose name is most like that of ``path``.

        None if no name is alike, or if ``MAX_EFFORT`` is spent.
        """
        directory, slash, name = path.rpartition(b"/")
        names = self._alike(_text(name), self._names(directory))
        self._effort_left -= sum(len(name) * len(other) + _COST_OF_A_COMPARISON for other in names)
        if not names or self._effort_left <= 0:
            return None
        from difflib import get_close_matches  # 5 ms that a file without a misspelt name does without

        swapped = [other for other in names if _is_swapped(_text(name), other)]
        found = swapped or get_close_matches(_text(name), names, n=1, cutoff=MIN_RATIO)
        return directory + slash + found[0].encode("utf-8", "surrogateescape") if found else None

    def _alike(self, text: str, by_length: _ByLength) -> list[str]:
        """Return the names that may be near enough to ``text`` by their lengths and letters."""
        length, letters = len(text), _letters(text)
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

    def _names(self, directory: bytes) -> _ByLength:
        known = self._known.get(directory)
        if known is None:
            known = self._known[directory] = _by_length(self._by_directory.get(directory, ()))
        return known

    @cached_property
    def _by_directory(self) -> Mapping[bytes, Sequence[str]]:
        found: dict[bytes, list[str]] = defaultdict(list)
        for path in self._paths:
            directory, _, name = path.rpartition(b"/")
            found[directory].append(_text(name))
        return found


def _is_swapped(one: str, other: str) -> bool:
    """Return True if the two differ in that two characters beside each other have changed places."""
    if len(one) != len(other):
        return False
    at = next((at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]), None)
    return at is not None and one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]


def _text(name: bytes) -> str:
    """Return a name as difflib compares it."""
    return name.decode("utf-8", "surrogateescape")


def _by_length(names: Iterable[str]) -> _ByLength:
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
