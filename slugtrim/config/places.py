"""Where settings lie, and the one ``Config`` that comes of them: on disk, in a commit of a bare repository, elsewhere.

Nothing is followed out of the repository, and nothing but a file is opened. Where nothing is configured this is a look
at two names, and nothing is imported that it takes to read settings.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from slugtrim.config.settings import Config, Flags, Setting, TypedSetting, asked_of
from slugtrim.errors import ConfigError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, Found, SourceKind, quoted
from slugtrim.git import NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, Entry, GitError, Repository
from slugtrim.platforms import PLATFORM
from slugtrim.sources.disk import read_whole, reason

if TYPE_CHECKING:
    from slugtrim.config.reading import SettingsFile

SLUGTRIM = b"slugtrim.toml"
PYPROJECT = b"pyproject.toml"

LIMIT_BYTES = 1 << 20

_DIALECTS = {dialect.value: dialect for dialect in PLATFORM.ignore_file.dialects}
_INSTEAD = "put the settings themselves into the file"
_TOO_LARGE = "is larger than 1 MB, so it is no list of settings; shorten it"


def load_config(found: Found, flags: Flags, environ: Mapping[str, str]) -> Config:
    """Return what is configured for what was found: options over environment over file.

    Raises ``ConfigError`` with every mistake in it.
    """
    asked = {**asked_of(environ), **flags.asked()}
    named = asked.pop(Setting.FILE, None)
    document = _document(found, named) if flags.use_file else None
    dialect = asked.get(Setting.DIALECT)
    if document is None and asked.keys() <= {Setting.DIALECT} and (dialect is None or dialect.text in _DIALECTS):
        return Config(dialect=_DIALECTS[dialect.text] if dialect is not None else None)
    from slugtrim.config.reading import merge  # 10 ms that a tree without settings does without

    return merge(document, asked)


def _document(found: Found, named: TypedSetting | None) -> SettingsFile | None:
    if named is not None:
        from slugtrim.config.reading import named_document  # as above

        return named_document(named)
    read = _reading(found)
    for directory in _directories(found):
        own, other = (read(os.path.join(directory, name)) for name in (SLUGTRIM, PYPROJECT))
        if own is not None or other is not None:
            from slugtrim.config.reading import document_in  # as above

            document = document_in(directory, own, other)
            if document is not None:
                return document
    return None


def _directories(found: Found) -> tuple[bytes, ...]:
    """Where to look, from the root of the repository: what is deployed on its own first."""
    return (found.source.prefix, b"") if found.source.prefix else (b"",)


def _reading(found: Found) -> Callable[[bytes], bytes | None]:
    """What reads a file by its path from the root: None where there is none, ``ConfigError`` for what it cannot read.

    Of a work tree the files on disk count, also where a commit is measured. A ``pyproject.toml`` without the word
    "slugtrim" is as good as none, and may be broken. (It may spell that word with escapes; nobody does.)
    """
    read = _committed(found) if _is_bare(found) else partial(_read_below, found.source.root)

    def with_settings(path: bytes) -> bytes | None:
        content = read(path)
        is_other = content is not None and os.path.basename(path) == PYPROJECT and b"slugtrim" not in content
        return None if is_other else content

    return with_settings


def _committed(found: Found) -> Callable[[bytes], bytes | None]:
    return _Committed(found, [os.path.join(at, name) for at in _directories(found) for name in (SLUGTRIM, PYPROJECT)])


def _is_bare(found: Found) -> bool:
    """Whether a commit is measured where there is no work tree."""
    source = found.source
    return source.kind is SourceKind.COMMIT and os.path.realpath(source.root) == found.git_dir


def _read_below(root: bytes, path: bytes) -> bytes | None:
    """A file of the work tree at ``root``."""
    full = os.path.join(root, path)
    if not os.path.lexists(full):
        return None
    name = quoted(path)
    target, top = os.path.realpath(full), os.path.realpath(root)
    if os.path.commonpath([target, top]) != top:
        raise ConfigError([f"{name}: is a symlink out of the repository; {_INSTEAD}"])
    return _content(target, name, required=os.path.basename(path) == SLUGTRIM)


def read_named(path: bytes, name: str) -> bytes:
    """A file that the user names; it may lie anywhere."""
    if b"\0" in path or not os.path.exists(path):
        raise ConfigError([f"{name}: does not exist; name a file with settings, or use --no-config"])
    content = _content(os.path.realpath(path), name, required=True)
    assert content is not None
    return content


def _too_large(name: str) -> ConfigError:
    """The error for a file beyond ``LIMIT_BYTES``."""
    return ConfigError([f"{name}: {_TOO_LARGE}"])


def _not_a_file(name: str) -> ConfigError:
    """The error for a directory, a pipe, a device."""
    return ConfigError([f"{name}: is not a file; settings are read from a file only"])


def _content(target: bytes, name: str, *, required: bool) -> bytes | None:
    """What stands in the file. A ``pyproject.toml`` that is none has no settings, which is nobody's mistake."""
    try:
        info = os.stat(target)
        if not stat.S_ISREG(info.st_mode):
            if not required:
                return None
            raise _not_a_file(name)
        if info.st_size > LIMIT_BYTES:
            raise _too_large(name)
        return read_whole(target)
    except OSError as error:
        if not required and isinstance(error, FileNotFoundError):
            return None
        raise ConfigError([f"{name}: cannot be read ({reason(error)}); make it a readable file"]) from error


class _Committed:
    """Reads files of the measured commit by their paths from the root of the repository.

    It asks git for the few that may be there: a known commit is never listed as a whole, and with a prefix the tree
    that is measured does not have the root's.
    """

    def __init__(self, found: Found, paths: Sequence[bytes]) -> None:
        assert found.git_dir is not None
        assert found.source.rev is not None
        repository = Repository.at(found.git_dir)
        assert repository is not None
        self._repository = repository
        self._commit = found.source.rev
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
            raise _not_a_file(name)
        return self._blob(entry.id, name)

    def _followed(self, link: Entry, name: str) -> Entry:
        """What a symlink points to: one step, to a file of the commit."""
        target = os.path.normpath(os.path.join(os.path.dirname(link.path), self._blob(link.id, name)))
        inside = target != b".." and not target.startswith((b"/", b"../")) and b"\0" not in target
        for entry in self._listed([target]) if inside else []:
            if entry.path == target and entry.mode != SYMLINK:
                return entry
        raise ConfigError(
            [f"{name}: is a symlink to no file of this commit; put the settings themselves into the file"]
        )

    def _listed(self, paths: Sequence[bytes]) -> list[Entry]:
        try:
            return self._repository.entries_at(self._commit, paths)
        except GitError as error:
            raise ConfigError(
                [f"slugtrim.toml: git cannot say whether it is there ({error.first_line}); use --no-config"]
            ) from error

    def _blob(self, id_: bytes, name: str) -> bytes:
        size = self._repository.sizes([id_]).get(id_)
        if size is not None and size > LIMIT_BYTES:
            raise _too_large(name)
        try:
            if size is not None:
                return self._repository.blob(id_)
        except GitError:
            pass
        why = NOT_IN_PARTIAL_CLONE if self._repository.promisor else OBJECT_MISSING
        raise ConfigError([f"{name}: cannot be read ({why}); fetch it, or use --no-config"])
