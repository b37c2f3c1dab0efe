"""The ``glob`` dialect: what the published slug compiler does with a ``.slugignore``, line by line, with ``Dir[]``.

A slash anywhere anchors a pattern at the root; without one it is tried at the root and below ``**/``. What a line
matches is listed first and then deleted, before the next line is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.errors import RulesError
from slugtrim.files import Directory, is_utf_8, quoted
from slugtrim.ignore import Outcome, Rule, check_wildcards
from slugtrim.ignore.ruby_pattern import (
    ALTERNATIVES_LIMIT,
    BraceBudget,
    TooManyAlternativesError,
    expand_braces,
)
from slugtrim.ignore.ruby_search import (
    LEVELS_ABOVE,
    BuildDirectory,
    GlobSearch,
    Spot,
    TooManyStepsError,
    parts,
    unknown_name,
)

_ODD_PART = re.compile(rb"/(?:\.{0,2})(?:/|\Z)")
_STEPS = 200_000
_STEPS_PER_ENTRY = 10
"""One line may take so many steps, and so many more for each entry of the tree. Two links to their own directory double
the paths of ``*/*/*/…`` with each star, and so does ``*/../``: Ruby would go on for years."""
_STEPS_PER_ENTRY_OF_ALL = 30
"""The same for all lines together. A line such as ``**/a/b`` takes two for each directory."""
_ROOT = tuple(unknown_name(level) for level in reversed(range(LEVELS_ABOVE)))
"""The path of the root, as far as it is known."""
_MAX_ALTERNATIVES = 20_000
"""How many patterns all braces of one file may stand for."""
_WILDCARD = re.compile(rb"[*?\[{]")
_SLASH_OR_BRACE = re.compile(rb"[/{]")
_PART = rb"(?!\.{1,2}(?:/|\Z))[^/\\*?\[\]{}]++"
_LITERAL = re.compile(rb"/?+(?:\./)?+" + _PART + rb"(?:/" + _PART + rb")*+/?+")


def parse(content: bytes) -> tuple[Rule, ...]:
    """The rules in the content of a ``.slugignore``.

    Raises ``RulesError`` if braces stand for too many patterns, or if more rules than ``MAX_WILDCARDS`` have wildcards.
    """
    rules = []
    braces = _Braces()
    for number, line in enumerate(content.split(b"\n"), 1):
        pattern = line.partition(b"#")[0].strip()
        if not pattern:
            continue
        negated = pattern.startswith(b"!")
        rule = Rule(line=number, text=line.removesuffix(b"\r"), pattern=pattern, negated=negated)
        if b"{" in pattern and not negated:
            braces.check(rule)
        rules.append(rule)
    check_wildcards(rules, _WILDCARD)
    return tuple(rules)


class RubyMatcher:
    """Tries rules on the tree under one directory. What it learns of the tree serves all rules."""

    def __init__(self, root: Directory, links: Mapping[bytes, bytes]) -> None:
        """``links`` maps symlinks to targets."""
        self._tree = BuildDirectory(root, links)
        self._steps_alone = _Steps(self._tree)
        self._takes_any: dict[bytes, bool] = {}

    def decide(self, rules: Sequence[Rule]) -> Outcome:
        """Return what ``rules``, as ``parse`` gives them, take out.

        Raises ``RulesError`` for a pattern, or many patterns, that come by the same files on too many ways.
        """
        return self._decide(rules, _Steps(self._tree))

    def alone(self, pattern: bytes) -> frozenset[bytes]:
        """Return what a rule with this pattern takes when it is the only one.

        Nothing for a pattern that cannot be tried, and for any that has to be searched for once such searches have
        taken as many steps as the rules of one file may take.
        """
        try:
            return frozenset(self._decide([Rule(line=1, text=pattern, pattern=pattern)], self._steps_alone).removed)
        except (RulesError, TooManyAlternativesError):
            return frozenset()

    def takes_any(self, pattern: bytes) -> bool:
        """Return True if ``alone`` has any path."""
        known = self._takes_any.get(pattern)
        if known is None:
            known = self._takes_any[pattern] = self._would_take_any(pattern)
        return known

    def _would_take_any(self, pattern: bytes) -> bool:
        tree = self._tree
        tree.restore()
        if not _SLASH_OR_BRACE.search(pattern) and any(map(tree.anywhere, tree.names.each_matching(pattern))):
            return True  # mostly so, and with the first name
        rule = Rule(line=1, text=pattern, pattern=pattern)
        try:
            doomed = _doomed(_matches(tree, rule, self._steps_alone))
        except (RulesError, TooManyAlternativesError):
            return False
        return any(tree.to_remove(path) is not None for path in doomed)

    def _decide(self, rules: Sequence[Rule], steps: _Steps) -> Outcome:
        tree = self._tree
        tree.restore()
        deletions = {}
        # Pattern to what it found, and how much of the tree was gone then: the same again finds the same again.
        known: dict[bytes, tuple[int, Sequence[bytes]]] = {}
        for rule in rules:
            if rule.negated:
                continue
            removals, doomed = known.get(rule.pattern, (-1, ()))
            if removals != tree.removals:
                doomed = _doomed(_matches(tree, rule, steps))
                known[rule.pattern] = tree.removals, doomed
                for path in doomed:
                    tree.remove(path, rule)
            if doomed:
                deletions[rule.line] = len(doomed)
        return Outcome(rules=tuple(rules), removed=dict(tree.removed), deletions=deletions)


class _Steps:
    """How many steps the searches for rules may take."""

    def __init__(self, tree: BuildDirectory) -> None:
        self.of_a_rule = _STEPS + _STEPS_PER_ENTRY * tree.entries
        self.left = _STEPS + _STEPS_PER_ENTRY_OF_ALL * tree.entries


def _matches(tree: BuildDirectory, rule: Rule, steps: _Steps) -> Iterable[bytes]:
    pattern = rule.pattern
    if _LITERAL.fullmatch(pattern):
        return _looked_up(tree, pattern)
    search = GlobSearch(tree, min(steps.of_a_rule, steps.left))
    patterns = [pattern] if b"/" in pattern else [pattern, b"**/" + pattern]
    before = search.steps_left
    try:
        return [path for pattern in patterns for path in search.matches(pattern)]
    except TooManyStepsError:
        what = _shown(rule) + " comes" if before == steps.of_a_rule else "the rules up to this line come"
        raise RulesError(
            f".slugignore:{rule.line}: {what} by the same files on too many ways, by '**/', '..', braces or symlinks; "
            "name the directories themselves"
        ) from None
    finally:
        steps.left -= before - search.steps_left


def _looked_up(tree: BuildDirectory, pattern: bytes) -> list[bytes]:
    """What a pattern matches that has no wildcard, no escape, and no odd part but a leading ``./``."""
    found = []
    body = pattern.strip(b"/")
    spot = tree.look_up(Spot(tree.root, 0), body) if tree.is_there(tree.root) else None
    if spot is not None and (not pattern.endswith(b"/") or tree.enter(spot) is not None):
        found.append(b"/" + body)
    if b"/" not in pattern and is_utf_8(body):
        found += sorted((b"/" + path for path in tree.anywhere(body)), key=parts)
    return found


def _doomed(matches: Iterable[bytes]) -> list[bytes]:
    """The paths to delete, from the root, in order. Each spelling of a path is there, and counts."""
    expanded = (_expand(path) for path in dict.fromkeys(matches))
    return [path for path in expanded if path is not None]


def _expand(path: bytes) -> bytes | None:
    """A path without ``.``, ``..`` and doubled slashes, by its letters alone; None when it ends outside the root."""
    if not _ODD_PART.search(path):
        return path[1:]
    parts = [*_ROOT]
    for part in path.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts[len(_ROOT) :]) if tuple(parts[: len(_ROOT)]) == _ROOT else None


class _Braces:
    """What the braces of one file stand for. Equal patterns count once."""

    def __init__(self) -> None:
        self._left = BraceBudget(patterns=_MAX_ALTERNATIVES)
        self._known: set[bytes] = set()

    def check(self, rule: Rule) -> None:
        """Raise ``RulesError`` if the braces of ``rule``, or all braces up to it, stand for too many patterns."""
        if rule.pattern in self._known:
            return
        self._known.add(rule.pattern)
        full, line = BraceBudget(), BraceBudget()
        try:
            for _ in expand_braces(rule.pattern, line):
                pass
        except TooManyAlternativesError:
            raise RulesError(
                f".slugignore:{rule.line}: the braces in {_shown(rule)} stand for more than {ALTERNATIVES_LIMIT:,} "
                "patterns, or for too long ones; use fewer of them, or '*'"
            ) from None
        try:
            self._left.spend(
                patterns=full.patterns - line.patterns, expanded_bytes=full.expanded_bytes - line.expanded_bytes
            )
        except TooManyAlternativesError:
            raise RulesError(
                f".slugignore:{rule.line}: the braces up to this line stand for more than {_MAX_ALTERNATIVES:,} "
                "patterns, or for too long ones; use fewer of them, or '*'"
            ) from None


def _shown(rule: Rule) -> str:
    text = rule.pattern.decode("utf-8", "replace")
    return quoted((text if len(text) <= 60 else text[:60] + "...").encode())
