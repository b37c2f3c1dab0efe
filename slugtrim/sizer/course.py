"""The size of a slug that changes step by step, as along a history.

Every number is the one that ``Sizer`` gives of the same files, to the byte. What a step costs follows what it changes:
the stream is cut anew around the files that changed, and only those segments are compressed. The margin depends on the
share of each small file, so it takes a few quick passes over all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, pairwise

from slugtrim.files import Contents, File, directories_above
from slugtrim.sizer.codec import GZIP_FRAME_BYTES, WINDOW_BYTES, default_codec, remembering
from slugtrim.sizer.measure import HEADER_BYTES, SegmentSize, Sizer
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.scale import LEAST_COPY_BYTES, is_small_outright, margin_of
from slugtrim.sizer.stream import Segment, first_places, is_large, place, segments, segments_with
from slugtrim.store import CacheTable


class Course:
    """A slug, empty at first, that ``step`` changes."""

    def __init__(
        self, contents: Contents, *, cache: CacheTable | None = None, progress: Progress | None = None
    ) -> None:
        """``contents`` must know the files of every step."""
        codec = remembering(default_codec())
        self._sizer = Sizer(contents, cache=cache, codec=codec, progress=progress)
        self._below: Counter[bytes] = Counter()
        """Directory to the number of files below it."""
        self._large: dict[bytes, File] = {}
        self._files: dict[bytes, File] = {}
        self._twins: dict[tuple[bytes, bytes], set[bytes]] = {}
        """Directory and blob to the files that may be copies of each other."""
        self._first: bytes | None = None
        """The first path in byte order: the frame of the archive counts for that file."""
        self._is_outright = True
        self._cut = list(segments(()))
        self._parts = self._sizer.parts_after(self._cut, (), {}, {}, ())
        self._weighed: dict[int, _Weighed] = {}
        self._sizes: list[int] = []
        self._large_bytes: Mapping[bytes, int] = {}
        self._firsts: list[bytes] = []
        self._settle({})

    def step(self, gone: Sequence[File], come: Sequence[File], claimed: Mapping[bytes, int]) -> None:
        """Change the slug. A file that is replaced is in both. ``claimed`` is as ``deflated_bytes`` says it."""
        paths = {file.path for file in gone}
        above = {directory for file in (*gone, *come) for directory in directories_above(file.path)}
        before = {directory for directory in above if self._below[directory]}
        for file in gone:
            self._below.subtract(directories_above(file.path))
            self._files.pop(file.path, None)
            self._large.pop(file.path, None)
            if _may_be_copy(file):
                twins = self._twins[_twin(file)]
                twins.discard(file.path)
                if not twins:
                    del self._twins[_twin(file)]
        for file in come:
            self._below.update(directories_above(file.path))
            self._files[file.path] = file
            if is_large(file):
                self._large[file.path] = file
            if _may_be_copy(file):
                self._twins.setdefault(_twin(file), set()).add(file.path)
        after = {directory for directory in above if self._below[directory]}
        for directory in above - after:
            del self._below[directory]
        if self._first in paths or any(self._first is None or file.path < self._first for file in come):
            self._first = min(self._files, default=None)
        known = {id(segment): size for segment, size in zip(self._cut, self._parts.segments, strict=True)}
        cut_before = self._cut  # held, so that no new segment has the identity of an old one
        self._cut = list(segments_with(cut_before, paths | (before - after), [*come, *(after - before)]))
        is_outright = is_small_outright(self._cut)
        if is_outright is not self._is_outright:
            known, self._is_outright = {}, is_outright
        large = [self._large[path] for path in sorted(self._large)]
        self._parts = self._sizer.parts_after(self._cut, large, known, claimed, paths.union(file.path for file in come))
        self._settle({id(segment): self._weighed[id(segment)] for segment in self._cut if id(segment) in known})

    def _settle(self, weighed: Mapping[int, _Weighed]) -> None:
        """Work out the shares. ``weighed`` are the segments that are the same, by identity."""
        self._weighed = {
            id(segment): weighed.get(id(segment)) or _Weighed(segment, size)
            for segment, size in zip(self._cut, self._parts.segments, strict=True)
        }
        for segment, size_bytes in zip(self._cut, self._parts.segment_bytes(), strict=True):
            self._weighed[id(segment)].apportion(size_bytes)
        self._large_bytes = dict(self._parts.large_bytes())
        self._firsts = first_places(self._cut)

    @property
    def compressed_bytes(self) -> int:
        """Predicted, before buildpacks."""
        return self._parts.total

    @property
    def margin_bytes(self) -> int:
        """The true size is within so much of the predicted one in about 19 cases of 20."""
        copies = 0
        for paths in self._twins.values():
            if len(paths) > 1:
                _, *second = sorted(paths, key=place)
                copies += sum(self._in_segment(path) ** 2 for path in second)
        return margin_of(sum(weighed.squares for weighed in self._in_order()), copies, self._parts.total)

    @property
    def unreadable(self) -> Collection[bytes]:
        """Return the paths of files in the slug whose contents could not be read."""
        return [path for path in self._sizer.unreadable if path in self._files]

    def share(self, path: bytes) -> int:
        """Return the compressed bytes of one file in the slug."""
        return self._in_segment(path) + self._beside(path)

    def _in_segment(self, path: bytes) -> int:
        at = max(0, bisect_right(self._firsts, place(path)) - 1)
        return self._weighed[id(self._cut[at])].share(path)

    def shares(self) -> dict[bytes, int]:
        """Return path to compressed bytes of every file in the slug. They add up to its size, if there is any."""
        shares: dict[bytes, int] = {}
        for weighed in self._in_order():
            shares.update(zip(weighed.paths, weighed.shares, strict=True))
        for path in {*self._large_bytes, *([self._first] if self._first is not None else [])}:
            shares[path] += self._beside(path)
        return shares

    def _beside(self, path: bytes) -> int:
        """Return what a file takes outside its segment."""
        return self._large_bytes.get(path, 0) + (GZIP_FRAME_BYTES if path == self._first else 0)

    def _in_order(self) -> list[_Weighed]:
        return [self._weighed[id(segment)] for segment in self._cut]


def _may_be_copy(file: File) -> bool:
    """Return True for a file whose second copy in a directory counts for the margin: see ``margin_bytes``."""
    return file.blob is not None and LEAST_COPY_BYTES <= file.size_bytes < WINDOW_BYTES and not is_large(file)


def _twin(file: File) -> tuple[bytes, bytes]:
    return file.path.rpartition(b"/")[0], file.blob or b""


class _Weighed:
    """The files of a segment with their weights, so that another size of it is apportioned quickly."""

    def __init__(self, segment: Segment, measured: SegmentSize) -> None:
        weights = iter(measured.weights)
        files = list(segment.files())
        is_small = [not is_large(file) for file in files]
        self.paths = [file.path for file in files]
        self.shares: list[int] = []
        self.squares = 0
        """Of what the neighbours of each small file say of it: see ``margin_bytes`` in ``scale``."""
        self._sizes = [file.size_bytes if small else 0 for file, small in zip(files, is_small, strict=True)]
        weighed = (HEADER_BYTES + (next(weights) if small else 0) for small in is_small)
        self._ends = list(accumulate(weighed, initial=0))
        self._size_bytes = -1
        self._places: dict[bytes, int] = {}

    def apportion(self, size_bytes: int) -> None:
        """Set the shares, and what follows from them."""
        if size_bytes == self._size_bytes:
            return
        self._size_bytes = size_bytes
        total = self._ends[-1]
        ends = [size_bytes * end // total for end in self._ends] if total else self._ends
        self.shares = [end - begin for begin, end in pairwise(ends)]
        self.squares = sum(
            moved * moved
            for share, size in zip(self.shares, self._sizes, strict=True)
            if (moved := share if share + share <= size else size - share) > 0
        )

    def share(self, path: bytes) -> int:
        """Return the share of one file."""
        if not self._places:
            self._places = {each: at for at, each in enumerate(self.paths)}
        return self.shares[self._places[path]]
