"""What is kept of a report on a tree with these files and rules: the report, the document made of it, the totals."""

from __future__ import annotations

from hashlib import blake2b

from slugtrim import __version__
from slugtrim.cache import ResultCache, repository_folder
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.sizer.version import MODEL_VERSION, codec_name

_FORMAT = 4
"""Raised whenever what is kept of a report or a document changes."""


class Kept:
    """Looks up and keeps what was finished before for one source, read in one dialect; nothing without a cache."""

    def __init__(self, found: Found, dialect: Dialect, *, use_cache: bool = True) -> None:
        self.git_dir = found.git_dir if use_cache else None
        """The repository whose cache it is; None where nothing is kept."""
        self._key = _key(found, dialect) if self.git_dir is not None else None
        self._results = ResultCache(repository_folder(self.git_dir) if self.git_dir is not None else None)
        self._has_report = False

    def report(self) -> bytes | None:
        """The report as it was kept, None if none was."""
        return self._results.get(self._key) if self._key is not None else None

    def document(self) -> bytes | None:
        """The document as it was kept, None if none was."""
        return self._results.get(f"{self._key}.json") if self._key is not None else None

    def weight(self) -> bytes | None:
        """The totals alone, as they were kept; None if none were."""
        return self._results.get(f"{self._key}.weight") if self._key is not None else None

    def keep_weight(self, data: bytes) -> None:
        """Keeps totals that hold for every tree with this fingerprint."""
        if self._key is not None:
            self._results.put(f"{self._key}.weight", data)

    def believe(self) -> None:
        """Says that the report at hand is the one kept."""
        self._has_report = True

    def keep_report(self, data: bytes) -> None:
        """Keeps a report that holds for every tree with this fingerprint."""
        if self._key is not None:
            self._results.put(self._key, data)
            self.believe()

    def forget(self) -> None:
        """Lets go of what was kept: there is more to say now."""
        if self._key is not None:
            self._results.discard(self._key)
            self._results.discard(f"{self._key}.json")

    def keep_document(self, data: bytes) -> None:
        """Keeps what was made of the report that was looked up or kept; of any other, nothing."""
        if self._key is not None and self._has_report:
            self._results.put(f"{self._key}.json", data)


def _key(found: Found, dialect: Dialect) -> str | None:
    if found.fingerprint is None:
        return None
    about = f"{__version__} {_FORMAT} {MODEL_VERSION} {codec_name()} {dialect.value} ".encode()
    return blake2b(about + found.fingerprint, digest_size=20).hexdigest()
