"""Where a configuration lies: in the work tree on disk, in a commit of a bare repository, or where somebody says.

Nothing is followed out of the repository, and nothing but a file is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial

from slugtrim.errors import ConfigError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.sources.disk import read_whole, reason

SLUGTRIM = b"slugtrim.toml"
PYPROJECT = b"pyproject.toml"

LIMIT_BYTES = 1 << 20

_INSTEAD = "put the settings themselves into the file"
_TOO_LARGE = "is larger than 1 MB, so it is no list of settings; shorten it"


def directories(source: Source) -> tuple[bytes, ...]:
    """Where to look, from the root of the repository: what is deployed on its own first."""
    return (source.prefix, b"") if source.prefix else (b"",)


def reading(source: Source, git_dir: bytes | None) -> Callable[[bytes], bytes | None]:
    """What reads a file by its path from the root: None where there is none, ``ConfigError`` for what it cannot read.

    Of a work tree the files on disk count, also where a commit is measured. A ``pyproject.toml`` without the word
    "slugtrim" is as good as none, and may be broken. (It may spell that word with escapes; nobody does.)
    """
    is_bare = source.kind is SourceKind.COMMIT and os.path.realpath(source.root) == git_dir
    read = _committed(source) if is_bare else partial(read_below, source.root)

    def with_settings(path: bytes) -> bytes | None:
        content = read(path)
        is_other = content is not None and os.path.basename(path) == PYPROJECT and b"slugtrim" not in content
        return None if is_other else content

    return with_settings


def _committed(source: Source) -> Callable[[bytes], bytes | None]:
    from slugtrim.config.committed import Committed

    return Committed(source, [os.path.join(at, name) for at in directories(source) for name in (SLUGTRIM, PYPROJECT)])


def read_below(root: bytes, path: bytes) -> bytes | None:
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


def too_large(name: str) -> ConfigError:
    """The error for a file beyond ``LIMIT_BYTES``."""
    return ConfigError([f"{name}: {_TOO_LARGE}"])


def not_a_file(name: str) -> ConfigError:
    """The error for a directory, a pipe, a device."""
    return ConfigError([f"{name}: is not a file; settings are read from a file only"])


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
