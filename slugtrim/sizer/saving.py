"""What leaving files out would save."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from slugtrim.files import File
from slugtrim.sizer.measure import Sizer, Sizing, apportion

RECOMPUTED_BYTES = 8 << 20
"""A compressed slug below this is measured again without each group: its shares say too little of what is saved."""

_RECOMPUTED_GROUPS = 24
_RECOMPUTED_FILES = 20_000


def savings(sizer: Sizer, files: Sequence[File], groups: Sequence[Sequence[File]]) -> tuple[list[int], Sizing]:
    """Compressed bytes saved by each group on top of those before it, and the slug without all of them.

    The groups are disjoint parts of ``files``. The savings add up to what all of them save together, which is measured.
    How it is divided is measured as well for the first groups of a small slug, and goes by shares for the rest.
    """
    whole = sizer.measure(files)
    if not groups:
        return [], whole
    is_small = whole.compressed_bytes < RECOMPUTED_BYTES and len(files) <= _RECOMPUTED_FILES
    measured = _RECOMPUTED_GROUPS if is_small else 0
    totals = [whole.compressed_bytes, *sizer.dwindling(files, groups[:measured])]
    saved = [before - after for before, after in pairwise(totals)]
    gone = {file.path for group in groups for file in group}
    left = sizer.measure([file for file in files if file.path not in gone])
    rest = groups[measured:]
    if rest:
        shares = [sum(whole.shares[file.path] for file in group) for group in rest]
        saved += apportion(totals[-1] - left.compressed_bytes, shares)
    return saved, left
