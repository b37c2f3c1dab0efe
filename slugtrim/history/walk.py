"""A tree and its slug, moved from commit to commit by what differs: neither is listed or scanned anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.errors import SourceError
from slugtrim.files import (
    SYMLINK,
    File,
    FileCount,
    Source,
    SourceKind,
    Tree,
    Unreadable,
    directories_above,
    quoted,
)
from slugtrim.git import GITLINK, NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, GitEntry, Repository
from slugtrim.git.history import TreeChange
from slugtrim.ignore import Dialect
from slugtrim.scanner import scan
from slugtrim.sources.contents import BlobContents
from slugtrim.sources.held import HeldContents, LentContents
from slugtrim.sources.slugignore import slugignore_in_tree
from slugtrim.sources.tree import submodules_of

_PATH_MAX = 4096
"""Bytes of a link's target, at most, as for any other commit."""
_GITMODULES = b".gitmodules"


class TreeWalk:
    """The files of a commit's tree and of its slug. Both are empty at first."""

    def __init__(self, repository: Repository, dialect: Dialect, prefix: bytes, most_files: int) -> None:
        self._repository = repository
        self._dialect = dialect
        self._most_files = most_files
        self._homes: dict[bytes, Repository] = {}
        blobs = BlobContents(repository=repository, homes=self._homes)
        self._reader = blobs.open()  # one git process for all steps
        self.contents = HeldContents(LentContents(self._reader, blobs), keeps_latest=True)
        root = repository.top or repository.git_dir
        self._source = Source(kind=SourceKind.COMMIT, root=root, prefix=prefix)
        self._missing_reason = NOT_IN_PARTIAL_CLONE if repository.promisor else OBJECT_MISSING
        self._files: dict[bytes, File] = {}
        self._directories: Counter[bytes] = Counter()
        self._links: dict[bytes, bytes] = {}
        self._gitlinks: dict[bytes, GitEntry] = {}
        self._module_files: dict[bytes, File] = {}
        self._unreadable: dict[bytes, Unreadable] = {}
        self._modules_unreadable: tuple[Unreadable, ...] = ()
        self._rules: bytes | None = None
        self._is_scanned = True
        """False if the slug is that of a commit before, since the rules of this one can't be read."""
        self.kept: dict[bytes, File] = {}
        """The slug, by path."""

    @property
    def has_submodules(self) -> bool:
        """Return True if other repositories hold some of the files."""
        return bool(self._gitlinks)

    def has(self, path: bytes) -> bool:
        """Return True if the tree has this file, whether or not the slug does."""
        return path in self._files

    @property
    def unreadable(self) -> set[bytes]:
        """Return the paths that could not be listed or read."""
        return {*self._unreadable, *(gone.path for gone in self._modules_unreadable)}

    def close(self) -> None:
        """End the git process that reads contents."""
        self._reader.__exit__(None, None, None)

    def move(self, changes: Iterable[TreeChange], sizes: Mapping[bytes, int], shown: str) -> dict[bytes, File | None]:
        """Change the tree, and the slug with it. Return the paths whose entry in the slug changed, with those before.

        ``sizes`` has the size of each blob that is here. Raise ``RulesError`` if the rules of the new tree can't be
        read, and leave the slug as it was. Raise ``SourceError`` if git could not check the tree out: this walk is over
        then. ``shown`` names the tree in messages.
        """
        listed = list(changes)
        before = {change.path: self._files.get(change.path) for change in listed}
        self._apply(listed, sizes)
        touched = set(before)
        if any(GITLINK in (change.before_mode, change.mode) or change.path == _GITMODULES for change in listed):
            touched |= self._read_modules(shown)
        self._check(touched, shown)
        was_scanned, self._is_scanned = self._is_scanned, False
        rules = slugignore_in_tree(
            self._files,
            self._links,
            self.contents,
            {**self._unreadable, **{gone.path: gone for gone in self._modules_unreadable}},
        )
        kept_before = self.kept
        is_new = any((path in self._files) is not (before.get(path) is not None) for path in touched)
        links_change = any(SYMLINK in (change.before_mode, change.mode) for change in listed)
        if (
            not was_scanned
            or rules != self._rules
            or (self._dialect is not Dialect.GITIGNORE and (is_new or links_change))
        ):
            kept = self._scanned(self._files.values(), rules)
            self.kept = {file.path: file for file in kept}
            paths = (*kept_before, *(path for path in self.kept if path not in kept_before))
            changed = {path: kept_before.get(path) for path in paths if self.kept.get(path) != kept_before.get(path)}
        else:
            changed = self._keep(touched, before, rules)
        self._rules, self._is_scanned = rules, True
        return changed

    def _keep(
        self, touched: set[bytes], before: Mapping[bytes, File | None], rules: bytes | None
    ) -> dict[bytes, File | None]:
        """Change the slug where the tree did. A path that was there is decided already, by its path."""
        new = [self._files[path] for path in touched if path in self._files and before.get(path) is None]
        decided = {file.path for file in self._scanned(new, rules)} if new else set()
        found = {}
        for path in touched:
            file = self._files.get(path)
            is_kept = file is not None and (path in self.kept if before.get(path) is not None else path in decided)
            if (file if is_kept else None) != self.kept.get(path):
                found[path] = self.kept.get(path)
                if file is not None and is_kept:
                    self.kept[path] = file
                else:
                    del self.kept[path]
        return found

    def _scanned(self, files: Iterable[File], rules: bytes | None) -> Sequence[File]:
        """Return those of these files that are in the slug."""
        tree = Tree(
            source=self._source,
            files=tuple(sorted(files)),
            contents=self.contents,
            slugignore=rules,
            links=self._links,
        )
        return scan(tree, self._dialect).kept

    def _apply(self, changes: Sequence[TreeChange], sizes: Mapping[bytes, int]) -> None:
        for change in changes:
            self._drop(change.path)
            self._gitlinks.pop(change.path, None)
        new_links = []
        for change in changes:
            if change.mode == GITLINK:
                self._gitlinks[change.path] = GitEntry(change.path, change.mode, change.id)
            elif change.mode:
                size = sizes.get(change.id)
                if size is None:
                    self._unreadable[change.path] = Unreadable(path=change.path, reason=self._missing_reason)
                    continue
                file = File(change.path, size, change.mode, change.id)
                self._add(file)
                if file.mode == SYMLINK and file.size_bytes <= _PATH_MAX:
                    new_links.append(file)
        self._read_links(new_links)

    def _read_links(self, links: Sequence[File]) -> None:
        if links:
            with self.contents.open() as reader:
                found = zip(links, reader.batch(links), strict=True)
                self._links.update((file.path, target) for file, target in found if target is not None)

    def _add(self, file: File) -> None:
        self._files[file.path] = file
        self._directories.update(directories_above(file.path))

    def _drop(self, path: bytes) -> None:
        self._links.pop(path, None)
        self._unreadable.pop(path, None)
        if self._files.pop(path, None) is not None:
            for above in directories_above(path):
                self._directories[above] -= 1
                if not self._directories[above]:
                    del self._directories[above]

    def _read_modules(self, shown: str) -> set[bytes]:
        """List the submodules anew; return the paths that this may change."""
        gitmodules = [file for file in (self._files.get(_GITMODULES),) if file is not None]
        found = submodules_of(
            self._repository,
            [self._gitlinks[path] for path in sorted(self._gitlinks)],
            gitmodules,
            self._unreadable.values(),
            self._source.prefix,
            FileCount(shown, self._most_files),
        )
        touched = {*self._module_files, *(file.path for file in found.files)}
        for path in self._module_files:
            self._drop(path)
        for file in found.files:
            self._add(file)
        self._module_files = {file.path: file for file in found.files}
        self._modules_unreadable = found.unreadable
        self._homes.clear()
        self._homes.update(found.homes)
        self._read_links([file for file in found.files if file.mode == SYMLINK and file.size_bytes <= _PATH_MAX])
        return touched

    def _check(self, touched: Iterable[bytes], shown: str) -> None:
        FileCount(shown, self._most_files).add(len(self._files) + len(self._directories), 0)
        for path in touched:
            if path in self._files and (
                path in self._directories or any(above in self._files for above in directories_above(path))
            ):
                raise SourceError(
                    f"{shown}: holds {quoted(path)} as a file and as a directory, so git cannot check it out"
                )
