"""A tree and its rules: which files are in the slug, which are left out, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from slugtrim.files import Directory, File, Tree
from slugtrim.ignore import Dialect, Outcome, Rule, RuleState, decide, parse
from slugtrim.platforms import PLATFORM

_REMOVED_ROOTS = PLATFORM.compiler_removes_roots
_REMOVED_NAME = PLATFORM.compiler_removes_name


class LeftOut(NamedTuple):
    """A file that a rule leaves out. A named tuple for the same reason as ``File``."""

    file: File
    rule: Rule


class Slug(Struct, frozen=True, kw_only=True):
    """A tree divided: every file of it is in exactly one of the three."""

    tree: Tree
    dialect: Dialect
    rules: tuple[Rule, ...]
    kept: tuple[File, ...]
    left_out: tuple[LeftOut, ...]
    compiler_removed: tuple[File, ...]
    """What the platform itself deletes before any rule: ``.git``, every ``.DS_Store``, a root ``tmp``."""
    outcome: Outcome
    root: Directory | None
    """The directory that the rules were tried on; None where there are no rules."""


def scan(tree: Tree, dialect: Dialect = Dialect.GITIGNORE, *, like: Slug | None = None) -> Slug:
    """The slug of ``tree`` before buildpacks. Raises ``RulesError`` when its ``.slugignore`` cannot be read.

    ``like`` is a reading of the same tree in another dialect, for what the two have in common.
    """
    rules = parse(tree.slugignore, dialect) if tree.slugignore is not None else ()
    removed = like.compiler_removed if like is not None else _compiler_removed(tree.files)
    here = [file for file in tree.files if not _is_removed(file)] if removed else tree.files
    if not rules:
        outcome = Outcome(rules=(), removed={}, deletions={})
        return _slug(tree, dialect, outcome, (here, ()), removed, like.root if like is not None else None)
    root = like.root if like is not None and like.root is not None else Directory.from_files(here)
    outcome = decide(rules, dialect, root, tree.links)
    return _slug(tree, dialect, outcome, _divide(root, outcome), removed, root)


def _slug(
    tree: Tree,
    dialect: Dialect,
    outcome: Outcome,
    divided: tuple[Sequence[File], Sequence[LeftOut]],
    removed: tuple[File, ...],
    root: Directory | None,
) -> Slug:
    kept, left_out = divided
    return Slug(
        tree=tree,
        dialect=dialect,
        rules=outcome.rules,
        kept=tuple(kept),
        left_out=tuple(left_out),
        compiler_removed=removed,
        outcome=outcome,
        root=root,
    )


def _compiler_removed(files: Sequence[File]) -> tuple[File, ...]:
    # Two looks at each path leave few to take apart.
    suspects = [file for file in files if file.path.startswith(_REMOVED_ROOTS) or file.path.endswith(_REMOVED_NAME)]
    return tuple(filter(_is_removed, suspects))


def _is_removed(file: File) -> bool:
    return is_removed_by_compiler(file.path)


def checked_out(tree: Tree) -> Sequence[File]:
    """What the limit for a checkout is about: all but git's own directory, which a plain directory may have."""
    if not any(file.path.startswith(b".git/") for file in tree.files):
        return tree.files
    return [file for file in tree.files if not file.path.startswith(b".git/")]


def is_removed_by_compiler(path: bytes) -> bool:
    """Whether the slug compiler deletes the file itself, before any rule."""
    return path.partition(b"/")[0] in _REMOVED_ROOTS or path.rpartition(b"/")[2] == _REMOVED_NAME


def rule_states(slug: Slug) -> dict[int, RuleState]:
    """Line number of each rule to what it does. A rule without credit is tried again with the others of its kind."""
    credited = {left.rule.line for left in slug.left_out} | set(slug.outcome.deletions)
    states = {rule.line: RuleState.NEGATED for rule in slug.rules if rule.negated}
    open_rules = [rule for rule in slug.rules if not rule.negated]
    root = slug.root
    state = RuleState.ACTIVE
    while True:
        states.update((rule.line, state) for rule in open_rules if rule.line in credited)
        open_rules = [rule for rule in open_rules if rule.line not in credited]
        if not open_rules or not credited or root is None:
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
