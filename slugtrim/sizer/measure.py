"""The compressed size of a set of files, and each file's share of it.

The tar stream over the files is cut into segments, each compressed on its own; a large file is compressed apart, in
pieces, or counts as what git keeps it in. Sizes of a codec are scaled to gzip's (``scale``). A file's
share of a segment goes by the weight of its content.

Every size is kept in a table by what it depends on, so that only what is new is compressed.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise, zip_longest
from typing import Annotated
from zlib import crc32

import msgspec
from msgspec import Struct, field

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, Contents, File, Reader, Unreadable, directories_above
from slugtrim.sizer.codec import GZIP, GZIP_FRAME_BYTES, WINDOW_BYTES, Codec, default_codec
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.scale import (
    SAMPLE_BYTES,
    SEAM_BYTES,
    Ratio,
    Scale,
    Seam,
    is_large_outright,
    is_small_outright,
    margin_bytes,
    pieces_of_segment,
    ratio,
    sample,
    sample_of_seam,
    sampled_pieces,
    sampled_seams,
    sampled_segments,
    seam_bytes,
)
from slugtrim.sizer.stream import (
    END_OF_ARCHIVE,
    LARGE_BYTES,
    PIECE_BYTES,
    Member,
    Segment,
    directory_header,
    file_header,
    is_large,
    padding,
    segments,
    segments_without,
)
from slugtrim.sizer.version import MODEL_VERSION
from slugtrim.sources.held import held
from slugtrim.store import KEY_BYTES, CacheTable, digest, open_store

HEADER_BYTES = 60
"""What a header costs in a compressed stream, in bytes, where most of it repeats the one before."""

_MODES = {REGULAR: b"r", EXECUTABLE: b"x", SYMLINK: b"l"}
_numbers = msgspec.msgpack.Decoder(tuple[Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)], ...])
"""No file is larger than 256 terabytes, so no larger number is a size."""

_CUT_BYTES = 1200
"""What the stretch before a cut saves behind it, on average."""

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

_ESTIMATED_FROM_BYTES = 2 << 20
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


def open_size_cache(git_dir: bytes | None) -> CacheTable:
    """Return the sizes kept for the repository with this (common) git directory; for None, none that last."""
    return CacheTable(open_store(git_dir), f"sizes {default_codec().name}-m{MODEL_VERSION}")


def keep_numbers(cache: CacheTable, key: bytes, numbers: Sequence[int]) -> None:
    """Remember numbers under a key."""
    cache.put(key, msgspec.msgpack.encode(numbers))


def kept_numbers(cache: CacheTable, key: bytes, count: int) -> tuple[int, ...] | None:
    """Return the ``count`` numbers under a key; None if missing, or if somebody else wrote them."""
    entry = cache.get(key)
    try:
        numbers = _numbers.decode(entry) if entry is not None else ()
    except msgspec.DecodeError:
        return None
    return numbers if entry is not None and len(numbers) == count else None


class Sizing(Struct, frozen=True, kw_only=True):
    """Predicted size of a gzipped tar."""

    compressed_bytes: int
    shares: Mapping[bytes, int]
    """Compressed bytes of each file by path. They add up to ``compressed_bytes`` exactly, if there is any file."""
    unreadable: tuple[Unreadable, ...]
    """Files whose contents could not be read, and count as empty."""
    scale: Scale
    """What another set of files has to be measured by for the difference to be theirs alone."""
    margin_bytes: int
    """The true size is within so much of the predicted one in about 19 cases of 20."""


class ToSize(Struct, frozen=True, kw_only=True):
    """A slug to size, and what to size beside it."""

    contents: Contents
    kept: Sequence[File]
    left_out: Sequence[File] = ()
    """Files to estimate."""
    other: Sequence[File] | None = None
    """What another reading of the rules keeps; None if its size is not needed."""


class Sized(Struct, frozen=True, kw_only=True):
    """Its sizes."""

    sizing: Sizing
    left_out_shares: Mapping[bytes, int]
    """About what each file left out would add."""
    other: Sizing | None


def size_each(
    wanted: Sequence[ToSize],
    *,
    cache: CacheTable | None = None,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> list[Sized]:
    """Return the sizes of slugs, each of a tree of its own. Without a ``cache`` they share nothing.

    ``meanwhile`` is called while threads compress, any number of times.
    """
    sized = []
    for each in wanted:
        sizer = Sizer(each.contents, cache=cache, progress=progress, meanwhile=meanwhile)
        sizing = sizer.measure(each.kept)
        left_out_shares = estimated_shares(sizer, each.left_out, sizing)
        other = sizing if each.other == each.kept else None
        if each.other is not None and other is None:
            other = sizer.measure(each.other)
        sized.append(Sized(sizing=sizing, left_out_shares=left_out_shares, other=other))
    return sized


class Sizer:
    """Measures sets of files of one tree. What several sets have in common is compressed once.

    For one codec and one state of git's packs the numbers are the same whatever the cache holds and however many
    threads run. ``threads`` is the number of processors unless given.
    """

    def __init__(
        self,
        contents: Contents,
        *,
        cache: CacheTable | None = None,
        codec: Codec | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        self._contents = contents
        self._cache = cache if cache is not None else CacheTable()
        self._codec = codec or default_codec()
        self._threads = threads or os.cpu_count() or 1
        self._progress = progress or Progress()
        self._meanwhile = meanwhile
        self._unreadable: dict[bytes, Unreadable] = {}
        self._weights: dict[bytes, int] = {}
        """By path: the weight of a content is the same in whatever segment."""
        self._last: tuple[Sequence[File] | None, Sizing | None] = None, None
        """What was measured last: several ask for the whole slug, one after the other."""

    def measure(self, files: Sequence[File], like: Sizing | None = None) -> Sizing:
        """The size of the slug that these files make.

        With ``like`` it is measured by the scale of that one: the difference of both has no error of sampling.
        """
        known_files, known_sizing = self._last
        if files is known_files and known_sizing is not None and like is None:
            return known_sizing
        cut = list(segments(files))
        large = [file for file in files if file.size_bytes >= LARGE_BYTES and is_large(file)]
        parts = self._parts(cut, large, {}, like.scale if like else None)
        sizing = self._add_up(files, cut, parts)
        if isinstance(files, tuple) and like is None:  # nobody changes that
            self._last = files, sizing
        return sizing

    @property
    def is_new(self) -> bool:
        """Return True if no size is known yet."""
        return self._cache.is_empty

    def report_to(self, progress: Progress) -> None:
        """Report from now on to this one."""
        self._progress = progress

    def handed_over(self, files: Sequence[File]) -> bytes:
        """Return the size of the slug that these files make, for the same sizer in another process to take over."""
        sizing = self.measure(files)
        new, used = self._cache.changes()
        return msgspec.msgpack.encode(_HandedOver(sizing, self._weights, new, list(used)))

    def take_over(self, files: Sequence[File], handed_over: bytes) -> Sizing:
        """Return the size that another process measured, and know all that it does.

        Raises ``msgspec.DecodeError`` for anything else.
        """
        measured = _handed_over.decode(handed_over)
        self._cache.take_over(measured.new, measured.used)
        self._weights.update(measured.weights)
        self._unreadable.update((gone.path, gone) for gone in measured.sizing.unreadable)
        self._last = files, measured.sizing
        return measured.sizing

    def dwindling(self, files: Sequence[File], groups: Iterable[Sequence[File]], whole: Sizing) -> Iterator[int]:
        """Compressed bytes of the slug once each group is gone as well; the groups are disjoint parts of ``files``.

        ``whole`` is the size of ``files``.
        """
        cut = list(segments(files))
        known: dict[int, SegmentSize] = {}
        """By the identity of the segments in ``cut``: most of them stay the same."""
        large = [file for file in files if is_large(file)]
        claimed = self._contents.deflated_bytes(large)
        contents, self._contents = self._contents, held(self._contents)
        below = Counter(above for file in files for above in directories_above(file.path))
        for group in groups:
            gone = {file.path for file in group}
            below.subtract(above for path in gone for above in directories_above(path))
            gone.update(above for file in group for above in directories_above(file.path) if not below[above])
            before, cut = cut, list(segments_without(cut, gone))
            large = [file for file in large if file.path not in gone]
            parts = self._parts(cut, large, known, whole.scale, claimed)
            known = {id(segment): part for segment, part in zip(cut, parts.segments, strict=True)}
            del before  # so that no new segment has the identity of an old one
            yield parts.total
        self._contents = contents

    def parts_after(
        self,
        cut: Sequence[Segment],
        large: Sequence[File],
        known: Mapping[int, SegmentSize],
        claimed: Mapping[bytes, int],
        changed: Iterable[bytes],
    ) -> Parts:
        """Return the sizes of another set of files, ``cut`` already, some of whose segments are ``known`` by identity.

        ``changed`` are the paths whose files differ from those measured before, of whatever tree; ``claimed`` is what
        ``deflated_bytes`` says of the large files.
        """
        for path in changed:
            self._weights.pop(path, None)
            self._unreadable.pop(path, None)
        return self._parts(cut, large, known, None, claimed)

    @property
    def unreadable(self) -> Collection[bytes]:
        """Return the paths of files whose contents could not be read."""
        return self._unreadable

    def _parts(
        self,
        cut: Sequence[Segment],
        large: Sequence[File],
        known: Mapping[int, SegmentSize],
        scale: Scale | None,
        claimed: Mapping[bytes, int] | None = None,
    ) -> Parts:
        """Return the sizes of segments, some of which are ``known`` by identity, and of large files.

        Without a ``scale`` it is found by samples.
        """
        work = self._work(cut, scale)
        measured: dict[bytes, SegmentSize] = {}
        sizes: dict[bytes, int] = {}
        keys, missing = self._look_up_segments(cut, known, measured, work)
        with Jobs(self._threads) as jobs:
            # What git has stored counts, whatever the cache holds: else the number would depend on the past.
            # Whoever has asked git already (``claimed``) may read by one reader only, which two threads can't share.
            ask = partial(stored_sizes, self._contents, large, self._cache, claimed)
            asked = jobs.begin(ask) if claimed is None else ask
            self._submit_segments(missing, jobs, measured, work)
            stored = asked()
            text = [file for file in large if file.path not in stored and not is_media(file)]
            work.add_text(text, scale, self._codec)
            unmeasured = self._look_up_large((file for file in large if file.path not in stored), sizes, work)
            seams = {key: seam for key, seam in work.seams.items() if not work.knows_sample(key, self._cache)}
            self._submit_large(unmeasured, seams, jobs, sizes, work)
            if self._meanwhile is not None and (missing or unmeasured or seams):
                self._meanwhile()
        for file in unmeasured:
            if file.path not in self._unreadable:
                keep_numbers(self._cache, _large_key(file, work.codec_for(file)), (sizes[file.path],))
        known_large = {**sizes, **stored}
        return Parts(
            segments=[measured[key] if key else known[id(segment)] for key, segment in zip(keys, cut, strict=True)],
            text={file.path: sizes[file.path] for file in text},
            stored={file.path: stored[file.path] for file in large if file.path in stored and not is_media(file)},
            media={file.path: known_large[file.path] for file in large if is_media(file)},
            scale=scale or work.scale(),
        )

    def _look_up_segments(
        self,
        cut: Sequence[Segment],
        known: Mapping[int, SegmentSize],
        measured: dict[bytes, SegmentSize],
        work: _Work,
    ) -> tuple[list[bytes], dict[bytes, Segment]]:
        """Return the key of each segment, empty for a ``known`` one, and those to compress; others are ``measured``."""
        keys = [
            _segment_key(segment, work.small) if id(segment) not in known or index in work.segments else b""
            for index, segment in enumerate(cut)
        ]
        missing: dict[bytes, Segment] = {}
        for index, (key, segment) in enumerate(zip(keys, cut, strict=True)):
            numbers = kept_numbers(self._cache, key, 1 + len(segment.small_files)) if key else ()
            count = work.segments.get(index, 0)
            if count:
                work.counts[key] = count
            if numbers is None or (count and not work.knows_sample(_segment_sample_key(key, count), self._cache)):
                missing[key] = segment
            elif numbers:
                measured[key] = SegmentSize(compressed_bytes=numbers[0], weights=numbers[1:])
                self._weights.update(_weights_of(segment, measured[key]))
        return keys, missing

    def _look_up_large(self, large: Iterable[File], sizes: dict[bytes, int], work: _Work) -> list[File]:
        """Return the large files to compress; ``sizes`` gets those of the others."""
        unmeasured: list[File] = []
        for file in large:
            kept = kept_numbers(self._cache, _large_key(file, work.codec_for(file)), 1)
            if kept is not None and work.knows_samples(file, self._cache):
                (sizes[file.path],) = kept
            else:
                unmeasured.append(file)
        return unmeasured

    def _work(self, cut: Sequence[Segment], scale: Scale | None) -> _Work:
        """Return how the segments are compressed, and large files as long as nothing is known of them."""
        is_outright = scale.small is None if scale is not None else is_small_outright(cut)
        small = self._codec.outright if is_outright else self._codec
        work = _Work(small=small, large=self._codec, media=self._codec)
        if scale is None:
            work.segments = sampled_segments(cut) if not is_outright else {}
            members = [member for segment in cut for member in segment.members]
            work.seams = {_seam_key(seam): seam for seam in sampled_seams(members, is_large_text)}
        return work

    def _add_up(self, files: Sequence[File], cut: Sequence[Segment], parts: Parts) -> Sizing:
        by_path: dict[bytes, int] = {}
        for segment, measured, size in zip(cut, parts.segments, parts.segment_bytes(), strict=True):
            by_path.update(shares(segment, measured, size))
        margin = margin_bytes((file for segment in cut for file in segment.small_files), by_path, parts.total)
        for path, size in parts.large_bytes():
            by_path[path] += size
        if files:
            by_path[files[0].path] += GZIP_FRAME_BYTES
        gone = tuple(self._unreadable[file.path] for file in files if file.path in self._unreadable)
        return Sizing(
            compressed_bytes=parts.total,
            shares=by_path,
            unreadable=gone,
            scale=parts.scale,
            margin_bytes=margin,
        )

    def _submit_segments(
        self, missing: Mapping[bytes, Segment], jobs: Jobs, measured: dict[bytes, SegmentSize], work: _Work
    ) -> None:
        small = [file for segment in missing.values() for file in segment.small_files]
        self._progress.expect(len(small), sum(file.size_bytes for file in small))
        if not missing:
            return
        with self._contents.open() as reader:
            contents = reader.batch(small)
            for key, segment in missing.items():
                read = [next(contents) for _ in segment.small_files]
                done = partial(self._segment_done, measured, key, segment, None not in read, work)
                weights = [self._weights.get(file.path) for file in segment.small_files]
                job = partial(measure_segment, work.small, segment, read, self._codec.weight, weights)
                jobs.submit(partial(job, work.counts.get(key, 0), self._sampled), done)
            self._unreadable.update((gone.path, gone) for gone in reader.unreadable)

    def _submit_large(
        self, large: Sequence[File], seams: Mapping[bytes, Seam], jobs: Jobs, sizes: dict[bytes, int], work: _Work
    ) -> None:
        self._progress.expect(len(large), sum(file.size_bytes for file in large))
        if not (large or seams):
            return
        with self._contents.open() as reader:
            for file in large:
                self._submit_pieces(file, reader, jobs, sizes, work)
            for key, seam in seams.items():
                files = seam.files()
                read = list(reader.batch(files))
                by_path = {file.path: data for file, data in zip(files, read, strict=True) if data is not None}
                done = partial(self._sample_done, work, key, whole=None not in read)
                jobs.submit(partial(sample_of_seam, seam, by_path), done)
            self._unreadable.update((gone.path, gone) for gone in reader.unreadable)

    def _segment_done(
        self,
        measured: dict[bytes, SegmentSize],
        key: bytes,
        segment: Segment,
        whole: bool,
        work: _Work,
        result: tuple[SegmentSize, tuple[int, int] | None],
    ) -> None:
        measured[key], sampled = result
        if sampled is not None:
            sample_key = _segment_sample_key(key, work.counts[key])
            work.samples[sample_key] = sampled
            if whole:
                keep_numbers(self._cache, sample_key, sampled)
        if whole:
            keep_numbers(self._cache, key, (measured[key].compressed_bytes, *measured[key].weights))
            self._weights.update(_weights_of(segment, measured[key]))
        self._progress.advance(len(segment.small_files), sum(file.size_bytes for file in segment.small_files))

    def _submit_pieces(self, file: File, reader: Reader, jobs: Jobs, sizes: dict[bytes, int], work: _Work) -> None:
        """In pieces, so that memory does not follow the largest file."""
        sizes[file.path] = 0
        before = b""
        codec, sampled = work.codec_for(file), work.pieces.get(file.path, ())
        begin = 0
        for piece in reader.pieces(file, PIECE_BYTES):
            done = partial(self._piece_done, sizes, file.path, len(piece))
            jobs.submit(partial(codec.compressed_bytes, piece, before), done)
            before = piece[-WINDOW_BYTES:]
            for index in sampled:
                at = index * SAMPLE_BYTES - begin
                if 0 <= at < len(piece):
                    key = _piece_sample_key(file, codec, index)
                    data = piece[at : at + SAMPLE_BYTES]
                    jobs.submit(partial(sample, codec, data), partial(self._sample_done, work, key))
            begin += len(piece)
        self._progress.advance(1, 0)

    def _sampled(self, codec: Codec, piece: bytes) -> tuple[int, int]:
        """Return the sizes of a sample, which are kept: a segment changes more often. Runs in any thread."""
        key = digest(b"%b piece %b" % (codec.name.encode(), digest(piece)))
        kept = kept_numbers(self._cache, key, 2)
        if kept is not None:
            return kept[0], kept[1]
        sizes = sample(codec, piece)
        keep_numbers(self._cache, key, sizes)
        return sizes

    def _sample_done(self, work: _Work, key: bytes, result: tuple[int, int], *, whole: bool = True) -> None:
        work.samples[key] = result
        if whole:
            keep_numbers(self._cache, key, result)

    def _piece_done(self, sizes: dict[bytes, int], path: bytes, length: int, result: int) -> None:
        sizes[path] += result
        self._progress.advance(0, length)


class _HandedOver(Struct, frozen=True, array_like=True):
    """What one process tells another."""

    sizing: Sizing
    weights: dict[bytes, int]
    new: dict[bytes, bytes]
    """Entries of the cache."""
    used: list[bytes]
    """Keys of the cache."""


_handed_over = msgspec.msgpack.Decoder(_HandedOver)


class _Work(Struct, kw_only=True):
    """How a slug is compressed, with what its samples say."""

    small: Codec
    large: Codec
    media: Codec
    segments: Mapping[int, int] = {}
    """Index of a sampled segment to the number of its samples."""
    counts: dict[bytes, int] = field(default_factory=dict)
    """The same by key."""
    pieces: Mapping[bytes, Collection[int]] = {}
    """Path to the indexes of sampled pieces."""
    seams: Mapping[bytes, Seam] = {}
    """Sampled seams by key."""
    samples: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """Sizes of a sample, by its key."""

    def add_text(self, text: Sequence[File], scale: Scale | None, codec: Codec) -> None:
        """Decide how large files that are no media are compressed, and which of their pieces are sampled."""
        is_outright = scale.large is None if scale is not None else is_large_outright(text)
        self.large = codec.outright if is_outright else codec
        if scale is None and not is_outright:
            self.pieces = sampled_pieces(text)

    def codec_for(self, file: File) -> Codec:
        """Return the codec for a large file."""
        return self.media if is_media(file) else self.large

    def knows_sample(self, key: bytes, cache: CacheTable) -> bool:
        """Return True if a sample is kept, which is taken then."""
        kept = kept_numbers(cache, key, 2)
        if kept is not None:
            self.samples[key] = kept[0], kept[1]
        return kept is not None

    def knows_samples(self, file: File, cache: CacheTable) -> bool:
        """Return True if all samples of a large file are kept."""
        codec = self.codec_for(file)
        keys = [_piece_sample_key(file, codec, index) for index in self.pieces.get(file.path, ())]
        return all(self.knows_sample(key, cache) for key in keys)

    def scale(self) -> Scale:
        """Return the ratios, once everything is compressed."""
        of_segments = {_segment_sample_key(key, count) for key, count in self.counts.items()}
        others = {*of_segments, *self.seams}
        return Scale(
            small=ratio(self.samples[key] for key in of_segments) if self.segments else None,
            large=ratio(size for key, size in self.samples.items() if key not in others) if self.pieces else None,
            seam_bytes=seam_bytes(self.samples[key] for key in self.seams),
        )


class Parts(Struct, frozen=True, kw_only=True):
    """The sizes that a slug is made of."""

    segments: Sequence[SegmentSize]
    """To be scaled."""
    text: Mapping[bytes, int]
    """Large files to be scaled, by path."""
    stored: Mapping[bytes, int]
    """Large files that are zlib's already, by path."""
    media: Mapping[bytes, int]
    """Large files as they are."""
    scale: Scale

    @property
    def total(self) -> int:
        """Bytes of the whole stream."""
        return GZIP_FRAME_BYTES + self._small + sum(size for _, size in self.large_bytes())

    @property
    def _small(self) -> int:
        return _scaled(self.scale.small, sum(part.compressed_bytes for part in self.segments))

    @property
    def _large(self) -> int:
        return _scaled(self.scale.large, sum(self.text.values()))

    def segment_bytes(self) -> list[int]:
        """Return the size of each segment."""
        return apportion(self._small, [part.compressed_bytes for part in self.segments])

    def large_bytes(self) -> Iterator[tuple[bytes, int]]:
        """Yield path and size of each large file, with what its seams take."""
        yield from self.media.items()
        text = zip(self.text, apportion(self._large, list(self.text.values())), strict=True)
        for path, size in (*self.stored.items(), *text):
            yield path, max(0, size + self.scale.seam_bytes)


def _scaled(by: Ratio | None, size_bytes: int) -> int:
    return by.scaled(size_bytes) if by is not None else size_bytes


def is_large_text(file: File) -> bool:
    """Return True for a large file that is no media: what stands beside it may be like it."""
    return is_large(file) and not is_media(file)


def _seam_key(seam: Seam) -> bytes:
    return digest(b"\0".join((b"seam", b"bare" if seam.is_bare else b"", *_members_key(seam.members()))))


def _segment_sample_key(key: bytes, count: int) -> bytes:
    return digest(b"%b sample %d" % (key, count))


def _piece_sample_key(file: File, codec: Codec, index: int) -> bytes:
    return digest(b"%b sample %d" % (_large_key(file, codec), index))


def _segment_key(segment: Segment, codec: Codec) -> bytes:
    return digest(b"\0".join((codec.name.encode(), b"last" if segment.last else b"", *_members_key(segment.members))))


def _members_key(members: Iterable[Member]) -> list[bytes]:
    parts: list[bytes] = []
    for member in members:
        if isinstance(member, bytes):
            parts += (member, b"/")
        else:
            parts += (member.path, _MODES[member.mode], member.blob or b"?%d" % member.size_bytes)
    return parts


def _large_key(file: File, codec: Codec) -> bytes:
    """For a file that no git knows, a key by its path: good for this run, whose tree does not change."""
    mark = b"G" if codec.name == GZIP.name else b"L"
    if file.blob is None:
        return digest(file.path, KEY_BYTES - 1) + mark
    return bytes.fromhex(file.blob[: 2 * KEY_BYTES - 2].decode("ascii")) + mark


# One segment of the stream.


class SegmentSize(Struct, frozen=True, kw_only=True):
    """A compressed segment."""

    compressed_bytes: int
    weights: tuple[int, ...]
    """Of each file whose content is in it, in order."""


def measure_segment(
    codec: Codec,
    segment: Segment,
    contents: Sequence[bytes | None],
    weigh: Callable[[bytes], int],
    weights: Sequence[int | None],
    samples: int,
    sampled: Callable[[Codec, bytes], tuple[int, int]] = sample,
) -> tuple[SegmentSize, tuple[int, int] | None]:
    """Return the size of a segment, and those of its samples if any are wanted, which ``sampled`` measures.

    ``contents`` are those of its small files; None counts as empty. ``weights`` are theirs, as far as they are known.
    """
    stretches = _stretches(segment, contents)
    alone = sum(codec.compressed_bytes(stretch, b"") for stretch in stretches if stretch)
    is_first = segment.members[:1] == (b"",)
    seams = SEAM_BYTES * sum(is_large(file) and is_media(file) for file in segment.files())
    size = SegmentSize(
        compressed_bytes=max(0, alone + seams - (0 if is_first else _CUT_BYTES)),
        weights=tuple(
            known if known is not None else weigh(data) if data else 0 for data, known in zip_longest(contents, weights)
        ),
    )
    if not samples:
        return size, None
    sizes = [sampled(codec, piece) for piece in pieces_of_segment(b"".join(stretches), samples)]
    return size, (sum(gzip for gzip, _ in sizes), sum(fast for _, fast in sizes))


def _stretches(segment: Segment, contents: Sequence[bytes | None]) -> list[bytes]:
    """The stream between large files, whose content leaves nothing of it in the window.

    Without what stands between two that are no media, and belongs to their seam.
    """
    stretches: list[list[bytes]] = [[]]
    small = iter(contents)
    before: Member = b""
    for member in segment.members:
        is_bare = isinstance(before, File) and is_large_text(before)
        before = member
        if isinstance(member, bytes):
            stretches[-1].append(directory_header(member))
        elif is_large(member):
            if is_bare and is_large_text(member):
                stretches.pop()
            else:
                stretches[-1].append(file_header(member))
            stretches.append([padding(member.size_bytes)])
        elif member.mode == SYMLINK:
            stretches[-1].append(file_header(member, next(small) or b""))
        else:
            data = next(small) or b""
            stretches[-1] += (file_header(member), data, padding(len(data)))
    if segment.last:
        stretches[-1].append(END_OF_ARCHIVE)
    return [b"".join(stretch) for stretch in stretches]


def _weights_of(segment: Segment, measured: SegmentSize) -> Iterator[tuple[bytes, int]]:
    return zip([file.path for file in segment.small_files], measured.weights, strict=True)


def shares(segment: Segment, measured: SegmentSize, size_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Path and compressed bytes of every file of the segment; they add up to ``size_bytes``."""
    weights = iter(measured.weights)
    files: Sequence[File] = segment.small_files
    if segment.has_large:
        files = list(segment.files())
        weighed = [HEADER_BYTES + (0 if is_large(file) else next(weights)) for file in files]
    else:
        weighed = [HEADER_BYTES + weight for weight in weights]
    return zip([file.path for file in files], apportion(size_bytes, weighed), strict=True)


def apportion(whole: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to ``weights`` that add up to ``whole``."""
    total = sum(weights)
    ends = [whole * end // total if total else 0 for end in accumulate(weights, initial=0)]
    return [end - begin for begin, end in pairwise(ends)]


# Sizes that git has worked out already.


def stored_sizes(
    contents: Contents, files: Sequence[File], cache: CacheTable, claimed: Mapping[bytes, int] | None = None
) -> dict[bytes, int]:
    """Path to compressed bytes, for those of ``files`` that git keeps deflated at the usual level.

    ``claimed`` is what ``deflated_bytes`` says of these files and of others, if it is known.
    """
    if claimed is None:
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


def _confirmed(contents: Contents, group: Sequence[File], claimed: Mapping[bytes, int], cache: CacheTable) -> bool:
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


def _again(contents: Contents, samples: Sequence[File], cache: CacheTable) -> int | None:
    """Bytes of all samples at zlib's usual level; None if one cannot be read."""
    sizes = {file: kept_numbers(cache, _sample_key(file), 1) for file in samples}
    unknown = [file for file, size in sizes.items() if size is None]
    if unknown:
        with contents.open() as reader:
            for file, data in zip(unknown, reader.batch(unknown), strict=True):
                if data is None:
                    return None
                sizes[file] = (len(zlib.compress(data)),)
                keep_numbers(cache, _sample_key(file), sizes[file] or ())
    return sum(sum(size or ()) for size in sizes.values())


def _sample_key(file: File) -> bytes:
    assert file.blob is not None
    return bytes.fromhex(file.blob[:30].decode("ascii")) + b"z"


# Files that are left out.


def estimated_shares(sizer: Sizer, files: Sequence[File], slug: Sizing | None = None) -> dict[bytes, int]:
    """Path to about what each file would add to a compressed slug. Raises nothing for what cannot be read.

    With the size of the ``slug`` they are measured by its scale.
    """
    if not files:
        return {}
    part = _part(files)
    measured = dict(sizer.measure(part, like=slug).shares)
    if len(part) < len(files):
        ratios = Ratios(part, measured)
        measured.update((file.path, ratios.compressed_bytes(file)) for file in files if file.path not in measured)
    return measured


def _part(files: Sequence[File]) -> list[File]:
    """Files to measure: whole segments, so that their neighbours stay with them, and large files."""
    if sum(file.size_bytes for file in files) <= 2 * _ESTIMATED_FROM_BYTES:
        return list(files)
    groups = [list(segment.small_files) for segment in segments(files)]
    groups += [[file] for file in files if is_large(file)]
    groups = sorted((group for group in groups if group), key=lambda group: crc32(group[0].path))
    sizes = accumulate(sum(file.size_bytes for file in group) for group in groups)
    chosen = [group for group, size in zip(groups, sizes, strict=True) if size <= _ESTIMATED_FROM_BYTES]
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
