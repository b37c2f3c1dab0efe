"""Where the caches lie, and what is in all of them."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slugtrim.writing import replace_cached

_FOLDER_NAME = re.compile("slugtrim-[0-9a-f]{24}")
_FILE_LIMIT_BYTES = 48 << 20
_FOLDERS_LIMIT_BYTES = 256 << 20


def cache_directory() -> str:
    """Where the caches of all repositories lie: ``SLUGTRIM_CACHE_DIR``, else the user's cache directory."""
    named = os.environ.get("SLUGTRIM_CACHE_DIR")
    if named:
        return os.path.abspath(named)
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "slugtrim")


def repository_folder(git_dir: bytes) -> str:
    """The folder for the repository with this (common) git directory."""
    from hashlib import blake2b

    return os.path.join(cache_directory(), "slugtrim-" + blake2b(git_dir, digest_size=12).hexdigest())


def own_folder(folder: str | None) -> str | None:
    """Return ``folder``, or None if it is a symlink: what somebody else put there leads to files that are not ours.

    The directory of all caches may be one, for it is the user who makes that.
    """
    return folder if folder is not None and not os.path.islink(folder) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What is kept, for how many repositories."""

    directory: str
    repositories: int
    files: int
    size_bytes: int
    refused: tuple[str, ...] = ()
    """Folders and files that are symlinks: nothing is read, written or deleted through them."""


def cache_info() -> CacheInfo:
    """What the caches of all repositories hold."""
    folders = _folders(cache_directory())
    files = [path for folder in folders for path in _files(folder) if not os.path.islink(path)]
    return CacheInfo(
        directory=cache_directory(),
        repositories=len(folders),
        files=len(files),
        size_bytes=sum(os.lstat(path).st_size for path in files),
        refused=tuple(sorted(_links(cache_directory()))),
    )


def clear_cache() -> CacheInfo:
    """Deletes the caches of all repositories, and nothing else that may lie there; the answer says what was there.

    Raises ``OSError`` when something cannot be deleted.
    """
    import shutil

    info = cache_info()
    for folder in _folders(info.directory):
        shutil.rmtree(folder)
    with contextlib.suppress(OSError):
        os.rmdir(info.directory)
    return info


def replace_file(path: str, data: bytes) -> None:
    """Put a whole new file in place of one, or leave the old one. Raises ``OSError``."""
    replace_cached(os.fsencode(path), data)


def append_file(path: str, data: bytes) -> None:
    """Appends in one write. Raises ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def prune(directory: str) -> None:
    """Deletes the folders used longest ago until the rest fit the limit."""
    import shutil

    left = _FOLDERS_LIMIT_BYTES
    for folder in newest_first(_folders(directory)):
        left -= sum(os.lstat(path).st_size for path in _files(folder))
        if left < 0:
            shutil.rmtree(folder, ignore_errors=True)


def newest_first(paths: Iterable[str]) -> list[str]:
    """Paths by the time they were last changed."""
    dated = sorted(((os.lstat(path).st_mtime_ns, path) for path in paths), reverse=True)
    return [path for _, path in dated]


def _folders(directory: str) -> list[str]:
    """The folders of repositories: whoever names a directory of other things for the cache keeps those."""
    return [path for path in _named(directory) if os.path.isdir(path) and not os.path.islink(path)]


def _links(directory: str) -> Iterator[str]:
    """Symlinks in place of folders of repositories, and in those."""
    yield from filter(os.path.islink, _named(directory))
    for folder in _folders(directory):
        for at, directories, names in os.walk(folder):
            yield from filter(os.path.islink, (os.path.join(at, name) for name in (*directories, *names)))


def _named(directory: str) -> list[str]:
    """What has the name of a repository's folder."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return [os.path.join(directory, name) for name in names if _FOLDER_NAME.fullmatch(name)]


def _files(directory: str) -> Iterator[str]:
    for at, _, names in os.walk(directory):
        yield from (os.path.join(at, name) for name in names)


def read_file(path: str) -> bytes | None:
    """The content of a regular file of no more than any of these may have."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(info.st_mode) and info.st_size <= _FILE_LIMIT_BYTES else None
    except OSError:
        return None
