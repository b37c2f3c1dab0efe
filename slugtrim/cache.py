"""What was measured before, kept by content only: deleting any of it costs time and changes no number.

It lives in the user's cache directory, not in the repository's git directory: it serves read-only checkouts, it is no
business of anyone who copies a repository, and one `cache clear` finds all of it. A folder for each repository holds

- ``sizes-…``: a flat file of keys with a few numbers each, appended to in checksummed blocks. One for each codec and
  version of the model, so that no other ever reads it.
- ``results/``: finished reports by the tree and rules they are about.

Nothing here raises for a file that is damaged, unwritable or from another version: it counts as not there.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KEY_BYTES = 16
_NUMBER_BYTES = 8
_BLOCK = struct.Struct("<II")
"""Bytes of the payload that follows, and its CRC-32."""
_ENTRY = struct.Struct(f"<{KEY_BYTES}sI")
"""A key, and how many numbers of ``_NUMBER_BYTES`` follow it."""

Numbers = tuple[int, ...]

_SIZES_LIMIT_BYTES = 24 << 20
_RESULTS_LIMIT = 64
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

    return os.path.join(cache_directory(), blake2b(git_dir, digest_size=12).hexdigest())


class SizeCache:
    """Numbers by key. Without a file it remembers for this run only."""

    def __init__(self, folder: str | None = None, version: str = "") -> None:
        """``version`` names codec and model: entries of any other are not seen."""
        self._path = os.path.join(folder, f"sizes-{version}") if folder is not None else None
        self._header = f"slugtrim sizes 2 {version}\n".encode()
        self._damaged = True
        self._size_bytes = 0
        self._known: dict[bytes, Numbers] = self._load()
        self._used: set[bytes] = set()
        self._new: dict[bytes, Numbers] = {}

    def get(self, key: bytes) -> Numbers | None:
        """The numbers under a key of ``KEY_BYTES``, None if there are none."""
        value = self._known.get(key)
        if value is not None:
            self._used.add(key)
        return value

    def put(self, key: bytes, value: Numbers) -> None:
        """Remembers numbers; ``save`` keeps them."""
        if self._known.get(key) != value:
            self._known[key] = self._new[key] = value
        self._used.add(key)

    def save(self) -> None:
        """Appends what is new in one write, so that two processes may do so at once. A file that cannot be is not."""
        if self._path is None or not self._new:
            return
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            block = _block(self._new)
            if self._damaged or self._size_bytes + len(block) > _SIZES_LIMIT_BYTES:
                # Too large, damaged or not there: begin anew, with what this run had use for.
                replace_file(self._path, self._header + _block({key: self._known[key] for key in self._used}))
            else:
                append_file(self._path, block)
            self._new = {}
            prune(os.path.dirname(os.path.dirname(self._path)))

    def _load(self) -> dict[bytes, Numbers]:
        data = _read(self._path) if self._path is not None else None
        if data is None or not data.startswith(self._header):
            return {}
        known: dict[bytes, Numbers] = {}
        at = len(self._header)
        self._damaged = False
        while at < len(data):
            payload = _payload(data, at)
            if payload is None:
                self._damaged = True
                break
            known.update(_entries(payload))
            at += _BLOCK.size + len(payload)
        self._size_bytes = len(data)
        return known


def _block(entries: Mapping[bytes, Numbers]) -> bytes:
    payload = b"".join(
        _ENTRY.pack(key, len(numbers)) + struct.pack(f"<{len(numbers)}Q", *numbers) for key, numbers in entries.items()
    )
    return _BLOCK.pack(len(payload), zlib.crc32(payload)) + payload


def _payload(data: bytes, at: int) -> bytes | None:
    """The entries of the block that begins at ``at``; None if it is cut short or its checksum is wrong."""
    if at + _BLOCK.size > len(data):
        return None
    length, checksum = _BLOCK.unpack_from(data, at)
    payload = data[at + _BLOCK.size : at + _BLOCK.size + length]
    return payload if len(payload) == length and zlib.crc32(payload) == checksum else None


def _entries(payload: bytes) -> Iterator[tuple[bytes, Numbers]]:
    at = 0
    while at < len(payload):
        key, count = _ENTRY.unpack_from(payload, at)
        at += _ENTRY.size
        yield key, struct.unpack_from(f"<{count}Q", payload, at)
        at += count * _NUMBER_BYTES


class ResultCache:
    """Finished texts by key, the newest ``_RESULTS_LIMIT`` of them."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = os.path.join(folder, "results") if folder is not None else None

    def get(self, key: str) -> bytes | None:
        """The text under a key, None if there is none that is whole."""
        data = _read(os.path.join(self._folder, key)) if self._folder is not None else None
        if data is None:
            return None
        checksum, _, text = data.partition(b"\n")
        return text if checksum == b"%08x" % zlib.crc32(text) else None

    def put(self, key: str, text: bytes) -> None:
        """Keeps a text, if it can be kept."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            replace_file(os.path.join(self._folder, key), b"%08x\n" % zlib.crc32(text) + text)
            for path in _newest_first(self._folder)[_RESULTS_LIMIT:]:
                os.unlink(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What is kept, for how many repositories."""

    directory: str
    repositories: int
    files: int
    size_bytes: int


def cache_info() -> CacheInfo:
    """What the caches of all repositories hold."""
    directory = cache_directory()
    sizes = [os.lstat(path).st_size for path in _files(directory)]
    with contextlib.suppress(OSError):
        folders = len(os.listdir(directory))
        return CacheInfo(directory=directory, repositories=folders, files=len(sizes), size_bytes=sum(sizes))
    return CacheInfo(directory=directory, repositories=0, files=0, size_bytes=0)


def clear_cache() -> CacheInfo:
    """Deletes it all; the answer says what was there. Raises ``OSError`` when something cannot be deleted."""
    import shutil

    info = cache_info()
    if os.path.isdir(info.directory):
        shutil.rmtree(info.directory)
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
    import shutil

    left = _FOLDERS_LIMIT_BYTES
    for folder in _newest_first(directory):
        left -= sum(os.lstat(path).st_size for path in _files(folder))
        if left < 0:
            shutil.rmtree(folder, ignore_errors=True)


def _newest_first(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        dated = sorted(((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in entries), reverse=True)
    return [path for _, path in dated]


def _files(directory: str) -> Iterator[str]:
    for at, _, names in os.walk(directory):
        yield from (os.path.join(at, name) for name in names)


def _read(path: str) -> bytes | None:
    """The content of a regular file of no more than any of these may have."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(info.st_mode) and info.st_size <= 2 * _SIZES_LIMIT_BYTES else None
    except OSError:
        return None
