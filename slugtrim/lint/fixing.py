"""Mending a ``.slugignore`` line by line: nothing else of it changes, and neither does the slug."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, Tree
from slugtrim.ignore import Dialect
from slugtrim.lint.rules import line_findings
from slugtrim.lint.silence import without_accepted
from slugtrim.lint.view import Fix, FixableFinding, LintView
from slugtrim.scanner import scan

_MAX_REFUSED = 200
"""After so many fixes that would change the slug, the others are left alone: each costs a reading of the tree."""


class Mended(Struct, frozen=True, kw_only=True):
    """What became of a ``.slugignore``."""

    content: bytes
    fixed: tuple[FixableFinding, ...]
    """The findings that are mended, by the lines that the file had when each was found."""


def mend(tree: Tree, dialect: Dialect, ignored: Iterable[str] = ()) -> Mended:
    """Mends all that can be mended without a change of what ``dialect`` keeps in the slug, until nothing is left.

    Findings with ``ignored`` ids, and those that a comment accepts, stay as they are. Raises ``RulesError``.
    """
    content = tree.slugignore or b""
    kept = scan(tree, dialect).kept
    fixed: list[FixableFinding] = []
    refused = 0
    while True:
        found, _ = without_accepted(
            line_findings(_view(tree, dialect, content)), content, dict.fromkeys(ignored, "ignored")
        )
        before = content
        fixable = [(each, each.fix) for each in found if each.fix is not None]
        fixable.sort(key=lambda pair: pair[1].line)
        # Groups of fixes to try together, the next one last: from the last line up, so that the numbers of the lines
        # before it stay what they are.
        groups = [fixable] if fixable else []
        while groups and refused < _MAX_REFUSED:
            group = groups.pop()
            tried = with_fixes(content, [fix for _, fix in group])
            if _kept(tree, dialect, tried) == kept:
                content = tried
                fixed += [each for each, _ in reversed(group)]
            elif len(group) > 1:
                half = len(group) // 2
                groups += [group[:half], group[half:]]
            else:
                refused += 1
        if content == before:
            return Mended(content=content, fixed=tuple(fixed))


def with_fixes(content: bytes, fixes: Sequence[Fix]) -> bytes:
    """The content with some lines written anew or taken out, their line endings with them."""
    *ended, last = content.split(b"\n")  # not splitlines: a carriage return alone ends no line
    lines = [*(line + b"\n" for line in ended), last]
    for fix in fixes:
        line = lines[fix.line - 1]
        ending = line[len(line.rstrip(b"\r\n")) :]
        lines[fix.line - 1] = fix.text + ending if fix.text is not None else b""
    return b"".join(lines)


def _view(tree: Tree, dialect: Dialect, content: bytes) -> LintView:
    return LintView.of(replace(tree, slugignore=content), dialect)


def _kept(tree: Tree, dialect: Dialect, content: bytes) -> tuple[File, ...]:
    return scan(replace(tree, slugignore=content), dialect).kept
