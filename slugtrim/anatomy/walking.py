"""What patterns name on the way down to each file of a slug, with every directory looked at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from slugtrim.suggester.matching import Node, Pattern

T = TypeVar("T")

_DEPTH = 32
"""So deep every directory on the way is remembered; below, only those that hold a file."""


class _Spot(NamedTuple, Generic[T]):
    """A directory on the way."""

    anchored: list[Node[T]]
    """Where patterns stand that must go on with the next name."""
    named: tuple[tuple[T, bytes], ...]
    """What names this directory or one above, and which that is."""


class Walk(Generic[T]):
    """Patterns, each with what it stands for."""

    def __init__(self, rules: Iterable[tuple[T, Sequence[Pattern]]]) -> None:
        self._top: Node[T] = Node()
        self._anywhere: Node[T] = Node()
        for value, patterns in rules:
            for pattern in patterns:
                (self._top if pattern.anchored else self._anywhere).add(pattern, value)
        self._spots: dict[tuple[bytes, int], _Spot[T]] = {}
        self._ways: dict[int, list[tuple[bytes, _Spot[T]]]] = defaultdict(list)
        """By length of the root, the directories from the one that is remembered down to the last one looked at."""

    def named(self, path: bytes, root: bytes = b"") -> Sequence[tuple[T, bytes]]:
        """Everything that names ``path`` or a directory above it, each with what it names.

        ``root``, a directory above ``path`` or empty: anchored patterns begin there, and nothing above it counts.
        """
        directory, _, name = path.rpartition(b"/")
        spot = self._spot(directory, root)
        nodes = self._after(spot, name.lower())
        if not any(node.marks for node in nodes):
            return spot.named
        here = [(value, path) for node in nodes for value, only_directories in node.marks if not only_directories]
        return (*spot.named, *here)

    def _spot(self, directory: bytes, root: bytes) -> _Spot[T]:
        # Iterative, from the nearest directory known down: a path may be deeper than Python recurses.
        key = directory, len(root)
        if key in self._spots:
            return self._spots[key]
        way = self._ways[len(root)]
        while way and not directory.startswith(way[-1][0] + b"/"):
            way.pop()
        above = way[-1][0] if way else None
        missing = []
        while key not in self._spots and key[0] != above:
            if len(key[0]) <= len(root):
                self._spots[key] = _Spot([self._top], ())
                break
            missing.append(key)
            key = key[0].rpartition(b"/")[0], len(root)
        spot = way[-1][1] if way and key[0] == above else self._spots[key]
        for key in reversed(missing):
            path = key[0]
            nodes = self._after(spot, path.rpartition(b"/")[2].lower())
            here = tuple((value, path) for node in nodes for value, _ in node.marks)
            going_on = [node for node in nodes if node.has_children]
            spot = _Spot(going_on, spot.named + here if here else spot.named)
            if key is missing[0] or path.count(b"/") < _DEPTH:
                self._spots[key] = spot
            way.append((path, spot))
        return spot

    def _after(self, spot: _Spot[T], name: bytes) -> list[Node[T]]:
        return [after for node in (self._anywhere, *spot.anchored) for after in node.after(name)]
