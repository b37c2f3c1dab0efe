"""Find the tree that a deploy would send, and read it on demand.

A commit counts as its blobs, as a push sends them. A work tree counts as a push of what git tracks would send it. A
file that is clean in the index counts as its blob, so line endings, LFS, ident and encodings measure as pushed. A
changed file counts as its bytes on disk, or as the pointer that git-lfs would write. No filter is ever run.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from slugtrim.errors import RulesError, SourceError, UsageError
from slugtrim.files import MAX_FILES, FileCount, Found, Note, Source, SourceKind, Tree, quoted
from slugtrim.git import GitError, Repository, Survey
from slugtrim.sources.revision import ambiguity, shown_revision
from slugtrim.sources.slugignore import slugignore_on_disk
from slugtrim.store import digest

if TYPE_CHECKING:
    from slugtrim.lean import Learnt
    from slugtrim.sources.contents import Changes


def find_tree(
    path: bytes,
    *,
    rev: str | None = None,
    prefix: bytes = b"",
    use_git: bool = True,
    most_files: int = MAX_FILES,
    learnt: Learnt | None = None,
) -> Found:
    """Return the tree at ``path`` without reading it: a commit if ``rev`` is given, else the work tree, else all files.

    ``prefix`` is the directory, relative to the repository's top, that is deployed on its own. Raise ``UsageError`` for
    ``rev`` without git. Raise ``SourceError`` if it can't be read at all, or has more than ``most_files`` files and
    directories, submodules included; the result's ``load`` does the same. ``learnt`` is what a lean start has seen of
    the same tree.
    """
    if rev is not None and not use_git:
        raise UsageError("--rev: names a commit, which --no-git rules out; drop one of them")
    prefix = normal_prefix(prefix)
    _check_directory(path)
    with _reading(path):
        if learnt is not None:
            repository: Repository | None = Repository.learnt(learnt)
        else:
            repository = Repository.discover(path) if use_git else None
        if repository is None:
            if rev is not None:
                commit = shown_revision(rev)
                raise SourceError(f"{quoted(path)}: is in no git repository, so it has no commit {commit}; drop --rev")
            from slugtrim.sources.directory import find_directory  # 7 ms that a repository does not need

            return find_directory(os.path.realpath(path), prefix, most_files)
        if rev is None:
            return _find_worktree(path, repository, prefix, most_files)
        return _find_commit(path, repository, rev, prefix, most_files)


def find_in_repository(repository: Repository, rev: str) -> Found:
    """Return the tree of a commit in an open repository. Raise as ``find_tree`` does."""
    path = repository.top or repository.git_dir
    with _reading(path):
        return _find_commit(path, repository, rev, b"", MAX_FILES)


def open_tree(path: bytes, *, rev: str | None = None, prefix: bytes = b"", use_git: bool = True) -> Tree:
    """Find a tree and read it. Raise as ``find_tree`` does."""
    return find_tree(path, rev=rev, prefix=prefix, use_git=use_git).load()


@contextmanager
def _reading(path: bytes) -> Iterator[None]:
    try:
        yield
    except GitError as error:
        message = f"{quoted(path)}: git cannot read this repository: {error.first_line}; try git fsck"
        raise SourceError(message) from error


def normal_prefix(prefix: bytes) -> bytes:
    """Return ``prefix`` without ``./``, doubled or trailing slashes. Raise ``UsageError`` if it leaves the root."""
    if not prefix:
        return b""
    normal = posixpath.normpath(prefix)
    if normal.startswith((b"/", b"../")) or normal == b".." or b"\0" in normal:
        raise UsageError(f"--prefix {quoted(prefix)}: is not below the root; name a directory relative to the root")
    return b"" if normal == b"." else normal


def _check_directory(path: bytes) -> None:
    if b"\0" in path:
        raise SourceError(f"{quoted(path)}: does not exist; name a directory to measure")
    try:
        info = os.stat(path)
    except OSError as error:
        raise SourceError(f"{quoted(path)}: {_why(error)}; name a directory to measure") from error
    if not stat.S_ISDIR(info.st_mode):
        raise SourceError(f"{quoted(path)}: is not a directory; name the directory to measure, not a file in it")


def _why(error: OSError) -> str:
    return "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"


# Commits.


def _find_commit(path: bytes, repository: Repository, rev: str, prefix: bytes, most: int) -> Found:
    """Return the tree of the commit that ``rev`` names. Raise ``SourceError`` if there is no such commit."""
    commit, fingerprint = repository.commit_and_fingerprint(rev, prefix)
    if commit is None:
        raise SourceError(_no_such_revision(repository, rev))
    source = Source(kind=SourceKind.COMMIT, root=repository.top or repository.git_dir, prefix=prefix, rev=commit)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=fingerprint + b" " + digest(repository.packs()) if fingerprint else None,
        notes=(),
        load=cache(partial(_load_commit, path, repository, rev, source, most)),
    )


def _load_commit(path: bytes, repository: Repository, rev: str, source: Source, most: int) -> Tree:
    from slugtrim.sources.tree import commit_tree  # 5 ms that a known tree does not need

    with _reading(path):
        return commit_tree(repository, rev, source, most)


def _no_such_revision(repository: Repository, rev: str) -> str:
    shown = shown_revision(rev)
    if repository.is_unborn() and rev in ("HEAD", "main", "master"):
        return f"{shown}: the repository has no commits yet; make one, or measure the working tree without --rev"
    return ambiguity(repository, rev) or f"{shown}: not a commit in this repository; run git log to find one"


# Work trees.


def _find_worktree(path: bytes, repository: Repository, prefix: bytes, most: int) -> Found:
    """Return the tracked files of the work tree.

    Raise ``SourceError`` without a work tree, without tracked files, or with more than ``most`` of them.
    """
    if repository.top is None:
        raise SourceError(f"{quoted(repository.git_dir)}: is a bare repository; name the commit to measure with --rev")
    source = Source(kind=SourceKind.WORKTREE, root=repository.top, prefix=prefix, rev=repository.head())
    survey = repository.survey(prefix, FileCount(quoted(source.path), most))
    if not survey.index or (prefix and not survey.entries):
        raise SourceError(_nothing_tracked(source))
    from slugtrim.sources.contents import Changes  # half a millisecond that a commit does not need

    changes = Changes(repository, survey)
    notes = _untracked(survey)
    rules = _rules_on_disk(source)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=_fingerprint(repository, survey, changes, rules) if rules is not None else None,
        notes=notes,
        is_unchanged=partial(_has_same_rules, source, rules),
        load=cache(partial(_load_worktree, path, repository, source, survey, changes, notes, most)),
        most_files=most,
    )


def _load_worktree(
    path: bytes,
    repository: Repository,
    source: Source,
    survey: Survey,
    changes: Changes,
    notes: tuple[Note, ...],
    most: int,
) -> Tree:
    from slugtrim.sources.tree import worktree_tree  # as above

    with _reading(path):
        return worktree_tree(repository, source, survey, changes, notes, most)


def _rules_on_disk(source: Source) -> bytes | None:
    """Return what distinguishes the rules in the directory from others, or from none; None if they can't be read."""
    try:
        slugignore = slugignore_on_disk(source.path)
    except RulesError:
        return None
    return b"none" if slugignore is None else b"=" + slugignore


def _has_same_rules(source: Source, before: bytes | None) -> bool:
    """Return True if the rules have not changed meanwhile. They alone are read twice without a hash."""
    return _rules_on_disk(source) == before


def _fingerprint(repository: Repository, survey: Survey, changes: Changes, rules: bytes) -> bytes:
    parts = (survey.prefix, survey.index, *changes.identity(), rules, repository.packs())
    return b"".join(map(digest, parts))


def _untracked(survey: Survey) -> tuple[Note, ...]:
    cut = len(survey.prefix) + 1 if survey.prefix else 0
    paths = tuple(path[cut:] for path in survey.untracked)
    message = "not tracked by git, so not pushed and not counted"
    return (Note(id="untracked", message=message, paths=paths),) if paths else ()


def _nothing_tracked(source: Source) -> str:
    if source.prefix:
        return f"{quoted(source.prefix)}: git tracks nothing below it; name a tracked directory for --prefix"
    if source.rev is None:
        return f"{quoted(source.root)}: no commits yet and nothing is tracked; git add your files, or use --no-git"
    return f"{quoted(source.root)}: git tracks no file here; git add your files, or use --no-git"
