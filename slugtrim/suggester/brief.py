"""The best suggestions for a report that must not wait for them."""

from __future__ import annotations

from dataclasses import replace

from slugtrim.cache import SizeCache
from slugtrim.scanner import Slug
from slugtrim.sizer import Sizing
from slugtrim.suggester.compose import entries
from slugtrim.suggester.examine import TooMuch, examine, named_lots
from slugtrim.suggester.record import Advised, Evidence, EvidenceKind, Suggestion
from slugtrim.suggester.search import Searched

BEST = 3

_LEAST_BYTES = 1024
"""An entry that saves less is not worth a line of a report on other things."""

_SEARCHED_SHARE = 16
"""One part in so many of the slug may be searched: gzip takes as long for ten times as much."""
_SEARCHED_BYTES = 1 << 20
"""So much may be searched in any case."""

_UNCHECKED = Evidence(kind=EvidenceKind.UNCHECKED, text="not checked: run slugtrim suggest")


def best_suggestions(slug: Slug, sizing: Sizing, evidence: SizeCache | None = None) -> tuple[Advised, ...]:
    """The ``BEST`` entries for the slug measured as ``sizing``.

    What is not remembered in ``evidence`` is searched for readers if it is little; else the entries are those that
    the catalog names, marked as not checked.
    """
    most_bytes = max(sum(file.size_bytes for file in slug.kept) // _SEARCHED_SHARE, _SEARCHED_BYTES)
    try:
        found = entries(slug, examine(slug, evidence, most_bytes=most_bytes), sizing)
    except TooMuch:
        found = [replace(entry, evidence=(_UNCHECKED,)) for entry in _unchecked(slug, sizing)]
    return tuple(_advised(entry) for entry in found[:BEST] if entry.saves_compressed_bytes >= _LEAST_BYTES)


def _unchecked(slug: Slug, sizing: Sizing) -> list[Suggestion]:
    """What the catalog names and nothing is known to speak against, as far as it is among the heaviest."""
    lots = [lot for lot in named_lots(slug) if lot.gone]
    weights = {lot.candidate: sum(sizing.shares[path] for path in lot.gone) for lot in lots}
    lots.sort(key=lambda lot: (-weights[lot.candidate], lot.candidate.path, lot.candidate.rule))
    return entries(slug, Searched(lots=tuple(lots[:BEST]), files=0, unsearched=()), sizing)


def _advised(entry: Suggestion) -> Advised:
    return Advised(
        pattern=entry.pattern,
        tier=entry.tier,
        files=len(entry.files),
        size_bytes=entry.size_bytes,
        saves_compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=entry.evidence,
    )
