"""One part of a Ruby glob against one name: what ``File.fnmatch`` does without flags, in Ruby 3.1.

Names are UTF-8 to Ruby: ``?`` and a set take one character. A byte that is no UTF-8 counts as one character in a name,
matches nothing as a letter of a pattern, and in a set stands for every character whose encoding begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple

from msgspec import Struct

_FIRST_BAD, _LAST_BAD = "\udc80", "\udcff"
_ANY = "."


class _Kind(Enum):
    CHARACTER = auto()
    ONE_OF = auto()
    STARS = auto()


class _Token(NamedTuple):
    kind: _Kind
    text: str
    """The character itself, or a regular expression that takes exactly one character."""

    @property
    def regex(self) -> str:
        return re.escape(self.text) if self.kind is _Kind.CHARACTER else self.text


class NamePattern(Struct, frozen=True, kw_only=True):
    """A pattern without slash or braces, ready to be tried on names."""

    exact: bytes | None = None
    """The only name it matches; empty when it matches none."""
    prefix: bytes = b""
    suffix: bytes = b""
    regex: re.Pattern[str] | None = None
    """None when ``prefix`` and ``suffix`` with anything between them say it all."""

    def matches(self, name: bytes) -> bool:
        """Whether this is the name, which is neither empty nor holds a slash."""
        if self.exact is not None:
            return name == self.exact
        if not (name.startswith(self.prefix) and name.endswith(self.suffix)):
            return False
        if len(name) < len(self.prefix) + len(self.suffix):
            return False
        if name.startswith(b".") and not self.prefix.startswith(b"."):
            return False
        return self.regex is None or self.regex.fullmatch(_decode(name)) is not None

    def select(self, names: Iterable[bytes]) -> list[bytes]:
        """Those of many names that match."""
        if self.suffix:
            suffix = self.suffix
            names = [name for name in names if name.endswith(suffix)]
        elif self.prefix:
            prefix = self.prefix
            names = [name for name in names if name.startswith(prefix)]
        return [name for name in names if self.matches(name)]


_NO_NAME = NamePattern(exact=b"")


def compile_name(pattern: bytes) -> NamePattern:
    """The pattern of one path part; one that Ruby finds fault with matches no name."""
    tokens = _tokens(_decode(pattern))
    if tokens is None:
        return _NO_NAME
    special = [at for at, token in enumerate(tokens) if token.kind is not _Kind.CHARACTER]
    if not special:
        return NamePattern(exact=_encode(tokens))
    prefix, suffix = tokens[: special[0]], tokens[special[-1] + 1 :]
    plain = len(special) == 1 and tokens[special[0]].kind is _Kind.STARS
    return NamePattern(
        prefix=_encode(prefix),
        suffix=_encode(suffix),
        regex=None if plain else re.compile(_regex(tokens), re.DOTALL),
    )


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _encode(tokens: list[_Token]) -> bytes:
    return "".join(token.text for token in tokens).encode()


def _is_bad(char: str) -> bool:
    return _FIRST_BAD <= char <= _LAST_BAD


def _regex(tokens: list[_Token]) -> str:
    """Every run of characters between two stars is taken where it first fits and then kept, as Ruby does.

    Nothing is lost by that, and a name of n characters costs no more than n tries for each run.
    """
    runs = [""]
    for token in tokens:
        if token.kind is _Kind.STARS:
            runs.append("")
        else:
            runs[-1] += token.regex
    if len(runs) == 1:
        return runs[0]
    head, *middle, tail = runs
    return head + "".join(f"(?>.*?{run})" for run in middle) + ".*" + tail


def _tokens(text: str) -> list[_Token] | None:
    """None when nothing can match: a set that does not end or holds nothing, a byte that is no character."""
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            if not tokens or tokens[-1].kind is not _Kind.STARS:
                tokens.append(_Token(_Kind.STARS, ""))
        elif char == "?":
            tokens.append(_Token(_Kind.ONE_OF, _ANY))
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
            tokens.append(_Token(_Kind.CHARACTER, char))
    return tokens


def _bracket(text: str, at: int) -> tuple[_Token, int] | None:
    """The set that begins at ``at``, after its ``[``, and where the pattern goes on."""
    negated = text[at : at + 1] in ("!", "^")
    if negated:
        at += 1
    items: list[str] = []
    while True:
        if text[at : at + 1] == "]":
            break
        first, at = _element(text, at)
        if not first or at >= len(text):
            return None
        items.append(_item(first))
        if text[at] == "-" and text[at + 1 : at + 2] != "]":
            last, at = _element(text, at + 1)
            if not last:
                return None
            items.append(_item(last))
            # A range the wrong way round still holds its two ends.
            if first <= last and not _is_bad(first) and not _is_bad(last):
                items.append(f"{_code(first)}-{_code(last)}")
    if items:
        return _Token(_Kind.ONE_OF, f"[{'^' if negated else ''}{''.join(items)}]"), at + 1
    return (_Token(_Kind.ONE_OF, _ANY), at + 1) if negated else None


def _element(text: str, at: int) -> tuple[str, int]:
    """One character of a set and where the next begins; empty at the end of the pattern."""
    if text[at : at + 1] == "\\":
        at += 1
    return text[at : at + 1], at + 1


def _code(char: str) -> str:
    return f"\\U{ord(char):08x}"


def _item(char: str) -> str:
    """What a character stands for in a set. Ruby compares its bytes, so a lone first byte takes all it begins."""
    if not _is_bad(char):
        return _code(char)
    byte = ord(char) - 0xDC00
    for lead, last_lead, shift in ((0xC2, 0xDF, 6), (0xE0, 0xEF, 12), (0xF0, 0xF4, 18)):
        if lead <= byte <= last_lead:
            low = (byte - (lead & 0xF0)) << shift
            least = {6: 0x80, 12: 0x800, 18: 0x10000}[shift]
            high = min(low + (1 << shift) - 1, 0x10FFFF)
            return f"{_code(char)}{_code(chr(max(low, least)))}-{_code(chr(high))}"
    return _code(char)
