"""The records every dialect shares: a rule, and what a set of rules takes out of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


class Dialect(Enum):
    """How the lines of a ``.slugignore`` are read."""

    GITIGNORE = "gitignore"
    """The documented contract: gitignore(5) without negation."""
    GLOB = "glob"
    """What the published slug compiler does: Ruby's ``Dir[]``, line by line."""

    @property
    def other(self) -> Dialect:
        """The dialect that is not this one."""
        return Dialect.GLOB if self is Dialect.GITIGNORE else Dialect.GITIGNORE


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
