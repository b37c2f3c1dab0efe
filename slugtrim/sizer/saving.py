"""What leaving files out would save."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from slugtrim.files import File
from slugtrim.sizer.measure import Sizer, apportion

RECOMPUTED_BYTES = 8 << 20
"""A compressed slug below this is measured again without each group: its shares say too little of what is saved."""

_RECOMPUTED_GROUPS = 24
_RECOMPUTED_FILES = 20_000


def savings(sizer: Sizer, files: Sequence[File], groups: Sequence[Sequence[File]]) -> tuple[list[int], int]:
    """Return the compressed bytes that each group saves on top of those before it, and the bytes without all of them.

    The groups are disjoint parts of ``files``. The savings of a large slug are its shares, which are within 1 % of the
    slug. Those of a small slug add up to what all groups save together, which is measured. How it is divided is
    measured as well for the first groups, and goes by shares for the rest.
    """
    whole = sizer.measure(files)
    if not groups:
        return [], whole.compressed_bytes
    shares = [sum(whole.shares[file.path] for file in group) for group in groups]
    if whole.compressed_bytes >= RECOMPUTED_BYTES:
        return shares, whole.compressed_bytes - sum(shares)
    measured = _RECOMPUTED_GROUPS if len(files) <= _RECOMPUTED_FILES else 0
    totals = [whole.compressed_bytes, *sizer.dwindling(files, groups[:measured], whole)]
    saved = [before - after for before, after in pairwise(totals)]
    gone = {file.path for group in groups for file in group}
    left = sizer.measure([file for file in files if file.path not in gone], like=whole).compressed_bytes
    return [*saved, *apportion(totals[-1] - left, shares[measured:])], left
