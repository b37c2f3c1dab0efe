"""One reference that a file makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct


class Kind(Enum):
    """What kind of reference it is."""

    IMPORT = "import"
    ASSET = "asset"
    TEMPLATE = "template"
    MANIFEST = "manifest"
    COMMAND = "command"
    CONVENTION = "convention"
    """A framework loads it for where it is."""
    SERVED = "served"
    """It stands in a directory that is served or read as a whole."""
    LITERAL = "literal"
    """A string of code that is exactly the path of a file."""


class Reference(Struct, frozen=True, kw_only=True):
    """A written path and what it can lead to."""

    line: int
    kind: Kind
    written: str
    targets: tuple[str, ...]
    """Files or directories, whether there or not."""
    in_order: bool = False
    """The first that is there is meant; otherwise any one will do."""
    at_deploy: bool = True
    """Whether it is followed when the application is built or runs."""


class Lines(Struct, frozen=True):
    """Makes references of one kind in one text."""

    text: str
    kind: Kind

    def at(self, position: int, written: str, targets: Iterable[str | None], *, in_order: bool = False) -> Reference:
        """A reference at a position of the text."""
        there = tuple(dict.fromkeys(target for target in targets if target))
        line = self.text.count("\n", 0, position) + 1 if there else 0
        return Reference(line=line, kind=self.kind, written=written, targets=there, in_order=in_order)


References = Iterator[Reference]
