"""Sizes as a build log prints them and as people type them, 1024-based throughout: 1K is 1024 bytes. Times as well."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slugtrim.errors import UsageError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_UNITS = {"B": 1, "K": KIB, "KB": KIB, "KIB": KIB, "M": MIB, "MB": MIB, "MIB": MIB, "G": GIB, "GB": GIB, "GIB": GIB}
_SIZE = r"(?a)([0-9]{1,20}(?:\.[0-9]{1,20})?) ?([A-Za-z]*)"
_LETTERS = "BKMGTPEZY"
_SECONDS = {"S": 1, "SEC": 1, "M": 60, "MIN": 60, "H": 3600}
_DURATION = r"(?a)([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)"


def parse_size(text: str) -> int:
    """Bytes in a size a person typed: a decimal number, an optional space, ``B K KB KiB M MB MiB G GB GiB``, any case.

    Raises ``UsageError`` for anything else; a bare number is refused, because nobody knows its unit.
    """
    from fractions import Fraction  # 3 ms that a run which prints no size does without

    match = re.fullmatch(_SIZE, text.strip())
    if match is None or match[2].upper() not in {*_UNITS, ""}:
        raise UsageError(f'"{text}" is not a size; write 300MB or 300MiB')
    if not match[2]:
        raise UsageError(f'"{text}" has no unit; did you mean {match[1]}MB?')
    return round(Fraction(match[1]) * _UNITS[match[2].upper()])


def format_size(size_bytes: int, thresholds_bytes: Iterable[int] = ()) -> str:
    """Return a size as the build log prints it: ``50.3M``, ``102M`` (no ``.0``), ``688K``, ``12B``.

    From 1000K on, it is ``1M``; from 1000M on, ``1G``. A size is rounded down rather than up onto one of
    ``thresholds_bytes`` that it has not reached: what is under 15 MB never reads ``15M``.
    """
    from fractions import Fraction  # as above

    text = _natural(size_bytes)
    shown = Fraction(text[:-1]) * 1024 ** _LETTERS.index(text[-1])
    unit = 1024 ** ((max(size_bytes, 1).bit_length() - 1) // 10)
    thresholds = tuple(thresholds_bytes)
    following = unit * 1024
    has_next = unit in (KIB, MIB) and not any(size_bytes < limit <= following for limit in thresholds)
    if has_next and shown >= 1000 * unit:
        return _natural(following).replace(".0", "")
    if any(size_bytes < limit <= shown for limit in (following, *thresholds)):
        text = _natural(size_bytes * 10 // unit * unit // 10)
    return text.replace(".0", "")


def _natural(size_bytes: int) -> str:
    import humanize  # 12 ms that a hook with nothing to print does without

    return humanize.naturalsize(size_bytes, gnu=True, format="%.1f")


def parse_duration(text: str) -> float:
    """Seconds in a time a person typed: a decimal number, an optional space, ``s sec m min h``, any case.

    Raises ``UsageError`` for anything else, for a bare number as for a size, and for no time at all.
    """
    match = re.fullmatch(_DURATION, text.strip())
    if match is None or match[2].upper() not in {*_SECONDS, ""}:
        raise UsageError(f'"{text}" is not a time; write 90s, 15m or 1h')
    if not match[2]:
        raise UsageError(f'"{text}" has no unit; did you mean {match[1]}m?')
    seconds = float(match[1]) * _SECONDS[match[2].upper()]
    if not seconds:
        raise UsageError(f'"{text}" leaves no time at all; write 90s, 15m or 1h')
    return seconds


def format_duration(seconds: float) -> str:
    """``4.1s`` below a minute, ``5m`` or ``5m12s`` below an hour, then ``1h`` or ``1h02m``; no longer than it was."""
    if seconds < 60:
        return f"{int(seconds * 10) / 10:g}s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if rest else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if minutes else f"{hours}h"
