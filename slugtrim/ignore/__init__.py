"""Reading a ``.slugignore``: one module per dialect behind one interface."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Protocol, assert_never

from msgspec import Struct

from slugtrim.errors import RulesError
from slugtrim.files import Directory, directories_above

MAX_WILDCARDS = 5_000
"""How many different rules with wildcards a file may have. Each is compared with every name in the tree; the longest
list seen in a real ``.slugignore`` has fewer than twenty."""


class Dialect(Enum):
    """How the lines of a ``.slugignore`` are read."""

    GITIGNORE = "gitignore"
    """The documented contract: gitignore(5) without negation."""
    GLOB = "glob"
    """What the published slug compiler does: Ruby's ``Dir[]``, line by line."""
    FILEPATH = "filepath"
    """Go's ``filepath.Match``: a line without a slash is compared with every name, any other with paths."""
    FILEPATH_ROOT = "filepath-root"
    """The same, with every line compared with paths from the root."""

    @property
    def pair(self) -> tuple[Dialect, Dialect]:
        """The two readings of the platform that has this one, its first one first."""
        return next(pair for pair in _PAIRS if self in pair)

    @property
    def other(self) -> Dialect:
        """The other reading of the same platform."""
        first, second = self.pair
        return second if self is first else first


_PAIRS = ((Dialect.GITIGNORE, Dialect.GLOB), (Dialect.FILEPATH, Dialect.FILEPATH_ROOT))


class Rule(Struct, frozen=True, kw_only=True):
    """One line of a ``.slugignore`` that one dialect takes for a pattern."""

    line: int
    """Line number, from 1."""
    text: bytes
    """The line as written, without its line ending."""
    pattern: bytes
    """What the dialect reads in it: without trailing spaces, comments and the like."""
    negated: bool = False
    """A line that begins with ``!``: inert, it neither leaves out nor brings back."""


class RuleState(Enum):
    """What a rule does in one tree."""

    ACTIVE = "active"
    """It leaves out at least one file."""
    SHADOWED = "shadowed"
    """It matches, but other rules get the credit for all that it matches."""
    DEAD = "dead"
    """It matches nothing."""
    NEGATED = "negated"
    """It begins with ``!`` and is inert."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a set of rules takes out of one tree."""

    rules: tuple[Rule, ...]
    removed: Mapping[bytes, Rule]
    """Path of a file or directory to the rule that took it. A path below a removed directory is only listed when a
    rule took it before the directory went, and then keeps that rule."""
    deletions: Mapping[int, int]
    """Line number to how many paths that line takes, a directory counting 1, on what the lines before it left: what
    the compiler adds up for `Deleting N files`. Lines that take nothing are missing. Only ``glob`` fills it."""


class Matcher(Protocol):
    """One dialect on one tree. What it learns of the tree serves all rules that it is asked about."""

    def decide(self, rules: Sequence[Rule]) -> Outcome:
        """Return what ``rules`` take out of the tree. Raises ``RulesError``."""

    def alone(self, pattern: bytes) -> frozenset[bytes]:
        """Return the paths that a rule with this pattern takes when it is the only one, a directory for all in it.

        A pattern that cannot be tried takes nothing.
        """

    def takes_any(self, pattern: bytes) -> bool:
        """Return True if ``alone`` has any path."""


class TreeMatcher:
    """Tries rules on names and paths of the tree under one directory. What it learns of the tree serves all rules."""

    def __init__(self, root: Directory) -> None:
        self._root = root

    def alone(self, pattern: bytes) -> frozenset[bytes]:
        """Return what a rule with this pattern takes when it is the only one."""
        taken = set(self._matches(pattern))
        return frozenset(path for path in taken if taken.isdisjoint(directories_above(path)))

    def takes_any(self, pattern: bytes) -> bool:
        """Return True if a rule with this pattern takes anything when it is the only one."""
        return next(self._matches(pattern), None) is not None

    def _matches(self, pattern: bytes) -> Iterator[bytes]:
        """Yield the paths that a pattern matches."""
        raise NotImplementedError

    @cached_property
    def _is_directory(self) -> Mapping[bytes, bool]:
        """Every path below the root, with True for a directory."""
        found = {}
        for directory in self._root.walk():
            at = directory.path + b"/" if directory.path else b""
            found.update({at + name: False for name in directory.files})
            found.update({at + name: True for name in directory.directories})
        return found

    @cached_property
    def _paths_by_name(self) -> Mapping[bytes, Sequence[bytes]]:
        """The paths by their last part."""
        found: dict[bytes, list[bytes]] = {}
        for path in self._is_directory:
            found.setdefault(path.rpartition(b"/")[2], []).append(path)
        return found


def without_escapes(pattern: bytes) -> bytes:
    """Return ``pattern`` without its backslashes, each of which stands before a character that is taken as it is."""
    # A backslash that is taken as it is stands behind another one.
    return b"\\".join(part.replace(b"\\", b"") for part in pattern.split(b"\\\\"))


def check_wildcards(rules: Sequence[Rule], wildcard: re.Pattern[bytes]) -> None:
    """Raise ``RulesError`` if more than ``MAX_WILDCARDS`` different patterns have what ``wildcard`` finds in them.

    Rules that begin with ``!`` are inert and don't count.
    """
    if len(rules) <= MAX_WILDCARDS:
        return
    patterns: set[bytes] = set()
    for rule in rules:
        if not rule.negated and wildcard.search(rule.pattern):
            patterns.add(rule.pattern)
            if len(patterns) > MAX_WILDCARDS:
                raise RulesError(
                    f".slugignore:{rule.line}: is one more than the {MAX_WILDCARDS:,} different rules with wildcards "
                    "that slugtrim reads; name directories instead of the files in them"
                )


__all__ = ["Dialect", "Matcher", "Outcome", "Rule", "RuleState", "check_encoding", "decide", "matcher", "parse"]

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_encoding(content: bytes) -> None:
    """Raise ``RulesError`` for a ``.slugignore`` that is not lines of text: UTF-16 (or 32), or NUL bytes in it."""
    if content.startswith(_UTF_16_MARKS):
        raise RulesError(".slugignore: is UTF-16, which the platform reads as noise; save it as UTF-8")
    nul = content.find(b"\0")
    if nul >= 0:
        line = content.count(b"\n", 0, nul) + 1
        raise RulesError(f".slugignore:{line}: has a NUL byte, so it is not a text file; save it as UTF-8 text")


def parse(content: bytes, dialect: Dialect) -> tuple[Rule, ...]:
    """The rules that ``dialect`` reads in the content of a ``.slugignore``. Raises ``RulesError``."""
    check_encoding(content)
    match dialect:
        case Dialect.GITIGNORE:
            from slugtrim.ignore import gitignore  # a known tree does without either dialect

            return gitignore.parse(content)
        case Dialect.GLOB:
            from slugtrim.ignore import glob  # likewise

            return glob.parse(content)
        case Dialect.FILEPATH | Dialect.FILEPATH_ROOT:
            from slugtrim.ignore import filepath  # likewise

            return filepath.parse(content)
        case _:
            assert_never(dialect)


def decide(rules: Sequence[Rule], dialect: Dialect, root: Directory, links: Mapping[bytes, bytes]) -> Outcome:
    """What ``rules`` take out of the tree under ``root``. ``links`` maps the tree's symlinks to their targets."""
    return matcher(dialect, root, links).decide(rules)


def matcher(dialect: Dialect, root: Directory, links: Mapping[bytes, bytes]) -> Matcher:
    """Return what tries rules on the tree under ``root``, as for ``decide``."""
    match dialect:
        case Dialect.GITIGNORE:
            from slugtrim.ignore import gitignore  # a known tree does without either dialect

            return gitignore.GitMatcher(root)
        case Dialect.GLOB:
            from slugtrim.ignore import glob  # likewise

            return glob.RubyMatcher(root, links)
        case Dialect.FILEPATH | Dialect.FILEPATH_ROOT:
            from slugtrim.ignore import filepath  # likewise

            return filepath.FilepathMatcher(root, by_name=dialect is Dialect.FILEPATH)
        case _:
            assert_never(dialect)
