"""Sizes that git has worked out already: a blob packed whole lies there deflated.

What it takes in the pack is what gzip would make of it, within 0.1 %, if the pack was written at zlib's usual level. A
repository may have been told otherwise (`core.compression`), so a few blobs of each kind are compressed again first.
Which ones depends on nothing but their ids.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from slugtrim.cache import SizeCache
from slugtrim.files import Contents, File

_SAMPLES = 4
_SAMPLE_LIMIT_BYTES = 1 << 20
_AGREE = 0.005

_COMPRESSED_ALREADY = frozenset(
    b"7z avif br bz2 flac gif gz jpeg jpg m4a mov mp3 mp4 ogg pdf png webm webp woff woff2 xz zip zst".split()
)
"""Formats that no level makes smaller. They are sampled apart from the rest: their agreement says nothing of it."""


def stored_sizes(contents: Contents, files: Sequence[File], cache: SizeCache) -> dict[bytes, int]:
    """Path to compressed bytes, for those of ``files`` that git keeps deflated at the usual level."""
    claimed = contents.deflated_bytes(files)
    sizes: dict[bytes, int] = {}
    for media in (True, False):
        group = [file for file in files if file.blob in claimed and _is_media(file) is media]
        if _confirmed(contents, group, claimed, cache):
            sizes.update((file.path, claimed[file.blob]) for file in group if file.blob is not None)
    return sizes


def _is_media(file: File) -> bool:
    return file.path.rpartition(b".")[2].lower() in _COMPRESSED_ALREADY


def _confirmed(contents: Contents, group: Sequence[File], claimed: Mapping[bytes, int], cache: SizeCache) -> bool:
    """Whether sampled blobs, compressed again, come to what the packs claim. Too few to sample are not worth it."""
    by_id = {file.blob: file for file in group if file.blob is not None and file.size_bytes <= _SAMPLE_LIMIT_BYTES}
    samples = [by_id[id_] for id_ in sorted(by_id)[:_SAMPLES]]
    if not samples or len(group) <= _SAMPLES:
        return False
    actual = _again(contents, samples, cache)
    expected = sum(claimed[file.blob] for file in samples if file.blob is not None)
    return actual is not None and abs(expected - actual) <= _AGREE * actual


def _again(contents: Contents, samples: Sequence[File], cache: SizeCache) -> int | None:
    """Bytes of all samples at zlib's usual level; None if one cannot be read."""
    keys = {file: _key(file) for file in samples}
    unknown = [file for file in samples if cache.get(keys[file]) is None]
    if unknown:
        with contents.open() as reader:
            for file, data in zip(unknown, reader.batch(unknown), strict=True):
                if data is None:
                    return None
                cache.put(keys[file], len(zlib.compress(data)))
    return sum(cache.get(key) or 0 for key in keys.values())


def _key(file: File) -> bytes:
    assert file.blob is not None
    return bytes.fromhex(file.blob[:30].decode("ascii")) + b"z"
