"""Composing a check: a slug measured and held against its budgets, and compared with that of another commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from slugtrim.budget import Budgets, Sizes, Verdict, judge
from slugtrim.check.base import BaseCommit, touching_commits
from slugtrim.check.record import Base, Check, Growth
from slugtrim.diff.changes import compare_files
from slugtrim.diff.record import Change, ChangeKind, Listed
from slugtrim.files import Directory, Note, SortedPaths, Source, SourceKind, Tree
from slugtrim.git import Repository
from slugtrim.ignore import Dialect, matcher
from slugtrim.lint import look_quickly
from slugtrim.measurement import Depth, Measurement, measure_each
from slugtrim.sizer import Overhead, Progress, classify, with_overhead
from slugtrim.store import CacheTable
from slugtrim.suggester.record import Advised
from slugtrim.suggester.remembered import files_digest, open_suggestion_cache, remembered

_GROWN = 10
"""So many files that grew are told, and as many that shrank."""


class Asked(Struct, frozen=True, kw_only=True):
    """What a slug is held against."""

    budgets: Budgets
    overhead: Overhead | None = None
    """What buildpacks add, where that is configured or a build showed it."""
    target: str | None = None


class BaseTree(Struct, frozen=True, kw_only=True):
    """The tree of the base, and how it was found."""

    tree: Tree
    commit: BaseCommit


def check_tree(
    tree: Tree,
    dialect: Dialect,
    asked: Asked,
    *,
    base: BaseTree | None = None,
    cache: CacheTable | None = None,
    git_dir: bytes | None = None,
    progress: Progress | None = None,
) -> Check:
    """The check of a tree. Raises ``RulesError``, also for the rules of the base, and ``SourceError``.

    ``git_dir`` is the repository whose remembered suggestions are shown; None for no suggestions.
    """
    wanted = [(tree, Depth.READINGS), *([(base.tree, Depth.SIZE)] if base is not None else [])]
    measured, *before = measure_each(wanted, dialect, cache=cache, progress=progress)
    compiled = with_overhead(measured.compressed_bytes, asked.overhead) if asked.overhead is not None else None
    overhead = asked.overhead.size_bytes if asked.overhead is not None else 0
    compared = _compare(measured, before[0], base.commit, overhead) if base is not None else None
    total = compiled.compressed_bytes if compiled is not None else measured.compressed_bytes
    path_bytes, taken = _path_bytes(measured, [budget.pattern for budget in asked.budgets.paths])
    sizes = Sizes(
        total_bytes=total,
        checkout_bytes=measured.checkout.size_bytes,
        largest_file_bytes=measured.largest_file_bytes,
        files=measured.kept.files,
        path_bytes=path_bytes,
        base_bytes=compared.compressed_bytes if compared is not None else None,
    )
    results = judge(sizes, asked.budgets)
    is_over = any(result.verdict is not Verdict.OK for result in results)
    return Check(
        source=tree.source,
        dialect=dialect,
        target=asked.target,
        files=measured.kept.files,
        size_bytes=measured.kept.size_bytes,
        source_compressed_bytes=measured.compressed_bytes,
        compiled=compiled,
        size_class=classify(total),
        base=compared,
        results=results,
        findings=look_quickly(measured).findings,
        suggestions=_suggestions(measured, git_dir) if is_over else (),
        unreadable=measured.unreadable,
        notes=(*tree.notes, *_notes(asked.budgets, sizes, taken)),
        slugignore=tree.slugignore,
    )


def _notes(budgets: Budgets, sizes: Sizes, taken: Mapping[bytes, int]) -> Iterator[Note]:
    """What somebody limits, and nothing is held to."""
    if budgets.max_growth is not None and sizes.base_bytes is None:
        message = f"growth is not checked ({budgets.max_growth.written}): there is no base; name one with --base"
        yield Note(id="no-base", message=message)
    idle = tuple(pattern for pattern, count in taken.items() if not count)
    if idle:
        yield Note(id="idle-budget", message="budgets for what the slug does not have: misspelt, or gone", paths=idle)


def _suggestions(measured: Measurement, git_dir: bytes | None) -> tuple[Advised, ...] | None:
    return remembered(files_digest(measured.slug.kept), open_suggestion_cache(git_dir))


def _path_bytes(measured: Measurement, patterns: Sequence[bytes]) -> tuple[Mapping[bytes, int], Mapping[bytes, int]]:
    """Pattern to the shares of what it names, as git reads a line of a gitignore; and to how many files that is."""
    if not patterns:
        return {}, {}
    slug = measured.slug
    on = matcher(Dialect.GITIGNORE, Directory.from_files(slug.kept), slug.tree.links)
    paths = SortedPaths(file.path for file in slug.kept)
    before = list(accumulate((measured.shares[path] for path in paths.paths), initial=0))
    shares, counts = {}, {}
    for pattern in patterns:
        rows = paths.covered(on.alone(pattern))
        shares[pattern] = sum(before[row.stop] - before[row.start] for row in rows)
        counts[pattern] = sum(map(len, rows))
    return shares, counts


def _compare(measured: Measurement, before: Measurement, commit: BaseCommit, overhead: int) -> Base:
    compared = compare_files(Listed.from_measurement(commit.name, before), Listed.from_measurement("", measured))
    return Base(
        rev=commit.rev,
        name=commit.name,
        files=before.kept.files,
        compressed_bytes=max(0, before.compressed_bytes + overhead),
        grown=_with_commits(_most_grown(compared.changes), measured.source, commit),
        unchanged_files=compared.unchanged.files,
        complete=not before.unreadable,
    )


def _most_grown(changes: Sequence[Change]) -> list[Change]:
    """What grew most first, what shrank most last; nothing that only moved."""
    rows = sorted(
        (change for change in changes if change.kind is not ChangeKind.MOVED),
        key=lambda change: (-change.grown_bytes, change.path),
    )
    more = [row for row in rows if row.grown_bytes > 0][:_GROWN]
    less = [row for row in rows if row.grown_bytes < 0][-_GROWN:]
    return [*more, *less]


def _with_commits(changes: Sequence[Change], source: Source, base: BaseCommit) -> tuple[Growth, ...]:
    repository = Repository.discover(source.path) if source.kind is not SourceKind.DIRECTORY else None
    commits: Mapping[bytes, tuple[str, str]] = {}
    at = source.prefix + b"/" if source.prefix else b""
    if repository is not None and source.rev is not None:
        commits = touching_commits(repository, base.rev, source.rev, [at + change.path for change in changes])
    return tuple(
        Growth(
            path=change.path,
            before_bytes=change.before_bytes,
            after_bytes=change.after_bytes,
            commit=commits[at + change.path][0] if at + change.path in commits else None,
            subject=commits[at + change.path][1] if at + change.path in commits else "",
        )
        for change in changes
    )
