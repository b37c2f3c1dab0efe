"""Composing the findings on a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from slugtrim.cache import SizeCache
from slugtrim.files import Tree
from slugtrim.ignore import Dialect
from slugtrim.lint.beside import look_beside
from slugtrim.lint.file import encoding_finding, file_findings
from slugtrim.lint.lines import line_findings
from slugtrim.lint.needed import needed_findings, own_ci_findings, read_findings
from slugtrim.lint.record import Lint
from slugtrim.lint.ships import shipping_findings
from slugtrim.lint.view import Found, View
from slugtrim.notes import Finding, Level, no_slug_findings
from slugtrim.scanner import Slug

_RANKS = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def lint_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    ignored: Collection[str] = (),
    evidence: SizeCache | None = None,
) -> Lint:
    """All findings but those with ``ignored`` ids: errors first, then by line. Raises ``RulesError``.

    ``evidence`` is what is known of who reads what.
    """
    garbled = encoding_finding(tree)
    found = [garbled] if garbled is not None else [*_all(View.of(tree, dialect, look_beside(tree)), evidence)]
    found += [Found(finding=finding) for finding in no_slug_findings(tree)]
    shown = [each for each in found if each.finding.id not in ignored]
    return Lint(
        source=tree.source,
        dialect=dialect,
        found=tuple(sorted(shown, key=_place)),
        slugignore=tree.slugignore,
        unreadable=tree.unreadable,
    )


def quick_findings(slug: Slug, other: Slug) -> tuple[Finding, ...]:
    """The errors and warnings that a look at names tells, as an audit has time for; without the search for readers."""
    quick = sorted(_quick(View(slug, other), thorough=False), key=_place)
    return tuple(each.finding for each in quick if each.finding.level is not Level.NOTE)


def _all(view: View, evidence: SizeCache | None) -> Iterator[Found]:
    yield from _quick(view, thorough=True)
    told = {each.finding.line for each in needed_findings(view)}
    yield from (each for each in read_findings(view, evidence) if each.finding.line not in told)


def _quick(view: View, *, thorough: bool) -> Iterable[Found]:
    yield from line_findings(view, thorough=thorough)
    yield from needed_findings(view, thorough=thorough)
    yield from own_ci_findings(view)
    yield from file_findings(view)
    yield from shipping_findings(view)


def _place(found: Found) -> tuple[int, bytes, int, str]:
    finding = found.finding
    return _RANKS[finding.level], finding.path, finding.line or 0, finding.id
