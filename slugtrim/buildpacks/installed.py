"""Packages that are installed on this machine, found by name and version, and what each adds to a slug.

Nothing is run, and no link is followed out of a package. A package is measured as the tar stream of its files, packed
on its own: what packages weigh alone comes to 0.98 to 1.02 of what they weigh together.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from slugtrim.buildpacks.packages import LockedPackage, PackageEcosystem
from slugtrim.buildpacks.predicted import PackageWeight
from slugtrim.buildpacks.python_locks import Markers
from slugtrim.buildpacks.weights import measured_weight
from slugtrim.files import EXECUTABLE, REGULAR, File
from slugtrim.installs import gem_homes, site_packages
from slugtrim.sizer.codec import ZLIB, default_codec
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.measure import keep_numbers, kept_numbers
from slugtrim.sizer.stream import PIECE_BYTES, directory_header, file_header, padding
from slugtrim.store import CacheTable, digest

_MOST_DIRECTORIES = 20_000
"""``node_modules`` directories and packages that are looked at."""
_MOST_FILES = 100_000
"""Files of one package."""
_MANIFEST_BYTES = 256 << 10
_RECORD_BYTES = 16 << 20
_SAMPLED_BYTES = 16 << 20
"""From this size, pieces of a file are compressed: one in four, and ``_MOST_PIECES`` at most.

They are compressed by zlib as `gzip` does: libdeflate packs programs better by some per cent.
"""
_SAMPLE = 4
_MOST_PIECES = 16
_MOST_BYTES = 512 << 20
"""Of one package; for what is beyond, the rest stands."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FORMAT = 1


class _Manifest(Struct, frozen=True):
    name: str = ""
    version: str = ""


class _ComposerPackage(Struct, frozen=True):
    name: str = ""
    version: str = ""


class _ComposerInstalled(Struct, frozen=True):
    packages: list[_ComposerPackage] = []


_manifests = msgspec.json.Decoder(_Manifest)
_composer = msgspec.json.Decoder(_ComposerInstalled)
_wheel_name = re.compile(r"[-_.]+")
_gem_name = re.compile(r"(.+)-(\d[^-]*)(?:-.+)?")


class InstalledHere:
    """What is installed here, looked for below ``root`` and where ``environ`` and the package managers say."""

    def __init__(self, root: bytes, environ: Mapping[str, str], cache: CacheTable | None = None) -> None:
        self._root = root
        self._environ = environ
        self._cache = cache

    def weights(self, packages: Collection[LockedPackage]) -> dict[LockedPackage, PackageWeight]:
        """Return the weights of those that are installed in the very version; of one without, in whatever version."""
        wanted: dict[PackageEcosystem, list[LockedPackage]] = {}
        for package in packages:
            wanted.setdefault(package.ecosystem, []).append(package)
        places: dict[LockedPackage, tuple[bytes, ...]] = {}
        if PackageEcosystem.NPM in wanted:
            places |= self._node(wanted[PackageEcosystem.NPM])
        if PackageEcosystem.PYPI in wanted:
            places |= self._python(wanted[PackageEcosystem.PYPI])
        if PackageEcosystem.RUBYGEMS in wanted:
            places |= self._ruby(wanted[PackageEcosystem.RUBYGEMS])
        if PackageEcosystem.PACKAGIST in wanted:
            places |= self._php(wanted[PackageEcosystem.PACKAGIST])
        return self._measured(places)

    def with_required(self, packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
        """Return Python packages with what those that are installed here require in turn, by their own metadata."""
        metadata: dict[str, bytes] = {}
        for home in site_packages(self._root, self._environ):
            for name in _names(home):
                if name.endswith(b".dist-info"):
                    distribution = name.decode("utf-8", "surrogateescape").partition("-")[0]
                    metadata.setdefault(_wheel_name.sub("-", distribution).lower(), os.path.join(home, name))
        markers = Markers("")
        known = {package.name for package in packages}
        found: list[LockedPackage] = []
        left = [(package.name, frozenset(package.extras)) for package in packages]
        while left and len(known) < _MOST_DIRECTORIES:
            asked, extras = left.pop()
            for line in _required_by(metadata[asked]) if asked in metadata else ():
                requirement = markers.requirement(line, extras)
                if requirement is None:
                    continue
                wanted = _wheel_name.sub("-", requirement.name).lower()
                if wanted not in known:
                    known.add(wanted)
                    left.append((wanted, frozenset(requirement.extras)))
                    found.append(LockedPackage(ecosystem=PackageEcosystem.PYPI, name=wanted, version=""))
        return (*packages, *found)

    def _measured(self, places: Mapping[LockedPackage, tuple[bytes, ...]]) -> dict[LockedPackage, PackageWeight]:
        weights: dict[LockedPackage, PackageWeight] = {}
        with Jobs(min(4, os.cpu_count() or 1)) as jobs:
            for package, paths in places.items():
                key = _cache_key(package, paths)
                kept = kept_numbers(self._cache, key, 3) if self._cache is not None else None
                if kept is not None:
                    weights[package] = measured_weight(*kept)
                else:
                    jobs.submit(partial(_packed, package.ecosystem, paths), partial(self._keep, weights, package, key))
        return weights

    def _keep(
        self,
        weights: dict[LockedPackage, PackageWeight],
        package: LockedPackage,
        key: bytes,
        sizes: tuple[int, int, int] | None,
    ) -> None:
        if sizes is not None:
            weights[package] = measured_weight(*sizes)
            if self._cache is not None:
                keep_numbers(self._cache, key, sizes)

    # Where packages are.

    def _node(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        found: dict[LockedPackage, tuple[bytes, ...]] = {}
        elsewhere: dict[tuple[str, str], list[LockedPackage]] = {}
        for package in packages:
            place = os.path.join(self._root, package.place.encode("utf-8", "surrogateescape")) if package.place else b""
            version = _node_version(place) if place and not _leaves(package.place) else ""
            if version and package.version in ("", version):
                found[package] = (place,)
            else:
                elsewhere.setdefault((package.name, package.version), []).append(package)
        if elsewhere:
            names = {name for name, _ in elsewhere}
            for name, place in _node_places(os.path.join(self._root, b"node_modules")):
                if name in names and (version := _node_version(place)):
                    for key in ((name, version), (name, "")):
                        for package in elsewhere.pop(key, ()):
                            found[package] = (place,)
        return found

    def _python(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        wanted = {(package.name, package.version): package for package in packages}
        found: dict[LockedPackage, tuple[bytes, ...]] = {}
        for home in site_packages(self._root, self._environ):
            for name in _names(home):
                if name.endswith((b".dist-info", b".egg-info")):
                    stem = name.rpartition(b".")[0].decode("utf-8", "surrogateescape")
                    distribution, _, version = stem.partition("-")
                    key = _wheel_name.sub("-", distribution).lower()
                    package = wanted.get((key, version.partition("-")[0])) or wanted.get((key, ""))
                    if package is not None and package not in found:
                        found[package] = (home, os.path.join(home, name))
        return found

    def _ruby(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        wanted = {(package.name, package.version): package for package in packages}
        found: dict[LockedPackage, tuple[bytes, ...]] = {}
        for home in gem_homes(self._root, self._environ):
            for name in _names(os.path.join(home, b"gems")):
                match = _gem_name.fullmatch(name.decode("utf-8", "surrogateescape"))
                package = None
                if match is not None:
                    package = wanted.get((match[1], match[2])) or wanted.get((match[1], ""))
                if package is not None and package not in found:
                    built = [
                        os.path.join(home, b"extensions", platform, api, name)
                        for platform in _names(os.path.join(home, b"extensions"))
                        for api in _names(os.path.join(home, b"extensions", platform))
                    ]
                    found[package] = (os.path.join(home, b"gems", name), *filter(os.path.isdir, built))
        return found

    def _php(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        vendor = os.path.join(self._root, b"vendor")
        data = _read(os.path.join(vendor, b"composer/installed.json"), _RECORD_BYTES)
        try:
            installed = {each.name: each.version for each in _composer.decode(data).packages}
        except (msgspec.DecodeError, RecursionError):
            return {}
        return {
            package: (os.path.join(vendor, package.name.encode("utf-8", "surrogateescape")),)
            for package in packages
            if installed.get(package.name) == package.version and not _leaves(package.name)
        }


def _leaves(place: str) -> bool:
    """Return True for a place that isn't below the directory that it is relative to."""
    return place.startswith("/") or ".." in place.split("/") or "\0" in place


def _node_version(place: bytes) -> str:
    """Return the version of the package in a directory; empty if there is none."""
    try:
        return _manifests.decode(_read(os.path.join(place, b"package.json"), _MANIFEST_BYTES)).version
    except (msgspec.DecodeError, RecursionError):
        return ""


def _node_places(top: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the packages in a ``node_modules`` and below it, as name and directory."""
    stack = [top]
    left = _MOST_DIRECTORIES
    while stack:
        modules = stack.pop()
        for name in _names(modules):
            if name == b".pnpm":
                stack += [os.path.join(modules, name, each, b"node_modules") for each in _names(modules + b"/.pnpm")]
            if name.startswith(b"."):
                continue
            for inner in _names(os.path.join(modules, name)) if name.startswith(b"@") else (b"",):
                place = os.path.join(modules, name, inner).rstrip(b"/")
                left -= 1
                if left < 0:
                    return
                if os.path.islink(place):
                    continue  # a workspace, or a package that pnpm keeps elsewhere
                yield os.path.join(name, inner).rstrip(b"/").decode("utf-8", "surrogateescape"), place
                stack.append(os.path.join(place, b"node_modules"))


def _required_by(metadata: bytes) -> Iterator[str]:
    """The requirements in the metadata of a distribution (core metadata, `Requires-Dist`)."""
    head = _read(os.path.join(metadata, b"METADATA"), _MANIFEST_BYTES).partition(b"\n\n")[0]
    for line in head.splitlines():
        if line.startswith(b"Requires-Dist:"):
            yield line.partition(b":")[2].strip().decode("utf-8", "replace")


def _names(directory: bytes) -> list[bytes]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _read(path: bytes, most_bytes: int) -> bytes:
    """Return what a regular file says, ``most_bytes`` at most; nothing if it cannot be read."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return b""
    try:
        info = os.fstat(descriptor)
        return os.read(descriptor, min(most_bytes, info.st_size)) if stat.S_ISREG(info.st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)


# What one weighs.


def _cache_key(package: LockedPackage, paths: Sequence[bytes]) -> bytes:
    # The same version may have been built otherwise since.
    times = [b"%d" % _modified(path) for path in paths[-1:]]
    names = (package.ecosystem.value, package.name, package.version, default_codec().name, str(_FORMAT))
    return digest(b"\0".join([*(name.encode("utf-8", "surrogateescape") for name in names), *times]))


def _modified(path: bytes) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _packed(ecosystem: PackageEcosystem, paths: Sequence[bytes]) -> tuple[int, int, int] | None:
    """Return compressed bytes, raw bytes and number of files; None if there are none."""
    stream = _Stream()
    if ecosystem is PackageEcosystem.PYPI:
        home, metadata = paths
        listed = _recorded(home, metadata)
    else:
        listed = (entry for path in paths for entry in _walked(path))
    for path, info in listed:
        stream.add(path, info)
    return stream.end() if stream.files else None


def _recorded(home: bytes, metadata: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """Yield the files that a distribution says are its own, as far as they are in ``site-packages``.

    Bytecode beside its modules is listed by some installers only, and in a slug in any case.
    """
    listed = set()
    for line in _record_lines(metadata)[:_MOST_FILES]:
        name = line.rpartition(b",")[0].rpartition(b",")[0].strip(b'"')
        if name and not _leaves(name.decode("utf-8", "surrogateescape")):
            listed.add(name)
    modules: dict[bytes, set[bytes]] = {}
    for name in listed:
        directory, _, base = name.rpartition(b"/")
        if base.endswith(b".py"):
            modules.setdefault(directory, set()).add(base[:-3])
    for directory, stems in modules.items():
        cache = os.path.join(directory, b"__pycache__")
        compiled = _names(os.path.join(home, cache))
        listed.update(os.path.join(cache, name) for name in compiled if name.partition(b".")[0] in stems)
    for name in sorted(listed):
        path = os.path.join(home, name)
        try:
            info = os.lstat(path)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(info.st_mode):
            yield path, info


def _record_lines(metadata: bytes) -> list[bytes]:
    lines = _read(os.path.join(metadata, b"RECORD"), _RECORD_BYTES).splitlines()
    if lines:
        return lines
    # Installed by an older tool: files are listed relative to the metadata.
    base = os.path.basename(metadata)
    files = _read(os.path.join(metadata, b"installed-files.txt"), _RECORD_BYTES).splitlines()
    return [os.path.normpath(os.path.join(base, line)) + b",," for line in files]


def _walked(top: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """Yield the files and directories of a package, without the packages that are installed inside it."""
    stack = [top]
    left = _MOST_FILES
    while stack:
        directory = stack.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        return
                    info = entry.stat(follow_symlinks=False)
                    if not stat.S_ISDIR(info.st_mode):
                        if stat.S_ISREG(info.st_mode):
                            yield entry.path, info
                    elif entry.name != b"node_modules":
                        yield entry.path, info
                        stack.append(entry.path)
        except OSError:
            continue


class _Stream:
    """The tar stream of one package, compressed in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._compressed = 0
        self._raw = self._taken = 0
        self.files = 0

    def add(self, path: bytes, info: os.stat_result) -> None:
        """Add a file or a directory."""
        # As long as the path is in a slug, about.
        name = b"/".join(path.rsplit(b"/", 6)[1:])
        if stat.S_ISDIR(info.st_mode):
            self._put(directory_header(name))
            return
        mode = EXECUTABLE if info.st_mode & stat.S_IXUSR else REGULAR
        self._put(file_header(File(name, info.st_size, mode, None)))
        self._raw += info.st_size
        self.files += 1
        if self._taken > _MOST_BYTES:
            return
        self._taken += info.st_size
        if info.st_size >= _SAMPLED_BYTES:
            self._compressed += _sampled(path, info.st_size)
        else:
            self._put(_read(path, info.st_size) if info.st_size <= PIECE_BYTES else b"")
            if info.st_size > PIECE_BYTES:
                for piece in _pieces(path, info.st_size, 1):
                    self._put(piece)
        self._put(padding(info.st_size))

    def end(self) -> tuple[int, int, int]:
        """Return compressed bytes, raw bytes and number of files."""
        self._flush()
        return self._compressed * self._raw // self._taken if self._taken else self._compressed, self._raw, self.files

    def _put(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size >= PIECE_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._size:
            self._compressed += default_codec().compressed_bytes(b"".join(self._parts), b"")
            self._parts, self._size = [], 0


def _sampled(path: bytes, size: int) -> int:
    """Return the compressed size of a very large file, by one piece in so many."""
    taken = packed = 0
    for piece in _pieces(path, size, max(_SAMPLE, size // PIECE_BYTES // _MOST_PIECES)):
        taken += len(piece)
        packed += ZLIB.compressed_bytes(piece, b"")
    return packed * size // taken if taken else 0


def _pieces(path: bytes, size: int, every: int) -> Iterator[bytes]:
    try:
        with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
            for at in range(0, size, PIECE_BYTES * every):
                file.seek(at)
                piece = file.read(PIECE_BYTES)
                if not piece:
                    return
                yield piece
    except OSError:
        return
