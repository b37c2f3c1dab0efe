"""Where the caches lie, and what is in all of them."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from msgspec import Struct

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
    return os.path.join(cache_directory(), "slugtrim-" + blake2b(git_dir, digest_size=12).hexdigest())


class CacheInfo(Struct, frozen=True, kw_only=True):
    """What is kept, for how many repositories."""

    directory: str
    repositories: int
    files: int
    size_bytes: int


def cache_info() -> CacheInfo:
    """What the caches of all repositories hold."""
    folders = _folders(cache_directory())
    sizes = [os.lstat(path).st_size for folder in folders for path in _files(folder)]
    return CacheInfo(directory=cache_directory(), repositories=len(folders), files=len(sizes), size_bytes=sum(sizes))


def clear_cache() -> CacheInfo:
    """Deletes the caches of all repositories, and nothing else that may lie there; the answer says what was there.

    Raises ``OSError`` when something cannot be deleted.
    """
    import shutil  # 5 ms that a run which deletes nothing does without

    info = cache_info()
    for folder in _folders(info.directory):
        shutil.rmtree(folder)
    with contextlib.suppress(OSError):
        os.rmdir(info.directory)
    return info


def replace_file(path: str, data: bytes) -> None:
    """Puts a whole new file in place of one, or leaves the old one. Raises ``OSError``."""
    scratch = f"{path}.{os.getpid()}.new"
    try:
        with open(scratch, "wb") as file:
            file.write(data)
        os.replace(scratch, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        raise


def append_file(path: str, data: bytes) -> None:
    """Appends in one write. Raises ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def prune(directory: str) -> None:
    """Deletes the folders used longest ago until the rest fit the limit."""
    import shutil  # 5 ms that a run which deletes nothing does without

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
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    paths = (os.path.join(directory, name) for name in names if _FOLDER_NAME.fullmatch(name))
    return [path for path in paths if os.path.isdir(path) and not os.path.islink(path)]


def _files(directory: str) -> Iterator[str]:
    for at, _, names in os.walk(directory):
        yield from (os.path.join(at, name) for name in names)


def read_file(path: str) -> bytes | None:
    """The content of a regular file of no more than any of these may have."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(info.st_mode) and info.st_size <= _FILE_LIMIT_BYTES else None
    except OSError:
        return None
