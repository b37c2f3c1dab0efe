"""The ``filepath`` dialects: each line is given to Go's ``filepath.Match``, in one of two readings.

It is not documented what the function compares a line with. ``filepath`` compares a line without a slash with every
name, and any other with the path from the root. ``filepath-root`` compares every line with the path from the root. A
slash at the beginning changes nothing in the second, and means the root in the first: the documented examples have it.

Written from the documentation of Go's ``path/filepath``, and held against Go by ``tests/test_differential_go.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from slugtrim.errors import RulesError
from slugtrim.files import Directory, directories_above
from slugtrim.ignore import Outcome, Rule, TreeMatcher, check_wildcards, without_escapes

_WILDCARD = re.compile(rb"[*?\[]")
_MOST_COMPARISONS = 50_000_000
"""Rules with wildcards times names: a second for each ten million."""
_LONGEST_NAME = 4096
"""No path is longer, so nothing fits a pattern that takes more bytes."""
_REPLACEMENT = 0xFFFD
"""What Go reads in a byte that is no UTF-8."""
_CHARACTER = (
    rb"(?>[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
    rb"|[\x80-\xff])"
)
"""A character, or a byte that is none."""
_STRAY_BYTE = rb"(?!" + _CHARACTER.replace(rb"|[\x80-\xff])", b")") + rb")[\x80-\xff]"


class _Malformed(Exception):
    """To Go the pattern is an error, and it matches nothing."""


def parse(content: bytes) -> tuple[Rule, ...]:
    """Return the rules in the content of a ``.slugignore``: its lines, but for empty ones and comments.

    Raises ``RulesError`` for more rules with wildcards than ``MAX_WILDCARDS``.
    """
    rules = []
    for number, line in enumerate(content.split(b"\n"), 1):
        pattern = line.strip()
        if pattern and not pattern.startswith(b"#"):
            rules.append(Rule(line=number, text=line.removesuffix(b"\r"), pattern=pattern))
    check_wildcards(rules, _WILDCARD)
    return tuple(rules)


class FilepathMatcher(TreeMatcher):
    """Tries rules as Go's ``filepath.Match`` does."""

    def __init__(self, root: Directory, *, by_name: bool) -> None:
        """``by_name`` is the reading in which a line without a slash names files everywhere."""
        super().__init__(root)
        self._by_name = by_name

    def decide(self, rules: Sequence[Rule]) -> Outcome:
        """Return what ``rules`` take out, line by line. Raises ``RulesError`` for too many wildcards."""
        self._check(rules)
        removed: dict[bytes, Rule] = {}
        first: dict[bytes, Rule] = {}  # what a line takes is gone for the same line below
        for rule in rules:
            first.setdefault(rule.pattern, rule)
        for rule in first.values():
            for path in self._matches(rule.pattern):
                if path not in removed and not any(above in removed for above in directories_above(path)):
                    removed[path] = rule
        return Outcome(rules=tuple(rules), removed=removed, deletions={})

    def _check(self, rules: Sequence[Rule]) -> None:
        patterns: set[bytes] = set()
        for rule in rules:
            if _WILDCARD.search(rule.pattern):
                patterns.add(rule.pattern)
                if len(patterns) * len(self._is_directory) > _MOST_COMPARISONS:
                    raise RulesError(
                        f".slugignore:{rule.line}: up to here are too many rules with wildcards for "
                        f"{len(self._is_directory):,} files and directories; name directories instead"
                    )

    def _matches(self, pattern: bytes) -> Iterator[bytes]:
        only_directories = self._by_name and pattern.endswith(b"/")
        body = pattern[:-1] if only_directories else pattern
        is_name = self._by_name and b"/" not in body
        body = body.removeprefix(b"/")
        for text in self._texts(body, self._paths_by_name if is_name else self._is_directory):
            for path in self._paths_by_name.get(text, ()) if is_name else (text,):
                is_directory = self._is_directory.get(path)
                if is_directory or (is_directory is not None and not only_directories):
                    yield path

    def _texts(self, body: bytes, texts: Mapping[bytes, object]) -> Iterator[bytes]:
        if not _WILDCARD.search(body) and not body.endswith(b"\\"):
            yield without_escapes(body)
            return
        expression = compiled(body)
        if expression is not None:
            yield from filter(expression.fullmatch, texts)


@lru_cache(maxsize=256)
def compiled(pattern: bytes) -> re.Pattern[bytes] | None:
    """Return what a name has to match in full; None for a pattern that is malformed, or too long for any name.

    A star takes the first place where what follows it fits, for good, as in Go. So twenty stars cost no more than two.
    """
    if len(pattern) > 16 * _LONGEST_NAME:
        return None
    try:
        chunks = [(star, _chunk(text)) for star, text in _chunks(pattern)]
    except _Malformed:
        return None
    if sum(len(chunk) for _, chunk in chunks) > _LONGEST_NAME:
        return None
    expression = b""
    for index, (star, chunk) in enumerate(chunks):
        text = b"".join(chunk)
        is_last = index == len(chunks) - 1
        if not star:
            expression += text
        elif not chunk:
            expression += rb"[^/]*"
        else:
            expression += (rb"[^/]*?" + text) if is_last else rb"(?>[^/]*?" + text + b")"
    return re.compile(expression, re.DOTALL)


def _chunks(pattern: bytes) -> Iterator[tuple[bool, bytes]]:
    """The parts between stars, each with whether there is a star before it."""
    at = 0
    while at < len(pattern):
        begin = at
        while pattern[at : at + 1] == b"*":
            at += 1
        star, begin = at > begin, at
        in_class = False
        while at < len(pattern):
            byte = pattern[at : at + 1]
            if byte == b"\\":
                at += 1
            elif byte in (b"[", b"]"):
                in_class = byte == b"["
            elif byte == b"*" and not in_class:
                break
            at += 1
        yield star, pattern[begin:at]


def _chunk(text: bytes) -> list[bytes]:
    """The expressions of one chunk, one for each byte, character or class. Raises ``_Malformed``."""
    found = []
    at = 0
    while at < len(text):
        byte = text[at : at + 1]
        at += 1
        if byte == b"[":
            expression, at = _class(text, at)
            found.append(expression)
        elif byte == b"?":
            found.append(b"(?!/)" + _CHARACTER)
        else:
            if byte == b"\\":
                byte = text[at : at + 1]
                at += 1
                if not byte:
                    raise _Malformed
            found.append(re.escape(byte))
    return found


def _class(text: bytes, at: int) -> tuple[bytes, int]:
    """The expression of a class that begins behind the ``[`` before ``at``, and where the chunk goes on.

    A class may take a slash, as in Go.
    """
    negated = text[at : at + 1] == b"^"
    at += negated
    ranges: list[bytes] = []
    is_first = True
    while is_first or text[at : at + 1] != b"]":
        is_first = False
        low, at = _member(text, at)
        high = low
        if text[at : at + 1] == b"-":
            high, at = _member(text, at + 1)
        if low <= high:
            ranges += _range(low, high)
    one_of = b"(?:" + b"|".join(ranges) + b")" if ranges else b"(?!)"
    return (b"(?!" + one_of + b")" + _CHARACTER if negated else one_of), at + 1


def _member(text: bytes, at: int) -> tuple[int, int]:
    """One character of a class, escaped or not, and where the class goes on. Something has to follow."""
    if text[at : at + 1] in (b"", b"-", b"]"):
        raise _Malformed
    if text[at : at + 1] == b"\\":
        at += 1
    for size in range(1, 5):
        try:
            character = text[at : at + size].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if len(character) == 1 and at + size < len(text):
            return ord(character), at + size
    raise _Malformed


_LAST_OF_SIZE = (0x7F, 0x7FF, 0xD7FF, 0xFFFF, 0x10FFFF)
"""The last character of each size in UTF-8, and the last before the surrogates, which UTF-8 has not."""


def _range(low: int, high: int) -> Iterator[bytes]:
    """The expressions of the characters from ``low`` to ``high``."""
    if low <= _REPLACEMENT <= high:
        yield _STRAY_BYTE
    begin = 0
    for last in _LAST_OF_SIZE:
        first, end = max(low, begin), min(high, last)
        if first <= end:
            yield _between(chr(first).encode(), chr(end).encode())
        begin = 0xE000 if last == 0xD7FF else last + 1


def _between(low: bytes, high: bytes) -> bytes:
    """The expression of the characters between two of the same size in UTF-8."""
    if len(low) == 1:
        return rb"[\x%02x-\x%02x]" % (low[0], high[0])
    if low[0] == high[0]:
        return re.escape(low[:1]) + _between(low[1:], high[1:])
    rest = len(low) - 1
    parts = [re.escape(low[:1]) + _between(low[1:], b"\xbf" * rest)]
    if high[0] - low[0] > 1:
        parts.append(rb"[\x%02x-\x%02x][\x80-\xbf]{%d}" % (low[0] + 1, high[0] - 1, rest))
    parts.append(re.escape(high[:1]) + _between(b"\x80" * rest, high[1:]))
    return b"(?:" + b"|".join(parts) + b")"
