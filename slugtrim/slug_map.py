"""What a map of a slug draws: every file with its size, its share, and what decides about it.

A report counts directories and names the heaviest files. A map has all files, so it is made only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from slugtrim.files import File, is_within
from slugtrim.measurement import Measurement

if TYPE_CHECKING:
    from slugtrim.diff.difference import Part


class FateKind(Enum):
    """What becomes of a file."""

    KEPT = "kept"
    LEFT_OUT = "left-out"
    """A rule leaves it out."""
    COMPILER = "compiler"
    """The slug compiler removes it, before any rule."""
    GROUP = "group"
    """It is in a compiled slug, in a group of its anatomy."""


class Fate(NamedTuple):
    """What becomes of a file, and why."""

    kind: FateKind
    text: str = ""
    """The rule as it is written, or the name of the group."""
    line: int = 0
    """Of the rule in ``.slugignore``, from 1."""
    package: str = ""
    """Name and version of the package that the file belongs to."""


class MappedFile(NamedTuple):
    """One file of the map. A named tuple for the same reason as ``File``."""

    path: bytes
    size_bytes: int
    compressed_bytes: int
    """Its share of the slug. For a file that is left out, an estimate; 0 where nobody estimates."""
    fate: Fate


class SlugMap(Struct, frozen=True, kw_only=True):
    """The files in byte order of their paths. The shares of those in the slug add up to its compressed size."""

    files: tuple[MappedFile, ...]


_KEPT = Fate(FateKind.KEPT)
_COMPILER = Fate(FateKind.COMPILER)


def map_tree(measured: Measurement, part: bytes = b"") -> SlugMap:
    """Return the map of a tree that was measured with ``Depth.REPORT``; ``part`` is the directory to show."""
    slug, shares, estimates = measured.slug, measured.shares, measured.left_out_shares
    files = [MappedFile(file.path, file.size_bytes, shares.get(file.path, 0), _KEPT) for file in slug.kept]
    rules = {
        rule.line: Fate(FateKind.LEFT_OUT, rule.text.decode("utf-8", "surrogateescape"), rule.line)
        for rule in slug.rules
    }
    for file, rule in slug.left_out:
        files.append(MappedFile(file.path, file.size_bytes, estimates.get(file.path, 0), rules[rule.line]))
    files += [MappedFile(file.path, file.size_bytes, 0, _COMPILER) for file in slug.compiler_removed]
    return SlugMap(files=_sorted(file for file in files if is_within(file.path, part)))


def map_compiled(files: Sequence[File], shares: Mapping[bytes, int], parts: Mapping[bytes, Part]) -> SlugMap:
    """Return the map of a compiled slug. ``parts`` has the group and the package of every path."""
    fates: dict[Part, Fate] = {}  # a few hundred, of tens of thousands of files
    mapped = []
    for file in files:
        part = parts[file.path]
        fate = fates.get(part)
        if fate is None:
            fate = fates[part] = Fate(FateKind.GROUP, part.group, package=f"{part.package} {part.version}".strip())
        mapped.append(MappedFile(file.path, file.size_bytes, shares[file.path], fate))
    return SlugMap(files=_sorted(mapped))


def _sorted(files: Iterable[MappedFile]) -> tuple[MappedFile, ...]:
    """Return the files so that everything below a directory is in one row."""
    return tuple(sorted(files, key=lambda file: file.path))
