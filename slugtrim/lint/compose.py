"""Composing the findings on a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from slugtrim.files import Note, Tree
from slugtrim.ignore import Dialect
from slugtrim.lint.beside import look_beside
from slugtrim.lint.file import encoding_finding, file_findings
from slugtrim.lint.lines import line_findings
from slugtrim.lint.needed import heroku_ci_findings, needed_findings, read_findings
from slugtrim.lint.record import Lint
from slugtrim.lint.ships import shipping_findings
from slugtrim.lint.view import Found, View
from slugtrim.measurement import Measurement
from slugtrim.notes import Finding, Level, no_slug_findings
from slugtrim.store import CacheTable

_RANKS = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def lint_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    ignored: Collection[str] = (),
    evidence: CacheTable | None = None,
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


class QuickLook(Struct, frozen=True, kw_only=True):
    """What a look at the names and a few small files tells, as an audit has time for."""

    findings: tuple[Finding, ...]
    """Errors and warnings. What the search for readers tells is not among them."""
    notes: tuple[Note, ...]


def look_quickly(measured: Measurement) -> QuickLook:
    """Look at a tree that is measured, with both readings of its rules."""
    assert measured.other is not None
    view = View(measured.slug, measured.other)
    quick = [each.finding for each in sorted(_quick(view, thorough=False), key=_place)]
    return QuickLook(
        findings=(*no_slug_findings(view.tree), *(each for each in quick if each.level is not Level.NOTE)),
        notes=(view.lfs_pointers,) if view.lfs_pointers is not None else (),
    )


def _all(view: View, evidence: CacheTable | None) -> Iterator[Found]:
    yield from _quick(view, thorough=True)
    told = {each.finding.line for each in needed_findings(view)}
    yield from (each for each in read_findings(view, evidence) if each.finding.line not in told)


def _quick(view: View, *, thorough: bool) -> Iterable[Found]:
    yield from line_findings(view, thorough=thorough)
    yield from needed_findings(view, thorough=thorough)
    yield from heroku_ci_findings(view)
    yield from file_findings(view)
    yield from shipping_findings(view)


def _place(found: Found) -> tuple[int, bytes, int, str]:
    finding = found.finding
    return _RANKS[finding.level], finding.path, finding.line or 0, finding.id
