"""Requires of Ruby, and the directives of its asset pipeline."""

from __future__ import annotations

import posixpath
import re

from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, above, joined

_WORD = r"""\s*\(?\s*(['"])(?P<{}>[^'"\n#]+)\{}"""
_REQUIRE = re.compile(
    r"^(?P<code>[^#\n]*?)(?:"
    + r"\brequire_relative"
    + _WORD.format("beside", 2)
    + r"|\b(?:require|load|autoload\s*\(?\s*:\w+\s*,)"
    + _WORD.format("known", 4)
    + r"|\b(?:File\.expand_path|File\.join)\(\s*(?:File\.dirname\(__FILE__\)|__dir__)\s*,"
    + r"\s*(['\"])(?P<dirname>[^'\"\n#]+)\6"
    + r"|\bFile\.expand_path\(\s*(['\"])(?P<expand>[^'\"\n#]+)\8\s*,\s*(?P<base>__FILE__|__dir__)"
    + r"|\b(?:Rails\.root\.join\(|Rails\.root\s*[+/]\s*)(?P<root>(?:\s*['\"][^'\"\n#]+['\"]\s*,?)+)"
    + r"|\beval_gemfile"
    + _WORD.format("gemfile", 12)
    + r"|\b(?:path:|:path\s*=>)"
    + _WORD.format("source", 14)
    + r")",
    re.MULTILINE,
)
_DIRECTIVE = re.compile(
    r"^\s*(?://|\*|/\*|#)\s*=\s*(require|require_tree|require_directory|link|link_tree|link_directory|include|stub|depend_on)\s+"
    r"['\"]?([^\s'\"]+)",
    re.MULTILINE,
)
_PIPELINE = re.compile(r"(^|/)(app|lib|vendor)/assets/")


def ruby_references(repository: Repository, path: str) -> References:
    """`require_relative`, `require`, `load`, `autoload`, paths from the file or the root, path gems."""
    text = repository.text(path)
    lines = Lines(text, Kind.IMPORT)
    here = posixpath.dirname(path)
    for match in _REQUIRE.finditer(text):
        group = next(name for name in match.groupdict() if name not in ("code", "base") and match[name])
        written = " ".join(match[group].split())
        targets: list[str | None] = []
        if group in ("beside", "dirname"):
            targets = _ruby_file(joined(here, written.lstrip("/")))
        elif group == "expand":
            targets = _ruby_file(joined(path if match["base"] == "__FILE__" else here, written))
        elif group == "root":
            targets = _ruby_file(joined("", "/".join(re.findall(r"['\"]([^'\"]+)['\"]", written))))
        elif group in ("gemfile", "source"):
            targets = [joined(here, written)]
        elif written.startswith("./"):
            targets = _ruby_file(joined("", written))
        else:
            for directory in above(path):
                targets += _ruby_file(joined(directory, "lib/" + written))
            targets += _ruby_file(joined("", written))
        yield lines.at(match.start(group), written, targets)


def _ruby_file(path: str | None) -> list[str | None]:
    return [path, f"{path}.rb", f"{path}.rake"] if path else []


def sprockets_references(repository: Repository, path: str) -> References:
    """`//= require x`, `//= link_tree ../images` in the asset directories."""
    if not _PIPELINE.search(path):
        return
    text = repository.text(path)
    lines = Lines(text, Kind.ASSET)
    here = posixpath.dirname(path)
    for match in _DIRECTIVE.finditer(text):
        directive, written = match.groups()
        if directive.endswith(("_tree", "_directory")):
            if (target := joined(here, written)) and target != here:
                yield lines.at(match.start(), written, [target])
        elif written.startswith("."):
            if base := joined(here, written):
                yield lines.at(match.start(), written, [base, *repository.with_stem(base)])
        else:
            found = [*repository.ending(written)]
            found += [
                other
                for ext in ("js", "css", "scss", "sass", "coffee", "js.erb", "js.coffee", "css.scss")
                for other in repository.ending(f"{written}.{ext}")
            ]
            yield lines.at(match.start(), written, [other for other in found if _PIPELINE.search(other)])
