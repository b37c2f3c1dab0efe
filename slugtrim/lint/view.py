"""What the findings are drawn from: a tree read both ways, and what lies beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from slugtrim.files import File, Tree, quoted
from slugtrim.ignore import Dialect, Rule, RuleState, decide
from slugtrim.lint.beside import Beside
from slugtrim.notes import Finding
from slugtrim.platforms import PLATFORM
from slugtrim.scanner import Slug, rule_states, scan

if TYPE_CHECKING:
    from slugtrim.suggester.projects import Project

SLUGIGNORE = PLATFORM.ignore_file.name


class Fix(Struct, frozen=True, kw_only=True):
    """What mends a finding: a line of ``.slugignore`` that is written anew, or goes."""

    line: int
    text: bytes | None
    """Without its line ending; None where the line goes."""


class Found(Struct, frozen=True, kw_only=True):
    """A finding, and how it could be mended without a change of what is in the slug."""

    finding: Finding
    fix: Fix | None = None


class View:
    """One tree and its rules, as the chosen dialect reads them and as the other does."""

    def __init__(self, slug: Slug, other: Slug, beside: Beside | None = None) -> None:
        """``other`` is the reading of the other dialect; ``beside`` is None where nobody looked."""
        self.tree = slug.tree
        self.beside = beside or Beside()
        self.slug = slug
        self.other = other

    @classmethod
    def of(cls, tree: Tree, dialect: Dialect, beside: Beside | None = None) -> View:
        """The view of a tree that is not scanned yet. Raises ``RulesError``."""
        slug = scan(tree, dialect)
        return cls(slug, scan(tree, dialect.other, like=slug), beside)

    @cached_property
    def states(self) -> Mapping[int, RuleState]:
        """Line to what its rule does in the chosen dialect."""
        return rule_states(self.slug)

    @cached_property
    def other_states(self) -> Mapping[int, RuleState]:
        """The same in the other one."""
        return rule_states(self.other)

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """Of the tree before any rule."""
        from slugtrim.suggester.projects import find_projects  # with the catalog: 40 ms that an audit mostly saves

        return find_projects(self.tree.files)

    @cached_property
    def by_line(self) -> Mapping[int, Sequence[File]]:
        """Line to the files that its rule has the credit for leaving out."""
        files: dict[int, list[File]] = defaultdict(list)
        for left in self.slug.left_out:
            files[left.rule.line].append(left.file)
        return files

    @cached_property
    def names(self) -> frozenset[bytes]:
        """Every path of the tree, directories as well."""
        found: set[bytes] = set()
        for file in self.tree.files:
            path = file.path
            while path and path not in found:
                found.add(path)
                path = path.rpartition(b"/")[0]
        return frozenset(found)

    def alone(self, rule: Rule, pattern: bytes | None = None, slug: Slug | None = None) -> frozenset[bytes]:
        """The paths that a rule takes when it is the only one, a directory for all in it; ``pattern`` in its place."""
        slug = slug or self.slug
        if slug.root is None:
            return frozenset()
        tried = Rule(line=rule.line, text=rule.text, pattern=pattern if pattern is not None else rule.pattern)
        return frozenset(decide([tried], slug.dialect, slug.root, self.tree.links).removed)


def named(paths: Iterable[bytes], most: int = 3) -> tuple[bytes, ...]:
    """The first few paths, as a finding carries them."""
    return tuple(sorted(paths)[:most])


def shown(pattern: bytes) -> str:
    """A pattern in a sentence: in quotes where it would not be seen where it ends."""
    text = quoted(pattern)
    return f'"{text}"' if b" " in pattern and not text.startswith('"') else text
