"""What entries save, one on top of the other, and which of them are worth a line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.sizer import Sizer, Sizing, classify, savings
from slugtrim.sizer.measure import apportion
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


def slug_size(files: Sequence[File], compressed_bytes: int) -> SlugSize:
    """Return the size of the slug of these files."""
    return SlugSize(
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        compressed_bytes=compressed_bytes,
        size_class=classify(compressed_bytes),
    )
