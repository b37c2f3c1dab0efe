"""A Ruby glob cut into the segments its search goes through, and its braces written out: Ruby 3.1's ``dir.c``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from msgspec import Struct

ALTERNATIVES_LIMIT = 1000
"""How many patterns the braces of one line may stand for. Ruby has no limit, and would take years over some lines; the
longest list seen in a real ``.slugignore`` has fewer than twenty names."""

_EXPANDED_BYTES_LIMIT = 2_000_000


class TooManyAlternativesError(Exception):
    """Braces stand for more patterns than a ``BraceBudget`` allows, or for endlessly long ones."""


class BraceBudget(Struct, kw_only=True):
    """What braces may cost."""

    patterns: int = ALTERNATIVES_LIMIT
    """How many more patterns they may stand for."""
    expanded_bytes: int = _EXPANDED_BYTES_LIMIT
    """How many more bytes may be written for that, patterns with inner braces included."""

    def spend(self, *, patterns: int = 0, expanded_bytes: int = 0) -> None:
        """Raise ``TooManyAlternativesError`` if this is more than what is left."""
        self.patterns -= patterns
        self.expanded_bytes -= expanded_bytes
        if self.patterns < 0 or self.expanded_bytes < 0:
            raise TooManyAlternativesError


class SegmentKind(Enum):
    """What a segment asks of the search."""

    PLAIN = auto()
    """A path to look up, of one part or several; after a ``**/``, one name to compare."""
    MAGICAL = auto()
    """One name, with stars, question marks or sets."""
    BRACE = auto()
    """As ``MAGICAL``, with braces to write out; there may be slashes in them."""
    RECURSIVE = auto()
    """``**/``: any number of directories."""
    END = auto()
    """What has come so far matches when it exists."""
    END_DIRECTORY = auto()
    """What has come so far matches when it is a directory or a symlink to one."""


class PatternSegment(NamedTuple):
    """A part of a pattern between slashes."""

    kind: SegmentKind
    text: bytes


_SPECIAL = re.compile(rb"\\.?|[\[\]{}/]", re.DOTALL)
_MAGIC = re.compile(rb"\\.?|[*?\[{]", re.DOTALL)
_BRACES = re.compile(rb"\\.?|[{},]", re.DOTALL)
_RECURSIONS = re.compile(rb"(?:\*\*//*+)++")


def compile_pattern(pattern: bytes) -> tuple[PatternSegment, ...]:
    """The segments in order; the last one, and no other, is an end."""
    segments: list[PatternSegment] = []
    at = 0
    end = SegmentKind.END
    recursive = False
    while at < len(pattern):
        if recursions := _RECURSIONS.match(pattern, at):
            segments.append(PatternSegment(SegmentKind.RECURSIVE, b"**"))
            at = recursions.end()
            end = SegmentKind.END_DIRECTORY
            recursive = True
            continue
        stop = _separator(pattern, at)
        kind = _kind(pattern, at, stop)
        if kind is SegmentKind.PLAIN and not recursive:
            stop = _plain_end(pattern, stop)
        segments.append(PatternSegment(kind, pattern[at:stop]))
        end = SegmentKind.END_DIRECTORY if stop < len(pattern) else SegmentKind.END
        at = stop + 1
    segments.append(PatternSegment(end, b""))
    return tuple(segments)


def join_segments(segments: tuple[PatternSegment, ...]) -> bytes:
    """The pattern that these segments, the last of them an end, were cut from."""
    return b"/".join(segment.text for segment in segments if segment.kind is not SegmentKind.END)


def _plain_end(pattern: bytes, stop: int) -> int:
    """Where the run of plain parts ends, the first of which ends at ``stop``; the pattern's last part stays apart."""
    while stop < len(pattern):
        following = _separator(pattern, stop + 1)
        if following == len(pattern) or _kind(pattern, stop + 1, following) is not SegmentKind.PLAIN:
            break
        stop = following
    return stop


def _separator(pattern: bytes, at: int) -> int:
    """Where the part that begins at ``at`` ends. A slash inside ``[]`` or ``{}`` is none; they are not told apart."""
    inside = False
    for token in _SPECIAL.finditer(pattern, at):
        match token[0]:
            case b"[" | b"{":
                inside = True
            case b"]" | b"}":
                inside = False
            case b"/" if not inside:
                return token.start()
    return len(pattern)


def _kind(pattern: bytes, at: int, stop: int) -> SegmentKind:
    kind = SegmentKind.PLAIN
    for token in _MAGIC.finditer(pattern, at, stop):
        match token[0]:
            case b"{":
                return SegmentKind.BRACE
            case b"*" | b"?" | b"[":
                kind = SegmentKind.MAGICAL
    return kind


def expand_braces(pattern: bytes, budget: BraceBudget | None = None) -> Iterator[bytes]:
    """The patterns that braces stand for, in Ruby's order; none when a brace does not close.

    Raises ``TooManyAlternativesError`` if that is more than ``budget`` allows; by default, than one line may have.
    """
    budget = budget or BraceBudget()
    stack = [iter((pattern,))]
    while stack:
        text = next(stack[-1], None)
        if text is None:
            stack.pop()
            continue
        if text is not pattern:
            budget.spend(expanded_bytes=len(text))
        braces = _outer_braces(text)
        if braces is None:
            budget.spend(patterns=1)
            yield text
        elif braces.end is not None:
            stack.append(_alternatives(text, braces.start, braces.end))


class _Braces(NamedTuple):
    start: int
    end: int | None
    """Where the closing brace is; None when there is none."""


def _outer_braces(text: bytes) -> _Braces | None:
    start = None
    depth = 0
    for token in _BRACES.finditer(text):
        if token[0] == b"{":
            if depth == 0 and start is None:
                start = token.start()
            depth += 1
        elif token[0] == b"}" and start is not None:
            depth -= 1
            if depth == 0:
                return _Braces(start, token.start())
    return None if start is None else _Braces(start, None)


def _alternatives(text: bytes, start: int, end: int) -> Iterator[bytes]:
    before, after = text[:start], text[end + 1 :]
    depth = 0
    begin = start + 1
    for token in _BRACES.finditer(text, begin, end):
        if token[0] == b"{":
            depth += 1
        elif token[0] == b"}":
            depth -= 1
        elif token[0] == b"," and depth == 0:
            yield before + text[begin : token.start()] + after
            begin = token.end()
    yield before + text[begin:end] + after
