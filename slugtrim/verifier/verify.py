"""Which entries a command passes without, and which few it fails without."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from slugtrim.suggester.verification import Ending
from slugtrim.verifier.ddmin import ddmin
from slugtrim.verifier.ledger import Ledger


class Culprits(Struct, frozen=True, kw_only=True):
    """Entries, by number, that the command fails without; with any one of them back it passes."""

    numbers: tuple[int, ...]
    ending: Ending


class VerifyResult(Struct, frozen=True, kw_only=True):
    """Every entry is in exactly one of the three."""

    verified: frozenset[int]
    """A run passed without all of these."""
    culprits: tuple[Culprits, ...]
    unverified: frozenset[int]
    """No run was left to tell."""


def verify(weights: Sequence[int], ledger: Ledger) -> VerifyResult:
    """Tries all entries, takes out a minimal set that fails, and tries the rest, until the rest passes.

    ``weights`` are what the entries save, in their order. Where the runs do not suffice, the heaviest set that a run
    passed without counts as verified, and nothing that no run tells of.
    """
    culprits: list[Culprits] = []
    rest = frozenset(range(len(weights)))
    while rest:
        failing = ledger.fails(rest)
        if failing is False:
            break
        minimal = ddmin(sorted(rest), ledger.fails) if failing else None
        ending = ledger.ending(minimal.items) if minimal is not None and minimal.is_minimal else None
        if minimal is None or ending is None:
            verified = ledger.best_passed(rest, weights)
            return VerifyResult(verified=verified, culprits=tuple(culprits), unverified=rest - verified)
        culprits.append(Culprits(numbers=minimal.items, ending=ending))
        rest = rest.difference(minimal.items)
    return VerifyResult(verified=rest, culprits=tuple(culprits), unverified=frozenset())
