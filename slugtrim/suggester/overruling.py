"""What the owner decides instead of the graph: the files that ``include`` and ``exclude`` patterns name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from slugtrim.errors import UsageError
from slugtrim.files import Directory, File, Note, SortedPaths, quoted
from slugtrim.ignore import Dialect, matcher
from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.records import Evidence, EvidenceKind, Grade, Link, Overrule, Overrules, Suggestion, Tier, Trace
from slugtrim.suggester.writing import INCLUDED


class Overruled(Struct, frozen=True, kw_only=True):
    """The files that the owner decides about."""

    included: Mapping[bytes, Overrule]
    """Path to the first pattern that takes it out."""
    excluded: Mapping[bytes, Overrule]
    """Path to the first pattern that keeps it."""
    notes: tuple[Note, ...]

    @property
    def decided(self) -> frozenset[bytes]:
        """The paths that the graph has no say in."""
        return frozenset((*self.included, *self.excluded))


NOT_OVERRULED = Overruled(included={}, excluded={}, notes=())


def overrule(slug: Slug, overrules: Overrules) -> Overruled:
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


def included_entries(slug: Slug, overruled: Overruled, table: CacheTable | None = None) -> list[Suggestion]:
    """Return an entry for each ``include`` that takes anything, with the chain by which the deploy reaches it."""
    if not overruled.included:
        return []
    from slugtrim.suggester.tracing import trace  # builds a graph of its own, which only an include needs

    files: dict[bytes, tuple[Overrule, list[File]]] = {}
    for file in slug.kept:
        each = overruled.included.get(file.path)
        if each is not None:
            files.setdefault(each.pattern, (each, []))[1].append(file)
    traces = trace(slug, overruled.included, table)
    return [_entry(each, members, traces) for each, members in files.values()]


def _entry(wanted: Overrule, files: Sequence[File], traces: Mapping[bytes, Trace]) -> Suggestion:
    reached = next((file.path for file in files if _grade(file, traces) is Grade.READ), None)
    grades = {_grade(file, traces) for file in files}
    chain = traces[reached].chain if reached is not None else ()
    evidence = [Evidence(kind=EvidenceKind.OVERRULED, text=f"left out by {wanted.words}")]
    if reached is not None:
        last = chain[-1]
        steps = " → ".join((*map(shown_link, chain), quoted(reached)))
        text = f"the deploy reaches it all the same: {steps}"
        evidence.append(Evidence(kind=EvidenceKind.READER, text=text, path=last.path, line=last.line))
    return Suggestion(
        pattern=wanted.pattern,
        rule=INCLUDED,
        tier=Tier.SAFE,
        category=INCLUDED,
        files=tuple(files),
        saves_compressed_bytes=0,
        reason=wanted.reason or "Its owner leaves it out on purpose",
        evidence=tuple(evidence),
        grade=next(grade for grade in Grade if grade in grades),
        chain=chain,
        silences="removes-read" if reached is not None else "",
    )


def _grade(file: File, traces: Mapping[bytes, Trace]) -> Grade:
    return traces[file.path].grade if file.path in traces else Grade.UNREACHED


def shown_link(link: Link) -> str:
    """Return a step of a chain: ``server.js:3``, or an entry point with its name: ``Procfile:1 web``."""
    if link.path is None:
        return link.text
    line = f":{link.line}" if link.line is not None else ""
    return f"{quoted(link.path)}{line} {link.text}".rstrip()
