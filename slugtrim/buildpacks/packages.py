"""Buildpacks and packages: what they run and install, as files of the slug say before a push, and what that weighs."""

# No `from __future__ import annotations` here: msgspec would evaluate every annotation at import.

from collections.abc import Callable
from enum import Enum
from typing import Literal

from msgspec import Struct

from slugtrim.sizer.limits import Compiled, Overhead, SizeClass, with_overhead

BuildpacksSaidBy = Literal["configured", "app.json", ".buildpacks", "detected"]
"""Who says which buildpacks run; ``detected`` is a guess."""
Read = Callable[[bytes], bytes | None]
"""Returns the bytes of a file of the slug, by its path. None if it is missing or too large."""


class PackageEcosystem(Enum):
    """Where packages come from."""

    NPM = "npm"
    PYPI = "pypi"
    RUBYGEMS = "rubygems"
    PACKAGIST = "packagist"
    GO = "go"


class LockedPackage(Struct, frozen=True, kw_only=True):
    """One package that is installed once, as a lock file or manifest names it."""

    ecosystem: PackageEcosystem
    name: str
    """Normalized: as PEP 503 says for PyPI, with its scope for npm."""
    version: str
    """Empty if no file pins it."""
    place: str = ""
    """Where npm puts it, such as ``node_modules/a/node_modules/b``, if the lock file says so."""
    compressed_bytes: int | None = None
    """Size of the archive that Linux on x86-64 downloads, if the lock file says so."""
    extras: tuple[str, ...] = ()
    """Those that requirements of pip ask for, which name no package that they bring."""
    is_direct: bool = False
    """The application itself asks for it, as far as that is known: of npm, and of requirements of pip."""
    is_portable: bool = False
    """That archive is for any platform: all of it is Python, which is compiled when it is installed."""


class Dependencies(Struct, frozen=True, kw_only=True):
    """What one buildpack installs, by one lock file or manifest."""

    ecosystem: PackageEcosystem
    manager: str
    """npm, yarn, yarn-berry, pnpm, bun, pip, poetry, uv, pipenv, bundler, composer or go."""
    lock: bytes
    """Path of the file that decides."""
    packages: tuple[LockedPackage, ...] = ()
    """Production packages for Linux on x86-64 with glibc. They stay in the slug."""
    development: tuple[LockedPackage, ...] = ()
    """Packages that pruning removes, or that are never installed because they are for development."""
    is_pruned: bool = True
    """False if the buildpack keeps development packages: then they count as well."""
    pinned: bool = True
    """False if some versions are not pinned."""
    started: tuple[str, ...] = ()
    """Directories of the members of a workspace that are started, if that isn't all of it."""
    needed_by_started: tuple[LockedPackage, ...] = ()
    """Those of the production packages that these members need."""
    notes: tuple[str, ...] = ()
    """What could not be read or known, in one sentence each."""


class Buildpack(Struct, frozen=True, kw_only=True):
    """A buildpack, and the file that decides that it runs."""

    id: str
    """For example ``heroku/nodejs``."""
    decided_by: str
    """Path of a file, or ``configuration``."""


class Runtime(Struct, frozen=True, kw_only=True):
    """A language's runtime that a buildpack installs."""

    language: str
    """node, python, ruby, php, go or java."""
    version: str
    """As the file states it: a version, or a range such as ``>=18 <21``. Empty for the buildpack's default."""
    said_by: str
    """The file and its key, for example ``package.json engines``, or ``default``."""


class Detected(Struct, frozen=True, kw_only=True):
    """The buildpacks of an application."""

    buildpacks: tuple[Buildpack, ...]
    """Those that run, in order."""
    origin: BuildpacksSaidBy
    others: tuple[Buildpack, ...]
    """Would be detected as well. They run only if somebody sets them."""
    runtimes: tuple[Runtime, ...]


SURE_SHARE = 0.8
"""Where less of the weight is known, the class is a range."""


class WeightOrigin(Enum):
    """Where a weight comes from, the best source first."""

    INSTALLED = "installed"
    """The same version is installed on this machine, and was measured."""
    LOCK = "lock"
    """The lock file has the size of the archive that is downloaded."""
    KNOWN = "known"
    """The table has this package, or this runtime."""
    ESTIMATED = "estimated"
    """The mean of its ecosystem."""


TableSource = Literal["measured", "published", "scaled", "debian"]
"""Where the table has a size from.

``scaled`` is what a registry publishes, by another version that was measured. ``debian`` is the size of Debian's
package, scaled by what packages of its kind weigh beside it.
"""


class PackageWeight(Struct, frozen=True, kw_only=True):
    """What something adds to a slug."""

    compressed_bytes: int
    raw_bytes: int
    files: int
    origin: WeightOrigin
    spread: float
    """Standard deviation of the compressed size, as a share of it."""
    table: TableSource | None = None
    """Of one that the table knows."""
    is_counted: bool = True
    """Somebody counted the files; otherwise they are estimated."""


class Range(Struct, frozen=True, kw_only=True):
    """Compressed bytes: what is expected, and the bounds that hold in about 19 of 20 cases."""

    low_bytes: int
    expected_bytes: int
    high_bytes: int


class WeighedPackage(Struct, frozen=True, kw_only=True):
    """A package, and what all of its copies weigh."""

    name: str
    version: str
    weight: PackageWeight


class PredictedPart(Struct, frozen=True, kw_only=True):
    """A runtime, or the packages that one manager installs."""

    what: str
    """The runtime with its version, as ``Node 22``; for packages the name of their manager, as ``npm``."""
    is_runtime: bool
    range: Range
    raw_bytes: int
    files: int
    packages: int
    """0 for a runtime."""
    unknown: int
    """So many of them are estimated."""
    started: str = ""
    """Directories of the members of a workspace that are started, if that isn't all of it."""
    started_bytes: tuple[int, int] = (0, 0)
    """What their packages weigh, compressed and raw."""


class Prediction(Struct, frozen=True, kw_only=True):
    """What buildpacks add to a slug."""

    buildpacks: tuple[Buildpack, ...]
    buildpacks_origin: BuildpacksSaidBy
    others: tuple[Buildpack, ...]
    """Would run only if somebody set them."""
    parts: tuple[PredictedPart, ...]
    range: Range
    raw_bytes: int
    files: int
    packages: int
    unknown: int
    """So many packages are estimated."""
    unknown_names: tuple[str, ...]
    """The first of them, by name."""
    known_share: float
    """Share of the expected weight that isn't estimated, 0 to 1."""
    heaviest: tuple[WeighedPackage, ...]
    """``HEAVIEST`` at most."""
    is_installed: bool
    """Most of the weight of the packages was measured on this machine."""
    notes: tuple[str, ...]

    @property
    def overhead(self) -> Overhead:
        """The same as an overhead, with its range."""
        return Overhead(
            size_bytes=self.range.expected_bytes,
            origin="installed" if self.is_installed else "predicted",
            range_bytes=(self.range.low_bytes, self.range.high_bytes),
        )

    @property
    def is_sure(self) -> bool:
        """Whether enough is known for a class; otherwise the class is a range."""
        return self.known_share >= SURE_SHARE

    def classes(self, compiled: Compiled) -> tuple[SizeClass, ...]:
        """Return the class of the slug; of one that too little is known of, those of its least and its most."""
        low, high = compiled.classes
        return (compiled.size_class,) if self.is_sure or low is high else (low, high)

    def compiled(self, source_bytes: int) -> Compiled:
        """Return the slug whose source part is so large, compressed."""
        return with_overhead(source_bytes, self.overhead)


class PackageChange(Struct, frozen=True, kw_only=True):
    """A package that another lock file brings, drops, or has in another version."""

    name: str
    before: str
    """Versions; empty where it is new."""
    after: str
    """Versions; empty where it is gone."""
    compressed_bytes: int
    """What it adds; negative where it takes away."""
    raw_bytes: int
    origin: WeightOrigin


class PackageGrowth(Struct, frozen=True, kw_only=True):
    """What changed lock files add to a slug. Numbers are negative where they take away."""

    compressed_bytes: int
    raw_bytes: int
    locks: tuple[bytes, ...]
    """The lock files that changed, or whose packages are of another buildpack now."""
    changes: tuple[PackageChange, ...]
    """Heaviest first, whatever the sign."""
    cuda_bytes: tuple[int, int] | None = None
    """Compressed and raw bytes of new packages that only a graphics card needs, which no dyno has; None for none."""
