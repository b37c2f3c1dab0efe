"""How a deploy comes to each file of a slug: one step for each file, and the few bytes that it is kept in.

The step names the file before it, so that steps add up to the chain of any file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.suggester.records import Grade, Link

_GRADES = tuple(Grade)
_START, _NONE = -1, -2
"""Instead of the number of a file: an entry point, or nothing at all."""


class Way(NamedTuple):
    """What is known of one file. A named tuple for the same reason as ``File``."""

    grade: Grade
    link: Link | None
    """The reference that leads to the file, or its entry point, which alone has a text. None if nothing leads there."""


NO_WAY = Way(Grade.UNREACHED, None)


class _KeptWays(Struct, frozen=True, array_like=True):
    """The ways of files in the order of their paths."""

    starts: tuple[Link, ...]
    runs: tuple[int, ...]
    """Grade, file before, line or number of a start, and how many files in a row have that."""


_decoder = msgspec.msgpack.Decoder(_KeptWays)


def packed(ways: Mapping[bytes, Way], paths: Sequence[bytes]) -> bytes:
    """Return the ways of these files as they are kept."""
    index = {path: number for number, path in enumerate(paths)}
    numbers = {grade: number for number, grade in enumerate(_GRADES)}
    starts: dict[Link, int] = {}
    steps = []
    for path in paths:
        grade, link = ways[path]
        before = index.get(link.path) if link is not None and link.path is not None and not link.text else None
        if link is None:
            steps.append((numbers[grade], _NONE, 0))
        elif before is not None:
            steps.append((numbers[grade], before, link.line or 0))
        else:
            steps.append((numbers[grade], _START, starts.setdefault(link, len(starts))))
    runs = [number for step, row in groupby(steps) for number in (*step, sum(1 for _ in row))]
    texts = (replace(link, text=link.text.encode("utf-8", "surrogateescape").decode("latin-1")) for link in starts)
    return msgspec.msgpack.encode(_KeptWays(starts=tuple(texts), runs=tuple(runs)))


def unpacked(data: bytes, paths: Sequence[bytes]) -> Mapping[bytes, Way] | None:
    """Return the ways of these files; None if ``data`` is of other files, or of no known form."""
    try:
        kept = _decoder.decode(data)
        starts = [
            replace(link, text=link.text.encode("latin-1").decode("utf-8", "surrogateescape")) for link in kept.starts
        ]
    except (msgspec.DecodeError, UnicodeError):
        return None
    counts = kept.runs[3::4]
    if len(kept.runs) % 4 or min(counts, default=0) < 0 or sum(counts) != len(paths):
        return None
    found: list[Way] = []
    for grade, before, number, count in zip(*(kept.runs[at::4] for at in range(4)), strict=True):
        link = None
        if not 0 <= grade < len(_GRADES) or not _NONE <= before < len(paths):
            return None
        if before == _START:
            if not 0 <= number < len(starts):
                return None
            link = starts[number]
        elif before >= 0:
            link = Link(path=paths[before], line=number or None, text="")
        found += [Way(_GRADES[grade], link)] * count
    return dict(zip(paths, found, strict=True))
