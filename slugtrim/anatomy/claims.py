"""What is looked through for waste, and what a sign of it says: which file, where to show it, how much of it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from slugtrim.anatomy.bytecode import Bytecode, bytecode_of
from slugtrim.anatomy.catalog import WasteRule
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.placing import Placed


class WasteClaim(NamedTuple):
    """A file that is waste, or partly so."""

    at: int
    """Which of the files placed."""
    place: bytes
    """The directory or file to show."""
    goes_bytes: int | None = None
    """How much of it goes; None for all."""


class Ground:
    """One slug, with all that is known of its files."""

    def __init__(
        self,
        placed: Sequence[Placed],
        seen: Seen,
        *,
        links: Mapping[bytes, bytes],
        hard_links: Mapping[bytes, bytes],
    ) -> None:
        """``links`` and ``hard_links``: path to target."""
        self.placed = placed
        self.seen = seen
        self.links = links
        self.hard_links = hard_links

    def within(self, rule: WasteRule) -> Iterator[tuple[int, Placed]]:
        """The files of the groups that ``rule`` is about, each with its number."""
        for at in self._of_groups(rule) if rule.groups else range(len(self.placed)):
            yield at, self.placed[at]

    def _of_groups(self, rule: WasteRule) -> list[int]:
        return sorted(at for group in rule.groups for at in self._by_group.get(group, ()))

    @cached_property
    def _by_group(self) -> Mapping[str, Sequence[int]]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for at, placed in enumerate(self.placed):
            numbers[placed.group.id].append(at)
        return numbers

    @cached_property
    def compiled(self) -> Mapping[int, Bytecode]:
        """The numbers of files that are compiled Python, and what each of them is."""
        return {
            at: bytecode_of(placed.file.path, self.paths)
            for at, placed in enumerate(self.placed)
            if placed.file.path.endswith(b".pyc")
        }

    @cached_property
    def paths(self) -> frozenset[bytes]:
        """Those of all files."""
        return frozenset(placed.file.path for placed in self.placed)
