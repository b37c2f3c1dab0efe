"""Packages installed on this machine or kept by npm, found by name and version, and what each adds to a slug.

Nothing is run, and no link is followed out of a package. A package is measured as the tar stream of its files, packed
on its own: what packages weigh alone comes to 0.98 to 1.02 of what they weigh together.
"""

from __future__ import annotations

import binascii
import gzip
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from slugtrim.buildpacks.other_locks import composer_version
from slugtrim.buildpacks.packages import LockedPackage, PackageEcosystem, PackageWeight
from slugtrim.buildpacks.python_locks import Markers, canonical
from slugtrim.buildpacks.weights import Asked, measured_weight, with_required
from slugtrim.files import EXECUTABLE, REGULAR, File
from slugtrim.installs import gem_homes, npm_caches, site_packages
from slugtrim.sizer.codec import WINDOW_BYTES, ZLIB, default_codec
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.measure import keep_numbers, kept_numbers
from slugtrim.sizer.stream import BLOCK_BYTES, PIECE_BYTES, directory_header, file_header, padding
from slugtrim.store import CacheTable, digest

_MOST_DIRECTORIES = 20_000
"""``node_modules`` directories and packages that are looked at."""
_MOST_FILES = 100_000
"""Files of one package."""
_MANIFEST_BYTES = 256 << 10
_RECORD_BYTES = 16 << 20
_SAMPLED_BYTES = 16 << 20
"""From this size, pieces of a file are compressed: one in four, and ``_MOST_SAMPLES`` at most.

They are small, since programs have stretches of tables, which pack otherwise. A third of 20 files of 15 to 124 MB came
out within 1 %, all of them within 3 %. zlib compresses them as `gzip` does.
"""
_SAMPLE_BYTES = 32 << 10
_SAMPLE = 4
_MOST_SAMPLES = 256
_MOST_BYTES = 512 << 20
"""Of one package; for what is beyond, the rest stands."""
_LIKE_GZIP = {PackageEcosystem.PYPI: 1.012}
"""By how much gzip makes packages larger than libdeflate does: measured with five applications, 0.8 to 2 %.

JavaScript comes out alike.
"""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FORMAT = 2


class _Manifest(Struct, frozen=True):
    name: str = ""
    version: str = ""


class _NpmEntry(Struct, frozen=True):
    integrity: str


class _ComposerPackage(Struct, frozen=True):
    name: str = ""
    version: str = ""


class _ComposerInstalled(Struct, frozen=True):
    packages: list[_ComposerPackage] = []


_npm_entries = msgspec.json.Decoder(_NpmEntry)
_manifests = msgspec.json.Decoder(_Manifest)
_composer = msgspec.json.Decoder(_ComposerInstalled)
_NPM_REGISTRY = "https://registry.npmjs.org"
_SHA512_DIGITS = 128
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

    def with_required(self, packages: Sequence[LockedPackage], python: str = "") -> tuple[LockedPackage, ...]:
        """Return Python packages with what they require in turn for this version of Python.

        What is installed here says so in its own metadata; for the rest there is the table.
        """
        metadata: dict[str, bytes] = {}
        for home in site_packages(self._root, self._environ):
            for name in _names(home):
                if name.endswith(b".dist-info"):
                    distribution = name.decode("utf-8", "surrogateescape").partition("-")[0]
                    metadata.setdefault(canonical(distribution), os.path.join(home, name))
        markers = Markers(python)

        def told(name: str, extras: frozenset[str]) -> list[Asked] | None:
            if name not in metadata:
                return None
            wanted = (markers.requirement(line, extras) for line in _required_by(metadata[name]))
            return [(canonical(each.name), frozenset(map(canonical, each.extras))) for each in wanted if each]

        return with_required(packages, PackageEcosystem.PYPI, told)

    def _measured(self, places: Mapping[LockedPackage, tuple[bytes, ...]]) -> dict[LockedPackage, PackageWeight]:
        weights: dict[LockedPackage, PackageWeight] = {}
        with Jobs(min(4, os.cpu_count() or 1)) as jobs:
            for package, paths in places.items():
                if not paths:
                    weights[package] = measured_weight(0, 0, 0)
                    continue
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
        caches = npm_caches(self._environ) if elsewhere else []
        for (name, version), alike in elsewhere.items():
            archive = next(filter(None, (_npm_archive(cache, name, version) for cache in caches)), None)
            if archive is not None:
                found.update((package, (archive,)) for package in alike)
        return found

    def _python(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        wanted = {(package.name, package.version): package for package in packages}
        found: dict[LockedPackage, tuple[bytes, ...]] = {}
        for home in site_packages(self._root, self._environ):
            for name in _names(home):
                if name.endswith((b".dist-info", b".egg-info")):
                    stem = name.rpartition(b".")[0].decode("utf-8", "surrogateescape")
                    distribution, _, version = stem.partition("-")
                    key = canonical(distribution)
                    package = wanted.get((key, version.partition("-")[0])) or wanted.get((key, ""))
                    if package is not None and package not in found:
                        found[package] = (home, os.path.join(home, name))
        return found

    def _ruby(self, packages: Sequence[LockedPackage]) -> dict[LockedPackage, tuple[bytes, ...]]:
        wanted = {(package.name, package.version): package for package in packages}
        found: dict[LockedPackage, tuple[bytes, ...]] = {}
        for home in gem_homes(self._root, self._environ):
            for name in _names(os.path.join(home, b"specifications/default")):
                match = _gem_name.fullmatch(name.removesuffix(b".gemspec").decode("utf-8", "surrogateescape"))
                package = wanted.get((match[1], match[2])) if match is not None else None
                if package is not None:
                    # A part of Ruby, with an empty directory at most: Bundler doesn't install it again.
                    found.setdefault(package, ())
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
            installed = {each.name.lower(): composer_version(each.version) for each in _composer.decode(data).packages}
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


def _npm_archive(cache: bytes, name: str, version: str) -> bytes | None:
    """Return where npm's cache has the archive of a package from npm's registry; None if it hasn't.

    The index is by the hash of the address, the content by its own: cacache, ``index-v5`` and ``content-v2``.
    """
    key = f"make-fetch-happen:request-cache:{_NPM_REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    hashed = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
    lines = _read(os.path.join(cache, b"index-v5", _bucket(hashed)), _MANIFEST_BYTES).splitlines()
    try:
        entry = _npm_entries.decode(lines[-1].partition(b"\t")[2])
        algorithm, _, digest_text = entry.integrity.partition(" ")[0].partition("-")
        content = binascii.a2b_base64(digest_text).hex()
    except (IndexError, ValueError, RecursionError):
        return None
    if algorithm != "sha512" or len(content) != _SHA512_DIGITS:
        return None
    path = os.path.join(cache, b"content-v2/sha512", _bucket(content))
    return path if os.path.isfile(path) else None


def _bucket(hashed: str) -> bytes:
    return f"{hashed[:2]}/{hashed[2:4]}/{hashed[4:]}".encode()


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
    if ecosystem is PackageEcosystem.NPM and os.path.isfile(paths[0]):
        return stream.end() if _unpacked(paths[0], stream) else None
    if ecosystem is PackageEcosystem.PYPI:
        home, metadata = paths
        listed = _recorded(home, metadata)
    else:
        listed = (entry for path in paths for entry in _walked(path))
    for path, info in listed:
        stream.add(path, info)
    if not stream.files:
        return None
    compressed, raw, files = stream.end()
    return round(compressed * _LIKE_GZIP.get(ecosystem, 1)), raw, files


def _unpacked(archive: bytes, stream: _Stream) -> bool:
    """Add the files of a package's archive; return if it could be read to its end."""
    left = _MOST_BYTES
    try:
        with open(os.open(archive, _FLAGS), "rb") as file, gzip.GzipFile(fileobj=file) as tar:
            for _ in range(_MOST_FILES):
                header = tar.read(BLOCK_BYTES)
                if not header.strip(b"\0"):
                    return stream.files > 0
                size = int(header[124:136].strip(b"\0 ") or b"0", 8)
                if not 0 <= size <= left:
                    return False
                left -= size
                stream.add_header(header, size)
                unread = size + -size % BLOCK_BYTES
                while unread:
                    piece = tar.read(min(unread, PIECE_BYTES))
                    if not piece:
                        return False
                    stream.add_content(piece)
                    unread -= len(piece)
    except (OSError, ValueError, EOFError, zlib.error):
        pass
    return False


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
        self._linked: set[tuple[int, int]] = set()
        self.files = 0

    def add(self, path: bytes, info: os.stat_result) -> None:
        """Add a file or a directory."""
        # As long as the path is in a slug, about.
        name = b"/".join(path.rsplit(b"/", 6)[1:])
        if stat.S_ISDIR(info.st_mode):
            self._put(directory_header(name))
            return
        if info.st_nlink > 1:
            # pnpm installs equal files of a package as one file, which tar writes once.
            inode = info.st_dev, info.st_ino
            if inode in self._linked:
                self._put(file_header(File(name, 0, REGULAR, None)))
                return
            self._linked.add(inode)
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
                for piece in _pieces(path):
                    self._put(piece)
        self._put(padding(info.st_size))

    def add_header(self, header: bytes, size: int) -> None:
        """Add a header as it stands in an archive; its content follows."""
        self._put(header)
        if header[156:157] in b"0\0":
            self._raw += size
            self._taken += size
            self.files += 1

    def add_content(self, piece: bytes) -> None:
        """Add a piece of a content, with what fills up its last block."""
        self._put(piece)

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
    """Return the compressed size of a very large file, by one piece in so many, each after what stands before it."""
    step = max(_SAMPLE * _SAMPLE_BYTES, size // _MOST_SAMPLES)
    taken = packed = 0
    try:
        with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
            for at in range(step // 2, size, step):
                file.seek(at - WINDOW_BYTES)
                data = file.read(WINDOW_BYTES + _SAMPLE_BYTES)
                before, piece = data[:WINDOW_BYTES], data[WINDOW_BYTES:]
                taken += len(piece)
                packed += ZLIB.compressed_bytes(piece, before)
    except OSError:
        pass
    return packed * size // taken if taken else 0


def _pieces(path: bytes) -> Iterator[bytes]:
    try:
        with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
            while piece := file.read(PIECE_BYTES):
                yield piece
    except OSError:
        return
