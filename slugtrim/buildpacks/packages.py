"""What buildpacks run and what they install, as files of the slug say before a push."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal

from msgspec import Struct

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
