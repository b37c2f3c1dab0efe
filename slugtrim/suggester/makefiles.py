"""Which recipes of a Makefile a call of ``make`` runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

_RULE = re.compile(r"([^\s:=#][^:=#]{0,1000})::?(?!=)([^=;#]*)(?:[;#].*)?")
_MAKE = re.compile(r"\$[({]MAKE[)}]")
_SIMPLE = re.compile(r"[^%$]*")
"""Targets that stand for themselves."""
_UNKNOWN = re.compile(r"[ \t]*(?:-|s)?include\b|[ \t]*define\b|\.DEFAULT")
"""Lines after which a file alone does not say what a target is made of."""

Line = tuple[int, str]
"""A line with its number."""


class _Rule(Struct):
    """One rule, for any number of targets."""

    prerequisites: Sequence[str]
    recipe: list[Line]


def called_recipes(lines: Iterable[Line], names: Sequence[str]) -> Sequence[Line]:
    """Return the lines of the recipes that make runs for some targets, those of their prerequisites included.

    Without a target, make runs the first one. All recipes are returned if a name or a prerequisite may be anything.
    Takes time linear in the text.
    """
    every, rules_of, is_known = _read(lines)
    called = [name for name in names if "=" not in name]
    called = called or [target for target in rules_of if not target.startswith(".")][:1]
    if not is_known or not called or not rules_of.keys() >= set(called):
        return every
    found: set[str] = set()
    run: dict[int, _Rule] = {}
    waiting = list(called)
    while waiting:
        target = waiting.pop()
        if target not in rules_of and "$" in target:  # without a variable, it is a file
            return every
        for rule in rules_of.get(target, ()) if target not in found else ():
            if id(rule) not in run:
                run[id(rule)] = rule
                waiting += rule.prerequisites
                again = [text for _, text in rule.recipe if _MAKE.search(text)]
                waiting += [word for text in again for word in text.split() if word in rules_of]
        found.add(target)
    return sorted(line for rule in run.values() for line in rule.recipe)


def _read(lines: Iterable[Line]) -> tuple[Sequence[Line], Mapping[str, Sequence[_Rule]], bool]:
    """Return the lines of all recipes, the rules of each target, and whether the targets are all that there are."""
    every: list[Line] = []
    rules_of: dict[str, list[_Rule]] = defaultdict(list)
    is_known = True
    rule = _Rule((), [])
    for number, text in _joined(lines):
        if text.startswith("\t"):
            every.append((number, text))
            rule.recipe.append((number, text))
        elif match := _RULE.fullmatch(text):
            rule = _Rule(match[2].replace("|", " ").split(), [])
            for target in match[1].split():
                rules_of[target].append(rule)
            is_known = is_known and _SIMPLE.fullmatch(match[1]) is not None
        else:
            is_known = is_known and not _UNKNOWN.match(text)
    return every, rules_of, is_known


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines, those of recipes as they are; others with what follows a backslash at their end."""
    parts: list[str] = []
    first = 0
    for number, text in lines:
        if not parts and text.startswith("\t"):
            yield number, text
            continue
        first = first if parts else number
        parts.append(text.removesuffix("\\"))
        if not text.endswith("\\"):
            yield first, " ".join(parts)
            parts = []
