"""The settings of a bare repository, as the measured commit has them: with git, which most commands do without."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slugtrim.config import LIMIT_BYTES, SLUGTRIM, not_a_file, too_large
from slugtrim.errors import ConfigError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, Source, quoted
from slugtrim.git import NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, GitEntry, GitError, Repository

if TYPE_CHECKING:
    from slugtrim.lean import Learnt


class Committed:
    """Reads files of the measured commit by their paths from the root of the repository.

    It asks git for the few that may be there: a known commit is never listed as a whole, and with a prefix the tree
    that is measured does not have the root's.
    """

    def __init__(self, source: Source, paths: Sequence[bytes], learnt: Learnt | None = None) -> None:
        """``source`` is a commit of a bare repository; ``learnt`` is what a lean start has seen of it."""
        assert source.rev is not None
        known = Repository.learnt(learnt) if learnt is not None else None
        repository = known or Repository.at(os.path.realpath(source.root))
        assert repository is not None
        self._repository = repository
        self._commit = source.rev
        self._entries = {entry.path: entry for entry in self._listed(paths)}

    def __call__(self, path: bytes) -> bytes | None:
        """The content; None where the commit has no such file. Raises ``ConfigError``."""
        entry = self._entries.get(path)
        name = quoted(path)
        if entry is not None and entry.mode == SYMLINK:
            entry = self._followed(entry, name)
        if entry is None:
            return None
        if entry.mode not in (REGULAR, EXECUTABLE):
            if os.path.basename(path) != SLUGTRIM:
                return None
            raise not_a_file(name)
        return self._blob(entry.id, name)

    def has(self, path: bytes) -> bool:
        """Return True if the commit has something there."""
        return path in self._entries

    def _followed(self, link: GitEntry, name: str) -> GitEntry:
        """What a symlink points to: one step, to a file of the commit."""
        target = os.path.normpath(os.path.join(os.path.dirname(link.path), self._blob(link.id, name)))
        inside = target != b".." and not target.startswith((b"/", b"../")) and b"\0" not in target
        for entry in self._listed([target]) if inside else []:
            if entry.path == target and entry.mode != SYMLINK:
                return entry
        raise ConfigError(
            [f"{name}: is a symlink to a file missing from this commit; put the settings into the file itself"]
        )

    def _listed(self, paths: Sequence[bytes]) -> list[GitEntry]:
        try:
            return self._repository.entries_at(self._commit, paths)
        except GitError as error:
            raise ConfigError(
                [f"slugtrim.toml: git can't tell whether it exists ({error.first_line}); use --no-config"]
            ) from error

    def _blob(self, id_: bytes, name: str) -> bytes:
        size = self._repository.sizes([id_]).get(id_)
        if size is not None and size > LIMIT_BYTES:
            raise too_large(name)
        try:
            if size is not None:
                return self._repository.blob(id_)
        except GitError:
            pass
        why = NOT_IN_PARTIAL_CLONE if self._repository.promisor else OBJECT_MISSING
        raise ConfigError([f"{name}: cannot be read ({why}); fetch it, or use --no-config"])
