"""Size classes and platform limits, out of one dated table (``limits.toml``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.platforms import PLATFORM, Platform
from slugtrim.store import digest
from slugtrim.units import MIB


class SizeClass(Enum):
    """How heavy a slug is. ``limits.toml`` has the sizes and their source."""

    SMALL = "small"
    AVERAGE = "average"
    WEIGHTY = "weighty"


class AverageSide(Enum):
    """On which side of the middle of the average a slug lies (50 MB)."""

    BELOW = "below"
    AT_OR_ABOVE = "at-or-above"


class Status(Enum):
    """How a size stands to a limit."""

    OK = "ok"
    WARN = "warn"
    OVER = "over"


class Limit(Struct, frozen=True, kw_only=True):
    """One limit of the platform."""

    id: str
    of_checkout: bool
    """It holds for the uncompressed checkout; otherwise for the compressed slug."""
    rejects: bool
    """Above it the push is refused; otherwise the build only warns."""
    limit_bytes: int
    date: str
    source: str

    def status(self, used_bytes: int) -> Status:
        """Strictly above is over (or a warning, where the platform only warns); so is nine tenths a warning."""
        if used_bytes > self.limit_bytes:
            return Status.OVER if self.rejects else Status.WARN
        return Status.WARN if used_bytes * 10 >= self.limit_bytes * 9 else Status.OK


class LimitTable(Struct, frozen=True, kw_only=True):
    """The part of ``limits.toml`` that is about one platform."""

    classes: tuple[tuple[int, SizeClass], ...]
    """Least bytes of each class, lightest first."""
    average_bytes: int
    limits: tuple[Limit, ...]

    @property
    def thresholds_bytes(self) -> tuple[int, ...]:
        """Every size that means something; a printed size is never rounded up onto one."""
        return (
            *(least for least, _ in self.classes),
            self.average_bytes,
            *(limit.limit_bytes for limit in self.limits),
        )


class MadeTable(Struct, frozen=True, kw_only=True):
    """The whole table, and the digest of the text that it is made of."""

    digest: str
    platforms: dict[str, LimitTable]


@cache
def table_content() -> bytes:
    """Return the text of the table: what a kept report depends on beside the tree."""
    with open(os.path.join(os.path.dirname(__file__), "limits.toml"), "rb") as file:
        return file.read()


@cache
def table(platform: Platform = PLATFORM) -> LimitTable:
    """Return the classes and limits of a platform: of ``limits.json``, which is made of the table.

    The classes are the book's, for whatever platform. One that is not in the table has published no limits.
    """
    if platform is not PLATFORM:
        return replace(table(), limits=())
    try:
        with open(os.path.join(os.path.dirname(__file__), "limits.json"), "rb") as file:
            made = msgspec.json.decode(file.read(), type=MadeTable)
    except (OSError, msgspec.DecodeError):  # made by another version, or not yet
        made = None
    if made is not None and made.digest == table_digest() and platform.id in made.platforms:
        return made.platforms[platform.id]
    import tomllib  # 4 ms that a table which is made does without

    return from_data(tomllib.loads(table_content().decode("utf-8"))[platform.id])


def table_digest() -> str:
    """Return what tells one text of the table from another."""
    return digest(table_content()).hex()


def from_data(data: Mapping[str, Any]) -> LimitTable:
    """Return the part of the table that is about one platform, from what TOML has of it."""
    return LimitTable(
        classes=tuple((row["mb"] * MIB, SizeClass(row["id"])) for row in data["class"]),
        average_bytes=data["average"]["mb"] * MIB,
        limits=tuple(
            Limit(
                id=row["id"],
                of_checkout=row["of"] == "checkout",
                rejects=row["kind"] == "reject",
                limit_bytes=row["mb"] * MIB,
                date=row["date"],
                source=row["source"],
            )
            for row in data["limit"]
        ),
    )


def classify(compressed_bytes: int) -> SizeClass:
    """The class of a slug of this compressed size."""
    return [size_class for least, size_class in table().classes if least <= compressed_bytes][-1]


def average_side(compressed_bytes: int) -> AverageSide:
    """Which side of the book's 50 MB."""
    return AverageSide.BELOW if compressed_bytes < table().average_bytes else AverageSide.AT_OR_ABOVE


class Overhead(Struct, frozen=True, kw_only=True):
    """What buildpacks add to the compressed slug, as somebody configured it or as a build showed it."""

    size_bytes: int
    """Negative where they take more out of the source part than they add."""
    origin: str
    """Where it comes from: ``slugtrim.toml:9``, or the build, as ``v24 of shop``; ``installed`` or ``predicted``."""
    age_days: int | None = None
    """Since that build was recorded; None for one that is configured."""
    changed: tuple[bytes, ...] = ()
    """The lock files that are others than that build had: it may be more by now, or less."""
    range_bytes: tuple[int, int] | None = None
    """The least and the most that a prediction says; None for an overhead that somebody knows."""


class Compiled(Struct, frozen=True, kw_only=True):
    """The slug with what buildpacks add: an estimate."""

    compressed_bytes: int
    overhead: Overhead
    size_class: SizeClass
    low_bytes: int
    """The same as ``compressed_bytes`` where the overhead is known, and so is ``high_bytes``."""
    high_bytes: int

    @property
    def is_predicted(self) -> bool:
        """Whether what buildpacks add is predicted, not known. Then no limit counts it unless somebody says so."""
        return self.overhead.range_bytes is not None

    @property
    def classes(self) -> tuple[SizeClass, SizeClass]:
        """The classes of the least and of the most."""
        return classify(self.low_bytes), classify(self.high_bytes)


def with_overhead(source_bytes: int, overhead: Overhead) -> Compiled:
    """What a source part of this compressed size comes to."""
    total = max(0, source_bytes + overhead.size_bytes)
    low, high = overhead.range_bytes or (overhead.size_bytes, overhead.size_bytes)
    return Compiled(
        compressed_bytes=total,
        overhead=overhead,
        size_class=classify(total),
        low_bytes=max(0, source_bytes + low),
        high_bytes=max(0, source_bytes + high),
    )
