"""Suggestions for people who have thirty seconds, with what a verification showed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from slugtrim.files import SourceKind, quoted
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.style import plural, size
from slugtrim.suggester.no_slug import NO_SLUG
from slugtrim.suggester.record import Advice, Evidence, EvidenceKind, Grade, SlugSize, Suggestion, Tier, Withheld
from slugtrim.suggester.verification import Failure, Verification
from slugtrim.units import format_duration

_SOME_EVIDENCE = 3
_SOME_LINES = 8
_SOME_LARGE = 3
_LARGE_SHARE = 10
"""What is a tenth of the slug or more is told at the top."""
_LARGE_BYTES = 64 * 1024
"""If it has at least as much."""
_MADE_ANEW = frozenset(["dependencies", "build-output", "caches"])
"""Categories of what a build makes again."""
_TITLES = {
    Tier.SAFE: "Safe: --write adds these (savings are compressed and add up)",
    Tier.CONDITIONAL: "Conditional: review these; --conditional adds them",
}
_GRADES = {
    Grade.IDLE: "only files for developers name it",
    Grade.GUARDED: "code that runs names it, and does without it",
    Grade.READ: "the deploy uses it, and you include it",
}
_SAID_FOR_ALL = (EvidenceKind.UNREAD, EvidenceKind.VERIFIED)
"""The head of the report says it."""


def report(
    advice: Advice, view: b.View, *, with_withheld: bool = False, is_written: bool = False, conditional: bool = False
) -> b.Report:
    """Return all entries; a brief report is the headline.

    ``is_written``: they are in ``.slugignore`` by now; the conditional ones only with ``conditional``.
    """
    if view.brief:
        return (_headline(advice, view),)
    return (
        parts.measured(advice.source),
        *(b.Callout(text=note.message) for note in advice.notes if note.id == NO_SLUG),
        b.Section(blocks=(_headline(advice, view), *_facts(advice))),
        *_heaviest(advice),
        *_personal(advice, view),
        _entries(advice, view, Tier.SAFE),
        _entries(advice, view, Tier.CONDITIONAL),
        b.Section(blocks=tuple(_others(advice, view))),
        *(_failures(advice.verification, view) if advice.verification is not None else ()),
        *(_withheld(advice, view) if with_withheld else _withheld_lines(advice)),
        *_unsearched(advice, view),
        parts.notes([note for note in advice.notes if note.id != NO_SLUG], advice.unreadable, view),
        *_steps(advice, is_written=is_written, conditional=conditional),
    )


def _headline(advice: Advice, view: b.View) -> b.Headline:
    before = parts.weight(advice.before.compressed_bytes, advice.before.size_class)
    after = parts.weight(advice.after.compressed_bytes, advice.after.size_class)
    sizes = (*before, b.literal(" → "), *after) if advice.written() else before
    short = () if advice.complete else (b.marked("  (incomplete)", b.Look.YELLOW),)
    return b.Headline(text=(*sizes, *short), depth=0 if view.brief else 1)


def _facts(advice: Advice) -> Iterator[b.Block]:
    if advice.part:
        yield b.Paragraph(
            text=("Only what is in ", b.path(advice.part + b"/"), " is looked at; sizes are those of the whole slug.")
        )
    if not advice.suggestions:
        yield b.Paragraph(text="Nothing to suggest: what could go is left out already, or something needs it.")
    safe = advice.written()
    if safe:
        yield b.Paragraph(
            text=_saving(plural(len(safe), "safe entry", "safe entries"), advice.before, advice.after, advice)
        )
    more = len(advice.suggestions) - len(safe)
    if more:
        count = plural(more, "conditional entry", "conditional entries")
        yield b.Paragraph(text=_saving(count, advice.after, advice.after_all, advice))
    if advice.suggestions:
        count = plural(advice.searched_files, "file")
        grades = {entry.grade for entry in advice.suggestions}
        means = "".join(f" {each.value.capitalize()}: {told}." for each, told in _GRADES.items() if each in grades)
        yield b.Paragraph(text=f"Nothing that the deploy reaches ({count}) needs them.{means}")
    if advice.verification is not None:
        yield from _proof(advice, advice.verification)
    if advice.suggestions:
        yield b.Paragraph(text="Sizes are predicted, and of your code only: buildpacks add to it.")


def _saving(count: str, before: SlugSize, after: SlugSize, advice: Advice) -> str:
    saved = before.compressed_bytes - after.compressed_bytes
    share = f" ({_percent(saved, advice)})" if saved > 0 else ""
    return (
        f"{count} would leave out {plural(before.files - after.files, 'file')} and save {size(max(saved, 0))}{share}."
    )


def _percent(part_bytes: int, advice: Advice) -> str:
    percent = part_bytes * 100 // max(advice.before.compressed_bytes, 1)
    return f"{percent or '<1'} %"


def _proof(advice: Advice, verification: Verification) -> Iterator[b.Block]:
    """Yield what the user's command proved, and what it did not."""
    if not advice.suggestions:
        return
    runs = plural(verification.runs, "run")
    entries = len(advice.suggestions)
    it = "the entry below" if entries == 1 else f"all {entries:,} entries below together"
    command = b.path(os.fsencode(verification.command), shortens=True)
    yield b.Paragraph(text=(f"Proved, in {runs}: this passes without {it}: ", command))
    rest = "what that command does not try: other pages, tasks, times and config variables"
    if verification.unverified:
        rest += f"; and {plural(len(verification.unverified), 'entry', 'entries')} for which no run was left"
    yield b.Paragraph(text=f"Not proved: {rest}.")


def _heaviest(advice: Advice) -> Iterator[b.Block]:
    """Yield what is a large part of the slug and should not be in git at all, then what stays of that size."""
    least = max(advice.before.compressed_bytes // _LARGE_SHARE, _LARGE_BYTES)
    for entry in advice.suggestions:
        committed = next((item for item in entry.evidence if item.kind is EvidenceKind.COMMITTED), None)
        if committed is not None and entry.category in _MADE_ANEW and entry.saves_compressed_bytes >= least:
            name = entry.pattern.removeprefix(b"/")
            command = f"git rm -r --cached {quoted(name)}"
            share = _percent(entry.saves_compressed_bytes, advice)
            why = _sentence(entry.reason).removesuffix(".")
            yield b.Callout(text=(b.path(name + b"/"), f" is {share} of the slug. {b.safe(why)}: {b.safe(command)}"))
    shown = 0
    for kept in advice.withheld:
        if kept.pattern is None and kept.path and kept.compressed_bytes >= least and shown < _SOME_LARGE:
            shown += 1
            yield b.Paragraph(text=_kept(kept, advice), depth=0, keeps_names=True)


def _kept(kept: Withheld, advice: Advice) -> b.Inline:
    """Return why something large stays, and how to overrule it."""
    place = b"/" + kept.path
    what = "" if kept.is_whole else f"{plural(len(kept.files), 'file')} in "
    head = f"{size(kept.compressed_bytes)} of {size(advice.before.compressed_bytes)} is {what}"
    why = kept.evidence[0] if kept.evidence else None
    if why is None:
        reason: b.Inline = "kept, because something may need it"
    elif why.kind is EvidenceKind.OVERRULED:
        return head, b.path(place), f", {b.safe(why.text)}."
    elif why.kind is EvidenceKind.READER and why.path is not None:
        told, _, chain = why.text.partition(" (← ")
        entry = f" ({b.safe(chain.rpartition(' ← ')[2].removesuffix(')'))})" if chain else ""
        line = f":{why.line}" if why.line is not None else ""
        overrules = ("; --include ", b.path(place), " overrules.") if kept.is_whole else (".",)
        because = ("kept because ", b.path(why.path), f"{line}{entry} {b.safe(told)}")
        return head, b.path(place), ", ", *because, *overrules
    else:
        reason = ("kept: ", *b.spans(_told(why) if why.path is not None else b.safe(why.text)))
    return head, b.path(place), ", ", *b.spans(reason), "."


def _personal(advice: Advice, view: b.View) -> Iterator[b.Block]:
    """Yield a warning about what may be data of people: no line of ``.slugignore`` takes it out of the repository."""
    files = advice.personal.files
    if not files:
        return
    shown = view.some(files, _SOME_LARGE)
    names: list[str | b.Span] = [b.path(file.path) for file in shown]
    listed = [part for name in names for part in (", ", name)][1:]
    more = f" and {len(files) - len(shown):,} more" if len(files) > len(shown) else ""
    them = "it" if len(files) == 1 else "them"
    head = f"Data of people may be in git: {plural(len(files), 'dump, log or backup', 'dumps, logs or backups')} ("
    advice_ = (
        f"{more}, {size(advice.personal.size_bytes)}). git rm {them}: .slugignore only keeps {them} out of the slug. "
        "The history and every clone still have what was committed; git filter-repo rewrites the history."
    )
    yield b.Callout(text=(head, *listed, advice_), look=b.Look.RED)


def _entries(advice: Advice, view: b.View, tier: Tier) -> b.Section:
    """Return a row for each entry of a tier, why below it."""
    shown = [entry for entry in advice.suggestions if entry.tier is tier]
    if not shown:
        return b.Section(blocks=())
    pattern = b.Column(holds=b.Holds.COPIED, title="pattern")
    columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.words("grade"), pattern)
    first = {entry.reason: entry for entry in reversed(shown)}
    rows = tuple(_entry(entry, view, says_why=first[entry.reason] is entry) for entry in shown)
    return b.Section(title=_TITLES[tier], blocks=(b.Table(columns=columns, rows=rows, below="why"),))


def _entry(entry: Suggestion, view: b.View, *, says_why: bool) -> b.Row:
    why = [b.Paragraph(text=b.safe(_sentence(entry.reason)), depth=3)] if says_why else []
    return b.row(
        size(max(entry.saves_compressed_bytes, 0)),
        size(entry.size_bytes),
        f"{len(entry.files):,}",
        entry.grade.value,
        b.path(entry.pattern),
        look=None if entry.tier is Tier.SAFE else b.Look.YELLOW,
        below=(*why, *_evidence(entry.evidence, view)),
    )


def _others(advice: Advice, view: b.View) -> Iterator[b.Block]:
    """Yield what is no line of ``.slugignore``: unused assets in one finding, and how many entries are too small."""
    assets = advice.assets
    if assets.files:
        count = plural(len(assets.files), "unused asset")
        them = "it" if len(assets.files) == 1 else "them"
        yield b.Line(text=f"{count}, {size(assets.compressed_bytes)}: git rm {them}", depth=0)
        yield b.Paragraph(text="Pictures, icons and fonts that nothing the deploy reaches names.")
        shown = view.some(assets.files, _SOME_LARGE)
        yield b.Items(items=tuple(b.path(file.path) for file in shown))
        yield from view.more(len(assets.files) - len(shown), "more (-v lists them)", depth=2)
    small = advice.small
    if assets.files and small.entries:
        yield b.Line(text="", depth=0)
    if small.entries:
        count = plural(small.entries, "more entry saves", "more entries save")
        each = "" if small.entries == 1 else " each"
        text = f"{count} less than {size(small.min_saving_bytes)}{each} (--min-saving 0 keeps "
        yield b.Paragraph(text=text + ("it)." if small.entries == 1 else "them)."), depth=0)


def _evidence(evidence: Sequence[Evidence], view: b.View) -> Iterator[b.Block]:
    evidence = [item for item in evidence if item.kind not in _SAID_FOR_ALL]
    shown = view.some(evidence, _SOME_EVIDENCE)
    for item in shown:
        if item.path is None:
            yield b.Paragraph(text=_told(item), depth=3)
        else:
            yield b.Line(text=_told(item), depth=3, shortens=True)
    yield from view.more(len(evidence) - len(shown), depth=3)


def _told(item: Evidence) -> b.Inline:
    if item.path is None:
        return b.safe(_sentence(item.text))
    line = f":{item.line}" if item.line is not None else ""
    return b.path(item.path), f"{line}: {b.safe(item.text)}"


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


def _withheld_lines(advice: Advice) -> Iterator[b.Block]:
    withheld = [candidate for candidate in advice.withheld if candidate.pattern is None]  # the others are named anyway
    if withheld:
        count = plural(len(withheld), "candidate")
        together = size(sum(candidate.compressed_bytes for candidate in withheld))
        stay, them = ("stays", "it") if len(withheld) == 1 else ("stay", "them")
        text = f"{count} of {together} {stay}, because something may need {them} (--all shows {them})."
        yield b.Paragraph(text=text, depth=0)


def _withheld(advice: Advice, view: b.View) -> Iterator[b.Block]:
    """Yield a row for each candidate that stays, and who needs it."""
    if not advice.withheld:
        return
    columns = (b.figures("compressed"), b.figures("raw"), b.figures("files"), b.words("grade"), b.names("what"))
    rows = tuple(
        b.row(
            *(size(candidate.compressed_bytes), size(candidate.size_bytes), f"{len(candidate.files):,}"),
            *(candidate.grade.value, _place(candidate)),
            below=tuple(_evidence(candidate.evidence, view)),
        )
        for candidate in advice.withheld
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


def _steps(advice: Advice, *, is_written: bool, conditional: bool) -> Iterator[b.Block]:
    if not advice.suggestions:
        return
    steps = []
    waiting = len(advice.suggestions) - len(advice.written(conditional=conditional))
    if waiting:
        review = "Review the conditional entries: a deploy may use them in a way that no file shows."
        if advice.verification is None:
            review += " --verify 'COMMAND' tries your own build or smoke test."
        steps.append(f"{review} --conditional adds them.")
    if is_written:
        steps.append("Commit .slugignore: a push sends what is committed.")
    elif advice.verification is not None:
        steps.append("With --write the same command verifies once more and adds them to .slugignore.")
    elif advice.source.kind is SourceKind.COMMIT:
        steps.append("slugtrim suggest --diff shows the lines; without --rev, --write adds them to .slugignore.")
    else:
        steps.append("slugtrim suggest --diff shows the lines, --write adds them to .slugignore; commit it then.")
    yield b.Steps(steps=tuple(steps))
