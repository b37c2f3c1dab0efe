"""A tree and its rules: which files are in the slug, which are left out, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from slugtrim.files import Directory, File, Tree
from slugtrim.ignore import Dialect, Outcome, Rule, RuleState, decide, parse


class LeftOut(NamedTuple):
    """A file that a rule leaves out. A named tuple for the same reason as ``File``."""

    file: File
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Slug:
    """A tree divided: every file of it is in exactly one of the three."""

    tree: Tree
    dialect: Dialect
    rules: tuple[Rule, ...]
    kept: tuple[File, ...]
    left_out: tuple[LeftOut, ...]
    compiler_removed: tuple[File, ...]
    """What the platform itself deletes before any rule: ``.git``, every ``.DS_Store``, a root ``tmp``."""
    outcome: Outcome


def scan(tree: Tree, dialect: Dialect = Dialect.GITIGNORE) -> Slug:
    """The slug of ``tree`` before buildpacks. Raises ``RulesError`` when its ``.slugignore`` cannot be read."""
    rules = parse(tree.slugignore, dialect) if tree.slugignore is not None else ()
    removed = [file for file in tree.files if is_removed_by_compiler(file.path)]
    here = [file for file in tree.files if not is_removed_by_compiler(file.path)] if removed else tree.files
    root = Directory.from_files(here)
    outcome = decide(rules, dialect, root, tree.links)
    kept, left_out = _divide(root, outcome)
    return Slug(
        tree=tree,
        dialect=dialect,
        rules=rules,
        kept=tuple(kept),
        left_out=tuple(left_out),
        compiler_removed=tuple(removed),
        outcome=outcome,
    )


def is_removed_by_compiler(path: bytes) -> bool:
    """Whether the slug compiler deletes the file itself, before any rule."""
    return path.partition(b"/")[0] in (b".git", b"tmp") or path.rpartition(b"/")[2] == b".DS_Store"


def rule_states(slug: Slug) -> dict[int, RuleState]:
    """Line number of each rule to what it does. A rule without credit is tried again with the others of its kind."""
    credited = {left.rule.line for left in slug.left_out} | set(slug.outcome.deletions)
    states = {rule.line: RuleState.NEGATED for rule in slug.rules if rule.negated}
    open_rules = [rule for rule in slug.rules if not rule.negated]
    root = Directory.from_files(file for file in slug.tree.files if not is_removed_by_compiler(file.path))
    state = RuleState.ACTIVE
    while True:
        states.update((rule.line, state) for rule in open_rules if rule.line in credited)
        open_rules = [rule for rule in open_rules if rule.line not in credited]
        if not open_rules or not credited:
            break
        state = RuleState.SHADOWED
        credited = {rule.line for rule in decide(open_rules, slug.dialect, root, slug.tree.links).removed.values()}
    states.update((rule.line, RuleState.DEAD) for rule in open_rules)
    return states


def _divide(root: Directory, outcome: Outcome) -> tuple[list[File], list[LeftOut]]:
    """Walks down with the rule that took the directory above; a deeper entry taken earlier keeps its own rule."""
    kept: list[File] = []
    left_out: list[LeftOut] = []
    removed = outcome.removed
    stack: list[tuple[Directory, Rule | None]] = [(root, removed.get(b""))]
    while stack:
        directory, above = stack.pop()
        for file in directory.files.values():
            rule = removed.get(file.path, above)
            if rule is None:
                kept.append(file)
            else:
                left_out.append(LeftOut(file, rule))
        for child in directory.directories.values():
            stack.append((child, removed.get(child.path, above)))
    kept.sort()
    left_out.sort(key=lambda left: left.file.path)
    return kept, left_out
