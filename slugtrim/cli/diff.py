"""``slugtrim diff``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import assert_never

import click
from msgspec.structs import replace

from slugtrim.archive.limits import Limits
from slugtrim.builds.learned import build_change, start_changes
from slugtrim.cli.asked import OutputOptions, TreeOptions
from slugtrim.cli.options import archive_options, compared_tree_options, measuring_options, output_options
from slugtrim.cli.output import ProgressLine, write_reports
from slugtrim.cli.tree import configured, overhead_of, package_growth_of, prediction_of
from slugtrim.config.settings import Config
from slugtrim.diff.comparison import Named, NamedKind, compare, list_slug, list_tree, named_sides
from slugtrim.diff.difference import Diff, Listed
from slugtrim.errors import UsageError
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.reports.formats import formats_of
from slugtrim.sizer import Overhead, open_size_cache
from slugtrim.sources import find_tree
from slugtrim.store import CacheTable


@click.command("diff", short_help="Explain why one slug is larger than another.")
@click.argument("sides", nargs=-1, required=True, metavar="A B")
@compared_tree_options
@archive_options
@measuring_options
@output_options(*formats_of("diff"))
def command(
    sides: tuple[str, ...],
    limits: Limits,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """Explain why one slug is larger than another: files added, removed, grown, shrunk and moved, largest change first.

    A and B are commits (or write A..B), compiled slugs (.tgz, .tar, an unpacked directory, - for stdin), or one of
    each. The top directory of a repository means its working tree. Arguments that exist on disk are treated as paths;
    anything else is a revision.
    """
    named = named_sides(sides)
    found = [_find(each, tree_options, limits.entries) for each in named]
    if tree_options.prefix and not any(found):
        raise UsageError("--prefix: names a directory of a repository, but both sides are compiled slugs; drop it")
    trees = [each for each in reversed(found) if each is not None]
    config = configured(tree_options, trees[0].source, trees[0].git_dir) if trees else None
    dialect = config.reading if config is not None else Dialect.GITIGNORE
    overhead = None
    if config is not None and found[-1] is not None and None not in found:
        # What the later one has is on both sides; beside a compiled slug nothing is: there buildpacks have been.
        overhead = overhead_of(found[-1], config, use_cache=use_cache)
    report = _compare(named, found, _Terms(dialect, overhead, limits, use_cache=use_cache), progress=progress)
    if config is not None and overhead is None:
        report = _with_predictions(report, found, config, use_cache=use_cache)
    before, after = found
    if before is not None and after is not None and not tree_options.prefix:
        report = replace(report, starts=start_changes(after.git_dir, before.source.rev, after.source.rev))
        names = [
            (side.name, each.source.rev or "") for side, each in zip(named, found, strict=True) if each is not None
        ]
        report = replace(report, builds=build_change(after.git_dir, *names))
    write_reports("diff", report, output_options)


def _with_predictions(report: Diff, found: Sequence[Found | None], config: Config, *, use_cache: bool) -> Diff:
    """Return the report with what buildpacks are predicted to add, by files of the two trees alone."""
    before, after = found
    if before is None or after is None:
        return report
    was, now = (prediction_of(each, config, use_installed=False, use_cache=use_cache) for each in (before, after))
    installs = package_growth_of(before, after, config) if was != now else None
    return replace(
        report,
        before=replace(report.before, prediction=was),
        after=replace(report.after, prediction=now),
        installs=installs,
    )


def _find(named: Named, options: TreeOptions, most_files: int) -> Found | None:
    """Return the tree that is named; None for a compiled slug."""
    match named.kind:
        case NamedKind.COMMIT:
            return find_tree(b".", rev=named.what, prefix=options.prefix, most_files=most_files)
        case NamedKind.WORKTREE:
            return find_tree(os.fsencode(named.what), prefix=options.prefix, most_files=most_files)
        case NamedKind.SLUG:
            return None
        case _:
            assert_never(named.kind)


class _Terms:
    """The options for measuring both sides. Files that both have are measured once."""

    def __init__(self, dialect: Dialect, overhead: Overhead | None, limits: Limits, *, use_cache: bool) -> None:
        self.dialect = dialect
        self.overhead = overhead
        self.limits = limits
        self._use_cache = use_cache
        self._caches: dict[bytes | None, CacheTable] = {}

    def cache(self, found: Found) -> CacheTable:
        """Return the cached sizes of the repository."""
        git_dir = found.git_dir if self._use_cache else None
        if git_dir not in self._caches:
            self._caches[git_dir] = open_size_cache(git_dir)
        return self._caches[git_dir]

    def save(self) -> None:
        """Write the new sizes to the cache."""
        for cache in self._caches.values():
            cache.save()


def _compare(named: tuple[Named, ...], found: list[Found | None], terms: _Terms, *, progress: bool | None) -> Diff:
    with ProgressLine(shown=progress) as line:
        before, after = (_listed(*each, terms, line) for each in zip(named, found, strict=True))
    terms.save()
    return compare(before, after, terms.dialect)


def _listed(named: Named, found: Found | None, terms: _Terms, progress: ProgressLine) -> Listed:
    if found is None:
        return list_slug(named.name, named.what, terms.limits)
    cache = terms.cache(found)
    return list_tree(named.name, found.load(), terms.dialect, overhead=terms.overhead, cache=cache, progress=progress)
