"""What files that are left out would have weighed compressed: estimated, never compressed.

From the ratio that files of the same extension reach in this very slug; failing that, from a table of usual ratios. The
figures of the table are medians over Rails, Django and Node applications.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from slugtrim.files import File

_HEADER_BYTES = 60
"""What a tar header costs in a compressed stream."""
_ENOUGH_BYTES = 64 * 1024
"""So much of an extension in the slug speaks for the rest of it."""

_COMPRESSED_ALREADY = (
    "7z avif br bz2 docx flac gem gif gz ico jar jpeg jpg m4a m4v mov mp3 mp4 odt ogg pdf png pptx rar tgz "
    "webm webp whl woff woff2 xlsx xz zip zst"
)
_USUAL_RATIOS = {
    **dict.fromkeys(_COMPRESSED_ALREADY.split(), 0.95),
    **dict.fromkeys("eot otf ttf wasm".split(), 0.55),
    **dict.fromkeys("ai bmp fig psd sketch sqlite3 wav".split(), 0.6),
    **dict.fromkeys("csv har html json log map snap sql svg tsv txt xml yaml yml".split(), 0.18),
}
_TEXT_RATIO = 0.3


class Estimator:
    """Estimates from what a measured slug holds."""

    def __init__(self, files: Iterable[File], shares: Mapping[bytes, int]) -> None:
        raw: dict[str, int] = defaultdict(int)
        compressed: dict[str, int] = defaultdict(int)
        for file in files:
            extension = _extension(file.path)
            raw[extension] += file.size_bytes
            compressed[extension] += max(shares[file.path] - _HEADER_BYTES, 0)
        self._ratios = {name: compressed[name] / size for name, size in raw.items() if size >= _ENOUGH_BYTES}

    def compressed_bytes(self, file: File) -> int:
        """About what ``file`` would add to the compressed slug."""
        extension = _extension(file.path)
        ratio = self._ratios.get(extension)
        if ratio is None:
            ratio = _USUAL_RATIOS.get(extension, _TEXT_RATIO)
        return round(file.size_bytes * ratio) + _HEADER_BYTES


def _extension(path: bytes) -> str:
    name = path.rpartition(b"/")[2]
    stem, dot, extension = name.rpartition(b".")
    return extension.decode("ascii", "replace").lower() if stem and dot else ""
