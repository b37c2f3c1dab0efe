"""Mending a ``.slugignore`` line by line: nothing else of it changes, and neither does the slug."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, Tree
from slugtrim.ignore import Dialect
from slugtrim.lint.rules import line_findings
from slugtrim.lint.view import Fix, Found, View
from slugtrim.scanner import scan


class Mended(Struct, frozen=True, kw_only=True):
    """What became of a ``.slugignore``."""

    content: bytes
    fixed: tuple[Found, ...]
    """The findings that are mended, by the lines that the file had when each was found."""


def mend(tree: Tree, dialect: Dialect, ignored: Sequence[str] = ()) -> Mended:
    """Mends all that can be mended without a change of what ``dialect`` keeps in the slug, until nothing is left.

    Findings with ``ignored`` ids stay as they are. Raises ``RulesError``.
    """
    content = tree.slugignore or b""
    kept = scan(tree, dialect).kept
    fixed: list[Found] = []
    while True:
        found = [each for each in line_findings(_view(tree, dialect, content)) if each.finding.id not in ignored]
        # From the last line up, so that the numbers of those before it stay what they are.
        mended = [each for each in reversed(found) if each.fix is not None]
        before = content
        for each in mended:
            assert each.fix is not None
            tried = with_fix(content, each.fix)
            if _kept(tree, dialect, tried) == kept:
                content = tried
                fixed.append(each)
        if content == before:
            return Mended(content=content, fixed=tuple(fixed))


def with_fix(content: bytes, fix: Fix) -> bytes:
    """The content with one line written anew or taken out, its line ending with it."""
    *ended, last = content.split(b"\n")  # not splitlines: a carriage return alone ends no line
    lines = [*(line + b"\n" for line in ended), last]
    line = lines[fix.line - 1]
    ending = line[len(line.rstrip(b"\r\n")) :]
    lines[fix.line - 1] = fix.text + ending if fix.text is not None else b""
    return b"".join(lines)


def _view(tree: Tree, dialect: Dialect, content: bytes) -> View:
    return View.of(replace(tree, slugignore=content), dialect)


def _kept(tree: Tree, dialect: Dialect, content: bytes) -> tuple[File, ...]:
    return scan(replace(tree, slugignore=content), dialect).kept
