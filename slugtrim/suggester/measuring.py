"""The size of a slug, measured by another process while this one looks for what could go."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import unquote_to_bytes

import msgspec

from slugtrim.files import Contents, File
from slugtrim.scanner import Slug
from slugtrim.sizer import Progress, Sizer, Sizing, classify
from slugtrim.suggester.languages import may_refer
from slugtrim.suggester.records import SlugSize
from slugtrim.suggester.second_process import ForkedWork, may_fork

_BESIDE_BYTES = 1 << 19
"""A smaller slug is measured before another process has begun."""
_TELL_SECONDS = 0.05


def slug_size(files: Sequence[File], compressed_bytes: int) -> SlugSize:
    """Return the size of the slug of these files."""
    return SlugSize(
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        compressed_bytes=compressed_bytes,
        size_class=classify(compressed_bytes),
    )


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


# Mentions of pictures, icons and fonts, in all files: whoever measures has read them.


_ASSETS = frozenset(b"png jpg jpeg gif webp avif bmp tif tiff heic svg ico eot ttf otf woff woff2".split())
"""Extensions of pictures, icons and fonts."""
_WRITTEN = re.compile(rb"[\w./%~@+\x80-\xff-]++")
"""What may be a path; names with spaces and other signs are sought as they are."""


def is_asset(path: bytes) -> bool:
    """Return True for pictures, icons and fonts."""
    return path.rpartition(b".")[2].lower() in _ASSETS


def asset_names(assets: Collection[bytes], kept: Sequence[File], contents: Contents) -> dict[bytes, Collection[bytes]]:
    """Return what may be the path of one of ``assets`` in each file of the slug, in lower case, by the file's path.

    Each file is read that may refer to others, if there are any assets.
    """
    names = {name_of(path) for path in assets}
    ends = {b"." + name.rpartition(b".")[2] for name in names}
    odd = [name for name in names if not _WRITTEN.fullmatch(name)]
    files = [file for file in kept if may_refer(file)] if names else []
    with contents.open() as reader:
        found = (
            (file.path, _mentions((content or b"").lower(), ends, odd))
            for file, content in zip(files, reader.batch(files), strict=True)
        )
        return {path: mentions for path, mentions in found if mentions}


def _mentions(content: bytes, ends: Collection[bytes], odd: Iterable[bytes]) -> set[bytes]:
    """Return what may be the path of a file with one of the ends, and those of the ``odd`` names that there are."""
    if not any(end in content for end in ends):
        return set()
    written = {each.rstrip(b".-") for each in _WRITTEN.findall(content)}
    found = {unquote_to_bytes(each) for each in written if b"." + each.rpartition(b".")[2] in ends}
    return found.union(name for name in odd if name in content)


def name_of(path: bytes) -> bytes:
    """Return the last part of a path in lower case."""
    return path.rpartition(b"/")[2].lower()
