"""Sizes that git has worked out already: a blob packed whole lies there deflated.

What it takes in the pack is what gzip would make of it, within 0.1 %, if the pack was written at zlib's usual level. A
repository may have been told otherwise (`core.compression`), so a few blobs of each kind are compressed again first.
Which ones depends on nothing but their ids and sizes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from slugtrim.cache import SizeCache
from slugtrim.files import Contents, File

_SAMPLES = 4
_SAMPLE_LIMIT_BYTES = 1 << 20
_SMALL_SAMPLE_BYTES = 160 << 10
_AGREE = 0.005
_HARDLY = 0.97

_COMPRESSED_ALREADY = frozenset(
    b"7z avif br bz2 docx flac gem gif gz ico jar jpeg jpg m4a m4v mov mp3 mp4 odt ogg pdf png pptx rar tgz webm webp "
    b"whl woff woff2 xlsx xz zip zst".split()
)
"""Formats that no level makes smaller. They are sampled apart from the rest: their agreement says nothing of it."""


def stored_sizes(contents: Contents, files: Sequence[File], cache: SizeCache) -> dict[bytes, int]:
    """Path to compressed bytes, for those of ``files`` that git keeps deflated at the usual level."""
    claimed = contents.deflated_bytes(files)
    sizes: dict[bytes, int] = {}
    for media in (True, False):
        group = [file for file in files if is_media(file) is media and _is_plausible(file, claimed, media=media)]
        if _confirmed(contents, group, claimed, cache):
            sizes.update((file.path, claimed[file.blob]) for file in group if file.blob is not None)
    return sizes


def is_media(file: File) -> bool:
    """Whether its name is that of a format which is compressed already."""
    return file.path.rpartition(b".")[2].lower() in _COMPRESSED_ALREADY


def _is_plausible(file: File, claimed: Mapping[bytes, int], *, media: bool) -> bool:
    """Not plausible is text that its pack holds as good as uncompressed, whatever the samples say of other packs."""
    size = claimed.get(file.blob) if file.blob is not None else None
    return size is not None and (media or size < _HARDLY * file.size_bytes)


def _confirmed(contents: Contents, group: Sequence[File], claimed: Mapping[bytes, int], cache: SizeCache) -> bool:
    """Whether sampled blobs, compressed again, come to what the packs claim. Too few to sample are not worth it."""
    by_id = {file.blob: file for file in group if file.blob is not None and file.size_bytes <= _SAMPLE_LIMIT_BYTES}
    samples = sorted(by_id.values(), key=_sampling_order)[:_SAMPLES]
    if not samples or len(group) <= _SAMPLES:
        return False
    actual = _again(contents, samples, cache)
    expected = sum(claimed[file.blob] for file in samples if file.blob is not None)
    return actual is not None and abs(expected - actual) <= _AGREE * actual


def _sampling_order(file: File) -> tuple[bool, bytes]:
    """Any will do, and small ones cost less."""
    return file.size_bytes > _SMALL_SAMPLE_BYTES, file.blob or b""


def _again(contents: Contents, samples: Sequence[File], cache: SizeCache) -> int | None:
    """Bytes of all samples at zlib's usual level; None if one cannot be read."""
    keys = {file: _key(file) for file in samples}
    unknown = [file for file in samples if len(cache.get(keys[file]) or ()) != 1]
    if unknown:
        with contents.open() as reader:
            for file, data in zip(unknown, reader.batch(unknown), strict=True):
                if data is None:
                    return None
                cache.put(keys[file], (len(zlib.compress(data)),))
    return sum(sum(cache.get(key) or ()) for key in keys.values())


def _key(file: File) -> bytes:
    assert file.blob is not None
    return bytes.fromhex(file.blob[:30].decode("ascii")) + b"z"
