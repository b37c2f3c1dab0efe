"""What the two words of a comparison name: a file or directory that is there, otherwise a revision."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import quoted
from slugtrim.git import Repository
from slugtrim.sources.revision import ambiguity, shown_revision

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
        raise UsageError("diff: compares two; write slugtrim diff A B, or A..B for two commits")
    before, after = (_named(word, repository) for word in words)
    if before.what == after.what == STDIN:
        raise UsageError("-: stdin holds one slug; name a file for the other")
    return before, after


def _range(word: str, repository: Repository | None) -> tuple[Named, Named]:
    dots = "..." if "..." in word else ".."
    before, after = (end or "HEAD" for end in word.split(dots, 1))
    if repository is None:
        raise SourceError(f"{shown_revision(word)}: names commits, and this is no git repository; use -C DIR")
    for end in (before, after):
        if repository.commit_id(end) is None:
            raise SourceError(f"{shown_revision(word)}: {shown_revision(end)} is no commit of this repository")
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
        return f"{shown}: does not exist, and this is no git repository that could have such a commit"
    nothing = f"{shown}: is neither a file or directory here nor a commit of this repository"
    return ambiguity(repository, word) or nothing
