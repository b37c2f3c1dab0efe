"""The size of a slug by what git keeps of each file, without reading any: for ``history --fast``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from slugtrim.files import File
from slugtrim.sizer.codec import GZIP_FRAME_BYTES
from slugtrim.sizer.measure import HEADER_BYTES, Ratios


class Estimate:
    """Stands for a ``Course``. A file that git keeps as a delta counts by its raw size and its extension."""

    def __init__(self, files: Iterable[File], deflated: Mapping[bytes, int]) -> None:
        """``files`` are those that say how well each extension compresses, by their ``deflated`` sizes."""
        known = [file for file in files if file.blob in deflated]
        self._ratios = Ratios(known, {file.path: deflated[file.blob or b""] + HEADER_BYTES for file in known})
        self._shares: dict[bytes, int] = {}
        self.compressed_bytes = GZIP_FRAME_BYTES
        self.margin_bytes = None
        self.unreadable: Sequence[bytes] = ()

    def step(self, gone: Sequence[File], come: Sequence[File], claimed: Mapping[bytes, int]) -> None:
        """Change the slug. A file that is replaced is in both."""
        for file in gone:
            self.compressed_bytes -= self._shares.pop(file.path)
        for file in come:
            deflated = claimed.get(file.blob or b"")
            share = deflated + HEADER_BYTES if deflated is not None else self._ratios.compressed_bytes(file)
            self._shares[file.path] = share
            self.compressed_bytes += share

    def share(self, path: bytes) -> int:
        """Return about what one file takes."""
        return self._shares[path]

    def shares(self) -> dict[bytes, int]:
        """Return the same for every file."""
        return dict(self._shares)
