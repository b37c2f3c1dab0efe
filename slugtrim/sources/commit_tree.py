"""The tree that a commit's objects make."""

from __future__ import annotations

from slugtrim.errors import SourceError
from slugtrim.files import FileCount, Source, Tree, check_paths, quoted
from slugtrim.git import Repository
from slugtrim.sources.blobs import BlobContents, read_links
from slugtrim.sources.revision import shown_revision
from slugtrim.sources.slugignore import slugignore_in_tree
from slugtrim.sources.submodules import Objects, read_gitmodules, read_objects, read_submodules


def commit_tree(repository: Repository, rev: str, source: Source, most: int) -> Tree:
    """The tree of a commit that was found as ``source``; ``rev`` is what the user called it.

    Raises ``SourceError`` for one of more than ``most`` files and directories.
    """
    count = FileCount(shown_revision(rev), most)
    commit, prefix = source.rev, source.prefix
    assert commit is not None
    objects = _objects(repository, rev, commit, prefix, count)
    modules = read_submodules(
        repository, objects.gitlinks, read_gitmodules(repository, objects), _checkout(repository, prefix), count
    )
    files = tuple(sorted(objects.files + modules.files))
    check_paths(shown_revision(rev), files)
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


def _objects(repository: Repository, rev: str, commit: str, prefix: bytes, count: FileCount) -> Objects:
    tree = repository.tree_id(commit, prefix)
    shown = shown_revision(rev)
    if tree is None:
        which = "no directory that this partial clone has" if repository.promisor else "no directory"
        raise SourceError(f"{quoted(prefix)}: is {which} of {shown}; name one for --prefix that git ls-tree shows")
    listing = repository.list_tree(tree, count)
    if any(not gone.path for gone in listing.unreadable):
        advice = "git checkout fetches it" if repository.promisor else "run git fsck"
        why = listing.unreadable[0].reason
        raise SourceError(f"{shown}: its list of files is not here ({why}); {advice}, or name another commit")
    return read_objects(repository, listing, repository.missing_objects(tree))


def _checkout(repository: Repository, prefix: bytes) -> bytes | None:
    if repository.top is None:
        return None
    return repository.top + b"/" + prefix if prefix else repository.top
