"""The comparison for people: how much and why in the first lines, then where, largest change first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from slugtrim.diff.difference import Change, ChangedPlace, ChangeKind, Diff, GroupChange, RuleChange, Side, Sum
from slugtrim.files import SourceKind, quoted
from slugtrim.platforms import NO_SLUG
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.text import plural, seconds, signed, size, used_share

if TYPE_CHECKING:
    from slugtrim.builds.starts import StartChange  # which a check does without

_SOME = 10
_MOVES = 5
_FEW = 5
"""At most this many changed files are listed, however small the change is."""
_KIB = 1024
_TOLD_BYTES = 1 << 20
"""Packages that weigh so much more or less are part of the answer."""
_PARTS = 100
"""A smaller part of the change is left out of the sum."""
_MOSTLY = 0.8
_TENFOLD = 10
"""From this factor on, the change is not shown in per cent."""
_TAIL = re.compile(
    r"(?:[^./_-]++|\.(?![A-Za-z])|(?:\.[A-Za-z]++)++(?![/_-]|$))*+"
    r"((?:\.[A-Za-z]++)*+[/_-].*|(?:\.[A-Za-z]++)++$)",
    re.DOTALL,
)
"""Where the common end of two names may begin, as its group: not within a word or a version.

What comes before the group is skipped once, which takes linear time.
"""
_WORDS = {
    ChangeKind.ADDED: "added",
    ChangeKind.LET_IN: "let in",
    ChangeKind.REMOVED: "removed",
    ChangeKind.LEFT_OUT: "left out",
    ChangeKind.GREW: "grew",
    ChangeKind.SHRANK: "shrank",
    ChangeKind.CHANGED: "changed",
    ChangeKind.MOVED: "moved",
    ChangeKind.UNREAD: "not comparable",
}


def report(diff: Diff, view: b.View) -> b.Report:
    """Return the whole report; a brief one is the headline."""
    if view.brief:
        return (_headline(diff),)
    if _is_slight(diff) and not (view.is_page or view.full):
        changed = b.Line(text=f"{plural(len(diff.changes), 'file')} changed (-v lists them)", depth=1)
        return (
            *_no_slug(diff),
            _head(diff, view),
            _sides(diff, view),
            changed,
            _limits(diff, view),
            _notes(diff, view),
        )
    files, directories = _files(diff, view), _directories(diff, view)
    return (
        *_no_slug(diff),
        _head(diff, view),
        _sides(diff, view),
        _groups("Groups that changed most", "group", diff.groups, view),
        _groups("Packages that changed most", "package", diff.packages, view),
        parts.package_changes(diff.installs, view),
        *((files, directories) if view.is_page else (directories, files)),
        _rules(diff, view),
        _moved(diff, view),
        _limits(diff, view),
        _notes(diff, view),
    )


def _is_slight(diff: Diff) -> bool:
    """Return True if many files changed, and all changes together are below 1K."""
    sizes = (abs(change.grown_bytes) + abs(change.grown_size_bytes) for change in diff.changes)
    return len(diff.changes) > _FEW and not diff.rules and diff.installs is None and sum(sizes) < _KIB


def _no_slug(diff: Diff) -> Iterator[b.Block]:
    """Yield what makes the platform build an image of the later side, or else of the earlier one."""
    for side in (diff.after, diff.before):
        for note in side.notes:
            if note.id == NO_SLUG:
                yield b.Callout(
                    text=f"{b.safe(side.name)} makes no slug: {note.message}. The sizes below assume a slug build."
                )
                return


def _headline(diff: Diff) -> b.Headline:
    grown = diff.grown_bytes + (diff.installs.compressed_bytes if diff.installs is not None else 0)
    look = [b.Look.RED] if grown > 0 else [b.Look.GREEN] if grown < 0 else []
    return b.Headline(text=_answer(diff), looks=(b.Look.BOLD, *look))


def _head(diff: Diff, view: b.View) -> b.Section:
    why = [b.Paragraph(text=(*_why(diff), *([b.literal(".")] if view.is_page else [])), keeps_names=True)]
    why = why if diff.reasons else []
    return b.Section(blocks=(_headline(diff), *why, b.Paragraph(text=view.sentence(_counts(diff)))))


def _sides(diff: Diff, view: b.View) -> b.Section:
    sides: b.Block = b.Items(items=(f"from  {_side_words(diff.before)}", f"to    {_side_words(diff.after)}"), depth=1)
    if view.is_page:
        sizes = (b.figures("files"), b.figures("raw"), b.figures("compressed"))
        rows = (_side("before", diff.before), _side("after", diff.after))
        sides = b.table(b.words(), b.names("slug"), b.words("class"), *sizes, rows=rows)
    starts = tuple(b.Line(text=_start_words(each), depth=1) for each in diff.starts)
    return b.Section(blocks=(sides, *starts, *_builds(diff), b.Paragraph(text=" ".join(_basis(diff)))))


def _builds(diff: Diff) -> Iterator[b.Block]:
    if diff.builds is not None:
        from slugtrim.reports.builds_report import build_change_words  # which commits that were not built do without

        yield b.Paragraph(text=build_change_words(diff.builds))


def _start_words(change: StartChange) -> str:
    """Return how long a process takes to start on both sides."""
    times = " → ".join(seconds(each.median_seconds) for each in (change.before, change.after))
    return f"{b.safe(change.process)} starts in {times} (medians of {change.before.count} and {change.after.count})"


def _side(word: str, side: Side) -> b.Row:
    rev = (side.source.rev or "")[:10]
    # The id is bare, so that the platform turns it into a link.
    named: b.Inline = b.name(b.safe(side.name))
    if rev:
        named = rev if _side_is_its_id(side) else (f"{rev} ", b.name(b.safe(side.name)))
    figures = (f"{side.total.files:,}", size(side.total.size_bytes), size(side.headline_bytes))
    return b.row(word, named, side.size_class.value, *figures)


def _groups(title: str, what: str, changes: Sequence[GroupChange], view: b.View) -> b.Section:
    columns = (b.names(what), b.figures("before"), b.figures("now", page="after"))
    table = b.table(*columns, b.figures("change"), b.figures("files"), screen=(3, 2, 4, 0))
    more = _together([each.grown_bytes for each in changes], view)
    return b.Section(
        title=title,
        summary=f"{plural(len(changes), what)} changed",
        is_open=True,
        blocks=view.ranking(changes, _group_row, table, _SOME, more),
    )


def _group_row(change: GroupChange) -> b.Row:
    return b.row(
        b.name(_package_words(change)) if change.package else b.safe(change.group),
        size(change.before_bytes) if change.before.files else "new",
        size(change.after_bytes) if change.after.files else "gone",
        _change_in(change.grown_bytes),
        _more_files(change),
    )


def _together(grown: Sequence[int], view: b.View) -> str:
    """Return the end of the line for those that are not shown, of which each has one of these changes in size."""
    return f"more, {signed(sum(grown[len(view.some(grown, _SOME)) :]))} together (-v shows all)"


def _files(diff: Diff, view: b.View) -> b.Section:
    changes = [change for change in diff.changes if change.kind is not ChangeKind.MOVED]
    columns = (b.names("file"), b.words("what"), b.figures("raw"), b.figures("change", page="compressed"))
    more = _together([each.grown_bytes for each in changes], view)
    return b.Section(
        title="Files that changed most",
        summary=f"{plural(len(changes), 'file')} changed",
        is_open=not diff.packages,
        blocks=view.ranking(changes, _file_row, b.table(*columns, screen=(3, 2, 1, 0)), _SOME, more),
    )


def _file_row(change: Change) -> b.Row:
    sizes = (_change_in(change.grown_size_bytes), _change_in(change.grown_bytes))
    return b.row(b.name(_file_name(change)), _WORDS[change.kind], *sizes)


def _directories(diff: Diff, view: b.View) -> b.Section:
    places = diff.directories if view.is_page or view.full else _telling(diff.directories)
    columns = (b.names("directory"), b.figures("files"), b.figures("raw"), b.figures("change", page="compressed"))
    return b.Section(
        title="Directories that changed most",
        summary=f"{plural(len(places), 'directory', 'directories')} with changes",
        blocks=view.ranking(places, _directory_row, b.table(*columns, screen=(3, 2, 1, 0)), _SOME),
    )


def _directory_row(place: ChangedPlace) -> b.Row:
    total = place.sum
    sizes = (_change_in(total.grown_size_bytes), _change_in(total.grown_bytes))
    return b.row(b.path(place.path), f"{total.files:,}", *sizes)


def _telling(places: Sequence[ChangedPlace]) -> list[ChangedPlace]:
    """Return the directories that grew or shrank, without a parent and its child both."""
    kept = parts.without_repeats({place.path[:-1]: abs(place.sum.grown_bytes) for place in places})
    return [place for place in places if place.path[:-1] in kept and place.sum.grown_bytes]


def _rules(diff: Diff, view: b.View) -> b.Section:
    columns = (b.names("rule of .slugignore", title="rule"), b.words("what"), b.figures("files"))
    table = b.table(*columns, b.figures("change", page="compressed"), screen=(3, 2, 1, 0))
    more = _together([each.sum.grown_bytes for each in diff.rules], view)
    blocks = view.ranking(diff.rules, _rule_row, table, _SOME, more)
    title = "Files that .slugignore newly leaves out or lets in"
    return b.Section(title=title, summary=title, blocks=blocks)


def _rule_row(change: RuleChange) -> b.Row:
    name = "the slug compiler (.git, .DS_Store, tmp/)"
    if change.rule is not None:
        name = f"{quoted(change.rule.text)} (line {change.rule.line})"
    (kind,) = change.sum.kinds
    return b.row(b.name(name), _WORDS[kind], f"{change.sum.files:,}", _change_in(change.sum.grown_bytes))


def _moved(diff: Diff, view: b.View) -> b.Section:
    moved = _moves(diff.changes)
    shown = view.some(moved, _MOVES)
    names = [b.name(renamed(was, now)) for was, now, _ in shown]
    counts = [count for *_, count in moved]
    blocks: tuple[b.Block, ...] = ()
    if view.is_page and moved:
        rows = [b.row(f"{count:,}", name) for count, name in zip(counts, names, strict=False)]
        table = b.table(b.figures("files"), b.names("moved with the same content"), rows=rows)
        blocks = (table, *view.more(len(moved) - len(shown)))
    elif moved:
        items = tuple((f"{plural(count, 'file')}  ", name) for count, name in zip(counts, names, strict=False))
        left = sum(counts[len(shown) :])
        more = view.more(left, f"{'file' if left == 1 else 'files'} more (-v shows all)")
        blocks = (b.Items(items=items, depth=1), *more)
    summary = f"{plural(sum(counts), 'file')} moved"
    return b.Section(title="Moved, with the same content", summary=summary, blocks=blocks)


def _limits(diff: Diff, view: b.View) -> b.Section:
    """Return the limits with their use on both sides, if any is at least half used or ``view`` is full."""
    if not (view.full or view.is_page or any(map(parts.is_near, (*diff.before.limits, *diff.after.limits)))):
        return b.Section(blocks=())
    before = {use.limit.id: use for use in diff.before.limits}
    rows = []
    for use in diff.after.limits:
        was = before.get(use.limit.id)
        shares = [b.literal(used_share(each) if each is not None else "") for each in (was, use)]
        what, effect = parts.limit_words(use)
        words = f"{what}: {effect}" if view.is_page else f"{what}, {effect} ({use.limit.date})"
        mark = b.marked(use.status.value, parts.STATUS_LOOKS[use.status])
        rows.append(b.row(mark, *shares, size(use.limit.limit_bytes), words, use.limit.date))
    columns = (b.MARKS, b.figures("before"), b.figures("after"), b.figures("of"), b.words(page="limit"))
    table = b.table(*columns, b.words(page="date of the source"), rows=rows, screen=(0, 1, 2, 3, 4))
    return b.Section(title="Platform limits (date of the source)", summary="Platform limits", blocks=(table,))


def _notes(diff: Diff, view: b.View) -> b.Section:
    """Return what could not be read, and on a screen the notes."""
    before, after = diff.before, diff.after
    if not view.is_page:
        told = tuple(note for note in dict.fromkeys((*before.notes, *after.notes)) if note.id != NO_SLUG)
        return parts.notes(told, tuple(dict.fromkeys((*before.unreadable, *after.unreadable))), view)
    rows = [
        b.row(word, b.path(gone.path), gone.reason)
        for word, side in (("before", before), ("after", after))
        for gone in side.unreadable
    ]
    return b.Section(
        summary=f"{plural(len(rows), 'path')} could not be read",
        is_open=True,
        blocks=view.ranking(rows, lambda row: row, b.table(b.words(), b.names("path"), b.words("why")), on_screen=0),
    )


def _answer(diff: Diff) -> str:
    """Return by how much the slug grew, and from what to what."""
    before, after = diff.before, diff.after
    sizes = [f"{size(side.headline_bytes)} {side.size_class.value}" for side in (before, after)]
    short = "" if diff.complete else " (not everything could be read)"
    if not diff.grown_bytes:
        what = "No change in size" if diff.changes else "No file differs"
        return f"{what}: {sizes[1]}{short}{_installs(diff)}"
    share = diff.grown_bytes / before.headline_bytes if before.headline_bytes else _TENFOLD
    percent = f" ({parts.change_percent(share)})" if share < _TENFOLD else ""
    return f"{signed(diff.grown_bytes)}{percent}: {' → '.join(sizes)}{short}{_installs(diff)}"


def _installs(diff: Diff) -> str:
    """Return what other lock files bring, to stand behind the answer; empty if that is little."""
    if diff.installs is None or abs(diff.installs.compressed_bytes) < _TOLD_BYTES:
        return ""
    return f"; packages ≈ {signed(diff.installs.compressed_bytes)}"


def _why(diff: Diff) -> Iterator[str | b.Span]:
    """Yield where most of the difference is, as one sentence; nothing if no place grew or shrank."""
    if len(diff.reasons) == 1 and diff.reasons[0].sum.files != len(diff.changes):
        is_most = diff.reasons[0].sum.grown_bytes / (diff.grown_bytes or 1) >= _MOSTLY
        yield "Mostly " if is_most else ""
    for number, place in enumerate(diff.reasons):
        yield ", " if number else ""
        grown = signed(place.sum.grown_bytes)
        if place.package is None:
            yield b.path(place.path, shortens=True)
            yield f" {grown} ({_kinds(place.sum)})"
        else:
            group, package, _ = place.package
            change = next(change for change in diff.packages if (change.group, change.package) == (group, package))
            yield b.name(_package_words(change), shortens=True)
            yield f" {grown}"


def _kinds(total: Sum) -> str:
    """Return how many files of each kind; of many kinds, how many in all."""
    if len(total.kinds) > 2:
        return plural(total.files, "file")
    return ", ".join(f"{count:,} {_WORDS[kind]}" for kind, count in total.kinds.items())


def _file_name(change: Change) -> str:
    """Return where the file is, and where it was if that is another place."""
    if change.before is None or change.before.path == change.path:
        return quoted(change.path)
    return renamed(change.before.path, change.path)


def renamed(was: bytes, now: bytes) -> str:
    """Return two names as one, with braces around what is different: ``vendor/rails-{7.0.1 → 7.0.2}/a.rb``."""
    old, new = quoted(was), quoted(now)
    if old.startswith('"') or new.startswith('"') or b"./" in (was, now):
        return f"{old} → {new}"
    start = _in_common(old, new)
    start = max(map(old[:start].rfind, "/_-")) + 1
    end = _in_common(old[start:][::-1], new[start:][::-1])
    tail = _TAIL.match(old[len(old) - end :])
    end = len(tail[1]) if tail is not None else 0
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    begins_together = start or old[len(old) - end :].startswith("/")
    if not begins_together or not left or not right:
        return f"{old} → {new}"
    return f"{old[:start]}{{{left} → {right}}}{old[len(old) - end :]}"


def _counts(diff: Diff) -> str:
    """Return every kind with its sum, and what is unchanged."""
    said = []
    for kind, total in diff.sums.items():
        weight = f" {signed(total.grown_bytes)}" if total.grown_bytes and kind is not ChangeKind.MOVED else ""
        said.append(f"{total.files:,} {_WORDS[kind]}{weight}")
    is_part = abs(diff.rest_bytes) >= _KIB or abs(diff.rest_bytes) * _PARTS > abs(diff.grown_bytes)
    rest = f" ({signed(diff.rest_bytes)}, from compression with other files)" if is_part and diff.rest_bytes else ""
    same = f"{plural(diff.unchanged.files, 'file')} unchanged{rest}"
    return f"{', '.join(said)}; {same}" if said else same


def _in_common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at the beginning."""
    both = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(both) if left != right), min(len(one), len(other)))


def _side_is_its_id(side: Side) -> bool:
    """Return True if a commit was named by its id."""
    return side.source.rev is not None and side.source.rev.startswith(side.name)


def _side_words(side: Side) -> str:
    """Return what a side is."""
    rev = (side.source.rev or "")[:10]
    files = f"{plural(side.total.files, 'file')}, {size(side.total.size_bytes)} raw"
    match side.source.kind:
        case SourceKind.COMMIT:
            named = "" if _side_is_its_id(side) else f" ({b.safe(side.name)})"
            return f"commit {rev}{named}, {files}"
        case SourceKind.WORKTREE:
            return f"tracked files of {quoted(side.source.path)}, {files}"
        case SourceKind.DIRECTORY:
            return f"directory {b.safe(side.name)}, {files}"
        case _:
            return f"slug {b.safe(side.name)}, {files}"


def _basis(diff: Diff) -> Iterator[str]:
    """Yield what the sizes are, sentence by sentence."""
    compiled = [side.includes_buildpacks for side in (diff.before, diff.after)]
    if all(compiled):
        both = [side.estimated for side in (diff.before, diff.after)]
        yield "Compressed sizes of compiled slugs" + (", those of an unpacked one predicted." if any(both) else ".")
    elif any(compiled):
        yield "The commit is your code before buildpacks, with a predicted size; the slug is a finished build."
    elif diff.after.compiled is not None:
        yield f"{parts.compiled_sentence(diff.after.compiled, diff.after.compressed_bytes)}."
    elif diff.after.prediction is not None:
        yield "Your code, compressed (predicted)."
        shown = [
            parts.predicted_words(each.prediction.compiled(each.compressed_bytes), each.prediction)
            for each in (diff.before, diff.after)
            if each.prediction is not None
        ]
        yield f"With buildpacks: {' → '.join(dict.fromkeys(shown))}, predicted."
        if diff.installs is not None and (diff.installs.compressed_bytes or diff.installs.raw_bytes):
            yield from parts.growth_sentences(diff.installs)
    else:
        yield "Your code, compressed (predicted). Buildpacks add more."
    if diff.by_size:
        files = plural(diff.by_size, "file")
        yield f"{files} compared by size only: the two sides identify contents differently."


def _change_in(grown_bytes: int) -> str:
    """Return a change in size, or 0."""
    return signed(grown_bytes) if grown_bytes else "0"


def _more_files(change: GroupChange) -> str:
    """Return how many files more or less."""
    more = change.after.files - change.before.files
    return f"{more:+,}" if more else "0"


def _package_words(change: GroupChange) -> str:
    """Return a package and what became of its versions."""
    package = b.safe(change.package)
    before, after = (b.safe(", ".join(versions)) for versions in (change.versions_before, change.versions_after))
    if not change.before.files:
        return f"{package} {after}".rstrip() + " (new)"
    if not change.after.files:
        return f"{package} {before}".rstrip() + " (gone)"
    if before and after and before != after:
        return f"{package} {before} → {after}"
    return f"{package} {after or before}".rstrip()


def _moves(changes: Sequence[Change]) -> list[tuple[bytes, bytes, int]]:
    """Return where files moved from and to, and how many, most first; of several the directories that changed."""
    moved: dict[tuple[bytes, bytes], list[tuple[bytes, bytes]]] = {}
    for change in changes:
        if change.kind is ChangeKind.MOVED and change.before is not None:
            ends = _without_common_end(change.before.path, change.path)
            moved.setdefault(ends, []).append((change.before.path, change.path))
    rows = [(*(paths[0] if len(paths) == 1 else ends), len(paths)) for ends, paths in moved.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _without_common_end(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    """Return two paths without the names that both end in; directories end in a slash, the root is ``./``."""
    left, right = one.split(b"/"), other.split(b"/")
    if left[-1] != right[-1]:
        return one, other
    while left and right and left[-1] == right[-1]:
        left.pop()
        right.pop()
    return b"/".join([*left, b""]) or b"./", b"/".join([*right, b""]) or b"./"
