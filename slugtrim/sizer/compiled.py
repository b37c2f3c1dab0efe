"""The slug as the platform would pack it: the source part, and what buildpacks add."""

from __future__ import annotations

from dataclasses import dataclass

from slugtrim.sizer.limits import SizeClass, classify


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The slug with what buildpacks add: an estimate."""

    compressed_bytes: int
    overhead_bytes: int
    origin: str
    """Where the overhead comes from, as ``slugtrim.toml:9``."""
    age_days: int | None
    """Since it was recorded; None for one that is configured."""
    size_class: SizeClass


def with_overhead(source_bytes: int, overhead_bytes: int, origin: str, age_days: int | None = None) -> Compiled:
    """What a source part of this compressed size comes to."""
    total = source_bytes + overhead_bytes
    return Compiled(
        compressed_bytes=total,
        overhead_bytes=overhead_bytes,
        origin=origin,
        age_days=age_days,
        size_class=classify(total),
    )
