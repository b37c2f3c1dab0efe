"""The ``gitignore`` dialect: what git says of the file, without its ``!`` lines.

Rules without wildcards are looked up. Those with wildcards are compared with all names of the tree at once. Then the
tree is walked from the root down, as git does: below a directory that is left out nothing is tried.

A pattern becomes tokens to compare with many texts at once, or a regular expression over bytes. Both are written from
the behaviour of git's wildmatch and held against git itself by ``tests/test_differential_git.py``. In the tokens each
byte is the character of its number (Latin-1).

In a regular expression a star takes the first place where what follows it fits, for good (atomic groups). That is
enough for a match to be found, and a hostile pattern with twenty stars costs no more than one with two.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from slugtrim.ignore import Outcome, Rule, TreeMatcher, check_wildcards, without_escapes
from slugtrim.ignore.at_once import Block, Token, Wildcard, blocks

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


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WILDCARD = re.compile(rb"[*?\[]")


def parse(content: bytes) -> tuple[Rule, ...]:
    """Return the rules in the content of a ``.slugignore``, in the order of their lines.

    Raises ``RulesError`` for more rules with wildcards than ``MAX_WILDCARDS``.
    """
    rules = []
    for number, line in enumerate(content.split(b"\n"), 1):
        text = line.removesuffix(b"\r")
        read = text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text
        pattern = _without_trailing_spaces(read)
        if pattern and not read.startswith(b"#"):
            rules.append(Rule(line=number, text=text, pattern=pattern, negated=read.startswith(b"!")))
    check_wildcards(rules, _WILDCARD)
    return tuple(rules)


def _without_trailing_spaces(line: bytes) -> bytes:
    """Spaces at the end do not count, unless a backslash stands before one: it and all up to it are kept."""
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return line[: len(bare) + 1] if backslashes % 2 else bare


class _Shape(NamedTuple):
    """What a pattern says before its wildcards are read."""

    only_directories: bool
    in_path: bool
    """It is compared with paths from the root, else with names."""
    body: bytes

    @classmethod
    def of(cls, pattern: bytes) -> _Shape:
        only_directories = pattern.endswith(b"/")
        pattern = pattern.removesuffix(b"/")
        return cls(only_directories, b"/" in pattern, pattern.removeprefix(b"/"))

    @property
    def literal(self) -> bytes | None:
        """The only name or path that it matches; None for a pattern with wildcards, or one that matches nothing."""
        if _WILDCARD.search(self.body) is not None:
            return None
        if b"\\" not in self.body:
            return self.body
        ends_in_escape = (len(self.body) - len(self.body.rstrip(b"\\"))) % 2
        return None if ends_in_escape else without_escapes(self.body)

    @property
    def tokens(self) -> list[Token]:
        return path_tokens(self.body) if self.in_path else name_tokens(self.body)


class GitMatcher(TreeMatcher):
    """Tries rules as git does."""

    def decide(self, rules: Sequence[Rule]) -> Outcome:
        """Return what ``rules`` take out; the last rule that matches an entry gets the credit."""
        last = _LastMatch(rules, self)
        removed: dict[bytes, Rule] = {}
        stack = [self._root]
        while stack:
            directory = stack.pop()
            at = directory.path + b"/" if directory.path else b""
            for name in directory.files:
                index = last.match(name, at, is_directory=False)
                if index >= 0:
                    removed[at + name] = rules[index]
            for name, child in directory.directories.items():
                index = last.match(name, at, is_directory=True)
                if index < 0:
                    stack.append(child)
                else:
                    removed[child.path] = rules[index]
        return Outcome(rules=tuple(rules), removed=removed, deletions={})

    def _matches(self, pattern: bytes) -> Iterator[bytes]:
        shape = _Shape.of(pattern)
        for text in self._texts(shape):
            for path in (text,) if shape.in_path else self._paths_by_name.get(text, ()):
                is_directory = self._is_directory.get(path)
                if is_directory or (is_directory is not None and not shape.only_directories):
                    yield path

    def _texts(self, shape: _Shape) -> Iterator[bytes]:
        literal = shape.literal
        if literal is not None:
            yield literal
            return
        tokens = shape.tokens
        for block in self.path_blocks if shape.in_path else self.name_blocks:
            for _, text in block.texts_at(block.find(tokens)):
                yield text.encode("latin-1")

    @cached_property
    def name_blocks(self) -> list[Block]:
        """Every name in the tree, once."""
        names: dict[bytes, None] = {}
        for directory in self._root.walk():
            names.update(dict.fromkeys(directory.files))
            names.update(dict.fromkeys(directory.directories))
        return blocks(name.decode("latin-1") for name in names)

    @cached_property
    def path_blocks(self) -> list[Block]:
        """Every path in the tree."""
        return blocks(path.decode("latin-1") for path in self._is_directory)


class _LastMatch:
    """Finds the last rule that matches an entry: every rule is looked up by the name or the path that it matches."""

    def __init__(self, rules: Sequence[Rule], matcher: GitMatcher) -> None:
        # Name or path, and whether only a directory counts, to the index of the last such rule.
        self._names: dict[tuple[bytes, bool], int] = {}
        self._paths: dict[tuple[bytes, bool], int] = {}
        wildcards: list[tuple[int, _Shape]] = []
        for pattern, index in {rule.pattern: index for index, rule in enumerate(rules) if not rule.negated}.items():
            shape = _Shape.of(pattern)
            literal = shape.literal
            if literal is not None:
                key = literal, shape.only_directories
                known = self._paths if shape.in_path else self._names
                known[key] = max(known.get(key, -1), index)
            else:
                wildcards.append((index, shape))
        wildcards.sort(reverse=True)
        names = [(index, shape) for index, shape in wildcards if not shape.in_path]
        paths = [(index, shape) for index, shape in wildcards if shape.in_path]
        if names:
            _look_up_wildcards(self._names, names, matcher.name_blocks)
        if paths:
            _look_up_wildcards(self._paths, paths, matcher.path_blocks)

    def match(self, name: bytes, at: bytes, *, is_directory: bool) -> int:
        """Return the index of the rule for ``name`` in the directory ``at`` (empty, or ending in a slash), or -1."""
        best = self._names.get((name, False), -1)
        if is_directory:
            best = max(best, self._names.get((name, True), -1))
        if self._paths:
            path = at + name
            best = max(best, self._paths.get((path, False), -1))
            if is_directory:
                best = max(best, self._paths.get((path, True), -1))
        return best


def _look_up_wildcards(
    known: dict[tuple[bytes, bool], int], wildcards: Sequence[tuple[int, _Shape]], all_texts: Sequence[Block]
) -> None:
    """Enter into ``known`` what ``wildcards``, the last of them first, match."""
    tokens = [shape.tokens for _, shape in wildcards]
    for block in all_texts:
        # What a later rule has is not asked for again. A rule for anything is one for directories as well.
        open_ends = {False: block.ends, True: block.ends}
        for (index, shape), each in zip(wildcards, tokens, strict=True):
            for_directories = shape.only_directories
            found = block.find(each) & open_ends[for_directories]
            if found:
                open_ends[True] &= ~found
                if not for_directories:
                    open_ends[False] &= ~found
                for _, text in block.texts_at(found):
                    key = text.encode("latin-1"), for_directories
                    known[key] = max(known.get(key, -1), index)
            if not open_ends[False]:
                break
