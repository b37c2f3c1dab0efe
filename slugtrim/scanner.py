"""A tree and its rules: which files are in the slug, which are left out, and by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import Directory, File, Tree, between_nuls, is_within, quoted
from slugtrim.ignore import Dialect, Matcher, Outcome, Rule, RuleState, matcher, parse
from slugtrim.platforms import Platform, platform_of


class LeftOut(NamedTuple):
    """A file that a rule leaves out. A named tuple for the same reason as ``File``."""

    file: File
    rule: Rule


class Slug(Struct, frozen=True, kw_only=True, dict=True):
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
    matcher: Matcher | None
    """What tries more rules on that directory; None where there are no rules."""

    @cached_property
    def checkout(self) -> Sequence[File]:
        """What the limit for a checkout is about: all but git's own directory, which a plain directory may have."""
        files = self.tree.files
        if b"\0.git/" not in between_nuls(files):
            return files
        return [file for file in files if not file.path.startswith(b".git/")]

    @cached_property
    def states(self) -> Mapping[int, RuleState]:
        """What each rule does, by its line. A rule without credit is tried again, as if it were the only one."""
        credited = {left.rule.line for left in self.left_out} | set(self.outcome.deletions)
        states = {}
        without_credit: dict[bytes, RuleState] = {}
        for rule in self.rules:
            if rule.negated:
                states[rule.line] = RuleState.NEGATED
            elif rule.line in credited:
                states[rule.line] = RuleState.ACTIVE
            else:
                state = without_credit.get(rule.pattern)
                if state is None:
                    takes_any = self.matcher is not None and self.matcher.takes_any(rule.pattern)
                    state = without_credit[rule.pattern] = RuleState.SHADOWED if takes_any else RuleState.DEAD
                states[rule.line] = state
        return states


def scan(tree: Tree, dialect: Dialect = Dialect.GITIGNORE, *, like: Slug | None = None) -> Slug:
    """The slug of ``tree`` before buildpacks. Raises ``RulesError`` when its ``.slugignore`` cannot be read.

    ``like`` is a reading of the same tree in another dialect, for what the two have in common.
    """
    rules = parse(tree.slugignore, dialect) if tree.slugignore is not None else ()
    platform = platform_of(dialect)
    removed = like.compiler_removed if like is not None else _compiler_removed(tree.files, platform)
    here = [file for file in tree.files if not is_removed_by_compiler(file.path, platform)] if removed else tree.files
    root = like.root if like is not None else None
    rules_matcher = None
    outcome = Outcome(rules=(), removed={}, deletions={})
    kept: Sequence[File] = here
    left_out: Sequence[LeftOut] = ()
    if rules:
        root = root if root is not None else Directory.from_files(here)
        rules_matcher = matcher(dialect, root, tree.links)
        outcome = rules_matcher.decide(rules)
        kept, left_out = _divide(root, outcome)
    return Slug(
        tree=tree,
        dialect=dialect,
        rules=outcome.rules,
        kept=tuple(kept),
        left_out=tuple(left_out),
        compiler_removed=removed,
        outcome=outcome,
        root=root,
        matcher=rules_matcher,
    )


def _compiler_removed(files: Sequence[File], platform: Platform) -> tuple[File, ...]:
    names = between_nuls(files)
    roots, name = platform.compiler_removes_roots, platform.compiler_removes_name
    if not (name and name in names) and not any(b"\0" + root in names for root in roots):
        return ()
    suspects = (file for file in files if file.path.startswith(roots) or (name and file.path.endswith(name)))
    return tuple(file for file in suspects if is_removed_by_compiler(file.path, platform))


def is_removed_by_compiler(path: bytes, platform: Platform) -> bool:
    """Whether the platform deletes the file itself, before any rule."""
    roots, name = platform.compiler_removes_roots, platform.compiler_removes_name
    return path.partition(b"/")[0] in roots or (bool(name) and path.rpartition(b"/")[2] == name)


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


def check_part(tree: Tree, part: bytes) -> None:
    """Raise ``SourceError`` if no file of the tree is in the directory ``part``."""
    if part and not any(is_within(file.path, part) for file in tree.files):
        raise SourceError(f"{quoted(part)}: nothing in it is pushed; name a directory that git tracks files in")
