"""Finished texts by key, a file each."""

from __future__ import annotations

import contextlib
import os
import zlib

from slugtrim.cache.place import newest_first, own_folder, read_file, replace_file

_RESULTS_LIMIT = 64


class ResultCache:
    """Finished texts by key, the newest ``_RESULTS_LIMIT`` of them."""

    def __init__(self, folder: str | None = None) -> None:
        folder = own_folder(folder)
        self._folder = own_folder(os.path.join(folder, "results")) if folder is not None else None

    def get(self, key: str) -> bytes | None:
        """The text under a key, None if there is none that is whole."""
        data = read_file(os.path.join(self._folder, key)) if self._folder is not None else None
        if data is None:
            return None
        with contextlib.suppress(OSError):
            os.utime(os.path.dirname(self._folder or "."))  # used, so not the first to go
        checksum, _, text = data.partition(b"\n")
        return text if checksum == b"%08x" % zlib.crc32(text) else None

    def discard(self, key: str) -> None:
        """Forgets the text under a key, if it can be forgotten."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._folder, key))

    def put(self, key: str, text: bytes) -> None:
        """Keeps a text, if it can be kept."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            replace_file(os.path.join(self._folder, key), b"%08x\n" % zlib.crc32(text) + text)
            kept = [entry.path for entry in os.scandir(self._folder)]
            for path in newest_first(kept)[_RESULTS_LIMIT:]:
                os.unlink(path)
