"""What entries save, one on top of the other, and which are worth a line: single assets are one finding instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.sizer import Sizer, Sizing, savings
from slugtrim.sizer.measure import apportion
from slugtrim.suggester.measuring import is_asset, name_of, slug_size
from slugtrim.suggester.path_index import parent
from slugtrim.suggester.records import MIN_SAVING_BYTES, SlugSize, SmallEntries, Suggestion, Tier
from slugtrim.suggester.writing import INCLUDED


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


_ASSET_CATEGORY = "media"
_MOST_LINES = 5
_MOST_HEAVY_LINES = 20
_HEAVY_BYTES = 64 * 1024


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
        by_name[name_of(path)].append(path)
    others = {name_of(file.path) for file in kept if file.path not in by_name.get(name_of(file.path), ())}
    found: dict[bytes, bool] = {}
    for reader, mentions in names.items():
        for mention in mentions:
            for path in _meant(mention, by_name, others):
                if path != reader:
                    found[path] = found.get(path, False) or reader in reached
    return found


def _meant(mention: bytes, by_name: Mapping[bytes, list[bytes]], others: Collection[bytes]) -> Iterator[bytes]:
    name, directory = name_of(mention), name_of(parent(mention))
    is_only = len(by_name.get(name, ())) == 1 and name not in others
    for path in by_name.get(name, ()):
        if is_only or directory in (b"", b".", b"..", name_of(parent(path))):
            yield path


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
