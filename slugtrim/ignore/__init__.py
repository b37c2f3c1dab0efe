"""Reading a ``.slugignore``: one module per dialect behind one interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from slugtrim.errors import RulesError
from slugtrim.files import Directory
from slugtrim.ignore.rules import Dialect, Matcher, Outcome, Rule, RuleState

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
