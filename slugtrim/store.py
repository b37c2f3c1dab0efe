"""What was measured before, kept by content: deleting any of it costs time and changes no number.

Every repository has a folder in the user's cache directory, not in its git directory: so read-only checkouts are
served, copies of a repository carry none of it, and one ``cache clear`` finds all. The folder holds one file: a header
with the format's version, then records, each a key with a payload or with a part of a table of small entries.

Writers append under a lock. Readers never wait: they walk the heads of the records, each with a checksum of its own,
and read the payloads they ask for. A file that is damaged, cut short, a symlink or of another version is not used, and
no error of the disk is raised.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from zlib import crc32

import msgspec
from msgspec import Struct

from slugtrim.lean import (
    CHECK,
    FOLDER_DIGITS,
    FOLDER_FLAGS,
    FOLDER_PREFIX,
    HEAD,
    HEAD_BYTES,
    KEY_BYTES,
    MAX_STORE_BYTES,
    READ_FLAGS,
    STORE_HEADER,
    STORE_NAME,
    Record,
    cache_directory,
    digest,
    read_payload,
    read_records,
    repository_folder,
    table_state,
)

__all__ = [
    "KEY_BYTES",
    "CacheInfo",
    "CacheTable",
    "Store",
    "cache_directory",
    "cache_info",
    "clear_cache",
    "digest",
    "open_store",
    "prune",
    "repository_folder",
    "table_key",
]

_MAX_FOLDERS_BYTES = 256 << 20
_MAX_RECORDS = 256
"""Beyond it the parts of each table are joined, so that walking the heads stays cheap."""
_MAX_PAYLOADS = 64
"""Payloads that are kept when the file is written anew, the newest first."""
_LOCK_TRIES = 100
_LOCK_SECONDS = 1.0

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_entries = msgspec.msgpack.Decoder(dict[bytes, bytes])


class _Pending(Struct, frozen=True, kw_only=True):
    """A record to write."""

    is_table: bool
    key: bytes
    payload: bytes

    def encode(self) -> bytes:
        """Return the record as it stands in the file."""
        head = HEAD.pack(self.is_table, len(self.payload), crc32(self.payload), self.key)
        return head + CHECK.pack(crc32(head)) + self.payload


class Store:
    """Payloads and tables by key, for one repository. Without a folder it keeps nothing."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder

    def get(self, key: bytes) -> bytes | None:
        """Return the latest payload under a key of ``KEY_BYTES``; None if missing or damaged."""
        if self._folder is None:
            return None
        with _opened(self._folder) as (folder, file, records, _):
            for record in reversed(records):
                if record.key == key and not record.is_table:
                    payload = read_payload(file, record)
                    with contextlib.suppress(OSError):
                        os.utime(folder)  # used, so not the first to be pruned
                    return payload
        return None

    def state(self, table: bytes) -> bytes:
        """Return what changes with every change of a table."""
        if self._folder is None:
            return b""
        with _opened(self._folder) as (_, _, records, _):
            return table_state(records, table)

    def put(self, key: bytes, payload: bytes) -> None:
        """Keep a payload in place of the one under the same key."""
        self._write(_Pending(is_table=False, key=key, payload=payload))

    def load(self, table: bytes) -> dict[bytes, bytes]:
        """Return the entries of a table. Damaged parts of it count as missing."""
        entries: dict[bytes, bytes] = {}
        if self._folder is not None:
            with _opened(self._folder) as (_, file, records, _):
                entries = _joined(file, (record for record in records if record.is_table and record.key == table))
        return entries

    def extend(self, table: bytes, entries: Mapping[bytes, bytes], used: Collection[bytes] = ()) -> None:
        """Add entries to a table, as one record. ``used`` are the keys to keep where there is no room for all."""
        self._write(_Pending(is_table=True, key=table, payload=msgspec.msgpack.encode(entries)), used)

    def _write(self, record: _Pending, used: Collection[bytes] = ()) -> None:
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with _locked(self._folder) as folder:
                _append(folder, record, used)
                os.utime(folder)
            prune(os.path.dirname(self._folder))


class CacheTable:
    """A table of a store in memory: entries by key. Without a store it lasts for this run only."""

    def __init__(self, store: Store | None = None, name: str = "") -> None:
        """``name`` holds all that entries depend on beside their keys, as the version of a model."""
        self._store = store or Store()
        self._key = table_key(name)
        self._known = self._store.load(self._key)
        self._used: set[bytes] = set()
        self._new: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the entry under a key of ``KEY_BYTES``; None if missing."""
        entry = self._known.get(key)
        if entry is not None:
            self._used.add(key)
        return entry

    def put(self, key: bytes, entry: bytes) -> None:
        """Remember an entry; ``save`` keeps it."""
        if self._known.get(key) != entry:
            self._known[key] = self._new[key] = entry
        self._used.add(key)

    @property
    def is_empty(self) -> bool:
        """Return True if there is no entry."""
        return not self._known

    def changes(self) -> tuple[dict[bytes, bytes], set[bytes]]:
        """Return the new entries, and the keys that were used."""
        return self._new, self._used

    def take_over(self, new: Mapping[bytes, bytes], used: Collection[bytes]) -> None:
        """Remember what a table of the same name in another process has of the two."""
        for key, entry in new.items():
            self.put(key, entry)
        self._used.update(used)

    def save(self) -> None:
        """Keep what is new."""
        if self._new:
            self._store.extend(self._key, self._new, self._used)
            self._new = {}


def table_key(name: str) -> bytes:
    """Return the key of the table with this name."""
    return digest(name.encode())


# One file: what is in it, and how it grows.


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tuple[int, int, list[Record], bool]]:
    """Open the file in the folder ``path``. Yield both, its records, and whether it is sound to its end.

    Where it cannot be opened or is none of this version, there are no records, and it is not sound.
    """
    folder = file = -1
    records: list[Record] = []
    is_sound = False
    try:
        with contextlib.suppress(OSError):
            folder = os.open(path, FOLDER_FLAGS)
            file = os.open(STORE_NAME, READ_FLAGS, dir_fd=folder)
            records, is_sound = read_records(file)
        yield folder, file, records, is_sound
    finally:
        for descriptor in (file, folder):
            if descriptor >= 0:
                os.close(descriptor)


def _joined(file: int, records: Iterable[Record]) -> dict[bytes, bytes]:
    """Return the entries of a table's parts; of equal keys the last one counts."""
    entries: dict[bytes, bytes] = {}
    for record in records:
        payload = read_payload(file, record)
        if payload is not None:
            with contextlib.suppress(msgspec.DecodeError):
                entries.update(_entries.decode(payload))
    return entries


@contextlib.contextmanager
def _locked(path: str) -> Iterator[int]:
    """Open the folder ``path`` as the only writer in it. Raises ``OSError``, also after waiting for a second."""
    folder = os.open(path, FOLDER_FLAGS)
    try:
        for _ in range(_LOCK_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_LOCK_SECONDS / _LOCK_TRIES)
        else:
            raise BlockingIOError
        yield folder
    finally:
        os.close(folder)


def _append(folder: int, record: _Pending, used: Collection[bytes]) -> None:
    """Add a record to the file in ``folder``, or write the file anew. Raises ``OSError``."""
    data = record.encode()
    file = -1
    records: list[Record] = []
    try:
        with contextlib.suppress(OSError):
            file = os.open(STORE_NAME, READ_FLAGS, dir_fd=folder)
            records, is_sound = read_records(file)
            size = os.fstat(file).st_size + len(data)
            if is_sound and size <= MAX_STORE_BYTES and len(records) < _MAX_RECORDS:
                end = os.open(STORE_NAME, _APPEND, dir_fd=folder)
                try:
                    os.write(end, data)  # one that is cut short is found by whoever writes next
                finally:
                    os.close(end)
                return
        _replace(folder, STORE_HEADER + b"".join(each.encode() for each in _compacted(file, records, record, used)))
    finally:
        if file >= 0:
            os.close(file)


def _compacted(file: int, records: list[Record], new: _Pending, used: Collection[bytes]) -> list[_Pending]:
    """Return what to keep of the records beside ``new``: half of a file at most, so that it can grow again.

    The newest payloads have half of that. Then come tables, the newest first, each as one record; the table that is
    written to keeps only what is ``used``, where it does not fit as a whole.
    """
    left = MAX_STORE_BYTES // 2 - len(STORE_HEADER)
    left_for_payloads = left // 2
    payloads: dict[bytes, _Pending] = {} if new.is_table else {new.key: new}
    for record in reversed([each for each in records if not each.is_table]):
        if record.key not in payloads and len(payloads) < _MAX_PAYLOADS:
            payload = read_payload(file, record)
            left_for_payloads -= record.length
            if payload is not None and left_for_payloads >= 0:
                payloads[record.key] = _Pending(is_table=False, key=record.key, payload=payload)
    tables: dict[bytes, _Pending] = {}
    for key in dict.fromkeys([new.key] * new.is_table + [each.key for each in reversed(records) if each.is_table]):
        entries = _joined(file, (each for each in records if each.is_table and each.key == key))
        if new.is_table and key == new.key:
            entries |= _entries.decode(new.payload)
            if len(msgspec.msgpack.encode(entries)) > left:
                entries = {each: entries[each] for each in used if each in entries}
        tables[key] = _Pending(is_table=True, key=key, payload=msgspec.msgpack.encode(entries))
    kept: list[_Pending] = []
    for pending in (*payloads.values(), *tables.values()):
        size = HEAD_BYTES + len(pending.payload)
        if size <= left:
            kept.append(pending)
            left -= size
    return kept[::-1]  # the newest last, as it was


def _replace(folder: int, data: bytes) -> None:
    """Put a whole new file in place of one, or leave the old one. Raises ``OSError``.

    What else lies in the folder is an older version's, or what a killed writer left: it is removed.
    """
    scratch = f"{STORE_NAME}.new"
    for name in os.listdir(folder):
        if name != STORE_NAME:
            _remove(folder, name)
    try:
        with open(os.open(scratch, _CREATE, 0o600, dir_fd=folder), "wb") as file:
            file.write(data)
        os.replace(scratch, STORE_NAME, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        _remove(folder, scratch)
        raise


def _remove(folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            import shutil  # 5 ms that a known tree does without

            shutil.rmtree(name, ignore_errors=True, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


# All repositories: where their folders lie, and what is in them.


class CacheInfo(Struct, frozen=True, kw_only=True):
    """What is kept, for how many repositories."""

    directory: str
    repositories: int
    files: int
    size_bytes: int
    refused: tuple[str, ...] = ()
    """Folders and files that are symlinks: nothing is read, written or deleted through them."""


def open_store(git_dir: bytes | None) -> Store:
    """Return the store of the repository with this (common) git directory; for None one that keeps nothing."""
    return Store(repository_folder(git_dir) if git_dir is not None else None)


def cache_info() -> CacheInfo:
    """Return what the folders of all repositories hold."""
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
    """Delete the folders of all repositories, and nothing else that may lie there; return what was there.

    Raises ``OSError`` when something cannot be deleted.
    """
    import shutil  # as above

    info = cache_info()
    for folder in _folders(info.directory):
        shutil.rmtree(folder)
    with contextlib.suppress(OSError):
        os.rmdir(info.directory)
    return info


def prune(directory: str) -> None:
    """Delete the folders used longest ago until the rest fit the limit."""
    left = _MAX_FOLDERS_BYTES
    dated = sorted(((os.lstat(folder).st_mtime_ns, folder) for folder in _folders(directory)), reverse=True)
    for _, folder in dated:
        left -= sum(os.lstat(path).st_size for path in _files(folder))
        if left < 0:
            import shutil  # as above

            shutil.rmtree(folder, ignore_errors=True)


def _folders(directory: str) -> list[str]:
    """Return the folders of repositories: other things in a directory that the user names for the cache stay."""
    return [path for path in _named(directory) if os.path.isdir(path) and not os.path.islink(path)]


def _links(directory: str) -> Iterator[str]:
    """Yield symlinks in place of folders of repositories, and in those."""
    yield from filter(os.path.islink, _named(directory))
    for folder in _folders(directory):
        for at, directories, names in os.walk(folder):
            yield from filter(os.path.islink, (os.path.join(at, name) for name in (*directories, *names)))


def _named(directory: str) -> list[str]:
    """Return what has the name of a repository's folder."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return [os.path.join(directory, name) for name in names if _is_folder_name(name)]


def _is_folder_name(name: str) -> bool:
    digits = name.removeprefix(FOLDER_PREFIX)
    return digits != name and len(digits) == FOLDER_DIGITS and set(digits) <= set("0123456789abcdef")


def _files(directory: str) -> Iterator[str]:
    for at, _, names in os.walk(directory):
        yield from (os.path.join(at, name) for name in names)
