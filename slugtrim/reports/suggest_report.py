"""Report suggestions: for people, as a diff of ``.slugignore``, as a ``project.toml``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from difflib import diff_bytes, unified_diff

from slugtrim.files import SourceKind, quoted
from slugtrim.ignore import Dialect, parse
from slugtrim.platforms import NO_SLUG
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.blocks import Look
from slugtrim.reports.text import Style, painted, plural, share, size
from slugtrim.suggester.records import (
    Advice,
    Evidence,
    EvidenceKind,
    Failure,
    Grade,
    SlugSize,
    Suggestion,
    Tier,
    Verification,
    Withheld,
)
from slugtrim.suggester.writing import in_order
from slugtrim.units import format_duration

_LOOKS = {"-": (Look.RED,), "+": (Look.GREEN,)}
_NO_NEWLINE = "\n\\ No newline at end of file\n"


def as_diff(before: bytes | None, after: bytes, prefix: bytes, style: Style) -> str:
    """Return a patch for ``git apply`` at the top of the repository; empty if nothing changes.

    ``before`` is None if there is no file; ``prefix`` is its directory. Bytes other than UTF-8 become surrogates.
    """
    if after == (before or b""):
        return ""
    path = prefix + b"/.slugignore" if prefix else b".slugignore"
    return "".join(_painted(line, style) for line in patch_of(path, before, after))


def patch_of(path: bytes, before: bytes | None, after: bytes, mode: str = "100644") -> list[str]:
    """Return the lines of a patch for one file. ``before`` is None for a new file, which gets ``mode``."""
    old, new = quoted(b"a/" + path), quoted(b"b/" + path)
    head = [f"diff --git {old} {new}\n"]
    if before is None:
        head.append(f"new file mode {mode}\n")
        old = "/dev/null"
    head += [f"--- {old}\n", f"+++ {new}\n"]
    diff = diff_bytes(unified_diff, _lines(before or b""), _lines(after), lineterm=b"\n")
    return head + [line.decode("utf-8", "surrogateescape") for line in list(diff)[2:]]


def _lines(content: bytes) -> list[bytes]:
    """Each with its newline, the last one maybe without: a lone carriage return does not end a line, as in git."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1].removesuffix(b"\n")
    return lines if lines[-1] else lines[:-1]


def _painted(line: str, style: Style) -> str:
    ended = line if line.endswith("\n") else line + _NO_NEWLINE
    if line.startswith(("+++ ", "--- ", "diff ")):
        return ended
    text, newline, rest = ended.partition("\n")
    return painted(text, _LOOKS.get(line[0], ()), style) + newline + rest


_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]')


def as_project_toml(advice: Advice, *, conditional: bool = False) -> str:
    """Return a whole file: the same patterns as for ``.slugignore``. Lines that this has already are only counted."""
    own = len(parse(advice.slugignore or b"", Dialect.GITIGNORE))
    lines = ["[_]", 'schema-version = "0.2"', "", "[io.buildpacks]"]
    if own:
        lines.append(
            f"# .slugignore has {plural(own, 'rule')} that Cloud Native Buildpacks don't read: copy them here."
        )
    lines.append("exclude = [")
    lines += [f"  {_string(entry.pattern)}," for entry in in_order(advice.written(conditional=conditional))]
    return "\n".join([*lines, "]", ""])


def _string(pattern: bytes) -> str:
    """Return a basic string of TOML (https://toml.io/en/v1.0.0#string)."""
    text = pattern.decode("utf-8", "replace")
    return '"' + _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + '"'


_SOME_EVIDENCE = 3
_SOME_LINES = 8
_SOME_LARGE = 3
_LARGE_SHARE = 10
"""An entry that saves this fraction of the slug is mentioned at the top."""
_LARGE_BYTES = 64 * 1024
"""Smaller ones are not."""
_MADE_ANEW = frozenset(["dependencies", "build-output", "caches"])
"""Categories of files that a build makes again."""
_TITLES = {
    Tier.SAFE: "Safe: --write adds these (savings add up; largest first)",
    Tier.CONDITIONAL: "Conditional: review these; --write --conditional adds them",
}
_WRITTEN_TITLES = {
    Tier.SAFE: "Safe: added to .slugignore (savings add up; largest first)",
    Tier.CONDITIONAL: "Conditional: added to .slugignore",
}
_GRADES = {
    Grade.IDLE: "only development files mention the file",
    Grade.GUARDED: "running code mentions the file, but works without it",
    Grade.BUILT: "only the build uses the file, and .slugignore is applied after it",
    Grade.READ: "the deploy uses the file, but you chose to leave it out",
}
_READ = "[read]: the deploy uses the file that mentions it. ← leads from that file back to what starts it."
_SAID_FOR_ALL = (EvidenceKind.UNREAD, EvidenceKind.VERIFIED)
"""The head of the report mentions these once."""


def report(
    advice: Advice, view: b.View, *, with_withheld: bool = False, is_written: bool = False, conditional: bool = False
) -> b.Report:
    """Return all entries; a brief report is the headline.

    ``is_written``: they are in ``.slugignore`` by now; the conditional ones only with ``conditional``.
    """
    if view.brief:
        return (_headline(advice),)
    written = advice.written(conditional=conditional) if is_written else ()
    return (
        *(b.Callout(text=note.message) for note in advice.notes if note.id == NO_SLUG),
        _headline(advice),
        b.Section(blocks=(parts.measured(advice.source, advice.dialect), *_facts(advice, written))),
        *_steps(advice, is_written=is_written, conditional=conditional),
        *_heaviest(advice),
        *_personal(advice, view),
        _entries(advice, view, Tier.SAFE, written),
        _entries(advice, view, Tier.CONDITIONAL, written),
        b.Section(blocks=tuple(_others(advice, view))),
        *(_failures(advice.verification, view) if advice.verification is not None else ()),
        *(_withheld(advice, view) if with_withheld else _withheld_lines(advice)),
        *_unsearched(advice, view),
        parts.notes([note for note in advice.notes if note.id != NO_SLUG], advice.unreadable, view),
    )


def _headline(advice: Advice) -> b.Headline:
    before = parts.weight(advice.before.compressed_bytes, advice.before.size_class)
    after = parts.weight(advice.after.compressed_bytes, advice.after.size_class)
    sizes = (*before, b.literal(" → "), *after) if advice.written() else before
    short = () if advice.complete else (b.marked("  (incomplete)", b.Look.YELLOW),)
    return b.Headline(text=(*sizes, *short))


def _facts(advice: Advice, written: Sequence[Suggestion]) -> Iterator[b.Block]:
    if advice.part:
        yield b.Paragraph(text=("Only ", b.path(advice.part + b"/"), " is searched; sizes are for the whole slug."))
    if not advice.suggestions:
        yield b.Paragraph(text="Nothing to suggest: everything else is needed, or already left out.")
    safe = advice.written()
    built = [entry for entry in advice.suggestions if not entry.files]
    more = len(advice.suggestions) - len(safe) - len(built)
    if written:
        after = advice.after_all if len(written) > len(safe) else advice.after
        added = f"Added {plural(len(written), 'entry', 'entries')} to .slugignore, to leave out"
        yield b.Paragraph(text=_saving(added, advice.before, after, advice))
    elif safe:
        count = plural(len(safe), "safe entry", "safe entries")
        yield b.Paragraph(text=_saving(f"{count} would leave out", advice.before, advice.after, advice))
    if more and len(written) <= len(safe):
        count = plural(more, "conditional entry", "conditional entries")
        yield b.Paragraph(text=_saving(f"{count} would leave out", advice.after, advice.after_all, advice))
    if built:
        count = plural(len(built), "conditional entry matches", "conditional entries match")
        yield b.Paragraph(text=f"{count} files that the build makes; they aren't in git.")
    if advice.suggestions:
        grades = {entry.grade for entry in advice.suggestions}
        means = "".join(f" [{each.value}]: {told}." for each, told in _GRADES.items() if each in grades)
        yield b.Paragraph(text=f"{_none_of(advice.searched_files)}.{means}")
    if advice.verification is not None:
        yield from _proof(advice, advice.verification)
    if advice.suggestions:
        yield b.Paragraph(text="Sizes are predictions for your code only; buildpacks add more.")


def _none_of(files: int) -> str:
    if not files:
        return "No file here says what a deploy starts"
    if files == 1:
        return "The one file that the deploy uses doesn't need these"
    return f"None of the {files:,} files that the deploy uses needs these"


def _saving(words: str, before: SlugSize, after: SlugSize, advice: Advice) -> str:
    saved = before.compressed_bytes - after.compressed_bytes
    of_slug = f" ({_percent(saved, advice)})" if saved > 0 else ""
    return f"{words} {plural(before.files - after.files, 'file')} and save {size(max(saved, 0))}{of_slug}."


def _percent(part_bytes: int, advice: Advice) -> str:
    return share(part_bytes, advice.before.compressed_bytes)


def _proof(advice: Advice, verification: Verification) -> Iterator[b.Block]:
    """Yield what the user's command proved, and what it did not."""
    if not advice.suggestions:
        return
    runs = plural(verification.runs, "run")
    entries = len(advice.suggestions)
    it = "the entry below" if entries == 1 else f"all {entries:,} entries below together"
    command = b.path(os.fsencode(verification.command), shortens=True)
    yield b.Paragraph(text=(f"Verified in {runs}: this command passes without {it}: ", command))
    rest = "anything that the command doesn't exercise, such as other pages, tasks and config vars"
    if verification.unverified:
        rest += f"; and {plural(len(verification.unverified), 'entry', 'entries')} that no run was left for"
    yield b.Paragraph(text=f"Not verified: {rest}.")


def _heaviest(advice: Advice) -> Iterator[b.Block]:
    """Yield what is a large part of the slug and should not be in git at all, then what stays of that size."""
    least = max(advice.before.compressed_bytes // _LARGE_SHARE, _LARGE_BYTES)
    for entry in advice.suggestions:
        committed = next((item for item in entry.evidence if item.kind is EvidenceKind.COMMITTED), None)
        if committed is not None and entry.category in _MADE_ANEW and entry.saves_compressed_bytes >= least:
            name = entry.pattern.removeprefix(b"/")
            command = f"git rm -r --cached {quoted(name)}"
            of_slug = _percent(entry.saves_compressed_bytes, advice)
            why = _sentence(entry.reason).removesuffix(".")
            yield b.Callout(text=(b.path(name + b"/"), f" is {of_slug} of the slug. {b.safe(why)}: {b.safe(command)}"))
    for kept in _large(advice):
        yield b.Paragraph(text=_kept(kept, advice), depth=0, keeps_names=True)


def _large(advice: Advice) -> Sequence[Withheld]:
    """Return the candidates that stay and are a large part of what is left, which the report names."""
    least = max(advice.after_all.compressed_bytes // _LARGE_SHARE, _LARGE_BYTES)
    large = [kept for kept in advice.withheld if kept.path and kept.compressed_bytes >= least]
    return [kept for kept in large if kept.pattern is None][:_SOME_LARGE]


def _kept(kept: Withheld, advice: Advice) -> b.Inline:
    """Return why something large stays, and how to overrule it."""
    place = b"/" + kept.path
    what = "" if kept.is_whole else f"{plural(len(kept.files), 'file')} in "
    head = (
        f"Kept {what}",
        b.path(place),
        f" ({size(kept.compressed_bytes)} of {size(advice.before.compressed_bytes)})",
    )
    why = kept.evidence[0] if kept.evidence else None
    if why is None:
        reason: b.Inline = ", because something may need it"
    elif why.kind is EvidenceKind.OVERRULED:
        return *head, f": {b.safe(why.text)}."
    elif why.kind is EvidenceKind.READER and why.path is not None:
        told, _, chain = why.text.partition(" (← ")
        links = chain.removesuffix(")").split(" ← ")[-2:]
        way = f" ({'← ' if len(links) > 1 else ''}{b.safe(' ← '.join(links))})" if chain else ""
        line = f":{why.line}" if why.line is not None else ""
        is_doubtful = kept.is_whole and not kept.is_deployed
        overrules = ("; --include ", b.path(place), " overrules.") if is_doubtful else (".",)
        because = (b.path(why.path), f"{line}{way} {b.safe(told)}")
        return *head, ": ", *because, *overrules
    else:
        reason = (
            (": ", *b.spans(_told(why))) if why.path is not None else f", because {b.safe(_of_some(why.text, kept))}"
        )
    return *head, *b.spans(reason), "."


def _of_some(text: str, kept: Withheld) -> str:
    """Return why something stays, said of several files where it is about several."""
    are_several = not kept.is_whole and len(kept.files) > 1
    return f"they are {text.removeprefix('it is ')}" if are_several and text.startswith("it is ") else text


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
    head = f"Personal data may be in git: {plural(len(files), 'dump, log or backup', 'dumps, logs or backups')} ("
    advice_ = (
        f"{more}, {size(advice.personal.size_bytes)}). git rm {them}: .slugignore only keeps {them} out of the slug. "
        "The history and every clone still have what was committed; git filter-repo rewrites the history."
    )
    yield b.Callout(text=(head, *listed, advice_), look=b.Look.RED)


def _entries(advice: Advice, view: b.View, tier: Tier, written: Sequence[Suggestion]) -> b.Section:
    """Return a row for each entry of a tier, why below it."""
    shown = [entry for entry in advice.suggestions if entry.tier is tier]
    if not shown:
        return b.Section(blocks=())
    pattern = b.Column(holds=b.Holds.COPIED, title="pattern")
    columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), pattern)
    if view.full:
        shown = in_order(shown)  # as they stand in the file
    rows = tuple(_entry(entry, view) for entry in shown)
    is_added = any(entry.tier is tier for entry in written)
    title = (_WRITTEN_TITLES if is_added else _TITLES)[tier]
    title = title.replace("largest first", "in file order") if view.full else title
    return b.Section(title=title, blocks=(b.Table(columns=columns, rows=rows, below="why"),))


def _entry(entry: Suggestion, view: b.View) -> b.Row:
    why = b.Paragraph(text=b.safe(_sentence(entry.reason)), depth=3)
    sizes = (size(max(entry.saves_compressed_bytes, 0)), size(entry.size_bytes), f"{len(entry.files):,}")
    return b.row(
        *(sizes if entry.files else ("?", "?", "?")),
        b.path(entry.pattern),
        look=None if entry.tier is Tier.SAFE else b.Look.YELLOW,
        below=(why, *_evidence(entry.evidence, view, entry.grade)),
    )


def _others(advice: Advice, view: b.View) -> Iterator[b.Block]:
    """Yield what is no line of ``.slugignore``: unused assets in one finding, and how many entries are too small."""
    assets = advice.assets
    if assets.files:
        count = plural(len(assets.files), "unused asset")
        them = "it" if len(assets.files) == 1 else "them"
        yield b.Line(text=f"{count}, {size(assets.compressed_bytes)}: git rm {them}", depth=0)
        yield b.Paragraph(text="Images, icons and fonts that no deployed file refers to.")
        shown = view.some(assets.files, _SOME_LARGE)
        yield b.Items(items=tuple(b.path(file.path) for file in shown))
        yield from view.more(len(assets.files) - len(shown), "more (-v lists them)", depth=2)
    small = advice.small
    if assets.files and small.entries:
        yield b.Line(text="", depth=0)
    if small.entries:
        count = plural(small.entries, "more entry saves", "more entries save")
        each = "" if small.entries == 1 else " each"
        text = f"{count} less than {size(small.min_saving_bytes)}{each} (--min-saving 0 shows "
        yield b.Paragraph(text=text + ("it)." if small.entries == 1 else "them)."), depth=0)


def _evidence(evidence: Sequence[Evidence], view: b.View, grade: Grade) -> Iterator[b.Block]:
    """Yield the evidence, a line each; the first reference has the grade behind it."""
    evidence = [item for item in evidence if item.kind not in _SAID_FOR_ALL]
    graded = next((item for item in evidence if item.kind is EvidenceKind.READER), None)
    shown = view.some(evidence, _SOME_EVIDENCE)
    for item in shown:
        if item.path is None:
            yield b.Paragraph(text=_told(item), depth=3)
        else:
            told = b.spans(_told(item))
            is_tagged = item is graded and grade is not Grade.UNREACHED
            text: b.Inline = (*told, f" [{grade.value}]") if is_tagged else told
            yield b.Paragraph(text=text, depth=3, keeps_names=True)
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
    together = "" if len(failure.patterns) == 1 else ", but only when all of these are missing"
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
        them = "it" if len(withheld) == 1 else "them"
        large = len(_large(advice))
        which = "one" if large == 1 else f"{large:,}"
        above = f", including the {which} above" if large and large < len(withheld) else ""
        text = f"Kept {count} ({together}) that something may need{above} (--all shows {them})."
        yield b.Paragraph(text=text, depth=0)


def _withheld(advice: Advice, view: b.View) -> Iterator[b.Block]:
    """Yield a row for each candidate that stays, and who needs it."""
    if not advice.withheld:
        return
    columns = (b.figures("compressed"), b.figures("raw"), b.figures("files"), b.names("what"))
    rows = tuple(
        b.row(
            *(size(candidate.compressed_bytes), size(candidate.size_bytes), f"{len(candidate.files):,}"),
            _place(candidate),
            below=tuple(_evidence(candidate.evidence, view, candidate.grade)),
        )
        for candidate in advice.withheld
    )
    table = b.Table(columns=columns, rows=rows, below="who needs it")
    used = any(candidate.grade is Grade.READ for candidate in advice.withheld)
    legend = (b.Paragraph(text=_READ),) if used else ()
    yield b.Section(title="Kept because something may need it", blocks=(table, *legend))


def _place(candidate: Withheld) -> b.Inline:
    if candidate.pattern is not None and not candidate.path:
        return b.name(quoted(candidate.pattern))
    if candidate.is_whole and candidate.path:
        return b.path(candidate.path)
    more = f" and {len(candidate.files) - 1:,} more" if len(candidate.files) > 1 else ""
    return b.path(candidate.files[0].path), more


def _unsearched(advice: Advice, view: b.View) -> Iterator[b.Block]:
    if advice.unsearched:
        count = plural(len(advice.unsearched), "file")
        text = f"{count} could not be searched: references may be hidden there"
        yield b.Section(blocks=(b.Callout(text=text), *parts.reasons(advice.unsearched, view)))


def _steps(advice: Advice, *, is_written: bool, conditional: bool) -> Iterator[b.Block]:
    if not advice.suggestions or any(note.id == NO_SLUG for note in advice.notes):
        return
    steps: list[b.Inline] = []
    with_conditional = " --conditional" if conditional or not advice.written() else ""
    diff, write = f"--diff{with_conditional}", f"--write{with_conditional}"
    if is_written:
        steps.append("Run git add .slugignore, and commit it: a push sends only commits.")
    elif advice.verification is not None:
        steps.append(f"Add {write} to verify again and add them to .slugignore.")
    elif advice.source.kind is SourceKind.COMMIT:
        steps.append(f"Run slugtrim suggest {diff} to see the lines. To add them, use {write} without --rev.")
    else:
        steps.append(f"Run slugtrim suggest {diff} to see the lines, then {write}, and commit .slugignore.")
    waiting = len(advice.suggestions) - len(advice.written(conditional=conditional))
    if waiting:
        review = "Review the conditional entries: a deploy may use them in ways that code analysis can't see."
        if advice.verification is None:
            review += " --verify 'COMMAND' tests them with your own build or smoke test."
        if advice.written():
            review += " --write --conditional adds them too."
        steps.append(review)
    yield b.Steps(steps=tuple(steps))
