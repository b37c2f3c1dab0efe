"""The compressed size of a set of files, and each file's share of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import islice

from msgspec import Struct

from slugtrim.cache import KEY_BYTES, SizeCache, repository_folder
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, Contents, File, Reader, Tree, Unreadable
from slugtrim.sizer.codec import GZIP_FRAME_BYTES, WINDOW_BYTES, Codec, default_codec
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.layout import PIECE_BYTES, Segment, is_large, segments
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.segment import Measured, measure_segment, shares
from slugtrim.sizer.stored import stored_sizes
from slugtrim.sizer.version import MODEL_VERSION


def open_size_cache(git_dir: bytes | None) -> SizeCache:
    """What is remembered for the repository with this (common) git directory; for None, nothing that lasts."""
    if git_dir is None:
        return SizeCache()
    return SizeCache(repository_folder(git_dir), f"{default_codec().name}-m{MODEL_VERSION}")


class Sizing(Struct, frozen=True, kw_only=True):
    """Predicted size of a gzipped tar."""

    compressed_bytes: int
    shares: Mapping[bytes, int]
    """Compressed bytes of each file by path. They add up to ``compressed_bytes`` exactly, if there is any file."""
    unreadable: tuple[Unreadable, ...]
    """Files whose contents could not be read, and count as empty."""

    def with_unlisted(self, tree: Tree) -> tuple[Unreadable, ...]:
        """What of ``tree`` could not be listed, and what of it could not be measured; each path once."""
        known = {gone.path for gone in tree.unreadable}
        return (*tree.unreadable, *(gone for gone in self.unreadable if gone.path not in known))


class Sizer:
    """Measures sets of files of one tree. What several sets have in common is compressed once.

    For one codec and one state of git's packs the numbers are the same whatever the cache holds and however many
    threads run. ``threads`` is the number of processors unless given.
    """

    def __init__(
        self,
        contents: Contents,
        *,
        cache: SizeCache | None = None,
        codec: Codec | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._contents = contents
        self._cache = cache if cache is not None else SizeCache()
        self._codec = codec or default_codec()
        self._threads = threads or os.cpu_count() or 1
        self._progress = progress or Progress()
        self._unreadable: dict[bytes, Unreadable] = {}
        self._last: tuple[Sequence[File] | None, Sizing | None] = None, None
        """What was measured last: several ask for the whole slug, one after the other."""

    def measure(self, files: Sequence[File]) -> Sizing:
        """The size of the slug that these files make."""
        known_files, known_sizing = self._last
        if files is known_files and known_sizing is not None:
            return known_sizing
        sizing = self._measure(files)
        if isinstance(files, tuple):  # nobody changes that
            self._last = files, sizing
        return sizing

    def _measure(self, files: Sequence[File]) -> Sizing:
        cut = list(segments(files))
        large = [file for file in files if is_large(file)]
        # What git has stored comes first, whatever the cache holds: else the number would depend on the past.
        sizes = stored_sizes(self._contents, large, self._cache)
        for file in large:
            numbers = self._cache.get(_large_key(file))
            if file.path not in sizes and numbers is not None:
                (sizes[file.path],) = numbers
        keys = [_segment_key(segment) for segment in cut]
        measured = {key: known for key in keys if (known := self._known(key)) is not None}
        missing = {key: segment for key, segment in zip(keys, cut, strict=True) if key not in measured}
        unmeasured = [file for file in large if file.path not in sizes]
        if missing or unmeasured:
            self._compress(missing, unmeasured, measured, sizes)
        return self._add_up(files, [(segment, measured[key]) for key, segment in zip(keys, cut, strict=True)], sizes)

    def _add_up(
        self, files: Sequence[File], parts: Sequence[tuple[Segment, Measured]], sizes: Mapping[bytes, int]
    ) -> Sizing:
        by_path: dict[bytes, int] = {}
        for segment, measured in parts:
            by_path.update(shares(segment, measured))
        for path, size in sizes.items():
            by_path[path] += size
        if files:
            by_path[files[0].path] += GZIP_FRAME_BYTES
        total = GZIP_FRAME_BYTES + sum(measured.compressed_bytes for _, measured in parts) + sum(sizes.values())
        gone = tuple(self._unreadable[file.path] for file in files if file.path in self._unreadable)
        return Sizing(compressed_bytes=total, shares=by_path, unreadable=gone)

    def _known(self, key: bytes) -> Measured | None:
        numbers = self._cache.get(key)
        return Measured(compressed_bytes=numbers[0], weights=numbers[1:]) if numbers is not None else None

    def _compress(
        self,
        missing: Mapping[bytes, Segment],
        large: Sequence[File],
        measured: dict[bytes, Measured],
        sizes: dict[bytes, int],
    ) -> None:
        small = [file for segment in missing.values() for file in segment.small_files]
        self._progress.expect(len(small) + len(large), sum(file.size_bytes for file in (*small, *large)))
        with self._contents.open() as reader:
            with Jobs(min(self._threads, len(missing) + len(large))) as jobs:
                contents = reader.batch(small)
                for key, segment in missing.items():
                    read = list(islice(contents, len(segment.small_files)))
                    done = partial(self._segment_done, measured, key, segment, None not in read)
                    jobs.submit(partial(measure_segment, self._codec, segment, read), done)
                for file in large:
                    self._submit_pieces(file, reader, jobs, sizes)
            self._unreadable.update((gone.path, gone) for gone in reader.unreadable)
        for file in large:
            if file.path not in self._unreadable:
                self._cache.put(_large_key(file), (sizes[file.path],))

    def _segment_done(
        self, measured: dict[bytes, Measured], key: bytes, segment: Segment, whole: bool, result: Measured
    ) -> None:
        measured[key] = result
        if whole:
            self._cache.put(key, (result.compressed_bytes, *result.weights))
        self._progress.advance(len(segment.small_files), sum(file.size_bytes for file in segment.small_files))

    def _submit_pieces(self, file: File, reader: Reader, jobs: Jobs, sizes: dict[bytes, int]) -> None:
        """In pieces, so that memory does not follow the largest file."""
        sizes[file.path] = 0
        before = b""
        for piece in reader.pieces(file, PIECE_BYTES):
            done = partial(self._piece_done, sizes, file.path, len(piece))
            jobs.submit(partial(self._codec.compressed_bytes, piece, before), done)
            before = piece[-WINDOW_BYTES:]
        self._progress.advance(1, 0)

    def _piece_done(self, sizes: dict[bytes, int], path: bytes, length: int, result: int) -> None:
        sizes[path] += result
        self._progress.advance(0, length)


def _segment_key(segment: Segment) -> bytes:
    parts = [b"last" if segment.last else b""]
    for member in segment.members:
        if isinstance(member, bytes):
            parts += (member, b"/")
        else:
            parts += (member.path, _MODES[member.mode], member.blob or b"?%d" % member.size_bytes)
    return blake2b(b"\0".join(parts), digest_size=KEY_BYTES).digest()


_MODES = {REGULAR: b"r", EXECUTABLE: b"x", SYMLINK: b"l"}


def _large_key(file: File) -> bytes:
    """For a file that no git knows, a key by its path: good for this run, whose tree does not change."""
    if file.blob is None:
        return blake2b(file.path, digest_size=KEY_BYTES - 1).digest() + b"L"
    return bytes.fromhex(file.blob[: 2 * KEY_BYTES - 2].decode("ascii")) + b"L"
