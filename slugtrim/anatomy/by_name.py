"""Waste told by the names of files and directories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from slugtrim.anatomy.catalog import Sign, WasteRule, waste_rules
from slugtrim.anatomy.claims import Ground, WasteClaim
from slugtrim.anatomy.walking import Walk
from slugtrim.suggester.candidates import catalog_candidates
from slugtrim.suggester.projects import find_projects
from slugtrim.suggester.record import Tier

_Mark = tuple[WasteRule, bool]
"""A rule, and whether it is one of its exceptions that names a path."""


class NamedWaste:
    """What all rules about names find, with each path walked once."""

    def __init__(self, ground: Ground) -> None:
        rules = [rule for rule in waste_rules() if rule.sign is Sign.NAMES]
        patterns = [((rule, False), rule.patterns) for rule in rules]
        patterns += [((rule, True), rule.exceptions) for rule in rules if rule.exceptions]
        walk: Walk[_Mark] = Walk(patterns)
        self._found: dict[str, list[WasteClaim]] = defaultdict(list)
        for at, placed in enumerate(ground.placed):
            path = placed.file.path
            named = walk.named(path, placed.root)
            done = {rule.id for (rule, is_exception), _ in named if is_exception}
            for (rule, _), what in named:  # the topmost directory comes first
                if rule.id not in done and (not rule.groups or placed.group.id in rule.groups):
                    done.add(rule.id)
                    self._found[rule.id].append(WasteClaim(at, placed.home or path if what == path else what))

    def claims(self, rule: WasteRule) -> list[WasteClaim]:
        """What ``rule`` names."""
        return self._found.get(rule.id, [])


def rivals(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Files in the root of which only one should be there, where there are several."""
    found = [WasteClaim(at, each.file.path) for at, each in enumerate(ground.placed) if each.file.path in rule.names]
    if len(found) > 1:
        yield from found


def source(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """What the suggester's catalog names as safe to leave out. Nobody looked for readers: contents have passed."""
    at = {placed.file.path: at for at, placed in ground.within(rule)}
    own = [placed.file for _, placed in ground.within(rule)]
    for candidate in catalog_candidates(own, find_projects(own)):
        if candidate.tier is Tier.SAFE:
            yield from (WasteClaim(at[file.path], candidate.path or file.path) for file in candidate.files)
