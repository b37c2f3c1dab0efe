"""Git's pattern language, as tokens to compare with many texts at once, and as regular expressions over bytes.

Written from the behaviour of git's wildmatch and held against git itself by ``tests/test_differential_git.py``. In the
tokens each byte is the character of its number (Latin-1).

In a regular expression a star takes the first place where what follows it fits, for good (atomic groups). That is
enough for a match to be found, and a hostile pattern with twenty stars costs no more than one with two.
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple

from slugtrim.ignore.at_once import Token, Wildcard

_NEVER = b"(?!)"
_SLASH = 1 << ord("/")
_ALL_BYTES = (1 << 256) - 1


class Bytes(NamedTuple):
    """A set of bytes."""

    bits: int
    """Bit n for byte n."""

    def __contains__(self, char: object) -> bool:
        return isinstance(char, str) and bool(self.bits >> ord(char) & 1)


def _bits(members: bytes) -> int:
    bits = 0
    for byte in members:
        bits |= 1 << byte
    return bits


_ANY_BYTE_OF_A_NAME = Bytes(_ALL_BYTES & ~_SLASH)
NEVER = Bytes(0)
"""A token that takes nothing."""

# ctype as git has it: ASCII only, whatever the locale, and its isspace knows neither vertical tab nor form feed.
_CLASSES: dict[bytes, int] = {
    b"alnum": _bits((string.ascii_letters + string.digits).encode()),
    b"alpha": _bits(string.ascii_letters.encode()),
    b"blank": _bits(b" \t"),
    b"cntrl": _bits(bytes([*range(0x20), 0x7F])),
    b"digit": _bits(string.digits.encode()),
    b"graph": _bits(bytes(range(0x21, 0x7F))),
    b"lower": _bits(string.ascii_lowercase.encode()),
    b"print": _bits(bytes(range(0x20, 0x7F))),
    b"punct": _bits(string.punctuation.encode()),
    b"space": _bits(b" \t\n\r"),
    b"upper": _bits(string.ascii_uppercase.encode()),
    b"xdigit": _bits(string.hexdigits.encode()),
}


class _Unclosed(Exception):
    """The pattern breaks off inside a bracket or after a backslash, or names no class: to git it matches nothing."""


def name_regex(pattern: bytes) -> re.Pattern[bytes]:
    """For a pattern without a slash, to be matched in full against one name."""
    return re.compile(_section(name_tokens(pattern)), re.DOTALL)


def name_tokens(pattern: bytes) -> list[Token]:
    """Return the tokens of a pattern without a slash, to be compared with names."""
    return _tokens(pattern, 0, in_path=False)


def path_tokens(pattern: bytes) -> list[Token]:
    """Return the tokens of a pattern with a slash, to be compared with paths from the root. It has no leading slash."""
    # Git compares the literal beginning as text and hands only the rest to wildmatch. So a `**` right behind it counts
    # as standing at the start of a pattern: `foo**/bar` also matches `foobar` and `foo/x/bar`.
    literal = re.match(rb"[^*?\[\\]*", pattern)
    return _tokens(pattern, literal.end() if literal else 0, in_path=True)


def _tokens(pattern: bytes, start: int, *, in_path: bool) -> list[Token]:
    text = pattern.decode("latin-1")
    tokens: list[Token] = list(text[:start])
    at = start
    try:
        while at < len(text):
            char = text[at]
            token: Token
            if char == "*":
                token, at = _star(text, start, at, in_path=in_path)
                if token is Wildcard.DIRECTORIES and tokens[-1:] == [token]:
                    continue  # `**/**/` is `**/`
            elif char == "?":
                token, at = _ANY_BYTE_OF_A_NAME, at + 1
            elif char == "[":
                token, at = _bracket(pattern, at + 1)
            elif char == "\\":
                if at + 1 == len(text):
                    raise _Unclosed
                token, at = text[at + 1], at + 2
            else:
                token, at = char, at + 1
            tokens.append(token)
    except _Unclosed:
        return [NEVER]
    return tokens


def _star(text: str, start: int, at: int, *, in_path: bool) -> tuple[Wildcard, int]:
    end = at
    while text[end : end + 1] == "*":
        end += 1
    whole_component = at == start or text[at - 1] == "/"
    if not in_path or end - at == 1 or not whole_component:
        return Wildcard.STAR, end
    if text.startswith("/", end):
        return Wildcard.DIRECTORIES, end + 1
    if end == len(text) or text.startswith("\\/", end):
        return Wildcard.ANYTHING, end
    return Wildcard.STAR, end


def _bracket(pattern: bytes, at: int) -> tuple[Bytes, int]:
    """The set that begins behind the ``[`` before ``at``, and where the pattern goes on."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members = 0
    low: int | None = None
    first = True
    closing = at  # where the next "]" is, looked for once
    while first or pattern[at : at + 1] != b"]":
        first = False
        byte, behind = _member(pattern, at)
        if (
            byte == ord("-")
            and behind == at + 1
            and low is not None
            and pattern[behind : behind + 1] not in (b"", b"]")
        ):
            high, at = _member(pattern, behind)
            members |= _range(low, high)
            low = None
            continue
        if pattern[at : at + 2] == b"[:":
            if closing < at + 2:
                closing = pattern.find(b"]", at + 2)
            if closing < 0:
                raise _Unclosed
            if closing > at + 2 and pattern[closing - 1 : closing] == b":":
                name = pattern[at + 2 : closing - 1]
                if name not in _CLASSES:
                    raise _Unclosed
                members |= _CLASSES[name]
                at += len(name) + 4
                low = None
                continue
        members |= 1 << byte
        low, at = byte, behind
    return Bytes((_ALL_BYTES & ~members if negated else members) & ~_SLASH), at + 1


def _range(low: int, high: int) -> int:
    return ((1 << (high + 1)) - 1) & ~((1 << low) - 1) if low <= high else 0


def _member(pattern: bytes, at: int) -> tuple[int, int]:
    """One byte of a set, escaped or not, and where the set goes on."""
    if pattern[at : at + 1] == b"\\":
        at += 1
    if at >= len(pattern):
        raise _Unclosed
    return pattern[at], at + 1


def _section(tokens: list[Token]) -> bytes:
    """The regular expression of a pattern without a slash: single bytes and stars."""
    chunks: list[list[bytes]] = [[]]
    for token in tokens:
        if token is Wildcard.STAR:
            chunks.append([])
        else:
            assert not isinstance(token, Wildcard)
            chunks[-1].append(_one_byte(token))
    first, *rest = (b"".join(chunk) for chunk in chunks)
    for index, chunk in enumerate(rest):
        first += b"[^/]*" + chunk if index == len(rest) - 1 else b"(?>[^/]*?" + chunk + b")"
    return first


def _one_byte(token: object) -> bytes:
    if isinstance(token, str):
        return re.escape(token.encode("latin-1"))
    assert isinstance(token, Bytes)
    if token == _ANY_BYTE_OF_A_NAME:
        return b"[^/]"
    members = b"".join(b"\\x%02x" % byte for byte in range(256) if token.bits >> byte & 1)
    return b"[" + members + b"]" if members else _NEVER
