"""The advice: what is asked for, what the owner decides, and who looks for the rest while the slug is measured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from msgspec.structs import replace

from slugtrim.errors import UsageError
from slugtrim.files import Directory, File, Note, SortedPaths, Tree, quoted
from slugtrim.ignore import Dialect, matcher
from slugtrim.scanner import Slug, check_part, scan
from slugtrim.sizer import Progress, Sizer, open_size_cache
from slugtrim.sources.held import held
from slugtrim.store import CacheTable
from slugtrim.suggester.measuring import measuring
from slugtrim.suggester.records import (
    DEFAULT_TERMS,
    NOT_OVERRULED,
    Advice,
    AdviceTerms,
    Overrule,
    Overruled,
    Overrules,
)
from slugtrim.suggester.remembered import open_suggestion_cache


class AdviceTables:
    """What is remembered of a repository for suggestions."""

    def __init__(self, git_dir: bytes | None) -> None:
        """Open the tables of the repository with this (common) git directory; for None, nothing lasts."""
        self._git_dir = git_dir
        self.sizes = open_size_cache(git_dir)
        self.best = open_suggestion_cache(git_dir)
        """The best entries, for other reports."""

    @cached_property
    def evidence(self) -> CacheTable:
        """What files refer to."""
        from slugtrim.suggester.facts import open_evidence_cache  # with all that reads files

        return open_evidence_cache(self._git_dir)

    def save(self) -> None:
        """Keep what is new."""
        for table in (self.sizes, self.evidence, self.best):
            table.save()


def suggest_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    tables: AdviceTables | None = None,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """Return what to leave out of the slug of ``tree`` beyond what its rules do.

    ``tables`` remember what it was told before, and the best entries for other reports. Raises ``RulesError``,
    ``SourceError`` for a part without files, and ``UsageError`` for an overruling pattern that the two dialects read
    differently.
    """
    tables = tables or AdviceTables(None)
    check_part(tree, asked.part)
    contents = held(tree.contents)  # several read the same files
    slug = scan(replace(tree, contents=contents), dialect)
    overruled = _overrule(slug, asked.overrules)
    sizer = Sizer(contents, cache=tables.sizes, progress=progress)
    with measuring(slug, sizer, progress) as measured:
        from slugtrim.suggester.assembly import assemble  # 150 ms, while another process measures

        return assemble(tree, slug, sizer, measured, overruled, asked, evidence=tables.evidence, best=tables.best)


# What the owner decides instead of the graph


def _overrule(slug: Slug, overrules: Overrules) -> Overruled:
    """Return the files of the slug that the patterns name.

    What both name stays. Raises ``UsageError`` for an ``include`` that the two dialects read differently.
    """
    if overrules == Overrules():
        return NOT_OVERRULED
    files = sorted((*slug.kept, *(left.file for left in slug.left_out)))
    kept = {file.path for file in slug.kept}
    taken = _Takes(files, slug.tree.links, slug.dialect)
    excluded = _first((each, taken.in_either(each.pattern) & kept) for each in overrules.exclude)
    by_include = [(each, taken.in_both(each) & kept) for each in overrules.include]
    included = {path: each for path, each in _first(by_include).items() if path not in excluded}
    idle = [each for each in (*overrules.include, *overrules.exclude) if not taken.in_either(each.pattern)]
    notes = (Note(id="overrule-matches-nothing", message=f"{each.origin}: matches no file", paths=()) for each in idle)
    return Overruled(included=included, excluded=excluded, notes=tuple(notes))


def _first(taken: Iterable[tuple[Overrule, Collection[bytes]]]) -> dict[bytes, Overrule]:
    found: dict[bytes, Overrule] = {}
    for each, paths in taken:
        for path in paths:
            found.setdefault(path, each)
    return found


class _Takes:
    """Tries patterns on files in both dialects."""

    def __init__(self, files: Sequence[File], links: Mapping[bytes, bytes], dialect: Dialect) -> None:
        self._paths = SortedPaths(file.path for file in files)
        root = Directory.from_files(files)
        self._matchers = {each: matcher(each, root, links) for each in dialect.pair}

    def in_either(self, pattern: bytes) -> set[bytes]:
        """Return the files that either dialect reads in the pattern."""
        return set().union(*(self._files(dialect, pattern) for dialect in self._matchers))

    def in_both(self, wanted: Overrule) -> set[bytes]:
        """Return the files that both dialects read in the pattern. Raises ``UsageError`` if they differ."""
        one, other = (self._files(dialect, wanted.pattern) for dialect in self._matchers)
        if one != other:
            path = quoted(min(one ^ other))
            raise UsageError(
                f"{wanted.origin}: the two readings of .slugignore differ on this pattern, as for {path}; "
                "name a directory or a file from the root, as /spec"
            )
        return one

    def _files(self, dialect: Dialect, pattern: bytes) -> set[bytes]:
        rows = self._paths.covered(self._matchers[dialect].alone(pattern))
        return {path for row in rows for path in self._paths.paths[row.start : row.stop]}
