"""Size classes and platform limits, out of one dated table (``limits.toml``)."""

# Annotations are objects here, no text: compiling them takes a known tree a while, and msgspec needs all.

import os
from enum import Enum
from functools import cache

from msgspec import Struct

from slugtrim.platforms import PLATFORM, Platform
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


@cache
def table_content() -> bytes:
    """Return the text of the table: what a kept report depends on beside the tree."""
    with open(os.path.join(os.path.dirname(__file__), "limits.toml"), "rb") as file:
        return file.read()


@cache
def table(platform: Platform = PLATFORM) -> LimitTable:
    """Return the classes and limits of a platform. The file is read once."""
    import tomllib  # 4 ms that a kept report does without

    data = tomllib.loads(table_content().decode("utf-8"))[platform.id]
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
