"""What a package weighs in a slug: by the lock file, by the table of known packages, or as an estimate.

``known.json`` has the table (``tools/package_sizes.py`` makes it). It is dated, and bounded in size: the most used and
the heaviest packages. For every other package there is the mean of its ecosystem, which is right in sum: a few packages
are hundreds of times heavier than the rest, so that a median would be far too low.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.buildpacks.packages import (
    LockedPackage,
    PackageEcosystem,
    PackageWeight,
    Range,
    TableSource,
    WeightOrigin,
)
from slugtrim.store import digest


class KnownRow(NamedTuple):
    """One version of a package in the table."""

    version: str
    """A major version; with its minor version if there are several rows of one major version."""
    raw_bytes: int
    compressed_bytes: int
    files: int
    """0 if it is not known."""
    source: TableSource


class KnownTable(Struct, frozen=True):
    """The table of known packages: by ecosystem, name to rows, oldest first. Rows are read when they are asked for."""

    date: str
    sources: dict[str, TableSource]
    """By the mark at the end of a row, which measured ones lack, where sizes come from."""
    npm: dict[str, str] = {}
    pypi: dict[str, str] = {}
    rubygems: dict[str, str] = {}
    packagist: dict[str, str] = {}
    requires: dict[str, dict[str, str]] = {}
    """By ecosystem and name, what a package requires: for applications without a lock file.

    ``name[extra]`` has what the extra brings besides.
    """

    def rows(self, package: LockedPackage) -> list[KnownRow]:
        """Return the rows of a package; none if it is not in the table."""
        names: dict[str, str] = getattr(self, package.ecosystem.value, {})
        text = names.get(package.name)
        return [self._row(row.split(" ")) for row in text.split(",")] if text is not None else []

    def _row(self, fields: Sequence[str]) -> KnownRow:
        version, raw, compressed, files, *mark = fields
        source = self.sources[mark[0] if mark else ""]
        return KnownRow(version, int(raw) * UNIT, int(compressed) * UNIT, int(files), source)


class MeanWeight(NamedTuple):
    """What packages of one ecosystem weigh on average if the table lacks them."""

    raw_bytes: int
    compressed_bytes: int
    files: int
    spread: float
    """Standard deviation of one package, as a share of the mean."""


_BINARY = r"[-_.](?:linux|x64|x86_64|wasm32|wasm)(?:[-_.]|$)"
"""The name of an npm package that has a program for one platform."""
_BINARY_MEAN = MeanWeight(7_000_000, 2_500_000, 5, 1.0)
_DIRECT_MEANS = {PackageEcosystem.NPM: MeanWeight(900_000, 250_000, 90, 2.5)}
"""Of packages that applications ask for themselves. What nobody but other packages asks for is much smaller."""
_MEANS = {
    PackageEcosystem.NPM: MeanWeight(220_000, 50_000, 35, 2.5),
    PackageEcosystem.PYPI: MeanWeight(900_000, 240_000, 80, 2.0),
    PackageEcosystem.RUBYGEMS: MeanWeight(400_000, 100_000, 60, 4.0),
    PackageEcosystem.PACKAGIST: MeanWeight(350_000, 80_000, 70, 4.0),
}
"""Packages that only one application of some 290 has: 2026-11-30, tools/package_sizes.py."""
_NO_MEAN = MeanWeight(400_000, 100_000, 40, 4.0)
UNIT = 100
"""Sizes in the table are so many bytes: no size is more exact than that."""
_MOST_REQUIRED = 20_000
"""Packages that are followed."""
_MOST_EXTRAS = 20
_TABLE = os.path.join(os.path.dirname(__file__), "known.json")
_SPREADS = {PackageEcosystem.NPM: (0.12, 0.45, 0.7)}
_ANY_SPREADS = (0.17, 0.3, 0.4)
"""By how many major versions a package is away from its row in the table: measured with 1,100 pairs of versions."""
_SAME_SHARE = 0.3
_PUBLISHED_SPREAD = 0.3
_PUBLISHED_ARCHIVES = (PackageEcosystem.PYPI, PackageEcosystem.RUBYGEMS)
"""What an archive becomes when it is installed is less sure than a size that a registry publishes of its content."""
_DEBIAN_SPREAD = 0.4
"""Gems differ in what they bring beside their library: 30 have 1.0 to 5.4 times of what Debian's packages have."""
_LOCK_SPREAD = 0.2
_WHEEL_GROWTH = 1.12
_PORTABLE_GROWTH = 2.15
"""What an archive of PyPI comes to in a slug, where bytecode lies beside each module: measured with 79 of them."""
_MOST_BYTECODE_BYTES = 4 << 20
"""No package has more bytecode than this, compressed: what is larger is data for the most part."""
_FILES_OF_MEGABYTE, _FILES_EXPONENT = 127, 0.65
"""Files of a Python package by its raw size: larger ones have larger files. Fitted to the 748 of the table."""
_COMMON_SPREAD = 0.06
"""What all weights of a table have in common: versions move on, and its readers are younger than it is."""
_INSTALLED_SPREAD = 0.015
_ESTIMATED_SPREAD = 0.5
"""Packages that the table lacks are heavy together, or light together: an application's kind decides."""
_DEVIATIONS = 2.0
"""So many standard deviations hold 19 of 20 cases."""


@cache
def known_table() -> KnownTable:
    """Return the table."""
    with open(_TABLE, "rb") as file:
        return msgspec.json.decode(file.read(), type=KnownTable)


Asked = tuple[str, frozenset[str]]
"""A package by name, and the extras that are asked for."""


def with_required(
    packages: Sequence[LockedPackage],
    ecosystem: PackageEcosystem,
    told: Callable[[str, frozenset[str]], Iterable[Asked] | None] = lambda _, __: None,
) -> tuple[LockedPackage, ...]:
    """Return packages that somebody requires, and those that these require in turn, as far as the table knows.

    ``told`` says what a package requires where that is known better; None where it isn't.
    """
    left = [(package.name, frozenset(package.extras)) for package in packages]
    named = {name for name, _ in left}
    seen: dict[str, frozenset[str]] = {}
    found = []
    while left and len(seen) < _MOST_REQUIRED:
        name, extras = left.pop()
        known = seen.get(name)
        if known is not None and (extras <= known or len(known) >= _MOST_EXTRAS):
            continue
        seen[name] = extras = frozenset(sorted(extras | (known or frozenset()))[:_MOST_EXTRAS])
        if name not in named:
            named.add(name)
            found.append(LockedPackage(ecosystem=ecosystem, name=name, version=""))
        required = told(name, extras)
        left += _required_by_table(name, extras, ecosystem) if required is None else required
    return (*packages, *sorted(found, key=lambda package: package.name))


def _required_by_table(name: str, extras: Iterable[str], ecosystem: PackageEcosystem) -> Iterator[Asked]:
    requires = known_table().requires.get(ecosystem.value, {})
    for asked in (name, *(f"{name}[{extra}]" for extra in extras)):
        for required in requires.get(asked, "").split():
            inner, _, extra = required.rstrip("]").partition("[")
            yield inner, frozenset([extra] if extra else ())


@cache
def table_digest() -> bytes:
    """Return what tells one table from another."""
    with open(_TABLE, "rb") as file:
        return digest(file.read())


def mean_weight(package: LockedPackage) -> MeanWeight:
    """Return what a package that the table lacks weighs on average."""
    if _has_program(package):
        return _BINARY_MEAN
    of_direct = _DIRECT_MEANS.get(package.ecosystem) if package.is_direct else None
    return of_direct or _MEANS.get(package.ecosystem, _NO_MEAN)


def _has_program(package: LockedPackage) -> bool:
    """Return True for a package that has a program for one platform."""
    if package.ecosystem is PackageEcosystem.RUBYGEMS:
        return package.place.startswith(f"gems/{package.name}-{package.version}-")
    return package.ecosystem is PackageEcosystem.NPM and re.search(_BINARY, package.name) is not None


def looked_up(package: LockedPackage) -> PackageWeight:
    """Return the weight of a package by what is known without looking at this machine."""
    mean = mean_weight(package)
    rows = known_table().rows(package)
    if package.ecosystem is PackageEcosystem.RUBYGEMS and _has_program(package):
        rows = [row for row in rows if row.source == "published"]  # others are of the gem that is built from source
    row, away = _row(rows, package.version)
    if package.compressed_bytes is not None:
        growth = _PORTABLE_GROWTH if package.is_portable else _WHEEL_GROWTH
        archive = package.compressed_bytes
        compressed = archive + min(round(archive * (growth - 1)), _MOST_BYTECODE_BYTES)
        if row is not None and away == 0 and row.source != "published":
            # How much Python is in an archive of programs only the table knows, but of another version.
            compressed = round(math.sqrt(compressed * row.compressed_bytes))
        packed = row or mean  # it tells how far this package packs
        raw = compressed * packed.raw_bytes // max(1, packed.compressed_bytes)
        return _with_files(_weight(compressed, raw, 0, WeightOrigin.LOCK, _LOCK_SPREAD), row, rows, package)
    if row is None:
        weight = _weight(mean.compressed_bytes, mean.raw_bytes, mean.files, WeightOrigin.ESTIMATED, mean.spread)
        return replace(weight, is_counted=False)
    spread = _SPREADS.get(package.ecosystem, _ANY_SPREADS)[min(away, 2)]
    if package.ecosystem in _PUBLISHED_ARCHIVES and row.source == "published":
        spread = max(spread, _PUBLISHED_SPREAD)
    elif row.source == "debian":
        spread = max(spread, _DEBIAN_SPREAD)
    weight = _weight(row.compressed_bytes, row.raw_bytes, 0, WeightOrigin.KNOWN, spread)
    return replace(_with_files(weight, row, rows, package), table=row.source)


def _with_files(
    weight: PackageWeight, row: KnownRow | None, rows: Sequence[KnownRow], package: LockedPackage
) -> PackageWeight:
    """Return a weight with the number of its files: that of the table, of another version, or an estimate."""
    if row is not None and row.files:
        return replace(weight, files=row.files)
    counted = [other.files for other in rows if other.files]
    files = counted[-1] if counted else mean_weight(package).files
    if not counted and package.ecosystem is PackageEcosystem.PYPI:
        files = max(1, round(_FILES_OF_MEGABYTE * (weight.raw_bytes / 1e6) ** _FILES_EXPONENT))
    return replace(weight, files=files, is_counted=False)


def measured_weight(compressed_bytes: int, raw_bytes: int, files: int) -> PackageWeight:
    """Return the weight of a package that is installed here."""
    return _weight(compressed_bytes, raw_bytes, files, WeightOrigin.INSTALLED, _INSTALLED_SPREAD)


def _weight(compressed: int, raw: int, files: int, origin: WeightOrigin, spread: float) -> PackageWeight:
    return PackageWeight(compressed_bytes=compressed, raw_bytes=raw, files=files, origin=origin, spread=spread)


def _row(rows: Sequence[KnownRow], version: str) -> tuple[KnownRow | None, int]:
    """Return the row of a version, or what lies between the rows beside it, and how many major versions it is away."""
    wanted = _numbers(version)
    if not rows or not wanted:
        # A package that no file pins is installed in its newest version.
        return (rows[-1] if rows else None), 0
    older = [row for row in rows if _place(row) <= (*wanted, 0)]
    newer = rows[len(older) :]
    if not older or not newer:
        row = older[-1] if older else newer[0]
        return row, _away(row, wanted)
    below, above = _away(older[-1], wanted), _away(newer[0], wanted)
    if not below and (above or len(_place(older[-1])) == 1):
        return older[-1], 0
    if below and not above:
        return newer[0], 0
    between = _between(older[-1], newer[0], wanted)
    # The table leaves out rows that weigh what their neighbours weigh.
    is_same = abs(older[-1].compressed_bytes - newer[0].compressed_bytes) < _SAME_SHARE * between.compressed_bytes
    return between, 0 if is_same or not below else 1


def _place(row: KnownRow) -> tuple[int, ...]:
    return _numbers(row.version) or (0,)


def _away(row: KnownRow, wanted: tuple[int, ...]) -> int:
    return abs(_place(row)[0] - wanted[0])


def _between(older: KnownRow, newer: KnownRow, wanted: tuple[int, ...]) -> KnownRow:
    """Return a row between two others. Where weight jumps, as when modules are compiled, the mean is right in sum."""
    # Between two minor versions of one major version, the minor versions tell how far it is.
    at = 0 if _away(older, wanted) else 1
    ends = (_place(older), wanted, _place(newer))
    low, middle, high = ((*end, 0)[at] for end in ends)
    share = (middle - low) / (high - low)
    raw, compressed, files = (
        round(one + share * (other - one))
        for one, other in (
            (older.raw_bytes, newer.raw_bytes),
            (older.compressed_bytes, newer.compressed_bytes),
            (older.files, newer.files),
        )
    )
    source: TableSource = next((each.source for each in (older, newer) if each.source != "measured"), "measured")
    return KnownRow(".".join(map(str, wanted)), raw, compressed, files, source)


def _numbers(version: str) -> tuple[int, ...]:
    parts = []
    for part in version.split(".")[:2]:
        if not part.isdecimal() or len(part) > 9:
            break
        parts.append(int(part))
    return tuple(parts)


_COMMON = {WeightOrigin.INSTALLED: _INSTALLED_SPREAD, WeightOrigin.ESTIMATED: _ESTIMATED_SPREAD}


def together(weights: Iterable[PackageWeight]) -> Range:
    """Return the range of a sum.

    Errors of packages are independent, but for what those of one source have in common. Sizes are skewed, so the bounds
    of what is known and of what is estimated are a factor each: the same upwards and downwards.
    """
    known: list[PackageWeight] = []
    estimated: list[PackageWeight] = []
    for weight in weights:
        (estimated if weight.origin is WeightOrigin.ESTIMATED else known).append(weight)
    expected = sum(weight.compressed_bytes for weight in (*known, *estimated))
    (known_down, known_up), (down, up) = _bounds(known), _bounds(estimated)
    return Range(
        low_bytes=int(expected - math.hypot(known_down, down)),
        expected_bytes=expected,
        high_bytes=math.ceil(expected + math.hypot(known_up, up)),
    )


def _bounds(weights: Sequence[PackageWeight]) -> tuple[float, float]:
    """Return how far below its expected value a sum may be, and how far above."""
    expected = sum(weight.compressed_bytes for weight in weights)
    variance = sum((weight.compressed_bytes * weight.spread) ** 2 for weight in weights)
    common = sum(weight.compressed_bytes * _COMMON.get(weight.origin, _COMMON_SPREAD) for weight in weights)
    factor = 1 + _DEVIATIONS * math.hypot(math.sqrt(variance), common) / expected if expected else 1.0
    return expected - expected / factor, expected * (factor - 1)
