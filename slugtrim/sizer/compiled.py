"""The slug as the platform would pack it: the source part, and what buildpacks add."""

# Annotations are objects here, no text: compiling them takes a known tree a while, and msgspec needs all.

from msgspec import Struct

from slugtrim.sizer.limits import SizeClass, classify


class Overhead(Struct, frozen=True, kw_only=True):
    """What buildpacks add to the compressed slug, as somebody configured it or as a build showed it."""

    size_bytes: int
    """Negative where they take more out of the source part than they add."""
    origin: str
    """Where it comes from: ``slugtrim.toml:9``, or the build, as ``v24 of shop``."""
    age_days: int | None = None
    """Since that build was recorded; None for one that is configured."""
    changed: tuple[bytes, ...] = ()
    """The lock files that are others than that build had: it may be more by now, or less."""


class Compiled(Struct, frozen=True, kw_only=True):
    """The slug with what buildpacks add: an estimate."""

    compressed_bytes: int
    overhead: Overhead
    size_class: SizeClass


def with_overhead(source_bytes: int, overhead: Overhead) -> Compiled:
    """What a source part of this compressed size comes to."""
    total = max(0, source_bytes + overhead.size_bytes)
    return Compiled(compressed_bytes=total, overhead=overhead, size_class=classify(total))
