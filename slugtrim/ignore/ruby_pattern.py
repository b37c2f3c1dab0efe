"""Ruby 3.1's glob patterns: braces, segments, and ``File.fnmatch`` for one segment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from slugtrim.ignore.at_once import Block, Token, Wildcard, blocks

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


_FIRST_BAD, _LAST_BAD = "\udc80", "\udcff"
_MAX_KEPT_NAMES = 200_000


class _Set(NamedTuple):
    """A set of characters."""

    negated: bool
    ranges: frozenset[tuple[str, str]]
    """The first and the last character of each range."""

    def __contains__(self, char: object) -> bool:
        return isinstance(char, str) and any(low <= char <= high for low, high in self.ranges) != self.negated


_ANY = _Set(True, frozenset())


class NamePattern(Struct, frozen=True, kw_only=True):
    """A pattern without slash or braces, ready to be tried on names."""

    exact: bytes | None = None
    """The only name it matches; empty when it matches none."""
    tokens: tuple[Token, ...] = ()
    """What it is made of, when it has wildcards."""

    @property
    def takes_hidden(self) -> bool:
        """Whether it takes a name that begins with a dot, which no wildcard does."""
        return self.tokens[:1] == (".",)

    def matches(self, name: bytes) -> bool:
        """Whether this is the name, which is neither empty nor holds a slash."""
        if self.exact is not None:
            return name == self.exact
        if name.startswith(b".") and not self.takes_hidden:
            return False
        return Block([_decode(name)]).find(self.tokens) != 0


class Names:
    """The names in a tree, which patterns are compared with at once."""

    def __init__(self, names: Iterable[bytes]) -> None:
        """``names`` has each name once for each entry that has it."""
        self._left = Counter(names)
        self._blocks = blocks(map(_decode, sorted(self._left)))
        self._ends_left = [block.ends for block in self._blocks]
        self._lost: list[bytes] = []
        self._kept: dict[bytes, frozenset[bytes]] = {}
        self._kept_names = 0

    def __contains__(self, name: bytes) -> bool:
        return name in self._left

    def lose(self, names: Iterable[bytes]) -> None:
        """Take out one entry of each of these names."""
        before = len(self._lost)
        self._lost += names
        self._left.subtract(self._lost[before:])

    def restore(self) -> None:
        """Bring back all that was lost."""
        if self._lost:
            self._left.update(self._lost)
            self._lost.clear()
            self._ends_left = [block.ends for block in self._blocks]
            self._forget()

    def matching(self, text: bytes) -> frozenset[bytes]:
        """Return the names that the pattern ``text``, which has no slash and no braces, matches.

        Among them may be names of which no entry is left.
        """
        found = self._kept.get(text)
        if found is None:
            found = frozenset(self.each_matching(text))
            self._kept_names += len(found) + 1
            if self._kept_names > _MAX_KEPT_NAMES:
                self._forget()
            self._kept[text] = found
        return found

    def each_matching(self, text: bytes) -> Iterator[bytes]:
        """Yield the names that ``matching`` returns, but those of which no entry is left."""
        pattern = compile_name(text)
        if pattern.exact is not None:
            if pattern.exact in self._left:
                yield pattern.exact
            return
        for number, block in enumerate(self._blocks):
            found = block.find(pattern.tokens, hidden=pattern.takes_hidden) & self._ends_left[number]
            for end, found_text in block.texts_at(found):
                name = found_text.encode("utf-8", "surrogateescape")
                if self._left[name] > 0:
                    yield name
                else:
                    self._ends_left[number] &= ~(1 << end)  # so that it is found this once only

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_names = 0


_NO_NAME = NamePattern(exact=b"")


@lru_cache(maxsize=1000)
def compile_name(pattern: bytes) -> NamePattern:
    """The pattern of one path part; one that Ruby finds fault with matches no name."""
    tokens = _tokens(_decode(pattern))
    if tokens is None:
        return _NO_NAME
    literal = [token for token in tokens if isinstance(token, str)]
    if len(literal) == len(tokens):
        return NamePattern(exact="".join(literal).encode())
    return NamePattern(tokens=tuple(tokens))


def matches_any_name(pattern: bytes) -> bool:
    """Return True if every name matches that does not begin with a dot, whatever it is."""
    return compile_name(pattern).tokens == (Wildcard.STAR,)


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _is_bad(char: str) -> bool:
    return _FIRST_BAD <= char <= _LAST_BAD


def _tokens(text: str) -> list[Token] | None:
    """None when nothing can match: a set that does not end or holds nothing, a byte that is no character."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            if tokens[-1:] != [Wildcard.STAR]:
                tokens.append(Wildcard.STAR)
        elif char == "?":
            tokens.append(_ANY)
        elif char == "[":
            found = _bracket(text, at)
            if found is None:
                return None
            token, at = found
            tokens.append(token)
        else:
            if char == "\\":
                if at == len(text):
                    break
                char = text[at]
                at += 1
            if _is_bad(char):
                return None
            tokens.append(char)
    return tokens


def _bracket(text: str, at: int) -> tuple[_Set, int] | None:
    """The set that begins at ``at``, after its ``[``, and where the pattern goes on."""
    negated = text[at : at + 1] in ("!", "^")
    if negated:
        at += 1
    ranges: set[tuple[str, str]] = set()
    while True:
        if text[at : at + 1] == "]":
            break
        first, at = _element(text, at)
        if not first or at >= len(text):
            return None
        ranges |= _item(first)
        if text[at] == "-" and text[at + 1 : at + 2] != "]":
            last, at = _element(text, at + 1)
            if not last:
                return None
            ranges |= _item(last)
            # A range the wrong way round still holds its two ends.
            if first <= last and not _is_bad(first) and not _is_bad(last):
                ranges.add((first, last))
    return (_Set(negated, frozenset(ranges)), at + 1) if ranges or negated else None


def _element(text: str, at: int) -> tuple[str, int]:
    """One character of a set and where the next begins; empty at the end of the pattern."""
    if text[at : at + 1] == "\\":
        at += 1
    return text[at : at + 1], at + 1


def _item(char: str) -> set[tuple[str, str]]:
    """What a character stands for in a set. Ruby compares its bytes, so a lone first byte takes all it begins."""
    if _is_bad(char):
        byte = ord(char) - 0xDC00
        for lead, last_lead, shift in ((0xC2, 0xDF, 6), (0xE0, 0xEF, 12), (0xF0, 0xF4, 18)):
            if lead <= byte <= last_lead:
                low = (byte - (lead & 0xF0)) << shift
                least = {6: 0x80, 12: 0x800, 18: 0x10000}[shift]
                high = min(low + (1 << shift) - 1, 0x10FFFF)
                return {(char, char), (chr(max(low, least)), chr(high))}
    return {(char, char)}
