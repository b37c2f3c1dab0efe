"""A commit as a source: its blobs, as a push sends them. Never the work tree."""

from __future__ import annotations

import os
from hashlib import blake2b

from slugtrim.errors import SourceError
from slugtrim.files import Found, Source, SourceKind, Tree, quoted
from slugtrim.git import Repository
from slugtrim.sources.blobs import BlobContents, read_links
from slugtrim.sources.slugignore import slugignore_in_tree
from slugtrim.sources.submodules import Objects, read_gitmodules, read_objects, read_submodules

_SHOWN_CHARACTERS = 80


def find_commit(repository: Repository, rev: str, prefix: bytes = b"") -> Found:
    """The tree of the commit that ``rev`` names. Raises ``SourceError`` when there is no such commit."""
    commit = repository.commit_id(rev)
    if commit is None:
        raise SourceError(_no_such_revision(repository, rev))
    source = Source(kind=SourceKind.COMMIT, root=repository.top or repository.git_dir, prefix=prefix, rev=commit)
    fingerprint = repository.tree_fingerprint(commit, prefix)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=fingerprint + b" " + blake2b(repository.packs(), digest_size=16).digest() if fingerprint else None,
        notes=(),
        load=lambda: _read_commit(repository, rev, source),
    )


def read_commit(repository: Repository, rev: str, prefix: bytes = b"") -> Tree:
    """The same, read at once. Raises ``SourceError`` as well when ``prefix`` is no directory of the commit."""
    return find_commit(repository, rev, prefix).load()


def _read_commit(repository: Repository, rev: str, source: Source) -> Tree:
    commit, prefix = source.rev, source.prefix
    assert commit is not None
    objects = _objects(repository, rev, commit, prefix)
    modules = read_submodules(
        repository, objects.gitlinks, read_gitmodules(repository, objects), _checkout(repository, prefix)
    )
    files = tuple(sorted(objects.files + modules.files))
    contents = BlobContents(repository=repository, homes=modules.homes)
    links = read_links(contents, files)
    unreadable = objects.unreadable + modules.unreadable
    return Tree(
        source=source,
        files=files,
        contents=contents,
        slugignore=slugignore_in_tree(
            {file.path: file for file in files}, links, contents, {gone.path: gone for gone in unreadable}
        ),
        links=links,
        has_submodules=bool(objects.gitlinks),
        unreadable=unreadable,
        notes=modules.notes,
    )


def shown_revision(rev: str) -> str:
    """A revision as it may stand in a message: on one line, and not too long."""
    if not rev:
        return '""'
    name = quoted(rev.encode("utf-8", "surrogateescape" if _is_encodable(rev) else "backslashreplace"))
    return name if len(name) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"


def _is_encodable(rev: str) -> bool:
    try:
        os.fsencode(rev)
    except UnicodeEncodeError:
        return False
    return True


def _objects(repository: Repository, rev: str, commit: str, prefix: bytes) -> Objects:
    tree = repository.tree_id(commit, prefix)
    shown = shown_revision(rev)
    if tree is None:
        which = "no directory that this partial clone has" if repository.promisor else "no directory"
        raise SourceError(f"{quoted(prefix)}: is {which} of {shown}; name one for --prefix that git ls-tree shows")
    missing = repository.missing_objects(tree)
    listing = repository.list_tree(tree, missing)
    if any(not gone.path for gone in listing.unreadable):
        advice = "git checkout fetches it" if repository.promisor else "run git fsck"
        why = listing.unreadable[0].reason
        raise SourceError(f"{shown}: its list of files is not here ({why}); {advice}, or name another commit")
    return read_objects(repository, listing, missing)


def _no_such_revision(repository: Repository, rev: str) -> str:
    shown = shown_revision(rev)
    if repository.is_unborn() and rev in ("HEAD", "main", "master"):
        return f"{shown}: the repository has no commits yet; make one, or measure the work tree without --rev"
    if repository.is_ambiguous(rev):
        return f"{shown}: is ambiguous: several objects of this repository begin so; write more of the id"
    return f"{shown}: is no commit of this repository; name one that git log shows"


def _checkout(repository: Repository, prefix: bytes) -> bytes | None:
    if repository.top is None:
        return None
    return repository.top + b"/" + prefix if prefix else repository.top
