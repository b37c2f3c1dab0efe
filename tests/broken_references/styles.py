"""What style sheets load."""

from __future__ import annotations

import posixpath
import re

from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, above, joined

_URL = re.compile(r"\b(?:url|image-url|asset-url|font-url|image-path|asset-path)\(\s*(['\"]?)([^'\")\n]+?)\1\s*\)")
_IMPORT = re.compile(
    r"@(?:import|use|forward|reference|require|config|plugin)\s+(?:\([^)]*\)\s*)?((?:['\"][^'\"\n]+['\"]\s*,?\s*)+)"
)
_EXTENSIONS = ("", ".scss", ".sass", ".css", ".less", ".styl", ".js", ".ts")


def url_references(repository: Repository, path: str) -> References:
    """`url(…)`, from the file, from the root of a served directory, or from the asset pipeline."""
    text = repository.text(path)
    lines = Lines(text, Kind.ASSET)
    for match in _URL.finditer(text):
        written = match[2]
        found = repository.linked(written, path)
        if not found and not re.match(r"[a-z]+:|//|#|\.\./", written):
            clean = re.split(r"[?#]", written)[0].removeprefix("./")
            found = [other for other in repository.ending(clean) if re.search(r"(^|/)(assets|static|public)/", other)]
        yield lines.at(match.start(), written, found)


def style_references(repository: Repository, path: str) -> References:
    """`@import`, `@use` and their kin, as Sass and Less complete them."""
    text = repository.text(path)
    lines = Lines(text, Kind.ASSET)
    for match in _IMPORT.finditer(text):
        for written in re.findall(r"['\"]([^'\"\n]+)['\"]", match[1]):
            if re.match(r"[a-z]+:|//", written):
                continue
            found = [target for directory in above(path) for target in _sheets(repository, directory, written)]
            yield lines.at(match.start(), written, found)


def _sheets(repository: Repository, directory: str, written: str) -> list[str]:
    base = joined(directory, written.removeprefix("~").removeprefix("@/"))
    if not base:
        return []
    parent, name = posixpath.split(base)
    stems = [base, posixpath.join(parent, "_" + name), posixpath.join(base, "_index"), posixpath.join(base, "index")]
    return [stem + extension for stem in stems for extension in _EXTENSIONS if stem + extension in repository.contents]
