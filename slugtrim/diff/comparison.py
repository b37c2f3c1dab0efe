"""Compare two slugs: name the two sides, list and measure each, and say what differs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.diff.changes import compare_files, group_changes
from slugtrim.diff.difference import (
    Change,
    ChangeKind,
    Diff,
    Listed,
    RuleChange,
    Side,
    directories,
    reasons,
    sum_of,
    sums_by_kind,
)
from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Note, Tree, quoted
from slugtrim.git import Repository
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import Total, measure
from slugtrim.platforms import platform_of
from slugtrim.sizer import Overhead, Progress, with_overhead
from slugtrim.sources.revision import ambiguity, shown_revision
from slugtrim.store import CacheTable
from slugtrim.suggester.notices import no_slug_notes

if TYPE_CHECKING:
    from slugtrim.archive.entries import Packed
    from slugtrim.archive.limits import Limits  # tarfile and more, which commits do without

STDIN = "-"
_NEVER_REVISIONS = ("/", "./", "../")


class NamedKind(Enum):
    """What a word names."""

    COMMIT = "commit"
    WORKTREE = "worktree"
    SLUG = "slug"


class Named(Struct, frozen=True, kw_only=True):
    """One of the two sides."""

    kind: NamedKind
    name: str
    """As the user wrote it."""
    what: str
    """Revision, path, or ``-`` for stdin."""


def named_sides(words: Sequence[str]) -> tuple[Named, Named]:
    """The two sides that the words name, or the one word ``A..B``, or ``A...B``: from where B left A.

    Raises ``UsageError`` for other than two, for a word that names nothing and for one that names two things.
    """
    repository = Repository.discover(b".")
    if len(words) == 1 and ".." in words[0] and not os.path.lexists(words[0]):
        return _range(words[0], repository)
    if len(words) != 2:
        raise UsageError("diff: needs two commits or slugs: slugtrim diff A B, or A..B for two commits")
    before, after = (_named(word, repository) for word in words)
    if before.what == after.what == STDIN:
        raise UsageError("-: stdin holds one slug; name a file for the other")
    return before, after


def _range(word: str, repository: Repository | None) -> tuple[Named, Named]:
    dots = "..." if "..." in word else ".."
    before, after = (end or "HEAD" for end in word.split(dots, 1))
    if repository is None:
        raise SourceError(f"{shown_revision(word)}: names commits, and this is not a git repository; use -C DIR")
    for end in (before, after):
        if repository.commit_id(end) is None:
            problem = f"{shown_revision(end)} is not a commit in this repository; run git log to find one"
            raise SourceError(f"{shown_revision(word)}: {problem}")
    first = Named(kind=NamedKind.COMMIT, name=before, what=before)
    if dots == "...":
        base = repository.merge_base(before, after)
        if base is None:
            raise SourceError(f"{shown_revision(word)}: the two have no commit in common here; write A..B")
        first = Named(kind=NamedKind.COMMIT, name=f"merge-base of {before} and {after}", what=base)
    return first, Named(kind=NamedKind.COMMIT, name=after, what=after)


def _named(word: str, repository: Repository | None) -> Named:
    if word == STDIN:
        return Named(kind=NamedKind.SLUG, name="stdin", what=STDIN)
    is_there = "\0" not in word and os.path.lexists(word)
    is_revision = not _is_path_only(word) and repository is not None and repository.commit_id(word) is not None
    # What lies in a bare repository is git's own: its HEAD is meant as a revision.
    if is_there and is_revision and repository is not None and repository.top is not None:
        name = quoted(os.fsencode(word))
        raise UsageError(f"{name}: is both a path here and a revision; write ./{name} or {name}~0")
    if is_revision:
        return Named(kind=NamedKind.COMMIT, name=word, what=word)
    if not is_there:
        from slugtrim.builds.learned import recorded_release  # which names that exist do without

        release = recorded_release(repository.common_dir, word) if repository is not None else None
        if release is not None and release.commit is not None:
            return Named(kind=NamedKind.COMMIT, name=word, what=release.commit)
        raise SourceError(_nothing(word, repository))
    kind = NamedKind.WORKTREE if os.path.lexists(os.path.join(word, ".git")) else NamedKind.SLUG
    return Named(kind=kind, name=word, what=word)


def _is_path_only(word: str) -> bool:
    """Whether no revision can be written so."""
    return word in (".", "..") or word.startswith(_NEVER_REVISIONS)


def _nothing(word: str, repository: Repository | None) -> str:
    shown = shown_revision(word)
    if _is_path_only(word):
        return f"{shown}: does not exist; name a slug, a directory or a commit"
    if repository is None:
        return f"{shown}: does not exist, and this is not a git repository, so it is no commit either"
    nothing = f"{shown}: no such file or directory here, and not a commit of this repository"
    return ambiguity(repository, word) or nothing


def list_tree(
    name: str,
    tree: Tree,
    dialect: Dialect,
    *,
    overhead: Overhead | None = None,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> Listed:
    """The slug that a tree makes before buildpacks, by its own rules. Raises ``RulesError``.

    ``overhead`` is what buildpacks add. Two sides with the same ``cache`` measure only once what they have in common.
    A note says where the platform would build an image of the tree, and no slug.
    """
    measured = measure(tree, dialect, cache=cache, progress=progress)
    compiled = with_overhead(measured.compressed_bytes, overhead) if overhead is not None else None
    listed = Listed.from_measurement(name, measured, compiled)
    notes = no_slug_notes(tree, platform_of(dialect))
    return replace(listed, side=replace(listed.side, notes=(*listed.side.notes, *notes)))


def with_groups(listed: Listed) -> Listed:
    """A side with the groups that its files are in: one before any build, to be held against a compiled slug."""
    if listed.side.includes_buildpacks:
        return listed
    from slugtrim.anatomy.looks import Looks  # with its catalogs, which commits do without
    from slugtrim.diff.difference import parts_of

    return replace(listed, parts=parts_of(listed.files, Looks().seen(bytes)))


def list_slug(name: str, path: str, limits: Limits) -> Listed:
    """The compiled slug at ``path``, ``-`` for stdin. Raises ``SlugError``, and ``SourceError`` for a directory."""
    from slugtrim.anatomy.looks import Looks  # with its catalogs, which commits do without
    from slugtrim.archive.reading import open_slug
    from slugtrim.diff.difference import parts_of

    looks = Looks()
    packed = open_slug(path, limits=limits, looks=[looks])
    tree, seen = packed.tree, looks.seen(packed.path_of)
    side = Side(
        name=name,
        source=tree.source,
        total=Total.of(tree.files),
        compressed_bytes=packed.compressed_bytes,
        estimated=packed.estimated,
        includes_buildpacks=True,
        unreadable=tree.unreadable,
        notes=(*tree.notes, *seen.notes(), *_odd_entries(packed)),
    )
    parts = parts_of(tree.files, seen)
    return Listed(
        side=side,
        files=tree.files,
        shares=packed.shares,
        parts=parts,
        unread=frozenset(gone.path for gone in tree.unreadable),
    )


def _odd_entries(packed: Packed) -> Iterator[Note]:
    if packed.anomalies:
        message = "entries of the archive that no slug should have: slugtrim inspect tells what is the matter"
        yield Note(id="odd-entries", message=message, paths=tuple(anomaly.path for anomaly in packed.anomalies))


def compare(before: Listed, after: Listed, dialect: Dialect) -> Diff:
    """What is different between two slugs. ``dialect`` is how the rules of commits were read."""
    if before.side.includes_buildpacks != after.side.includes_buildpacks:
        before, after = with_groups(before), with_groups(after)
    compared = compare_files(before, after)
    changes = compared.changes
    grown = after.side.compressed_bytes - before.side.compressed_bytes
    parts = {**before.parts, **after.parts}
    return Diff(
        before=before.side,
        after=after.side,
        dialect=dialect,
        changes=changes,
        sums=sums_by_kind(changes),
        unchanged=compared.unchanged,
        rest_bytes=grown - sum(change.grown_bytes for change in changes),
        by_size=compared.by_size,
        reasons=reasons(changes, parts),
        directories=directories(changes),
        groups=group_changes(before, after, changes, packages=False),
        packages=group_changes(before, after, changes, packages=True),
        rules=_rule_changes(changes),
        parts=parts,
    )


def _rule_changes(changes: Sequence[Change]) -> tuple[RuleChange, ...]:
    by_rule: dict[tuple[ChangeKind, Rule | None], list[Change]] = {}
    for change in changes:
        if change.kind in (ChangeKind.LEFT_OUT, ChangeKind.LET_IN):
            by_rule.setdefault((change.kind, change.rule), []).append(change)
    found = [RuleChange(rule=rule, sum=sum_of(taken)) for (_, rule), taken in by_rule.items()]
    return tuple(sorted(found, key=lambda each: -abs(each.sum.grown_bytes)))
