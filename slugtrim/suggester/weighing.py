"""What entries save, one on top of the other, and which are worth a line: single assets are one finding instead."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import Contents, File
from slugtrim.scanner import Slug
from slugtrim.sizer import Progress, Sizer, Sizing, classify, savings
from slugtrim.sizer.measure import apportion
from slugtrim.suggester.facts import may_refer
from slugtrim.suggester.path_index import parent
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


_ASSETS = frozenset(b"png jpg jpeg gif webp avif bmp tif tiff heic svg ico eot ttf otf woff woff2".split())
"""Extensions of pictures, icons and fonts."""
_WRITTEN = re.compile(rb"[\w./%~@+\x80-\xff-]++")
"""What may be a path; names with spaces and other signs are sought as they are."""
_ASSET_CATEGORY = "media"
_MOST_LINES = 5
_MOST_HEAVY_LINES = 20
_HEAVY_BYTES = 64 * 1024


def is_asset(path: bytes) -> bool:
    """Return True for pictures, icons and fonts."""
    return path.rpartition(b".")[2].lower() in _ASSETS


def mentioned(
    assets: Iterable[bytes],
    kept: Iterable[File],
    names: Mapping[bytes, Collection[bytes]],
    reached: Collection[bytes],
) -> Mapping[bytes, bool]:
    """Return the assets that a file of the slug mentions, and whether a deploy reaches one that does.

    A mention is the name of the file; with a directory before it, that must be the file's as well, unless the name is
    the only one of its kind. ``names`` are the result of ``asset_names``.
    """
    by_name: dict[bytes, list[bytes]] = defaultdict(list)
    for path in assets:
        by_name[_name(path)].append(path)
    others = {_name(file.path) for file in kept if file.path not in by_name.get(_name(file.path), ())}
    found: dict[bytes, bool] = {}
    for reader, mentions in names.items():
        for mention in mentions:
            for path in _meant(mention, by_name, others):
                if path != reader:
                    found[path] = found.get(path, False) or reader in reached
    return found


def asset_names(assets: Collection[bytes], kept: Sequence[File], contents: Contents) -> dict[bytes, Collection[bytes]]:
    """Return what may be the path of one of ``assets`` in each file of the slug, in lower case, by the file's path.

    Each file is read that may refer to others, if there are any assets.
    """
    names = {_name(path) for path in assets}
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


def _meant(mention: bytes, by_name: Mapping[bytes, list[bytes]], others: Collection[bytes]) -> Iterator[bytes]:
    name, directory = _name(mention), _name(parent(mention))
    is_only = len(by_name.get(name, ())) == 1 and name not in others
    for path in by_name.get(name, ()):
        if is_only or directory in (b"", b".", b"..", _name(parent(path))):
            yield path


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2].lower()


def without_assets(
    entries: Iterable[Suggestion], slug_bytes: int, mentions: Mapping[bytes, bool] | None = None
) -> tuple[list[Suggestion], list[File]]:
    """Return the entries for ``.slugignore``, and the unused pictures, icons and fonts that are not worth a line each.

    A directory is one line whatever it holds. Of single files the heaviest few have lines, and what is a hundredth of
    the slug of ``slug_bytes``, compressed. One that a file mentions stays in git; if a deploy reaches that file, it
    stays in the slug as well. ``mentions`` are those, and whether a deploy does.
    """
    mentions = mentions or {}
    given = [each for each in entries if not (_is_single_asset(each) and mentions.get(each.files[0].path))]
    single = [entry for entry in given if _is_single_asset(entry)]
    single.sort(key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))
    heavy = [entry for entry in single if entry.saves_compressed_bytes >= _HEAVY_BYTES][:_MOST_LINES]
    worth_bytes = max(_HEAVY_BYTES, slug_bytes // 100)
    heavy += [entry for entry in single[_MOST_LINES:_MOST_HEAVY_LINES] if entry.saves_compressed_bytes >= worth_bytes]
    apart = {entry.pattern for entry in single} - {entry.pattern for entry in heavy}
    found = [entry for entry in given if entry.pattern not in apart]
    files = (file for entry in given if entry.pattern in apart for file in entry.files)
    return found, sorted(file for file in files if file.path not in mentions)


def _is_single_asset(entry: Suggestion) -> bool:
    return (
        entry.category == _ASSET_CATEGORY
        and len(entry.files) == 1
        and entry.pattern == b"/" + entry.files[0].path
        and is_asset(entry.files[0].path)
    )
