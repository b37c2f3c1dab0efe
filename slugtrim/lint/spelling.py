"""Names that a misspelt one may stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

MIN_RATIO = 0.8
"""How alike a name must be to be the one that was meant, by difflib's measure."""
MAX_EFFORT = 60_000_000
"""How much one search for names may cost in all, counted in pairs of characters: two or three seconds."""
_COST_OF_A_NAME = 3
_COST_OF_A_COMPARISON = 500


class Spellings:
    """The paths of a tree, and the names in them, to find the nearest to a given one."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._paths = paths
        self._effort_left = MAX_EFFORT

    def nearest(self, word: bytes, *, is_path: bool) -> bytes | None:
        """Return the path or name that is most like ``word``; None if none is near, or ``MAX_EFFORT`` is spent."""
        text = _text(word)
        near = self._like(text, self._by_length if is_path else self._names_by_length)
        if not near or self._effort_left <= 0:
            return None
        from difflib import get_close_matches  # 5 ms that a file without a misspelt name does without

        found = get_close_matches(text, near, n=1, cutoff=MIN_RATIO)
        return found[0].encode("utf-8", "surrogateescape") if found else None

    def _like(self, text: str, by_length: Mapping[int, Sequence[tuple[int, str]]]) -> list[str]:
        """Return the names that may be as near as ``MIN_RATIO``, by their lengths and letters."""
        length, letters = len(text), _letters(text)
        found = []
        # Two thirds of the length to one and a half times: beyond, not even a name of the same letters is as near.
        for other in range(length * 2 // 3, length * 3 // 2 + 1):
            names = by_length.get(other, ())
            least = MIN_RATIO * (length + other) / 2
            self._effort_left -= len(names) * _COST_OF_A_NAME
            if self._effort_left <= 0:
                break
            for other_letters, name in names:
                missing, further = letters & ~other_letters, other_letters & ~letters
                if min(length - missing.bit_count(), other - further.bit_count()) >= least:
                    self._effort_left -= length * other + _COST_OF_A_COMPARISON
                    found.append(name)
        return found

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
