"""The mistakes in a configuration, gathered so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from slugtrim.config.values import Refused
from slugtrim.errors import ConfigError

_MOST = 100
"""No person mends more at once, and a file made to annoy has thousands."""

_AT_THE_END = 1 << 62

T = TypeVar("T")
V = TypeVar("V")


class Problems:
    """Lines for people, each with a place to sort it by."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    @property
    def too_many(self) -> bool:
        """Whether there are enough of them to look no further."""
        return len(self._found) >= _MOST

    def add(self, message: str, line: int = 0) -> None:
        """One more; those that are in no file have no line, and come last in the order in which they were found."""
        if not self.too_many:
            self._found.append((line, message))

    def trying(self, read: Callable[[V], T], value: V, where: str, line: int = 0) -> T | None:
        """What ``read`` makes of ``value``; None where it refuses, which is one more mistake."""
        try:
            return read(value)
        except Refused as refused:
            self.add(f"{where}: {refused}", line)
            return None

    def tell(self) -> None:
        """Raises ``ConfigError`` if there is any."""
        if self._found:
            self._found.sort(key=lambda problem: problem[0] or _AT_THE_END)
            more = ["… and more"] if self.too_many else []
            raise ConfigError([*(message for _, message in self._found), *more])
