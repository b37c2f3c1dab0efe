"""The ``glob`` dialect: what the published slug compiler does with a ``.slugignore``, line by line, with ``Dir[]``.

A slash anywhere anchors a pattern at the root; without one it is tried at the root and below ``**/``. What a line
matches is listed first and then deleted, before the next line is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.errors import RulesError
from slugtrim.files import Directory, quoted
from slugtrim.ignore.ruby_pattern import ALTERNATIVES_LIMIT, TooManyAlternativesError, expand_braces
from slugtrim.ignore.ruby_search import GlobSearch, TooManyStepsError
from slugtrim.ignore.ruby_tree import BuildDirectory
from slugtrim.ignore.rules import Outcome, Rule

_ODD_PART = re.compile(rb"/(?:\.{0,2})(?:/|\Z)")


def parse(content: bytes) -> tuple[Rule, ...]:
    """The rules in the content of a ``.slugignore``. Raises ``RulesError`` when braces stand for too many patterns."""
    rules = []
    for number, line in enumerate(content.split(b"\n"), 1):
        pattern = line.partition(b"#")[0].strip()
        if not pattern:
            continue
        negated = pattern.startswith(b"!")
        rule = Rule(line=number, text=line.removesuffix(b"\r"), pattern=pattern, negated=negated)
        if b"{" in pattern and not negated:
            _check_braces(rule)
        rules.append(rule)
    return tuple(rules)


def decide(rules: Sequence[Rule], root: Directory, links: Mapping[bytes, bytes]) -> Outcome:
    """What ``rules``, as ``parse`` gives them, take out of the tree under ``root``. ``links`` maps symlinks to targets.

    Raises ``RulesError`` for a pattern that comes by the same files on endlessly many ways.
    """
    tree = BuildDirectory(root, links)
    deletions = {}
    for rule in rules:
        if rule.negated:
            continue
        doomed = _doomed(_matches(tree, rule))
        for path in doomed:
            tree.remove(path, rule)
        if doomed:
            deletions[rule.line] = len(doomed)
    return Outcome(rules=tuple(rules), removed=tree.removed, deletions=deletions)


def _matches(tree: BuildDirectory, rule: Rule) -> list[bytes]:
    search = GlobSearch(tree)
    patterns = [rule.pattern] if b"/" in rule.pattern else [rule.pattern, b"**/" + rule.pattern]
    try:
        return [path for pattern in patterns for path in search.matches(pattern)]
    except TooManyStepsError:
        raise RulesError(
            f".slugignore:{rule.line}: {_shown(rule)} comes by the same files on too many ways, by '**/', '..', braces "
            "or symlinks; name the directories themselves"
        ) from None


def _doomed(matches: Iterable[bytes]) -> list[bytes]:
    """The paths to delete, from the root, in order. Each spelling of a path is there, and counts."""
    expanded = (_expand(path) for path in dict.fromkeys(matches))
    return [path for path in expanded if path is not None]


def _expand(path: bytes) -> bytes | None:
    """A path without ``.``, ``..`` and doubled slashes, by its letters alone; None when it leaves the root."""
    if not _ODD_PART.search(path):
        return path[1:]
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def _check_braces(rule: Rule) -> None:
    try:
        for _ in expand_braces(rule.pattern):
            pass
    except TooManyAlternativesError:
        raise RulesError(
            f".slugignore:{rule.line}: the braces in {_shown(rule)} stand for more than {ALTERNATIVES_LIMIT:,} "
            "patterns, or for too long ones; use fewer of them, or '*'"
        ) from None


def _shown(rule: Rule) -> str:
    text = rule.pattern.decode("utf-8", "replace")
    return quoted((text if len(text) <= 60 else text[:60] + "...").encode())
