"""Numbers by key, in a flat file that processes append to."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
import zlib
from collections.abc import Iterator, Mapping

from slugtrim.cache.place import append_file, own_folder, prune, read_file, replace_file

KEY_BYTES = 16
_NUMBER_BYTES = 8
_BLOCK = struct.Struct("<II")
"""Bytes of the payload that follows, and its CRC-32."""
_ENTRY = struct.Struct(f"<{KEY_BYTES}sI")
"""A key, and how many numbers of ``_NUMBER_BYTES`` follow it."""

Numbers = tuple[int, ...]

_SIZES_LIMIT_BYTES = 24 << 20
_TRIES = 100


class SizeCache:
    """Numbers by key. Without a file it remembers for this run only."""

    def __init__(self, folder: str | None = None, version: str = "") -> None:
        """``version`` names codec and model: entries of any other are not seen."""
        folder = own_folder(folder)
        self._path = os.path.join(folder, f"sizes-{version}") if folder is not None else None
        self._header = f"slugtrim sizes 2 {version}\n".encode()
        self._known = self._read()[0]
        self._used: set[bytes] = set()
        self._new: dict[bytes, Numbers] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._known

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
        """Adds what is new to the file, as other processes may at the same time. A file that cannot be is not."""
        if self._path is None or not self._new:
            return
        with contextlib.suppress(OSError):
            folder = os.path.dirname(self._path)
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with _locked(folder):
                self._write(self._path)
            os.utime(folder)
            self._new = {}
            prune(os.path.dirname(folder))

    def _write(self, path: str) -> None:
        known, size_bytes, whole = self._read()
        block = _block(self._new)
        if whole and size_bytes + len(block) <= _SIZES_LIMIT_BYTES:
            append_file(path, block)
            return
        # Not there, damaged, or too large: begin anew, and in the last case with what this run had use for.
        entries = known | self._new
        if len(self._header) + len(_block(entries)) > _SIZES_LIMIT_BYTES:
            entries = {key: self._known[key] for key in self._used}
        replace_file(path, self._header + _block(entries))

    def _read(self) -> tuple[dict[bytes, Numbers], int, bool]:
        """What the file holds, its size, and whether it is sound to its end."""
        data = read_file(self._path) if self._path is not None else None
        if data is None or not data.startswith(self._header):
            return {}, 0, False
        known: dict[bytes, Numbers] = {}
        at = len(self._header)
        while at < len(data):
            payload = _payload(data, at)
            entries = _entries(payload) if payload is not None else None
            if payload is None or entries is None:
                return known, len(data), False
            known.update(entries)
            at += _BLOCK.size + len(payload)
        return known, len(data), True


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Alone among those who write in the folder. Readers do not wait: a block that is half there is not there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Waits a second at the most: the cache is not worth more. Raises ``OSError`` then."""
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(1 / _TRIES)
    raise BlockingIOError


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


def _entries(payload: bytes) -> dict[bytes, Numbers] | None:
    """The entries of a block; None if they do not fill it, whatever its checksum says."""
    entries: dict[bytes, Numbers] = {}
    at = 0
    try:
        while at < len(payload):
            key, count = _ENTRY.unpack_from(payload, at)
            at += _ENTRY.size
            entries[key] = struct.unpack_from(f"<{count}Q", payload, at)
            at += count * _NUMBER_BYTES
    except struct.error:
        return None
    return entries
