"""Submodules: a push restores them, so their files count where their commit is here, and are named where it is not."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from msgspec import Struct

from slugtrim.files import SYMLINK, File, Note, Unreadable
from slugtrim.git import GITLINK, NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, Entry, GitError, Listing, Repository
from slugtrim.sources.disk import read_whole

GITMODULES = b".gitmodules"
GITMODULES_LIMIT_BYTES = 1 << 20


class Objects(Struct, frozen=True, kw_only=True):
    """Files whose contents are blobs of one repository."""

    files: tuple[File, ...]
    gitlinks: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...]


def read_objects(repository: Repository, listing: Listing, missing: frozenset[bytes], at: bytes = b"") -> Objects:
    """The files of a listing, with their sizes. ``at`` (empty, or ending in a slash) is put before each path."""
    sizes: Mapping[bytes, int] = {}
    if listing.files is None:
        sizes = repository.sizes((entry.id for entry in listing.entries if entry.mode != GITLINK), missing)
    files = list(listing.files or ())
    if at:
        files = [file._replace(path=at + file.path) for file in files]
    unreadable = [
        Unreadable(path=(at + gone.path).removesuffix(b"/"), reason=gone.reason) for gone in listing.unreadable
    ]
    for entry in listing.entries:
        size = sizes.get(entry.id)
        if entry.mode == GITLINK:
            continue
        if size is None:
            reason = NOT_IN_PARTIAL_CLONE if repository.promisor else OBJECT_MISSING
            unreadable.append(Unreadable(path=at + entry.path, reason=reason))
        else:
            files.append(File(at + entry.path, size, entry.mode, entry.id))
    gitlinks = tuple(entry for entry in listing.entries if entry.mode == GITLINK)
    return Objects(files=tuple(files), gitlinks=gitlinks, unreadable=tuple(unreadable))


def read_gitmodules(repository: Repository, objects: Objects, at: bytes = b"") -> bytes | None:
    """The ``.gitmodules`` among ``objects``, empty if there is none, None if it cannot be read.

    git follows no symlink of that name.
    """
    path = at + GITMODULES
    file = next((file for file in objects.files if file.path == path), None)
    if file is None:
        return None if any(gone.path == path for gone in objects.unreadable) else b""
    if file.mode == SYMLINK or file.size_bytes > GITMODULES_LIMIT_BYTES or file.blob is None:
        return b""
    try:
        return repository.blob(file.blob)
    except GitError:
        return None


class Submodules(Struct, frozen=True, kw_only=True):
    """What the submodules of a tree add to it."""

    files: tuple[File, ...]
    homes: dict[bytes, Repository]
    """Path of a file to the repository that holds its blob."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]


class _Level(Struct, frozen=True, kw_only=True):
    """A tree that holds gitlinks: the one measured, or a submodule's."""

    repository: Repository
    checkout: bytes | None
    at: bytes
    gitlinks: Sequence[Entry]
    gitmodules: bytes | None


def read_submodules(
    repository: Repository, gitlinks: Sequence[Entry], gitmodules: bytes | None, checkout: bytes | None
) -> Submodules:
    """The files below ``gitlinks``, submodules of submodules included.

    ``gitmodules`` is the content of the tree's ``.gitmodules``, None if that cannot be read; ``checkout`` the directory
    the tree is checked out in, if it is.
    """
    files: list[File] = []
    homes: dict[bytes, Repository] = {}
    unreadable: list[Unreadable] = []
    unmapped: list[bytes] = []
    levels = [_Level(repository=repository, checkout=checkout, at=b"", gitlinks=gitlinks, gitmodules=gitmodules)]
    while levels:
        level = levels.pop()
        names = level.repository.submodule_names(level.gitmodules) if level.gitlinks and level.gitmodules else {}
        for link in level.gitlinks:
            path = level.at + link.path
            if link.path not in names and level.gitmodules is not None:
                unmapped.append(path)
                continue
            home = _find(level, link, names.get(link.path))
            if home is None:
                reason = f"submodule whose commit {link.id[:10].decode()} is not here; run git submodule update --init"
                unreadable.append(Unreadable(path=path, reason=reason))
                continue
            objects = _read(home, link, path + b"/")
            files += objects.files
            homes.update((file.path, home) for file in objects.files)
            unreadable += objects.unreadable
            levels.append(_below(level, home, link, objects))
    return Submodules(files=tuple(files), homes=homes, unreadable=tuple(unreadable), notes=_notes(unreadable, unmapped))


def _notes(unreadable: Sequence[Unreadable], unmapped: Sequence[bytes]) -> tuple[Note, ...]:
    notes = []
    missing = tuple(gone.path for gone in unreadable if gone.reason.startswith("submodule"))
    if missing:
        message = "submodules that are not here are not measured; run git submodule update --init --recursive"
        notes.append(Note(id="missing-submodule", message=message, paths=missing))
    if unmapped:
        message = "recorded as submodules without an entry in .gitmodules: the platform cannot restore them"
        notes.append(Note(id="unmapped-submodule", message=message, paths=tuple(unmapped)))
    return tuple(notes)


def _read(home: Repository, link: Entry, at: bytes) -> Objects:
    commit = link.id.decode("ascii")
    missing = home.missing_objects(commit)
    return read_objects(home, home.list_tree(commit, missing), missing, at)


def _below(level: _Level, home: Repository, link: Entry, objects: Objects) -> _Level:
    at = level.at + link.path + b"/"
    return _Level(
        repository=home,
        checkout=os.path.join(level.checkout, link.path) if level.checkout is not None else None,
        at=at,
        gitlinks=objects.gitlinks,
        gitmodules=read_gitmodules(home, objects, at),
    )


def _find(level: _Level, link: Entry, name: bytes | None) -> Repository | None:
    """The repository that holds the commit: the one checked out, or the one kept in the git directory."""
    candidates = []
    if level.checkout is not None:
        candidates.append(_git_dir(os.path.join(level.checkout, link.path)))
    if name and b".." not in name.split(b"/"):
        # Joined by hand: a name that begins with a slash must not lead elsewhere. A linked work tree has its own.
        kept = dict.fromkeys((level.repository.git_dir, level.repository.common_dir))
        candidates += [directory + b"/modules/" + name for directory in kept]
    for git_dir in candidates:
        home = Repository.at(git_dir) if os.path.isdir(git_dir) else None
        if home is not None and home.commit_id(link.id.decode("ascii")):
            return home
    return None


def _git_dir(checkout: bytes) -> bytes:
    """The git directory of a checked-out submodule: its ``.git``, or where that file points."""
    path = os.path.join(checkout, b".git")
    try:
        target = read_whole(path).removeprefix(b"gitdir: ").rstrip(b"\r\n")
    except OSError:
        return path
    return os.path.join(checkout, target)
