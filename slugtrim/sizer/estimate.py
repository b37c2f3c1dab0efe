"""What files that are left out would weigh compressed, without compressing more of them than a bounded part.

A part of them is measured as a slug of its own: all of it when it is small, else segments and large files chosen by
hash. The rest goes by the ratio of its kind in that part; failing that, by a table of usual ratios.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from zlib import crc32

from slugtrim.files import File
from slugtrim.sizer.layout import is_large, segments
from slugtrim.sizer.measure import Sizer
from slugtrim.sizer.segment import HEADER_BYTES
from slugtrim.sizer.stored import is_media

_SAMPLE_BYTES = 6 << 20
_ENOUGH_BYTES = 64 * 1024
"""So much of an extension speaks for the rest of it."""
_MEDIA_RATIO = 0.97
_TEXT_RATIO = 0.3
_USUAL_RATIOS = {
    **dict.fromkeys("eot otf ttf wasm".split(), 0.55),
    **dict.fromkeys("ai bmp fig psd sketch sqlite3 wav".split(), 0.5),
    **dict.fromkeys("csv har html json log map snap sql svg tsv txt xml yaml yml".split(), 0.18),
    "ipynb": 0.6,
}


def estimated_shares(sizer: Sizer, files: Sequence[File]) -> dict[bytes, int]:
    """Path to about what each file would add to a compressed slug. Raises nothing for what cannot be read."""
    if not files:
        return {}
    part = _part(files)
    measured = dict(sizer.measure(part).shares)
    if len(part) < len(files):
        ratios = Ratios(part, measured)
        measured.update((file.path, ratios.compressed_bytes(file)) for file in files if file.path not in measured)
    return measured


def _part(files: Sequence[File]) -> list[File]:
    """Files to measure: whole segments, so that their neighbours stay with them, and large files."""
    if sum(file.size_bytes for file in files) <= 2 * _SAMPLE_BYTES:
        return list(files)
    groups = [list(segment.small_files) for segment in segments(files)]
    groups += [[file] for file in files if is_large(file)]
    groups = sorted((group for group in groups if group), key=lambda group: crc32(group[0].path))
    sizes = accumulate(sum(file.size_bytes for file in group) for group in groups)
    chosen = [group for group, size in zip(groups, sizes, strict=True) if size <= _SAMPLE_BYTES]
    return sorted(file for group in chosen for file in group)


class Ratios:
    """Compressed to raw bytes by extension, from files that were measured."""

    def __init__(self, files: Iterable[File], shares: Mapping[bytes, int]) -> None:
        raw: dict[str, int] = defaultdict(int)
        compressed: dict[str, int] = defaultdict(int)
        for file in files:
            extension = _extension(file.path)
            raw[extension] += file.size_bytes
            compressed[extension] += max(shares[file.path] - HEADER_BYTES, 0)
        self._ratios = {name: compressed[name] / size for name, size in raw.items() if size >= _ENOUGH_BYTES}

    def compressed_bytes(self, file: File) -> int:
        """About what ``file`` would add to the compressed slug."""
        extension = _extension(file.path)
        ratio = self._ratios.get(extension)
        if ratio is None:
            ratio = _MEDIA_RATIO if is_media(file) else _USUAL_RATIOS.get(extension, _TEXT_RATIO)
        return round(file.size_bytes * ratio) + HEADER_BYTES


def _extension(path: bytes) -> str:
    name = path.rpartition(b"/")[2]
    stem, dot, extension = name.rpartition(b".")
    return extension.decode("ascii", "replace").lower() if stem and dot else ""
