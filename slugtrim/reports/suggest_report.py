"""Suggestions for people who have thirty seconds, with what a verification showed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from slugtrim.files import SourceKind, quoted
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.style import plural, size
from slugtrim.suggester.record import Advice, Evidence, EvidenceKind, Suggestion, Tier, Withheld
from slugtrim.suggester.verification import Failure, Verification
from slugtrim.units import format_duration

_SOME_EVIDENCE = 3
_SOME_LINES = 8
_SAID_FOR_ALL = (EvidenceKind.UNREAD, EvidenceKind.VERIFIED)
"""The head of the report says it."""


def report(advice: Advice, view: b.View, *, with_withheld: bool = False, is_written: bool = False) -> b.Report:
    """Return all entries; a brief report is the headline. ``is_written``: they are in ``.slugignore`` by now."""
    if view.brief:
        return (_headline(advice, view),)
    return (
        parts.measured(advice.source),
        b.Section(blocks=(_headline(advice, view), *_facts(advice))),
        _entries(advice, view),
        *(_failures(advice.verification, view) if advice.verification is not None else ()),
        *(_withheld(advice.withheld, view) if with_withheld else _withheld_line(advice.withheld)),
        *_unsearched(advice, view),
        parts.notes(advice.notes, advice.unreadable, view),
        *_steps(advice, is_written=is_written),
    )


def _headline(advice: Advice, view: b.View) -> b.Headline:
    before = parts.weight(advice.before.compressed_bytes, advice.before.size_class)
    after = parts.weight(advice.after.compressed_bytes, advice.after.size_class)
    sizes = (*before, b.literal(" → "), *after) if advice.suggestions else before
    short = () if advice.complete else (b.marked("  (incomplete)", b.Look.YELLOW),)
    return b.Headline(text=(*sizes, *short), depth=0 if view.brief else 1)


def _facts(advice: Advice) -> Iterator[b.Block]:
    if not advice.suggestions:
        yield b.Paragraph(text="Nothing to suggest: what could go is left out already, or something needs it.")
        return
    saved = advice.before.compressed_bytes - advice.after.compressed_bytes
    percent = saved * 100 // max(advice.before.compressed_bytes, 1)
    share = f" ({percent or '<1'} %)" if saved else ""
    count = plural(len(advice.suggestions), "entry", "entries")
    left_out = plural(advice.before.files - advice.after.files, "file")
    yield b.Paragraph(text=f"{count} would leave out {left_out} and save {size(saved)}{share}.")
    count = plural(advice.searched_files, "file")
    yield b.Paragraph(text=f"A deploy reaches {count}, and was found to need none of the files below.")
    verification = advice.verification
    if verification is not None:
        runs = plural(verification.runs, "run")
        entries = len(advice.suggestions)
        it = "it" if entries == 1 else f"all {entries:,}"
        command = b.path(os.fsencode(verification.command), shortens=True)
        yield b.Paragraph(text=(f"Verified, in {runs}: this passes without {it}: ", command))
    yield b.Paragraph(text="Sizes are predicted, and of your code only: buildpacks add to it.")


def _entries(advice: Advice, view: b.View) -> b.Section:
    """Return a row for each entry, why below it; the small ones in one line."""
    shown = [entry for entry in advice.suggestions if view.full or not entry.folded]
    folded = [entry for entry in advice.suggestions if not view.full and entry.folded]
    blocks: list[b.Block] = []
    if shown:
        pattern = b.Column(holds=b.Holds.COPIED, title="pattern")
        columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.words("tier"), pattern)
        first = {entry.reason: entry for entry in reversed(shown)}
        rows = tuple(_entry(entry, view, says_why=first[entry.reason] is entry) for entry in shown)
        blocks.append(b.Table(columns=columns, rows=rows, below="why"))
    if folded:
        saved = size(sum(entry.saves_compressed_bytes for entry in folded))
        more = plural(len(folded), "smaller entry", "smaller entries")
        blocks.append(b.Line(text=f"… and {more}, {saved} together (-v lists them, --write adds them as well)"))
    return b.Section(title="Could be left out (savings are compressed and add up)", blocks=tuple(blocks))


def _entry(entry: Suggestion, view: b.View, *, says_why: bool) -> b.Row:
    why = [b.Paragraph(text=b.safe(_sentence(entry.reason)), depth=3)] if says_why else []
    return b.row(
        size(max(entry.saves_compressed_bytes, 0)),
        size(entry.size_bytes),
        f"{len(entry.files):,}",
        entry.tier.value,
        b.path(entry.pattern),
        look=None if entry.tier is Tier.SAFE else b.Look.YELLOW,
        below=(*why, *_evidence(entry.evidence, view)),
    )


def _evidence(evidence: Sequence[Evidence], view: b.View) -> Iterator[b.Block]:
    evidence = [item for item in evidence if item.kind not in _SAID_FOR_ALL]
    shown = view.some(evidence, _SOME_EVIDENCE)
    for item in shown:
        yield b.Paragraph(text=_told(item), depth=3)
    yield from view.more(len(evidence) - len(shown), depth=3)


def _told(item: Evidence) -> b.Inline:
    if item.path is None:
        return b.safe(_sentence(item.text))
    line = f":{item.line}" if item.line is not None else ""
    return b.path(item.path, shortens=True), f"{line}: {b.safe(item.text)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(" .") + "."


def _failures(verification: Verification, view: b.View) -> Iterator[b.Block]:
    """Yield every entry that is not suggested because of what the command did."""
    withheld = []
    if verification.failures:
        lines = [line for each in verification.failures for line in _failure(each, verification.limit_seconds, view)]
        withheld.append(b.Section(title="Withheld: the command fails without", blocks=tuple(lines)))
    if verification.unverified:
        count = plural(verification.most_runs, "run")
        title = f"Withheld: not verified in {count} (see --verify-runs)"
        withheld.append(b.Section(title=title, blocks=tuple(_patterns(verification.unverified))))
    yield b.Section(blocks=tuple(withheld))


def _failure(failure: Failure, limit_seconds: float, view: b.View) -> Iterator[b.Block]:
    yield from _patterns(failure.patterns)
    ending = failure.ending
    how = ending.told(limit_seconds)
    together = "" if len(failure.patterns) == 1 else ", only where all of these are missing"
    took = "" if ending.timed_out else f" after {format_duration(ending.seconds)}"
    lines = ending.lines if view.full else ending.lines[-_SOME_LINES:]
    what = ":" if lines else "; it printed nothing."
    yield b.Paragraph(text=f"{how[:1].upper()}{how[1:]}{took}{together}{what}", depth=3)
    if lines:
        yield b.Verbatim(lines=tuple(lines), depth=4, wraps=True)


def _patterns(patterns: Sequence[bytes]) -> Iterator[b.Line]:
    """Yield patterns as lines, which are never cut: somebody may want to copy them."""
    return (b.Line(text=b.path(pattern)) for pattern in patterns)


def _withheld_line(withheld: Sequence[Withheld]) -> Iterator[b.Block]:
    withheld = [candidate for candidate in withheld if candidate.pattern is None]  # the others are named in any case
    if withheld:
        count = plural(len(withheld), "candidate")
        together = size(sum(candidate.compressed_bytes for candidate in withheld))
        stay, them = ("stays", "it") if len(withheld) == 1 else ("stay", "them")
        text = f"{count} of {together} {stay}, because something may need {them} (--all shows {them})."
        yield b.Paragraph(text=text, depth=0)


def _withheld(withheld: Sequence[Withheld], view: b.View) -> Iterator[b.Block]:
    """Yield a row for each candidate that stays, and who needs it."""
    if not withheld:
        return
    columns = (b.figures("compressed"), b.figures("raw"), b.figures("files"), b.words("tier"), b.names("what"))
    rows = tuple(
        b.row(
            *(size(candidate.compressed_bytes), size(candidate.size_bytes), f"{len(candidate.files):,}"),
            *(candidate.tier.value, _place(candidate)),
            below=tuple(_evidence(candidate.evidence, view)),
        )
        for candidate in withheld
    )
    table = b.Table(columns=columns, rows=rows, below="who needs it")
    yield b.Section(title="Stays, because something may need it", blocks=(table,))


def _place(candidate: Withheld) -> b.Inline:
    if candidate.pattern is not None and not candidate.path:
        return b.name(quoted(candidate.pattern))
    return b.path(candidate.path) if candidate.path else f"{candidate.rule}, in several places"


def _unsearched(advice: Advice, view: b.View) -> Iterator[b.Block]:
    if advice.unsearched:
        count = plural(len(advice.unsearched), "file")
        text = f"{count} could not be searched: what reads an entry may hide there"
        yield b.Section(blocks=(b.Callout(text=text), *parts.reasons(advice.unsearched, view)))


def _steps(advice: Advice, *, is_written: bool) -> Iterator[b.Block]:
    if not advice.suggestions:
        return
    steps = []
    if advice.verification is None and any(entry.tier is Tier.CONDITIONAL for entry in advice.suggestions):
        steps.append(
            "Review the conditional entries: a deploy may use them in a way that no file shows. "
            "--verify 'COMMAND' lets your own build or smoke test decide."
        )
    if is_written:
        steps.append("Commit .slugignore: a push sends what is committed.")
    elif advice.verification is not None:
        steps.append("With --write the same command verifies once more and adds them to .slugignore.")
    elif advice.source.kind is SourceKind.COMMIT:
        steps.append("slugtrim suggest --diff shows the lines; without --rev, --write adds them to .slugignore.")
    else:
        steps.append("slugtrim suggest --diff shows the lines, --write adds them to .slugignore; commit it then.")
    yield b.Steps(steps=tuple(steps))
