"""Suggestions as text, for a reader who has thirty seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.files import SourceKind, quoted
from slugtrim.reports import verification_text
from slugtrim.reports.blocks import joined, measured, notes, reasons, safe, wrapped
from slugtrim.reports.style import Style, columns, cut, plural, size
from slugtrim.sizer import SizeClass
from slugtrim.suggester.record import Advice, Evidence, EvidenceKind, SlugSize, Suggestion, Tier, Withheld

_CLASS_LOOKS = {SizeClass.SMALL: "green", SizeClass.AVERAGE: "yellow", SizeClass.WEIGHTY: "red"}
_INDENT = "      "
_SOME_EVIDENCE = 3
_SAID_FOR_ALL = (EvidenceKind.UNREAD, EvidenceKind.VERIFIED)
"""The head of the report says it."""


def render(advice: Advice, style: Style, *, with_withheld: bool = False, is_written: bool = False) -> str:
    """The report; every line ends in a newline. ``is_written``: the entries are in ``.slugignore`` by now."""
    if style.brief:
        return _headline(advice, style) + "\n"
    blocks = [
        _head(advice, style),
        _entries(advice, style),
        verification_text.withheld(advice.verification, style) if advice.verification is not None else (),
        _withheld(advice.withheld, style) if with_withheld else _withheld_line(advice.withheld, style),
        _unsearched(advice, style),
        notes(advice.notes, advice.unreadable, style),
        _next(advice, style, is_written=is_written),
    ]
    return joined(blocks)


def _headline(advice: Advice, style: Style) -> str:
    incomplete = "" if advice.complete else style.paint("  (incomplete)", "yellow")
    if not advice.suggestions:
        return _sized(advice.before, style) + incomplete
    return f"{_sized(advice.before, style)} → {_sized(advice.after, style)}{incomplete}"


def _sized(slug: SlugSize, style: Style) -> str:
    weight = style.paint(size(slug.compressed_bytes), "bold")
    return f"{weight} {style.paint(slug.size_class.value, 'bold', _CLASS_LOOKS[slug.size_class])}"


def _head(advice: Advice, style: Style) -> Iterator[str]:
    yield measured(advice.source, style)
    yield ""
    yield "  " + _headline(advice, style)
    if not advice.suggestions:
        yield from wrapped("Nothing to suggest: what could go is left out already, or something needs it.", style)
        return
    saved = advice.before.compressed_bytes - advice.after.compressed_bytes
    percent = saved * 100 // max(advice.before.compressed_bytes, 1)
    share = f" ({percent or '<1'} %)" if saved else ""
    count = plural(len(advice.suggestions), "entry", "entries")
    left_out = plural(advice.before.files - advice.after.files, "file")
    yield from wrapped(f"{count} would leave out {left_out} and save {size(saved)}{share}.", style)
    count = plural(advice.searched_files, "file that stays was", "files that stay were")
    yield from wrapped(f"{count} searched, and no reader of what could go was found.", style)
    if advice.verification is not None:
        yield from verification_text.verified(advice.verification, len(advice.suggestions), style)
    yield from wrapped("Sizes are predicted, and of your code only: buildpacks add to it.", style)


def _entries(advice: Advice, style: Style) -> Iterator[str]:
    """A row for each entry, why below it; the small ones in one line."""
    if not advice.suggestions:
        return
    shown = [entry for entry in advice.suggestions if style.full or not entry.folded]
    folded = [entry for entry in advice.suggestions if not style.full and entry.folded]
    yield style.paint("Could be left out (savings are compressed and add up)", "bold")
    if shown:
        header, *rows = columns([["saves", "raw", "files", "tier", ""], *map(_row, shown)], style.width)
        yield f"{header}  pattern"
        told = set()
        for entry, row in zip(shown, rows, strict=True):
            # Never cut: somebody will want to copy it.
            line = f"{row}  {quoted(entry.pattern)}"
            yield line if entry.tier is Tier.SAFE else style.paint(line, "yellow")
            if entry.reason not in told:
                yield from wrapped(safe(_sentence(entry.reason)), style, first=_INDENT)
            told.add(entry.reason)
            yield from _evidence(entry.evidence, style)
    if folded:
        saved = size(sum(entry.saves_compressed_bytes for entry in folded))
        more = plural(len(folded), "smaller entry", "smaller entries")
        yield f"  … and {more}, {saved} together (-v lists them, --write adds them as well)"


def _row(entry: Suggestion) -> list[str]:
    saves, raw = size(max(entry.saves_compressed_bytes, 0)), size(entry.size_bytes)
    return [saves, raw, f"{len(entry.files):,}", entry.tier.value, ""]


def _evidence(evidence: Sequence[Evidence], style: Style) -> Iterator[str]:
    evidence = [item for item in evidence if item.kind not in _SAID_FOR_ALL]
    shown = evidence if style.full else evidence[:_SOME_EVIDENCE]
    for item in shown:
        yield from wrapped(_told(item, style), style, first=_INDENT)
    if len(shown) < len(evidence):
        yield f"{_INDENT}… and {len(evidence) - len(shown):,} more (-v shows all)"


def _told(item: Evidence, style: Style) -> str:
    if item.path is None:
        return safe(_sentence(item.text))
    line = f":{item.line}" if item.line is not None else ""
    return f"{cut(quoted(item.path), style.width // 2)}{line}: {safe(item.text)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(" .") + "."


def _withheld_line(withheld: Sequence[Withheld], style: Style) -> Iterator[str]:
    withheld = [candidate for candidate in withheld if candidate.pattern is None]  # the others are named in any case
    if withheld:
        count = plural(len(withheld), "candidate")
        weight = size(sum(candidate.compressed_bytes for candidate in withheld))
        stay, them = ("stays", "it") if len(withheld) == 1 else ("stay", "them")
        text = f"{count} of {weight} {stay}, because something may need {them} (--all shows {them})."
        yield from wrapped(text, style, first="")


def _withheld(withheld: Sequence[Withheld], style: Style) -> Iterator[str]:
    """A row for each candidate that stays, and who needs it."""
    if not withheld:
        return
    yield style.paint("Stays, because something may need it", "bold")
    rows = [["compressed", "raw", "files", "tier", ""]]
    for candidate in withheld:
        weight, raw = size(candidate.compressed_bytes), size(candidate.size_bytes)
        rows.append(
            [
                weight,
                raw,
                f"{len(candidate.files):,}",
                candidate.tier.value,
                _place(candidate),
            ]
        )
    header, *lines = columns(rows, style.width)
    yield header
    for candidate, line in zip(withheld, lines, strict=True):
        yield line
        yield from _evidence(candidate.evidence, style)


def _place(candidate: Withheld) -> str:
    if candidate.pattern is not None and not candidate.path:
        return quoted(candidate.pattern)
    return quoted(candidate.path) if candidate.path else f"{candidate.rule}, in several places"


def _unsearched(advice: Advice, style: Style) -> Iterator[str]:
    if advice.unsearched:
        count = plural(len(advice.unsearched), "file")
        text = f"{count} could not be searched: what reads an entry may hide there"
        yield from (style.paint(line, "yellow") for line in wrapped(text, style, first=""))
        yield from reasons(advice.unsearched, style)


def _next(advice: Advice, style: Style, *, is_written: bool) -> Iterator[str]:
    steps = list(_steps(advice, is_written=is_written))
    if steps:
        yield style.paint("Next", "bold")
    for step in steps:
        yield from wrapped(step, style, first="  - ")


def _steps(advice: Advice, *, is_written: bool) -> Iterator[str]:
    if not advice.suggestions:
        return
    if advice.verification is None and any(entry.tier is Tier.CONDITIONAL for entry in advice.suggestions):
        yield (
            "Look at the conditional ones: no file was found that reads them, but only you know all that does. "
            "--verify 'COMMAND' has your own build or smoke test decide."
        )
    if is_written:
        yield "Commit .slugignore: a push sends what is committed."
    elif advice.verification is not None:
        yield "With --write the same command verifies once more and adds them to .slugignore."
    elif advice.source.kind is SourceKind.COMMIT:
        yield "slugtrim suggest --diff shows the lines; without --rev, --write adds them to .slugignore."
    else:
        yield "slugtrim suggest --diff shows the lines, --write adds them to .slugignore; commit it then."
