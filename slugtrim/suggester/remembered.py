"""What files read, remembered by content: while the names in the slug are the same, the same file reads the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from hashlib import blake2b

import msgspec

from slugtrim import __version__
from slugtrim.files import File
from slugtrim.store import KEY_BYTES, CacheTable, open_store
from slugtrim.suggester.paths import Paths
from slugtrim.suggester.reading import Hit

_FORMAT = "evidence-7"
"""Raised whenever the reading of files or what is kept of it changes."""

_hits = msgspec.msgpack.Decoder(list[Hit])


def open_evidence_cache(git_dir: bytes | None) -> CacheTable:
    """Return what is kept for the repository with this (common) git directory; for None, nothing that lasts."""
    return CacheTable(open_store(git_dir), _FORMAT)


class Remembered:
    """The hits of files, for one set of names to look for."""

    def __init__(self, cache: CacheTable, paths: Paths, sought: Iterable[bytes], roots: Sequence[bytes]) -> None:
        """``sought`` are the paths that are looked for among ``paths``."""
        self._cache = cache
        self._paths = paths
        about = [
            __version__.encode(),
            _FORMAT.encode(),
            *sorted(paths.files),
            *sorted(paths.directories),
            b"",
            *sorted(sought),
            b"",
            *roots,
        ]
        self._names_only = blake2b(b"\0".join(about), digest_size=KEY_BYTES).digest()
        self._about = self._names_only

    def about(self, called: Iterable[str]) -> Remembered:
        """The same while scripts of these names are called, of what was found without any."""
        other = copy(self)
        names = [name.encode("utf-8", "surrogatepass") for name in called]
        other._about = blake2b(b"\0".join([self._names_only, *sorted(names)]), digest_size=KEY_BYTES).digest()
        return other

    def get(self, file: File) -> list[Hit] | None:
        """Return what ``file`` reads; None if that is not known."""
        entry = self._cache.get(self._key(file)) if file.blob is not None else None
        try:
            hits = _hits.decode(entry) if entry is not None else None
        except msgspec.DecodeError:
            return None
        is_whole = hits is not None and all(self._is_here(hit) for hit in hits)
        return hits if is_whole else None  # else somebody else wrote it

    def put(self, file: File, hits: Sequence[Hit]) -> None:
        """Remember what ``file`` reads, if its content has a name."""
        if file.blob is not None:
            self._cache.put(self._key(file), msgspec.msgpack.encode(hits))

    def _is_here(self, hit: Hit) -> bool:
        target = hit.target
        return target.path in (self._paths.directories if target.is_directory else self._paths.files)

    def _key(self, file: File) -> bytes:
        about = b"\0".join((self._about, file.path, file.blob or b""))
        return blake2b(about, digest_size=KEY_BYTES).digest()
