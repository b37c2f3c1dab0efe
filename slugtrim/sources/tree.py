"""Read the trees that git stores: commits and work trees, with the files of their submodules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import SYMLINK, Contents, File, FileCount, Note, Source, Tree, Unreadable, quoted
from slugtrim.git import GITLINK, NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, GitEntry, GitError, Listing, Repository, Survey
from slugtrim.sources.contents import BlobContents, Changes, WorktreeContents
from slugtrim.sources.disk import read_whole
from slugtrim.sources.revision import shown_revision
from slugtrim.sources.slugignore import SLUGIGNORE, slugignore_in_tree, slugignore_on_disk

_GITMODULES = b".gitmodules"
_GITMODULES_LIMIT_BYTES = 1 << 20
_PATH_MAX = 4096
"""Bytes of a link's target, at most. A longer blob is not read as one."""
_SHOWN_BYTES = 300
"""Bytes of a path in a message."""


def commit_tree(repository: Repository, rev: str, source: Source, most: int) -> Tree:
    """Return the tree of a commit, found as ``source``. ``rev`` is the user's name for it.

    Raise ``SourceError`` if it has more than ``most`` files and directories.
    """
    count = FileCount(shown_revision(rev), most)
    commit, prefix = source.rev, source.prefix
    assert commit is not None
    objects = _objects(repository, rev, commit, prefix, count)
    modules = _read_submodules(
        repository, objects.gitlinks, _read_gitmodules(repository, objects), _checkout(repository, prefix), count
    )
    files = tuple(sorted(objects.files + modules.files))
    _check_paths(shown_revision(rev), files)
    contents = BlobContents(repository=repository, homes=modules.homes)
    links = _read_links(contents, files)
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


def _objects(repository: Repository, rev: str, commit: str, prefix: bytes, count: FileCount) -> _Objects:
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
    return _read_objects(repository, listing, repository.missing_objects(tree))


def _checkout(repository: Repository, prefix: bytes) -> bytes | None:
    if repository.top is None:
        return None
    return repository.top + b"/" + prefix if prefix else repository.top


def _check_paths(shown: str, files: Sequence[File]) -> None:
    """Raise ``SourceError`` if a path occurs twice, or is both a file and a directory: git checks out no such tree.

    ``shown`` is the tree's name in the message.
    """
    paths = {file.path for file in files}
    if len(paths) < len(files):
        times = Counter(file.path for file in files)
        raise _no_tree(shown, min(path for path in times if times[path] > 1), "twice")
    above: set[bytes] = set()
    for directory in {path.rpartition(b"/")[0] for path in paths}:
        while directory and directory not in above:
            above.add(directory)
            directory = directory.rpartition(b"/")[0]
    both = paths & above
    if both:
        raise _no_tree(shown, min(both), "as a file and as a directory")


def _no_tree(shown: str, path: bytes, how: str) -> SourceError:
    name = quoted(path if len(path) <= _SHOWN_BYTES else path[:_SHOWN_BYTES] + b"...")
    return SourceError(f"{shown}: holds {name} {how}, so git cannot check it out; see git fsck, and commit it anew")


def worktree_tree(
    repository: Repository, source: Source, survey: Survey, changes: Changes, notes: tuple[Note, ...], most: int
) -> Tree:
    """Return the tree of a work tree, found as ``source``. ``notes`` are about untracked files.

    Raise ``SourceError`` if it has more than ``most`` files and directories, submodules included.
    """
    shown = quoted(source.path)
    cut = len(source.prefix) + 1 if source.prefix else 0
    entries: Iterable[GitEntry] = survey.entries.values()
    count = FileCount(shown, most)
    count.add(len(survey.entries), 0)
    if changes.settled:
        entries = (entry for entry in entries if entry.path not in changes.settled)
    if cut or changes.modes:
        entries = (
            entry._replace(path=entry.path[cut:], mode=changes.modes.get(entry.path, entry.mode)) for entry in entries
        )
    listing = Listing(entries=tuple(entries))
    objects = _read_objects(repository, listing, repository.missing_objects(source.rev) if source.rev else frozenset())
    changed = {file.path[cut:]: file._replace(path=file.path[cut:]) for file in changes.files}
    modules = _read_submodules(
        repository, objects.gitlinks, _gitmodules(repository, objects, source, changed), source.path, count
    )
    files = tuple(sorted((*objects.files, *changed.values(), *modules.files)))
    _check_paths(shown, files)
    contents = WorktreeContents(
        root=source.path,
        blobs=BlobContents(repository=repository, homes=modules.homes),
        object_format=repository.object_format,
        changed=frozenset(changed),
        stands_in={path[cut:]: content for path, content in changes.stands_in.items()},
    )
    gone = [Unreadable(path=lost.path[cut:], reason=lost.reason) for lost in changes.unreadable]
    unreadable = (*objects.unreadable, *gone, *modules.unreadable)
    links = _read_links(contents, files)
    return Tree(
        source=source,
        files=files,
        contents=contents,
        slugignore=_slugignore(source, files, changed, links, contents, unreadable),
        links=links,
        has_submodules=bool(objects.gitlinks),
        unreadable=unreadable,
        notes=(*_worktree_notes(changes, cut, files, source), *modules.notes, *notes),
    )


def _gitmodules(
    repository: Repository, objects: _Objects, source: Source, changed: Mapping[bytes, File]
) -> bytes | None:
    file = changed.get(_GITMODULES)
    if file is None or not objects.gitlinks:
        return _read_gitmodules(repository, objects) if objects.gitlinks else b""
    if file.mode == SYMLINK or file.size_bytes > _GITMODULES_LIMIT_BYTES:
        return b""
    try:
        return read_whole(os.path.join(source.path, _GITMODULES))
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
    """Return the rules on disk; those in git if the file is clean in the index, or left out by a sparse checkout."""
    by_path = {file.path: file for file in files}
    recorded = by_path.get(SLUGIGNORE)
    on_disk = os.path.lexists(os.path.join(source.path, SLUGIGNORE))
    if on_disk and (recorded is None or recorded.mode == SYMLINK or SLUGIGNORE in changed):
        return slugignore_on_disk(source.path)
    return slugignore_in_tree(by_path, links, contents, {gone.path: gone for gone in unreadable})


def _worktree_notes(changes: Changes, cut: int, files: Sequence[File], source: Source) -> list[Note]:
    notes = []
    if changes.deleted:
        message = "deleted in the working tree, so not counted"
        notes.append(Note(id="deleted", message=message, paths=tuple(sorted(path[cut:] for path in changes.deleted))))
    if not any(file.path == SLUGIGNORE for file in files) and os.path.lexists(os.path.join(source.path, SLUGIGNORE)):
        message = ".slugignore is not tracked by git, so a push won't include it: add and commit it"
        notes.append(Note(id="slugignore-untracked", message=message, paths=(SLUGIGNORE,)))
    return notes


def _read_links(contents: Contents, files: Sequence[File]) -> dict[bytes, bytes]:
    """Return path to target of every symlink among ``files``."""
    links = [file for file in files if file.mode == SYMLINK and file.size_bytes <= _PATH_MAX]
    with contents.open() as reader:
        targets = reader.batch(links)
        return {file.path: target for file, target in zip(links, targets, strict=True) if target is not None}


# Objects of one repository, and of its submodules.


class _Objects(Struct, frozen=True, kw_only=True):
    """Files whose contents are blobs of one repository."""

    files: tuple[File, ...]
    gitlinks: tuple[GitEntry, ...]
    unreadable: tuple[Unreadable, ...]


def _read_objects(repository: Repository, listing: Listing, missing: frozenset[bytes], at: bytes = b"") -> _Objects:
    """Return the files of a listing with their sizes. ``at`` is put before each path: empty, or ending in a slash."""
    sizes: Mapping[bytes, int] = {}
    if listing.files is None:
        sizes = repository.sizes((entry.id for entry in listing.entries if entry.mode != GITLINK), missing)
    files = list(listing.files or ())
    if at:
        files = [file._replace(path=at + file.path) for file in files]
    unreadable = [
        Unreadable(path=(at + gone.path).removesuffix(b"/"), reason=gone.reason) for gone in listing.unreadable
    ]
    make = tuple.__new__  # a named tuple's own way takes twice as long
    for path, mode, id_ in listing.entries:
        size = sizes.get(id_)
        if mode == GITLINK:
            continue
        if size is None:
            reason = NOT_IN_PARTIAL_CLONE if repository.promisor else OBJECT_MISSING
            unreadable.append(Unreadable(path=at + path, reason=reason))
        else:
            files.append(make(File, (at + path, size, mode, id_)))
    gitlinks = tuple(entry for entry in listing.entries if entry.mode == GITLINK)
    return _Objects(files=tuple(files), gitlinks=gitlinks, unreadable=tuple(unreadable))


def _read_gitmodules(repository: Repository, objects: _Objects, at: bytes = b"") -> bytes | None:
    """Return the ``.gitmodules`` among ``objects``; empty if missing, None if it can't be read.

    git follows no symlink of that name.
    """
    path = at + _GITMODULES
    file = next((file for file in objects.files if file.path == path), None)
    if file is None:
        return None if any(gone.path == path for gone in objects.unreadable) else b""
    if file.mode == SYMLINK or file.size_bytes > _GITMODULES_LIMIT_BYTES or file.blob is None:
        return b""
    try:
        return repository.blob(file.blob)
    except GitError:
        return None


class Submodules(Struct, frozen=True, kw_only=True):
    """The files that the submodules of a tree add to it."""

    files: tuple[File, ...]
    homes: dict[bytes, Repository]
    """Path of a file to the repository that holds its blob."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]


class _Level(Struct, frozen=True, kw_only=True):
    """A tree that holds gitlinks: the measured one, or a submodule's."""

    repository: Repository
    checkout: bytes | None
    at: bytes
    gitlinks: Sequence[GitEntry]
    gitmodules: bytes | None


def _read_submodules(
    repository: Repository,
    gitlinks: Sequence[GitEntry],
    gitmodules: bytes | None,
    checkout: bytes | None,
    count: FileCount,
) -> Submodules:
    """Return the files below ``gitlinks``, including submodules of submodules.

    ``gitmodules`` is the content of the tree's ``.gitmodules``; None if it can't be read. ``checkout`` is the directory
    of the checked-out tree, if any. All files count towards ``count``.
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
            objects = _read(home, link, path + b"/", count)
            files += objects.files
            homes.update((file.path, home) for file in objects.files)
            unreadable += objects.unreadable
            levels.append(_below(level, home, link, objects))
    return Submodules(
        files=tuple(files), homes=homes, unreadable=tuple(unreadable), notes=_submodule_notes(unreadable, unmapped)
    )


def submodules_of(
    repository: Repository,
    gitlinks: Sequence[GitEntry],
    files: Iterable[File],
    unreadable: Iterable[Unreadable],
    prefix: bytes,
    count: FileCount,
) -> Submodules:
    """Return what the submodules of a commit's tree add to it. ``.gitmodules`` is among its files, or unreadable."""
    objects = _Objects(files=tuple(files), gitlinks=tuple(gitlinks), unreadable=tuple(unreadable))
    gitmodules = _read_gitmodules(repository, objects)
    return _read_submodules(repository, gitlinks, gitmodules, _checkout(repository, prefix), count)


def _submodule_notes(unreadable: Sequence[Unreadable], unmapped: Sequence[bytes]) -> tuple[Note, ...]:
    notes = []
    missing = tuple(gone.path for gone in unreadable if gone.reason.startswith("submodule"))
    if missing:
        message = "submodules that are not here are not measured; run git submodule update --init --recursive"
        notes.append(Note(id="missing-submodule", message=message, paths=missing))
    if unmapped:
        which, them = ("a submodule", "it") if len(unmapped) == 1 else ("submodules", "them")
        message = f"{which} without an entry in .gitmodules, so the platform can't restore {them}"
        notes.append(Note(id="unmapped-submodule", message=message, paths=tuple(unmapped)))
    return tuple(notes)


def _read(home: Repository, link: GitEntry, at: bytes, count: FileCount) -> _Objects:
    commit = link.id.decode("ascii")
    listing = home.list_tree(commit, count)
    return _read_objects(home, listing, home.missing_objects(commit), at)


def _below(level: _Level, home: Repository, link: GitEntry, objects: _Objects) -> _Level:
    at = level.at + link.path + b"/"
    return _Level(
        repository=home,
        checkout=os.path.join(level.checkout, link.path) if level.checkout is not None else None,
        at=at,
        gitlinks=objects.gitlinks,
        gitmodules=_read_gitmodules(home, objects, at),
    )


def _find(level: _Level, link: GitEntry, name: bytes | None) -> Repository | None:
    """Return the repository that holds the commit: the checked-out one, or the one in the git directory."""
    candidates = []
    if level.checkout is not None:
        candidates.append(_git_dir(os.path.join(level.checkout, link.path)))
    if name and b".." not in name.split(b"/"):
        # Joined by hand, since a name with a leading slash must not lead elsewhere. A linked work tree has its own.
        kept = dict.fromkeys((level.repository.git_dir, level.repository.common_dir))
        candidates += [directory + b"/modules/" + name for directory in kept]
    for git_dir in candidates:
        home = Repository.at(git_dir) if os.path.isdir(git_dir) else None
        if home is not None and home.commit_id(link.id.decode("ascii")):
            return home
    return None


def _git_dir(checkout: bytes) -> bytes:
    """Return the git directory of a checked-out submodule: its ``.git``, or the directory which that file names."""
    path = os.path.join(checkout, b".git")
    try:
        target = read_whole(path).removeprefix(b"gitdir: ").rstrip(b"\r\n")
    except OSError:
        return path
    return os.path.join(checkout, target)
