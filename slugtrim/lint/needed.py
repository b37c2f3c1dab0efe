"""Findings about rules that take what the build or the running application needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from slugtrim.cache import SizeCache
from slugtrim.files import File, quoted
from slugtrim.lint.view import SLUGIGNORE, Found, View, named, shown
from slugtrim.notes import Finding, Level
from slugtrim.platforms import PLATFORM
from slugtrim.suggester.heroku_ci import heroku_ci_evidence

_LOCK_FILES = frozenset(b"package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb".split())
_MANIFESTS = frozenset((PLATFORM.process_file, PLATFORM.app_file)) | frozenset(
    b"Gemfile Gemfile.lock requirements.txt Pipfile Pipfile.lock poetry.lock uv.lock pyproject.toml manage.py "
    b"package.json pom.xml build.gradle build.gradle.kts build.sbt project.clj go.mod composer.json composer.lock "
    b"artisan mix.exs config.ru Cargo.toml".split()
)
"""Without these the platform finds no application, or nothing to install by."""
_APART = re.compile(rb"(?i)^requirements.*(?:dev|test|lint|local|doc|ci|build)|^constraints|^environment\.yml|^conda")
_BUILDS = "the application is built by it"
"""A reason that only the build itself can confirm: whoever commits what was built may leave such a file out."""


def needed_findings(view: View, *, thorough: bool = True) -> Iterator[Found]:
    """Rules that take what no slug can do without; without ``thorough``, only where a manifest or lock file is gone."""
    names = (file.path.rpartition(b"/")[2] for files in view.by_line.values() for file in files)
    if not view.by_line or not (thorough or any(name in _MANIFESTS or name in _LOCK_FILES for name in names)):
        return
    from slugtrim.suggester.places import is_needed  # with the catalog: 40 ms that an audit mostly does without

    root = view.projects[:1]
    kept = {file.path for file in view.slug.kept}
    for line, files in sorted(view.by_line.items()):
        reasons = {file.path: is_needed(file.path, root) for file in files}
        needed = {path: why for path, why in reasons.items() if why is not None and _is_missed(path, why, kept)}
        if not needed:
            continue
        manifests = sorted(path for path in needed if path in _MANIFESTS)
        path = manifests[0] if manifests else min(needed)
        more = f" and {len(needed) - 1:,} more like it" if len(needed) > 1 else ""
        is_certain = bool(manifests) and len(root[0].ecosystems - {"ml"}) < 2
        yield Found(
            finding=Finding(
                id="removes-needed",
                level=Level.ERROR if is_certain else Level.WARNING,
                path=SLUGIGNORE,
                line=line,
                message=f"{_rule(view, line)} leaves out {quoted(path)}{more}: {needed[path]}",
                cure="Narrow the rule, so that the file stays",
                paths=named(needed),
            )
        )


def _is_missed(path: bytes, why: str, kept: Collection[bytes]) -> bool:
    directory, _, name = path.rpartition(b"/")
    if name in _LOCK_FILES:
        # The build installs by one; of two it wants the other gone.
        return not any((directory + b"/" + other if directory else other) in kept for other in _LOCK_FILES)
    if path in _MANIFESTS:
        return True
    return why != _BUILDS and not _APART.search(path) and not path.startswith((b".", b"bin/"))


def read_findings(view: View, evidence: SizeCache | None = None) -> Iterator[Found]:
    """Rules that take what a file of the slug reads, with the reader. Searches every file that stays."""
    from slugtrim.suggester.left_out import reads_of_left_out  # with all it takes to search, as above

    found: dict[int, list[tuple[bytes, bytes, int]]] = defaultdict(list)
    lines = {left.file.path: left.rule.line for left in view.slug.left_out}
    for path, reader, line in reads_of_left_out(view.slug, evidence):
        found[lines[path]].append((path, reader, line))
    for line, hits in sorted(found.items()):
        path, reader, at = min(hits)
        paths = {each for each, _, _ in hits}
        more = f" (and {len(paths) - 1:,} more are read)" if len(paths) > 1 else ""
        yield Found(
            finding=Finding(
                id="removes-read",
                level=Level.WARNING,
                path=SLUGIGNORE,
                line=line,
                message=f"{_rule(view, line)} leaves out {quoted(path)}, which {quoted(reader)}:{at} names{more}",
                cure=f"Look whether that line runs on a {PLATFORM.machine} or in the build; if it does, keep the file",
                paths=named(paths),
            )
        )


def own_ci_findings(view: View) -> Iterator[Found]:
    """Yield rules that leave out the tests of an application whose tests the platform's own CI runs."""
    evidence = heroku_ci_evidence(view.tree, view.slug.kept)
    if evidence is None or not view.slug.left_out:
        return
    tests = _tests(view)
    for line, files in sorted(view.by_line.items()):
        gone = [file.path for file in files if file.path in tests]
        if gone:
            yield Found(
                finding=Finding(
                    id="tests-left-out",
                    level=Level.WARNING,
                    path=SLUGIGNORE,
                    line=line,
                    message=f"{_rule(view, line)} leaves out tests ({quoted(gone[0])}), and "
                    f"{quoted(PLATFORM.app_file)}:{evidence.line} {evidence.text}",
                    cure=f"Remove the rule, or run the tests elsewhere than on {PLATFORM.ci}",
                    paths=named(gone),
                )
            )


def _tests(view: View) -> frozenset[bytes]:
    from slugtrim.suggester.candidates import catalog_candidates  # with the catalog, as above

    candidates = catalog_candidates(_in_checkout(view), view.projects)
    return frozenset(file.path for each in candidates if each.category == "tests" for file in each.files)


def _in_checkout(view: View) -> Sequence[File]:
    return sorted((*view.slug.kept, *(left.file for left in view.slug.left_out)))


def _rule(view: View, line: int) -> str:
    patterns: Mapping[int, bytes] = {rule.line: rule.pattern for rule in view.slug.rules}
    return shown(patterns[line])
