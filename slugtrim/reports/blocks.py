"""Parts that text reports share: what was measured, wrapped lines, what could not be read, notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from slugtrim.files import Note, Source, SourceKind, Unreadable, quoted
from slugtrim.reports.rules_text import SOME, some_paths
from slugtrim.reports.style import Style, cut, plural


def joined(blocks: Iterable[Iterable[str]]) -> str:
    """Blocks of lines, each line with its newline, and an empty line between blocks; those without lines are none."""
    return "\n".join("".join(line + "\n" for line in block) for block in map(list, blocks) if block)


def measured(source: Source, style: Style) -> str:
    """Which tree the report is about, in one line."""
    rev = (source.rev or "")[:10]
    match source.kind:
        case SourceKind.COMMIT:
            what = f"Commit {rev} of"
        case SourceKind.WORKTREE:
            what = f"Tracked files, at {rev}, of" if rev else "Tracked files, before a first commit, of"
        case SourceKind.ARCHIVE if source.path == b"-":
            return "Compiled slug from stdin"
        case SourceKind.ARCHIVE:
            what = "Compiled slug"
        case _:
            what = "All files of"
    return cut(f"{what} {quoted(source.path)}", style.width)


def safe(text: str) -> str:
    """What may quote a name, as a person may safely read it."""
    return text if text.isprintable() else quoted(text.encode("utf-8", "surrogateescape"))


def wrapped(text: str, style: Style, first: str = "  ", *, at_hyphens: bool = True) -> list[str]:
    """``text`` in lines that fit, each behind as many spaces as ``first`` is long.

    ``at_hyphens``: lines may end there, too; not where names stand in it that somebody may copy.
    """
    indent = " " * len(first)
    lines = textwrap.wrap(
        text, style.width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=at_hyphens
    )
    return [cut(line, style.width) for line in lines]  # wide characters take more columns than they count for


def reasons(gone: Sequence[Unreadable], style: Style) -> Iterator[str]:
    """The first few paths that could not be read, or all, each with its reason below it."""
    shown = gone if style.full else gone[:SOME]
    for each in shown:
        yield "    " + cut(quoted(each.path), style.width - 4)
        yield from wrapped(each.reason, style, first="      ")
    if len(shown) < len(gone):
        yield f"    … and {len(gone) - len(shown):,} more (-v shows all)"


def notes(all_notes: Sequence[Note], unreadable: Sequence[Unreadable], style: Style) -> Iterator[str]:
    """What a reader of the totals should know; nothing where there is nothing."""
    shown = [note for note in all_notes if note.id != "missing-submodule"]  # those are unreadable paths already
    if not shown and not unreadable:
        return
    yield style.paint("Notes", "bold")
    if unreadable:
        count = plural(len(unreadable), "path")
        yield style.paint(f"  {count} could not be read: the totals are too small", "yellow")
        yield from reasons(unreadable, style)
    for note in shown:
        about = f"{plural(len(note.paths), 'path')}: " if note.paths else ""
        yield from wrapped(f"{about}{note.message}", style)
        yield from some_paths(note.paths, style)
