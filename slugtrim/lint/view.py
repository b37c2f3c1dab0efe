"""What findings are drawn from: a tree read in both dialects, what lies beside it, and similar names."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from slugtrim.files import LFS_VERSION, REGULAR, SYMLINK, Directory, File, Note, SortedPaths, SourceKind, Tree, quoted
from slugtrim.findings import Finding, Level
from slugtrim.git import GitError, Repository
from slugtrim.git.repository import ignored_paths
from slugtrim.ignore import Dialect, Matcher, Rule, RuleState, matcher
from slugtrim.platforms import PLATFORM, Platform, platform_of
from slugtrim.scanner import Slug, scan

if TYPE_CHECKING:
    from slugtrim.store import CacheTable
    from slugtrim.suggester.graph import Graph
    from slugtrim.suggester.places import Project

_SLUGIGNORE = PLATFORM.ignore_file.name


class Standing(Enum):
    """How the ``.slugignore`` on disk stands to git."""

    COMMITTED = "committed"
    """It is the one that a push sends, or nobody can say."""
    CHANGED = "changed"
    """The commit has another one."""
    UNTRACKED = "untracked"
    IGNORED = "ignored"
    """git ignores it, so that `git add` passes it over."""


class Beside(Struct, frozen=True, kw_only=True):
    """What no tree of tracked files tells. Paths are from the root of the slug; a directory ends in a slash."""

    ignored: tuple[bytes, ...] = ()
    """What git ignores and does not track."""
    untracked: tuple[bytes, ...] = ()
    """What git neither ignores nor tracks."""
    tracked_though_ignored: tuple[bytes, ...] = ()
    standing: Standing = Standing.COMMITTED


def look_beside(tree: Tree) -> Beside:
    """What lies beside the tracked files of a work tree; for anything else, nothing."""
    source = tree.source
    repository = Repository.discover(source.path) if source.kind is SourceKind.WORKTREE else None
    if repository is None:
        return Beside()
    try:
        found = ignored_paths(repository, source.prefix)
    except GitError:
        return Beside()
    cut = len(source.prefix) + 1 if source.prefix else 0
    ignored = tuple(path[cut:] for path in found.untracked)
    untracked = tuple(path for note in tree.notes if note.id == "untracked" for path in note.paths)
    return Beside(
        ignored=ignored,
        untracked=untracked,
        tracked_though_ignored=tuple(path[cut:] for path in found.tracked),
        standing=_standing(tree, repository, ignored),
    )


def _standing(tree: Tree, repository: Repository, ignored: tuple[bytes, ...]) -> Standing:
    source = tree.source
    if not os.path.lexists(os.path.join(source.path, _SLUGIGNORE)):
        return Standing.COMMITTED
    if _SLUGIGNORE in ignored:
        return Standing.IGNORED
    file = next((file for file in tree.files if file.path == _SLUGIGNORE), None)
    if file is None:
        return Standing.UNTRACKED
    path = source.prefix + b"/" + _SLUGIGNORE if source.prefix else _SLUGIGNORE
    committed = repository.tree_fingerprint(source.rev, path) if source.rev is not None else None
    return Standing.COMMITTED if committed == file.blob else Standing.CHANGED


MIN_RATIO = 0.8
"""How alike a name must be to be the one that was meant, by difflib's measure."""
MAX_COMPARISONS = 10_000_000
"""How much the search for names may cost in one file, counted in pairs of characters: about a second."""
_COST_OF_A_NAME = 3
_COST_OF_A_COMPARISON = 500

_ByLength = Mapping[int, Sequence[tuple[int, str]]]
"""Length of a name to the names, each with the bits of its letters."""


class Spellings:
    """The paths of a tree, to find the one in the same directory that is nearest to a given one."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._paths = paths
        self._known: dict[bytes, _ByLength] = {}
        self._effort_left = MAX_COMPARISONS

    def nearest(self, path: bytes) -> bytes | None:
        """Return the path in the same directory whose name is most like that of ``path``.

        None if no name is alike, or if ``MAX_EFFORT`` is spent.
        """
        directory, slash, name = path.rpartition(b"/")
        names = self._alike(_text(name), self._names(directory))
        self._effort_left -= sum(len(name) * len(other) + _COST_OF_A_COMPARISON for other in names)
        if not names or self._effort_left <= 0:
            return None
        from difflib import get_close_matches  # 5 ms that a file without a misspelt name does without

        swapped = [other for other in names if _is_swapped(_text(name), other)]
        found = swapped or get_close_matches(_text(name), names, n=1, cutoff=MIN_RATIO)
        return directory + slash + found[0].encode("utf-8", "surrogateescape") if found else None

    def _alike(self, text: str, by_length: _ByLength) -> list[str]:
        """Return the names that may be near enough to ``text`` by their lengths and letters."""
        length, letters = len(text), _letters(text)
        found: list[str] = []
        # Two thirds of the length to one and a half times: beyond, not even a name of the same letters is as near.
        for other in range(length * 2 // 3, min(length * 3 // 2, max(by_length, default=0)) + 1):
            names = by_length.get(other, ())
            self._effort_left -= len(names) * _COST_OF_A_NAME
            if self._effort_left <= 0:
                return []
            most_missing = length - MIN_RATIO * (length + other) / 2
            most_further = other - MIN_RATIO * (length + other) / 2
            found += [
                name
                for others, name in names
                if (letters & ~others).bit_count() <= most_missing and (others & ~letters).bit_count() <= most_further
            ]
        return found

    def _names(self, directory: bytes) -> _ByLength:
        known = self._known.get(directory)
        if known is None:
            known = self._known[directory] = _by_length(self._by_directory.get(directory, ()))
        return known

    @cached_property
    def _by_directory(self) -> Mapping[bytes, Sequence[str]]:
        found: dict[bytes, list[str]] = defaultdict(list)
        for path in self._paths:
            directory, _, name = path.rpartition(b"/")
            found[directory].append(_text(name))
        return found


def _is_swapped(one: str, other: str) -> bool:
    """Return True if the two differ in that two characters beside each other have changed places."""
    if len(one) != len(other):
        return False
    at = next((at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]), None)
    return at is not None and one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]


def _text(name: bytes) -> str:
    """Return a name as difflib compares it."""
    return name.decode("utf-8", "surrogateescape")


def _by_length(names: Iterable[str]) -> _ByLength:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        found[len(name)].append((_letters(name), name))
    return found


def _letters(text: str) -> int:
    """Return a bit for each character that ``text`` has; some characters share one."""
    bits = 0
    for char in set(text):
        bits |= 1 << (ord(char) % 64)
    return bits


SLUGIGNORE = PLATFORM.ignore_file.name
_LFS_POINTER_BYTES = range(100, 1024)
CONFIG_LIMIT_BYTES = 1 << 20
_ATTRIBUTES = b".gitattributes"
MAX_EFFORT = 4_000_000
"""What the explanations of the rules of one file may cost, in microseconds, more or less. A rule that comes later is
reported without an explanation, and without a fix that takes one."""
_COST_OF_A_PATTERN = 1000
"""More than it takes, so that a thousand or two of rules are explained: nobody reads more."""
_COST_OF_A_PATH = 10
_FILES_AT_ONCE = 100
"""A pattern with wildcards is compared with so many files in a microsecond or two."""
_WILDCARD = rb"[*?\[{\\]"
_PLACEHOLDER = b"\0"
"""Name of a file that stands for the content of a directory whose files nobody listed."""


class Fix(Struct, frozen=True, kw_only=True):
    """What mends a finding: a line of ``.slugignore`` that is written anew, or goes."""

    line: int
    text: bytes | None
    """Without its line ending; None where the line goes."""


class FixableFinding(Struct, frozen=True, kw_only=True):
    """A finding, and how it could be mended without a change of what is in the slug."""

    finding: Finding
    fix: Fix | None = None


class LintView:
    """One tree and its rules, as the chosen dialect reads them and as the other does."""

    def __init__(
        self,
        slug: Slug,
        other: Slug,
        beside: Beside | None = None,
        evidence: CacheTable | None = None,
        platforms: Sequence[Platform] = (),
    ) -> None:
        """``other`` is the reading of the other dialect; ``beside`` is None where nobody looked.

        ``evidence`` remembers what files refer to; without it the graph is not asked. ``platforms`` are others that the
        repository deploys to.
        """
        self._others = platforms
        self.tree = slug.tree
        self.beside = beside or Beside()
        self._evidence = evidence
        self.slug = slug
        self.other = other
        self._effort_left = MAX_EFFORT
        self._tried: dict[tuple[int, bytes], frozenset[bytes]] = {}
        """What a matcher, by identity, takes by a pattern."""

    @classmethod
    def of(
        cls,
        tree: Tree,
        dialect: Dialect,
        beside: Beside | None = None,
        evidence: CacheTable | None = None,
        platforms: Sequence[Platform] = (),
    ) -> LintView:
        """The view of a tree that is not scanned yet. Raises ``RulesError``."""
        slug = scan(tree, dialect)
        return cls(slug, scan(tree, dialect.other, like=slug), beside, evidence, platforms)

    @property
    def platform(self) -> Platform:
        """The platform that the chosen dialect is of."""
        return platform_of(self.slug.dialect)

    @property
    def may_name_build_output(self) -> bool:
        """Whether a platform that the repository deploys to applies the rules after the build."""
        return any(not each.ignore_file.precedes_build for each in (self.platform, *self._others))

    @cached_property
    def elsewhere(self) -> tuple[Matcher, ...]:
        """Try rules on what is in the slug, as another platform reads them."""
        root = Directory.from_files(self.slug.kept)
        return tuple(matcher(dialect, root, {}) for dialect in PLATFORM.ignore_file.dialects)

    @property
    def asks_graph(self) -> bool:
        """Whether there is time to find out what the deploy reaches: as much as the suggestions take."""
        return self._evidence is not None

    @cached_property
    def explored(self) -> Graph:
        """What the deploy reaches, of the slug and of what its rules leave out."""
        from slugtrim.suggester.tracing import explore_left_out  # with all that parses code: 50 ms

        return explore_left_out(self.slug, self._evidence)

    @cached_property
    def states(self) -> Mapping[int, RuleState]:
        """Line to what its rule does in the chosen dialect."""
        return self.slug.states

    @cached_property
    def other_states(self) -> Mapping[int, RuleState]:
        """The same in the other one."""
        return self.other.states

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """Of the tree before any rule."""
        from slugtrim.suggester.places import find_projects  # with the catalog: 40 ms that an audit mostly saves

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

    @cached_property
    def lfs_pointers(self) -> Note | None:
        """The note on pointers of Git LFS in the slug; None if there are none."""
        return lfs_note(self.tree, self.slug.kept)

    @cached_property
    def left_out(self) -> frozenset[bytes]:
        """The paths of the files that rules leave out."""
        return frozenset(left.file.path for left in self.slug.left_out)

    @cached_property
    def patterns(self) -> Mapping[int, bytes]:
        """Line to the pattern of its rule."""
        return {rule.line: rule.pattern for rule in self.slug.rules}

    @cached_property
    def paths(self) -> SortedPaths:
        """The paths of all files of the tree."""
        return SortedPaths(file.path for file in self.tree.files)

    @cached_property
    def credits(self) -> Sequence[int]:
        """For each of ``paths``, the line whose rule has the credit for leaving it out; 0 if it is not left out."""
        lines = {left.file.path: left.rule.line for left in self.slug.left_out}
        return [lines.get(path, 0) for path in self.paths.paths]

    @cached_property
    def lower_names(self) -> Mapping[bytes, bytes]:
        """Every path of the tree in small letters, to the path as it is; to the first of several."""
        return {name.lower(): name for name in sorted(self.names, reverse=True)}

    @cached_property
    def has_capitals(self) -> bool:
        """Whether a path of the tree has any."""
        return any(lower != name for lower, name in self.lower_names.items())

    @cached_property
    def lower_kept(self) -> Matcher:
        """Tries rules on what is in the slug, with all names in small letters."""
        return self._matcher_on(file.path.lower() for file in self.slug.kept)

    @cached_property
    def ignored(self) -> Matcher:
        """Tries rules on what git ignores."""
        return self._matcher_on(self.beside.ignored)

    @cached_property
    def untracked(self) -> Matcher:
        """Tries rules on what git does not track."""
        return self._matcher_on(self.beside.untracked)

    @cached_property
    def spellings(self) -> Spellings:
        """The names and paths that may have been misspelt."""
        return Spellings(self.names)

    def _matcher_on(self, paths: Iterable[bytes]) -> Matcher:
        """What tries rules on paths without a tree; one that ends in a slash is a directory with something in it."""
        files = [File(path + _PLACEHOLDER if path.endswith(b"/") else path, 0, REGULAR, None) for path in paths]
        return matcher(self.slug.dialect, Directory.from_files(files), {})

    @property
    def is_spent(self) -> bool:
        """Whether ``MAX_EFFORT`` is spent."""
        return self._effort_left <= 0

    def alone(self, rule: Rule, pattern: bytes | None = None, slug: Slug | None = None) -> frozenset[bytes]:
        """The paths that a rule takes when it is the only one, a directory for all in it; ``pattern`` in its place."""
        slug = slug or self.slug
        if slug.matcher is None:
            return frozenset()
        return self.tried(slug.matcher, pattern if pattern is not None else rule.pattern)

    def tried(self, on: Matcher, pattern: bytes) -> frozenset[bytes]:
        """What a pattern takes by itself; nothing once ``MAX_EFFORT`` is spent."""
        if self.is_spent:
            return frozenset()
        taken = self._tried.get((id(on), pattern))
        if taken is None:
            taken = self._tried[id(on), pattern] = on.alone(pattern)
        self._effort_left -= _COST_OF_A_PATTERN + _COST_OF_A_PATH * len(taken)
        if re.search(_WILDCARD, pattern):
            self._effort_left -= len(self.tree.files) // _FILES_AT_ONCE
        return taken


def named(paths: Iterable[bytes], most: int = 3) -> tuple[bytes, ...]:
    """The first few paths, as a finding carries them."""
    return tuple(sorted(paths)[:most])


def on_line(
    id_: str,
    level: Level,
    line: int | None,
    message: str,
    cure: str,
    *,
    paths: Iterable[bytes] = (),
    fix: Fix | None = None,
) -> FixableFinding:
    """Return a finding on a line of the root ``.slugignore``; without a line, on the file as a whole."""
    return FixableFinding(
        finding=Finding(
            id=id_,
            level=level,
            path=SLUGIGNORE,
            line=line,
            message=message,
            cure=cure,
            paths=named(paths),
            fixable=fix is not None,
        ),
        fix=fix,
    )


def shown(pattern: bytes) -> str:
    """A pattern in a sentence: in quotes where it would not be seen where it ends."""
    text = quoted(pattern)
    return f'"{text}"' if b" " in pattern and not text.startswith('"') else text


def lfs_note(tree: Tree, kept: tuple[File, ...]) -> Note | None:
    """The LFS pointers among ``kept``: the platform does not fetch what they point to."""
    attributes = [file for file in tree.files if file.path.endswith(_ATTRIBUTES)]
    small = [
        file
        for file in attributes
        if file.path.rpartition(b"/")[2] == _ATTRIBUTES and file.size_bytes <= CONFIG_LIMIT_BYTES
    ]
    if not any(b"lfs" in text for text in tree.read(small).values()):
        return None
    candidates = [file for file in kept if file.size_bytes in _LFS_POINTER_BYTES and file.mode != SYMLINK]
    texts = tree.read(candidates)
    pointers = tuple(path for path, text in texts.items() if text.startswith(LFS_VERSION))
    if not pointers:
        return None
    message = "Git LFS pointers: the platform ships the pointer files, not what they point to"
    return Note(id="lfs-pointers", message=message, paths=pointers)
