"""A commit as a source: its blobs, as a push sends them. Never the work tree."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b

from slugtrim.errors import SourceError
from slugtrim.files import MAX_FILES, Found, Source, SourceKind, Tree
from slugtrim.git import Repository
from slugtrim.sources.revision import ambiguity, shown_revision


def find_commit(repository: Repository, rev: str, prefix: bytes = b"", most: int = MAX_FILES) -> Found:
    """The tree of the commit that ``rev`` names, of ``most`` files and directories at most.

    Raises ``SourceError`` when there is no such commit.
    """
    commit, fingerprint = repository.commit_and_fingerprint(rev, prefix)
    if commit is None:
        raise SourceError(_no_such_revision(repository, rev))
    source = Source(kind=SourceKind.COMMIT, root=repository.top or repository.git_dir, prefix=prefix, rev=commit)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=fingerprint + b" " + blake2b(repository.packs(), digest_size=16).digest() if fingerprint else None,
        notes=(),
        load=partial(_load, repository, rev, source, most),
    )


def read_commit(repository: Repository, rev: str, prefix: bytes = b"") -> Tree:
    """The same, read at once. Raises ``SourceError`` as well when ``prefix`` is no directory of the commit."""
    return find_commit(repository, rev, prefix).load()


def _load(repository: Repository, rev: str, source: Source, most: int) -> Tree:
    from slugtrim.sources.commit_tree import commit_tree  # 10 ms that a known tree does without

    return commit_tree(repository, rev, source, most)


def _no_such_revision(repository: Repository, rev: str) -> str:
    shown = shown_revision(rev)
    if repository.is_unborn() and rev in ("HEAD", "main", "master"):
        return f"{shown}: the repository has no commits yet; make one, or measure the work tree without --rev"
    return ambiguity(repository, rev) or f"{shown}: is no commit of this repository; name one that git log shows"
