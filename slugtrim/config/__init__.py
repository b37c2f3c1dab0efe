"""The configuration: where settings lie, and the one ``Config`` that comes of them, options and environment over file.

Nothing is followed out of the repository, and nothing but a file is opened. Where nothing is configured this is a look
at two names, and nothing is imported that it takes to read settings.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from slugtrim.config.settings import Config, Flags, Setting, TypedSetting, asked_of
from slugtrim.errors import ConfigError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.ignore import Dialect
from slugtrim.lean import platform_marks
from slugtrim.platforms import PLATFORM, PLATFORMS, Platform, platform_of
from slugtrim.sources.disk import read_whole, reason

if TYPE_CHECKING:
    from slugtrim.config.committed import Committed
    from slugtrim.config.reading import SettingsFile
    from slugtrim.lean import Learnt


SLUGTRIM = b"slugtrim.toml"
PYPROJECT = b"pyproject.toml"

LIMIT_BYTES = 1 << 20

_DIALECTS = {dialect.value: dialect for dialect in Dialect}
_INSTEAD = "put the settings into the file itself"
_TOO_LARGE = "is larger than 1 MB, too large for a settings file; shorten it"


def load_config(
    source: Source, flags: Flags, environ: Mapping[str, str], *, git_dir: bytes | None, learnt: Learnt | None = None
) -> Config:
    """Return what is configured for a source: options over environment over file.

    ``git_dir`` is the repository's (common) git directory; None for a directory, and where a work tree is at hand.
    ``learnt`` is what a lean start has seen of the source. Raises ``ConfigError`` with every mistake in it.
    """
    asked = {**asked_of(environ), **flags.asked()}
    named = asked.pop(Setting.FILE, None)
    committed = _committed(source, learnt) if _is_bare(source, git_dir) else None
    document = _document(source, committed, named) if flags.use_file else None
    seen = _seen_platforms(source, git_dir, committed)
    if document is None and not asked:
        return Config(platform=seen[0], beside=seen[1:])
    is_alone = document is None and asked.keys() == {Setting.DIALECT}
    said = _DIALECTS.get(asked[Setting.DIALECT].text) if is_alone else None
    if said is not None:
        return Config(platform=platform_of(said), dialect=said)
    from slugtrim.config.reading import merge  # 10 ms that a tree without settings does without

    return merge(document, asked, seen)


def _seen_platforms(source: Source, git_dir: bytes | None, committed: Committed | None) -> tuple[Platform, ...]:
    """The platforms that the repository shows signs of: by a file in the root, or by a remote. At least one.

    Files and git's settings are those on disk, also where a commit is measured; of a bare repository it is the commit's
    files.
    """
    marks = platform_marks(source.path, git_dir or os.path.join(source.root, b".git"))

    def has_sign(platform: Platform) -> bool:
        paths = (os.path.join(source.prefix, name) for name in platform.sign_files)
        return committed is not None and any(map(committed.has, paths))

    seen = tuple(each for each in PLATFORMS if each.id.encode() in marks or has_sign(each))
    return seen or (PLATFORM,)


def _document(source: Source, committed: Committed | None, named: TypedSetting | None) -> SettingsFile | None:
    if named is not None:
        from slugtrim.config.reading import named_document  # as above

        return named_document(named)
    read = _reading(source, committed)
    for directory in _directories(source):
        own, other = (read(os.path.join(directory, name)) for name in (SLUGTRIM, PYPROJECT))
        if own is not None or other is not None:
            from slugtrim.config.reading import document_in  # as above

            document = document_in(directory, own, other)
            if document is not None:
                return document
    return None


def _directories(source: Source) -> tuple[bytes, ...]:
    """Where to look, from the root of the repository: what is deployed on its own first."""
    return (source.prefix, b"") if source.prefix else (b"",)


def _reading(source: Source, committed: Committed | None) -> Callable[[bytes], bytes | None]:
    """What reads a file by its path from the root: None where there is none, ``ConfigError`` for what it cannot read.

    Of a work tree the files on disk count, also where a commit is measured. A ``pyproject.toml`` without the word
    "slugtrim" is as good as none, and may be broken. (It may spell that word with escapes; nobody does.)
    """
    read = committed or partial(_read_below, source.root)

    def with_settings(path: bytes) -> bytes | None:
        content = read(path)
        is_other = content is not None and os.path.basename(path) == PYPROJECT and b"slugtrim" not in content
        return None if is_other else content

    return with_settings


def _is_bare(source: Source, git_dir: bytes | None) -> bool:
    return source.kind is SourceKind.COMMIT and os.path.realpath(source.root) == git_dir


def _committed(source: Source, learnt: Learnt | None) -> Committed:
    """Return what the commit has of the names that count: one process for all of them."""
    from slugtrim.config.committed import Committed  # with git: 20 ms that a push which builds nothing does without

    settings = [os.path.join(at, name) for at in _directories(source) for name in (SLUGTRIM, PYPROJECT)]
    signs = [os.path.join(source.prefix, name) for platform in PLATFORMS for name in platform.sign_files]
    return Committed(source, [*settings, *signs], learnt)


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
        raise ConfigError([f"{name}: does not exist; name a settings file, or use --no-config"])
    content = _content(os.path.realpath(path), name, required=True)
    assert content is not None
    return content


def too_large(name: str) -> ConfigError:
    """The error for a file beyond ``LIMIT_BYTES``."""
    return ConfigError([f"{name}: {_TOO_LARGE}"])


def not_a_file(name: str) -> ConfigError:
    """The error for a directory, a pipe, a device."""
    return ConfigError([f"{name}: is not a file; settings must be in a regular file"])


def _content(target: bytes, name: str, *, required: bool) -> bytes | None:
    """What stands in the file. A ``pyproject.toml`` that is none has no settings, which is nobody's mistake."""
    try:
        info = os.stat(target)
        if not stat.S_ISREG(info.st_mode):
            if not required:
                return None
            raise not_a_file(name)
        if info.st_size > LIMIT_BYTES:
            raise too_large(name)
        return read_whole(target)
    except OSError as error:
        if not required and isinstance(error, FileNotFoundError):
            return None
        raise ConfigError([f"{name}: cannot be read ({reason(error)}); make it a readable file"]) from error
