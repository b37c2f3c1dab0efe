"""Directories that are served or read as a whole, and migrations: every file of them counts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tests.broken_references.reference import Kind, Lines, Reference, References
from tests.broken_references.repository import NEVER_LOADED, Repository, above, joined

_PART = r"""['"`]([^'"`\n\\$]{1,120})['"`]"""
_BETWEEN = r"[^;\n]{0,80}?"
_SERVES = re.compile(
    r"(?:\bexpress\.static|\bserveStatic|\bserve_static|\bkoaStatic|\bfastifyStatic|\bkoa-static|\bStaticFiles|\bServeDir::new"
    r"|\bhttp\.Dir|\bStaticFS|\.Static|\bStaticFile|\badd_static|\bRack::Static|\bRack::Directory|\bsend_from_directory"
    r"|\bstatic_folder\s?=|\btemplate_folder\s?=|\bSTATICFILES_DIRS\s?=|\bTEMPLATE_DIRS\s?=|\bpublic_folder|\bset\s:views"
    r"|\bset\s:public_folder|\bset\(\s?['\"]views['\"]|\bPlug\.Static|\bexternalStaticFileLocation|\bWHITENOISE_ROOT\s?="
    rf"|\bstaticPath|\bFIXTURE_DIRS\s?=|\bLOCALE_PATHS\s?=|['\"]DIRS['\"]\s?:){_BETWEEN}{_PART}((?:\s?[,/+]\s?{_PART})*)"
)
_TOKENS = (
    "tatic http.Dir ServeDir Rack:: send_from_directory template_folder TEMPLATE_DIRS public_folder"
    " views FIXTURE_DIRS LOCALE_PATHS DIRS STATICFILES WHITENOISE_ROOT"
).split()
"""One of them is in every text that the expression matches."""
_SERVING = re.compile(
    r"heroku-(?:php|hhvm)-\w+|\bserve\b|\bhttp-server\b|\bhttp\.server\b|\bstatic-server\b|\bsuperstatic\b|\blite-server\b"
)
_WORD = re.compile(r"[\w.@-]+(?:/[\w.@-]+)*/?")
_MIGRATIONS = re.compile(
    r"(?i)(^|/)(\w*migrations?|migrate|post_migrate|db/data)/(?!.*(^|/)(README|__pycache__)).*(?<!\.md)(?<!\.pyc)(?<!keep)$"
    r"|(^|/)alembic/(env\.py|script\.py\.mako|versions/[^/]+\.py)$|(^|/)(changelogs?|changesets)/.*\.(xml|sql|ya?ml)$"
)
_NOT_OURS = re.compile(
    r"(?i)(^|/)(tests?|specs?|__tests__|docs?|node_modules|vendor/bundle|site-packages|examples?|e2e|cypress)/"
)
_TELLING = (
    "manage.py alembic.ini Rakefile Gemfile artisan composer.json mix.exs go.mod pom.xml build.gradle build.gradle.kts"
    " Cargo.toml knexfile.js knexfile.ts .sequelizerc package.json requirements.txt pyproject.toml Pipfile setup.py"
    " Procfile"
).split()
"""What stands at the root of an application, the most telling first."""


def served_references(repository: Repository, path: str) -> References:
    """Every file below a directory that code serves, or searches for templates, fixtures and translations."""
    text = repository.text(path)
    if not any(word in text for word in _TOKENS):
        return
    lines = Lines(text, Kind.SERVED)
    for match in _SERVES.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*(//|#|\*)", text[start : match.end()]):
            continue
        words = [match[1], *re.findall(_PART, match[2])]
        candidates = {"/".join(words[:count]) for count in range(1, len(words) + 1)} | set(words)
        for written in sorted(candidates):
            directories = {joined(directory, written.strip("/")) for directory in above(path)}
            for directory in sorted(each for each in directories if each and each in repository.directories):
                yield from _whole(repository, lines, match.start(), written, directory)


def served_by_commands(repository: Repository, path: str) -> References:
    """Directories behind the servers that `Procfile` starts, and the root of `static.json`."""
    text = repository.text(path)
    lines = Lines(text, Kind.SERVED)
    here = posixpath.dirname(path)
    if posixpath.basename(path) == "static.json":
        root = repository.json(path).get("root")
        directory = joined(here, str(root or "public_html"))
        if directory and directory in repository.directories:
            yield from _whole(repository, lines, 0, str(root), directory)
        return
    for match in re.finditer(r"^[\w-]+:[ \t]*(.+)$", text, re.MULTILINE):
        if _SERVING.search(match[1]):
            for word in _WORD.findall(match[1]):
                directory = joined(here, word)
                if directory and directory in repository.directories and not re.match(r"(vendor/)?bin\b", word):
                    yield from _whole(repository, lines, match.start(1), word, directory)


def _whole(repository: Repository, lines: Lines, position: int, written: str, directory: str) -> Iterator[Reference]:
    for target in repository.below(directory):
        if not NEVER_LOADED.search(target[len(directory) :]):
            yield lines.at(position, written, [target])


def migration_references(repository: Repository, path: str) -> References:
    """Migrations of any framework, whatever they are called: the nearest manifest above them stands for the tool."""
    directory, name = posixpath.split(path)
    if name not in _TELLING or _first_manifest(repository, directory) != name:
        return
    for target in repository.below(directory) if directory else repository.contents:
        inner = target[len(directory) + 1 :] if directory else target
        if not _MIGRATIONS.search(inner):
            continue
        at = next(each for each in above(target) if _first_manifest(repository, each))
        if at == directory and not _NOT_OURS.search(inner):
            yield Reference(line=1, kind=Kind.CONVENTION, written=f"migration {inner}", targets=(target,))


def _first_manifest(repository: Repository, directory: str) -> str | None:
    return next((name for name in _TELLING if posixpath.join(directory, name) in repository.contents), None)
