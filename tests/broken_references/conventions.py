"""Files that a framework finds by where they are, without anybody naming them."""

from __future__ import annotations

import posixpath
import re

from tests.broken_references.reference import Kind, Reference, References
from tests.broken_references.repository import NEVER_LOADED, Repository

_NEXT_NAMES = (
    "page|layout|template|route|default|loading|error|global-error|not-found|sitemap|robots|manifest|favicon|icon\\d*"
    "|apple-icon\\d*|opengraph-image\\d*|twitter-image\\d*"
)
_CONVENTIONS = (
    (
        "package.json",
        rb'"next"\s*:',
        rf"(src/)?(pages/.*|app/(.*/)?({_NEXT_NAMES})\.\w+|(middleware|instrumentation)\.\w+)",
    ),
    ("package.json", rb'"(next|nuxt|vite|react-scripts|astro)"\s*:', r"public/.*"),
    ("package.json", rb'"@angular/cli"\s*:', r"(public|src/assets)/.*"),
    ("package.json", rb'"nuxt"\s*:', r"(app/)?(pages|layouts|middleware|plugins|server)/.*"),
    ("Gemfile", rb"(?m)^\s*gem ['\"]rails['\"]", r"(app|config|lib/tasks|db/migrate|public)/.*"),
    ("manage.py", rb"django", r"(.*/)?(migrations|templatetags|management/commands|templates)/.*"),
    ("artisan", rb"", r"(app|bootstrap|config|database|public|resources/(views|lang)|routes|lang)/.*"),
    ("mix.exs", rb":phoenix", r"(lib|priv|config)/.*"),
    ("pom.xml", rb"", r"src/main/.*"),
    ("build.gradle", rb"", r"src/main/.*"),
)
"""The file that tells the framework, what it contains, and what is loaded below its directory."""


def convention_references(repository: Repository, path: str) -> References:
    """What the framework that this file tells of would load."""
    directory, name = posixpath.split(path)
    prefix = f"{directory}/" if directory else ""
    for manifest, sign, loaded in _CONVENTIONS:
        if name != manifest or not re.search(sign, repository.contents[path]):
            continue
        for target in repository.contents:
            inner = target[len(prefix) :]
            if target.startswith(prefix) and re.fullmatch(loaded, inner) and not NEVER_LOADED.search(inner):
                yield Reference(line=1, kind=Kind.CONVENTION, written=inner, targets=(target,))
