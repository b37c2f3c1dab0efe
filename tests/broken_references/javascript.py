"""Imports and requires of JavaScript and TypeScript."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, above, joined

_EXTENSIONS = (
    "",
    *(
        ".js",
        ".jsx",
        ".ts",
        ".tsx",
        ".mjs",
        ".cjs",
        ".mts",
        ".cts",
        ".json",
        ".vue",
        ".svelte",
        ".coffee",
        ".d.ts",
        ".es6",
    ),
    *(".css", ".scss", ".graphql", ".node", ".web.js", ".native.js", ".res", ".bs.js", ".re"),
)
_SPECIFIER = re.compile(
    r"""(?x) (?: \bfrom | \bimport | \bexport\s*\*\s*from ) \s* (?P<q1>['"])(?P<plain>[^'"\n]+)(?P=q1)
    | \b(?: import | require(?:\.resolve|\.context)? | lazy\s*\(\s*\(\)\s*=>\s*import ) \s*\(\s* (?:/\*.*?\*/\s*)*
      (?P<q2>['"`])(?P<call>[^'"`\n]+)(?P=q2)
    | \bnew\s+URL\(\s*(?P<q3>['"`])(?P<url>[^'"`\n]+)(?P=q3)\s*,\s*import\.meta\.url
    | \b(?:path\.)?(?:join|resolve)\(\s*__dirname\s*,\s*(?P<q4>['"`])(?P<beside>[^'"`\n$]+)(?P=q4)\s*\)
    | \b__dirname\s*\+\s*['"`]/(?P<after>[^'"`\n$]+)['"`]
    | \bimport\s+\w+\s*=\s*require\(\s*(?P<q5>['"])(?P<equals>[^'"\n]+)(?P=q5)
    | ^\s*///\s*<reference\s+path=['"](?P<typed>[^'"\n]+)['"]""",
    re.MULTILINE,
)
_COMMENTED = re.compile(r"^\s*(?:\*|/\*)|(?:^|[^:'\"`/])//(?!/\s*<)")


def javascript_references(repository: Repository, path: str) -> References:
    """Everything that a bundler or Node would resolve by path, and packages that are developed in the repository."""
    text = repository.text(path)
    lines = Lines(text, Kind.IMPORT)
    for match in _SPECIFIER.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if _COMMENTED.search(text[start : match.start() + 1][-2000:]):
            continue
        written = str(match[match.lastgroup or 0])
        is_beside = match.lastgroup in ("beside", "after", "typed", "url")
        targets = list(_resolved(repository, path, "./" + written.lstrip("/") if is_beside else written))
        if targets:
            yield lines.at(match.start(), written, targets, in_order=True)


def _resolved(repository: Repository, reader: str, written: str) -> Iterator[str]:
    written = re.split(r"[?#]", written.rsplit("!", 1)[-1])[0]
    if re.match(r"\.{1,2}(/|$)", written):
        if (base := joined(posixpath.dirname(reader), written)) is not None:
            yield from forms(repository, base)
    elif written.startswith(("@/", "~/", "~~/")):
        for directory in above(reader):
            for inner in ("", "src", "app", "resources/js"):
                yield from forms(repository, posixpath.join(directory, inner, written.split("/", 1)[1]))
    else:
        yield from _package(repository, reader, written)


def forms(repository: Repository, base: str) -> Iterator[str]:
    """A path as Node, TypeScript and bundlers complete it."""
    base = base.rstrip("/")
    yield from (base + extension for extension in _EXTENSIONS if base + extension in repository.contents)
    stem, extension = posixpath.splitext(base)
    if extension in (".js", ".jsx", ".mjs", ".cjs"):
        yield from (stem + other for other in (".ts", ".tsx", ".mts", ".cts") if stem + other in repository.contents)
    manifest = posixpath.join(base, "package.json")
    if manifest in repository.contents:
        main = repository.json(manifest).get("main")
        if isinstance(main, str) and (inner := joined(base, main)) and inner != base:
            yield from forms(repository, inner)
    if base in repository.directories:
        index = posixpath.join(base, "index")
        yield from (index + extension for extension in _EXTENSIONS[1:] if index + extension in repository.contents)


def _package(repository: Repository, reader: str, written: str) -> Iterator[str]:
    parts = written.split("/")
    name = "/".join(parts[: 2 if written.startswith("@") else 1])
    directory = repository.packages.get(name)
    if not directory or reader.startswith(directory + "/"):
        return
    yield posixpath.join(directory, "package.json")
    if name != written:
        yield from forms(repository, posixpath.join(directory, written[len(name) + 1 :]))
