"""Many names or paths compared with a pattern at once.

Every character of every text is one bit of a large integer. A pattern is a few operations on such integers for each of
its tokens. The cost is the length of the pattern times the length of all texts, whatever they hold, because nothing
backtracks. One operation takes 64 characters or more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from itertools import accumulate
from typing import Protocol

_BLOCK_CHARACTERS = 1 << 16
"""How many characters are compared together: an integer of that many bits fits into a processor's first cache."""
_MAX_KEPT_MASKS = 500
"""A file of a megabyte may hold a quarter of a million different sets, and a mask of a block takes 8 KB."""
_NO_CHARACTER = "\ud800"
"""Stands between two texts. Neither Latin-1 nor UTF-8 with escaped bytes decodes to it."""


class Wildcard(Enum):
    """A token that takes any number of characters."""

    STAR = auto()
    """Characters other than a slash."""
    ANYTHING = auto()
    """Characters, slashes included."""
    DIRECTORIES = auto()
    """Nothing, or characters up to and including a slash."""


class Characters(Protocol):
    """A token that takes one character of a set. Equal sets have equal hashes."""

    def __contains__(self, char: object, /) -> bool: ...

    def __hash__(self) -> int: ...


Token = str | Characters | Wildcard
"""A part of a pattern. A string is one character that stands for itself."""


class Block:
    """Some texts as bits. A set of positions is an integer; a text ends at the position behind its last character."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._ends_at = [length - 1 for length in accumulate(len(text) + 1 for text in texts)]
        # The first digit of a number is its highest bit, so the last text comes first, and backwards.
        self.ends = int("".join("1" + "0" * len(text) for text in reversed(texts)), 2)
        self._backwards = _NO_CHARACTER.join(texts)[::-1]
        everywhere = (1 << (self._ends_at[-1] + 1)) - 1
        self._starts = ((self.ends << 1) | 1) & everywhere
        self._characters = everywhere ^ self.ends
        self._masks: dict[str | Characters, int] = {}
        self._alphabet = frozenset(self._backwards) - {_NO_CHARACTER}
        self._within_names = self._characters & ~self._mask("/")

    def find(self, tokens: Iterable[Token], *, hidden: bool = True) -> int:
        """Return the ends of the texts that ``tokens`` match in full. ``hidden`` texts begin with a dot."""
        at = self._starts if hidden else self._starts & ~self._mask(".")
        for token in tokens:
            if token is Wildcard.STAR:
                at = _spread(at, self._within_names)
            elif token is Wildcard.ANYTHING:
                at = _spread(at, self._characters)
            elif token is Wildcard.DIRECTORIES:
                at |= (_spread(at, self._characters) & self._mask("/")) << 1
            else:
                at = (at & self._mask(token)) << 1
            if not at:
                break
        return at & self.ends

    def texts_at(self, ends: int) -> Iterator[tuple[int, str]]:
        """Yield the positions in ``ends``, each with the text that ends there, in order."""
        digits = bin(ends)[:1:-1]
        at = digits.find("1")
        while at >= 0:
            yield at, self._texts[bisect_left(self._ends_at, at)]
            at = digits.find("1", at + 1)

    def _mask(self, token: str | Characters) -> int:
        """Return the positions of a character, or of all characters of a set."""
        mask = self._masks.get(token)
        if mask is None:
            if isinstance(token, str):
                mask = int("1".join("0" * len(part) for part in self._backwards.split(token)), 2)
            else:
                mask = 0
                for char in self._alphabet:
                    if char in token:
                        mask |= self._mask(char)
            if len(self._masks) > _MAX_KEPT_MASKS:
                self._masks.clear()
            self._masks[token] = mask
        return mask


def blocks(texts: Iterable[str]) -> list[Block]:
    """Divide many texts into blocks."""
    found = []
    gathered: list[str] = []
    characters = 0
    for text in texts:
        gathered.append(text)
        characters += len(text) + 1
        if characters >= _BLOCK_CHARACTERS:
            found.append(Block(gathered))
            gathered, characters = [], 0
    if gathered:
        found.append(Block(gathered))
    return found


def _spread(at: int, through: int) -> int:
    """Return the positions that are reached from those in ``at`` over any number of characters in ``through``."""
    # The sum carries from each position to the end of its run of ones; what it passes is what changes.
    return at | (((at & through) + through) ^ through)
