"""How findings are resolved: accepted by a comment above the rule, an option or a setting, or fixed line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import Tree
from slugtrim.findings import Finding
from slugtrim.ignore import Dialect
from slugtrim.lint.rules import line_findings
from slugtrim.lint.view import SLUGIGNORE, Fix, FixableFinding, LintView
from slugtrim.scanner import scan

_COMMENT = rb"#[ \t]*slugtrim:[ \t]*ignore[ \t]+([a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)[ \t]*(.*?)\s*"
_MARK = b"\xef\xbb\xbf"


class Silence(Struct, frozen=True, kw_only=True):
    """A comment that accepts findings of the rule below it."""

    line: int
    """Of the comment, from 1."""
    ids: tuple[str, ...]
    reason: str
    """What follows the ids, without a dash before it; empty if nothing does."""

    @property
    def words(self) -> str:
        """Place and reason in one line."""
        place = f".slugignore:{self.line}"
        return f"{place}: {self.reason}" if self.reason else place


class Accepted(Struct, frozen=True, kw_only=True):
    """Findings of one kind that are left out for one reason."""

    id: str
    count: int
    by: str
    """Who accepts them: ``--ignore typo``, ``slugtrim.toml:4: reason``, ``.slugignore:3``."""


def silences(content: bytes) -> Mapping[int, tuple[Silence, ...]]:
    """Return the comments that hold for each line. Several of them may stand above one rule."""
    found: dict[int, tuple[Silence, ...]] = {}
    above: tuple[Silence, ...] = ()
    for number, line in enumerate(content.removeprefix(_MARK).split(b"\n"), 1):
        silence = silence_of(line, number)
        if silence is not None:
            above = (*above, silence)
        else:
            if above:
                found[number] = above
            above = ()
    return found


def silence_of(line: bytes, number: int = 0) -> Silence | None:
    """Return what a line of a ``.slugignore`` accepts; None if it is no such comment."""
    match = re.fullmatch(_COMMENT, line) if line.startswith(b"#") else None
    if match is None:
        return None
    ids = tuple(id_.strip().decode() for id_ in match[1].split(b","))
    return Silence(line=number, ids=ids, reason=match[2].decode("utf-8", "replace").lstrip("-:– ").strip())  # noqa: RUF001


def unknown_ids(content: bytes, known: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the id of each comment that names no finding."""
    known = set(known)
    for number, line in enumerate(content.removeprefix(_MARK).split(b"\n"), 1):
        silence = silence_of(line, number)
        for id_ in silence.ids if silence is not None else ():
            if id_ not in known:
                yield number, id_


def without_accepted(
    found: Iterable[FixableFinding], content: bytes | None, ignored: Mapping[str, str]
) -> tuple[list[FixableFinding], tuple[Accepted, ...]]:
    """Return the findings that are left, and the others counted. ``ignored`` are ids, with who ignores them."""
    by_line = silences(content or b"")
    left: list[FixableFinding] = []
    accepted: Counter[tuple[str, str]] = Counter()
    for each in found:
        by = _accepted_by(each.finding, by_line, ignored)
        if by is None:
            left.append(each)
        else:
            accepted[each.finding.id, by] += 1
    return left, tuple(Accepted(id=id_, count=count, by=by) for (id_, by), count in sorted(accepted.items()))


def _accepted_by(
    finding: Finding, by_line: Mapping[int, tuple[Silence, ...]], ignored: Mapping[str, str]
) -> str | None:
    if finding.id in ignored:
        return ignored[finding.id]
    if finding.path != SLUGIGNORE or finding.line is None:
        return None
    return next((each.words for each in by_line.get(finding.line, ()) if finding.id in each.ids), None)


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
            line_findings(LintView.of(replace(tree, slugignore=content), dialect)),
            content,
            dict.fromkeys(ignored, "ignored"),
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
            if scan(replace(tree, slugignore=tried), dialect).kept == kept:
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
