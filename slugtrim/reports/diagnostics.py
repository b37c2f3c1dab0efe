"""Findings and broken budgets as rows of one table, which every format for a platform writes alike."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.budget import Result, Verdict, exceeded_ids
from slugtrim.check import Check
from slugtrim.files import Source, Unreadable, quoted
from slugtrim.findings import Finding, Level
from slugtrim.lint.findings import Lint
from slugtrim.platforms import PLATFORM
from slugtrim.reports.parts import allowed, cure, name, sentence, used, where
from slugtrim.reports.text import plural

SLUGIGNORE = PLATFORM.ignore_file.name
INCOMPLETE = "incomplete"
_NAMED = 3
"""Unreadable paths that are named, at most."""


class Gate(Enum):
    """What a command makes of a row when it decides about its exit status."""

    CLEAN = "clean"
    """No problem."""
    TOLERATED = "tolerated"
    FAILED = "failed"
    BROKEN = "broken"
    """It could not be checked."""


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One row: something that was checked, where, and what is wrong with it."""

    id: str
    level: Level = Level.NOTE
    path: bytes
    """From the root of the repository."""
    line: int | None
    """From 1; None if it is about the file as a whole."""
    text: str
    """What is wrong, or what was measured; one sentence without the full stop."""
    fix: str = ""
    """What to do, likewise."""
    fingerprint: str = ""
    """The same while the id, the file and the text of the line are the same, wherever the line moves."""
    title: str = ""
    """What was looked at; empty for a row that is called by its place and id."""
    gate: Gate = Gate.TOLERATED

    @property
    def is_problem(self) -> bool:
        """Return True unless the row is clean."""
        return self.gate is not Gate.CLEAN

    @property
    def place(self) -> str:
        """The path and the line, for people."""
        return quoted(self.path) + (f":{self.line}" if self.line is not None else "")

    def says(self, between: str = " ") -> str:
        """Return what is wrong, and what to do."""
        return f"{self.text}.{between}{self.fix}." if self.fix else f"{self.text}."


class Suite(Struct, frozen=True, kw_only=True):
    """Rows of one kind."""

    name: str
    rows: tuple[Diagnostic, ...]


class Diagnostics(Struct, frozen=True, kw_only=True):
    """The table of one run of a command."""

    command: str
    category: tuple[bytes, ...]
    """Keeps apart the runs on one commit: the command, the target, the subdirectory."""
    suites: tuple[Suite, ...]
    """All that was looked at, with what passed."""
    problems: tuple[Diagnostic, ...]
    """What could not be read, then broken budgets, the worst first, then findings."""


def of_lint(lint: Lint, *, strict: bool = False) -> Diagnostics:
    """Return the table of a lint. Errors fail; warnings as well if ``strict``."""
    failing = {Level.ERROR, Level.WARNING} if strict else {Level.ERROR}
    problems = (
        *_incomplete(lint.source, lint.unreadable, Level.WARNING, "there may be more findings"),
        *located(lint.source, lint.findings, lint.slugignore, failing=failing),
    )
    nothing = Diagnostic(id="no-findings", path=SLUGIGNORE, line=None, text="", title="no findings", gate=Gate.CLEAN)
    return Diagnostics(
        command="lint",
        category=(b"lint", *_prefix(lint.source)),
        suites=(Suite(name="slugtrim.lint", rows=problems or (nothing,)),),
        problems=problems,
    )


def of_check(check: Check, *, strict: bool = False) -> Diagnostics:
    """Return the table of a check. What is over fails; warnings as well if ``strict``. Findings pass."""
    title = "every file of the slug was measured"
    complete = tuple(
        replace(row, title=title, gate=Gate.BROKEN)
        for row in _incomplete(check.source, check.unreadable, Level.ERROR, "the sizes are too low")
    )
    measured = Diagnostic(id=INCOMPLETE, path=SLUGIGNORE, line=None, text="", title=title, gate=Gate.CLEAN)
    limits = tuple(_limits(check.source, check.results, strict=strict))
    findings = tuple(located(check.source, check.findings, check.slugignore))
    over = [row for level in (Level.ERROR, Level.WARNING) for row in limits if row.is_problem and row.level is level]
    target = (check.target.encode("utf-8", "surrogateescape"),) if check.target is not None else ()
    return Diagnostics(
        command="check",
        category=(b"check", *target, *_prefix(check.source)),
        suites=(
            Suite(name="slugtrim.check.complete", rows=complete or (measured,)),
            Suite(name="slugtrim.check.limits", rows=limits),
            Suite(name="slugtrim.check.findings", rows=findings),
        ),
        problems=(*complete, *over, *findings),
    )


def _prefix(source: Source) -> tuple[bytes, ...]:
    return (source.prefix,) if source.prefix else ()


class _Fingerprints:
    """Makes fingerprints; rows that are alike are counted, so that each has one of its own."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def of(self, id_: str, path: bytes, text: bytes) -> str:
        """Return that of a row; ``text`` tells it from others with this id in the same file."""
        key = b"\0".join((id_.encode(), path, text))
        digest = hashlib.sha256(key + b"\0%d" % self._seen[key]).hexdigest()
        self._seen[key] += 1
        return digest[:32]


def located(
    source: Source, findings: Iterable[Finding], slugignore: bytes | None, *, failing: Iterable[Level] = ()
) -> Iterator[Diagnostic]:
    """Yield a row for each finding, whose path is from the root of the slug.

    ``slugignore`` has the lines that they are about.
    """
    lines = (slugignore or b"").split(b"\n")
    fingerprints = _Fingerprints()
    for finding in findings:
        at = finding.line
        has_text = finding.path == SLUGIGNORE and at is not None and at <= len(lines)
        text = lines[at - 1].rstrip(b"\r") if has_text and at is not None else b""
        path = _from_root(source, finding.path)
        yield Diagnostic(
            id=finding.id,
            level=finding.level,
            path=path,
            line=at,
            text=finding.message,
            fix=finding.cure,
            fingerprint=fingerprints.of(finding.id, path, text),
            gate=Gate.FAILED if finding.level in failing else Gate.TOLERATED,
        )


def _from_root(source: Source, path: bytes) -> bytes:
    """Return a path from the root of the slug as one from the root of the repository."""
    return source.prefix + b"/" + path if source.prefix else path


def _incomplete(source: Source, unreadable: Sequence[Unreadable], level: Level, effect: str) -> Iterator[Diagnostic]:
    """Yield one row for all that could not be read, at the first of it; none if there is nothing."""
    if not unreadable:
        return
    named = [f"{quoted(gone.path)} ({gone.reason})" for gone in unreadable[:_NAMED]]
    if len(unreadable) > _NAMED:
        named.append(f"{len(unreadable) - _NAMED:,} more")
    path = _from_root(source, unreadable[0].path)
    yield Diagnostic(
        id=INCOMPLETE,
        level=level,
        path=path,
        line=None,
        text=f"{plural(len(unreadable), 'path')} could not be read, so {effect}: {', '.join(named)}",
        fix="Make them readable: fetch what a partial or shallow clone lacks, and check their permissions",
        fingerprint=_Fingerprints().of(INCOMPLETE, path, b""),
    )


def _limits(source: Source, results: Iterable[Result], *, strict: bool) -> Iterator[Diagnostic]:
    fingerprints = _Fingerprints()
    for result in results:
        path, line = written_in(result, source)
        # The limit, and set in, tell apart what is limited twice.
        title = f"{name(result)}: {allowed(result)} ({where(result)})"
        if result.verdict is Verdict.OK:
            text = f"{used(result)} of {allowed(result)}"
            yield Diagnostic(id=result.id, path=path, line=line, text=text, title=title, gate=Gate.CLEAN)
            continue
        text_of_limit = (result.pattern or b"") + b"\0" + result.text.encode("utf-8", "surrogateescape")
        is_over = result.verdict is Verdict.FAIL
        yield Diagnostic(
            id=result.id,
            level=Level.ERROR if is_over else Level.WARNING,
            path=path,
            line=line,
            text=sentence(result),
            fix=cure([result]),
            fingerprint=fingerprints.of(result.id, path, text_of_limit),
            title=title,
            gate=Gate.FAILED if is_over or strict else Gate.TOLERATED,
        )


def written_in(result: Result, source: Source) -> tuple[bytes, int | None]:
    """Return the file and line of the limit; the ``.slugignore`` if it is not in a file of the repository."""
    written = result.written
    path = written.name.encode("utf-8", "surrogateescape")
    inside = path.removeprefix(source.root.rstrip(b"/") + b"/").removeprefix(b"./")
    if written.line is None or inside.startswith((b"/", b"../")):
        return _from_root(source, SLUGIGNORE), None
    return inside, written.line


class Meaning(Struct, frozen=True, kw_only=True):
    """What an id means, for formats that describe each id once."""

    text: str
    help: str
    """What to do."""
    markdown: str = ""
    """Both, as Markdown; empty if there is no more to say than the above."""


def meaning(id_: str) -> Meaning:
    """Return what the id of a row means."""
    if id_ == INCOMPLETE:
        return Meaning(
            text="Something could not be read, so sizes are too low and findings may be missing.",
            help="Make it readable: the message names the path and the reason.",
        )
    exceeded = exceeded_ids().get(id_)
    if exceeded is not None:
        return Meaning(
            text=f"{exceeded}.",
            help="The message says by how much, and where the limit is set. slugtrim audit shows what takes space, "
            "slugtrim suggest what to leave out.",
        )
    from slugtrim.lint.findings import sections  # 12 ms that formats without descriptions do without

    _, cause, fix = sections()[id_].split("\n\n", 2)
    return Meaning(
        text=_one_line(cause.removeprefix("Cause: ")),
        help=_one_line(fix.removeprefix("Fix: ")),
        markdown=f"{cause}\n\n{fix}",
    )


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]
