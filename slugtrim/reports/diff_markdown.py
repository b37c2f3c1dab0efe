"""The comparison as Markdown: for a pull request, or the summary of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.diff.record import Diff, GroupChange, Kind, Side
from slugtrim.files import quoted
from slugtrim.reports.blocks import joined, safe
from slugtrim.reports.diff_words import (
    WORDS,
    basis,
    change_in,
    counts,
    file_name,
    headline,
    limit_rows,
    more_files,
    moves,
    package_words,
    renamed,
    rule_kind,
    rule_words,
    side_is_its_id,
    why,
)
from slugtrim.reports.markdown import code, details, table, text
from slugtrim.reports.style import plural, size

_MOST = 20
"""So many rows has a list; GitHub takes no comment of more than 65,536 characters."""


def render(diff: Diff) -> str:
    """The report; every line ends in a newline."""
    blocks = [
        _head(diff),
        _sides(diff),
        _groups("group", diff.groups),
        _groups("package", diff.packages),
        _files(diff),
        _directories(diff),
        _rules(diff),
        _moved(diff),
        _limits(diff),
        _unreadable(diff),
    ]
    return joined(blocks)


def _head(diff: Diff) -> Iterator[str]:
    yield f"### {text(headline(diff))}"
    yield ""
    if diff.reasons:
        yield f"{text(why(diff))}."
        yield ""
    yield f"{text(counts(diff))}."


def _sides(diff: Diff) -> Iterator[str]:
    rows = [_side(word, side) for word, side in (("before", diff.before), ("after", diff.after))]
    yield from table(["", "slug", "class", "files", "raw", "compressed"], rows, right=(3, 4, 5))
    yield ""
    yield text(" ".join(basis(diff)))


def _side(word: str, side: Side) -> list[str]:
    rev = (side.source.rev or "")[:10]
    # The id is bare, so that the platform makes a link of it.
    named = rev if side_is_its_id(side) else f"{rev} {code(safe(side.name))}".lstrip()
    total = side.total
    return [word, named, side.size_class.value, f"{total.files:,}", size(total.size_bytes), size(side.headline_bytes)]


def _groups(what: str, changes: Sequence[GroupChange]) -> Iterator[str]:
    if not changes:
        return
    rows = [
        [
            code(package_words(each)) if each.package else text(safe(each.group)),
            size(each.before_bytes) if each.before.files else "new",
            size(each.after_bytes) if each.after.files else "gone",
            change_in(each.grown_bytes),
            more_files(each),
        ]
        for each in changes[:_MOST]
    ]
    listed = table([what, "before", "after", "change", "files"], rows, right=(1, 2, 3, 4))
    yield from _folded(f"{plural(len(changes), what)} changed", list(listed), len(changes), is_open=True)


def _files(diff: Diff) -> Iterator[str]:
    changes = [change for change in diff.changes if change.kind is not Kind.MOVED]
    if not changes:
        return
    rows = [
        [
            code(file_name(change)),
            WORDS[change.kind],
            change_in(change.grown_size_bytes),
            change_in(change.grown_bytes),
        ]
        for change in changes[:_MOST]
    ]
    listed = table(["file", "what", "raw", "compressed"], rows, right=(2, 3))
    yield from _folded(f"{plural(len(changes), 'file')} changed", list(listed), len(changes), is_open=not diff.packages)


def _directories(diff: Diff) -> Iterator[str]:
    rows = [
        [
            code(quoted(place.path)),
            f"{place.sum.files:,}",
            change_in(place.sum.grown_size_bytes),
            change_in(place.sum.grown_bytes),
        ]
        for place in diff.directories[:_MOST]
    ]
    if rows:
        count = plural(len(diff.directories), "directory", "directories")
        listed = list(table(["directory", "files", "raw", "compressed"], rows, right=(1, 2, 3)))
        yield from _folded(f"{count} with changes", listed, len(diff.directories))


def _rules(diff: Diff) -> Iterator[str]:
    rows = [
        [code(rule_words(each)), WORDS[rule_kind(each)], f"{each.sum.files:,}", change_in(each.sum.grown_bytes)]
        for each in diff.rules[:_MOST]
    ]
    if rows:
        listed = list(table(["rule of .slugignore", "what", "files", "compressed"], rows, right=(2, 3)))
        yield from _folded("What .slugignore leaves out now, and what it let in again", listed, len(diff.rules))


def _moved(diff: Diff) -> Iterator[str]:
    moved = moves(diff.changes)
    rows = [[f"{count:,}", code(renamed(was, now))] for was, now, count in moved[:_MOST]]
    if rows:
        listed = list(table(["files", "moved with the same content"], rows, right=(0,)))
        yield from _folded(f"{plural(sum(count for *_, count in moved), 'file')} moved", listed, len(moved))


def _limits(diff: Diff) -> Iterator[str]:
    rows = [
        [use.status.value, before, after, size(use.limit.limit_bytes), text(f"{what}: {effect}"), use.limit.date]
        for use, before, after, what, effect in limit_rows(diff)
    ]
    listed = list(table(["", "before", "after", "of", "limit", "date of the source"], rows, right=(1, 2, 3)))
    yield from _folded("Platform limits", listed, len(rows))


def _unreadable(diff: Diff) -> Iterator[str]:
    gone = [("before", each) for each in diff.before.unreadable] + [("after", each) for each in diff.after.unreadable]
    rows = [[word, code(quoted(each.path)), text(each.reason)] for word, each in gone[:_MOST]]
    if rows:
        listed = list(table(["", "path", "why"], rows))
        yield from _folded(f"{plural(len(gone), 'path')} could not be read", listed, len(gone), is_open=True)


def _folded(summary: str, lines: Sequence[str], count: int, *, is_open: bool = False) -> Iterator[str]:
    more = ["", f"… and {count - _MOST:,} more."] if count > _MOST else []
    yield from details(summary, [*lines, *more], is_open=is_open)
