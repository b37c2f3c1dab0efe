"""What is kept of a report on a tree with these files and rules: the report, the totals."""

from __future__ import annotations

from hashlib import blake2b

from slugtrim import __version__
from slugtrim.cache import ResultCache, repository_folder
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.sizer.version import MODEL_VERSION, codec_name

_FORMAT = 4
"""Raised whenever what is kept of a report changes."""


class Kept:
    """Looks up and keeps what was finished before for one source, read in one dialect; nothing without a cache."""

    def __init__(self, found: Found, dialect: Dialect, *, use_cache: bool = True) -> None:
        self.git_dir = found.git_dir if use_cache else None
        """The repository whose cache it is; None where nothing is kept."""
        self._key = _key(found, dialect) if self.git_dir is not None else None
        self._results = ResultCache(repository_folder(self.git_dir) if self.git_dir is not None else None)

    def report(self) -> bytes | None:
        """The report as it was kept, None if none was."""
        return self._results.get(self._key) if self._key is not None else None

    def weight(self) -> bytes | None:
        """The totals alone, as they were kept; None if none were."""
        return self._results.get(f"{self._key}.weight") if self._key is not None else None

    def keep_weight(self, data: bytes) -> None:
        """Keeps totals that hold for every tree with this fingerprint."""
        if self._key is not None:
            self._results.put(f"{self._key}.weight", data)

    def keep_report(self, data: bytes) -> None:
        """Keeps a report that holds for every tree with this fingerprint."""
        if self._key is not None:
            self._results.put(self._key, data)

    def forget(self) -> None:
        """Lets go of what was kept: there is more to say now."""
        if self._key is not None:
            self._results.discard(self._key)


def _key(found: Found, dialect: Dialect) -> str | None:
    if found.fingerprint is None:
        return None
    about = f"{__version__} {_FORMAT} {MODEL_VERSION} {codec_name()} {dialect.value} ".encode()
    return blake2b(about + found.fingerprint, digest_size=20).hexdigest()
