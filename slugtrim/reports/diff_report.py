"""The comparison for people: by how much and why in the first lines, then where, the weightiest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slugtrim.diff.record import Change, Diff, GroupChange, Kind, Place, RuleChange, Side, Sum
from slugtrim.files import SourceKind, quoted
from slugtrim.reports.blocks import (
    Block,
    Headline,
    Holds,
    Inline,
    Items,
    Line,
    Look,
    Paragraph,
    Report,
    Row,
    Section,
    Table,
    View,
    column,
    literal,
    marked,
    name,
    path,
    row,
    safe,
)
from slugtrim.reports.parts import STATUS_LOOKS, compiled_sentence, limit_words, notes
from slugtrim.reports.style import cut, plural, signed, size, used_share

_SOME = 10
_MOVES = 5
_DOMINATED = 0.9
"""A directory in which one other holds so much of the change is left to that one."""
_RULES = "What .slugignore leaves out now, and what it let in again"
_KIB = 1024
_NAME_WIDTH = 50
"""Of a name in a sentence: with its number behind it, it should not fill more than a line."""
_MOSTLY = 0.8
_TENFOLD = 10
"""So much more is no matter of per cents."""
_TAIL = re.compile(r"(?:\.[A-Za-z]+)*[/_-].*|(?:\.[A-Za-z]+)+$", re.DOTALL)
"""Where the end that two names have in common may begin: not within a word or a version."""
_WORDS = {
    Kind.ADDED: "added",
    Kind.LET_IN: "let in",
    Kind.REMOVED: "removed",
    Kind.LEFT_OUT: "left out",
    Kind.GREW: "grew",
    Kind.SHRANK: "shrank",
    Kind.CHANGED: "changed",
    Kind.MOVED: "moved",
    Kind.UNREAD: "not comparable",
}


def report(diff: Diff, view: View) -> Report:
    """Return all that there is to say; a brief report is the headline."""
    if view.brief:
        return (_headline(diff),)
    files, directories = tuple(_files(diff, view)), tuple(_directories(diff, view))
    return (
        *_head(diff, view),
        *_groups("Groups that changed most", "group", diff.groups, view),
        *_groups("Packages that changed most", "package", diff.packages, view),
        *(files + directories if view.is_page else directories + files),
        *_rules(diff, view),
        *_moved(diff, view),
        _limits(diff, view),
        *(_unreadable if view.is_page else _notes)(diff, view),
    )


def _headline(diff: Diff) -> Headline:
    look = [Look.RED] if diff.grown_bytes > 0 else [Look.GREEN] if diff.grown_bytes < 0 else []
    return Headline(text=_answer(diff), looks=(Look.BOLD, *look))


def _head(diff: Diff, view: View) -> Iterator[Block]:
    answer: list[Block] = [_headline(diff)]
    if diff.reasons:
        answer.append(Paragraph(text=view.sentence(_why(diff)), keeps_names=True))
    answer.append(Paragraph(text=view.sentence(_counts(diff))))
    yield Section(blocks=tuple(answer))
    sides: Block = Items(items=(f"from  {_side_words(diff.before)}", f"to    {_side_words(diff.after)}"), depth=1)
    if view.is_page:
        titles = (column(holds=Holds.WORDS), column("slug", holds=Holds.NAMES), column("class", holds=Holds.WORDS))
        sides = Table(
            columns=(*titles, column("files"), column("raw"), column("compressed")),
            rows=(_side("before", diff.before), _side("after", diff.after)),
        )
    yield Section(blocks=(sides, Paragraph(text=" ".join(_basis(diff)))))


def _side(word: str, side: Side) -> Row:
    rev = (side.source.rev or "")[:10]
    # The id is bare, so that the platform makes a link of it.
    named: Inline = name(safe(side.name))
    if rev:
        named = rev if _side_is_its_id(side) else (f"{rev} ", name(safe(side.name)))
    total = side.total
    figures = (f"{total.files:,}", size(total.size_bytes), size(side.headline_bytes))
    return row(word, named, side.size_class.value, *figures)


def _rest(view: View, count: int, grown_bytes: int) -> Sequence[Block]:
    return view.more(count, f"more, {signed(grown_bytes)} together (-v shows all)")


def _groups(title: str, what: str, changes: Sequence[GroupChange], view: View) -> Iterator[Block]:
    if not changes:
        return
    shown = view.some(changes, _SOME)
    rows = [
        row(
            name(_package_words(each)) if each.package else safe(each.group),
            size(each.before_bytes) if each.before.files else "new",
            size(each.after_bytes) if each.after.files else "gone",
            _change_in(each.grown_bytes),
            _more_files(each),
        )
        for each in shown
    ]
    columns = (
        column(page=what, holds=Holds.NAMES),
        column("before"),
        column("now", page="after"),
        column("change"),
        column("files"),
    )
    yield Section(
        title=title,
        summary=f"{plural(len(changes), what)} changed",
        is_open=True,
        blocks=(
            Table(columns=columns, rows=tuple(rows), screen=(3, 2, 4, 0)),
            *_rest(view, len(changes) - len(shown), sum(each.grown_bytes for each in changes[len(shown) :])),
        ),
    )


def _files(diff: Diff, view: View) -> Iterator[Block]:
    changes = [change for change in diff.changes if change.kind is not Kind.MOVED]
    if not changes:
        return
    shown = view.some(changes, _SOME)
    rows = [
        row(name(_file_name(each)), _WORDS[each.kind], _change_in(each.grown_size_bytes), _change(each))
        for each in shown
    ]
    columns = (
        column(page="file", holds=Holds.NAMES),
        column("what", holds=Holds.WORDS),
        column("raw"),
        column("change", page="compressed"),
    )
    yield Section(
        title="Files that changed most",
        summary=f"{plural(len(changes), 'file')} changed",
        is_open=not diff.packages,
        blocks=(
            Table(columns=columns, rows=tuple(rows), screen=(3, 2, 1, 0)),
            *_rest(view, len(changes) - len(shown), sum(each.grown_bytes for each in changes[len(shown) :])),
        ),
    )


def _change(change: Change | Sum) -> str:
    return _change_in(change.grown_bytes)


def _directories(diff: Diff, view: View) -> Iterator[Block]:
    places = diff.directories if view.is_page or view.full else _telling(diff.directories)
    shown = view.some(places, _SOME)
    if not shown:
        return
    rows = [
        row(path(each.path), f"{each.sum.files:,}", _change_in(each.sum.grown_size_bytes), _change(each.sum))
        for each in shown
    ]
    columns = (
        column(page="directory", holds=Holds.NAMES),
        column("files"),
        column("raw"),
        column("change", page="compressed"),
    )
    yield Section(
        title="Directories that changed most",
        summary=f"{plural(len(places), 'directory', 'directories')} with changes",
        blocks=(
            Table(columns=columns, rows=tuple(rows), screen=(3, 2, 1, 0)),
            *view.more(len(places) - len(shown)),
        ),
    )


def _telling(places: Sequence[Place]) -> list[Place]:
    """Leave out those in which nothing weighs more or less, and those that say no more than one below them."""
    by_path = {place.path: place for place in places}
    dominated = set()
    for place in places:
        above = by_path.get(place.path[:-1].rpartition(b"/")[0] + b"/")
        if above is not None and abs(place.sum.grown_bytes) >= _DOMINATED * abs(above.sum.grown_bytes):
            dominated.add(above.path)
    return [place for place in places if place.path not in dominated and place.sum.grown_bytes]


def _rules(diff: Diff, view: View) -> Iterator[Block]:
    if not diff.rules:
        return
    shown = view.some(diff.rules, _SOME)
    rows = [
        row(name(_rule_words(each)), _WORDS[_rule_kind(each)], f"{each.sum.files:,}", _change(each.sum))
        for each in shown
    ]
    columns = (
        column("rule", page="rule of .slugignore", holds=Holds.NAMES),
        column("what", holds=Holds.WORDS),
        column("files"),
        column("change", page="compressed"),
    )
    yield Section(
        title=_RULES,
        summary=_RULES,
        blocks=(
            Table(columns=columns, rows=tuple(rows), screen=(3, 2, 1, 0)),
            *_rest(view, len(diff.rules) - len(shown), sum(each.sum.grown_bytes for each in diff.rules[len(shown) :])),
        ),
    )


def _moved(diff: Diff, view: View) -> Iterator[Block]:
    moved = _moves(diff.changes)
    if not moved:
        return
    shown, rest = view.some(moved, _MOVES), moved[len(view.some(moved, _MOVES)) :]
    if view.is_page:
        rows = tuple(row(f"{count:,}", name(renamed(was, now))) for was, now, count in shown)
        columns = (column("files"), column("moved with the same content", holds=Holds.NAMES))
        blocks: tuple[Block, ...] = (Table(columns=columns, rows=rows), *view.more(len(rest)))
    else:
        items = tuple((f"{plural(count, 'file')}  ", name(renamed(was, now))) for was, now, count in shown)
        left = f"… and {plural(sum(row[2] for row in rest), 'file')} more (-v shows all)"
        blocks = (Items(items=items, depth=1), *((Line(text=left),) if rest else ()))
    summary = f"{plural(sum(row[2] for row in moved), 'file')} moved"
    yield Section(title="Moved, with the same content", summary=summary, blocks=blocks)


def _limits(diff: Diff, view: View) -> Section:
    """Return those of the later side, with how much of each the earlier one used."""
    before = {use.limit.id: use for use in diff.before.limits}
    rows = []
    for use in diff.after.limits:
        was = before.get(use.limit.id)
        shares = [literal(used_share(each) if each is not None else "") for each in (was, use)]
        what, effect = limit_words(use)
        words = f"{what}: {effect}" if view.is_page else f"{what}, {effect} ({use.limit.date})"
        mark = marked(use.status.value, STATUS_LOOKS[use.status])
        rows.append(row(mark, *shares, size(use.limit.limit_bytes), words, use.limit.date))
    columns = (
        column(holds=Holds.MARKS),
        column("before"),
        column("after"),
        column("of"),
        column(page="limit", holds=Holds.WORDS),
        column(page="date of the source", holds=Holds.WORDS),
    )
    return Section(
        title="Platform limits (date of the source)",
        summary="Platform limits",
        blocks=(Table(columns=columns, rows=tuple(rows), screen=(0, 1, 2, 3, 4)),),
    )


def _notes(diff: Diff, view: View) -> Iterator[Block]:
    told = tuple(dict.fromkeys((*diff.before.notes, *diff.after.notes)))
    unreadable = tuple(dict.fromkeys((*diff.before.unreadable, *diff.after.unreadable)))
    return notes(told, unreadable, view)


def _unreadable(diff: Diff, view: View) -> Iterator[Block]:
    gone = [("before", each) for each in diff.before.unreadable] + [("after", each) for each in diff.after.unreadable]
    shown = view.some(gone, len(gone))
    if not shown:
        return
    rows = tuple(row(word, path(each.path), each.reason) for word, each in shown)
    columns = (
        column(holds=Holds.WORDS),
        column("path", holds=Holds.NAMES),
        column("why", holds=Holds.WORDS),
    )
    yield Section(
        summary=f"{plural(len(gone), 'path')} could not be read",
        is_open=True,
        blocks=(Table(columns=columns, rows=rows), *view.more(len(gone) - len(shown))),
    )


def _answer(diff: Diff) -> str:
    """Return by how much the slug grew, and from what to what."""
    before, after = diff.before, diff.after
    sizes = [f"{size(side.headline_bytes)} {side.size_class.value}" for side in (before, after)]
    short = "" if diff.complete else " (not everything could be read)"
    if not diff.grown_bytes:
        what = "No change in size" if diff.changes else "No file differs"
        return f"{what}: {sizes[1]}{short}"
    share = diff.grown_bytes / before.headline_bytes if before.headline_bytes else _TENFOLD
    percent = f" ({share * 100:+.1f} %)" if share < _TENFOLD else ""
    return f"{signed(diff.grown_bytes)}{percent}: {' → '.join(sizes)}{short}"


def _why(diff: Diff) -> str:
    """Return where most of the difference is, in one sentence; empty if nothing weighs more or less."""
    said = [_reason(place, diff) for place in diff.reasons]
    if len(said) != 1 or diff.reasons[0].sum.files == len(diff.changes):
        return ", ".join(said)
    is_most = diff.reasons[0].sum.grown_bytes / (diff.grown_bytes or 1) >= _MOSTLY
    return f"Mostly {said[0]}" if is_most else said[0]


def _reason(place: Place, diff: Diff) -> str:
    grown = signed(place.sum.grown_bytes)
    if place.package is None:
        return f"{cut(quoted(place.path), _NAME_WIDTH)} {grown} ({_kinds(place.sum)})"
    group, package, _ = place.package
    change = next(change for change in diff.packages if (change.group, change.package) == (group, package))
    return f"{cut(_package_words(change), _NAME_WIDTH)} {grown}"


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
    tail = _TAIL.search(old[len(old) - end :])
    end = len(tail[0]) if tail is not None else 0
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    begins_together = start or old[len(old) - end :].startswith("/")
    if not begins_together or not left or not right:
        return f"{old} → {new}"
    return f"{old[:start]}{{{left} → {right}}}{old[len(old) - end :]}"


def _counts(diff: Diff) -> str:
    """Return every kind with its sum, and what is unchanged."""
    said = []
    for kind, total in diff.sums.items():
        weight = f" {signed(total.grown_bytes)}" if total.grown_bytes and kind is not Kind.MOVED else ""
        said.append(f"{total.files:,} {_WORDS[kind]}{weight}")
    rest = f" ({signed(diff.rest_bytes)}, packed beside others)" if abs(diff.rest_bytes) >= _KIB else ""
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
    files = f"{plural(side.total.files, 'file')} of {size(side.total.size_bytes)}"
    match side.source.kind:
        case SourceKind.COMMIT:
            named = "" if _side_is_its_id(side) else f" ({safe(side.name)})"
            return f"commit {rev}{named}, {files}"
        case SourceKind.WORKTREE:
            return f"tracked files of {quoted(side.source.path)}, {files}"
        case SourceKind.DIRECTORY:
            return f"directory {safe(side.name)}, {files}"
        case _:
            return f"slug {safe(side.name)}, {files}"


def _basis(diff: Diff) -> Iterator[str]:
    """Yield what the sizes are, sentence by sentence."""
    compiled = [side.includes_buildpacks for side in (diff.before, diff.after)]
    if all(compiled):
        both = [side.estimated for side in (diff.before, diff.after)]
        yield "Compressed sizes of compiled slugs" + (", those of an unpacked one predicted." if any(both) else ".")
    elif any(compiled):
        yield "The commit is your code before buildpacks, its compressed size predicted; the slug has been built."
    elif diff.after.compiled is not None:
        yield f"{compiled_sentence(diff.after.compiled, diff.after.compressed_bytes)}."
    else:
        yield "Your code, compressed (predicted). Buildpacks add to it."
    if diff.by_size:
        files = plural(diff.by_size, "file")
        yield f"{files} compared by size only: the two sides name contents in different ways."


def _change_in(grown_bytes: int) -> str:
    """Return a change in size, or 0."""
    return signed(grown_bytes) if grown_bytes else "0"


def _more_files(change: GroupChange) -> str:
    """Return how many files more or less."""
    more = change.after.files - change.before.files
    return f"{more:+,}" if more else "0"


def _rule_kind(change: RuleChange) -> Kind:
    """Return ``LEFT_OUT`` or ``LET_IN``."""
    (kind,) = change.sum.kinds
    return kind


def _rule_words(change: RuleChange) -> str:
    """Return a rule and its line, or what else leaves files out."""
    if change.rule is None:
        return "the compiler itself (.git, .DS_Store, tmp/)"
    return f"{quoted(change.rule.text)} (line {change.rule.line})"


def _package_words(change: GroupChange) -> str:
    """Return a package and what became of its versions."""
    package = safe(change.package)
    before, after = (safe(", ".join(versions)) for versions in (change.versions_before, change.versions_after))
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
        if change.kind is Kind.MOVED and change.before is not None:
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
