"""What a comparison says in words: the same ones in every format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slugtrim.audit import LimitUse
from slugtrim.diff.record import Change, Diff, GroupChange, Kind, Place, RuleChange, Side, Sum
from slugtrim.files import SourceKind, quoted
from slugtrim.reports.blocks import safe
from slugtrim.reports.budget_words import compiled_words, signed
from slugtrim.reports.style import cut, plural, size, used_share

WORDS = {
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
_KIB = 1024
_NAME_WIDTH = 50
"""Of a name in a sentence: with its number behind it, it should not fill more than a line."""
_MOSTLY = 0.8
_TENFOLD = 10
"""So much more is no matter of per cents."""
_TAIL = re.compile(r"(?:\.[A-Za-z]+)*[/_-].*|(?:\.[A-Za-z]+)+$", re.DOTALL)
"""Where the end that two names have in common may begin: not within a word or a version."""


def headline(diff: Diff) -> str:
    """By how much the slug grew, and from what to what."""
    before, after = diff.before, diff.after
    sizes = [f"{size(side.headline_bytes)} {side.size_class.value}" for side in (before, after)]
    short = "" if diff.complete else " (not everything could be read)"
    if not diff.grown_bytes:
        what = "No change in size" if diff.changes else "No file differs"
        return f"{what}: {sizes[1]}{short}"
    share = diff.grown_bytes / before.headline_bytes if before.headline_bytes else _TENFOLD
    percent = f" ({share * 100:+.1f} %)" if share < _TENFOLD else ""
    return f"{signed(diff.grown_bytes)}{percent}: {' → '.join(sizes)}{short}"


def why(diff: Diff) -> str:
    """Where most of the difference is, in one sentence; empty where nothing weighs more or less."""
    said = [_reason(place, diff) for place in diff.reasons]
    if len(said) != 1 or diff.reasons[0].sum.files == len(diff.changes):
        return ", ".join(said)
    is_most = diff.reasons[0].sum.grown_bytes / (diff.grown_bytes or 1) >= _MOSTLY
    return f"Mostly {said[0]}" if is_most else said[0]


def _reason(place: Place, diff: Diff) -> str:
    grown = signed(place.sum.grown_bytes)
    if place.package is None:
        return f"{cut(quoted(place.path), _NAME_WIDTH)} {grown} ({_files(place.sum)})"
    group, package, _ = place.package
    change = next(change for change in diff.packages if (change.group, change.package) == (group, package))
    return f"{cut(package_words(change), _NAME_WIDTH)} {grown}"


def _files(total: Sum) -> str:
    """How many files of each kind; of many kinds, how many in all."""
    if len(total.kinds) > 2:
        return plural(total.files, "file")
    return ", ".join(f"{count:,} {WORDS[kind]}" for kind, count in total.kinds.items())


def file_name(change: Change) -> str:
    """Where the file is, and where it was if that is another place."""
    if change.before is None or change.before.path == change.path:
        return quoted(change.path)
    return renamed(change.before.path, change.path)


def renamed(was: bytes, now: bytes) -> str:
    """Two names as one, with braces around what is different: ``vendor/rails-{7.0.1 → 7.0.2}/a.rb``."""
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


def counts(diff: Diff) -> str:
    """Every kind with what it comes to, and what stays as it is."""
    said = []
    for kind, total in diff.sums.items():
        weight = f" {signed(total.grown_bytes)}" if total.grown_bytes and kind is not Kind.MOVED else ""
        said.append(f"{total.files:,} {WORDS[kind]}{weight}")
    rest = f" ({signed(diff.rest_bytes)}, packed beside others)" if abs(diff.rest_bytes) >= _KIB else ""
    same = f"{plural(diff.unchanged.files, 'file')} unchanged{rest}"
    return f"{', '.join(said)}; {same}" if said else same


def _in_common(one: str, other: str) -> int:
    """How many characters two texts have in common at the beginning."""
    both = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(both) if left != right), min(len(one), len(other)))


def side_is_its_id(side: Side) -> bool:
    """Whether a commit was named by its id."""
    return side.source.rev is not None and side.source.rev.startswith(side.name)


def side_words(side: Side) -> str:
    """What a side is."""
    rev = (side.source.rev or "")[:10]
    files = f"{plural(side.total.files, 'file')} of {size(side.total.size_bytes)}"
    match side.source.kind:
        case SourceKind.COMMIT:
            name = "" if side_is_its_id(side) else f" ({safe(side.name)})"
            return f"commit {rev}{name}, {files}"
        case SourceKind.WORKTREE:
            return f"tracked files of {quoted(side.source.path)}, {files}"
        case SourceKind.DIRECTORY:
            return f"directory {safe(side.name)}, {files}"
        case _:
            return f"slug {safe(side.name)}, {files}"


def basis(diff: Diff) -> Iterator[str]:
    """What the sizes are, sentence by sentence."""
    compiled = [side.includes_buildpacks for side in (diff.before, diff.after)]
    if all(compiled):
        both = [side.estimated for side in (diff.before, diff.after)]
        yield "Compressed sizes of compiled slugs" + (", those of an unpacked one predicted." if any(both) else ".")
    elif any(compiled):
        yield "The commit is your code before buildpacks, its compressed size predicted; the slug has been built."
    elif diff.after.compiled is not None:
        yield f"{compiled_words(diff.after.compiled, diff.after.compressed_bytes)}."
    else:
        yield "Your code, compressed (predicted). Buildpacks add to it."
    if diff.by_size:
        files = plural(diff.by_size, "file")
        yield f"{files} compared by size only: the two sides name contents in different ways."


def change_in(grown_bytes: int) -> str:
    """A change in size, also none."""
    return signed(grown_bytes) if grown_bytes else "0"


def more_files(change: GroupChange) -> str:
    """How many files more or less."""
    more = change.after.files - change.before.files
    return f"{more:+,}" if more else "0"


def limit_rows(diff: Diff) -> Iterator[tuple[LimitUse, str, str, str, str]]:
    """Each limit of the later side, how much of it both use in per cent, what it is about, and what it does."""
    before = {use.limit.id: use for use in diff.before.limits}
    for use in diff.after.limits:
        was = before.get(use.limit.id)
        shares = [used_share(each) if each is not None else "" for each in (was, use)]
        what = "checkout" if use.limit.of_checkout else "slug"
        yield use, shares[0], shares[1], what, "push rejected" if use.limit.rejects else "build warns"


def rule_kind(change: RuleChange) -> Kind:
    """``LEFT_OUT`` or ``LET_IN``."""
    (kind,) = change.sum.kinds
    return kind


def rule_words(change: RuleChange) -> str:
    """A rule and its line, or what else leaves out."""
    if change.rule is None:
        return "the compiler itself (.git, .DS_Store, tmp/)"
    return f"{quoted(change.rule.text)} (line {change.rule.line})"


def package_words(change: GroupChange) -> str:
    """A package and what became of its versions."""
    name = safe(change.package)
    before, after = (safe(", ".join(versions)) for versions in (change.versions_before, change.versions_after))
    if not change.before.files:
        return f"{name} {after}".rstrip() + " (new)"
    if not change.after.files:
        return f"{name} {before}".rstrip() + " (gone)"
    return (
        f"{name} {before} → {after}" if before and after and before != after else f"{name} {after or before}".rstrip()
    )


def moves(changes: Sequence[Change]) -> list[tuple[bytes, bytes, int]]:
    """Where files moved from and to, and how many, most first; of several the directories that changed."""
    moved: dict[tuple[bytes, bytes], list[tuple[bytes, bytes]]] = {}
    for change in changes:
        if change.kind is Kind.MOVED and change.before is not None:
            ends = _without_common_end(change.before.path, change.path)
            moved.setdefault(ends, []).append((change.before.path, change.path))
    rows = [(*(paths[0] if len(paths) == 1 else ends), len(paths)) for ends, paths in moved.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _without_common_end(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    """Two paths without the names that both end in; directories end in a slash, the root is ``./``."""
    left, right = one.split(b"/"), other.split(b"/")
    cut = 0
    while left and right and left[-1] == right[-1]:
        left.pop()
        right.pop()
        cut += 1
    if not cut:
        return one, other
    return b"/".join([*left, b""]) or b"./", b"/".join([*right, b""]) or b"./"
