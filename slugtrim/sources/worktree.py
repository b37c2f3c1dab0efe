"""A work tree as a source: what git tracks, as a push of it would arrive.

A file that the index calls clean counts as its blob, so that line endings, LFS, ident and encodings measure as they are
pushed. A changed one counts its bytes on disk, or the pointer that git-lfs would make of it. No filter is ever run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from slugtrim.errors import RulesError, SourceError
from slugtrim.files import SYMLINK, File, Found, Note, Source, SourceKind, Tree, Unreadable, quoted
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


def find_worktree(repository: Repository, prefix: bytes = b"") -> Found:
    """The tracked files of the work tree. Raises ``SourceError`` when there is no work tree, or nothing is tracked."""
    if repository.top is None:
        raise SourceError(f"{quoted(repository.git_dir)}: is a bare repository; name the commit to measure with --rev")
    source = Source(kind=SourceKind.WORKTREE, root=repository.top, prefix=prefix, rev=repository.commit_id("HEAD"))
    survey = repository.survey(prefix)
    if not survey.index or (prefix and not survey.entries()):
        raise SourceError(_nothing_tracked(source))
    changes = Changes(repository, survey)
    notes = _untracked(survey)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=_fingerprint(repository, survey, changes, source),
        notes=notes,
        load=lambda: _read_worktree(repository, source, survey, changes, notes),
    )


def read_worktree(repository: Repository, prefix: bytes = b"") -> Tree:
    """The same, read at once."""
    return find_worktree(repository, prefix).load()


def _fingerprint(repository: Repository, survey: Survey, changes: Changes, source: Source) -> bytes | None:
    try:
        slugignore = slugignore_on_disk(source.path)
    except RulesError:
        return None
    parts = (
        survey.index,
        *changes.identity(),
        b"none" if slugignore is None else b"=" + slugignore,
        repository.packs(),
    )
    return b"".join(blake2b(part, digest_size=16).digest() for part in parts)


def _untracked(survey: Survey) -> tuple[Note, ...]:
    cut = len(survey.prefix) + 1 if survey.prefix else 0
    paths = tuple(path[cut:] for path in survey.untracked)
    return (Note(id="untracked", message="untracked: not pushed, so not counted", paths=paths),) if paths else ()


def _read_worktree(
    repository: Repository, source: Source, survey: Survey, changes: Changes, notes: tuple[Note, ...]
) -> Tree:
    cut = len(source.prefix) + 1 if source.prefix else 0
    entries = survey.entries()
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
        repository, objects.gitlinks, _gitmodules(repository, objects, source, changed), source.path
    )
    files = tuple(sorted((*objects.files, *changed.values(), *modules.files)))
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


def _nothing_tracked(source: Source) -> str:
    if source.prefix:
        return f"{quoted(source.prefix)}: git tracks nothing below it; name a tracked directory for --prefix"
    if source.rev is None:
        return f"{quoted(source.root)}: no commits yet and nothing is tracked; git add your files, or use --no-git"
    return f"{quoted(source.root)}: git tracks no file here; git add your files, or use --no-git"


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
