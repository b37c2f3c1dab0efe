"""Reading single values: sizes, classes, percentages, counts, names and patterns, from a file or as typed."""

from __future__ import annotations

import re
from fractions import Fraction

from slugtrim.budget import Amount, Written
from slugtrim.config.spelling import inner, nearest, shown
from slugtrim.errors import RulesError, UsageError
from slugtrim.ignore import Dialect, parse
from slugtrim.platforms import PLATFORM
from slugtrim.sizer import table
from slugtrim.units import parse_size

_PERCENT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) ?%", re.ASCII)
_SIZE_LIKE = re.compile(r"[0-9.]+ ?[A-Za-z]*", re.ASCII)
_MOST_PERCENT = 1000
_MOST = 10**18
"""Files or bytes. Nobody has as many."""


class Refused(Exception):
    """A value that cannot be; ``str()`` of it says what is wrong with it and what to write instead."""


def read_size(value: object, written: Written) -> Amount:
    """An amount of bytes."""
    return Amount(value=_size(value, '"300MB"'), text=_text(value), written=written)


def read_total(value: object, written: Written) -> Amount:
    """The same, or a class: then the most that a slug of this class can have."""
    classes = table().classes
    *lighter, heaviest = (size_class.value for _, size_class in classes)
    if value == heaviest:
        raise Refused(
            f'"{heaviest}" is the heaviest class, so it forbids nothing; write {", ".join(lighter)} or a size'
        )
    for name, (next_least, _) in zip(lighter, classes[1:], strict=True):
        if value == name:
            return Amount(value=next_least - 1, text=name, written=written)
    near = nearest(value, lighter) if isinstance(value, str) and value.isalpha() else None
    if near is not None:
        raise Refused(f"{shown(value)} is neither a size nor a class; did you mean {near}?")
    return read_size(value, written)


def read_growth(value: object, written: Written) -> Amount:
    """An amount of bytes, or a percentage."""
    if not isinstance(value, str) or _SIZE_LIKE.fullmatch(value.strip()):
        return Amount(value=_size(value, '"2MB" or "5%"'), text=_text(value), written=written)
    match = _PERCENT.fullmatch(value.strip())
    if match is None:
        raise Refused(f"{shown(value)} is neither a size nor a percentage; write 2MB or 5%")
    percent = Fraction(match[1])
    if percent > _MOST_PERCENT:
        raise Refused(f"{shown(value)} is more than {_MOST_PERCENT}%, which forbids nothing; write 5%, or a size")
    return Amount(percent=percent, text=_text(value), written=written)


def read_files(value: object, written: Written) -> Amount:
    """A number of files."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"{shown(value)} is not a number of files; write a whole number, as 5000")
    if value >= _MOST:
        raise Refused(f"{shown(value)} is more files than there can be; write a number such as 5000")
    return Amount(value=value, text=str(value), written=written)


def read_dialect(value: object) -> Dialect:
    """How rules are read."""
    known = [dialect.value for dialect in PLATFORM.ignore_file.dialects]
    if isinstance(value, str) and value in known:
        return Dialect(value)
    near = nearest(value, known) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near is not None else f"write {' or '.join(known)}"
    raise Refused(f"{shown(value)} is not a dialect; {advice}")


def read_remote(value: object) -> str:
    """The name of a git remote."""
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{shown(value)} is not the name of a remote; write one that git remote shows")
    return value


def read_pattern(text: str) -> bytes:
    """A pattern in gitignore's language."""
    pattern = text.encode()
    if b"\n" in pattern or b"\r" in pattern:
        raise Refused("is not one line; write a pattern for each")
    try:
        rules = parse(pattern, Dialect.GITIGNORE)
    except RulesError:
        raise Refused("has a character that no path can have; write a pattern as in .slugignore") from None
    if pattern.startswith(b"#"):
        raise Refused("is a comment to gitignore, so it names nothing; write \\# for a name that begins so")
    if not rules or not rules[0].pattern.strip(b"/"):
        raise Refused('names nothing; write a pattern as in .slugignore, as "app/assets/**"')
    if rules[0].negated:
        raise Refused("begins with !, which a budget has no use for; name what it is about, or write \\!")
    return pattern


def _size(value: object, example: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST:
        raise Refused(f'{shown(value)} has no unit; write "{shown(value)}MB"')
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not a size; write {example}")
    try:
        return parse_size(inner(value))
    except UsageError as error:
        raise Refused(str(error)) from None


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value.strip()
