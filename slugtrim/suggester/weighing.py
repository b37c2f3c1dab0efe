"""What entries save, one on top of the other, and which of them are worth a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.scanner import Slug
from slugtrim.sizer import Progress, Sizer, Sizing, classify, savings
from slugtrim.sizer.measure import apportion
from slugtrim.suggester.apart import asset_names
from slugtrim.suggester.records import MIN_SAVING_BYTES, SlugSize, SmallEntries, Suggestion, Tier
from slugtrim.suggester.second_process import ForkedWork, may_fork
from slugtrim.suggester.writing import INCLUDED

_BESIDE_BYTES = 1 << 19
"""A smaller slug is measured before another process has begun."""
_TELL_SECONDS = 0.05


@contextmanager
def measuring(slug: Slug, sizer: Sizer, progress: Progress | None = None) -> Iterator[MeasuredHere]:
    """Yield what is measured of the slug, for a ``with`` statement.

    Where nothing is known of it yet, another process begins at once to measure it.
    """
    if not sizer.is_new or slug_size(slug.kept, 0).size_bytes < _BESIDE_BYTES or not may_fork():
        yield MeasuredHere(slug, sizer)
        return

    def measure(requests: Iterator[bytes], send: Callable[[bytes], None]) -> None:
        told = _Told(send)
        sizer.report_to(told)
        handed_over = sizer.handed_over(slug.kept)
        told.tell()
        send(handed_over)
        for request in requests:
            found = asset_names(_paths.decode(request), slug.kept, slug.tree.contents)
            send(msgspec.msgpack.encode(found))

    with ForkedWork(measure) as work:
        yield MeasuredElsewhere(slug, sizer, work, progress or Progress())


class MeasuredHere:
    """What is known of a slug once all of its files were read."""

    def __init__(self, slug: Slug, sizer: Sizer) -> None:
        self._slug = slug
        self._sizer = sizer

    def whole(self) -> Sizing:
        """Return its size."""
        return self._sizer.measure(self._slug.kept)

    def names_of(self, assets: Sequence[bytes]) -> Callable[[], Mapping[bytes, Collection[bytes]]]:
        """Return what returns the result of ``asset_names`` for these paths."""
        return lambda: asset_names(assets, self._slug.kept, self._slug.tree.contents)


class MeasuredElsewhere(MeasuredHere):
    """The same, as another process finds it; where that was killed, this one does."""

    def __init__(self, slug: Slug, sizer: Sizer, work: ForkedWork, progress: Progress) -> None:
        super().__init__(slug, sizer)
        self._work = work
        self._messages = work.messages()
        self._progress = progress

    @property
    def process(self) -> int:
        """Return its number."""
        return self._work.process

    def whole(self) -> Sizing:
        for message in self._messages:
            try:
                counted = _counted.decode(message)
            except msgspec.DecodeError:
                return self._sizer.take_over(self._slug.kept, message)
            self._progress.expect(*counted[:2])
            self._progress.advance(*counted[2:])
        return super().whole()

    def names_of(self, assets: Sequence[bytes]) -> Callable[[], Mapping[bytes, Collection[bytes]]]:
        self._work.ask(msgspec.msgpack.encode(assets))
        here = super().names_of(assets)

        def names() -> Mapping[bytes, Collection[bytes]]:
            message = next(self._messages, None)
            return _names.decode(message) if message is not None else here()

        return names


_paths = msgspec.msgpack.Decoder(list[bytes])
_names = msgspec.msgpack.Decoder(dict[bytes, set[bytes]])
_counted = msgspec.msgpack.Decoder(tuple[int, int, int, int])


class _Told(Progress):
    """Sends what it is told, now and then."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._counts = [0, 0, 0, 0]
        self._last = time.monotonic()

    def expect(self, files: int, size_bytes: int) -> None:
        self._add(files, size_bytes, 0, 0)

    def advance(self, files: int, size_bytes: int) -> None:
        self._add(0, 0, files, size_bytes)

    def _add(self, *counts: int) -> None:
        self._counts = [one + more for one, more in zip(self._counts, counts, strict=True)]
        if time.monotonic() - self._last >= _TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Send what was not sent yet."""
        self._send(msgspec.msgpack.encode(self._counts))
        self._counts = [0, 0, 0, 0]
        self._last = time.monotonic()


class Weighed(Struct, frozen=True, kw_only=True):
    """Entries with what each saves, and the slugs that they leave."""

    suggestions: tuple[Suggestion, ...]
    """Safe ones first, then the largest saving first."""
    small: SmallEntries
    """The entries that save too little."""
    after: SlugSize
    """With the safe entries in force."""
    after_all: SlugSize
    """With the conditional ones as well."""


def weigh(
    sizer: Sizer, kept: Sequence[File], chosen: Sequence[Suggestion], min_saving_bytes: int = MIN_SAVING_BYTES
) -> Weighed:
    """Return what the entries save, each on top of those before it; those below the minimum are only counted.

    What its owner includes is never too small, nor what has to go with another entry.
    """
    whole = sizer.measure(kept)
    shares = [(sum(whole.shares[file.path] for file in entry.files), entry) for entry in chosen]
    shares.sort(key=lambda each: (each[1].tier is not Tier.SAFE, -each[0], each[1].pattern))
    worth = [entry for share, entry in shares if share >= min_saving_bytes or _is_due(entry)]
    saved, left = savings(sizer, kept, [entry.files for entry in worth])
    weighed = [replace(entry, saves_compressed_bytes=size) for entry, size in zip(worth, saved, strict=True)]
    while True:
        enough = [entry for entry in weighed if _is_enough(entry, min_saving_bytes)]
        if len(enough) == len(weighed):
            break
        # What each saves is known by now, but for what the others packed better: that is divided.
        left = sizer.measure(_without(kept, enough)).compressed_bytes
        sizes = apportion(
            whole.compressed_bytes - left,
            [max(entry.saves_compressed_bytes, 0) for entry in enough],
        )
        weighed = [replace(entry, saves_compressed_bytes=size) for entry, size in zip(enough, sizes, strict=True)]
    patterns = {entry.pattern for entry in weighed}
    small = [share for share, entry in shares if entry.pattern not in patterns]
    return Weighed(
        suggestions=tuple(
            sorted(weighed, key=lambda each: (each.tier is not Tier.SAFE, -each.saves_compressed_bytes, each.pattern))
        ),
        small=SmallEntries(entries=len(small), compressed_bytes=sum(small), min_saving_bytes=min_saving_bytes),
        after=_after_safe(kept, weighed, whole),
        after_all=slug_size(_without(kept, weighed), left),
    )


def _is_enough(entry: Suggestion, min_saving_bytes: int) -> bool:
    return _is_due(entry) or not min_saving_bytes or entry.saves_compressed_bytes >= min_saving_bytes


def _is_due(entry: Suggestion) -> bool:
    return entry.category == INCLUDED or entry.is_bound


def _after_safe(kept: Sequence[File], weighed: Sequence[Suggestion], whole: Sizing) -> SlugSize:
    safe = [entry for entry in weighed if entry.tier is Tier.SAFE]
    saved = sum(entry.saves_compressed_bytes for entry in safe)
    return slug_size(_without(kept, safe), whole.compressed_bytes - saved)


def _without(kept: Sequence[File], entries: Sequence[Suggestion]) -> list[File]:
    gone = {file.path for entry in entries for file in entry.files}
    return [file for file in kept if file.path not in gone]


def slug_size(files: Sequence[File], compressed_bytes: int) -> SlugSize:
    """Return the size of the slug of these files."""
    return SlugSize(
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        compressed_bytes=compressed_bytes,
        size_class=classify(compressed_bytes),
    )
