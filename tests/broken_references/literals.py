"""Strings of code that are exactly the path of a file: `open("data/towns.csv")`, `send_file "docs/terms.pdf"`."""

from __future__ import annotations

import posixpath
import re

from msgspec.structs import replace

from tests.broken_references.paths import is_harmless
from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, above, joined

_COMMENTED = re.compile(r"^\s*(//|#|\*|/\*|--|<!--)|(^|\s)(//|#)\s")
_STRING = re.compile(r"""(['"`])((?:\./|\.\./|/)*[^'"`\n\\<>{}|*$]{2,200}?)\1""")


def literal_references(repository: Repository, path: str) -> References:
    """From the root, the file's directory and those above it; a bare name counts beside its reader and in the root."""
    text = repository.text(path)
    lines = Lines(text, Kind.LITERAL)
    for match in _STRING.finditer(text):
        written = match[2].strip()
        if "/" not in written.strip("/") and not re.search(r"\w\.\w{1,8}$", written):
            continue
        targets = [joined(directory, written) for directory in above(path)] if "/" in written else []
        targets += [joined(directory, written) for directory in (posixpath.dirname(path), "")]
        if written.startswith("/"):
            targets += repository.served(written, path)
        there = [target for target in targets if target and target in repository]
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        line = text[start : end if end > 0 else None]
        if there and not _COMMENTED.search(line[: match.start() - start]):
            found = lines.at(match.start(), written, there)
            yield replace(found, at_deploy=not is_harmless(line))
