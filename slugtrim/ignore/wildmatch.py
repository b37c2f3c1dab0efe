"""Git's pattern language as regular expressions over bytes, for the patterns where git and pathspec part ways.

Written from the behaviour of git's wildmatch and held against git itself by ``tests/test_differential_git.py``. What
pathspec 1.1 reads otherwise: backslashes and classes inside brackets, unclosed brackets, ``**`` that is not a whole
path component, ``?`` before a character of several bytes, white space at the end that is not a space.

A star takes the first place where what follows it fits, for good (atomic groups): that is enough for a match to be
found, and a hostile pattern with twenty stars costs no more than one with two.
"""

from __future__ import annotations

import re
import string

_NEVER = b"(?!)"
_STAR = b"*"
_DIRECTORIES = b"**/"
_ANYTHING = b"**"
_WILDCARDS = (_STAR, _DIRECTORIES, _ANYTHING)

# ctype as git has it: ASCII only, whatever the locale, and its isspace knows neither vertical tab nor form feed.
_CLASSES: dict[bytes, frozenset[int]] = {
    b"alnum": frozenset((string.ascii_letters + string.digits).encode()),
    b"alpha": frozenset(string.ascii_letters.encode()),
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset([*range(0x20), 0x7F]),
    b"digit": frozenset(string.digits.encode()),
    b"graph": frozenset(range(0x21, 0x7F)),
    b"lower": frozenset(string.ascii_lowercase.encode()),
    b"print": frozenset(range(0x20, 0x7F)),
    b"punct": frozenset(string.punctuation.encode()),
    b"space": frozenset(b" \t\n\r"),
    b"upper": frozenset(string.ascii_uppercase.encode()),
    b"xdigit": frozenset(string.hexdigits.encode()),
}


class _Unclosed(Exception):
    """The pattern breaks off inside a bracket or after a backslash, or names no class: to git it matches nothing."""


def name_regex(pattern: bytes) -> re.Pattern[bytes]:
    """For a pattern without a slash, to be matched in full against one name."""
    return _compile(pattern, 0, in_path=False)


def path_regex(pattern: bytes) -> re.Pattern[bytes]:
    """For a pattern with a slash, its leading one taken off, to be matched in full against a path from the root."""
    # Git compares the literal beginning as text and hands only the rest to wildmatch. So a `**` right behind it counts
    # as standing at the start of a pattern: `foo**/bar` also matches `foobar` and `foo/x/bar`.
    literal = re.match(rb"[^*?\[\\]*", pattern)
    return _compile(pattern, literal.end() if literal else 0, in_path=True)


def _compile(pattern: bytes, start: int, *, in_path: bool) -> re.Pattern[bytes]:
    try:
        regex = re.escape(pattern[:start]) + _assemble(_tokens(pattern, start, in_path=in_path))
    except _Unclosed:
        regex = _NEVER
    return re.compile(regex, re.DOTALL)


def _tokens(pattern: bytes, start: int, *, in_path: bool) -> list[bytes]:
    """The wildcards, and a regular expression for each of the single bytes between them."""
    tokens: list[bytes] = []
    at = start
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"*":
            token, at = _star(pattern, start, at, in_path=in_path)
        elif char == b"?":
            token, at = b"[^/]", at + 1
        elif char == b"[":
            token, at = _bracket(pattern, at + 1)
        elif char == b"\\":
            if at + 1 == len(pattern):
                raise _Unclosed
            token, at = re.escape(pattern[at + 1 : at + 2]), at + 2
        else:
            token, at = re.escape(char), at + 1
        tokens.append(token)
    return tokens


def _star(pattern: bytes, start: int, at: int, *, in_path: bool) -> tuple[bytes, int]:
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    whole_component = at == start or pattern[at - 1 : at] == b"/"
    if not in_path or end - at == 1 or not whole_component:
        return _STAR, end
    rest = pattern[end:]
    if rest.startswith(b"/"):
        return _DIRECTORIES, end + 1
    if not rest or rest.startswith(b"\\/"):
        return _ANYTHING, end
    return _STAR, end


def _bracket(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The set that begins behind the ``[`` before ``at``, and where the pattern goes on."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: set[int] = set()
    low: int | None = None
    first = True
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
            members.update(range(low, high + 1))
            low = None
        elif pattern[at : at + 2] == b"[:" and (name := _class_name(pattern, at + 2)) is not None:
            if name not in _CLASSES:
                raise _Unclosed
            members |= _CLASSES[name]
            at += len(name) + 4
            low = None
        else:
            members.add(byte)
            low, at = byte, behind
    kept = (set(range(256)) - members if negated else members) - {ord("/")}
    return (b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(kept)) + b"]" if kept else _NEVER), at + 1


def _member(pattern: bytes, at: int) -> tuple[int, int]:
    """One byte of a set, escaped or not, and where the set goes on."""
    if pattern[at : at + 1] == b"\\":
        at += 1
    if at >= len(pattern):
        raise _Unclosed
    return pattern[at], at + 1


def _class_name(pattern: bytes, at: int) -> bytes | None:
    """The name in ``[:name:]``; None where no ``:]`` follows, and ``[`` is a member like others."""
    end = pattern.find(b"]", at)
    if end < 0:
        raise _Unclosed
    return pattern[at : end - 1] if end > at and pattern[end - 1 : end] == b":" else None


def _assemble(tokens: list[bytes]) -> bytes:
    sections: list[tuple[bytes, list[bytes]]] = [(b"", [])]
    for token in tokens:
        if token in (_DIRECTORIES, _ANYTHING):
            sections.append((token, []))
        else:
            sections[-1][1].append(token)
    out = []
    last = len(sections) - 1
    for index, (wildcard, section) in enumerate(sections):
        body = _section(section)
        if not wildcard:
            out.append(body)
        elif index == last:
            out.append((b"(?:.*/)?" if wildcard == _DIRECTORIES else b".*") + body)
        else:
            out.append(b"(?>" + (b"(?:.*?/)??" if wildcard == _DIRECTORIES else b".*?") + body + b")")
    return b"".join(out)


def _section(tokens: list[bytes]) -> bytes:
    """What stands between two wildcards that cross directories: single bytes and stars."""
    chunks: list[list[bytes]] = [[]]
    for token in tokens:
        if token == _STAR:
            chunks.append([])
        else:
            chunks[-1].append(token)
    first, *rest = (b"".join(chunk) for chunk in chunks)
    for index, chunk in enumerate(rest):
        first += b"[^/]*" + chunk if index == len(rest) - 1 else b"(?>[^/]*?" + chunk + b")"
    return first
