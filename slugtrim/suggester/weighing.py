"""What entries save, one on top of the other, and which of them are small."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File
from slugtrim.sizer import Sizer, Sizing, classify, savings
from slugtrim.suggester.record import SlugSize, Suggestion

_FOLDED_SHARE = 100
"""An entry below one part in so many of the slug is folded."""
_FOLDED_BYTES = 64 * 1024
"""An entry that saves as much is never folded."""


class Weighed(Struct, frozen=True, kw_only=True):
    """Entries with what each saves, folded ones last, and the slug that they leave."""

    suggestions: tuple[Suggestion, ...]
    after: SlugSize


def weigh(
    sizer: Sizer, kept: Sequence[File], chosen: Sequence[Suggestion], min_saving_bytes: int | None = None
) -> Weighed:
    """What the entries save in their order, on top of those before; folded are those that save less than the minimum.

    That is by default 1 % of the slug of the ``kept`` files and 64 KiB, whichever is less.
    """
    whole = sizer.measure(kept)
    saved, left = savings(sizer, kept, [entry.files for entry in chosen])
    least = (
        min(whole.compressed_bytes // _FOLDED_SHARE, _FOLDED_BYTES) if min_saving_bytes is None else min_saving_bytes
    )
    gone = {file.path for entry in chosen for file in entry.files}
    suggestions = [
        replace(entry, saves_compressed_bytes=size, folded=size < least)
        for entry, size in zip(chosen, saved, strict=True)
    ]
    return Weighed(
        suggestions=tuple(sorted(suggestions, key=lambda entry: entry.folded)),
        after=slug_size([file for file in kept if file.path not in gone], left),
    )


def slug_size(files: Sequence[File], sizing: Sizing) -> SlugSize:
    """The slug of these files, measured."""
    return SlugSize(
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        compressed_bytes=sizing.compressed_bytes,
        size_class=classify(sizing.compressed_bytes),
    )
