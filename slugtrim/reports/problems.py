"""Findings as tools on a platform take them: at paths from the root of the repository, each with a fingerprint."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import Source, Unreadable, quoted
from slugtrim.lint import Lint
from slugtrim.notes import Finding, Level
from slugtrim.platforms import PLATFORM
from slugtrim.reports.style import plural

SLUGIGNORE = PLATFORM.ignore_file.name
INCOMPLETE = "incomplete"
_SOME = 3
"""So many paths that could not be read are named."""


class Problem(Struct, frozen=True, kw_only=True):
    """A finding outside of slugtrim's own reports."""

    finding: Finding
    """Its path is from the root of the repository."""
    fingerprint: str
    """The same as long as the finding, the file and the text of the line are, wherever the line moves."""

    def says(self, between: str = " ") -> str:
        """What is the matter, and what to do."""
        finding = self.finding
        return f"{finding.message}.{between}{finding.cure}." if finding.cure else f"{finding.message}."


def lint_problems(lint: Lint) -> tuple[Problem, ...]:
    """What ``slugtrim lint`` found; first, if so, that it could not look at everything."""
    return (
        *incomplete(lint.source, lint.unreadable, Level.WARNING, "there may be more to find"),
        *located(lint.source, lint.findings, lint.slugignore),
    )


def located(source: Source, findings: Iterable[Finding], slugignore: bytes | None) -> tuple[Problem, ...]:
    """Findings whose paths are from the root of the slug. ``slugignore`` has the lines that they speak of."""
    lines = (slugignore or b"").split(b"\n")
    texts = []
    placed = []
    for finding in findings:
        has_line = finding.path == SLUGIGNORE and finding.line is not None and finding.line <= len(lines)
        texts.append(lines[finding.line - 1].rstrip(b"\r") if has_line and finding.line is not None else b"")
        placed.append(replace(finding, path=from_root(source, finding.path)))
    return tuple(fingerprinted(placed, texts))


def from_root(source: Source, path: bytes) -> bytes:
    """A path from the root of the slug, from that of the repository."""
    return source.prefix + b"/" + path if source.prefix else path


def fingerprinted(findings: Sequence[Finding], texts: Sequence[bytes]) -> Iterator[Problem]:
    """Each finding with the text that tells it from others of its kind in the same file; equal ones are counted."""
    seen: Counter[bytes] = Counter()
    for finding, text in zip(findings, texts, strict=True):
        key = b"\0".join((finding.id.encode(), finding.path, text))
        digest = hashlib.sha256(key + b"\0%d" % seen[key]).hexdigest()
        seen[key] += 1
        yield Problem(finding=finding, fingerprint=digest[:32])


def incomplete(source: Source, unreadable: Sequence[Unreadable], level: Level, so: str) -> tuple[Problem, ...]:
    """One problem for all that could not be read, at the first of it, or none. ``so`` says what follows of it."""
    if not unreadable:
        return ()
    named = [f"{quoted(gone.path)} ({gone.reason})" for gone in unreadable[:_SOME]]
    if len(unreadable) > _SOME:
        named.append(f"{len(unreadable) - _SOME:,} more")
    finding = Finding(
        id=INCOMPLETE,
        level=level,
        path=from_root(source, unreadable[0].path),
        line=None,
        message=f"{plural(len(unreadable), 'path')} could not be read, so {so}: {', '.join(named)}",
        cure="Make them readable: fetch what a partial or shallow clone left out, and look at their permissions",
    )
    return tuple(fingerprinted([finding], [b""]))
