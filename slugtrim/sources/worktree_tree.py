"""The tree that the tracked files of a work tree make."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from slugtrim.files import SYMLINK, File, FileCount, Note, Source, Tree, Unreadable, check_paths, quoted
from slugtrim.git import Listing, Repository, Survey
from slugtrim.sources.blobs import BlobContents, read_links
from slugtrim.sources.changes import Changes
from slugtrim.sources.checkout import WorktreeContents
from slugtrim.sources.disk import read_whole
from slugtrim.sources.slugignore import SLUGIGNORE, slugignore_in_tree, slugignore_on_disk
from slugtrim.sources.submodules import (
    GITMODULES,
    GITMODULES_LIMIT_BYTES,
    Objects,
    read_gitmodules,
    read_objects,
    read_submodules,
)


def worktree_tree(
    repository: Repository, source: Source, survey: Survey, changes: Changes, notes: tuple[Note, ...], most: int
) -> Tree:
    """The tree of a work tree that was found as ``source``; ``notes`` are those on what lies beside it.

    Raises ``SourceError`` for one of more than ``most`` files and directories, with those of its submodules.
    """
    shown = quoted(source.path)
    cut = len(source.prefix) + 1 if source.prefix else 0
    entries = survey.entries()
    count = FileCount(shown, most)
    count.add(len(entries), 0)
    listing = Listing(
        entries=tuple(
            entry._replace(path=entry.path[cut:], mode=changes.modes.get(entry.path, entry.mode))
            for entry in entries
            if entry.path not in changes.settled
        )
    )
    objects = read_objects(repository, listing, repository.missing_objects(source.rev) if source.rev else frozenset())
    changed = {file.path[cut:]: file._replace(path=file.path[cut:]) for file in changes.files}
    modules = read_submodules(
        repository, objects.gitlinks, _gitmodules(repository, objects, source, changed), source.path, count
    )
    files = tuple(sorted((*objects.files, *changed.values(), *modules.files)))
    check_paths(shown, files)
    contents = WorktreeContents(
        root=source.path,
        blobs=BlobContents(repository=repository, homes=modules.homes),
        object_format=repository.object_format,
        changed=frozenset(changed),
        stands_in={path[cut:]: content for path, content in changes.stands_in.items()},
    )
    gone = [Unreadable(path=lost.path[cut:], reason=lost.reason) for lost in changes.unreadable]
    unreadable = (*objects.unreadable, *gone, *modules.unreadable)
    links = read_links(contents, files)
    return Tree(
        source=source,
        files=files,
        contents=contents,
        slugignore=_slugignore(source, files, changed, links, contents, unreadable),
        links=links,
        has_submodules=bool(objects.gitlinks),
        unreadable=unreadable,
        notes=(*_notes(changes, cut, files, source), *modules.notes, *notes),
    )


def _gitmodules(
    repository: Repository, objects: Objects, source: Source, changed: Mapping[bytes, File]
) -> bytes | None:
    file = changed.get(GITMODULES)
    if file is None or not objects.gitlinks:
        return read_gitmodules(repository, objects) if objects.gitlinks else b""
    if file.mode == SYMLINK or file.size_bytes > GITMODULES_LIMIT_BYTES:
        return b""
    try:
        return read_whole(os.path.join(source.path, GITMODULES))
    except OSError:
        return None


def _slugignore(
    source: Source,
    files: Sequence[File],
    changed: Mapping[bytes, File],
    links: Mapping[bytes, bytes],
    contents: WorktreeContents,
    unreadable: Sequence[Unreadable],
) -> bytes | None:
    """The one on disk; where the index calls that clean, or a sparse checkout left it out, the one recorded."""
    by_path = {file.path: file for file in files}
    recorded = by_path.get(SLUGIGNORE)
    on_disk = os.path.lexists(os.path.join(source.path, SLUGIGNORE))
    if on_disk and (recorded is None or recorded.mode == SYMLINK or SLUGIGNORE in changed):
        return slugignore_on_disk(source.path)
    return slugignore_in_tree(by_path, links, contents, {gone.path: gone for gone in unreadable})


def _notes(changes: Changes, cut: int, files: Sequence[File], source: Source) -> list[Note]:
    notes = []
    if changes.deleted:
        message = "tracked, but deleted in the work tree: not counted"
        notes.append(Note(id="deleted", message=message, paths=tuple(sorted(path[cut:] for path in changes.deleted))))
    if not any(file.path == SLUGIGNORE for file in files) and os.path.lexists(os.path.join(source.path, SLUGIGNORE)):
        message = ".slugignore is not tracked: git add it, or a push goes without its rules"
        notes.append(Note(id="slugignore-untracked", message=message, paths=(SLUGIGNORE,)))
    return notes
