"""All findings on a tree: about lines, about what ships, about the file itself, about what is needed."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from slugtrim.errors import RulesError
from slugtrim.files import Note, SortedPaths, Source, Tree, Unreadable, between_nuls, quoted
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect, check_encoding
from slugtrim.lint.resolved import Accepted, silence_of, unknown_ids, without_accepted
from slugtrim.lint.rules import line_findings
from slugtrim.lint.ships import no_slug_findings, shipping_findings
from slugtrim.lint.view import SLUGIGNORE, FixableFinding, LintView, Standing, look_beside, on_line, shown
from slugtrim.platforms import PLATFORM, PLATFORMS, Platform, platform_of
from slugtrim.scanner import Slug
from slugtrim.store import CacheTable
from slugtrim.suggester.notices import heroku_ci_evidence

_SECTION = r"(?ms)^### `([a-z0-9-]+)`\n\n(.*?)(?=^##|\Z)"  # compiled when used: audits mostly do without


@cache
def sections() -> Mapping[str, str]:
    """Id to its section, without the heading: levels, cause and fix."""
    with open(os.path.join(os.path.dirname(__file__), "findings.md"), encoding="utf-8") as file:
        text = file.read()
    return {match[1]: match[2].strip() for match in re.finditer(_SECTION, text)}


class Lint(Struct, frozen=True, kw_only=True):
    """All findings on one tree."""

    source: Source
    dialect: Dialect
    found: tuple[FixableFinding, ...]
    """Errors first, then by file and line."""
    slugignore: bytes | None
    """Content of the root ``.slugignore``; None when there is none."""
    unreadable: tuple[Unreadable, ...]
    accepted: tuple[Accepted, ...] = ()
    """Findings that are left out because their owner accepts them."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a report shows."""
        return tuple(each.finding for each in self.found)

    @property
    def complete(self) -> bool:
        """Whether every file of the tree could be looked at."""
        return not self.unreadable

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return Counter(finding.level for finding in self.findings)[level]


_RANKS = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def lint_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    ignored: Mapping[str, str] | None = None,
    evidence: CacheTable | None = None,
    platforms: Sequence[Platform] = (),
) -> Lint:
    """Return all findings but those that their owner accepts: errors first, then by line. Raises ``RulesError``.

    ``ignored`` are ids of findings, with who ignores them. ``evidence`` remembers what files refer to. ``platforms``
    are others that the repository deploys to.
    """
    garbled = encoding_finding(tree)
    table = evidence if evidence is not None else CacheTable()
    found = [garbled] if garbled is not None else []
    if garbled is None:
        found = [*_all(LintView.of(tree, dialect, look_beside(tree), table, platforms))]
    found += [FixableFinding(finding=finding) for finding in no_slug_findings(tree, platform_of(dialect))]
    shown, accepted = without_accepted(found, tree.slugignore, ignored or {})
    return Lint(
        source=tree.source,
        dialect=dialect,
        found=tuple(sorted(shown, key=_place)),
        slugignore=tree.slugignore,
        unreadable=tree.unreadable,
        accepted=accepted,
    )


class QuickLook(Struct, frozen=True, kw_only=True):
    """What a look at the names and a few small files tells, as an audit has time for."""

    findings: tuple[Finding, ...]
    """Errors and warnings. What the search for readers tells is not among them."""
    notes: tuple[Note, ...]


def look_quickly(slug: Slug, other: Slug) -> QuickLook:
    """Look at a tree by both readings of its rules."""
    view = LintView(slug, other)
    left, _ = without_accepted(_quick(view, thorough=False), view.tree.slugignore, {})
    quick = [each.finding for each in sorted(left, key=_place)]
    return QuickLook(
        findings=(
            *no_slug_findings(view.tree, view.platform),
            *(each for each in quick if each.level is not Level.NOTE),
        ),
        notes=(view.lfs_pointers,) if view.lfs_pointers is not None else (),
    )


def _all(view: LintView) -> Iterator[FixableFinding]:
    yield from _quick(view, thorough=True)
    told = {each.finding.line for each in needed_findings(view)}
    yield from (each for each in read_findings(view) if each.finding.line not in told)


def _quick(view: LintView, *, thorough: bool) -> Iterable[FixableFinding]:
    yield from line_findings(view, thorough=thorough)
    yield from needed_findings(view, thorough=thorough)
    yield from own_ci_findings(view)
    yield from file_findings(view)
    yield from shipping_findings(view)


def _place(found: FixableFinding) -> tuple[int, bytes, int, str]:
    finding = found.finding
    return _RANKS[finding.level], finding.path, finding.line or 0, finding.id


# The ``.slugignore`` as a file, and others of its name.


_OTHERS = rb"(?i)(?:^|/)(?:tests?|spec|fixtures|examples?|samples?|vendor|node_modules)/"
"""Where such a file is somebody else's, or there to test with."""
_WORD = rb"[^\s,;:()'\"`]+"


def encoding_finding(tree: Tree) -> FixableFinding | None:
    """Why no reading makes rules of the file; None where it is text."""
    try:
        check_encoding(tree.slugignore or b"")
    except RulesError as error:
        message = str(error).removeprefix(".slugignore").lstrip(":0123456789 ").partition(";")[0]
        return on_line("not-text", Level.ERROR, None, message, "Save it as UTF-8 text, with one pattern per line")
    return None


def file_findings(view: LintView) -> Iterator[FixableFinding]:
    """What is wrong with the file itself."""
    content = view.tree.slugignore
    if content is not None:
        yield from _utf_8(content)
        yield from _unknown_ids(content)
        yield from _standing(view)
        yield from _comments(view, content)
    yield from _nested(view)


def _utf_8(content: bytes) -> Iterator[FixableFinding]:
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            message = "the line is not UTF-8, so the name is not what your editor shows"
            yield on_line("not-utf-8", Level.WARNING, number, message, "Save the file as UTF-8")
            return


def _unknown_ids(content: bytes) -> Iterator[FixableFinding]:
    if b"slugtrim:" not in content:
        return

    for line, id_ in unknown_ids(content, sections()):
        message = f"the comment ignores {id_}, which is not a finding"
        cure = "Use an id that slugtrim lint shows"
        yield on_line("unknown-finding", Level.WARNING, line, message, cure)


def _standing(view: LintView) -> Iterator[FixableFinding]:
    match view.beside.standing:
        case Standing.IGNORED:
            message = "git ignores .slugignore, so pushes don't include it"
            cure = "Remove it from .gitignore (git check-ignore -v .slugignore shows the line), and commit it"
            yield on_line("slugignore-not-pushed", Level.ERROR, None, message, cure)
        case Standing.UNTRACKED:
            message = "git doesn't track .slugignore, so pushes don't include it"
            yield on_line("slugignore-not-pushed", Level.ERROR, None, message, "git add it, and commit it")
        case Standing.CHANGED:
            message = ".slugignore has uncommitted changes, and pushes include only the committed rules"
            yield on_line("slugignore-changed", Level.NOTE, None, message, "Commit it before you push")
        case Standing.COMMITTED:
            pass


def _comments(view: LintView, content: bytes) -> Iterator[FixableFinding]:
    """A splitting of the whole file on white space, as an old compiler did, makes patterns of a comment's words."""
    kept = {file.path for file in view.slug.kept}
    kept |= {path.partition(b"/")[0] for path in kept}
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.startswith(b"#") or silence_of(line) is not None:
            continue
        words = [word.strip(b"/.") for word in re.findall(_WORD, line.lstrip(b"# "))]
        named = next((word for word in words if word in kept), None)
        if named is not None:
            message = f"a word in the comment, {quoted(named)}, is also a path in the slug"
            cure = "No action needed; compilers up to 2014 took each word in the file as a pattern"
            yield on_line("comment-names-path", Level.NOTE, number, message, cure)


def _nested(view: LintView) -> Iterator[FixableFinding]:
    name = b"/" + SLUGIGNORE
    is_any = name + b"\0" in between_nuls(view.slug.kept)
    nested = [file for file in view.slug.kept if file.path.endswith(name)] if is_any else []
    roots = {project.root for project in view.projects} if nested else set()
    for file in nested:
        directory = file.path.rpartition(b"/")[0]
        is_own = directory in roots or re.search(_OTHERS, directory + b"/") is not None
        yield FixableFinding(
            finding=Finding(
                id="nested-slugignore",
                level=Level.NOTE if is_own else Level.WARNING,
                path=file.path,
                line=None,
                message="this file does nothing: the platform reads only the .slugignore at the root of the slug",
                cure=f"Deploy {quoted(directory)} on its own (slugtrim --prefix measures that), or move the rules"
                if directory in roots
                else f"Move its rules to the root .slugignore, each prefixed with /{quoted(directory)}/",
            )
        )


# Rules that take what is needed.


_LOCK_FILES = frozenset(b"package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb".split())
_MANIFESTS = frozenset(name for each in PLATFORMS for name in (each.process_file, each.app_file)) | frozenset(
    b"Gemfile Gemfile.lock requirements.txt Pipfile Pipfile.lock poetry.lock uv.lock pyproject.toml manage.py "
    b"package.json pom.xml build.gradle build.gradle.kts build.sbt project.clj go.mod composer.json composer.lock "
    b"artisan mix.exs config.ru Cargo.toml".split()
)
"""Without these the platform finds no application, or nothing to install by."""
_STARTING = frozenset(
    (
        *(each.process_file for each in PLATFORMS),
        *b"Gemfile Gemfile.lock manage.py artisan config.ru".split(),
    )
)
"""Those of them that a process needs once the build is over."""
_APART = rb"(?i)^requirements.*(?:dev|test|lint|local|doc|ci|build)|^constraints|^environment\.yml|^conda"
_MIGRATIONS = (
    rb"(?i)(?:(?:\A|/)(?:db|database|prisma|drizzle|alembic|sql|src|main|resources|priv|repo)){0,5}"
    rb"(?:\A|/)(?:migrations?|migrate|post_migrate|changelog|versions)/"
)
"""Directories of migrations, with the directories above that are there for nothing but the database or the code."""
_BUILDS = "the build needs it"
"""A reason that only the build itself can confirm: whoever commits what was built may leave such a file out."""


def needed_findings(view: LintView, *, thorough: bool = True) -> Iterator[FixableFinding]:
    """Rules that take what no slug can do without; without ``thorough``, only where a manifest or lock file is gone."""
    names = (file.path.rpartition(b"/")[2] for files in view.by_line.values() for file in files)
    if not view.by_line or not (thorough or any(name in _MANIFESTS or name in _LOCK_FILES for name in names)):
        return
    from slugtrim.suggester.places import is_needed  # with the catalog: 40 ms that an audit mostly does without

    root = view.projects[:1]
    paths = {file.path for file in view.slug.kept}
    kept = SortedPaths(paths)
    for line, files in sorted(view.by_line.items()):
        reasons = {file.path: is_needed(file.path, root) for file in files}
        needed = {path: why for path, why in reasons.items() if why is not None and _is_missed(path, why, paths)}
        needed = {path: why for path, why in needed.items() if _application_stays(path, kept)}
        if not view.platform.ignore_file.precedes_build:
            needed = dict.fromkeys((path for path in needed if path in _STARTING), "your app needs it to start")
        if not needed:
            continue
        manifests = sorted(path for path in needed if path in _MANIFESTS)
        path = manifests[0] if manifests else min(needed)
        more = f" and {len(needed) - 1:,} more like it" if len(needed) > 1 else ""
        is_certain = bool(manifests) and len(root[0].ecosystems - {"ml"}) < 2
        level = Level.ERROR if is_certain else Level.WARNING
        message = f"{_rule(view, line)} leaves out {quoted(path)}{more}: {needed[path]}"
        yield on_line("removes-needed", level, line, message, "Narrow the rule to keep the file", paths=needed)


def _is_missed(path: bytes, why: str, kept: Collection[bytes]) -> bool:
    directory, _, name = path.rpartition(b"/")
    if name in _LOCK_FILES:
        # The build installs by one; of two it wants the other gone.
        return not any((directory + b"/" + other if directory else other) in kept for other in _LOCK_FILES)
    if path in _MANIFESTS:
        return True
    return why != _BUILDS and not re.search(_APART, path) and not path.startswith((b".", b"bin/"))


def _application_stays(path: bytes, kept: SortedPaths) -> bool:
    """Return False for migrations of an application that the rules leave out as a whole."""
    match = re.search(_MIGRATIONS, path)
    application = path[: match.start()] if match is not None else b""
    return not application or bool(kept.covered([application]))


def read_findings(view: LintView) -> Iterator[FixableFinding]:
    """Yield rules that leave out what the build or the running application needs, with the file that names it."""
    if not view.slug.left_out:
        return
    from slugtrim.suggester.tracing import reads_of_left_out  # with all that parses code, as above

    found: dict[int, list[tuple[bytes, bytes, int]]] = defaultdict(list)
    lines = {left.file.path: left.rule.line for left in view.slug.left_out}
    for path, reader, line in reads_of_left_out(view.slug, view.explored):
        found[lines[path]].append((path, reader, line))
    for line, hits in sorted(found.items()):
        path, reader, at = min(hits)
        paths = {each for each, _, _ in hits}
        more = f" (and {len(paths) - 1:,} more are referenced)" if len(paths) > 1 else ""
        message = f"{_rule(view, line)} leaves out {quoted(path)}, which {quoted(reader)}:{at} names{more}"
        cure = "Check whether that line runs in the build or in production. If so, keep the file"
        yield on_line("removes-read", Level.WARNING, line, message, cure, paths=paths)


def own_ci_findings(view: LintView) -> Iterator[FixableFinding]:
    """Yield rules that leave out the tests of an application whose tests the platform's own CI runs."""
    evidence = heroku_ci_evidence(view.tree, view.slug.kept)
    if evidence is None or not view.slug.left_out:
        return
    tests = _tests(view)
    for line, files in sorted(view.by_line.items()):
        gone = [file.path for file in files if file.path in tests]
        if gone:
            asked = f"{quoted(PLATFORM.app_file)}:{evidence.line} {evidence.text}"
            message = f"{_rule(view, line)} leaves out tests ({quoted(gone[0])}), and {asked}"
            cure = f"Remove the rule, or don't run the tests on {PLATFORM.ci}"
            yield on_line("tests-left-out", Level.WARNING, line, message, cure, paths=gone)


def _tests(view: LintView) -> frozenset[bytes]:
    from slugtrim.suggester.candidates import catalog_candidates  # with the catalog, as above

    in_checkout = sorted((*view.slug.kept, *(left.file for left in view.slug.left_out)))
    candidates = catalog_candidates(in_checkout, view.projects)
    return frozenset(file.path for each in candidates if each.category == "tests" for file in each.files)


def _rule(view: LintView, line: int) -> str:
    return shown(view.patterns[line])
