"""The files by which buildpacks install (``locks.toml``), and what tells them from those of another commit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from slugtrim.files import File, Found
from slugtrim.store import digest, open_store

_TABLE = os.path.join(os.path.dirname(__file__), "locks.toml")
_MOST = 200
"""So many are remembered of a build: a line of the journal is written at once."""

_locks = msgspec.msgpack.Decoder(dict[bytes, bytes])


@cache
def _table() -> bytes:
    with open(_TABLE, "rb") as file:
        return file.read()


@cache
def _pattern() -> re.Pattern[bytes]:
    import tomllib  # 4 ms that a repository without recorded builds does without

    rows = tomllib.loads(_table().decode("utf-8"))["file"]
    paths = [re.escape(path).replace(r"\*", "[^/]*") for row in rows for path in row["paths"]]
    return re.compile("|".join(paths).encode(), re.DOTALL)


def locks_of(files: Iterable[File]) -> dict[bytes, bytes]:
    """Path to blob id of those among the files of a tree, the rules not looked at: it is before them that they act."""
    pattern = _pattern()
    found = {file.path: file.blob for file in files if file.path.count(b"/") < 3 and pattern.fullmatch(file.path)}
    return {path: blob for path, blob in sorted(found.items())[:_MOST] if blob is not None}


def known_locks(found: Found, *, use_cache: bool = True) -> Mapping[bytes, bytes]:
    """Return the same of a source, as kept for a tree that is known. Raises as its ``load`` does."""
    if found.fingerprint is None:
        return locks_of(found.load().files)
    store = open_store(found.git_dir if use_cache else None)
    key = digest(b"locks " + found.fingerprint + b" " + _table())
    kept = store.get(key)
    try:
        if kept is not None:
            return _locks.decode(kept)
    except msgspec.DecodeError:
        pass  # somebody else wrote it
    locks = locks_of(found.load().files)
    store.put(key, msgspec.msgpack.encode(locks))
    return locks
