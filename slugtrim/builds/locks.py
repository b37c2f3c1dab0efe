"""The files by which buildpacks install (``locks.toml``), and what tells them from those of another commit."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import blake2b

from slugtrim.cache import ResultCache, repository_folder
from slugtrim.files import File, Found

_TABLE = os.path.join(os.path.dirname(__file__), "locks.toml")
_MOST = 200
"""So many are remembered of a build: a line of the journal is written at once."""


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
    """The same of a source, as it was kept for a tree that is known. Raises as its ``load`` does."""
    is_kept = use_cache and found.git_dir is not None and found.fingerprint is not None
    results = ResultCache(repository_folder(found.git_dir) if is_kept and found.git_dir is not None else None)
    key = blake2b(_table() + (found.fingerprint or b""), digest_size=20).hexdigest() + ".locks"
    kept = _decode(results.get(key))
    if kept is not None:
        return kept
    locks = locks_of(found.load().files)
    results.put(key, json.dumps({_text(path): _text(blob) for path, blob in locks.items()}).encode("ascii"))
    return locks


def _decode(data: bytes | None) -> dict[bytes, bytes] | None:
    if data is None:
        return None
    try:
        return {path.encode("latin-1"): blob.encode("latin-1") for path, blob in json.loads(data).items()}
    except (ValueError, AttributeError):
        return None  # whoever wrote it, it is nothing of this version


def _text(path: bytes) -> str:
    return path.decode("latin-1")
